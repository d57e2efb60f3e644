"""What changes while a page is open: one stream of server-sent events a page (WHATWG HTML, 9.2).

An event says only that something changed; the page then fetches itself anew, so that there is one way to render.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from assistant.web.site import Site, site_of

_LOOK: Final = 1.0  # seconds between two looks at the ledger
_ALIVE: Final = 20  # looks after which a comment keeps the connection open


def _events(request: Request) -> Response:
    return StreamingResponse(_changes(request, site_of(request)), media_type="text/event-stream")


async def _changes(request: Request, site: Site) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    before = await run_in_threadpool(_pulse, site)
    silent = 0
    while not await request.is_disconnected():
        await asyncio.sleep(_LOOK)
        now = await run_in_threadpool(_pulse, site)
        silent = 0 if now != before else silent + 1
        if now != before:
            yield "event: changed\ndata: queue\n\n"
        elif silent % _ALIVE == 0:
            yield ": still here\n\n"
        before = now


def _pulse(site: Site) -> object:
    return site.house.store.counts(site.house.clock.now())


ROUTES: Final = (Route("/events", _events),)
