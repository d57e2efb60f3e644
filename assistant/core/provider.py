"""Mail providers as a set-up needs them: which servers, which user name, which password."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

#: Stands for a host name that is the customer's own and the same as that of the domain's MX record.
SAME_AS_MX = "{mx}"


class UserName(StrEnum):
    """What a server takes as the user name."""

    ADDRESS = "address"
    LOCAL_PART = "local-part"
    OTHER = "other"  # a number or name that the provider gave out

    def of(self, address: str) -> str:
        """The user name of an address; empty where the provider has given out one of its own."""
        if self is UserName.OTHER:
            return ""
        return address if self is UserName.ADDRESS else address.rpartition("@")[0]


class Password(StrEnum):
    """Which password a mail program needs."""

    USUAL = "usual"
    OWN = "own"  # set for mail programs alone, apart from the one of the web page
    APP_WITH_2FA = "app-with-2fa"  # one for each program, as soon as two-factor sign-in is on
    APP = "app"
    NONE = "none"  # a sign-in by OAuth only


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One server: ``security`` is ``tls``, ``starttls`` or ``none`` as in config.toml."""

    host: str
    port: int
    security: str
    user: UserName = UserName.ADDRESS

    @property
    def complete(self) -> bool:
        """Whether the host is known."""
        return bool(self.host) and self.host != SAME_AS_MX


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """What is known of a provider.

    Attributes:
        domains: of the addresses that it gives out.
        mx: how the names of its MX hosts end, for customers with a domain of their own.
        switch_on: IMAP has to be allowed on the provider's web page first.
        oauth: ``microsoft``, ``google`` or empty.
        help: what the provider's own page about it is called.
    """

    name: str
    domains: tuple[str, ...]
    mx: tuple[str, ...]
    imap: Place
    relay: Place
    password: Password
    switch_on: bool = False
    oauth: str = ""
    help: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The servers of an address, and the provider where it is a known one."""

    imap: Place
    relay: Place | None = None
    provider: Provider | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Srv:
    """One SRV record (RFC 2782)."""

    priority: int
    weight: int
    port: int
    host: str


def by_domain(domain: str, providers: Iterable[Provider]) -> Provider | None:
    """The provider that gives out addresses of a domain."""
    return next((one for one in providers if domain.lower() in one.domains), None)


def by_mx(hosts: Sequence[str], providers: Iterable[Provider]) -> tuple[Provider, str] | None:
    """The provider that takes a domain's mail, and the host by which it was recognised; ``hosts`` best first."""
    known = tuple(providers)
    for host in (name.rstrip(".").lower() for name in hosts):
        for one in known:
            if any(host == end or host.endswith(f".{end}") for end in one.mx):
                return one, host
    return None


def at(provider: Provider, mx: str) -> Found:
    """A provider's servers, with the name of the customer's own one filled in."""
    imap, relay = (
        replace(place, host=mx) if place.host == SAME_AS_MX else place for place in (provider.imap, provider.relay)
    )
    return Found(imap=imap, relay=relay, provider=provider)


def best(records: Iterable[Srv]) -> Srv | None:
    """The record to take: lowest priority, then highest weight; a target ``.`` says that there is no such service."""
    usable = [one for one in records if one.host.rstrip(".")]
    return min(usable, key=lambda one: (one.priority, -one.weight), default=None)
