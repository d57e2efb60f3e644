"""A DNS server on loopback that knows what it is told (UDP, dnspython)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

#: Record type and data by name: ``{("studio.example.", "MX"): ["10 mx.example."]}``.
Zone = Mapping[tuple[str, str], list[str]]


class Dns:
    """``with Dns(zone) as server:``; ``deaf`` answers nothing.

    Attributes:
        asked: names and types, in order.
    """

    def __init__(self, zone: Zone, *, deaf: bool = False) -> None:
        self._zone, self._deaf = zone, deaf
        self.asked: list[tuple[str, str]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="dns")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    @property
    def resolver(self) -> dns.resolver.Resolver:
        """One that asks this server."""
        found = dns.resolver.Resolver(configure=False)
        found.nameservers = ["127.0.0.1"]
        found.port = self._socket.getsockname()[1]
        return found

    def _serve(self) -> None:
        while True:
            data, peer = self._socket.recvfrom(4096)
            if not data:
                return
            question = dns.message.from_wire(data)
            name, kind = str(question.question[0].name), dns.rdatatype.to_text(question.question[0].rdtype)
            self.asked.append((name, kind))
            if not self._deaf:
                self._socket.sendto(self._answer(question, name, kind).to_wire(), peer)

    def _answer(self, question: dns.message.Message, name: str, kind: str) -> dns.message.Message:
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        if (name, kind) in self._zone:
            answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", kind, self._zone[name, kind]))
        elif all(known != name for known, _ in self._zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
