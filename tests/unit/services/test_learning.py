"""Corrections: the mail counts as the user says, thresholds move a little, and what is taken back leaves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from assistant.core.adaptation import STEP_CLIENT, STEP_COMMON
from assistant.core.draft import State
from assistant.core.escalation import Cue, JudgeInput, Level, Policy, Scores, Side
from assistant.services.judging import Judge, Writing
from assistant.services.learning import Learning, NotCorrected
from assistant.services.ledger import Incoming
from tests.unit.services.conftest import SETTLE, Studio, draft, mail

KAI, UTE = "kai@kunde.example", "ute@andere.example"


class Unsure:
    """A model that is 60 % sure of whatever ``(60)`` stands in the text, for all three questions."""

    policy = Policy()
    version = "one"

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        """The number in the text."""
        return [self._scores(item.text) for item in inputs]

    def score_sentences(self, sentences: Sequence[str], side: Side) -> list[float]:
        """The same of each sentence."""
        del side
        return [self._scores(sentence).p[0] for sentence in sentences]

    def _scores(self, text: str) -> Scores:
        number = text.partition("(")[2].partition(")")[0]
        p = int(number) / 100 if number else 0.01
        return Scores(p=(p, p, p))


@pytest.fixture
def model() -> Unsure:
    """The model of the test."""
    return Unsure()


@pytest.fixture
def learning(studio: Studio, model: Unsure) -> Learning:
    """What the studio has learnt; its intake judges by it."""
    learning = Learning(store=studio.store, classifier=model, clock=studio.clock)
    studio.judge = Judge(model, learnt=learning.adaptation)
    studio.intake = studio.new_intake()
    return learning


def receive(studio: Studio, case: int, sure: int, sender: str = KAI) -> Incoming:
    """A mail that the model takes for escalated with this certainty, in the ledger."""
    studio.server.add("INBOX", mail(case, f"So geht das nicht ({sure}).", sender=f"Kai Kunde <{sender}>"))
    studio.take_all()
    return found(studio, case)


def found(studio: Studio, case: int) -> Incoming:
    """The mail as the ledger has it now."""
    mail = studio.store.incoming_by_message_id("studio", f"<c{case}@kunde.example>")
    assert mail is not None
    return mail


def test_corrected_mail_has_the_users_level(studio: Studio, learning: Learning) -> None:
    """Listed so from then on; what was judged is still known."""
    seen = receive(studio, 1, 60)
    assert seen.level is Level.ESCALATED
    lesson = learning.correct(seen, Level.TENSE)
    assert (lesson.mail.level, lesson.mail.judged, lesson.mail.corrected) == (Level.TENSE, Level.ESCALATED, Level.TENSE)
    assert studio.store.list_incoming(limit=9) == (lesson.mail,)
    assert lesson.mail.corrected_at == studio.clock.now()


def test_correction_is_kept_with_all_that_it_rests_on(studio: Studio, learning: Learning) -> None:
    """Mail, client, levels, probabilities, the model's version and the time."""
    seen = receive(studio, 1, 60)
    kept = learning.correct(seen, Level.CALM).correction
    assert studio.store.corrections() == (kept,)
    assert kept is not None
    assert (kept.mail_id, kept.client, kept.level, kept.judged) == (seen.id, KAI, Level.CALM, Level.ESCALATED)
    assert (kept.p, kept.model, kept.at) == ((0.6, 0.6, 0.6), "one", studio.clock.now())


def test_one_correction_moves_thresholds_a_little(studio: Studio, learning: Learning) -> None:
    """More for the client than for others, and for nobody more than the bound."""
    lesson = learning.correct(receive(studio, 1, 60), Level.CALM)
    own = [t - 0.5 for t in lesson.after.policy(KAI).levels]
    others = [t - 0.5 for t in lesson.after.policy(UTE).levels]
    assert all(0 < other < mine <= STEP_CLIENT for mine, other in zip(own, others, strict=True))
    assert max(others) <= STEP_COMMON


