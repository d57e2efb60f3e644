"""Real servers for the tests, private and thrown away afterwards, on loopback only."""

from __future__ import annotations

import random
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def lasting_port() -> int:
    """A loopback port for a server that stops and starts: none that the system gives to a client in between."""
    for port in random.sample(range(15000, 30000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


def until(condition: Callable[[], object], *, seconds: float = 10.0) -> bool:
    """Polls until the condition holds or the time is over; whether it came to hold."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def memory() -> Path | None:
    """A file system in memory with room for a database: what no power cut is to be survived by is faster there."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() and shutil.disk_usage(folder).free > 2**30 else None
