"""What the use cases need from outside, as small contracts.  Constructing an implementation never connects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from assistant.core.delivery import Answer, Attempt, Envelope
from assistant.core.escalation import JudgeInput, Policy, Scores, Side
from assistant.core.message import MessageKey, RawMail


@dataclass(frozen=True, kw_only=True, slots=True)
class Folders:
    """The folders of an account that Gelassen works with, by their names on the server (decoded from UTF-7).

    ``trash`` may be missing; ``cooling_off`` is created when it is.
    """

    inbox: str
    drafts: str
    sent: str
    cooling_off: str
    trash: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderState:
    """What a folder holds at one moment: UIDs ascending."""

    uidvalidity: int
    uids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """One message as fetched, with what the server says of it.

    Attributes:
        mail: header and text parts; for header fetches without parts.
        received: INTERNALDATE, time-zone aware.
        flags: system flags and keywords as the server spells them.
    """

    key: MessageKey
    mail: RawMail
    received: datetime
    flags: frozenset[str] = field(default_factory=frozenset)


class Mailbox(Protocol):
    """One connection to one account.  Not thread-safe: each thread has its own.

    Every method connects first when there is no connection, and raises ``Disconnected`` when the server cannot be
    reached or the connection breaks in the middle (the next call then starts a fresh connection),
    ``LoginRefused`` when the credentials are wrong, ``PermanentFailure`` when the server says NO for good.
    ``\\Seen`` is never set: every fetch peeks.  A plain EXPUNGE is never sent.
    """

    def connect(self) -> None:
        """Log in, learn the abilities, find the folders, create the cooling-off folder when missing."""

    def close(self) -> None:
        """Log out; never raises."""

    @property
    def folders(self) -> Folders:
        """The special folders; known after ``connect``."""

    @property
    def abilities(self) -> frozenset[str]:
        """The server's capabilities after login, upper case (IDLE, MOVE, UIDPLUS, NOTIFY …)."""

    def state(self, folder: str, *, since: date | None = None, size: int | None = None) -> FolderState:
        """UIDs in a folder that are not deleted: all, or those received on or after a day, or of so many octets."""

    def fetch_texts(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> Iterator[Fetched]:
        """Headers and text parts, attachments left on the server, in the order of ``uids``.

        Messages that vanished meanwhile are left out. A message that cannot be fetched in parts comes whole.
        Raises ``Gone`` when UIDVALIDITY has changed.
        """

    def fetch_headers(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> Iterator[Fetched]:
        """Headers only (parts empty). Vanished messages are left out; ``Gone`` as above."""

    def fetch_whole(self, key: MessageKey) -> bytes:
        """The message's exact bytes. Raises ``Gone``."""

    def move(self, key: MessageKey, folder: str) -> MessageKey | None:
        """Move one message; its new key, or None when the server does not tell (no UIDPLUS).

        MOVE where offered; else COPY, then ``\\Deleted`` on exactly that UID, UID EXPUNGE only with UIDPLUS.
        Raises ``Gone`` when the message or its UIDVALIDITY is no longer there.
        """

    def append(
        self, folder: str, raw: bytes, *, flags: Iterable[str] = (), at: datetime | None = None
    ) -> MessageKey | None:
        """Store a message; its key, or None when the server does not tell."""

    def remove(self, key: MessageKey) -> None:
        """Delete exactly this message: ``\\Deleted`` plus UID EXPUNGE where UIDPLUS is offered.  No error if gone."""

    def add_keyword(self, key: MessageKey, keyword: str) -> bool:
        """Set a keyword, or ``\\Answered``, if PERMANENTFLAGS allows it; whether it was set."""

    def find(self, folder: str, message_id: str) -> tuple[int, ...]:
        """UIDs in a folder with this Message-ID (angle brackets included), ascending."""

    def wait(self, folder: str, seconds: float, interrupted: Callable[[], bool]) -> bool:
        """Until something changed in the folder (True), the time is over or ``interrupted()`` (False).

        IDLE, re-issued within half a minute; where the server has no IDLE, polling by STATUS every few seconds.
        ``interrupted`` is asked at least once a second.
        """


Committing = Callable[[Mapping[str, Answer]], None]


class Relay(Protocol):
    """The provider's submission server (RFC 6409).  Each delivery is a connection of its own; thread-safe."""

    def deliver(self, envelope: Envelope, raw: bytes, *, committing: Committing) -> Attempt:
        """Hand a mail over once.

        ``raw`` is sent as it is, with CRLF line ends, dots stuffed. Everything that goes wrong is in the result: no
        server reached, login refused, an ability missing that the mail needs (SMTPUTF8, 8BITMIME, SIZE), recipients
        refused, a lost connection. Only a programming error raises.

        Args:
            committing: called once, after everything but the end-of-data mark (CRLF.CRLF) was handed over and before
                that is: from then on the relay may have taken the mail for everybody whom it has not refused, and for
                nobody else. It is given the refused recipients with their answers. What it raises ends the attempt
                there, with the connection cut and the mail not sent, and passes through.
        """

    @property
    def files_sent(self) -> bool:
        """Whether the provider puts a copy of what it relays into Sent by itself (Gmail, Microsoft 365)."""


class Classifier(Protocol):
    """Text in, calibrated probabilities out.  Thread-safe; loads its model at the first call.

    Raises ``ModelError`` when the model cannot be loaded.
    """

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        """Probabilities for each input, in order; long texts are judged in windows, the hottest counts."""

    def score_sentences(self, sentences: Sequence[str], side: Side) -> list[float]:
        """P(level ≥ 1) of each sentence by itself."""

    @property
    def policy(self) -> Policy:
        """The thresholds of this model within the configured budget of false alarms; reads the calibration only."""

    @property
    def version(self) -> str:
        """What tells this model's probabilities from another's, at most 64 characters; reads files, loads nothing."""


class Presence(Protocol):
    """Which processes work on this ledger; what a process noted about itself ends with it, however it ends."""

    @property
    def token(self) -> str:
        """This process, at most 80 characters; no other one has or had the same."""

    def alive(self, token: str) -> bool:
        """Whether the process with this token still runs; an unknown token is dead."""


class Clock(Protocol):
    """The only "now"."""

    def now(self) -> datetime:
        """The time, aware, in the user's zone."""


class WorkingDays(Protocol):
    """The calendar of the user's region."""

    def __call__(self, day: date) -> bool:
        """Whether people work on that day: neither weekend nor public holiday."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateInfo:
    """The front matter of a reply template (DESIGN section 8).

    Attributes:
        register: ``Sie``, ``Du``, ``formal`` or ``casual``.
        levels: levels of the incoming mail that it answers.
        signals: signals that speak for it; empty: any.
        slots: names that the body uses and that may be unfilled.
    """

    name: str
    language: str
    register: str
    levels: tuple[int, ...]
    signals: tuple[str, ...]
    purpose: str
    slots: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """A reply made from a template; ``gaps`` are the slots that could not be filled, visible in the text."""

    text: str
    gaps: tuple[str, ...] = ()


class ReplyRenderer(Protocol):
    """Templates shipped and the user's own (own ones win by name, language and register)."""

    def templates(self) -> tuple[TemplateInfo, ...]:
        """All that can be used; broken ones are left out, see ``problems``."""

    def problems(self) -> tuple[str, ...]:
        """One line for each broken template: file, line, what is wrong."""

    def render(self, name: str, *, language: str, register: str, values: Mapping[str, str]) -> Rendered:
        """Fill a template; a slot without a value becomes a visible gap. Raises ``TemplateError``."""


class Supervisor(Protocol):
    """What has started the daemon and restarts it when it dies or hangs; telling it never fails."""

    def ready(self) -> None:
        """Everything is at work."""

    def alive(self) -> None:
        """Everything still moves."""

    def stopping(self) -> None:
        """The daemon is about to end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """What the user can do from a notice: ``place`` is the path of a page, ``label`` stands on the button."""

    label: str
    place: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A desktop notification, as plain text.

    Attributes:
        actions: the first is also what a click on the notice does; none where there is no page to open.
    """

    title: str
    body: str
    actions: tuple[Action, ...] = ()
    sound: bool = False


class Notifier(Protocol):
    """The user's desktop."""

    def show(self, notice: Notice) -> None:
        """Show it. Raises ``TemporaryFailure`` where nobody can: no session, no notification server, no permission."""
