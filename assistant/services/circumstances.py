"""The circumstances of incoming mail: what the client's earlier mails make of it, beside the verdict on its words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.core.cues import LOOK_BACK, Past, cues_of_history, sounds_urgent
from assistant.core.escalation import Assessment, Cue, Signal
from assistant.services.corrections import CorrectionStore
from assistant.services.ledger import Incoming


def with_circumstances(mails: Sequence[Incoming], store: CorrectionStore) -> list[Incoming]:
    """The mails, those that were judged with the cues of history added; what is not in the batch is in the ledger.

    A first pass over INBOX goes backwards, so that what came before a mail is not there yet: see :func:`look_back`.
    """
    return [_seen(mail, mail.assessment, mails, store) if mail.assessment else mail for mail in mails]


def look_back(mails: Iterable[Incoming], store: CorrectionStore) -> None:
    """Cues that could not be seen in a first pass, for mails in the ledger."""
    for mail in mails:
        if mail.assessment and mail.client and (cues := _cues(mail, mail.assessment, (), store)):
            store.add_cues(mail.id, cues)


def _seen(mail: Incoming, found: Assessment, batch: Sequence[Incoming], store: CorrectionStore) -> Incoming:
    cues = _cues(mail, found, batch, store) if mail.client else ()
    return replace(mail, assessment=replace(found, cues=(*found.cues, *cues)))


def _cues(mail: Incoming, found: Assessment, batch: Sequence[Incoming], store: CorrectionStore) -> tuple[Cue, ...]:
    mates = [_past(one, one.assessment) for one in batch if one.assessment and one.client == mail.client]
    stored = store.past(mail.key.account, mail.client, before=mail.received, limit=LOOK_BACK)
    urgent = Signal.ULTIMATUM in found.signals or sounds_urgent(mail.subject, mail.text)
    return cues_of_history(_past(mail, found), [*stored, *mates], urgent=urgent)


def _past(mail: Incoming, found: Assessment) -> Past:
    return Past(at=mail.received, p=found.scores.p, model=found.model)
