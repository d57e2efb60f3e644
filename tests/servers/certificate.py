"""A self-signed certificate for localhost and 127.0.0.1."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple


class Certificate(NamedTuple):
    """PEM files."""

    cert: Path
    key: Path


def self_signed(directory: Path) -> Certificate:
    """Writes ``cert.pem`` and ``key.pem``, valid for a month; needs the openssl program."""
    certificate = Certificate(directory / "cert.pem", directory / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-keyout", str(certificate.key), "-out", str(certificate.cert)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate
