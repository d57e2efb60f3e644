"""The program as processes that are forked behind its imports: a daemon watches after half a second instead of three.

Each is a process of its own that runs what ``python -m assistant`` runs, with its own arguments, environment and
output, and that kill -9 ends. Only the reading of modules, which changes nothing outside, was done before, once, in the
server that they are forked from (``multiprocessing``'s forkserver; ``warm`` is what it reads).
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import count
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from tests.servers.gelassen import Gelassen

_DIES_WITH_ITS_PARENT: Final = 1  # PR_SET_PDEATHSIG of prctl(2)
_SECONDS: Final = 120
_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.servers.warm", __name__])


class Process:
    """``gelassen ARGUMENTS``, its output appended to files; it ends with the tests, however they end."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path) -> None:
        self._code, code = _FORKS.Pipe(duplex=False)
        given = (list(arguments), dict(environment), (output, errors), code)
        self._process = _FORKS.Process(target=_be, args=given, daemon=True)
        self._process.start()
        code.close()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def wait(self) -> int:
        """The exit code, -9 when it was killed."""
        assert self._code.poll(_SECONDS), "the process does not end"
        try:
            code: int = self._code.recv()
        except EOFError:
            code = -signal.SIGKILL
        self._process.join(_SECONDS)
        return code

    def running(self) -> bool:
        """Whether it lives."""
        return self._process.is_alive()


def _be(
    arguments: Sequence[str], environment: Mapping[str, str], outputs: tuple[Path, Path], answer: Connection
) -> None:
    """In the new process. The server ends when nobody holds its pipe any more, and with it what it has forked."""
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    ctypes.CDLL(None).prctl(_DIES_WITH_ITS_PARENT, signal.SIGKILL)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), descriptor)
    from assistant.cli import main

    code = main(arguments)
    sys.stdout.flush()
    answer.send(code)


class Forked(Gelassen):
    """The same program on the same configuration, in such processes."""

    _fork: Process | None = None
    _numbers = count(1)

    def begin(self, *arguments: str) -> tuple[Process, Path, Path]:
        """A command that runs from now on; where its output and its errors go."""
        number = next(self._numbers)
        output, errors = (self.folder / f"command-{number}.{kind}" for kind in ("out", "err"))
        return Process(self._with_config(arguments), self.environment, output, errors), output, errors

    def _with_config(self, arguments: Sequence[str]) -> list[str]:
        return ["--config", str(self.config), *arguments]

    def _ran(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        process, output, errors = self.begin(*arguments)
        code = process.wait()
        return subprocess.CompletedProcess(arguments, code, _taken(output), _taken(errors))

    def launch(self) -> None:
        """Start the daemon."""
        self.log.touch()
        arguments = self._with_config(["run", "--log-format", "json"])
        self._fork = Process(arguments, self.environment, self.log, self.log)

    def kill(self) -> None:
        """kill -9."""
        assert self._fork is not None
        self._fork.kill()
        self._fork.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._fork is not None
        self._fork.terminate()
        return self._fork.wait()

    def running(self) -> bool:
        """Whether the daemon lives."""
        return self._fork is not None and self._fork.running()


def _taken(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    path.unlink()
    return text
