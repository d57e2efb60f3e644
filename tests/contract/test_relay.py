"""What every relay does, the fake and the real one: taken once, refused with a reason, or honestly unknown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.core.delivery import Answer
from tests.contract.relays import KINDS, MAIL, Post, Rig, envelope, rig


@pytest.fixture(params=KINDS)
def stand(request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Each relay, fresh."""
    with rig(request.param) as found:
        yield found


def test_a_mail_is_taken_once_with_its_bytes_and_its_envelope(stand: Rig) -> None:
    """Committed once, before the relay could have it."""
    post = Post()
    attempt = stand.relay.deliver(envelope("bob@example.org", "eve@example.org"), MAIL, committing=post)
    assert attempt.accepted == ("bob@example.org", "eve@example.org")
    assert (dict(attempt.refused), attempt.unknown, post.commits) == ({}, (), 1)
    (mail,) = stand.delivered()
    assert attempt.answer == Answer(code=250, text="2.0.0 Ok: queued as 1")
    assert (mail.sender, mail.recipients) == ("mara@studio.example", ("bob@example.org", "eve@example.org"))
    assert mail.content == MAIL


def test_a_refused_recipient_keeps_the_server_s_words_and_the_others_get_the_mail(stand: Rig) -> None:
    """Each recipient is in exactly one place."""
    answer = Answer(code=550, text="5.1.1 No such user")
    stand.refuse(answer, "eve@example.org")
    post = Post()
    attempt = stand.relay.deliver(
        envelope("bob@example.org", "eve@example.org", "zoe@example.org"), MAIL, committing=post
    )
    assert dict(post.refused) == {"eve@example.org": answer}
    assert attempt.accepted == ("bob@example.org", "zoe@example.org")
    assert dict(attempt.refused) == {"eve@example.org": answer}
    assert stand.delivered()[0].recipients == ("bob@example.org", "zoe@example.org")


def test_without_an_accepted_recipient_nothing_is_committed(stand: Rig) -> None:
    """The text is not even sent."""
    answer = Answer(code=450, text="4.2.0 Greylisted")
    stand.refuse(answer, "bob@example.org")
    post = Post()
    attempt = stand.relay.deliver(envelope(), MAIL, committing=post)
    assert dict(attempt.refused) == {"bob@example.org": answer}
    assert (attempt.accepted, attempt.unknown, post.commits, stand.delivered()) == ((), (), 0, [])


def test_a_second_attempt_after_greylisting_delivers(stand: Rig) -> None:
    """The relay remembers nothing of the first."""
    stand.refuse(Answer(code=450, text="4.2.0 Greylisted"), "bob@example.org")
    stand.relay.deliver(envelope(), MAIL, committing=Post())
    assert stand.relay.deliver(envelope(), MAIL, committing=Post()).accepted == ("bob@example.org",)
    assert len(stand.delivered()) == 1


@pytest.mark.parametrize("answer", [Answer(code=451, text="4.3.0 Later"), Answer(code=554, text="5.7.1 Spam")])
def test_a_refused_text_refuses_everybody(stand: Rig, answer: Answer) -> None:
    """4yz or 5yz at the end of the text: certain that it was not taken, although it was committed."""
    stand.refuse_text(answer)
    post = Post()
    attempt = stand.relay.deliver(envelope("bob@example.org", "eve@example.org"), MAIL, committing=post)
    assert dict(attempt.refused) == {"bob@example.org": answer, "eve@example.org": answer}
    assert (post.commits, stand.delivered()) == (1, [])


def test_a_connection_lost_before_the_end_refuses_for_now(stand: Rig) -> None:
    """Nothing was committed, so it may be tried again."""
    stand.break_off(behind_the_text=False)
    post = Post()
    attempt = stand.relay.deliver(envelope(), MAIL * 100_000, committing=post)
    assert attempt.refused["bob@example.org"].code == 0
    assert (attempt.accepted, attempt.unknown, post.commits, stand.delivered()) == ((), (), 0, [])


@pytest.mark.parametrize("taken", [True, False])
def test_a_connection_lost_behind_the_text_is_unknown(stand: Rig, taken: bool) -> None:
    """Whether the relay has taken it or not: nobody can tell from here."""
    stand.break_off(behind_the_text=True, taken=taken)
    post = Post()
    attempt = stand.relay.deliver(envelope(), MAIL, committing=post)
    assert (attempt.unknown, attempt.accepted, dict(attempt.refused)) == (("bob@example.org",), (), {})
    assert (post.commits, len(stand.delivered())) == (1, int(taken))


def test_what_committing_raises_ends_the_attempt_unsent(stand: Rig) -> None:
    """The ledger could not record the intent: then the mail must not go out."""
    post = Post(RuntimeError("ledger"))
    with pytest.raises(RuntimeError, match="ledger"):
        stand.relay.deliver(envelope(), MAIL, committing=post)
    assert stand.relay.deliver(envelope(), MAIL, committing=Post()).accepted
    assert len(stand.delivered()) == 1


def test_a_relay_on_loopback_files_nothing(stand: Rig) -> None:
    """Only the big providers do."""
    assert not stand.relay.files_sent
