"""aiosmtpd's protocol machine with the acts of a sink standing in for single commands."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.smtp_acts import Accepted, Act, Stage

_CHUNK = 65536


class Place(Protocol):
    """What a connection needs of the sink that it belongs to."""

    users: Mapping[str, str]
    mechanisms: Sequence[str]
    without: Sequence[str]
    size_limit: int | None
    mails: list[Accepted]
    asked: list[tuple[str, str]]
    logins: list[tuple[str, str, bool]]

    def take(self, stage: Stage, argument: str = "") -> Act | None:
        """The act that is due, if any."""

    def accept(self, mail: Accepted) -> None:
        """Keeps a mail."""


class Connection(SMTP):
    """aiosmtpd's protocol with the acts of a sink."""

    line_length_limit = 64 * 1024  # or tokens would not fit

    def __init__(self, sink: Place, context: ssl.SSLContext | None) -> None:
        self._sink = sink
        self._greeted = False
        super().__init__(
            _Handler(sink),
            data_size_limit=sink.size_limit,
            enable_SMTPUTF8=True,
            tls_context=context,
            require_starttls=context is not None,
            auth_require_tls=context is not None,
            hostname="sink.example",
            loop=asyncio.get_running_loop(),
        )
        self._auth_methods: dict[str, Any] = dict.fromkeys(sink.mechanisms if sink.users else ())

    @property
    def open(self) -> bool:
        """Whether it serves a client, or is about to."""
        return self.task is None or not self.task.done()

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What serves the client."""
        return self._handler_coroutine

    def abort(self) -> None:
        """Cuts the connection."""
        for transport in (self.transport, self._original_transport):
            if transport is not None:
                transport.abort()  # type: ignore[attr-defined]

    async def push(self, status: Any) -> None:
        """Sends an answer; the first is the greeting."""
        if not self._greeted:
            self._greeted = True
            if await self.acted(self._sink.take(Stage.CONNECT)):
                return
        await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:
        await self._at(Stage.EHLO, hostname, super().smtp_EHLO)

    async def smtp_STARTTLS(self, arg: str) -> None:
        await self._at(Stage.STARTTLS, arg, super().smtp_STARTTLS)

    async def smtp_AUTH(self, arg: str) -> None:
        await self._at(Stage.AUTH, arg, super().smtp_AUTH)

    async def smtp_MAIL(self, arg: str | None) -> None:
        await self._at(Stage.MAIL, arg, super().smtp_MAIL)

    async def smtp_RCPT(self, arg: str | None) -> None:
        await self._at(Stage.RCPT, arg, super().smtp_RCPT)

    async def smtp_DATA(self, arg: str) -> None:
        await self._at(Stage.DATA, arg, self._text)

    async def smtp_QUIT(self, arg: str) -> None:
        await self._at(Stage.QUIT, arg, super().smtp_QUIT)

    async def acted(self, act: Act | None) -> bool:
        """Does it; whether that took the place of what usually happens."""
        if act is None:
            return False
        await act.held()
        if act.answer:
            self._writer.write(act.answer)
            await self._writer.drain()
        if act.cutting:
            self._writer.close() if act.answer else self.abort()
        return act.cutting or bool(act.answer)

    async def _at(self, stage: Stage, argument: str | None, usual: Callable[[Any], Awaitable[None]]) -> None:
        shown = (argument or "").split(" ")[0] if stage is Stage.AUTH else argument or ""
        self._sink.asked.append((stage.value, shown))
        if not await self.acted(self._sink.take(stage, argument or "")):
            await usual(argument)

    async def _text(self, arg: str) -> None:
        act = self._sink.take(Stage.TEXT, _named(self.envelope))
        if act is None:
            await super().smtp_DATA(arg)
            return
        await self.push("354 Go ahead")
        await self._reader.readexactly(act.after)
        await self.acted(act)
        while await self._reader.read(_CHUNK):  # a server that has spoken its verdict, and waits for the client to go
            pass


class _Handler:
    """aiosmtpd's hooks: who may send, and what becomes of a mail."""

    def __init__(self, sink: Place) -> None:
        self._sink = sink

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Leaves out what the server is not to offer."""
        session.host_name = hostname
        hidden = (*self._sink.without, "HELP", *(() if self._sink.users else ("AUTH",)))
        kept = [line for line in responses if not line[4:].startswith(hidden)]
        return [*kept[:-1], kept[-1].replace("250-", "250 ", 1)]

    async def handle_AUTH(self, server: SMTP, session: Session, _envelope: Envelope, args: list[str]) -> str:
        """PLAIN, LOGIN and XOAUTH2; aiosmtpd's own way warns about itself."""
        mechanism = args[0]
        words = [b64decode(word) for word in args[1:]]
        while len(words) < (2 if mechanism == "LOGIN" else 1):
            word = await server.challenge_auth("")
            assert isinstance(word, bytes)
            words.append(word)
        user, secret = _credentials(mechanism, words)
        session.authenticated = self._sink.users.get(user) == secret
        self._sink.logins.append((mechanism, user, session.authenticated))
        if session.authenticated:
            session.auth_data = user  # type: ignore[assignment]  # it says None and means anything
            return "235 2.7.0 Authentication successful"
        if mechanism == "XOAUTH2":
            await server.challenge_auth('{"status":"401"}')
        return "535 5.7.8 Authentication credentials invalid"

    async def handle_MAIL(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Demands the login where there are users."""
        if self._sink.users and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_DATA(self, server: Connection, session: Session, envelope: Envelope) -> str | bytes:
        """Keeps the mail, then answers: the order of RFC 5321, 6.1."""
        act = self._sink.take(Stage.END, _named(envelope)) or Act()
        if act.keep:
            self._accept(session, envelope)
        if act.cutting:
            await server.acted(act)
            raise asyncio.CancelledError
        await act.held()
        if act.answer:
            return act.answer.removesuffix(b"\r\n")
        if not act.keep:
            self._accept(session, envelope)
        return f"250 2.0.0 Ok: queued as {len(self._sink.mails)}"

    def _accept(self, session: Session, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes)
        self._sink.accept(
            Accepted(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.content,
                options=tuple(envelope.mail_options),
                user=str(session.auth_data or ""),
            )
        )


def _named(envelope: Envelope | None) -> str:
    """The recipients as RCPT names them."""
    return " ".join(f"<{one}>" for one in envelope.rcpt_tos) if envelope else ""


def _credentials(mechanism: str, words: list[bytes]) -> tuple[str, str]:
    if mechanism == "LOGIN":
        user, secret = words
    elif mechanism == "PLAIN":
        _, user, secret = words[0].split(b"\0")
    else:
        first, second = words[0].split(b"\1")[:2]
        user, secret = first.removeprefix(b"user="), second.removeprefix(b"auth=Bearer ")
    return user.decode(), secret.decode()
