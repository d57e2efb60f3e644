"""Who is at the other end of a loopback connection."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Final

_TABLES: Final = {socket.AF_INET: Path("/proc/net/tcp"), socket.AF_INET6: Path("/proc/net/tcp6")}


def owner(peer: tuple[str, int], tables: dict[socket.AddressFamily, Path] | None = None) -> str:
    """The local user that the peer's socket belongs to, as ``uid N``; its address where the system does not tell.

    On loopback all addresses are alike, and it is other users that must not lock this one out (proc_pid_net(5)).
    """
    host, port = peer[0], peer[1]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = f"{_hex(family, host)}:{port:04X}"
    try:
        with (tables or _TABLES)[family].open(encoding="ascii") as table:
            rows = (line.split() for line in table)
            uid = next((row[7] for row in rows if len(row) > 7 and row[1] == wanted), None)
    except OSError:
        uid = None
    return host if uid is None else f"uid {uid}"


def _hex(family: socket.AddressFamily, host: str) -> str:
    """An address as the kernel prints it: words of four octets in the machine's order."""
    octets = socket.inet_pton(family, host)
    words = (octets[start : start + 4] for start in range(0, len(octets), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
