"""The way in: a ticket from the terminal becomes a session."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.web.guard import COOKIE
from assistant.web.site import site_of
from assistant.web.tickets import SESSION_LASTS, Tickets

#: Pages that a notice leads to; nothing else, for the address could come from anywhere.
_PLACES: Final = re.compile(r"/(?:drafts|mails|acknowledge)/[0-9]{1,18}")


def _enter(request: Request) -> Response:
    site, now = site_of(request), site_of(request).house.clock.now()
    tickets: Tickets = request.app.state.tickets
    if not tickets.redeem(request.query_params.get("ticket", ""), now):
        return site.page(request, "refused", status=403, why="ticket")
    # No redirect: after one, a strict cookie would not come along if a program outside the browser opened the address.
    wanted = request.query_params.get("to", "/")
    place = wanted if _PLACES.fullmatch(wanted) else "/"
    answer = site.page(request, "entered", place=place)
    answer.headers["refresh"] = f"0; url={place}"
    answer.set_cookie(
        COOKIE, tickets.open(now), max_age=int(SESSION_LASTS.total_seconds()), httponly=True, samesite="strict"
    )
    return answer


ROUTES: Final = (Route("/enter", _enter),)
