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
from assistant.services.ledger import ON_THE_WAY, HeldDraft
from assistant.web.site import site_of

#: How many are shown before "show all": what nobody reads would only make the page slow.
_SHOWN: Final = 50
_RECENT: Final = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """The queue as one looks at it; each list by the end of its hold, and perhaps only its beginning.

    Attributes:
        needing: how many wait for the user, shown or not.
        cooling_off: how many are cooling, shown or not.
        asking: the program does not know or could not do something, and the user must say.
        cooled: their time is over.
        cooling: their time is not.
        leaving: on their way out.
        gone: decided in the last days, the latest first.
        more: there are others.
    """

    needing: int
    cooling_off: int
    asking: Sequence[HeldDraft]
    cooled: Sequence[HeldDraft]
    cooling: Sequence[HeldDraft]
    leaving: Sequence[HeldDraft]
    gone: Sequence[HeldDraft]
    more: bool


def _queue(request: Request) -> Response:
    site = site_of(request)
    overview = _overview(request, whole="all" in request.query_params)
    with site.house.acknowledging() as acknowledging:
        unanswered = acknowledging.pressing((*overview.cooled, *overview.cooling))
    return site.page(request, "queue", overview=overview, unanswered=unanswered)


def _overview(request: Request, *, whole: bool) -> Overview:
    store = site_of(request).house.store
    now = site_of(request).house.clock.now()
    found = store.queue(limit=None if whole else _SHOWN + 1)
    listed = found if whole else found[:_SHOWN]
    held = [row for row in listed if row.state is State.HELD]
    asking = store.drafts((State.FAILED, State.UNCERTAIN))
    counts = store.counts(now)
    return Overview(
        needing=len(asking) + counts.cooled,
        cooling_off=counts.held - counts.cooled,
        asking=asking,
        cooled=[row for row in held if row.hold_until <= now],
        cooling=[row for row in held if row.hold_until > now],
        leaving=[row for row in listed if row.state in ON_THE_WAY],
        gone=store.lately(now - _RECENT, limit=_SHOWN),
        more=len(found) > len(listed),
    )


ROUTES: Final = (Route("/", _queue),)
