"""From settings to a session that is encrypted, logged in and ready for a mail."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

from assistant.adapters.relay import words
from assistant.adapters.relay.answers import Garbled, Refusal, own
from assistant.adapters.relay.login import log_in
from assistant.adapters.relay.session import Session
from assistant.adapters.relay.settings import RelaySettings
from assistant.adapters.relay.wire import Wire
from assistant.config.values import is_loopback
from assistant.services.logins import Logins

_CLEAR_TEXT = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")


@contextlib.contextmanager
def opened(settings: RelaySettings, logins: Logins) -> Iterator[Session]:
    """A new session; the connection is cut at the end. Raises ``Refusal`` when there is none to be had."""
    with reached(settings) as session:
        log_in(session, settings, logins)
        yield session


@contextlib.contextmanager
def reached(settings: RelaySettings) -> Iterator[Session]:
    """A session before the login: connected, encrypted and greeted."""
    if settings.security == "none" and not is_loopback(settings.host):
        raise Refusal(own(words.clear_text(settings)))
    context = None if settings.security == "none" else _trust(settings)
    with _connecting(settings):
        first = context if settings.security == "tls" else None
        wire = Wire(settings.host, settings.port, timeout=settings.timeout, context=first)
    try:
        session = Session(settings, wire)
        session.greet()
        if settings.security == "starttls" and context:
            session.encrypt(lambda wire: _encrypt(settings, wire, context))
        yield session
    finally:
        wire.close()


def _trust(settings: RelaySettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # ssl.SSLError is one, too
        raise Refusal(own(words.bad_ca_file(settings, error))) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _encrypt(settings: RelaySettings, wire: Wire, context: ssl.SSLContext) -> None:
    with _connecting(settings):
        wire.encrypt(context)


@contextlib.contextmanager
def _connecting(settings: RelaySettings) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeError, Garbled) as error:
        raise Refusal(own(_why_not(settings, error))) from error


def _why_not(settings: RelaySettings, error: Exception) -> str:
    match error:
        case ssl.SSLError():
            return _no_tls(settings, error)
        case socket.gaierror():
            return words.no_such_name(settings, error.strerror or str(error))
        case TimeoutError():
            return words.silent(settings, greeted=False)
        case OSError():
            return words.no_connection(settings, error.strerror or str(error))
        case Garbled():  # plain text behind the answer to STARTTLS
            return words.garbled(settings)
        case _:  # UnicodeError, from the IDNA codec
            return words.bad_name(settings)


def _no_tls(settings: RelaySettings, error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return words.untrusted(settings, error.verify_message)
    if error.reason in _CLEAR_TEXT:
        return words.not_tls(settings)
    return words.no_encryption(settings, error.reason or str(error))
