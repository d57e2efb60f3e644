"""An IMAP server inside the process, on loopback: pymap with a Maildir, in a thread of its own.

It needs no privileges and no installed server.  What it offers: IDLE, MOVE, UIDPLUS, SPECIAL-USE, a fixed list of
keywords.  What it lacks: CONDSTORE, QRESYNC, ENABLE, NAMESPACE, NOTIFY, TLS.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from argparse import Namespace
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, closing, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from proxyprotocol.reader import ProxyProtocolReader
from proxyprotocol.sock import SocketInfo
from proxyprotocol.version import ProxyProtocolVersion
from pymap.backend.maildir.io import FileWriteable
from pymap.backend.maildir.users import PasswordsFile, UsersFile
from pymap.concurrent import Subsystem
from pymap.context import connection_exit
from pymap.imap import IMAPConnection
from pymap.imap.state import ConnectionState
from pymap.parsing.response import Response
from pysasl.hashing import BuiltinHash

from assistant.demo.maildir import DemoConfig, DemoLogin, Shape, open_mailbox, write_beside
from assistant.errors import PermanentFailure

LOOPBACK: Final = "127.0.0.1"

#: Folder names as German mail programs make them, with their special use (RFC 6154, without its backslash).
GERMAN_FOLDERS: Final[Mapping[str, str | None]] = {
    "Entwürfe": "Drafts",
    "Gesendet": "Sent",
    "Papierkorb": "Trash",
    "Spam": "Junk",
}
ENGLISH_FOLDERS: Final[Mapping[str, str | None]] = {
    "Drafts": "Drafts",
    "Sent": "Sent",
    "Trash": "Trash",
    "Junk": "Junk",
}

#: Keywords that every folder accepts.
KEYWORDS: Final = (
    *("$Forwarded", "$MDNSent", "$Junk", "$NotJunk", "Junk", "NonJunk"),
    *("$label1", "$label2", "$label3", "$label4", "$label5"),
    *("$Gelassen", "$Gelassen0", "$Gelassen1", "$Gelassen2", "$Gelassen3", "$GelassenHeld"),
)

# Every connection in IDLE occupies a worker for up to a second at a time, and a mail client keeps five of them.
_WORKERS: Final = 24
_PATIENCE: Final = 10.0  # seconds for starting and for stopping


class EmbeddedImap:
    """A mailbox server for as long as the context lasts.

    Args:
        base: where the mail lies; one Maildir a user. Kept afterwards: a later server finds everything again.
        users: names and passwords.
        port: 0 takes a free one, see ``port`` after entering.
        folders: what every mailbox has beside INBOX, with the special use.
        keywords: flags of the user's own that are accepted, at most 26.

    Raises:
        PermanentFailure: on entering, when the port is taken or may not be used.
    """

    def __init__(
        self,
        base: Path,
        users: Mapping[str, str],
        port: int = 0,
        *,
        folders: Mapping[str, str | None] = GERMAN_FOLDERS,
        keywords: tuple[str, ...] = KEYWORDS,
    ) -> None:
        self.base = base
        self.users = dict(users)
        self.port = port
        self.host = LOOPBACK
        self.folders = folders
        self._shape = Shape(folders=folders, keywords=keywords)
        self._up = threading.Event()
        self._thread: threading.Thread | None = None
        self._halt: Callable[[], object] | None = None
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Serve, until ``stop``; a stopped server may be started again, on the same port and mail."""
        listening = self._listen()
        self.port = listening.getsockname()[1]
        self._up.clear()
        self._thread = threading.Thread(target=self._run, args=(listening,), name="embedded-imap", daemon=True)
        self._thread.start()
        if not self._up.wait(_PATIENCE):
            raise PermanentFailure(f"The embedded mailbox did not start within {_PATIENCE:.0f} seconds.")
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """Close every connection and end the thread; nothing happens when it has ended already."""
        if self._thread is None or self._halt is None:
            return
        with suppress(RuntimeError):  # the loop has ended by itself
            self._halt()
        self._thread.join(_PATIENCE)
        self._thread = None

    def _listen(self) -> socket.socket:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self.host, self.port))
        except OSError as error:
            listening.close()
            raise PermanentFailure(_cannot_bind(self.port, error)) from error
        return listening

    def _run(self, listening: socket.socket) -> None:
        try:
            asyncio.run(self._serve(listening))
        except BaseException as error:  # noqa: BLE001  whatever stopped the thread is raised in the caller's
            self._failure = error
        finally:
            listening.close()
            self._up.set()

    async def _serve(self, listening: socket.socket) -> None:
        setattr(FileWriteable, "file_write", write_beside)  # noqa: B010  a plain assignment does not pass the type check
        stopping = asyncio.Event()
        self._halt = partial(asyncio.get_running_loop().call_soon_threadsafe, stopping.set)
        with ThreadPoolExecutor(_WORKERS, "imap-worker") as workers, ThreadPoolExecutor(1, "imap-login") as logins:
            config = self._config(workers, logins)
            config.apply_context()
            await self._prepare(config)
            connections = _Connections(DemoLogin(config, self._shape), config)
            server = await asyncio.start_server(connections.accept, sock=listening)
            self._up.set()
            await stopping.wait()
            server.close()
            await connections.close()

    def _config(self, workers: ThreadPoolExecutor, logins: ThreadPoolExecutor) -> DemoConfig:
        return DemoConfig(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            base_dir=str(self.base),
            layout="++",
            colon=None,
            host=self.host,
            port=self.port,
            tls_enabled=False,
            ssl_context=ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),  # not from the environment's CERT_FILE
            subsystem=Subsystem.for_threading(workers),
            cpu_subsystem=Subsystem.for_threading(logins),
            proxy_protocol=ProxyProtocolVersion.get(None),
            hash_context=BuiltinHash(rounds=1000),  # the same with and without passlib; guards a demo on loopback
        )

    async def _prepare(self, config: DemoConfig) -> None:
        self.base.mkdir(parents=True, exist_ok=True)
        for lock in self.base.rglob("*.lock"):  # of a run that was killed; pymap would wait ten minutes for them
            lock.unlink(missing_ok=True)
        async with UsersFile.with_write(str(self.base)) as users, PasswordsFile.with_write(str(self.base)) as secrets:
            for name, password in self.users.items():
                users.set(users.build_record(name, name))
                secrets.set(secrets.build_record(name, config.hash_context.hash(password)))
        for name in self.users:
            await open_mailbox(self.base / name, self._shape).prepare()


