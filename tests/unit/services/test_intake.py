"""Incoming mail: what is new is judged once, newest first, and one bad mail stops nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.core.escalation import Assessment, Cue, Level
from assistant.core.message import SetAside, Unassessed
from assistant.errors import Gone, ModelError
from assistant.services.judging import Writing
from tests.unit.services.conftest import Studio, mail


def test_what_the_ledger_lacks_is_to_do_newest_first(studio: Studio) -> None:
    """The ledger is the checkpoint: after a batch only the rest is missing."""
    uids = [studio.server.add("INBOX", mail(n, "Danke.")) for n in range(3)]
    uidvalidity, missing = studio.intake.missing()
    assert missing == tuple(reversed(uids))
    assert studio.intake.take_batch(uidvalidity, missing[:1]) == 1
    assert studio.intake.missing()[1] == missing[1:]


def test_nothing_is_judged_twice(studio: Studio) -> None:
    """A batch that is repeated after a crash stores and tells nothing new."""
    studio.server.add("INBOX", mail(1, "Das ist frech (2)."))
    uidvalidity, uids = studio.intake.missing()
    assert studio.intake.take_batch(uidvalidity, uids) == 1
    assert studio.intake.take_batch(uidvalidity, uids) == 0
    assert len(studio.store.list_incoming(limit=9)) == 1


def test_level_text_and_suggestions_are_stored(studio: Studio) -> None:
    """A heated mail of this week gets its level, hot passages and two or three replies."""
    studio.server.add("INBOX", mail(1, "Das ist frech (2)!"))
    studio.take_all()
    (found,) = studio.store.list_incoming(limit=9)
    assert found.level is Level.HEATED
    assert found.assessment is not None
    assert found.assessment.hot == ("Das ist frech (2)!",)
    names = [suggestion.template for suggestion in studio.store.suggestions(found.id)]
    assert len(names) in {2, 3}
    assert names[0] == "acknowledge"


def test_old_mail_gets_no_suggestions(studio: Studio) -> None:
    """Mail older than seven days is judged, and nobody is going to answer it now."""
    studio.server.add("INBOX", mail(1, "Das ist frech (2)!"))
    studio.clock.forward(timedelta(days=8))
    studio.take_all()
    (found,) = studio.store.list_incoming(limit=9)
    assert found.level is Level.HEATED
    assert studio.store.suggestions(found.id) == ()


def test_own_and_bulk_mail_is_set_aside(studio: Studio) -> None:
    """It is listed with the reason and has no level."""
    studio.server.add("INBOX", mail(1, "Hallo (3)", sender="mara@studio.example"))
    studio.server.add("INBOX", mail(2, "Rabatt (3)!", more="List-Unsubscribe: <https://x.example/u>\r\n"))
    studio.take_all()
    assert {m.set_aside for m in studio.store.list_incoming(limit=9)} == {SetAside.OWN, SetAside.BULK}
    assert all(m.level is None for m in studio.store.list_incoming(limit=9))


def test_one_mail_that_upsets_the_model_stops_no_other(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is unassessed with the reason; the rest of its batch is judged."""
    real = studio.judge.assess

    def picky(writings: list[Writing]) -> list[Assessment]:
        if any("Gift" in writing.text for writing in writings):
            raise ZeroDivisionError
        return real(writings)

    monkeypatch.setattr(studio.judge, "assess", picky)
    studio.server.add("INBOX", mail(1, "Gift (2)"))
    studio.server.add("INBOX", mail(2, "Frech (2)"))
    studio.take_all()
    by_subject = {m.subject: m for m in studio.store.list_incoming(limit=9)}
    assert by_subject["Katalog 1"].unassessed is Unassessed.UNREADABLE
    assert by_subject["Katalog 2"].level is Level.HEATED


def test_missing_model_stores_nothing(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail stays to do, for the day when the model is back."""

    def broken(writings: list[Writing]) -> list[Assessment]:
        raise ModelError("gone")

    monkeypatch.setattr(studio.judge, "assess", broken)
    studio.server.add("INBOX", mail(1, "Frech (2)"))
    with pytest.raises(ModelError):
        studio.take_all()
    assert len(studio.intake.missing()[1]) == 1


def test_change_of_uidvalidity_between_two_commands_is_told(studio: Studio) -> None:
    """Gone, so that the caller looks again; no mail is stored under a wrong key."""
    studio.server.add("INBOX", mail(1, "Danke."))
    uidvalidity, uids = studio.intake.missing()
    studio.server.folders["INBOX"].uidvalidity += 1
    with pytest.raises(Gone):
        studio.intake.take_batch(uidvalidity, uids)
    assert studio.take_all() == 1


def test_mail_that_a_draft_answers_is_judged_on_demand(studio: Studio) -> None:
    """The first pass may not have come to it yet."""
    studio.server.add("INBOX", mail(1, "Frech (2)"))
    found = studio.intake.find(["<nowhere@kunde.example>", "<c1@kunde.example>"])
    assert found is not None
    assert found.level is Level.HEATED
    assert studio.intake.find(["<nowhere@kunde.example>"]) is None


def test_heated_mail_is_marked_only_where_wanted(studio: Studio) -> None:
    """Without mark_mail no flag changes; with it the heated mail gets a keyword."""
    uid = studio.server.add("INBOX", mail(1, "Frech (2)"))
    studio.take_all()
    assert studio.server.folders["INBOX"].messages[uid].flags == set()
    other = studio.server.add("INBOX", mail(2, "Frech (3)"))
    studio.intake = studio.new_intake(mark_mail=True)
    studio.take_all()
    assert studio.server.folders["INBOX"].messages[other].flags == {"GelassenEscalated"}


def test_first_pass_can_be_limited_by_age(studio: Studio) -> None:
    """Older mail is not even listed."""
    studio.server.add("INBOX", mail(1, "Danke."))
    studio.clock.forward(timedelta(days=100))
    studio.intake = studio.new_intake(first_pass=timedelta(days=90))
    assert studio.intake.missing()[1] == ()


def test_first_pass_goes_backwards_and_looks_back_once(studio: Studio) -> None:
    """What a client's mail stands out from is read after it; then the cue is added, beside the judgement as it was."""
    for week in range(8):
        studio.clock.forward(timedelta(weeks=1))
        studio.server.add("INBOX", mail(week, "Danke (0)."))
    studio.clock.forward(timedelta(weeks=1))
    studio.server.add("INBOX", mail(8, "So nicht (3)!"))
    uidvalidity, uids = studio.intake.missing()
    for uid in uids:
        studio.intake.take_batch(uidvalidity, [uid])
    before = studio.store.list_incoming(limit=1)[0]
    assert before.assessment is not None
    assert before.assessment.cues == ()
    studio.intake.look_back()
    after = studio.store.list_incoming(limit=1)[0]
    assert after == replace(before, assessment=replace(before.assessment, cues=(Cue.HOTTER,)))
    assert all(m.assessment and m.assessment.cues == () for m in studio.store.list_incoming(limit=9)[1:])
    studio.store.add_cues(after.id, [Cue.HOTTER])
    assert studio.store.list_incoming(limit=1)[0] == after


def test_journal_names_no_content(studio: Studio) -> None:
    """Ids, levels and reasons only."""
    studio.server.add("INBOX", mail(1, "Frech (2)"))
    studio.take_all()
    assert studio.told == [("mail_judged", {"account": "studio", "uid": 1, "level": 2})]
