"""A stand-in for the token servers of Microsoft and Google, over TLS: device grant, code grant with PKCE, refresh."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.servers.certificate import Certificate

CLIENT = "our-client"


class SignIn(ThreadingHTTPServer):
    """``with SignIn(certificate, issued=…) as server:``; clients trust it by ``REQUESTS_CA_BUNDLE``.

    Args:
        issued: told each access token that is given out, such as ``Tokens.know``.
        lifetime: seconds that an access token lives.

    Attributes:
        agreed: whether the user has signed in and agreed; until then the device grant answers "pending".
        denied: the user has said no.
        refresh: the refresh token that is valid at the moment; each renewal gives another one.
        requests: the grants that were asked for, in order.
    """

    daemon_threads = True

    def __init__(self, certificate: Certificate, issued: Callable[[str], None], *, lifetime: int = 3600) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.cert, certificate.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.issued, self.lifetime = issued, lifetime
        self.agreed, self.denied = True, False
        self.refresh = "refresh-0"
        self.challenge = ""
        self.requests: list[str] = []
        self._count = 0
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="sign-in")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self._thread.join(5)
        self.server_close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"https://localhost:{self.server_port}"

    @property
    def authority(self) -> str:
        """As Microsoft's ``authority``."""
        return f"{self.url}/common"

    def client_file(self, folder: Path) -> Path:
        """A client as Google's console gives it."""
        path = folder / "client.json"
        client = {"client_id": CLIENT, "client_secret": "none", "auth_uri": f"{self.url}/auth"}
        path.write_text(json.dumps({"installed": {**client, "token_uri": f"{self.url}/token"}}))
        return path

    def tokens(self) -> dict[str, Any]:
        """New tokens; the former refresh token is void."""
        self._count += 1
        self.refresh = f"refresh-{self._count}"
        access = f"access-{self._count}"
        self.issued(access)
        return {
            "access_token": access,
            "refresh_token": self.refresh,
            "token_type": "Bearer",
            "expires_in": self.lifetime,
        }


class _Answers(BaseHTTPRequestHandler):
    server: SignIn

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.endswith("/openid-configuration"):
            url = self.server.url
            self._json(
                200,
                {
                    "issuer": f"{url}/common",
                    "authorization_endpoint": f"{url}/auth",
                    "token_endpoint": f"{url}/token",
                    "device_authorization_endpoint": f"{url}/device",
                },
            )
        elif parts.path == "/auth":
            self._authorize(dict(parse_qsl(parts.query)))
        else:
            self._json(404, {})

    def _authorize(self, query: dict[str, str]) -> None:
        """What happens when the user has agreed in the browser: back to where the client waits."""
        self.server.challenge = query["code_challenge"]
        answer = {"error": "access_denied"} if self.server.denied else {"code": "the-code"}
        self.send_response(302)
        self.send_header("Location", f"{query['redirect_uri']}?{urlencode({**answer, 'state': query['state']})}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        if form.get("client_id", CLIENT) != CLIENT:
            self._json(400, {"error": "unauthorized_client", "error_description": "who is this?"})
        elif self.path == "/device":
            code = {"device_code": "device", "user_code": "ABCD-1234", "verification_uri": f"{self.server.url}/enter"}
            self._json(200, {**code, "expires_in": 60, "interval": 1})
        else:
            self._grant(form)

    def _grant(self, form: dict[str, str]) -> None:
        server, kind = self.server, form["grant_type"].rsplit(":", 1)[-1]
        server.requests.append(kind)
        error = {
            "device_code": "access_denied" if server.denied else "" if server.agreed else "authorization_pending",
            "refresh_token": "" if form.get("refresh_token") == server.refresh else "invalid_grant",
            "authorization_code": "" if _fits(form.get("code_verifier", ""), server.challenge) else "invalid_grant",
        }[kind]
        self._json(400, {"error": error}) if error else self._json(200, server.tokens())

    def _json(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to standard error."""


def _fits(verifier: str, challenge: str) -> bool:
    """PKCE (RFC 7636), method S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