def test_new_mail_is_judged_by_what_was_learnt(studio: Studio, learning: Learning) -> None:
    """After some agreeing corrections such a mail of this client is calm; the same words of somebody else are not."""
    for case in range(4):
        learning.correct(receive(studio, case, 60), Level.CALM)
    assert receive(studio, 10, 60).level is Level.CALM
    assert receive(studio, 11, 60, UTE).level is Level.ESCALATED
    assert receive(studio, 12, 95).level is Level.ESCALATED


def test_misses_make_it_more_watchful(studio: Studio, learning: Learning) -> None:
    """The other way round."""
    for case in range(4):
        learning.correct(receive(studio, case, 42), Level.HEATED)
    assert receive(studio, 10, 42).level is Level.HEATED
    assert receive(studio, 11, 42, UTE).level is Level.CALM


def test_own_drafts_and_mails_from_files_are_judged_as_ever(studio: Studio, learning: Learning) -> None:
    """Corrections of client mail say nothing about one's own words, nor about a mail from a file."""
    for case in range(4):
        learning.correct(receive(studio, case, 60), Level.CALM)
    own, file, client = studio.judge.assess(
        [
            Writing(text="(60)", side="own", client=KAI),
            Writing(text="(60)"),
            Writing(text="(60)", client=KAI),
        ]
    )
    assert (own.level, file.level, client.level) == (Level.ESCALATED, Level.ESCALATED, Level.CALM)


def test_taken_back_without_a_trace(studio: Studio, learning: Learning) -> None:
    """Level and thresholds are those from before, to the last digit; a second time there is nothing to take back."""
    first, second = receive(studio, 1, 60), receive(studio, 2, 70)
    learning.correct(first, Level.CALM)
    before = learning.adaptation()
    learning.correct(second, Level.TENSE)
    lesson = learning.take_back(second)
    assert lesson.after == before
    assert lesson.after.clients == before.clients
    assert lesson.mail == found(studio, 2) == second
    with pytest.raises(NotCorrected):
        learning.take_back(second)


def test_second_correction_of_a_mail_replaces_the_first(studio: Studio, learning: Learning) -> None:
    """Somebody who changes their mind is counted once."""
    seen = receive(studio, 1, 60)
    learning.correct(seen, Level.CALM)
    learning.correct(found(studio, 1), Level.ESCALATED)
    (kept,) = studio.store.corrections()
    assert (kept.level, kept.judged) == (Level.ESCALATED, Level.ESCALATED)
    assert learning.adaptation().policy(KAI).levels == Policy().levels


def test_what_would_be_judged_otherwise_is_counted(studio: Studio, learning: Learning) -> None:
    """Among the last mails, without those that were corrected themselves."""
    receive(studio, 1, 51)
    receive(studio, 2, 51, UTE)
    receive(studio, 3, 95)
    lesson = learning.correct(receive(studio, 4, 80), Level.CALM)
    assert (lesson.recent, lesson.calmer, lesson.hotter) == (3, 2, 0)
    lesson = learning.take_back(found(studio, 4))
    assert (lesson.recent, lesson.calmer, lesson.hotter) == (4, 0, 2)


def test_mail_that_was_never_judged_can_be_corrected_and_teaches_nothing(studio: Studio, learning: Learning) -> None:
    """A client's mail that was taken for a newsletter: its level counts, but no probability is known."""
    studio.server.add("INBOX", mail(1, "(60)", more="List-Unsubscribe: <https://x.example/u>\r\n"))
    studio.take_all()
    lesson = learning.correct(found(studio, 1), Level.HEATED)
    assert (lesson.mail.level, lesson.mail.set_aside is not None) == (Level.HEATED, True)
    assert lesson.after == lesson.before
    assert studio.store.latest_incoming_from("studio", [KAI], "katalog 1") == lesson.mail


