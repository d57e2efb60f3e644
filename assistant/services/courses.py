"""What the ledger tells for counting: courses of replies and levels of mails, without a word of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from assistant.core.escalation import Level
from assistant.core.statistics import Course


class CourseStore(Protocol):
    """Counting in the ledger; errors as for all of it (:class:`assistant.services.ledger.Store`)."""

    def courses(self, since: datetime) -> tuple[Course, ...]:
        """Replies that were held, or came by the gateway, since a moment, the oldest first; times in its zone.

        Letters that the program wrote itself are none of them.
        """

    def levels_since(self, since: datetime) -> Mapping[int, Level]:
        """The level that counts of each mail received since a moment, by its number."""
