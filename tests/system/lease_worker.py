"""A daemon that does nothing but share accounts: run as a process by the tests of the leases.

    python -m tests.system.lease_worker URL FOLDER NAME ACCOUNTS TTL BEAT

For each account that it looks after it holds a lock on FOLDER/ACCOUNT; one that it finds locked by another process is
written to FOLDER/doubles.  FOLDER/NAME.json tells which accounts it has after each beat.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from threading import Event

from assistant.adapters.database import open_store
from assistant.adapters.database.leases import open_leases
from assistant.services.leases import Share


class Worker:
    """Takes and leaves accounts as its share says."""

    def __init__(self, folder: Path, name: str, share: Share) -> None:
        self._folder = folder
        self._name = name
        self._share = share
        self._running: dict[str, int] = {}

    def turn(self) -> None:
        """One beat."""
        wanted = self._share.beat()
        ended = self._running.keys() - wanted
        for account in ended:
            os.close(self._running.pop(account))
        self._share.stopped(ended)
        for account in wanted - self._running.keys():
            self._start(account)
        new = self._folder / f"{self._name}.new"
        new.write_text(json.dumps(sorted(self._running)))
        new.rename(self._folder / f"{self._name}.json")

    def _start(self, account: str) -> None:
        file = os.open(self._folder / account, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with (self._folder / "doubles").open("a") as log:
                log.write(f"{self._name} {account}\n")
        self._running[account] = file


def main() -> None:
    """Beats until it is killed."""
    url, folder, name, accounts, ttl, beat = sys.argv[1:]
    share = Share(
        leases=open_leases(open_store(url)),
        owner=name,
        accounts=[f"a{number:03}" for number in range(int(accounts))],
        journal=lambda event, /, **fields: None,
        elapsed=time.monotonic,
        ttl=timedelta(seconds=float(ttl)),
    )
    worker = Worker(Path(folder), name, share)
    pause = Event()
    while True:
        worker.turn()
        pause.wait(float(beat))


if __name__ == "__main__":
    main()
