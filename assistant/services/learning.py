"""Learning from the user: a correction is stored, moves the thresholds, and can be taken back without a trace in them.

What is kept are the answers, never the shifts: these are worked out anew from all corrections, so an undone one is as
if it had never been, and another budget of false alarms or another model starts from the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from assistant.core.adaptation import Adaptation, Evidence, Thresholds, adapt
from assistant.core.escalation import Level
from assistant.errors import Refused
from assistant.services.corrections import Correction
from assistant.services.judging import Writing, shown
from assistant.services.ledger import HeldDraft, Incoming, Store
from assistant.services.ports import Classifier, Clock

#: How many of the last mails are looked at for what a correction changes.
RECENT: Final = 200


class NotCorrected(Refused):
    """There is no correction of this mail to take back; the text is the mail's number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What a correction, or taking one back, has changed.

    Attributes:
        mail: as it stands now.
        correction: what is kept now; None when it was taken back.
        before, after: the thresholds.
        recent: how many of the last mails were compared: judged by this model and not corrected themselves.
        calmer, hotter: how many of them would now be judged so.
        held: drafts that answer the mail and stay held as they were, until the user decides.
    """

    mail: Incoming
    correction: Correction | None
    before: Adaptation
    after: Adaptation
    recent: int
    calmer: int
    hotter: int
    held: tuple[HeldDraft, ...]


class Learning:
    """Corrections and the thresholds that come of them.  Errors of store and classifier go through."""

    def __init__(self, *, store: Store, classifier: Classifier, clock: Clock) -> None:
        self._store = store
        self._classifier = classifier
        self._clock = clock
        self._known: tuple[tuple[Evidence, ...], Adaptation] | None = None

    def adaptation(self) -> Adaptation:
        """The thresholds as all corrections leave them; also those that another process has just stored."""
        found = tuple(self._evidence(self._store.corrections()))
        if self._known is None or self._known[0] != found:
            self._known = (found, adapt(self._classifier.policy, found))
        return self._known[1]

    def counts(self, correction: Correction) -> bool:
        """Whether a correction moves thresholds: its probabilities are those of the model that judges now.

        Another model's are on another scale; :meth:`renew` asks the new model instead of guessing.
        """
        return correction.p is not None and correction.model == self._classifier.version

    def _evidence(self, corrections: Sequence[Correction]) -> list[Evidence]:
        return [
            Evidence(client=one.client, level=one.level, p=one.p)
            for one in corrections
            if one.p is not None and self.counts(one)
        ]

    def correct(self, mail: Incoming, level: Level) -> Lesson:
        """The user says what a mail was; an earlier correction of it is replaced."""
        before = self.adaptation()
        p, model = self._belief(mail)
        correction = Correction(
            mail_id=mail.id, client=mail.client, level=level, judged=mail.judged, p=p, model=model, at=self._clock.now()
        )
        self._store.correct(correction)
        return self._lesson(mail.id, correction, before)

    def take_back(self, mail: Incoming) -> Lesson:
        """As if it had never been said. Raises ``NotCorrected``."""
        before = self.adaptation()
        if not self._store.take_back(mail.id, self._clock.now()):
            raise NotCorrected(str(mail.id))
        return self._lesson(mail.id, None, before)

    def renew(self) -> int:
        """Ask this model about the corrected mails that another one judged, so that they count again; how many."""
        due = [one for one in self._store.corrections() if one.p is not None and not self.counts(one)]
        for one in due:
            mail = self._store.incoming(one.mail_id)
            assert mail is not None
            self._store.renew(one.mail_id, self._asked(mail), self._classifier.version)
        return len(due)

    def _belief(self, mail: Incoming) -> tuple[Thresholds | None, str]:
        """What the model that judges now says of a mail; None for mail that was never judged."""
        if mail.assessment is None:
            return None, ""
        version = self._classifier.version
        known = mail.assessment.model == version
        return (mail.assessment.scores.p if known else self._asked(mail)), version

    def _asked(self, mail: Incoming) -> Thresholds:
        return self._classifier.score([shown(Writing(text=mail.text, subject=mail.subject))])[0].p

    def _lesson(self, mail_id: int, correction: Correction | None, before: Adaptation) -> Lesson:
        mail = self._store.incoming(mail_id)
        assert mail is not None
        after = self.adaptation()
        changes = self._changes(before, after)
        return Lesson(
            mail=mail,
            correction=correction,
            before=before,
            after=after,
            recent=len(changes),
            calmer=sum(change < 0 for change in changes),
            hotter=sum(change > 0 for change in changes),
            held=self._store.answering(mail_id),
        )

    def _changes(self, before: Adaptation, after: Adaptation) -> list[int]:
        """By how many levels each of the last mails would be judged otherwise."""
        judged = [
            (mail.client, mail.assessment.scores)
            for mail in self._store.list_incoming(limit=RECENT)
            if mail.assessment and mail.assessment.model == self._classifier.version and mail.corrected is None
        ]
        return [after.policy(who).level(scores) - before.policy(who).level(scores) for who, scores in judged]
