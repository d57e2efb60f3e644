"""What we say where the server said nothing: what happened, where, and what to do next."""

from __future__ import annotations

import math

from assistant.adapters.relay.settings import RelaySettings


def clear_text(settings: RelaySettings) -> str:
    """A password and a mail would cross the network unprotected."""
    return f'{settings.server}: security = "none" would send the password in clear text; use "tls" or "starttls"'


def bad_ca_file(settings: RelaySettings, error: OSError) -> str:
    """The file of trusted certificates is missing or broken."""
    return f"{settings.server}: the CA file {settings.ca_file} cannot be used ({error.strerror or error})"


def untrusted(settings: RelaySettings, why: str) -> str:
    """The certificate is of somebody else, expired, or signed by nobody we know."""
    return (
        f"{settings.server}: the server's certificate is not trusted ({why}); check that relay.host is the name that"
        " the provider gives for SMTP. Nothing was sent."
    )


def not_tls(settings: RelaySettings) -> str:
    """It greets in clear text."""
    return (
        f'{settings.server}: the server does not speak TLS on this port; security = "tls" usually goes with port 465,'
        ' security = "starttls" with port 587'
    )


def no_encryption(settings: RelaySettings, why: str) -> str:
    """The TLS handshake failed otherwise, as when the server knows only versions before 1.2."""
    return f"{settings.server}: no encrypted connection ({why})"


def no_starttls(settings: RelaySettings) -> str:
    """An old server, a wrong port, or somebody in between who takes it away."""
    return f'{settings.server}: no STARTTLS is offered here; try security = "tls" with port 465. Nothing was sent.'


def no_such_name(settings: RelaySettings, why: str) -> str:
    """DNS does not know it, or there is no network."""
    return f"{settings.server}: the name cannot be resolved ({why}); check relay.host and the network"


def bad_name(settings: RelaySettings) -> str:
    """Something that cannot be the name of a computer."""
    return f"{settings.server}: this is not the name of a computer; check relay.host"


def no_connection(settings: RelaySettings, why: str) -> str:
    """Refused, no route, or reset."""
    return f"{settings.server}: cannot connect ({why})"


def not_smtp(settings: RelaySettings) -> str:
    """Something else answers at that port."""
    return f"{settings.server}: this is not an SMTP server; check relay.host and relay.port"


def silent(settings: RelaySettings, *, greeted: bool) -> str:
    """No answer in time; a server that wants TLS at once says nothing."""
    hint = "" if greeted or settings.security == "tls" else ' (perhaps the port wants security = "tls")'
    return f"{settings.server}: no answer within {settings.timeout:g} seconds{hint}"


def turned_away(settings: RelaySettings, said: str) -> str:
    """A 5yz that is about us and not about the mail."""
    return f"{settings.server}: the server turns us away ({said})"


def lost(settings: RelaySettings) -> str:
    """The connection ended while the mail had not been handed over yet."""
    return f"{settings.server}: the connection broke before the mail was handed over; it was not sent"


def garbled(settings: RelaySettings) -> str:
    """What came is no answer to what was asked."""
    return f"{settings.server}: the server gave an answer that makes no sense here; the mail was not sent"


def login_refused(settings: RelaySettings, said: str) -> str:
    """The server's words in brackets say most: a wrong password, or a login that the provider has switched off."""
    means = "the password" if settings.auth == "password" else "the access token"
    return f"{settings.server}: the login was refused ({said}); check relay.user and {means}"


def tried_again(text: str, seconds: float) -> str:
    """A former refusal, because the same password is not tried again yet."""
    return f"{text} (tried again in {math.ceil(seconds / 60)} min)"


def no_login(settings: RelaySettings, offered: str) -> str:
    """None of the mechanisms that we speak."""
    wanted = "a password" if settings.auth == "password" else "XOAUTH2"
    return f"{settings.server}: no login with {wanted} is offered here ({offered}); check relay.auth and relay.port"


def no_secret(settings: RelaySettings, why: str) -> str:
    """The password could not be had; the reason comes from its source."""
    return f"{settings.server}: no password ({why})"


def no_smtputf8(settings: RelaySettings) -> str:
    """RFC 6531: the mail must not be sent then."""
    return f"{settings.server}: the server cannot transport addresses and headers with letters like ä (SMTPUTF8)"


def no_eight_bit(settings: RelaySettings) -> str:
    """RFC 6152: the mail must not be sent then."""
    return f"{settings.server}: the server cannot transport this mail's 8-bit text (8BITMIME)"


def too_large(settings: RelaySettings, size: int, limit: int) -> str:
    """RFC 1870: known before a byte of it is sent."""
    return f"{settings.server}: the mail has {size} bytes, and the server takes {limit} at most"


def bad_address() -> str:
    """Line ends, blanks or angle brackets in it would end the command that it stands in."""
    return "this address cannot be used: it has characters that an address may not have"
