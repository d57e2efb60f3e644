"""The gateway: a submission server (RFC 6409) on this machine, in a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

from assistant.adapters.certificate import PemFiles
from assistant.errors import GelassenError, PermanentFailure
from assistant.gateway.desk import Desk, Settings, Submit
from assistant.gateway.session import Session
from assistant.services.intake import Journal

_NO_IPV6: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
_BACKLOG: Final = 128
_SEND_BUFFER: Final = 65536  # octets: answers are short, and who does not read them shall not have megabytes of them


class Gateway:
    """Takes mails from mail clients and hands each to ``submit``.

    Listens on 127.0.0.1 and, where there is IPv6, on ::1, never elsewhere. A mail client has to log in; only then may
    it send, and only in the name of the user's own addresses. The recipients are those of the envelope; the text, Bcc
    included, is handed on exactly as it came.

    Args:
        submit: called in one of ``settings.workers`` threads. A mail client is answered with success only after it
            returned one; what it raises is answered with 451, ``Refused`` with 550, and the mail client keeps the mail.
        own: the user's addresses; case makes no difference, nor whether a domain is written in Unicode or as xn--.
        secret: gives the password that mail clients log in with; may block and raise ``GelassenError``.
        certificate: gives the certificate for STARTTLS, renewed when it is time; asked at the start, then once in
            ``settings.renewal``.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        submit: Submit,
        own: frozenset[str],
        secret: Callable[[], str],
        certificate: Callable[[], PemFiles],
        journal: Journal,
    ) -> None:
        self._settings = settings
        self._submit = submit
        self._own = own
        self._secret = secret
        self._certificate = certificate
        self._journal = journal
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._unfinished = 0
        self.port = settings.port

    def start(self) -> None:
        """Returns when mail clients can connect.

        Raises ``PermanentFailure`` when the port is taken or the certificate cannot be made or read.
        """
        found = listeners(self._settings.port)
        try:
            tls = _context(self._certificate())
        except BaseException:
            for listener in found:
                listener.close()
            raise
        self.port = found[0].getsockname()[1]
        self._stop = asyncio.Event()
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(found, tls, started), name="gateway", daemon=True)
        self._thread.start()
        started.result()
        self._journal("gateway_started", port=self.port)

    def stop(self) -> int:
        """Take no more mails; finish and answer those that are being worked on, within ``settings.linger`` seconds.

        Returns how many were not finished by then: their mail clients were not answered and keep the mail.
        """
        if self._thread is None or self._loop is None:
            return 0
        with suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = None
        return self._unfinished

    def _run(self, listeners: list[socket.socket], tls: ssl.SSLContext, started: Future[None]) -> None:
        try:
            asyncio.run(self._serve(listeners, tls, started))
        except Exception as error:  # noqa: BLE001 - the top of the thread: nobody else would hear of it
            if started.done():
                self._journal("bug", account="gateway", error=error)
            else:
                started.set_exception(error)

    async def _serve(self, listeners: list[socket.socket], tls: ssl.SSLContext, started: Future[None]) -> None:
        loop = self._loop = asyncio.get_running_loop()
        desk = Desk(
            self._settings, submit=self._submit, own=self._own, secret=self._secret, tls=tls, journal=self._journal
        )
        loop.set_exception_handler(_reporting_to(desk))
        servers = [
            await loop.create_server(lambda: Session(desk, loop), sock=listener, backlog=_BACKLOG)
            for listener in listeners
        ]
        renewing = loop.create_task(self._renew(desk))
        started.set_result(None)
        await self._stop.wait()
        renewing.cancel()
        for server in servers:
            server.close()
        self._unfinished = await desk.close()

    async def _renew(self, desk: Desk) -> None:
        while True:
            await asyncio.sleep(self._settings.renewal)
            try:
                files = await asyncio.to_thread(self._certificate)
                desk.tls.load_cert_chain(files.certificate, files.key)  # for the connections to come
            except (GelassenError, OSError) as error:  # tomorrow is another day, 30 of them
                desk.tell("gateway_certificate_failed", error=str(error))


def _reporting_to(desk: Desk) -> Callable[[asyncio.AbstractEventLoop, dict[str, object]], None]:
    """asyncio would print what it cannot handle; it goes where all faults go, unless only a connection broke."""

    def report(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        del loop
        error = context.get("exception")
        if isinstance(error, Exception) and not isinstance(error, OSError):
            desk.tell_bug(error)

    return report


def _context(files: PemFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(files.certificate, files.key)
    except (OSError, ssl.SSLError) as error:
        raise PermanentFailure(f"the gateway's certificate {files.certificate} cannot be used: {error}") from error
    return context


def listeners(port: int) -> list[socket.socket]:
    """On both loopback addresses, or mail clients that try ::1 first would talk to whoever listens there.

    Raises ``PermanentFailure`` when the port cannot be had.
    """
    found: list[socket.socket] = []
    try:
        found.append(_listener(socket.AF_INET, "127.0.0.1", port))
        found.append(_listener(socket.AF_INET6, "::1", found[0].getsockname()[1]))
    except OSError as error:
        if found and error.errno in _NO_IPV6:
            return found
        for listener in found:
            listener.close()
        raise PermanentFailure(
            f"the gateway cannot listen on port {port}: {error.strerror}; another program may use it, choose another"
            " one ([gateway] port)"
        ) from error
    return found


def _listener(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # right after a stop as well
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)  # its connections inherit it
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
