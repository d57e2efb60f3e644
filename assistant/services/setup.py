"""Finding the servers of a mail address: known providers, then what the DNS says (RFC 6186, RFC 8314)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from assistant.core.provider import Found, Place, Provider, Srv, at, best, by_domain, by_mx

#: SRV services by preference and the security that each stands for.
_IMAP: Final = (("imaps", "tls"), ("imap", "starttls"))
_RELAY: Final = (("submissions", "tls"), ("submission", "starttls"))


class MailRecords(Protocol):
    """The DNS; whatever goes wrong with it is no answer."""

    def mx(self, domain: str) -> tuple[str, ...]:
        """The hosts that take a domain's mail, best first."""

    def srv(self, service: str, domain: str) -> tuple[Srv, ...]:
        """The servers of a service of a domain."""


def find_servers(address: str, providers: Sequence[Provider], records: MailRecords) -> Found | None:
    """The servers for an address, None where nobody knows; only unknown domains are asked for in the network.

    SRV records name the servers, for the domain's owner has set them; the provider tells what else there is to know.
    They come without proof (RFC 6186, 6): whoever uses them shows them to the user first.
    """
    domain = address.rpartition("@")[2].lower()
    known = by_domain(domain, providers)
    if known is not None:
        return at(known, domain)
    provided = by_mx(records.mx(domain), providers)
    found = at(*provided) if provided else None
    imap = _first(records, domain, _IMAP)
    if imap is None:
        return found
    relay = _first(records, domain, _RELAY)
    if found is None:
        return Found(imap=imap, relay=relay)
    return replace(found, imap=imap, relay=relay or found.relay)


def _first(records: MailRecords, domain: str, services: Sequence[tuple[str, str]]) -> Place | None:
    for service, security in services:
        record = best(records.srv(service, domain))
        if record is not None:
            return Place(host=record.host, port=record.port, security=security)
    return None
