"""All checks that ``gelassen doctor`` and the page make of the parts, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from assistant.daemon import checking_desktop, checking_sending, checks
from assistant.errors import GelassenError
from assistant.services.findings import Finding, Result
from assistant.services.ports import Clock
from assistant.texts import Lang, text

if TYPE_CHECKING:
    from assistant.daemon.checks import Speaker
    from assistant.daemon.parts import Parts

_NAMED: Final = frozenset({"database", "model", "templates", "calendar", "gateway", "notifications"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """A speaker of any language, on the clock of the parts."""

    lang: Lang
    clock: Clock

    def words(self, key: str, /, **params: object) -> str:
        """A text in it."""
        return text(key, self.lang, **params)

    def now(self) -> datetime:
        """Aware, in the user's zone."""
        return self.clock.now()


def examine(speaker: Speaker, parts: Parts) -> Iterator[Finding]:
    """The findings as they are made; a failed check does not keep the others from being made."""
    if parts.config.path.is_absolute():  # a file was read
        yield from guarded(speaker, "database", partial(checks.database, speaker, parts))
        for account in parts.config.accounts:
            yield from guarded(speaker, account.name, partial(checks.account, speaker, parts, account))
            yield from guarded(speaker, account.name, partial(checking_sending.relay, speaker, parts, account))
        yield from guarded(speaker, "gateway", partial(checking_sending.gateway, speaker, parts))
    yield from guarded(speaker, "model", partial(checks.model, speaker, parts))
    yield from guarded(speaker, "templates", partial(checks.templates, speaker, parts))
    yield from guarded(speaker, "calendar", partial(checks.calendar, speaker, parts))
    yield from guarded(speaker, "notifications", partial(checking_desktop.notifications, speaker, parts))


def guarded(speaker: Speaker, name: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings of a check; an error in it becomes one."""
    try:
        yield from check()
    except GelassenError as error:
        called = speaker.words(f"doctor.{name}") if name in _NAMED else name
        yield Finding(check=called, result=Result.FAILURE, text=str(error))
