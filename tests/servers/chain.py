"""The real daemon with its gateway, between a mail client and a submission server."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from pathlib import Path

from tests.servers import lasting_port
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen
from tests.servers.proxy import Proxy
from tests.servers.smtp import Sink


class Chain:
    """A daemon with a gateway, before a sink.

    Args:
        kind: how the program's processes come about.
        more: further tables of the settings.
    """

    def __init__(
        self,
        folder: Path,
        mailbox: Dovecot | Cyrus | Proxy,
        user: str,
        sink: Sink,
        *,
        kind: Callable[..., Gelassen] = Gelassen,
        more: str = "",
    ) -> None:
        self.port = lasting_port()
        self.program = kind(
            folder,
            port=mailbox.port,
            user=user,
            account=f'relay = {{ host = "127.0.0.1", port = {sink.port}, security = "none" }}',
            more=f"""retry = ["1s"]
[gateway]
enabled = true
port = {self.port}
user = "mara"
password_env = "GELASSEN_TEST_PASSWORD"
{more}""",
        )

    def send(self, raw: bytes, to: str = "kunde@firma.example") -> tuple[int, str]:
        """A mail client hands a mail over; the answer to its text."""
        client = smtplib.SMTP(timeout=60)
        try:
            client.connect("127.0.0.1", self.port)
            client.login("mara", "pw")
            client.mail("mara@studio.example")
            client.rcpt(to)
            code, words = client.data(raw)
            return code, words.decode()
        finally:
            client.close()

    def state(self, number: int) -> str:
        """Where a mail stands."""
        found: str = self.program.json("show", str(number))["state"]
        return found
