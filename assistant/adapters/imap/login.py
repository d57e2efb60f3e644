"""From settings to a session that is logged in, and from what can go wrong to the project's errors."""

from __future__ import annotations

import contextlib
import imaplib
import math
import re
import socket
import ssl
from collections.abc import Callable, Iterator

from imapclient.imapclient import _literal, _quote

from assistant.adapters.imap.settings import ImapSettings
from assistant.adapters.imap.wire import Client
from assistant.config.values import is_loopback
from assistant.errors import Denied, Disconnected, GelassenError, LoginBarred, LoginRefused, PermanentFailure

# Response codes (RFC 9051, 7.1 and 5530, and what Gmail and Yahoo add) that mean "not now".
_LATER = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "THROTTLED"}
_CODE = re.compile(r"\[([A-Z][A-Z0-9-]*)")


def log_in(settings: ImapSettings) -> Client:
    """A new session, logged in.

    Raises ``Disconnected`` when the server cannot be reached or is busy, ``LoginRefused``, ``LoginBarred`` without
    connecting, and ``PermanentFailure`` when encryption as demanded cannot be had.
    """
    if settings.security == "none" and not is_loopback(settings.host):
        raise PermanentFailure(
            f'{settings.server}: security = "none" would send the password in clear text; use "tls" or "starttls"'
        )
    _check_bar(settings, settings.secret)  # before connecting: a connection without a login looks like an attack
    context = None if settings.security == "none" else _trust(settings)
    with _connecting(settings):
        first = context if settings.security == "tls" else None
        client = Client(settings.host, settings.port, timeout=settings.timeout, context=first)
    try:
        with _connecting(settings):
            if settings.security == "starttls":
                _encrypt(client, settings, context)
        _authenticate(client, settings)
    except BaseException:
        client.wire.shutdown()
        raise
    return client


