"""What the kernel tells of another process (Linux, proc(5))."""

from __future__ import annotations

import os
from pathlib import Path


def processor(pid: int) -> float:
    """Seconds of the processor that it has used, all threads together (fields 14 and 15 of ``stat``)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status(pid: int, name: str) -> float:
    """A number from ``status``; memory in kB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return float(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def open_files(pid: int) -> list[str]:
    """Where its file descriptors lead; connections begin with ``socket:``."""
    return [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
