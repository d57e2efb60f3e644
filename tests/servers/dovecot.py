"""A private Dovecot 2.3 on free loopback ports, run by root (then it drops to ``nobody``) or by an ordinary user.

    with Dovecot(any_user_password="pw") as server:
        client = imapclient.IMAPClient("127.0.0.1", server.port, ssl=False)

Needs Debian's ``dovecot-imapd`` and ``openssl``.  Starts in 0.05 to 0.2 s.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from imapclient.imap_utf7 import encode

from tests.servers import free_port, until
from tests.servers.certificate import self_signed

BINARY = "/usr/sbin/dovecot"
SPECIAL_FOLDERS = {"Drafts": "\\Drafts", "Sent": "\\Sent", "Trash": "\\Trash"}

_CONFIG = """\
base_dir = {root}/run
state_dir = {root}/state
instance_name = {name}
log_path = {root}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login{oauth_mechanisms}
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
default_process_limit = 1000
default_client_limit = 2000
shutdown_clients = yes

mail_location = maildir:{root}/mail/%n:INBOX={root}/mail/%n:LAYOUT=fs
mail_max_userip_connections = 50
mailbox_idle_check_interval = 1 s
maildir_very_dirty_syncs = no
mail_fsync = never

passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%n {root}/users
}}
{passdbs}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%n
}}

namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
{mailboxes}
}}

protocol imap {{
{imap}
}}
{plugins}

