"""Acknowledge now: the client hears at once that their mail has come and when they will be answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from assistant.core.cooling import reminder_at
from assistant.core.draft import State
from assistant.core.escalation import Level
from assistant.core.letter import Kind, Letter, letter_id
from assistant.core.message import Address, Message, RawMail
from assistant.core.reply import Suggestion, draft_text, quote, reply_headers, reply_subject
from assistant.errors import Refused
from assistant.services.deciding import ACKNOWLEDGE
from assistant.services.ledger import Conflict, HeldDraft, Incoming, Store
from assistant.services.letters import Letters
from assistant.services.ports import Clock

#: What the history of an acknowledgement begins with.
EVENT: Final = "acknowledged"
_HEATED: Final = (Level.HEATED, Level.ESCALATED)
Parse = Callable[[RawMail, frozenset[str]], Message]


class NoSuchMail(Refused):
    """There is no mail with this number, or nobody to answer it to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledgement:
    """What a client would be told, or was.

    Attributes:
        reply: the text without the quotation.
        gaps: what the user's own template leaves open; it cannot go as it is then.
        written: the letter once it was let go.
    """

    mail: Incoming
    letter: Letter
    reply: str
    gaps: tuple[str, ...] = ()
    written: HeldDraft | None = None


class Acknowledging:
    """The neutral receipt for a mail, at most one for each.

    Args:
        render: a template by its name as the reply to a mail.
        parser: the parser for the mail of an account.
        own: an account's addresses in lower case, and ``address`` the first of them as it is written.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        letters: Letters,
        render: Callable[[str, Message], Suggestion],
        parser: Callable[[str], Parse],
        own: Callable[[str], frozenset[str]],
        address: Callable[[str], str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._letters = letters
        self._render = render
        self._parser = parser
        self._own = own
        self._address = address

    def offer(self, mail_id: int) -> Acknowledgement:
        """What would be sent for a mail; looks at the mail on the server. Raises ``NoSuchMail``, ``Disconnected``."""
        mail = self._store.incoming(mail_id)
        if mail is None or mail.sender is None or mail.set_aside is not None:
            raise NoSuchMail(str(mail_id))
        original = self._original(mail)
        suggestion = self._render(ACKNOWLEDGE, original)
        letter = self._letter(mail, original, suggestion)
        return Acknowledgement(
            mail=mail, letter=letter, reply=suggestion.text, gaps=suggestion.gaps, written=self.written(mail)
        )

    def send(self, mail_id: int, fingerprint: str) -> HeldDraft:
        """Lets it go as it was shown. Raises ``Conflict`` when it reads otherwise by now, or went already."""
        found = self.offer(mail_id)
        if found.written is not None or found.gaps or found.letter.fingerprint != fingerprint:
            raise Conflict(f"The acknowledgement of mail {mail_id} has changed meanwhile; look at it again.")
        return self._letters.post(found.mail.key.account, found.letter, EVENT, answers=found.mail)

    def written(self, mail: Incoming) -> HeldDraft | None:
        """The acknowledgement of a mail, None as long as none was let go."""
        return self._letters.written(mail.key.account, self._id(mail))

    def pressing(self, drafts: Iterable[HeldDraft]) -> tuple[Incoming, ...]:
        """The heated mails that these drafts answer and whose senders have heard nothing for six hours."""
        answered = {row.incoming_id for row in drafts if row.state is State.HELD and row.level_in in _HEATED}
        mails = (self._store.incoming(mail_id) for mail_id in sorted(one for one in answered if one is not None))
        return tuple(mail for mail in mails if mail is not None and self.is_pressing(mail))

    def is_pressing(self, mail: Incoming) -> bool:
        """Whether waiting begins to cost: six hours are over, and the client was not told that their mail has come."""
        heated = mail.level in _HEATED and mail.sender is not None
        return heated and reminder_at(mail.received) <= self._clock.now() and self.written(mail) is None

    # --- the letter -----------------------------------------------------------------------------------------------
    def _original(self, mail: Incoming) -> Message:
        """The mail as it lies on the server; as the ledger knows it when it is no longer in INBOX."""
        mailbox = self._letters.effects_for(mail.key.account).mailbox
        state = mailbox.state(mail.key.folder)
        if state.uidvalidity == mail.key.uidvalidity:
            for found in mailbox.fetch_texts(mail.key.folder, mail.key.uidvalidity, [mail.key.uid]):
                return self._parser(mail.key.account)(found.mail, found.flags)
        return Message(
            message_id=mail.message_id,
            references=tuple(reversed(mail.parents)),
            sender=mail.sender,
            subject=mail.subject,
            date=mail.date,
            newest_text=mail.text,
            language=mail.language,
        )

    def _letter(self, mail: Incoming, original: Message, suggestion: Suggestion) -> Letter:
        assert mail.sender is not None
        sender = self._addressed(mail.key.account, original)
        in_reply_to, references = reply_headers(original.message_id, original.references, original.in_reply_to)
        zone = self._clock.now().tzinfo
        sent = mail.date.astimezone(zone) if mail.date else None
        author = mail.sender.name or mail.sender.address
        return Letter(
            message_id=self._id(mail),
            sender=sender,
            to=(original.reply_to or (mail.sender,))[0],
            subject=reply_subject(mail.subject),
            text=draft_text(suggestion, quote(mail.text, author, sent, suggestion.language)),
            in_reply_to=in_reply_to,
            references=references,
        )

    def _id(self, mail: Incoming) -> str:
        account = mail.key.account
        return letter_id(Kind.RECEIPT, f"{account}\0{mail.message_id or mail.digest}", self._address(account))

    def _addressed(self, account: str, original: Message) -> Address:
        """As whom the client wrote to the user, so that the answer comes from there."""
        own = self._own(account)
        found = (one for one in original.recipients if one.address.lower() in own)
        return next(found, Address(address=self._address(account)))
