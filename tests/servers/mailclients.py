"""Real mail clients that submit a mail from the command line: swaks, msmtp, neomutt."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

#: Debian's packages; swaks needs the two libraries for TLS and for AUTH.
PACKAGES = {
    "swaks": "swaks libnet-ssleay-perl libauthen-sasl-perl",
    "msmtp": "msmtp",
    "neomutt": "neomutt",
    "thunderbird": "thunderbird",
    "Xvfb": "xvfb",
    "dunst": "dunst",
    "dbus-daemon": "dbus",
}
_SECONDS = 60


def need(program: str) -> None:
    """Skips the test where the program is not installed, or fails it when the servers are required."""
    if shutil.which(program):
        return
    problem = f"{program} is not installed (Debian: apt-get install {PACKAGES[program]})"
    if os.environ.get("GELASSEN_REQUIRE_SERVERS") == "1":
        pytest.fail(f"{problem}, and GELASSEN_REQUIRE_SERVERS=1")
    pytest.skip(problem)


@dataclass(frozen=True, kw_only=True)
class Login:
    """How to reach a submission server on localhost.

    Attributes:
        trusted: the certificate that STARTTLS must show; without one the password goes in clear.
    """

    port: int
    user: str
    password: str
    trusted: Path | None = None


def swaks(
    login: Login, *, sender: str, to: Sequence[str], mail: bytes, mechanism: str = "PLAIN", options: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Submits these bytes, the end-of-data mark added; an empty mechanism: without a login. Its output is
    the whole conversation.
    """
    tls = ["--tls", "--tls-verify", "--tls-ca-path", str(login.trusted)] if login.trusted else []
    command = ["swaks", "--server", f"localhost:{login.port}", *tls, "--from", sender, "--to", ",".join(to)]
    if mechanism:
        command += ["--auth", mechanism, "--auth-user", login.user, "--auth-password", login.password]
    command += ["--data", "-", *options]
    return _run(command, mail)


def msmtp(
    folder: Path, login: Login, *, sender: str, to: Sequence[str], mail: bytes, mechanism: str = "plain"
) -> subprocess.CompletedProcess[str]:
    """Submits a mail as sendmail would; ``folder`` keeps its configuration."""
    lines = [
        "defaults",
        "set_from_header off",
        "set_date_header off",
        "set_msgid_header off",
        "account gateway",
        "host localhost",
    ]
    lines += [f"port {login.port}", f"from {sender}", f"user {login.user}", f'password "{login.password}"']
    lines.append(f"auth {mechanism}")
    lines += ["tls on", "tls_starttls on", f"tls_trust_file {login.trusted}"] if login.trusted else ["tls off"]
    config = _private(folder / "msmtprc", lines)
    return _run(["msmtp", "-C", str(config), "-a", "gateway", "--", *to], mail)


def neomutt(
    folder: Path,
    login: Login,
    *,
    sender: str,
    to: Sequence[str],
    subject: str,
    body: str,
    bcc: str | None = None,
    settings: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Writes and submits a mail without its screen; ``folder`` keeps configuration and state."""
    lines = [f'set from="{sender}" realname="Ada" use_from=yes envelope_from=yes charset="utf-8"']
    lines += [f'set smtp_url="smtp://{login.user}@localhost:{login.port}/" smtp_pass="{login.password}"']
    lines += [f'set folder="{folder}" record="" copy=no smtp_authenticators="plain:login" ssl_force_tls=no']
    lines.append(f"set ssl_starttls={'yes' if login.trusted else 'no'}")
    lines += [f'set certificate_file="{login.trusted}" ssl_usesystemcerts=no'] if login.trusted else []
    config = _private(folder / "muttrc", [*lines, *settings])
    hidden = ["-b", bcc] if bcc else []
    return _run(["neomutt", "-n", "-F", str(config), "-s", subject, *hidden, "--", *to], body.encode())


def _private(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    path.chmod(0o600)
    return path


def _run(command: Sequence[str], given: bytes) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, input=given, capture_output=True, timeout=_SECONDS, check=False, env=environment)
    words = [stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr)]
    return subprocess.CompletedProcess(done.args, done.returncode, *words)