def test_another_models_corrections_wait_until_it_was_asked(studio: Studio, learning: Learning, model: Unsure) -> None:
    """Its probabilities are on another scale: they count nothing, and after ``renew`` by what the new model says."""
    for case in range(4):
        learning.correct(receive(studio, case, 60), Level.CALM)
    learnt = learning.adaptation()
    model.version = "two"
    assert learning.adaptation().policy(KAI) == Policy()
    assert not any(learning.counts(one) for one in studio.store.corrections())
    assert found(studio, 1).level is Level.CALM
    assert learning.renew() == 4
    assert learning.renew() == 0
    assert learning.adaptation() == learnt
    assert {one.model for one in studio.store.corrections()} == {"two"}


def test_old_mail_is_asked_about_when_it_is_corrected(studio: Studio, learning: Learning, model: Unsure) -> None:
    """A mail that an earlier model judged teaches what the present one makes of it."""
    seen = receive(studio, 1, 60)
    model.version = "two"
    kept = learning.correct(seen, Level.CALM).correction
    assert kept is not None
    assert (kept.p, kept.model) == ((0.6, 0.6, 0.6), "two")


# --- drafts that answer a corrected mail -----------------------------------------------------------------------------


def test_held_draft_stays_held_until_the_user_decides(studio: Studio) -> None:
    """A correction is no release: row, hold and reasons are as before; it is named."""
    draft_id = studio.hold(level=1, client_level=3)
    before = studio.store.draft(draft_id)
    lesson = Learning(store=studio.store, classifier=studio.model, clock=studio.clock).correct(
        found(studio, 1), Level.CALM
    )
    assert lesson.held == (before,)
    studio.guard.run()
    assert studio.store.draft(draft_id) == before


def test_newer_decisions_go_by_the_corrected_level(studio: Studio) -> None:
    """An edit is cooled as an answer to calm mail; a new version in Drafts likewise."""
    learning = Learning(store=studio.store, classifier=studio.model, clock=studio.clock)
    draft_id = studio.hold(level=1, client_level=3)
    learning.correct(found(studio, 1), Level.CALM)
    edited = studio.desk.edit(draft_id, "Guten Tag, das sehe ich anders (1).")
    assert (edited.level_in, edited.hold_until - studio.clock.now()) == (Level.CALM, timedelta(minutes=10))
    studio.server.add("INBOX", mail(2, "So nicht (0)."))
    studio.take_all()
    learning.correct(found(studio, 2), Level.ESCALATED)
    studio.server.add("Drafts", draft(2, "Gern."), ["\\Draft"])
    studio.guard.run()
    studio.clock.forward(SETTLE)
    studio.guard.run()
    held = max(studio.store.drafts([State.HELD]), key=lambda row: row.id)
    assert (held.level_in, held.hold_until - studio.clock.now()) == (Level.ESCALATED, timedelta(hours=1))


# --- cues ------------------------------------------------------------------------------------------------------------


def test_cues_of_history_stand_beside_the_verdict(studio: Studio, learning: Learning) -> None:
    """A calm client, silent for a month, then three mails in an hour, the last one hot: named, never counted in."""
    del learning
    for case in range(8):
        studio.clock.forward(timedelta(weeks=1))
        assert receive(studio, case, 5).assessment.cues == ()  # type: ignore[union-attr]
    studio.clock.forward(timedelta(weeks=5))
    receive(studio, 20, 5)
    studio.clock.forward(timedelta(hours=1))
    studio.server.add("INBOX", mail(21, "Hallo? (5)", sender=KAI))
    studio.clock.forward(timedelta(minutes=1))
    last = receive(studio, 22, 40)  # the second and the third come in one batch
    assert last.assessment is not None
    assert last.assessment.cues == (Cue.RUSH, Cue.HOTTER)
    assert (last.level, last.assessment.scores.p) == (Level.CALM, (0.4, 0.4, 0.4))
    assert receive(studio, 23, 40, UTE).assessment.cues == ()  # type: ignore[union-attr]
