"""Keeps the resident memory of a long-running process small, where the C library allows it (glibc)."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_ARENA_MAX = -8  # M_ARENA_MAX in glibc's malloc.h


def be_frugal() -> None:
    """From now on no new heap for each thread: freed memory of one thread serves the others."""
    _call("mallopt", _ARENA_MAX, 1)


def give_back() -> None:
    """Returns freed memory to the system; takes some milliseconds at most."""
    _call("malloc_trim", 0)


def _call(name: str, *numbers: int) -> None:
    if not sys.platform.startswith("linux"):
        return
    function: Any = getattr(ctypes.CDLL(None), name, None)  # musl has neither
    if function is not None:
        function(*numbers)
