"""The stories as records: labels typed, dates moved, threads whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.core.escalation import Level, Signal
from assistant.demo.stories import BERLIN, Folder, StoryMail, Threads, load, message_id, shift

NOW = datetime(2027, 4, 14, 15, 0, tzinfo=BERLIN)


@pytest.fixture(scope="module")
def mails() -> tuple[StoryMail, ...]:
    """The stories as written."""
    return load()


def test_all_stories_are_there_in_order_of_time(mails: tuple[StoryMail, ...]) -> None:
    """Eight stories and the noise, 84 mails."""
    assert len(mails) == 84
    assert len({mail.story for mail in mails}) == 9
    assert [mail.date for mail in mails] == sorted(mail.date for mail in mails)


def test_labels_are_typed(mails: tuple[StoryMail, ...]) -> None:
    """Levels and signals are those of the core."""
    (mail,) = (m for m in mails if m.story == "a1-silent-then-tomorrow" and m.n == 6)
    assert mail.level is Level.ESCALATED
    assert mail.signals == (Signal.ULTIMATUM, Signal.CHURN_THREAT, Signal.PAYMENT_DISPUTE)


def test_newest_text_is_without_device_line_signature_and_quotes(mails: tuple[StoryMail, ...]) -> None:
    """What the writer's program adds is not counted as the writer's text."""
    texts = {(m.story[:2], m.n): m.newest_text for m in mails}
    assert texts["a1", 6].endswith("RB")
    assert texts["a1", 7].endswith("Mara Lindner")
    assert texts["a5", 6].startswith("Because you couldn't decide")
    assert "schwarz sein" not in texts["a3", 5]


def test_last_mail_is_of_today(mails: tuple[StoryMail, ...]) -> None:
    """The last mail's day is the given day; all keep their distance in days."""
    moved = shift(mails, NOW)
    assert moved[-1].date.astimezone(BERLIN).date() == NOW.date()
    days = {(after.date.date() - before.date.date()).days for before, after in zip(mails, moved, strict=True)}
    assert len(days) == 1


@pytest.mark.parametrize("month", range(1, 13))
def test_times_of_day_stay_in_the_sender_s_zone(mails: tuple[StoryMail, ...], month: int) -> None:
    """Mails of the night stay mails of the night, summer time or not, in Cologne as in Leeds."""
    moved = shift(mails, datetime(2027, month, 20, 15, 0, tzinfo=BERLIN))
    skipped = [
        (before, after)
        for before, after in zip(mails, moved, strict=True)
        if before.date.time() != after.date.time() and before.date.hour != 2  # 02:14 may be an hour that is skipped
    ]
    assert not skipped
    assert {mail.date.tzinfo for mail in moved} == {BERLIN, ZoneInfo("Europe/London")}


def test_no_mail_comes_from_the_future(mails: tuple[StoryMail, ...]) -> None:
    """At six in the morning the mail of half past eight has just come."""
    now = datetime(2027, 4, 14, 4, 0, tzinfo=UTC)
    moved = shift(mails, now)
    assert moved[-1].date == now
    assert all(mail.date <= now for mail in moved)


def test_message_ids_are_stable_and_unique(mails: tuple[StoryMail, ...]) -> None:
    """The same mail has the same Message-ID at every start, whatever the day."""
    ids = [message_id(mail) for mail in mails]
    assert len(set(ids)) == len(mails)
    assert ids == [message_id(mail) for mail in shift(mails, NOW)]
    assert all(i.startswith("<") and i.endswith(">") and i.count("@") == 1 for i in ids)


def test_threads_go_back_to_the_first_mail(mails: tuple[StoryMail, ...]) -> None:
    """References are the whole chain, the parent last."""
    threads = Threads(mails)
    (mail,) = (m for m in mails if m.story == "a1-silent-then-tomorrow" and m.n == 8)
    first, second, third = threads.references(mail)
    parent = threads.parent(mail)
    assert parent is not None
    assert third == message_id(parent)
    assert len({first, second, third}) == 3


def test_every_hot_draft_was_answered_otherwise_in_the_end(mails: tuple[StoryMail, ...]) -> None:
    """The stories tell that it was good to wait: each hot draft is followed by a calm mail that was sent."""
    threads = Threads(mails)
    hot = [mail for mail in mails if mail.folder is Folder.DRAFTS and mail.level > Level.CALM]
    sent = [threads.later_reply(draft) for draft in hot]
    assert len(hot) == 7
    assert all(reply is not None and reply.level is Level.CALM for reply in sent)


def test_distances_between_mails_stay(mails: tuple[StoryMail, ...]) -> None:
    """Two hours of silence stay two hours."""
    by_key = {(m.story[:2], m.n): m.date for m in shift(mails, NOW)}
    assert by_key["a1", 6] - by_key["a1", 4] == timedelta(hours=2, minutes=10, seconds=21)
