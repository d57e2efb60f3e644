"""The server of the pages: on this machine only, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from typing import Final

import uvicorn

from assistant.errors import PermanentFailure
from assistant.services.intake import Journal
from assistant.web.app import make_app
from assistant.web.site import Site
from assistant.web.tickets import Tickets

_HOST: Final = "127.0.0.1"
_STARTING: Final = 0.01  # seconds between two looks whether it has started
_LINGER: Final = 3  # seconds for open requests at the end


class WebServer:
    """Serves the pages on 127.0.0.1, never elsewhere.

    Args:
        port: 0 takes a free one; ``port`` tells which.
    """

    def __init__(self, site: Site, tickets: Tickets, *, port: int, journal: Journal) -> None:
        self._site = site
        self._tickets = tickets
        self._journal = journal
        self.port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Returns when browsers can connect. Raises ``PermanentFailure`` when the port is taken."""
        listener = _listener(self.port)
        self.port = listener.getsockname()[1]
        hosts = frozenset(f"{name}:{self.port}" for name in (_HOST, "localhost"))
        self._server = uvicorn.Server(
            uvicorn.Config(
                make_app(self._site, self._tickets, hosts),
                log_config=None,  # what is logged is the journal's: numbers, never addresses or content
                access_log=False,
                server_header=False,
                date_header=False,
                lifespan="off",
                proxy_headers=False,
                timeout_graceful_shutdown=_LINGER,
                ws="none",
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="web", daemon=True
        )
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            self._thread.join(_STARTING)
        self._journal("page_started", port=self.port)

    def stop(self) -> None:
        """Finish what is being answered, then end."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._server = self._thread = None


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise PermanentFailure(
            f"the review page cannot listen on port {port}: {error.strerror}; another program may use it, choose"
            " another one ([web] port)"
        ) from error
    return listener