class _WholeResponses:
    """A stream that hands on each response in one piece.

    pymap writes a response bit by bit, and some clients take the end of a segment for the end of a line
    (imapclient 4.1 among them).
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Keep a piece."""
        self._pieces.append(bytes(data))

    async def drain(self) -> None:
        """Nothing waits here."""

    def whole(self) -> bytes:
        """All pieces."""
        return b"".join(self._pieces)


class _Connection(IMAPConnection):
    async def write_response(self, resp: Response) -> None:
        pieces = _WholeResponses()
        with suppress(ConnectionError):
            await resp.async_write(pieces)
            self.writer.write(pieces.whole())
            await self.writer.drain()


class _Connections:
    """Serves connections (after pymap.imap.IMAPServer), and ends them all without cutting a command in two."""

    def __init__(self, login: DemoLogin, config: DemoConfig) -> None:
        self._login = login
        self._config = config
        self._open: dict[asyncio.Task[None], tuple[StreamReader, StreamWriter]] = {}
        self.accept = ProxyProtocolReader(config.proxy_protocol).get_callback(self._serve)

    async def _serve(self, reader: StreamReader, writer: StreamWriter, sock_info: SocketInfo) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = (reader, writer)
        try:
            connection = _Connection(self._config.commands, self._config, reader, writer, sock_info)
            async with AsyncExitStack() as stack:
                connection_exit.set(stack)
                stack.enter_context(closing(connection))
                await connection.run(ConnectionState(self._login, self._config))
        finally:
            del self._open[task]

    async def close(self) -> None:
        """Say BYE on every connection and end it as if the client had hung up; IDLE ends by that too."""
        tasks = list(self._open)
        for reader, writer in self._open.values():
            writer.write(b"* BYE The demo mailbox stops.\r\n")
            reader.feed_eof()
        if tasks:
            await asyncio.wait(tasks, timeout=_PATIENCE / 2)


def _cannot_bind(port: int, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"Port {port} needs privileges. Choose one above 1023, or 0 for any free port."
    return f"Port {port} on {LOOPBACK} is taken by another program. Choose another, or 0 for any free port."
