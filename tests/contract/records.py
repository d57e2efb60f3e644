"""What the suite of the ledger stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from assistant.adapters.database import SqlStore
from assistant.core.delivery import Envelope, Recipient
from assistant.core.draft import Effect, Identity
from assistant.core.escalation import Assessment, Cue, Level, Scores, Signal
from assistant.core.message import Address, MessageKey
from assistant.services.corrections import Correction
from assistant.services.ledger import HeldDraft, Incoming, NewHold
from assistant.services.outbox import Sending

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
CLIENT = "kunde@k.example"


def key(uid: int = 1, folder: str = "INBOX", uidvalidity: int = 7) -> MessageKey:
    """A place on the server."""
    return MessageKey(account="studio", folder=folder, uidvalidity=uidvalidity, uid=uid)


def mail(uid: int = 1, **changes: object) -> Incoming:
    """A judged mail."""
    scores = Scores(p=(0.9, 0.8, 0.1), signals={Signal.ANGER: 0.9})
    found = Incoming(
        key=key(uid),
        message_id=f"<{uid}@k.example>",
        digest="0" * 64,
        sender=Address(address="Kunde@K.example", name="Kai Kunde"),
        subject="Re: Katalog",
        date=datetime.fromisoformat("2026-11-18T23:40:00+05:30"),
        received=NOW,
        text="Was soll das?",
        language="de",
        assessment=Assessment(
            level=Level.HEATED, scores=scores, signals=(Signal.ANGER,), hot=("Was soll das?",), cues=(Cue.NIGHT,)
        ),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def new_hold(number: int = 1, text: str = "Nein.", **changes: object) -> NewHold:
    """What the guard records."""
    identity = Identity(message_id=None, parents=("<1@k.example>",), recipients=frozenset({"k@k.example"}), subject="x")
    found = NewHold(
        account="studio",
        key=key(number, "Drafts"),
        effect=Effect.HOLD,
        identity=identity,
        to=("k@k.example",),
        subject="Re: x",
        incoming_id=None,
        level_in=None,
        assessment=None,
        at=NOW,
        hold_until=NOW + timedelta(hours=1),
        reasons=(),
        raw=text.encode(),
        digest=f"{number:064}",
        text=text,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def hold(store: SqlStore, number: int = 1) -> HeldDraft:
    """A held draft whose move is done."""
    row = row_of(store, store.hold(new_hold(number)))
    store.acknowledge(row, key=key(number, "Cooling off"))
    return row_of(store, row.id)


def row_of(store: SqlStore, draft_id: int) -> HeldDraft:
    """A row that is there."""
    found = store.draft(draft_id)
    assert found is not None
    return found


def sending(*addresses: str, again: datetime | None = NOW) -> Sending:
    """A mail on its way out."""
    people = addresses or ("k@k.example", "b@k.example")
    envelope = Envelope(sender="mara@studio.example", recipients=people, smtputf8=True)
    return Sending(
        envelope=envelope, recipients=tuple(Recipient(address=one) for one in people), since=NOW, again=again
    )


def letter(message_id: str, effect: Effect) -> NewHold:
    """A letter to be written."""
    new = new_hold(key=None, hold_until=NOW, effect=effect)
    return replace(new, identity=replace(new.identity, message_id=message_id))


def correction(mail_id: int = 1, **changes: object) -> Correction:
    """What the user said of a mail."""
    found = Correction(
        mail_id=mail_id,
        client=CLIENT,
        level=Level.CALM,
        judged=Level.HEATED,
        p=(0.9, 0.8, 0.1),
        model="0123456789abcdef",
        at=NOW,
    )
    return replace(found, **changes)  # type: ignore[arg-type]
