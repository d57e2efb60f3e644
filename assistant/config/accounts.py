"""The settings of servers and logins: ``[[account]]`` and ``[gateway]`` (DESIGN sections 7 and 11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from assistant.config import values as v
from assistant.config.reading import list_of, table_of

_SOURCES = ("password_command", "password_env", "keyring", "oauth")


class Security(StrEnum):
    """How a connection is protected: TLS from the start, TLS by STARTTLS, or not at all (loopback only)."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Auth(StrEnum):
    """How to log in; with ``xoauth2`` the password source, or ``oauth``, gives the access token."""

    PASSWORD = "password"  # noqa: S105 - the word, not one
    XOAUTH2 = "xoauth2"


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """One server of an account.  ``port`` follows ``security`` when the file leaves it out."""

    host: Annotated[str, v.host]
    port: v.Port
    user: v.Word
    security: Annotated[Security, v.choice(Security)] = Security.TLS
    auth: Annotated[Auth, v.choice(Auth)] = Auth.PASSWORD

    @staticmethod
    def checks(raw: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Mail and password never cross a network in clear."""
        host = raw.get("host")
        if raw.get("security") == "none" and isinstance(host, str) and not v.is_loopback(host):
            yield ".security", '"none" is allowed on this machine only (localhost, 127.0.0.1); use "tls" or "starttls"'


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderNames:
    """``folders`` of an account: None is found by SPECIAL-USE (RFC 6154), then by usual names."""

    inbox: v.OptionalText = None
    drafts: v.OptionalText = None
    sent: v.OptionalText = None
    trash: v.OptionalText = None
    cooling_off: v.OptionalText = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PasswordSource:
    """Where a password comes from; in a loaded config exactly one is set."""

    password_command: Annotated[str | None, v.command] = None
    password_env: Annotated[str | None, v.environment_name] = None
    keyring: v.Switch = False


class Issuer(StrEnum):
    """Who gives out access tokens."""

    MICROSOFT = "microsoft"
    GOOGLE = "google"


def _client_file(value: object) -> Path | None:
    text = v.optional(value)
    return None if text is None else Path(text)


@dataclass(frozen=True, kw_only=True, slots=True)
class OAuth:
    """``oauth`` of an account: a sign-in whose access token Gelassen renews itself (RFC 6749).

    Attributes:
        client_id: Microsoft: the user's own app registration.
        authority: Microsoft: where its accounts are; a registration for one organisation needs that one's.
        client_file: Google: the client's JSON as its console gives it; absolute once loaded.
        token_file: where the refresh token lies (0600), absolute once loaded; None is the keyring.
    """

    issuer: Annotated[Issuer, v.choice(Issuer)]
    client_id: v.OptionalText = None
    authority: v.Word = "https://login.microsoftonline.com/common"
    client_file: Annotated[Path | None, _client_file] = None
    token_file: Annotated[Path | None, _client_file] = None

    @staticmethod
    def checks(raw: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Each issuer knows its clients in a way of its own."""
        needed = {"microsoft": "client_id", "google": "client_file"}.get(str(raw.get("issuer")))
        if needed and not raw.get(needed):
            yield f".{needed}", "missing: your own client, see docs/configuration.md"


def _source_problems(raw: Mapping[str, object], *, needed: object) -> Iterator[tuple[str, str]]:
    given = [key for key in _SOURCES if raw.get(key, False) is not False]
    if len(given) > 1:
        yield f".{given[1]}", f"only one of {', '.join(_SOURCES)} may be given, found {' and '.join(given)}"
    elif needed and not given:
        yield "", "no password source: give password_command, password_env or keyring = true"


#: Default ports by security: RFC 8314 and RFC 6409; 25 stands for an unprotected relay on this machine.
IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
RELAY_PORTS = {"tls": 465, "starttls": 587, "none": 25}


def _with_defaults(server: object, ports: Mapping[str, int], **defaults: object) -> object:
    """The server's table with the defaults that depend on other keys; anything else is left to its reader."""
    if not isinstance(server, dict):
        return server
    security = server.get("security", "tls")
    port = ports.get(security, ports["tls"]) if isinstance(security, str) else ports["tls"]
    return {"port": port, **{key: value for key, value in defaults.items() if value}, **server}


@dataclass(frozen=True, kw_only=True, slots=True)
class Account(PasswordSource):
    """``[[account]]``: one mail account; ``relay`` is only needed for the gateway."""

    name: v.Word
    address: Annotated[str, v.address]
    imap: Annotated[Server, table_of(Server)]
    aliases: Annotated[tuple[str, ...], list_of(v.address, what="a list of addresses")] = ()
    relay: Annotated[Server | None, table_of(Server)] = None
    folders: Annotated[FolderNames, table_of(FolderNames)] = FolderNames()
    oauth: Annotated[OAuth | None, table_of(OAuth)] = None

    @property
    def own(self) -> frozenset[str]:
        """The account's own addresses in lower case."""
        return frozenset(address.lower() for address in (self.address, *self.aliases))

    @staticmethod
    def prepared(raw: Mapping[str, object]) -> dict[str, object]:
        """Ports follow the security, the relay's user is the mailbox's, and with ``oauth`` both take tokens."""
        filled = dict(raw)
        imap = raw.get("imap")
        auth = "xoauth2" if "oauth" in raw else None
        if "imap" in raw:
            filled["imap"] = _with_defaults(imap, IMAP_PORTS, auth=auth)
        if "relay" in raw:
            user = imap.get("user") if isinstance(imap, dict) else None
            filled["relay"] = _with_defaults(raw["relay"], RELAY_PORTS, user=user, auth=auth)
        return filled

    @staticmethod
    def checks(raw: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """Exactly one password source, and tokens only where tokens are taken."""
        yield from _source_problems(raw, needed=True)
        for key in ("imap", "relay"):
            server = raw.get(key)
            if raw.get("oauth") and isinstance(server, dict) and server.get("auth") == "password":
                yield f".{key}.auth", 'oauth gives a token, not a password; use "xoauth2"'


@dataclass(frozen=True, kw_only=True, slots=True)
class Gateway(PasswordSource):
    """``[gateway]``: the local submission server with its own user and password; ``size`` of a mail in MiB at most."""

    enabled: v.Switch = False
    port: v.Port = 1587
    user: v.Text = ""
    size: Annotated[int, v.whole(1, 500)] = 50

    @staticmethod
    def checks(raw: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        """A gateway that runs needs a user and a password of its own."""
        enabled = raw.get("enabled") is True
        if enabled and not raw.get("user"):
            yield ".user", "missing: the mail client logs in with it"
        yield from _source_problems(raw, needed=enabled)
