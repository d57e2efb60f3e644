"""A private Postfix on loopback, as the provider's submission server; it must be started by root.

    with Postfix(users={"mara": "pw"}, mailboxes=["bob@example.test"]) as server:
        server.policy.say("bob@example.test", "450 4.2.0 Greylisted")

STARTTLS and login on one port, TLS from the first byte on another; logins are checked by a Dovecot, mail goes into
Maildirs, everything else is refused: nothing leaves the machine.  Needs Debian's ``postfix`` and ``dovecot-imapd``.
Starts in 2 to 4 s.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.servers import free_port, until
from tests.servers.certificate import self_signed
from tests.servers.dovecot import Dovecot

BINARY = "/usr/sbin/postfix"

_MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/q
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
local_transport = error:no local mail
default_transport = error:nothing leaves this machine
virtual_mailbox_domains = inline:{{ {domains} }}
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_mailbox_base = {root}/mail
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
alias_maps =
alias_database =
message_size_limit = {size_limit}
smtpd_tls_cert_file = {root}/cert.pem
smtpd_tls_key_file = {root}/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth_port}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
    check_policy_service inet:127.0.0.1:{policy_port}, reject_unlisted_recipient, permit_sasl_authenticated, reject
smtpd_forbid_bare_newline = normalize
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
smtputf8_enable = yes
maillog_file_prefixes = {root}
maillog_file = {root}/mail.log
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd
    -o smtpd_tls_wrappermode=yes
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
pickup    unix  n       -       n       60      1       pickup
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
proxymap  unix  -       -       n       -       -       proxymap
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
virtual   unix  -       n       n       -       -       virtual
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
showq     unix  n       -       n       -       -       showq
postlog   unix-dgram n  -       n       -       1       postlogd
"""


def installed() -> bool:
    """Whether this machine has Postfix."""
    return Path(BINARY).exists()


class Policy(socketserver.ThreadingTCPServer):
    """Postfix asks here before it accepts a recipient (SMTPD_POLICY_README)."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Question)
        self.port: int = self.server_address[1]
        self.answers: defaultdict[str, list[str]] = defaultdict(list)

    def say(self, recipient: str, *answers: str) -> None:
        """The next times that this recipient is asked for, the server says this."""
        self.answers[recipient] += answers

    def action(self, recipient: str) -> str:
        """What the server is to do."""
        answers = self.answers[recipient]
        return answers.pop(0) if answers else "DUNNO"


class _Question(socketserver.StreamRequestHandler):
    server: Policy

    def handle(self) -> None:
        asked: dict[str, str] = {}
        for line in self.rfile:
            name, _, value = line.decode().rstrip("\n").partition("=")
            if name:
                asked[name] = value
            else:
                self.wfile.write(f"action={self.server.action(asked['recipient'])}\n\n".encode())
                asked.clear()


class _Logins(Dovecot):
    """A Dovecot that checks logins for Postfix."""

    def __init__(self, users: Mapping[str, str]) -> None:
        super().__init__(users=users)
        self.auth_port = free_port()

    def _config(self) -> str:
        listener = f"  inet_listener postfix {{\n    address = 127.0.0.1\n    port = {self.auth_port}\n  }}"
        return f"{super()._config()}\nservice auth {{\n{listener}\n}}\n"


class Postfix:
    """One server instance; a context manager that starts and removes it.

    Args:
        users: name to password.
        mailboxes: addresses that it delivers to; all others in these domains are unknown users.
        size_limit: bytes that a mail may have.

    Attributes:
        port: submission with STARTTLS.
        tls_port: submission over TLS.
        policy: refuses recipients as it is told.
    """

    def __init__(self, *, users: Mapping[str, str], mailboxes: Sequence[str], size_limit: int = 10 * 2**20) -> None:
        self._dovecot = _Logins(users)
        self._mailboxes = tuple(mailboxes)
        self._size_limit = size_limit
        self.policy = Policy()
        self.port, self.tls_port = free_port(), free_port()
        self.root = Path(tempfile.mkdtemp(prefix="pf-"))

    def __enter__(self) -> Self:
        self._dovecot.start()
        threading.Thread(target=self.policy.serve_forever, name="policy").start()
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *exc: object) -> None:
        self.stop()
        self.policy.shutdown()
        self.policy.server_close()
        self._dovecot.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    @property
    def cafile(self) -> str:
        """The certificate that the server shows, for localhost and 127.0.0.1."""
        return str(self.root / "cert.pem")

    def start(self) -> Self:
        """Starts it, or starts it again on the same ports and mail after ``stop``."""
        if not (self.root / "conf").exists():
            self._prepare()
        for command in ("check", "start"):
            done = self._run(command)
            if done.returncode:
                raise RuntimeError(f"postfix {command}: {done.stderr}{self.log()}")
        if not until(self.answers, seconds=20):
            raise RuntimeError(f"postfix did not start: {self.log()}")
        return self

    def stop(self) -> None:
        """Ends it at once, connections included; mail and queue stay."""
        self._run("abort")
        until(lambda: not self.answers())

    def log(self) -> str:
        """The server's log so far."""
        path = self.root / "mail.log"
        return path.read_text() if path.exists() else ""

    def delivered(self, mailbox: str) -> list[bytes]:
        """The mails in a mailbox as they lie there, with what Postfix put in front."""
        folder = self.root / "mail" / _folder(mailbox) / "new"
        return [path.read_bytes() for path in sorted(folder.glob("*"))]

    def _run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BINARY, "-c", str(self.root / "conf"), command], capture_output=True, text=True, check=False
        )

    def answers(self) -> bool:
        """Whether it greets."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as probe:
                return probe.recv(30).startswith(b"220")
        except OSError:
            return False

    def _prepare(self) -> None:
        for name in ("conf", "q", "data", "mail"):
            (self.root / name).mkdir()
        self_signed(self.root)
        owner = pwd.getpwnam("nobody")
        values = {
            "root": self.root,
            "port": self.port,
            "tls_port": self.tls_port,
            "auth_port": self._dovecot.auth_port,
            "policy_port": self.policy.port,
            "size_limit": self._size_limit,
            "uid": owner.pw_uid,
            "gid": owner.pw_gid,
            "domains": ", ".join(f"{domain}=1" for domain in {box.rpartition("@")[2] for box in self._mailboxes}),
            "mailboxes": ", ".join(f"{box}={_folder(box)}/" for box in self._mailboxes),
        }
        (self.root / "conf/main.cf").write_text(_MAIN.format(**values), encoding="utf-8")
        (self.root / "conf/master.cf").write_text(_MASTER.format(**values))
        self.root.chmod(0o755)
        os.chown(self.root / "mail", owner.pw_uid, owner.pw_gid)
        daemon = pwd.getpwnam("postfix")
        os.chown(self.root / "data", daemon.pw_uid, daemon.pw_gid)


def _folder(mailbox: str) -> str:
    return mailbox.encode().hex()
