"""A program in a pseudo-terminal, and somebody who reads and types."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.servers import until

_SECONDS = 120.0


class Terminal:
    """``with Terminal([program, …], environment) as terminal:``; what it shows is read until what is expected comes."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.shown = ""
        self._seen = 0
        self._status: int | None = None
        self._process, self._terminal = pty.fork()
        if self._process == 0:  # the program itself
            try:
                signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore it, and pass that on
                os.execvpe(command[0], list(command), dict(environment))
            finally:
                os._exit(127)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._status is None:
            os.kill(self._process, signal.SIGKILL)
            self.end()
        os.close(self._terminal)

    def expect(self, words: str) -> str:
        """Waits until these words are shown, after what was expected before; what stood between.

        Raises ``AssertionError`` with all that was shown when they do not come.
        """
        end = time.monotonic() + _SECONDS
        while (place := self.shown.find(words, self._seen)) < 0:
            if not self._read(end - time.monotonic()):
                raise AssertionError(f"{words!r} did not come:\n{self.shown}")
        between = self.shown[self._seen : place]
        self._seen = place + len(words)
        return between

    def answer(self, question: str, line: str = "") -> None:
        """Waits for a question, then types a line."""
        self.expect(question)
        self.type(f"{line}\n")

    def type(self, keys: str) -> None:
        """Keys."""
        os.write(self._terminal, keys.encode())

    def interrupt(self) -> None:
        """Ctrl-C, when the program waits for an answer.

        Between showing a question and reading the answer Python notes the signal and then reads all the same: nobody
        is as fast as that, but a test is.
        """
        assert until(self._sleeps, seconds=_SECONDS), self.shown
        self.type("\x03")

    def _sleeps(self) -> bool:
        """By proc(5): the state stands behind the name, which is in brackets."""
        status = Path(f"/proc/{self._process}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "S"

    def end(self) -> int:
        """Reads to the end; the exit code.  A program that does not end is killed: then it is negative."""
        end = time.monotonic() + _SECONDS
        while self._read(end - time.monotonic()):
            pass
        if not until(self._ended, seconds=_SECONDS):
            os.kill(self._process, signal.SIGKILL)
            until(self._ended)
        return self._status or 0

    def _ended(self) -> bool:
        process, status = os.waitpid(self._process, os.WNOHANG)
        if process:
            self._status = os.waitstatus_to_exitcode(status)
        return bool(process)

    def _read(self, seconds: float) -> bool:
        """More text; False at the end or when there is none in time."""
        ready, _, _ = select.select([self._terminal], [], [], max(seconds, 0))
        try:
            data = os.read(self._terminal, 65536) if ready else b""
        except OSError:  # Linux: the program has ended
            data = b""
        self.shown += re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", data.decode("utf-8", "replace")).replace("\r\n", "\n")
        return bool(data)
