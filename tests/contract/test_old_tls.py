"""Servers that know no better than TLS 1.1: neither a mailbox nor a relay is told a password there."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.adapters.imap import ImapMailbox
from assistant.adapters.relay import RelaySettings, SubmissionRelay
from assistant.errors import GelassenError
from tests.servers.certificate import Certificate, self_signed
from tests.system.imap import settings_for


@dataclass
class OldServer:
    """Shakes hands as servers did in 2010, and keeps what a client says when it is content with that."""

    certificate: Certificate
    listener: socket.socket
    versions: list[str | None] = field(default_factory=list)

    @property
    def port(self) -> int:
        """On 127.0.0.1."""
        port: int = self.listener.getsockname()[1]
        return port

    def serve(self) -> None:
        """One client after the other, until the listener is shut down."""
        context = _old(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.cert, self.certificate.key)
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                with contextlib.suppress(OSError), context.wrap_socket(client, server_side=True) as secured:
                    self.versions.append(secured.version())
                client.close()


def _old(side: int) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSVersion"):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return context


@pytest.fixture
def old(tmp_path: Path) -> Iterator[OldServer]:
    """It runs; and whoever is as old as it gets in, or the test could not fail."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = OldServer(self_signed(tmp_path), listener)
        thread = threading.Thread(target=found.serve)
        thread.start()
        context = _old(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", found.port)) as plain, context.wrap_socket(plain) as secured:
            assert secured.version() == "TLSv1.1"
        try:
            yield found
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def never() -> str:
    """The password is not asked for."""
    raise AssertionError


def test_a_relay_with_tls_11_is_refused(old: OldServer) -> None:
    """Temporarily: the provider may mend it; which version is wanted stands in the system's words."""
    settings = RelaySettings(
        host="localhost", port=old.port, user="mara", secret=never, ca_file=str(old.certificate.cert)
    )
    found = SubmissionRelay(settings).check()
    assert found.refusal is not None
    assert (found.refusal.code, found.encryption) == (0, None)
    assert "no encrypted connection" in found.refusal.text
    assert set(old.versions) == {"TLSv1.1"}  # the fixture's own
    assert len(old.versions) == 1


def test_a_mailbox_with_tls_11_is_refused(old: OldServer) -> None:
    """Before the password is asked for."""
    settings = settings_for(
        old.port, "mara", host="localhost", security="tls", secret=never, ca_file=str(old.certificate.cert)
    )
    mailbox = ImapMailbox(settings)
    with pytest.raises(GelassenError, match=r"localhost:\d+"):
        mailbox.connect()
    mailbox.close()
    assert len(old.versions) == 1
