"""The newest text of letters in the formats of real mail programs, and of mail written out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.adapters.mime import parse, split
from tests.fixtures.mails import render
from tests.fixtures.mails.odd import ODD, Odd

MAILS = Path(render.__file__).parent
LETTERS = sorted([*MAILS.glob("letters/*.eml"), *MAILS.glob("heldout/*.eml"), *MAILS.glob("second/*.eml")])
OWN = frozenset({"anna@berger-design.example"})


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_newest_text_of_a_letter(path: Path) -> None:
    """Exactly what was written comes out: no quotation, no added line, nothing lost; and it is judged."""
    message = parse(split(path.read_bytes()), own=OWN)
    assert message.newest_text == path.with_suffix(".txt").read_text("utf-8").rstrip("\n")
    assert (message.set_aside, message.unassessed) == (None, None)


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_same_text_as_a_draft(path: Path) -> None:
    """One's own drafts are read in the same way."""
    whole = split(path.read_bytes())
    assert parse(whole, side="own").newest_text == parse(whole).newest_text


def test_fixtures_are_what_their_sources_say(tmp_path: Path) -> None:
    """The committed mails are those that render.py makes of the texts beside it."""
    render.render(MAILS / "letters.txt", tmp_path / "letters")
    render.written(MAILS / "heldout.txt", tmp_path / "heldout")
    render.written(MAILS / "second.txt", tmp_path / "second")
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.glob("*/*.*")}
    assert made == {path.relative_to(MAILS): path.read_bytes() for path in MAILS.glob("*/*.*") if path.suffix != ".pyc"}


def test_reply_that_is_only_begun() -> None:
    """A draft that holds nothing but the other's words has no words of the user's."""
    odd = ODD["answer-below-unmarked"]
    assert parse(split(odd.raw), side="own").newest_text == ""
    assert "furchtbar" in parse(split(odd.raw)).newest_text


def test_quotation_is_kept_for_reviews() -> None:
    """What was removed as a quotation can be shown beside the answer."""
    message = parse(split((MAILS / "letters/gmail-de-reply.eml").read_bytes()))
    assert "leider kamen die Texte zu spät" in message.quoted_text


def test_there_are_enough_letters() -> None:
    """At least eighty letters, each with its text."""
    assert len(LETTERS) >= 100
    assert all(path.with_suffix(".txt").exists() for path in LETTERS)


@pytest.mark.parametrize("name", ODD)
def test_odd_mail(name: str) -> None:
    """A broken or unusual mail is read, set aside, or unassessed with the reason, as noted beside it."""
    odd: Odd = ODD[name]
    message = parse(split(odd.raw), own=OWN)
    assert (message.set_aside, message.unassessed) == (odd.set_aside, odd.unassessed)
    assert (message.sender.address if message.sender else None) == odd.sender
    if odd.text is not None:
        assert message.newest_text == odd.text
    if odd.subject is not None:
        assert message.subject == odd.subject
    assert odd.text is not None or message.newest_text


@pytest.mark.parametrize("name", ODD)
def test_odd_mail_as_a_draft(name: str) -> None:
    """A draft is never set aside."""
    assert parse(split(ODD[name].raw), own=OWN, side="own").set_aside is None
