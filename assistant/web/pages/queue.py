"""The first page: what needs the user, what is cooling, what went out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.core.draft import State
from assistant.services.ledger import HeldDraft
from assistant.web.site import site_of

#: How many of a kind are shown before "show all": what nobody reads would only make the page slow.
_SHOWN: Final = 50
_RECENT: Final = timedelta(days=7)
_GONE: Final = (State.SENT, State.WITHDRAWN, State.RELEASED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """The queue as one looks at it; each list by the end of its hold.

    Attributes:
        asking: the program does not know or could not do something, and the user must say.
        cooled: their time is over.
        cooling: their time is not.
        leaving: on their way out.
        gone: decided in the last days, the latest first.
    """

    asking: Sequence[HeldDraft]
    cooled: Sequence[HeldDraft]
    cooling: Sequence[HeldDraft]
    leaving: Sequence[HeldDraft]
    gone: Sequence[HeldDraft]

    @property
    def needing(self) -> int:
        """How many wait for the user."""
        return len(self.asking) + len(self.cooled)


def _queue(request: Request) -> Response:
    site = site_of(request)
    return site.page(
        request, "queue", overview=overview(request), shown=None if "all" in request.query_params else _SHOWN
    )


def overview(request: Request) -> Overview:
    """How the queue stands."""
    house = site_of(request).house
    now = house.clock.now()
    rows = house.store.drafts((*_GONE, State.HELD, State.SENDING, State.FAILED, State.UNCERTAIN))
    held = [row for row in rows if row.state is State.HELD]
    leaving = [row for row in rows if row.state is State.SENDING or (row.state is State.RELEASED and row.effect)]
    on_their_way = {row.id for row in leaving}
    gone = [row for row in rows if row.state in _GONE and row.id not in on_their_way and now - row.held_at < _RECENT]
    return Overview(
        asking=[row for row in rows if row.state in {State.FAILED, State.UNCERTAIN}],
        cooled=[row for row in held if row.hold_until <= now],
        cooling=[row for row in held if row.hold_until > now],
        leaving=leaving,
        gone=sorted(gone, key=lambda row: row.held_at, reverse=True),
    )


ROUTES: Final = (Route("/", _queue),)
