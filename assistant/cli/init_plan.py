"""What ``gelassen init`` has settled so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.adapters.secrets import Secret
from assistant.cli.asking import Dialog
from assistant.cli.context import Context
from assistant.config import Account, Auth, Config, Server
from assistant.core.provider import Provider


def _nothing() -> None:
    """Nothing has to be stored."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where the secret of a login comes from.

    Attributes:
        kind: its name in the question.
        values: what config.toml says of it.
        secret: gives it, also while it is not stored yet.
        store: stores it where ``values`` says; called when everything is settled.
    """

    kind: str
    values: Mapping[str, object]
    secret: Secret = field(repr=False)
    store: Callable[[], None] = _nothing


@dataclass(kw_only=True)
class Plan:
    """The account as it will be; filled in by one step after another.

    Attributes:
        path: the file to write.
        former: the settings that are there already; the defaults where there are none.
        known: the account of this address in them.
        folders: names that the server does not tell by itself.
    """

    context: Context
    dialog: Dialog
    path: Path
    former: Config
    address: str
    name: str
    known: Account | None
    provider: Provider | None
    imap: Server
    relay: Server | None
    source: Source
    folders: dict[str, str] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        """For a trial of servers and login."""
        auth = Auth.XOAUTH2 if self._signed_in else Auth.PASSWORD
        kept = self.source.kind == "keep"
        return Account(
            name=self.name,
            address=self.address,
            imap=self.imap if kept else replace(self.imap, auth=auth),
            relay=self.relay if kept or self.relay is None else replace(self.relay, auth=auth),
        )

    @property
    def _signed_in(self) -> bool:
        return "oauth" in self.source.values

    @property
    def values(self) -> dict[str, object]:
        """The account as config.toml has it."""
        return {
            "name": self.name,
            "address": self.address,
            "imap": self._server(self.account.imap),
            "relay": self.account.relay and self._server(self.account.relay),
            **self.source.values,
            "folders": self.folders,
        }

    def _server(self, server: Server) -> dict[str, object]:
        """Without ``auth`` where it goes without saying."""
        told = {} if self._signed_in or server.auth is Auth.PASSWORD else {"auth": server.auth.value}
        kept = {"host": server.host, "port": server.port, "security": server.security.value, "user": server.user}
        return {**kept, **told}
