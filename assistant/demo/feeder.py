"""Puts the stories into the demo mailbox: the past at once, the last weeks and today one by one.

What the viewer is to see within half a minute: mail comes in and is judged; Mara's hot drafts appear, and are held once
they have settled; a calm one is left alone; one hot draft is settled because she sent a better answer herself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Self

from imapclient import DRAFT, SEEN, IMAPClient

from assistant.demo.render import render
from assistant.demo.server import LOOPBACK, EmbeddedImap
from assistant.demo.stories import Folder, StoryMail, Threads, load, load_today, message_id, shift

#: Waits some seconds, or less when the end has come; whether the end has come (``threading.Event.wait``).
Wait = Callable[[float], bool]

#: How many of the stories' last mails come one by one: from the supplier review of story a2 on.
LIVE: Final = 14

_LOOK: Final = 0.5  # seconds between two looks at the Drafts folder

_FLAGS: Final[dict[Folder, tuple[bytes, ...]]] = {
    Folder.INBOX: (),
    Folder.SENT: (SEEN,),
    Folder.DRAFTS: (DRAFT,),  # as Thunderbird saves them
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast things happen, in seconds.

    Attributes:
        mail: between two mails.
        settle: how long the daemon leaves a draft alone (``[cooling] settle``).
        notice: what a viewer needs to see that a draft was taken away.
        patience: how long to wait for the daemon at most: to get ready, or, after ``settle``, to take a draft away.
    """

    mail: float = 0.8
    settle: float = 4.0
    notice: float = 2.5
    patience: float = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Programme:
    """What is in the mailbox from the start, and what comes while one looks on, each in order of time."""

    past: tuple[StoryMail, ...]
    live: tuple[StoryMail, ...]

    @property
    def mails(self) -> tuple[StoryMail, ...]:
        """Everything."""
        return self.past + self.live

    @property
    def threads(self) -> Threads:
        """Who answers whom."""
        return Threads(self.mails)


def programme(now: datetime, *, live: int = LIVE) -> Programme:
    """The stories with the last of them today, and the heated exchanges of this very quarter of an hour.

    Drafts that Mara threw away before the live part, because she had sent a better answer, are not there any more.
    """
    today = load_today(now)
    stories = shift(load(), today[0].date)
    before, after = stories[: len(stories) - live], stories[len(stories) - live :]
    threads = Threads(before)
    past = tuple(mail for mail in before if mail.folder is not Folder.DRAFTS or threads.later_reply(mail) is None)
    return Programme(past=past, live=(*after, *today))


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One mail, and how long to wait before it; first of all until ``after``, a draft, has been taken away."""

    wait: float
    mail: StoryMail
    after: StoryMail | None = None


def schedule(mails: Sequence[StoryMail], pace: Pace) -> Iterator[Step]:
    """When to deliver what.

    Before an answer that Mara sent, her draft to the same mail has been held and seen; before a draft, the mail that it
    answers has had a moment to be read.
    """
    drafts: dict[tuple[str, int | None], StoryMail] = {}
    for mail in mails:
        thread = (mail.story, mail.in_reply_to)
        draft = drafts.get(thread) if mail.folder is Folder.SENT else None
        yield Step(wait=pace.notice if draft else _beat(mail, pace), mail=mail, after=draft)
        if mail.folder is Folder.DRAFTS:
            drafts[thread] = mail


def _beat(mail: StoryMail, pace: Pace) -> float:
    return pace.mail * 2 if mail.folder is Folder.DRAFTS else pace.mail


def _until(condition: Callable[[], bool], wait: Wait, seconds: float) -> bool:
    """Wait for a condition, or the time; False when the end has come."""
    for _ in range(int(seconds / _LOOK)):
        if condition():
            return True
        if wait(_LOOK):
            return False
    return True


class Postman:
    """Delivers through IMAP, as a mail server would; one connection, to be used as a context."""

    def __init__(self, server: EmbeddedImap, user: str, threads: Threads) -> None:
        self._client = IMAPClient(LOOPBACK, server.port, ssl=False, timeout=30)
        self._client.login(user, server.users[user])
        self._threads = threads
        uses = {use: name for name, use in server.folders.items()}
        self._names = {folder: uses.get(str(folder), str(folder)) for folder in Folder}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.shutdown()

    def deliver(self, mail: StoryMail) -> None:
        """Put one mail in its folder, received when it was written; a client's mail is unread."""
        folder = self._names[mail.folder]
        self._client.append(folder, render(mail, self._threads), _FLAGS[mail.folder], mail.date)

    def deliver_all(self, steps: Iterable[Step], pace: Pace, wait: Wait) -> bool:
        """Deliver one after the other; False when ``wait`` said that the end has come."""
        for step in steps:
            if step.after and not _until(partial(self._is_gone, step.after), wait, pace.settle + pace.patience / 5):
                return False
            if wait(step.wait):
                return False
            self.deliver(step.mail)
        return True

    def _is_gone(self, draft: StoryMail) -> bool:
        self._client.select_folder(self._names[Folder.DRAFTS], readonly=True)
        return not self._client.search(["HEADER", "Message-ID", message_id(draft)])


def deliver(
    server: EmbeddedImap,
    user: str,
    programme: Programme,
    *,
    pace: Pace,
    wait: Wait,
    ready: Callable[[], bool] = lambda: True,
) -> bool:
    """The whole programme: the past at once, then the rest at its pace. False when it was ended before.

    Args:
        ready: whether the past has been judged, so that the viewer can follow what comes next.
    """
    with Postman(server, user, programme.threads) as postman:
        for mail in programme.past:
            postman.deliver(mail)
        if not _until(ready, wait, pace.patience):
            return False
        return postman.deliver_all(schedule(programme.live, pace), pace, wait)
