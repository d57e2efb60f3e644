"""A token server for XOAUTH2: knows one token, and whose it is (Dovecot's ``tokeninfo_url``)."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


class Tokens(HTTPServer):
    """``with Tokens("good", "anna@example.org") as url:``; the token is appended to the URL."""

    def __init__(self, token: str, owner: str) -> None:
        super().__init__(("127.0.0.1", 0), _Info)
        self.token, self.owner = token, owner
        self._thread = threading.Thread(target=self.serve_forever, name="tokens")

    def __enter__(self) -> str:  # type: ignore[override]
        self._thread.start()
        return f"http://127.0.0.1:{self.server_port}/?access_token="

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self._thread.join(5)
        self.server_close()


class _Info(BaseHTTPRequestHandler):
    server: Tokens

    def do_GET(self) -> None:
        good = self.path.endswith("=" + self.server.token)
        body = json.dumps({"email": self.server.owner} if good else {"error": "invalid_token"}).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to standard error."""
