"""What comes when: the schedule, and its delivery into a real mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from imapclient import DRAFT, SEEN, IMAPClient

from assistant.core.escalation import Level
from assistant.demo.feeder import Pace, Postman, Programme, deliver, programme, schedule
from assistant.demo.render import render
from assistant.demo.server import EmbeddedImap
from assistant.demo.stories import BERLIN, Folder, StoryMail, load

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=BERLIN)
PACE = Pace(mail=1, settle=4, notice=2)


@pytest.fixture(scope="module")
def plan() -> Programme:
    """The demo's programme."""
    return programme(NOW)


def drafts(mails: tuple[StoryMail, ...]) -> list[tuple[str, int]]:
    """Which drafts are among them."""
    return [(mail.story[:2], mail.n) for mail in mails if mail.folder is Folder.DRAFTS]


@pytest.mark.parametrize("hour", [0, 6, 9, 20])
def test_every_client_mail_of_the_stories_comes(hour: int) -> None:
    """Nothing of the inbox is left out, in order of time, nothing later than now, whenever the demo is started."""
    now = NOW.replace(hour=hour)
    plan = programme(now)
    inbox = [m.subject for m in plan.mails if m.folder is Folder.INBOX and m.story != "today"]
    assert inbox == [m.subject for m in load() if m.folder is Folder.INBOX]
    assert [m.date for m in plan.mails] == sorted(m.date for m in plan.mails)
    assert plan.live[-1].date == now


def test_drafts_that_were_thrown_away_are_not_in_the_past(plan: Programme) -> None:
    """The past holds no hot draft; the live part brings one that is answered otherwise, and those of today."""
    assert drafts(plan.past) == []
    assert drafts(plan.live) == [("a2", 5), ("a6", 10), ("to", 2), ("to", 4), ("to", 6)]


def test_today_s_scenes_show_a_hold_of_each_kind(plan: Programme) -> None:
    """Tense, heated and escalated mail; two hot drafts that stay, one calm that is left alone."""
    today = [m for m in plan.live if m.story == "today"]
    levels = sorted(m.level for m in today if m.folder is Folder.INBOX)
    assert levels == [Level.TENSE, Level.HEATED, Level.ESCALATED]
    assert sorted(m.level for m in today if m.folder is Folder.DRAFTS) == [Level.CALM, Level.HEATED, Level.HEATED]
    assert not [m for m in today if m.folder is Folder.SENT]
    assert all(passage in m.text for m in today for passage in m.hot)


def test_answer_waits_until_the_draft_is_held(plan: Programme) -> None:
    """Mara's own better answer comes after her draft was taken away, and the viewer had time to see it."""
    steps = {(step.mail.story[:2], step.mail.n): step for step in schedule(plan.live, PACE)}
    after = steps["a2", 6].after
    assert after is not None
    assert (after.n, after.folder) == (5, Folder.DRAFTS)
    assert steps["a2", 6].wait == PACE.notice
    assert steps["a2", 7].wait == PACE.mail
    assert steps["a2", 5].wait == 2 * PACE.mail
    assert [step.mail.n for step in steps.values() if step.after] == [6]


def test_all_unfolds_within_half_a_minute(plan: Programme) -> None:
    """With the default pace and settling the last draft is held before half a minute is over."""
    pace = Pace()
    total = sum(step.wait for step in schedule(plan.live, pace))
    assert 15 < total + 2 * pace.settle < 35


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedImap]:
    """An empty mailbox."""
    with EmbeddedImap(tmp_path, {"mara": "gelassen"}) as running:
        yield running


def contents(server: EmbeddedImap, folder: str) -> list[tuple[bytes, tuple[bytes, ...], datetime]]:
    """Bytes, flags and time of arrival of all mails in a folder."""
    with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
        client.normalise_times = False
        client.login("mara", "gelassen")
        client.select_folder(folder, readonly=True)
        fetched = client.fetch(client.search(), ["BODY.PEEK[]", "FLAGS", "INTERNALDATE"])
        return [(data[b"BODY[]"], data[b"FLAGS"], data[b"INTERNALDATE"]) for _, data in sorted(fetched.items())]


def test_mail_arrives_as_it_was_sent(server: EmbeddedImap, plan: Programme) -> None:
    """Folder, flags, bytes and time of arrival are right; a client's mail is unread."""
    waits: list[float] = []

    def note(seconds: float) -> bool:
        waits.append(seconds)
        return False

    assert deliver(server, "mara", plan, pace=PACE, wait=note)
    for folder, name in ((Folder.INBOX, "INBOX"), (Folder.SENT, "Gesendet"), (Folder.DRAFTS, "Entwürfe")):
        expected = [mail for mail in plan.mails if mail.folder is folder]
        found = contents(server, name)
        assert [raw for raw, _, _ in found] == [render(mail, plan.threads) for mail in expected]
        assert [at for _, _, at in found] == [mail.date.replace(microsecond=0) for mail in expected]
        assert all((SEEN in flags) == (folder is Folder.SENT) for _, flags, _ in found)
        assert all((DRAFT in flags) == (folder is Folder.DRAFTS) for _, flags, _ in found)


def test_end_is_obeyed_at_once(server: EmbeddedImap, plan: Programme) -> None:
    """When the demo ends, nothing more is delivered."""
    assert not deliver(server, "mara", plan, pace=PACE, wait=lambda _: True)
    assert len(contents(server, "INBOX")) == len([m for m in plan.past if m.folder is Folder.INBOX])


def test_live_part_waits_until_the_past_is_judged(server: EmbeddedImap, plan: Programme) -> None:
    """Nothing comes before the daemon is ready; the readiness is asked for again and again, with pauses."""
    answers = iter([False, False, True])
    waits: list[float] = []

    def note(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) > 2

    assert not deliver(server, "mara", plan, pace=PACE, wait=note, ready=lambda: next(answers, True))
    assert waits == [0.5, 0.5, PACE.mail]


def test_answer_comes_when_the_draft_has_gone(server: EmbeddedImap, plan: Programme) -> None:
    """The postman looks into Drafts; as soon as the draft was moved away he goes on."""
    draft, answer = (m for m in plan.live if (m.story[:2], m.n) in {("a2", 5), ("a2", 6)})
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 4:
            take_away(server)
        return False

    with Postman(server, "mara", plan.threads) as postman:
        assert postman.deliver_all(schedule([draft, answer], PACE), PACE, wait)
    assert waits == [2 * PACE.mail, 0.5, 0.5, 0.5, PACE.notice]


def test_answer_comes_also_when_the_draft_stays(server: EmbeddedImap, plan: Programme) -> None:
    """A draft that is not held does not stop the demo for ever."""
    draft, answer = (m for m in plan.live if (m.story[:2], m.n) in {("a2", 5), ("a2", 6)})
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    with Postman(server, "mara", plan.threads) as postman:
        assert postman.deliver_all(schedule([draft, answer], PACE), PACE, wait)
    assert sum(waits) < PACE.settle + PACE.patience
    assert len(contents(server, "Gesendet")) == 1


def take_away(server: EmbeddedImap) -> None:
    """What the daemon does with a draft."""
    with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
        client.login("mara", "gelassen")
        client.select_folder("Entwürfe")
        client.move(client.search(), "Papierkorb")
