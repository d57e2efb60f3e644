"""The settings: what config.toml may say, and how it is found, read and checked (docs/configuration.md).

A leaf: standard library only.  Nothing here connects, asks for a password or looks at the mail.
"""

from __future__ import annotations

from assistant.config.accounts import (
    Account,
    Auth,
    FolderNames,
    Gateway,
    Issuer,
    OAuth,
    PasswordSource,
    Security,
    Server,
)
from assistant.config.file import ENVIRONMENT, SHIPPED_MODEL, find, load, place
from assistant.config.settings import (
    Clients,
    Config,
    Cooling,
    Desktop,
    General,
    Judge,
    Language,
    Notify,
    Place,
    Replies,
    Store,
    Web,
)
from assistant.config.values import Hold

__all__ = [
    "ENVIRONMENT",
    "SHIPPED_MODEL",
    "Account",
    "Auth",
    "Clients",
    "Config",
    "Cooling",
    "Desktop",
    "FolderNames",
    "Gateway",
    "General",
    "Hold",
    "Issuer",
    "Judge",
    "Language",
    "Notify",
    "OAuth",
    "PasswordSource",
    "Place",
    "Replies",
    "Security",
    "Server",
    "Store",
    "Web",
    "find",
    "load",
    "place",
]
