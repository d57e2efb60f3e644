"""What the user says of a judgement ("this was heated"): the record, and the part of the ledger that keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from assistant.core.adaptation import Thresholds
from assistant.core.cues import Past
from assistant.core.escalation import Cue, Level


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """The level that the user gave a mail; a mail has one, the latest.

    Attributes:
        mail_id: the mail; it is also by what the correction is taken back.
        client: the sender's address in lower case, empty where nobody is known.
        level: what the user says.
        judged: what Gelassen had said; None for a mail that had no level.
        p: P(level ≥ 1), P(level ≥ 2), P(level ≥ 3) as the model saw it; None for a mail that it never saw.
        model: the version of the model that said so.
    """

    mail_id: int
    client: str
    level: Level
    judged: Level | None
    p: Thresholds | None
    model: str
    at: datetime


class CorrectionStore(Protocol):
    """Corrections and history in the ledger; errors as for all of it (:class:`assistant.services.ledger.Store`)."""

    def corrections(self) -> tuple[Correction, ...]:
        """All of them, the oldest first."""

    def correct(self, new: Correction) -> None:
        """Keep a correction, in place of an earlier one of the same mail; with an event."""

    def take_back(self, mail_id: int, at: datetime) -> bool:
        """Forget the correction of a mail; whether there was one.  Only an event remains."""

    def renew(self, mail_id: int, p: Thresholds, model: str) -> None:
        """What another model says of a corrected mail; nothing else of the correction changes."""

    def past(self, account: str, client: str, *, before: datetime, limit: int) -> tuple[Past, ...]:
        """What was judged of a client's mails received before a moment, the latest ones, in any order."""

    def add_cues(self, mail_id: int, cues: Sequence[Cue]) -> None:
        """Name cues beside the judgement on a mail that were not seen when it was judged; nothing else changes."""
