"""Incoming mail: find what is new in INBOX, judge it, store it once.

The ledger itself is the checkpoint: a mail counts as seen when its row is committed, never before, so a pass that is
cut off anywhere goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol

from assistant.core.escalation import Assessment, Level
from assistant.core.message import Message, MessageKey, RawMail, Unassessed
from assistant.core.reply import Suggestion
from assistant.errors import GelassenError, Gone
from assistant.services.circumstances import look_back, with_circumstances
from assistant.services.judging import Judge, Writing
from assistant.services.ledger import Incoming, MailFilter, Store
from assistant.services.ports import Clock, Fetched, Mailbox

#: Mails judged and committed together: large enough for the model, small enough to lose little time in a crash.
BATCH: Final = 32
#: Suggestions are made only for mail that can still be answered usefully (DESIGN section 11).
SUGGEST_WITHIN: Final = timedelta(days=7)
#: The IMAP keywords of ``[judge] mark_mail``; a mail client can give them a colour.
KEYWORDS: Final = {Level.HEATED: "GelassenHeated", Level.ESCALATED: "GelassenEscalated"}

#: How many of the latest mails get the cues that a first pass cannot see; a second or two of work.
_LOOK_BACK: Final = 500
_LOOKED_BACK: Final = "looked_back"

Parse = Callable[[RawMail, frozenset[str]], Message]
Suggest = Callable[[Message, Assessment], Sequence[Suggestion]]


class Journal(Protocol):
    """Where events are told: names, ids and counts, never mail content."""

    def __call__(self, event: str, /, **fields: object) -> None:
        """Tell one event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A mail on its way into the ledger."""

    mail: Incoming
    message: Message


class Intake:
    """The INBOX of one account.  Used by one thread."""

    def __init__(
        self,
        *,
        account: str,
        mailbox: Mailbox,
        store: Store,
        judge: Judge,
        parse: Parse,
        suggest: Suggest,
        clock: Clock,
        journal: Journal,
        first_pass: timedelta | None = None,
        mark_mail: bool = False,
    ) -> None:
        self._account = account
        self._mailbox = mailbox
        self._store = store
        self._judge = judge
        self._parse = parse
        self._suggest = suggest
        self._clock = clock
        self._journal = journal
        self._first_pass = first_pass
        self._mark_mail = mark_mail

    def missing(self) -> tuple[int, tuple[int, ...]]:
        """UIDVALIDITY and the UIDs in INBOX that the ledger does not know, newest first."""
        inbox = self._mailbox.folders.inbox
        since = (self._clock.now() - self._first_pass).date() if self._first_pass else None
        state = self._mailbox.state(inbox, since=since)
        known = self._store.known_uids(self._account, inbox, state.uidvalidity)
        return state.uidvalidity, tuple(uid for uid in reversed(state.uids) if uid not in known)

    def take_batch(self, uidvalidity: int, uids: Sequence[int]) -> int:
        """Fetch, judge and store some mails; how many were new. Raises ``Gone`` when UIDVALIDITY has changed."""
        inbox = self._mailbox.folders.inbox
        fetched = list(self._mailbox.fetch_texts(inbox, uidvalidity, uids))
        taken = self._judged([self._read(mail) for mail in fetched])
        replies = {place: self._replies(one) for place, one in enumerate(taken)}
        new = self._store.add_incoming([one.mail for one in taken], replies)
        for one in taken:
            self._tell(one.mail)
            self._mark(one.mail)
        return new

    def look_back(self) -> None:
        """Once, when INBOX was taken for the first time: the cues that could not be seen while going backwards."""
        if self._store.remembered(self._account, _LOOKED_BACK) is None:
            wanted = MailFilter(account=self._account)
            look_back(self._store.list_incoming(limit=_LOOK_BACK, wanted=wanted), self._store)
            self._store.remember(self._account, _LOOKED_BACK, self._clock.now().isoformat())

    def find(self, message_ids: Sequence[str]) -> Incoming | None:
        """The mail that a draft answers, the first of these: from the ledger, else found in INBOX and judged now."""
        return next((found for one in message_ids if (found := self._found(one)) is not None), None)

    def _found(self, message_id: str) -> Incoming | None:
        known = self._store.incoming_by_message_id(self._account, message_id)
        if known is not None:
            return known
        inbox = self._mailbox.folders.inbox
        uids = self._mailbox.find(inbox, message_id)
        if not uids:
            return None
        self.take_batch(self._mailbox.state(inbox).uidvalidity, uids)
        return self._store.incoming_by_message_id(self._account, message_id)

    def _read(self, fetched: Fetched) -> Taken:
        message = self._parse(fetched.mail, fetched.flags)
        mail = Incoming(
            key=fetched.key,
            message_id=message.message_id,
            digest=message.digest,
            sender=message.sender,
            subject=message.subject,
            date=message.date,
            received=fetched.received,
            parents=message.thread,
            language=message.language,
            text=message.newest_text,
            set_aside=message.set_aside,
            unassessed=message.unassessed if message.set_aside is None else None,
        )
        return Taken(mail=mail, message=message)

    def _judged(self, taken: Sequence[Taken]) -> list[Taken]:
        due = [one for one in taken if one.mail.set_aside is None and one.mail.unassessed is None]
        try:
            found = self._judge.assess([_writing(one) for one in due])
            results = {one.mail.key: assessment for one, assessment in zip(due, found, strict=True)}
        except GelassenError:
            raise
        except Exception:  # noqa: BLE001 - one mail that upsets the model must not stop the others
            results = {one.mail.key: alone for one in due if (alone := self._alone(one)) is not None}
        judged = [_with(one, results) if one in due else one for one in taken]
        seen = with_circumstances([one.mail for one in judged], self._store)
        return [replace(one, mail=mail) for one, mail in zip(judged, seen, strict=True)]

    def _alone(self, one: Taken) -> Assessment | None:
        try:
            return self._judge.assess([_writing(one)])[0]
        except GelassenError:
            raise
        except Exception as error:  # noqa: BLE001 - see above
            self._journal("judging_failed", account=self._account, uid=one.mail.key.uid, error=type(error).__name__)
            return None

    def _replies(self, one: Taken) -> Sequence[Suggestion]:
        recent = self._clock.now() - one.mail.received < SUGGEST_WITHIN
        return self._suggest(one.message, one.mail.assessment) if one.mail.assessment and recent else ()

    def _mark(self, mail: Incoming) -> None:
        """A keyword on heated mail, where the user wants it and the server allows it; nothing depends on it."""
        if self._mark_mail and mail.level in KEYWORDS:
            with suppress(Gone):
                self._mailbox.add_keyword(mail.key, KEYWORDS[mail.level])

    def _tell(self, mail: Incoming) -> None:
        fields = {"account": self._account, "uid": mail.key.uid}
        if mail.set_aside:
            self._journal("mail_set_aside", **fields, reason=str(mail.set_aside))
        elif mail.assessment:
            self._journal("mail_judged", **fields, level=int(mail.assessment.level))
        else:
            self._journal("mail_unassessed", **fields, reason=str(mail.unassessed))


def _writing(one: Taken) -> Writing:
    return Writing(text=one.mail.text, subject=one.mail.subject, at=one.mail.date, client=one.mail.client)


def _with(one: Taken, results: dict[MessageKey, Assessment]) -> Taken:
    found = results.get(one.mail.key)
    if found is None:
        return replace(one, mail=replace(one.mail, unassessed=Unassessed.UNREADABLE))
    return replace(one, mail=replace(one.mail, assessment=found))
