"""Notices from the ledger: once each, in bundles, across restarts, and without harm when nobody can show them."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from assistant.core.draft import State
from assistant.core.escalation import Level
from assistant.errors import TemporaryFailure
from assistant.services.announcing import Announcer
from assistant.services.learning import Learning
from assistant.services.ledger import Event
from assistant.services.notices import Notices
from assistant.services.ports import Action, Notice
from assistant.texts import Lang
from tests.contract.records import key, row_of
from tests.contract.records import mail as judged
from tests.unit.services.conftest import Studio, mail

_LOOK = timedelta(seconds=5)


class Screen:
    """A desktop in memory; while ``gone`` it shows nothing."""

    def __init__(self) -> None:
        self.shown: list[Notice] = []
        self.gone = False

    def show(self, notice: Notice) -> None:
        if self.gone:
            raise TemporaryFailure("no notification can be shown: nobody is there")
        self.shown.append(notice)


class Told:
    """The notices of a studio, and the desktop that they come to."""

    def __init__(self, studio: Studio, *, lang: Lang = "en", content: bool = False) -> None:
        self.studio = studio
        self.screen = Screen()
        self.quiet = (time(22), time(7))
        self.lang, self.content = lang, content
        self.start()

    def start(self) -> None:
        """A new process."""
        studio = self.studio
        announcer = Announcer(
            store=studio.store, clock=studio.clock, lang=self.lang, content=self.content, sound=False, pages=True
        )
        self.notices = Notices(
            store=studio.store,
            clock=studio.clock,
            accounts=["studio"],
            quiet=self.quiet,
            acknowledged=self._acknowledged,
            words=announcer.notice,
            notifier=self.screen,
            journal=studio.tell,
        )

    def _acknowledged(self, mail_id: int) -> bool:
        found = self.studio.store.incoming(mail_id)
        return found is None or self.studio.acknowledging.written(found) is not None

    def look(self, times: int = 3) -> list[str]:
        """The titles of what is shown within some looks."""
        return [notice.title for notice in self.shown(times)]

    def shown(self, times: int = 3) -> list[Notice]:
        """What is shown within some looks."""
        self.screen.shown.clear()
        for _ in range(times):
            self.studio.clock.forward(_LOOK)
            self.notices.look()
        return self.screen.shown


@pytest.fixture
def told(studio: Studio) -> Told:
    """In English, without content."""
    return Told(studio)


def test_a_heated_mail_and_the_held_answer(told: Told) -> None:
    """Each is told once, however often one looks and however often the daemon starts."""
    told.studio.hold(client_level=3)
    assert told.look() == ["A client's mail has escalated.", "Your draft is cooling off."]
    told.start()
    assert told.look(100) == []


def test_old_and_calm_mail_is_not_told(told: Told) -> None:
    """Nor mail of other accounts, nor what the user says is none."""
    store, now = told.studio.store, told.studio.clock.now()
    store.add_incoming(
        [
            judged(1, received=now - timedelta(days=8)),
            judged(2, received=now, assessment=None),
            judged(3, received=now, key=replace(key(3), account="other")),
        ],
        {},
    )
    assert told.look() == []


def test_the_first_pass_over_an_old_mailbox_is_one_notice(told: Told) -> None:
    """However many of last week's mails were heated."""
    for case in range(1, 41):
        told.studio.server.add("INBOX", mail(case, "So geht das nicht (2)."))
    told.studio.take_all()
    assert told.look() == ["40 clients' mails are heated or escalated."]
    assert told.look(200) == []


def test_what_happens_at_night_is_told_in_the_morning(told: Told) -> None:
    """In one notice a kind, and only what is still so; of drafts that are held at once. The hours cross midnight."""
    clock = told.studio.clock
    clock.set(clock.now().replace(hour=22))
    first = told.studio.hold()
    assert told.look() == ["Your draft is cooling off."]
    told.studio.hold(case=2)
    assert told.look(20) == ["Your draft is cooling off."]
    row = row_of(told.studio.store, first)
    told.studio.store.change(row, State.WITHDRAWN, Event(at=clock.now(), event="withdrawn"))
    clock.set((clock.now() + timedelta(days=1)).replace(hour=6, minute=59, second=0))
    assert told.look(6) == []
    clock.set(clock.now().replace(hour=7, minute=0))
    assert told.look() == ["2 clients' mails are heated or escalated.", "A client is waiting for an answer."]


