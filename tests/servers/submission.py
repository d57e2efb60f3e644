"""Dovecot's submission server in front of a sink: a provider's server that needs no root.

    with Submission(users={"mara": "pw"}) as server:
        server.sink.expect(Stage.RCPT, Act.say("450 4.2.0 Greylisted"))

STARTTLS and login on one port, TLS from the first byte on another.  Needs Debian's ``dovecot-submissiond``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.servers import free_port
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Sink

BINARY = "/usr/lib/dovecot/submission"

_CONFIG = """
protocols = imap submission
hostname = mx.example.test
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
submission_relay_ssl = no
submission_relay_trusted = no
submission_max_mail_size = {size_limit}
service submission-login {{
  chroot =
  inet_listener submission {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener submissions {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
"""


def installed() -> bool:
    """Whether this machine has Dovecot's submission server."""
    return Path(BINARY).exists()


class Submission(Dovecot):
    """One server instance with its sink; a context manager that starts and removes both.

    Attributes:
        sink: takes what the server relays; can be told to misbehave.
        submission_port: submission with STARTTLS.
        submissions_port: submission over TLS.
    """

    def __init__(self, *, users: Mapping[str, str], size_limit: int = 2**20, tokeninfo_url: str | None = None) -> None:
        super().__init__(users=users, tokeninfo_url=tokeninfo_url)
        self.sink = Sink()
        self.submission_port, self.submissions_port = free_port(), free_port()
        self._size_limit = size_limit

    def __enter__(self) -> Self:
        self.sink.start()
        try:
            return super().__enter__()
        except BaseException:
            self.sink.stop()
            raise

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self.sink.stop()

    def _config(self) -> str:
        return super()._config() + _CONFIG.format(
            relay_port=self.sink.port,
            size_limit=self._size_limit,
            port=self.submission_port,
            tls_port=self.submissions_port,
        )
