"""Fills a ledger through its own store, and the cooling-off folder with the copies, as months of use would."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from random import Random
from typing import Final

from imapclient import IMAPClient

from assistant.adapters.database import SqlStore
from assistant.core.cooling import Reason, ReasonCode
from assistant.core.delivery import Envelope
from assistant.core.draft import Effect, Identity, State
from assistant.core.escalation import Assessment, Cue, Level, Scores, Signal
from assistant.core.message import Address, MessageKey, base_subject
from assistant.core.reason import Reason as Why
from assistant.core.reply import Suggestion
from assistant.core.wire import marked
from assistant.services.intake import BATCH
from assistant.services.ledger import Event, HeldDraft, Incoming, NewHold
from assistant.services.outbox import Sending, recipients_of

OWN: Final = "mara@studio.example"
_CLIENTS: Final = 400
_NOW: Final = datetime.now(UTC)
_COMPLAINT: Final = (
    "Guten Morgen,\n\nwo bleibt der Katalog? Er war für Freitag zugesagt, und 1.200 € sind bezahlt. Auf meine letzten "
    "drei Mails habe ich keine Antwort bekommen. Das ist eine Frechheit.\n\nIch erwarte bis morgen 12 Uhr eine "
    "Antwort, sonst gehe ich zu jemand anderem.\n\nKlara Kunde\n"
)
_ANSWER: Final = (
    "Sie haben mir nie zugehört ({heat}).\n\nDen Entwurf schicke ich Ihnen, wenn Sie die Rechnung bezahlt haben; "
    "vorher rühre ich keinen Finger mehr. Nummer {number}.\n\nMara Lindner\n"
)


def by_gateway(number: int) -> bool:
    """Whether a draft came by the gateway; every third did."""
    return number % 3 == 0


def from_drafts(number: int) -> bool:
    """Whether it came from Drafts."""
    return not by_gateway(number)


def fill(store: SqlStore, client: IMAPClient, *, held: int, mails: int) -> None:
    """Mails, held drafts that answer them, and as many decided ones as a fifth of the held."""
    for batch in batches(0, mails):
        store.add_incoming(*batch)
    validity = int(client.folder_status("Cooling off", ["UIDVALIDITY"])[b"UIDVALIDITY"])
    for number in range(1, held + 1):  # the folder is empty, so that the n-th message has UID n
        _hold(store, client, _key("Cooling off", number, validity), min(number, mails))
    for number in range(held + 1, held + held // 5 + 1):
        row = _row(store, store.hold(_new(number, None, 1, Effect.HOLD)))
        store.acknowledge(row, key=None)
        goal = State.WITHDRAWN if number % 2 else State.RELEASED
        store.change(_row(store, row.id), goal, Event(at=_NOW, event="taken_back"))


def _hold(store: SqlStore, client: IMAPClient, copy: MessageKey, mail: int) -> None:
    number = copy.uid
    content = raw(number, client_of(number))
    if by_gateway(number):
        envelope = Envelope(sender=OWN, recipients=(client_of(number),))
        sending = Sending(envelope=envelope, recipients=recipients_of(envelope), since=_NOW)
        draft_id = store.submit(_new(number, None, mail, Effect.SHOW), sending)
        content = marked(content, draft_id)
    else:
        draft_id = store.hold(_new(number, _key("Drafts", number), mail, Effect.HOLD))
    client.append("Cooling off", content, ("\\Draft",))
    store.acknowledge(_row(store, draft_id), key=copy)


def _key(folder: str, uid: int, uidvalidity: int = 7) -> MessageKey:
    return MessageKey(account="studio", folder=folder, uidvalidity=uidvalidity, uid=uid)


def _row(store: SqlStore, draft_id: int) -> HeldDraft:
    found = store.draft(draft_id)
    assert found is not None
    return found


def client_of(number: int) -> str:
    """Whose mail, or to whom."""
    return f"kunde{number % _CLIENTS}@firma.example"


def raw(number: int, to: str, *, heat: int = 2) -> bytes:
    """A draft as a mail client saves it; every tenth has an attachment of 100 KB."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = f"Mara Lindner <{OWN}>", to, f"Re: Katalog {number}"
    message["Message-ID"], message["In-Reply-To"] = f"<d{number}@studio.example>", f"<c{number}@firma.example>"
    message["Date"] = "Wed, 18 Nov 2026 10:00:00 +0100"
    message.set_content(_ANSWER.format(heat=heat, number=number))
    if number % 10 == 0:
        content = Random(number).randbytes(100_000)
        message.add_attachment(content, maintype="application", subtype="pdf", filename="Katalog.pdf")
    return bytes(message)


def _new(number: int, key: MessageKey | None, mail: int, effect: Effect) -> NewHold:
    content = raw(number, client_of(number))
    subject = f"Re: Katalog {number}"
    return NewHold(
        account="studio",
        key=key,
        effect=effect,
        identity=Identity(
            message_id=f"<d{number}@studio.example>",
            parents=(f"<c{number}@firma.example>",),
            recipients=frozenset({client_of(number)}),
            subject=base_subject(subject).casefold(),
        ),
        to=(client_of(number),),
        subject=subject,
        incoming_id=mail,
        level_in=Level.HEATED,
        assessment=_assessment(Level.HEATED),
        at=_NOW,
        hold_until=_NOW + timedelta(minutes=60 + number % 600),
        reasons=(
            Reason(code=ReasonCode.ANSWER_TO, params={"level": 2}),
            Reason(code=ReasonCode.DRAFT_LEVEL, params={"level": 2}),
            Reason(code=ReasonCode.NIGHT, params={"time": "22:00"}),
        ),
        raw=content,
        digest=hashlib.sha256(content).hexdigest(),
        text=_ANSWER.format(heat=2, number=number),
    )


def _assessment(level: Level) -> Assessment:
    signals = {signal: round(0.01 * place, 2) for place, signal in enumerate(Signal)}
    return Assessment(
        level=level,
        scores=Scores(p=(0.9, 0.8, 0.1), signals=signals),
        signals=(Signal.ANGER, Signal.ULTIMATUM),
        hot=("Das ist eine Frechheit.",),
        cues=(Cue.NIGHT,),
        model="0123456789abcdef",
    )


def batches(first: int, count: int) -> Iterator[tuple[Sequence[Incoming], Mapping[int, Sequence[Suggestion]]]]:
    """Mails from a number on, as a first pass stores them; every tenth is young enough for suggestions."""
    for start in range(first, first + count, BATCH):
        numbers = range(start, min(start + BATCH, first + count))
        replies = {place: _suggestions() for place, number in enumerate(numbers) if number % 10 == 0}
        yield [_mail(number + 1) for number in numbers], replies


def _mail(number: int) -> Incoming:
    return Incoming(
        key=_key("INBOX", number),
        message_id=f"<c{number}@firma.example>",
        digest=f"{number:064}",
        sender=Address(address=client_of(number), name="Klara Kunde"),
        subject=f"Katalog {number}",
        date=_NOW - timedelta(minutes=number),
        received=_NOW - timedelta(minutes=number),
        language="de",
        text=_COMPLAINT,
        assessment=_assessment(Level(number % 4)),
    )


def _suggestions() -> list[Suggestion]:
    return [
        Suggestion(
            template=name,
            language="de",
            register="Sie",
            subject="Re: Katalog",
            text="Guten Tag Frau Kunde, danke für Ihre Nachricht. " * 8,
            gaps=(),
            reason=Why.ANGER,
        )
        for name in ("acknowledge", "our_side", "apologise_and_fix")
    ]
