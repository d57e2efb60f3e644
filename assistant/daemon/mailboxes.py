"""Connections to the accounts of a configuration."""

from __future__ import annotations

from dataclasses import replace

from assistant.adapters.clock import elapsed
from assistant.adapters.imap import FolderNames, ImapMailbox, ImapSettings
from assistant.adapters.mime import split
from assistant.adapters.secrets import Secret
from assistant.config import Account, Config
from assistant.daemon.credentials import secret_of
from assistant.services.logins import Logins
from assistant.texts import Lang


def mailbox(
    config: Config, account: Account, *, language: Lang, remembered_cooling_off: str | None, logins: Logins
) -> ImapMailbox:
    """A connection to an account, not yet open, that can do everything."""
    settings = replace(
        _settings(account, secret_of(config, account)),
        language=language,
        remembered_cooling_off=remembered_cooling_off,
        logins=logins,
    )
    return ImapMailbox(settings, split=split)


def reading_mailbox(config: Config, account: Account) -> ImapMailbox:
    """A connection to an account, not yet open, that creates nothing there."""
    return trial_mailbox(account, secret_of(config, account))


def trial_mailbox(account: Account, secret: Secret) -> ImapMailbox:
    """The same with a secret that need not be stored yet."""
    return ImapMailbox(replace(_settings(account, secret), only_reading=True), split=split)


def _settings(account: Account, secret: Secret) -> ImapSettings:
    names = account.folders
    return ImapSettings(
        account=account.name,
        host=account.imap.host,
        port=account.imap.port,
        security=account.imap.security.value,
        user=account.imap.user,
        auth=account.imap.auth.value,
        secret=secret,
        elapsed=elapsed,
        folders=FolderNames(
            inbox=names.inbox,
            drafts=names.drafts,
            sent=names.sent,
            cooling_off=names.cooling_off,
            trash=names.trash,
        ),
    )
