"""The pages and their addresses, behind the guard."""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from assistant.errors import GelassenError
from assistant.services.acknowledging import NoSuchMail
from assistant.services.ledger import Conflict
from assistant.services.review import Hindered, NoSuchDraft, WrongHash
from assistant.web import live
from assistant.web.guard import Guard, Refusal
from assistant.web.pages import acknowledge, draft, entry, mails, queue, settings, statistics
from assistant.web.site import Site, site_of, to
from assistant.web.tickets import Tickets

#: Each page module has its routes.
_PAGES: Final = (entry, queue, draft, acknowledge, mails, settings, statistics, live)
_NOT_FOUND: Final = 404


def make_app(site: Site, tickets: Tickets, hosts: frozenset[str]) -> Starlette:
    """The ASGI application.

    Args:
        hosts: values of the Host field that are this server, with port.
    """
    routes: list[BaseRoute] = [route for page in _PAGES for route in page.ROUTES]
    routes.append(Mount("/static", StaticFiles(directory=site.static)))

    def refused(request: Request, refusal: Refusal) -> Response:
        return site.page(request, "refused", status=refusal.status, why=refusal.why)

    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Guard, tickets=tickets, hosts=hosts, now=site.house.clock.now, refused=refused),
        ],
        exception_handlers={
            GelassenError: _expected,
            NoSuchDraft: _missing,
            NoSuchMail: _missing,
            _NOT_FOUND: _missing,
            Exception: _bug,
        },
    )
    app.state.site = site
    app.state.tickets = tickets
    return app


def _expected(request: Request, error: Exception) -> Response:
    """Something that the rules forbid or that failed for now: told where the user was."""
    site, voice = site_of(request), site_of(request).voice(request)
    if isinstance(error, Hindered):
        words = " ".join(voice.say(f"obstacle.{one}") for one in error.obstacles)
    elif isinstance(error, WrongHash | Conflict):
        words = voice._("Meanwhile this draft has changed. Here is how it stands now; nothing was decided.")
    else:
        words = voice.error(str(error))
    if request.method == "GET":
        return site.page(request, "failed", status=503, words=words)
    site.tell(request, words, good=False)
    return to(_where(request))


def _where(request: Request) -> str:
    """The page of the thing that was to be changed: its address without the deed."""
    parts = request.url.path.strip("/").split("/")
    return f"/{'/'.join(parts[:2])}" if len(parts) > 1 and parts[1].isdecimal() else "/"


def _missing(request: Request, error: Exception) -> Response:
    del error
    return site_of(request).page(request, "missing", status=404)


def _bug(request: Request, error: Exception) -> Response:
    """The trace is the journal's; here only that it happened."""
    site_of(request).house.bug(error)
    return site_of(request).page(request, "bug", status=500)
