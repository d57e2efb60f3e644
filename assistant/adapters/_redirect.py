"""Where the browser comes back to after a sign-in: a page on this machine for one visit (RFC 8252, 7.3)."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit


class Redirect(HTTPServer):
    """``with Redirect(page) as redirect: …``; listens on a free loopback port only.

    Args:
        page: what the browser shows then, plain text.
    """

    def __init__(self, page: str) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.page = page
        self.answer: str | None = None

    def __enter__(self) -> Self:
        return self

    @property
    def uri(self) -> str:
        """The redirect URI."""
        return f"http://127.0.0.1:{self.server_port}/"

    def wait(self, seconds: float) -> str | None:
        """The address that the browser was sent to with its query; None when nobody came in time.

        Anything else that is asked for, as browsers do for an icon, ends no waiting.
        """
        end = time.monotonic() + seconds
        while self.answer is None and (left := end - time.monotonic()) > 0:
            self.timeout = left
            self.handle_request()
        return self.answer


class _Visit(BaseHTTPRequestHandler):
    server: Redirect
    timeout = 10  # seconds: a connection that says nothing blocks nobody

    def do_GET(self) -> None:
        """The visit with the authorization code, or with the refusal."""
        parts = urlsplit(self.path)
        if parts.path != "/" or not {"code", "error"} & parse_qs(parts.query).keys():
            self.send_error(404)
            return
        # oauthlib takes https only; this way never leaves the machine.
        self.server.answer = f"https://127.0.0.1:{self.server.server_port}{self.path}"
        body = self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The code stands in the line."""