def test_a_draft_that_has_cooled(told: Told) -> None:
    """Once; after an extension, once again."""
    told.quiet = (time(0), time(0))
    told.start()
    draft = told.studio.hold(level=1)
    assert len(told.look()) == 2
    store, clock = told.studio.store, told.studio.clock
    clock.set(row_of(store, draft).hold_until + timedelta(seconds=1))
    assert told.look(100) == ["A draft has cooled."]
    row, until = row_of(store, draft), clock.now() + timedelta(hours=1)
    store.reschedule(row, until, Event(at=clock.now(), event="extended"))
    assert told.look() == []
    clock.set(until + timedelta(seconds=1))
    assert told.look() == ["A draft has cooled."]


def test_the_six_hours(told: Told) -> None:
    """A client whose answer cools is about to have waited for six hours, unless they were told that their mail came."""
    clock = told.studio.clock
    mails = {case: told.studio.hold(case=case) for case in (1, 2)}
    told.look(30)
    found = row_of(told.studio.store, mails[1]).incoming_id
    assert found is not None
    told.studio.acknowledging.send(found, told.studio.acknowledging.offer(found).letter.fingerprint)
    clock.forward(timedelta(hours=5, minutes=20))
    assert told.look() == []
    clock.forward(timedelta(minutes=10))
    (shown,) = told.shown()
    other = row_of(told.studio.store, mails[2]).incoming_id
    assert shown.title == "A client is waiting for an answer."
    assert shown.actions == (Action(label="Acknowledge receipt", place=f"/acknowledge/{other}"),)


def test_uncertain_and_failed_mails(told: Told) -> None:
    """Each of them is told, and where to look."""
    draft = told.studio.hold()
    told.look()
    store, at = told.studio.store, told.studio.clock.now()
    store.change(row_of(store, draft), State.UNCERTAIN, Event(at=at, event="test"))
    assert told.look() == ["A mail is uncertain."]
    store.change(row_of(store, draft), State.FAILED, Event(at=at, event="test"))
    assert told.look() == ["A mail was not sent."]


def test_nobody_can_show_it(told: Told) -> None:
    """One line in the log, then silence; when a desktop comes, what still matters is told, and nothing was lost."""
    told.screen.gone = True
    draft = told.studio.hold()
    assert told.look(100) == []
    assert [name for name, _ in told.studio.told if name == "not_notified"] == ["not_notified"]
    told.screen.gone = False
    assert told.look(20) == ["A client's mail sounds heated.", "Your draft is cooling off."]
    assert row_of(told.studio.store, draft).state is State.HELD


def test_no_content_by_default(told: Told) -> None:
    """Neither sender nor recipient nor subject; the daemon's log never has them."""
    told.studio.hold()
    shown = told.shown()
    assert len(shown) == 2
    words = repr(shown) + repr(told.studio.told)
    assert not [word for word in ("Kai", "kunde", "Katalog") if word in words]


def test_content_where_the_user_wants_it(studio: Studio) -> None:
    """Of three at most, in one line each, without signs that could play tricks."""
    told = Told(studio, lang="de", content=True)
    studio.server.add("INBOX", mail(1, "So nicht (3).", sender='"Kai\u202e Kunde" <kai@kunde.example>'))
    studio.take_all()
    assert told.shown() == [
        Notice(
            title="Eine Kundenmail ist eskaliert.",
            body="Antworten Sie nicht sofort.\nVon Kai Kunde <kai@kunde.example>: Katalog 1",
            actions=(
                Action(label="Ansehen", place="/mails/1"),
                Action(label="Eingang bestätigen", place="/acknowledge/1"),
            ),
        )
    ]


def test_an_escalated_mail_that_the_user_calls_calm(told: Told) -> None:
    """Is not told."""
    studio = told.studio
    studio.server.add("INBOX", mail(1, "So geht das nicht (3)."))
    studio.take_all()
    (found,) = studio.store.list_incoming(limit=1)
    Learning(store=studio.store, classifier=studio.model, clock=studio.clock).correct(found, Level.CALM)
    assert told.look() == []