def _trust(settings: ImapSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # ssl.SSLError is one, too
        raise PermanentFailure(f"{settings.server}: the CA file {settings.ca_file} cannot be used ({error})") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def code_of(error: imaplib.IMAP4.error | str) -> str:
    """The response code in a refusal, such as ``TRYCREATE``; empty when there is none."""
    found = _CODE.search(str(error))
    return found.group(1) if found else ""


def refused(settings: ImapSettings, error: imaplib.IMAP4.error) -> GelassenError:
    """What a NO or BAD means: later, or not as things stand."""
    words, code = _readable(error), code_of(error)
    if code == "OVERQUOTA":
        return Denied(f"{settings.server}: the mailbox is full ({words}); make room there, then it goes on by itself")
    text = f"{settings.server}: {words}"
    return Disconnected(text) if code in _LATER else Denied(text)


def broken(settings: ImapSettings, error: Exception) -> Disconnected:
    """What a failed connection means."""
    return Disconnected(f"{settings.server}: connection lost ({_reason(error)})")


def _reason(error: Exception) -> str:
    """Why a connection broke; never imaplib's own words about an answer, for they quote it, and it may be mail."""
    text = str(error)
    if "socket error: EOF" in text or "unterminated line" in text:
        return "the server closed it"
    return "an answer out of step" if "unexpected" in text else _readable(error)


@contextlib.contextmanager
def _connecting(settings: ImapSettings) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise PermanentFailure(_untrusted(settings, error)) from error
    except ssl.SSLError as error:
        if error.reason in ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
            raise PermanentFailure(_not_tls(settings)) from error
        raise Disconnected(f"{settings.server}: no encrypted connection ({error.reason or error})") from error
    except socket.gaierror as error:
        raise Disconnected(
            f"{settings.server}: the name cannot be resolved ({error.strerror}); check imap.host and the network"
        ) from error
    except UnicodeError as error:  # from the IDNA codec
        raise PermanentFailure(f"{settings.server}: this is not the name of a computer; check imap.host") from error
    except TimeoutError as error:
        raise Disconnected(
            f"{settings.server}: no answer within {settings.timeout:g} seconds{_hint(settings)}"
        ) from error
    except OSError as error:
        raise Disconnected(f"{settings.server}: cannot connect ({error.strerror or error})") from error
    except imaplib.IMAP4.abort as error:
        raise _bad_greeting(settings, error) from error
    except imaplib.IMAP4.error as error:  # BYE as the greeting, or no IMAP4rev1
        raise Disconnected(f"{settings.server}: the server turns us away ({_readable(error)})") from error


def _bad_greeting(settings: ImapSettings, error: imaplib.IMAP4.abort) -> GelassenError:
    if "unexpected response" in str(error):
        return PermanentFailure(f"{settings.server}: this is not an IMAP server; check imap.host and imap.port")
    return Disconnected(f"{settings.server}: connection lost before the login{_hint(settings)}")


def _hint(settings: ImapSettings) -> str:
    """A server that wants TLS at once says nothing, or hangs up."""
    return "" if settings.security == "tls" else ' (perhaps the port wants security = "tls")'


def _untrusted(settings: ImapSettings, error: ssl.SSLCertVerificationError) -> str:
    return (
        f"{settings.server}: the server's certificate is not trusted ({error.verify_message}); check that imap.host is"
        " the name that the provider gives for IMAP. Nothing was sent."
    )


def _not_tls(settings: ImapSettings) -> str:
    return (
        f'{settings.server}: the server does not speak TLS on this port; security = "tls" usually goes with port 993,'
        ' security = "starttls" with port 143'
    )


def _encrypt(client: Client, settings: ImapSettings, context: ssl.SSLContext | None) -> None:
    if client.wire.state != "NONAUTH" or not client.has_capability("STARTTLS"):
        raise PermanentFailure(f'{settings.server}: no STARTTLS is offered here; try security = "tls" with port 993')
    client.starttls(ssl_context=context)


def _authenticate(client: Client, settings: ImapSettings) -> None:
    if client.wire.state != "NONAUTH":  # PREAUTH
        return
    secret = settings.secret()
    with settings.logins.turn:
        _check_bar(settings, lambda: secret)  # another connection may just have been refused
        try:
            _send_secret(client, settings, secret)
        except (imaplib.IMAP4.abort, OSError) as error:
            raise broken(settings, error) from error
        except imaplib.IMAP4.error as error:
            failure = _no_entry(settings, error)
            if isinstance(failure, LoginRefused):
                settings.logins.refused(secret, str(failure))
            raise failure from error
        settings.logins.accepted()


def _check_bar(settings: ImapSettings, secret: Callable[[], str]) -> None:
    if barred := settings.logins.barred(secret):
        raise LoginBarred(f"{barred.answer} (tried again in {math.ceil(barred.seconds / 60)} min)")


def _no_entry(settings: ImapSettings, error: imaplib.IMAP4.error) -> GelassenError:
    text = f"{settings.server}: the login was refused ({_readable(error)})"
    if code_of(error) in _LATER or "too many" in text.lower():
        return Disconnected(text)
    return LoginRefused(f"{text}; check imap.user and the password of account {settings.account}")


def _send_secret(client: Client, settings: ImapSettings, secret: str) -> None:
    offered = {name.decode("ascii", "replace") for name in client.capabilities()}
    if settings.auth == "xoauth2":
        client.sasl_login("XOAUTH2", _xoauth2(settings.user, secret))
    elif "AUTH=PLAIN" in offered and (not _plain_text(settings.user + secret) or "LOGINDISABLED" in offered):
        client.plain_login(settings.user, secret)
    else:
        typ, data = client._raw_command(b"LOGIN", [_argument(settings.user), _argument(secret)], uid=False)
        client._checkok("login", typ, data)
        client.wire.state = "AUTH"


def _xoauth2(user: str, token: str) -> Callable[[bytes], bytes]:
    """Answers the first challenge with the token, and the error that a refusal sends with an empty line."""
    answers = iter([f"user={user}\1auth=Bearer {token}\1\1".encode()])
    return lambda _challenge: next(answers, b"")


def _plain_text(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _argument(text: str) -> bytes:
    """An IMAP string: quoted where that is possible, else a literal in UTF-8."""
    if _plain_text(text):
        quoted: bytes = _quote(text).encode("ascii")
        return quoted
    literal: bytes = _literal(text.encode())
    return literal


def _readable(error: Exception) -> str:
    """The error's own words in one short line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
