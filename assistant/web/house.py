"""What the pages are given of the program. The daemon puts it together; the pages know nothing of how."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from assistant.core.cooling import CoolingRules, HoldTable
from assistant.services.acknowledging import Acknowledging
from assistant.services.findings import Finding
from assistant.services.judging import Judge
from assistant.services.learning import Learning
from assistant.services.ledger import Store
from assistant.services.ports import Clock, WorkingDays
from assistant.services.review import Desk
from assistant.texts import Lang


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """The use cases behind the pages; all of them may be used by several threads.

    Attributes:
        language: ``de``, ``en`` or ``auto`` (what the browser prefers).
        desk: the user's decisions, for one request; connections that they need are closed at its end.
        acknowledging: receipts for mails, likewise.
        can_send: whether an account has a relay.
        rules: how long drafts are held now; ``keep_hold`` changes the table, in config.toml and at once.
        examine: the doctor's findings in a language; connects to every server.
        bug: keeps the trace of an error that nobody expected.
    """

    language: str
    store: Store
    clock: Clock
    judge: Judge
    learning: Learning
    desk: Callable[[], AbstractContextManager[Desk]]
    acknowledging: Callable[[], AbstractContextManager[Acknowledging]]
    can_send: Callable[[str], bool]
    rules: Callable[[], CoolingRules]
    keep_hold: Callable[[HoldTable], None]
    is_working_day: WorkingDays
    examine: Callable[[Lang], Iterable[Finding]]
    bug: Callable[[Exception], None]
