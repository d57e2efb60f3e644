"""A private Cyrus IMAP 3 on a free loopback port; started by root it drops to ``nobody``.

    python -m tests.servers.cyrus           # once: fetches it
    with Cyrus(any_user_password="pw") as server: ...

Debian's packages of Cyrus and of Dovecot exclude each other, so Cyrus is not installed but unpacked into a folder
(GELASSEN_CYRUS, else ``build/cyrus``), with those of its libraries that the machine lacks.  Starts in 0.2 to 0.5 s.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Self

from tests.servers import free_port, until
from tests.servers.dovecot import dropped, owner

_SETTINGS = """\
configdirectory: {root}/conf
defaultpartition: default
partition-default: {root}/spool
sievedir: {root}/sieve
proc_path: {root}/proc
mboxname_lockpath: {root}/lock
idlesocket: {root}/idle
cyrus_user: {user}
cyrus_group: nogroup
allowplaintext: yes
sasl_mech_list: PLAIN
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {root}/logins
failedloginpause: 0
munge8bit: {munges}
skiplist_unsafe: yes
unixhierarchysep: yes
altnamespace: yes
autocreate_quota: 0
autocreate_inbox_folders: Drafts | Sent | Trash
autocreate_subscribe_folders: Drafts | Sent | Trash
xlist-drafts: Drafts
xlist-sent: Sent
xlist-trash: Trash
"""
_PROCESSES = """\
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {root}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{programs}/imapd -C {root}/imapd.conf -U 30" listen="127.0.0.1:{port}" prefork=1
}}
DAEMON {{
  idled cmd="{programs}/idled -C {root}/imapd.conf -d"
}}
"""


def folder() -> Path:
    """Where Cyrus is unpacked, or is to be."""
    return Path(os.environ.get("GELASSEN_CYRUS") or Path(__file__).parents[2] / "build" / "cyrus")


def installed() -> bool:
    """Whether this machine has Cyrus."""
    return (_programs() / "master").is_file()


def fetch() -> None:
    """Downloads and unpacks what ``apt-get install cyrus-imapd`` would add to this machine; changes nothing else."""
    plan = _output("apt-get", "install", "--simulate", "--no-install-recommends", "cyrus-imapd")
    packages = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    with tempfile.TemporaryDirectory(prefix="cyrus-") as downloads:
        _output("apt-get", "download", *packages, cwd=downloads)
        folder().mkdir(parents=True, exist_ok=True)
        for package in Path(downloads).glob("*.deb"):
            _output("dpkg", "--extract", str(package), str(folder()))


class Cyrus:
    """One server instance; a context manager that starts and removes it.

    Every user name is accepted, each a mailbox of its own with Drafts, Sent and Trash.

    Args:
        any_user_password: the password of all of them.
        munges: as most servers are set up: what is not ASCII in a header comes back as X.

    Attributes:
        port: IMAP.
        root: directory with everything; removed by ``stop``.
    """

    def __init__(self, *, any_user_password: str, munges: bool = False) -> None:
        # Not below pytest's tmp_path: unix socket paths end at 107 bytes, and `nobody` must be able to enter.
        self.root = Path(tempfile.mkdtemp(prefix="cy-"))
        self.port = free_port()
        self._password = any_user_password
        self._munges = munges
        self._logins: _Logins | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Starts it, with no mail."""
        self._prepare()
        self._logins = _Logins(self.root / "logins", self._password)
        threading.Thread(target=self._logins.serve_forever, name="logins").start()
        files = {"-C": "imapd.conf", "-M": "cyrus.conf", "-p": "pid"}
        with (self.root / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [_programs() / "master", *(word for flag, name in files.items() for word in (flag, self.root / name))],
                env={**os.environ, **_surroundings()},
                stdout=log,
                stderr=log,
                cwd=self.root,
                start_new_session=True,
                **dropped(),
            )
        if not until(lambda: self._answers() or self._ended(), seconds=60) or self._ended():
            text = (self.root / "log").read_text()
            self.stop()  # `with` does not call __exit__ when __enter__ raises
            raise RuntimeError(f"Cyrus did not start: {text}")
        return self

    def stop(self) -> None:
        """Ends it at once, connections included."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # its own process group
            self._process.wait(5)
        if self._logins is not None:
            self._logins.shutdown()
            self._logins.server_close()
        shutil.rmtree(self.root, ignore_errors=True)

    def _prepare(self) -> None:
        for name in ("conf/db", "conf/log", "conf/socket", "spool", "sieve", "proc", "lock"):
            (self.root / name).mkdir(parents=True)
        user = pwd.getpwuid(owner()[0]).pw_name
        settings = _SETTINGS.format(root=self.root, user=user, munges="yes" if self._munges else "no")
        (self.root / "imapd.conf").write_text(settings)
        (self.root / "cyrus.conf").write_text(_PROCESSES.format(root=self.root, port=self.port, programs=_programs()))
        if not os.getuid():
            for path in (self.root, *self.root.rglob("*")):
                os.chown(path, *owner())

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as probe:
                return probe.recv(20).startswith(b"* OK")
        except OSError:
            return False

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None


class _Logins(socketserver.ThreadingUnixStreamServer):
    """Says whether a password is right, as the program saslauthd does for Cyrus."""

    daemon_threads = True

    def __init__(self, path: Path, password: str) -> None:
        super().__init__(str(path), _Login)
        path.chmod(0o777)
        self.password = password.encode()


class _Login(socketserver.StreamRequestHandler):
    """Login name, password, service and realm come, each behind its length in two bytes; OK or NO goes back."""

    server: _Logins

    def handle(self) -> None:
        _, password, _, _ = [self.rfile.read(*struct.unpack("!H", self.rfile.read(2))) for _ in range(4)]
        answer = b"OK" if password == self.server.password else b"NO"
        self.wfile.write(struct.pack("!H", len(answer)) + answer)


def _programs() -> Path:
    return folder() / "usr/lib/cyrus/bin"


def _surroundings() -> dict[str, str]:
    """CYRUS_PREFIX is put before the paths of programs that Cyrus knows from its build."""
    libraries = [str(path) for parent in ("usr/lib", "lib") for path in (folder() / parent).glob("*-linux-gnu*")]
    return {"LD_LIBRARY_PATH": ":".join(libraries), "CYRUS_PREFIX": str(folder())}


def _output(*command: str, cwd: str | None = None) -> str:
    return subprocess.run(command, check=True, cwd=cwd, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    fetch()
    sys.exit(not installed())
