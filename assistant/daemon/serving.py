"""The gateway as a part of the daemon: every submitted mail finds its account by its sender."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from assistant.adapters.certificate import own_certificate, pem_files
from assistant.adapters.secrets import Secret, secret_for
from assistant.core.delivery import Envelope
from assistant.core.message import without_detail
from assistant.daemon.parts import Parts
from assistant.errors import Refused
from assistant.gateway import Gateway, Settings, authors, spelled
from assistant.services.submission import Receipt, Submission

if TYPE_CHECKING:
    from assistant.adapters.relay import SubmissionRelay

#: Attempts to relay at a time; each has a connection of its own.
_ATTEMPTS: Final = 16


class BySender:
    """Where mails are handed in: the account is the one whose address or alias is in From."""

    def __init__(self, parts: Parts, pool: ThreadPoolExecutor) -> None:
        self._by_address: dict[str, Submission] = {}
        for account in parts.config.accounts:
            if account.relay is not None:
                found = parts.outgoing.submission(account, pool)
                self._by_address |= dict.fromkeys(map(spelled, account.own), found)

    def submit(self, envelope: Envelope, raw: bytes) -> Receipt:
        """Relay or hold a mail. Raises ``Refused`` when no account with a relay has its sender."""
        for sender in (*authors(raw), spelled(envelope.sender)):
            for address in (sender, without_detail(sender)):
                if address in self._by_address:
                    return self._by_address[address].submit(envelope, raw)
        raise Refused("no account with a relay has this sender; see [[account]] address, aliases and relay")

    @property
    def own(self) -> frozenset[str]:
        """The addresses that may be sent from."""
        return frozenset(self._by_address)


def gateway_secret(parts: Parts) -> Secret:
    """How the gateway's own password is got."""
    return secret_for(parts.config.gateway, owner="gateway", name="gateway", folder=parts.config.path.parent)


def visitor(parts: Parts) -> SubmissionRelay:
    """The gateway as a mail client meets it, which trusts nothing but the gateway's own certificate."""
    from assistant.adapters.relay import RelaySettings, SubmissionRelay

    setting = parts.config.gateway
    settings = RelaySettings(
        host="localhost",
        port=setting.port,
        security="starttls",
        user=setting.user,
        secret=gateway_secret(parts),
        ca_file=str(pem_files(parts.lock_path.parent).certificate),
    )
    return SubmissionRelay(settings)


@contextmanager
def gateway(parts: Parts) -> Iterator[None]:
    """The gateway runs while the block does, if the settings want it. Raises ``PermanentFailure`` when it cannot."""
    setting = parts.config.gateway
    if not setting.enabled:
        yield
        return
    folder = parts.lock_path.parent
    with ThreadPoolExecutor(_ATTEMPTS, thread_name_prefix="relay") as pool:
        by_sender = BySender(parts, pool)
        server = Gateway(
            Settings(port=setting.port, user=setting.user, size=setting.size * 2**20),
            submit=by_sender.submit,
            own=by_sender.own,
            secret=gateway_secret(parts),
            certificate=lambda: own_certificate(folder, parts.clock.now()),
            journal=parts.journal,
        )
        server.start()
        try:
            yield
        finally:
            server.stop()
