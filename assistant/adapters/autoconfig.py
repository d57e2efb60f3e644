"""The book of providers: ``providers.toml`` beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from assistant.core.provider import Password, Place, Provider, UserName


@cache
def providers() -> tuple[Provider, ...]:
    """All providers of the book."""
    book = tomllib.loads(Path(__file__).with_name("providers.toml").read_text(encoding="utf-8"))
    return tuple(_provider(entry) for entry in book["provider"])


def _provider(entry: Mapping[str, Any]) -> Provider:
    user = UserName(entry.get("user", "address"))
    return Provider(
        name=entry["name"],
        domains=tuple(entry.get("domains", ())),
        mx=tuple(entry.get("mx", ())),
        imap=_place(entry["imap"], user),
        relay=_place(entry["relay"], user),
        password=Password(entry.get("password", "usual")),
        switch_on=entry.get("switch_on", False),
        oauth=entry.get("oauth", ""),
        help=entry.get("help", ""),
    )


def _place(entry: Mapping[str, Any], user: UserName) -> Place:
    return Place(
        host=entry["host"], port=entry["port"], security=entry["security"], user=UserName(entry.get("user", user))
    )
