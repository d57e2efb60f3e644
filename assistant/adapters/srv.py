"""What the DNS says of a domain's mail: MX, and SRV for mail clients (RFC 6186, RFC 8314 section 5.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import dns.exception
import dns.resolver

from assistant.core.provider import Srv

_SECONDS: Final = 3.0


class MailRecords:
    """Asks the system's resolver; implements ``services.setup.MailRecords``.

    A network that gives no answer is asked once only, so that nobody waits for one silence after another.

    Args:
        resolver: another one than the system's.
        seconds: how long an answer may take.
    """

    def __init__(self, resolver: dns.resolver.Resolver | None = None, *, seconds: float = _SECONDS) -> None:
        self._resolver = resolver
        self._seconds = seconds
        self._silent = False

    def mx(self, domain: str) -> tuple[str, ...]:
        """The hosts that take a domain's mail, best first; empty where the DNS knows none."""
        found = sorted((one.preference, str(one.exchange)) for one in self._asked(domain, "MX"))
        return tuple(host for _, host in found)

    def srv(self, service: str, domain: str) -> tuple[Srv, ...]:
        """The servers of a service such as ``imaps``; empty where the DNS knows none."""
        return tuple(
            Srv(priority=one.priority, weight=one.weight, port=one.port, host=str(one.target).rstrip("."))
            for one in self._asked(f"_{service}._tcp.{domain}", "SRV")
        )

    def _asked(self, name: str, kind: str) -> Iterable[Any]:
        if self._silent:
            return ()
        try:
            resolver = self._resolver or dns.resolver.Resolver()
            return resolver.resolve(name, kind, lifetime=self._seconds, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError, UnicodeError):
            self._silent = True
            return ()
