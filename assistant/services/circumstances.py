"""The circumstances of incoming mail: what the client's earlier mails make of it, beside the verdict on its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.core.cues import LOOK_BACK, Past, cues_of_history, sounds_urgent
from assistant.core.escalation import Assessment, Signal
from assistant.services.corrections import CorrectionStore
from assistant.services.ledger import Incoming


def with_circumstances(mails: Sequence[Incoming], store: CorrectionStore) -> list[Incoming]:
    """The mails, those that were judged with the cues of history added; what is in no batch yet is in the ledger.

    Mail that is looked at before what came before it, as in a first pass over INBOX, newest first, may miss a cue.
    """
    return [_seen(mail, mail.assessment, mails, store) if mail.assessment else mail for mail in mails]


def _seen(mail: Incoming, found: Assessment, batch: Sequence[Incoming], store: CorrectionStore) -> Incoming:
    if not mail.client:
        return mail
    mates = [_past(one, one.assessment) for one in batch if one.assessment and one.client == mail.client]
    stored = store.past(mail.key.account, mail.client, before=mail.received, limit=LOOK_BACK)
    urgent = Signal.ULTIMATUM in found.signals or sounds_urgent(mail.subject, mail.text)
    cues = cues_of_history(_past(mail, found), [*stored, *mates], urgent=urgent)
    return replace(mail, assessment=replace(found, cues=(*found.cues, *cues)))


def _past(mail: Incoming, found: Assessment) -> Past:
    return Past(at=mail.received, p=found.scores.p, model=found.model)
