"""One connection of a mail client: SMTP as aiosmtpd speaks it, stricter where a submission server should be.

What differs from aiosmtpd 1.4.6, and why:

- Command lines end with CRLF and hold no control characters; aiosmtpd takes a bare LF, and in it a second command.
- The text ends with CRLF.CRLF only, and is read in pieces: aiosmtpd keeps a line without end in memory as a whole.
- Whatever is behind STARTTLS in the same segment ends the connection (CVE-2024-34083 was to execute it encrypted).
- A connection that closes its sending half gets its answers, and a mail that is worked on is never cut off.
- Limits of command lines belong to a connection; in aiosmtpd every new connection resets those of all others.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Final

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, TLSSetupException
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from assistant.core.delivery import Answer
from assistant.gateway.answers import BROKEN, Rejected, line, plain
from assistant.gateway.data import read_text
from assistant.gateway.desk import Desk, Handed
from assistant.gateway.hooks import Hooks
from assistant.gateway.paths import is_empty, split_path, without_auth
from assistant.gateway.peers import owner

logging.getLogger("mail.log").disabled = True  # aiosmtpd logs every command there, addresses and text included

_BUFFER: Final = 65536  # octets; also more than any command line
_COMMAND: Final = 512  # octets (RFC 5321, 4.5.3.1.4)
#: MAIL and RCPT grow with SIZE, BODY, SMTPUTF8 and long addresses, AUTH with its initial response (RFC 4954, 4).
_LONGER: Final = {"MAIL": 1024, "RCPT": 1024, "AUTH": 12288}
_MISTAKES: Final = 10
_STRANGERS_MISTAKES: Final = 3  # before the login; a browser that posts a form here is cut off before its text
_WRONG_PASSWORDS: Final = 3

_SYNTAX: Final = Answer(code=500, text="5.5.2 Not a command line: printable signs, ended by CRLF")
_UNKNOWN: Final = Answer(code=500, text="5.5.1 Unknown command")
_LONG: Final = Answer(code=500, text="5.5.2 The command line is too long")
_OFF: Final = Answer(code=502, text="5.5.1 Not offered here")
_MISTAKEN: Final = Answer(code=421, text="4.7.0 Too many errors")
_GUESSING: Final = Answer(code=421, text="4.7.0 Too many wrong passwords")
_INJECTED: Final = Answer(code=421, text="4.7.0 Nothing may be sent behind STARTTLS before TLS is there")
_SILENT: Final = Answer(code=421, text="4.4.2 Nothing was heard for too long")


class Session(SMTP):
    """One connection; everything runs in the gateway's event loop but the work on a mail."""

    line_length_limit = _BUFFER  # aiosmtpd's name for the size of its buffer

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            Hooks(desk),
            data_size_limit=desk.settings.size,
            enable_SMTPUTF8=True,
            hostname="localhost",
            tls_context=desk.tls,
            timeout=desk.settings.idle,
            auth_require_tls=False,  # we listen on loopback only
            authenticator=_as_given,
            loop=loop,
        )
        self.command_size_limits = defaultdict(lambda: _COMMAND, _LONGER)
        self._desk = desk
        self._farewell: Answer | None = None
        self._working = False
        self._logging_in = False
        self._mistakes = 0
        self._wrong_passwords = 0

    # --- the connection -------------------------------------------------------------------------------------------
    async def _handle_client(self) -> None:
        with self._desk.visited(self) as turned_away:
            try:
                if turned_away:
                    await self.push(line(turned_away))
                else:
                    await self._converse()
            except (ConnectionError, asyncio.IncompleteReadError, TLSSetupException):
                pass  # the mail client is gone; a mail that had not come to its end is forgotten
            finally:
                self._hang_up()

    async def _converse(self) -> None:
        await self.push("220 localhost ESMTP Gelassen")
        while self._farewell is None:
            try:
                await self._obey(await self._reader.readuntil(b"\r\n"))
                await asyncio.sleep(0)  # others' turn, however many commands lie here already
            except Rejected as rejected:
                await self.push(line(rejected.answer))
            except asyncio.LimitOverrunError:
                self._farewell = _LONG
            except (ConnectionError, asyncio.IncompleteReadError, TLSSetupException):
                raise
            except Exception as error:  # noqa: BLE001 - the top of the connection's loop
                self._desk.tell_bug(error)
                await self.push(line(BROKEN))
        await self.push(line(self._farewell))

    async def _obey(self, sent: bytes) -> None:
        text = sent[:-2].decode("utf-8", "replace")
        word, _, rest = text.partition(" ")
        command = word.upper()
        if not text.isprintable() or "\N{REPLACEMENT CHARACTER}" in text:
            return await self._mistake(_SYNTAX)
        if len(sent) > self.command_size_limits[command]:
            return await self._mistake(_LONG)
        method = self._smtp_methods.get(command)
        if method is None:
            return await self._mistake(_UNKNOWN)
        self._reset_timeout()
        await method(rest.strip() or None)
        return None

    async def _mistake(self, answer: Answer) -> None:
        self._mistakes += 1
        await self.push(line(answer))
        if self._mistakes >= (_MISTAKES if self._logged_in else _STRANGERS_MISTAKES):
            self._farewell = _MISTAKEN

    @property
    def _logged_in(self) -> bool:
        return self.session is not None and bool(self.session.authenticated)

    @property
    def welcome(self) -> bool:
        """Whether it has logged in, or is doing so right now."""
        return self._logged_in or self._logging_in

    def _reset_timeout(self, duration: float | None = None) -> None:
        """From now on the mail client is to say something; a stranger soon."""
        settings = self._desk.settings
        longest = settings.idle if self._logged_in else min(settings.idle, settings.strangers)
        super()._reset_timeout(duration or longest)

    def leave(self, answer: Answer) -> None:
        """Say goodbye: at once, or behind the answer to the mail that is being worked on."""
        self._farewell = self._farewell or answer
        if self._working or self.transport is None:
            return
        if self._writer.transport.get_write_buffer_size():
            self.cut()  # it does not even listen
            return
        self._writer.write(line(answer).encode() + b"\r\n")
        self._hang_up()

    def cut(self) -> None:
        """End the connection without waiting for the other side."""
        for transport in (self.transport, self._original_transport):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()

    def _hang_up(self) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        if self.session is not None and self._tls_protocol is not None and self.session.ssl is None:
            self.cut()  # in the middle of the handshake nothing else ends it
        elif isinstance(self.transport, asyncio.BaseTransport):
            self.transport.close()

    def _timeout_cb(self) -> None:
        self.leave(_SILENT)

    def eof_received(self) -> bool | None:
        """The mail client sends no more, but may still be listening; over TLS it cannot."""
        asyncio.StreamReaderProtocol.eof_received(self)
        return self.session is not None and self.session.ssl is None

    async def push(self, status: str | bytes) -> None:
        """Send one line, whatever is in it."""
        words = status if isinstance(status, str) else status.decode("ascii", "replace")
        self._writer.write(plain(words).encode("ascii") + b"\r\n")
        await self._writer.drain()

    # --- commands -------------------------------------------------------------------------------------------------
    async def check_auth_needed(self, caller_method: str) -> bool:
        """Whether the command is refused because nobody has logged in; answers then."""
        if self._logged_in:
            return False
        await self.push("530 5.7.0 Log in first: user and password of [gateway] in config.toml")
        return True

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        """RFC 3207; what was sent behind it in clear ends the connection."""
        if self._tls_protocol is not None:
            raise Rejected(503, "5.5.1 TLS is there already")
        if self._reader._buffer:  # type: ignore[attr-defined]  # there is no public way to look
            self._farewell = _INJECTED
            return
        await super().smtp_STARTTLS(arg)
        if not arg and (self.session is None or self.session.ssl is None):
            raise TLSSetupException

    async def smtp_AUTH(self, arg: str | None) -> None:
        """RFC 4954; mechanisms in any case."""
        mechanism, _, rest = (arg or "").partition(" ")
        try:
            await super().smtp_AUTH(f"{mechanism.upper()} {rest}".strip())
        except ValueError:  # what answers the challenge does not fit into the buffer
            self._farewell = _LONG
        if self._wrong_passwords >= _WRONG_PASSWORDS:
            self._farewell = _GUESSING
        self._reset_timeout()

    async def auth_PLAIN(self, server: object, args: list[str]) -> AuthResult:
        """RFC 4616."""
        return await self._checked(await super().auth_PLAIN(server, args))

    async def auth_LOGIN(self, server: object, args: list[str]) -> AuthResult:
        """The older way, which some mail clients still prefer."""
        return await self._checked(await super().auth_LOGIN(server, args))

    AuthLoginUsernameChallenge = "Username:"  # what servers say in fact, and some mail clients insist on
    AuthLoginPasswordChallenge = "Password:"

    async def _checked(self, result: AuthResult) -> AuthResult:
        given = result.auth_data
        if not isinstance(given, LoginPassword):
            return result  # cancelled or not base64; answered already
        if self._reader.at_eof():
            raise ConnectionResetError  # gone in the middle: an empty password is none
        refusal = await self._login(given)
        if refusal is None:
            return AuthResult(success=True)
        self._wrong_passwords += refusal.code == 535
        return AuthResult(success=False, handled=False, message=line(refusal))

    async def _login(self, given: LoginPassword) -> Answer | None:
        """What the desk says; the gateway's password may come out of a keyring that the user has to unlock first."""
        assert self._timeout_handle is not None
        self._timeout_handle.cancel()
        self._logging_in = True
        try:
            peer = owner(self._writer.get_extra_info("peername"))
            return await self._desk.login(peer, given.login, given.password)
        finally:
            self._logging_in = False

    async def smtp_VRFY(self, arg: str | None) -> None:
        """Off: nobody needs it here (RFC 5321, 7.3)."""
        del arg
        raise Rejected(_OFF.code, _OFF.text)

    smtp_EXPN = smtp_VRFY

    async def smtp_HELP(self, arg: str | None) -> None:
        """Where to read on."""
        del arg
        await self.push("214 2.0.0 Submission server of Gelassen (RFC 6409)")

    async def smtp_MAIL(self, arg: str | None) -> None:
        """RFC 5321, 4.1.1.2; RFC 4954, 5."""
        if self._logged_in and is_empty(arg or ""):
            raise Rejected(550, "5.7.1 A submitted mail has a sender: bounces are not sent from here")
        await super().smtp_MAIL(without_auth(arg) if arg else None)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        return split_path(arg)

    # --- the text -------------------------------------------------------------------------------------------------
    async def smtp_DATA(self, arg: str | None) -> None:
        """RFC 5321, 4.1.1.4: success is answered only after the mail has been taken."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            raise Rejected(503, "5.5.1 No recipient yet")
        if arg:
            raise Rejected(501, "5.5.4 DATA stands alone")
        envelope = self.envelope
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        text = await read_text(self._reader, self._desk.settings.size, self._reset_timeout)
        self.envelope = self._create_envelope()
        if text is None:
            largest = f"{self._desk.settings.size / 2**20:.4g} MiB"
            raise Rejected(552, f"5.3.4 The mail is larger than {largest} ([gateway] size in config.toml)")
        await self._hand_in(envelope, text)

    async def _hand_in(self, envelope: SmtpEnvelope, text: list[bytes]) -> None:
        assert envelope.mail_from is not None
        handed = Handed(
            sender=envelope.mail_from,
            recipients=tuple(envelope.rcpt_tos),
            smtputf8=envelope.smtp_utf8,
            sent=text,
        )
        assert self._timeout_handle is not None
        self._timeout_handle.cancel()  # now it is us who are slow
        self._working = True
        try:
            answer = await self._desk.take(handed)
        finally:
            self._working = False
        self._reset_timeout()
        await self.push(line(answer))


def _as_given(server: SMTP, session: SmtpSession, envelope: SmtpEnvelope, mechanism: str, data: object) -> AuthResult:
    """Hands what the mail client gave back to :meth:`Session._checked`, which may take its time."""
    del server, session, envelope, mechanism
    return AuthResult(success=False, handled=True, auth_data=data)
