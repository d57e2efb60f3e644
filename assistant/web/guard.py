"""The door of the pages: who asks for what, and what a browser may do with the answer.

Everything is refused that did not come from this machine's own pages: another Host (DNS rebinding), no session, a form
without the session's token, a request that another site caused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.web.site import Visit
from assistant.web.tickets import Session, Tickets, same

COOKIE: Final = "gelassen"
#: A form with a long draft and its quotation.
_LARGEST: Final = 4 * 2**20
_FIELDS: Final = 200
_READING: Final = frozenset({"GET", "HEAD"})
#: Nothing but what this server serves, no script or style inside a page, in nobody's frame (CSP level 3).
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with "no-referrer" browsers would send "Origin: null" with our own forms
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why nobody gets in: an HTTP status and a word for the page that tells it."""

    status: int
    why: str


class Guard:
    """ASGI middleware around the pages.

    Args:
        hosts: values of the Host field that are this server.
        refused: makes the answer to a refused request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        tickets: Tickets,
        hosts: frozenset[str],
        now: Callable[[], datetime],
        refused: Callable[[Request, Refusal], Response],
    ) -> None:
        self._app = app
        self._tickets = tickets
        self._hosts = hosts
        self._now = now
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it in or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            refusal = await self._checked(request)
        except ClientDisconnect:
            return
        answering = _with_headers(send, keep=request.url.path.startswith("/static/"))
        answer = self._app if refusal is None else self._refused(request, refusal)
        await answer(scope, receive, answering)

    async def _checked(self, request: Request) -> Refusal | None:
        if request.headers.get("host", "") not in self._hosts:
            return Refusal(status=421, why="host")
        if _foreign(request, self._hosts):
            return Refusal(status=403, why="foreign")
        if request.method in _READING and _open_to_all(request.url.path):
            return None
        session = self._tickets.session(request.cookies.get(COOKIE, ""), self._now())
        if session is None:
            return Refusal(status=401, why="session")
        if request.method in _READING:
            request.scope["visit"] = Visit(session=session, form={})
            return None
        return await self._form(request, session)

    async def _form(self, request: Request, session: Session) -> Refusal | None:
        form = await _fields(request)
        if form is None:
            return Refusal(status=413, why="size")
        if not same(form.get("token", ""), session.token):
            return Refusal(status=403, why="token")
        request.scope["visit"] = Visit(session=session, form=form)
        return None


def _open_to_all(path: str) -> bool:
    return path == "/enter" or path.startswith("/static/")


def _foreign(request: Request, hosts: frozenset[str]) -> bool:
    """Whether another site caused the request. Following a link to a page is allowed, the session is still needed."""
    origin = request.headers.get("origin")
    if origin is not None and origin.removeprefix("http://") not in hosts:
        return True
    link = request.method in _READING and request.headers.get("sec-fetch-mode") == "navigate"
    return request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"} and not link


async def _fields(request: Request) -> Mapping[str, str] | None:
    """The form's fields (application/x-www-form-urlencoded), None when they are too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            return None
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        return {}


def _with_headers(send: Send, *, keep: bool) -> Send:
    async def answering(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "max-age=3600" if keep else "no-store")
        await send(message)

    return answering
