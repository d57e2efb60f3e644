"""The gateway's own certificate: self-signed, for this machine only, made at the first start and before it expires."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from assistant.errors import PermanentFailure

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

#: The longest that Apple's programs take (825 days, HT210176): mail clients ask their user again after each renewal.
_VALID: Final = timedelta(days=820)
_RENEWED: Final = timedelta(days=30)  # before the end
_ADDRESSES: Final = ("127.0.0.1", "::1")
_PRIVATE: Final = 0o600


class PemFiles(NamedTuple):
    """Certificate and private key, each a PEM file that only the user can read."""

    certificate: Path
    key: Path


def pem_files(folder: Path) -> PemFiles:
    """Where the certificate lies, or will."""
    return PemFiles(folder / "gateway-cert.pem", folder / "gateway-key.pem")


def own_certificate(folder: Path, now: datetime) -> PemFiles:
    """The certificate in ``folder``; a new one where there is none, it is broken, or it ends within 30 days.

    EC P-256 for ``localhost``, 127.0.0.1 and ::1. Mail clients can be told to trust ``gateway-cert.pem``.

    Args:
        now: aware.

    Raises ``PermanentFailure`` when the folder cannot be written.
    """
    files = pem_files(folder)
    if not _good(files, now):
        _make(files, now)
    return files


def _good(files: PemFiles, now: datetime) -> bool:
    """Whether both halves can be read, belong together, and hold for a while."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificate

    try:
        certificate = load_pem_x509_certificate(files.certificate.read_bytes())
        key = load_pem_private_key(files.key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    fits = certificate.public_key() == key.public_key()
    return fits and certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - _RENEWED


def _make(files: PemFiles, now: datetime) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(SECP256R1())
    certificate = _signed(key, now)
    _write(files.key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(files.certificate, certificate.public_bytes(Encoding.PEM))


def _signed(key: EllipticCurvePrivateKey, now: datetime) -> Certificate:
    """As RFC 5280 wants a certificate of a server that nobody else vouches for."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), *(x509.IPAddress(ip_address(one)) for one in _ADDRESSES)]
    builder = x509.CertificateBuilder(
        subject_name=name,
        issuer_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),  # clocks that are set back a little
        not_valid_after=now + _VALID,
    )
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.SubjectAlternativeName(names), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, SHA256())


def _write(path: Path, content: bytes) -> None:
    """In one step, readable for nobody else at any moment."""
    fresh = path.with_suffix(f".{os.getpid()}.new")
    try:
        fresh.unlink(missing_ok=True)
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise PermanentFailure(
            f"the gateway's certificate {path} cannot be written: {error.strerror}; check the folder and its mode"
        ) from error