# Everything runs as the same user: no chroot, no setuid.
service anvil {{
  chroot =
  # Or a wrong password would slow down everybody from the same address.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  user = {user}
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  process_min_avail = 1
}}
service auth {{
  user = {user}
  unix_listener auth-client {{
    mode = 0600
    user = {user}
  }}
}}
service auth-worker {{
  user = {user}
}}
"""


def installed() -> bool:
    """Whether this machine has Dovecot."""
    return Path(BINARY).exists()


class Dovecot:
    """One server instance; a context manager that starts and removes it.

    Args:
        users: name to password; these are the only ones unless ``any_user_password`` is given.
        any_user_password: with it every other user name is accepted: a fresh mailbox for each test.
        capability: what the server claims to have, e.g. ``IMAP4rev1 LITERAL+ UIDPLUS`` for one without IDLE and MOVE.
        folders: special folders that every mailbox has from the start, name to SPECIAL-USE attribute or "" for none.
        separator: hierarchy delimiter.
        prefix: prefix of the personal namespace, e.g. ``INBOX.``.
        acl: reads ``dovecot-acl`` files in the folders, to take rights away from the user.
        quota: how much a mailbox may hold, such as ``300K``; then the server answers ``NO [OVERQUOTA]``.
        rawlog: keeps what goes over each connection, see ``traffic``.
        tokeninfo_url: checks XOAUTH2 tokens there (the token is appended to the URL).

    Attributes:
        port: IMAP with STARTTLS offered.
        tls_port: IMAP over TLS.
        root: directory with everything; removed by ``stop`` unless ``keep``.
    """

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        any_user_password: str | None = None,
        capability: str | None = None,
        folders: Mapping[str, str] | None = None,
        separator: str = "/",
        prefix: str = "",
        acl: bool = False,
        quota: str | None = None,
        rawlog: bool = False,
        tokeninfo_url: str | None = None,
    ) -> None:
        self.users = dict(users if users is not None else {"alice": "secret", "bob": "secret"})
        self.any_user_password = any_user_password
        self.capability = capability
        self.folders = dict(folders if folders is not None else SPECIAL_FOLDERS)
        self.separator = separator
        self.prefix = prefix
        self.acl = acl
        self.quota = quota
        self.rawlog = rawlog
        self.tokeninfo_url = tokeninfo_url
        # Not below pytest's tmp_path: unix socket paths end at 107 bytes, and `nobody` must be able to enter.
        self.root = Path(tempfile.mkdtemp(prefix="dc-"))
        self.port, self.tls_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._prepared = False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def cafile(self) -> Path:
        """The certificate that the server shows, for localhost and 127.0.0.1."""
        return self.root / "cert.pem"

    def client_ssl_context(self) -> ssl.SSLContext:
        """A context that trusts this server only."""
        return ssl.create_default_context(cafile=str(self.cafile))

    def start(self) -> Self:
        """Starts it, or starts it again on the same ports and mail after ``stop(keep=True)``."""
        if not self._prepared:
            self._prepare()
        with (self.root / "stderr.log").open("wb") as errors:
            self._process = subprocess.Popen(
                [BINARY, "-F", "-c", str(self.root / "dovecot.conf")],
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=self.root,
                start_new_session=True,
                **dropped(),
            )
        if not until(lambda: self._answers() or self._ended()) or self._ended():
            text = (self.root / "stderr.log").read_text() + self.log()
            self.stop()  # `with` does not call __exit__ when __enter__ raises
            raise RuntimeError(f"dovecot did not start: {text}")
        return self

    def stop(self, *, keep: bool = False) -> None:
        """Ends it at once, connections included; ``keep`` leaves the mail for another ``start``."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # its own process group; SIGTERM would take a second
            self._process.wait(5)
        if not keep:
            shutil.rmtree(self.root, ignore_errors=True)

    def log(self) -> str:
        """The server's log so far."""
        path = self.root / "dovecot.log"
        return path.read_text() if path.exists() else ""

    def directory(self, user: str, folder: str = "INBOX") -> Path:
        """The Maildir of a folder, named with the server's separator and without the namespace prefix."""
        base = self.root / "mail" / user
        if folder.upper() == "INBOX":
            return base
        return base.joinpath(*(encode(part).decode("ascii") for part in folder.split(self.separator)))

    def renew_uidvalidity(self, user: str, folder: str = "INBOX") -> None:
        """Forgets the folder's index, so that UIDs are given anew under another UIDVALIDITY.

        Dovecot takes the time in seconds for it, or the next number that is free.
        """
        head = (self.directory(user, folder) / "dovecot-uidlist").read_text().split()
        number = next(int(word[1:]) for word in head if word.startswith("V"))
        until(lambda: time.time() > number + 1)
        for path in self.directory(user, folder).glob("dovecot*"):
            if path.is_file():
                path.unlink()

    def traffic(self, user: str) -> tuple[bytes, bytes]:
        """All that the user's sessions sent after login, and all that they got (needs ``rawlog`` and ``watch``)."""
        directory = self.root / "rawlog" / user
        sent = b"".join(path.read_bytes() for path in sorted(directory.glob("*.in")))
        return sent, b"".join(path.read_bytes() for path in sorted(directory.glob("*.out")))

    def deny(self, user: str, folder: str, rights: str) -> None:
        """Leaves the owner only these ACL rights (RFC 4314 letters) on a folder (needs ``acl``)."""
        path = self.directory(user, folder) / "dovecot-acl"
        path.write_text(f"owner {rights}\n")
        give([path])

    def watch(self, user: str) -> None:
        """Makes room for the raw log of a user's sessions; before the user's first login (needs ``rawlog``)."""
        path = self.root / "rawlog" / user
        path.mkdir(parents=True, exist_ok=True)
        give([path.parent, path])

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.5) as probe:
                return probe.recv(20).startswith(b"* OK")
        except OSError:
            return False

    def _prepare(self) -> None:
        for name in ("run", "state", "mail", "rawlog"):
            (self.root / name).mkdir()
        self_signed(self.root)
        lines = (f"{user}:{{PLAIN}}{password}::::::\n" for user, password in self.users.items())
        (self.root / "users").write_text("".join(lines))
        (self.root / "oauth2.conf").write_text(
            f"tokeninfo_url = {self.tokeninfo_url}\nintrospection_mode = auth\nusername_attribute = email\n"
            "username_format = %n\n"
        )
        (self.root / "dovecot.conf").write_text(self._config())
        give([self.root, *self.root.rglob("*")])
        self._prepared = True

    def _config(self) -> str:
        uid, gid = owner()
        return _CONFIG.format(
            root=self.root,
            name=self.root.name,
            user=pwd.getpwuid(uid).pw_name,
            group=grp.getgrgid(gid).gr_name,
            uid=uid,
            gid=gid,
            port=self.port,
            tls_port=self.tls_port,
            separator=self.separator,
            prefix=self.prefix,
            oauth_mechanisms=" xoauth2" if self.tokeninfo_url else "",
            passdbs=self._passdbs(),
            mailboxes="\n".join(_mailbox(name, use) for name, use in self.folders.items()),
            imap="\n".join(self._imap_settings()),
            plugins="\n".join(["plugin {", *self._plugins(), "}"]),
        )

    def _passdbs(self) -> str:
        text = ""
        if self.tokeninfo_url:
            text += f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {self.root}/oauth2.conf\n}}\n"
        if self.any_user_password:
            text += f"passdb {{\n  driver = static\n  args = password={self.any_user_password}\n}}\n"
        return text

    def _plugins(self) -> Sequence[str]:
        lines = ["  acl = vfile"] if self.acl else []
        if self.quota:
            lines += ["  quota = count:User quota", f"  quota_rule = *:storage={self.quota}", "  quota_vsizes = yes"]
        return lines

    def _imap_settings(self) -> Sequence[str]:
        lines = []
        if self.capability:
            lines.append(f"  imap_capability = {self.capability}")
        if self.acl:
            lines.append("  mail_plugins = $mail_plugins acl imap_acl")
        if self.quota:
            lines.append("  mail_plugins = $mail_plugins quota imap_quota")
        if self.rawlog:
            lines.append(f"  rawlog_dir = {self.root}/rawlog/%u")
        return lines


def _mailbox(name: str, use: str) -> str:
    special = f"    special_use = {use}\n" if use else ""
    return f'  mailbox "{name}" {{\n{special}    auto = subscribe\n  }}'


def owner() -> tuple[int, int]:
    """Mail servers refuse to serve mail as root, so the whole instance then belongs to ``nobody``."""
    if os.getuid():
        return os.getuid(), os.getgid()
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def dropped() -> dict[str, Any]:
    """How a program of such an instance is started: the arguments of ``subprocess.Popen``."""
    uid, gid = owner()
    return {} if os.getuid() else {"user": uid, "group": gid, "extra_groups": []}


def give(paths: Sequence[Path]) -> None:
    """Hands files over to the user whom Dovecot runs as."""
    if not os.getuid():
        for path in paths:
            os.chown(path, *owner())
