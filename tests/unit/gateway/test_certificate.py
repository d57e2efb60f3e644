"""The gateway's own certificate."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.adapters.certificate import PemFiles, own_certificate
from assistant.errors import PermanentFailure

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _contents(files: PemFiles) -> tuple[bytes, bytes]:
    return files.certificate.read_bytes(), files.key.read_bytes()


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    """Mail clients ask their user to trust it: it must not change without need."""
    first = _contents(own_certificate(tmp_path, _NOW))
    assert _contents(own_certificate(tmp_path, _NOW + timedelta(days=780))) == first


@pytest.mark.parametrize("later", [timedelta(days=790), timedelta(days=5000), timedelta(days=-2)])
def test_it_is_renewed_before_it_ends(tmp_path: Path, later: timedelta) -> None:
    """30 days before, and after; and when the clock stands before its beginning."""
    first = _contents(own_certificate(tmp_path, _NOW))
    renewed = _contents(own_certificate(tmp_path, _NOW + later))
    assert renewed[0] != first[0]
    assert renewed[1] != first[1]
    assert _contents(own_certificate(tmp_path, _NOW + later)) == renewed


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    """Key and certificate; nothing else is left behind."""
    files = own_certificate(tmp_path, _NOW)
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("*.*")} == {
        "gateway-cert.pem": 0o600,
        "gateway-key.pem": 0o600,
    }
    assert files.key.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize("broken", ["gateway-cert.pem", "gateway-key.pem"])
@pytest.mark.parametrize("how", ["gone", "nonsense", "of another"])
def test_a_broken_half_is_replaced_with_the_other(tmp_path: Path, broken: str, how: str) -> None:
    """A crash between the two, or a restored backup."""
    files = own_certificate(tmp_path, _NOW)
    path = tmp_path / broken
    if how == "gone":
        path.unlink()
    elif how == "nonsense":
        path.write_bytes(b"-----BEGIN CERTIFICATE-----\nx\n")
    else:
        (tmp_path / "other").mkdir()
        other = own_certificate(tmp_path / "other", _NOW)
        shutil.copy(other.key if "key" in broken else other.certificate, path)
    own_certificate(tmp_path, _NOW)
    after = _contents(files)
    own_certificate(tmp_path, _NOW)
    assert _contents(files) == after


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With what to look at."""
    with pytest.raises(PermanentFailure, match=r"gateway-key\.pem cannot be written: .*check the folder"):
        own_certificate(tmp_path / "none", _NOW)


def test_openssl_finds_it_right(tmp_path: Path) -> None:
    """Strictly by RFC 5280: names, purpose, curve, 820 days."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    files = own_certificate(tmp_path, datetime.now(UTC))
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", str(files.certificate)]
    for name in (["-verify_hostname", "localhost"], ["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"]):
        done = subprocess.run([*command, *name, str(files.certificate)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        ["openssl", "x509", "-in", str(files.certificate), "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for words in ("prime256v1", "CA:FALSE", "TLS Web Server Authentication", "DNS:localhost"):
        assert words in shown
