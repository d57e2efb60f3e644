"""Queue and draft over plain HTTP, as a browser without scripts uses them: everything that can be decided."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest

from assistant.core.delivery import Answer
from assistant.core.draft import State
from tests.unit.services.conftest import Studio, draft
from tests.web.conftest import Pages, Visitor


class Reader:
    """A visitor with one draft open."""

    def __init__(self, pages: Pages, number: int) -> None:
        self.visitor: Visitor = pages.visitor()
        self.studio = pages.studio
        self.number = number
        self.token = self.visitor.get(f"/drafts/{number}").token

    @property
    def page(self) -> str:
        """The page as it stands, without entities."""
        return html.unescape(self.visitor.get(f"/drafts/{self.number}").text)

    def do(self, deed: str, **form: str) -> str:
        """Send a form; the page that the browser ends on."""
        answer = self.visitor.post(f"/drafts/{self.number}/{deed}", {"token": self.token, **form})
        if answer.status == 200:
            return html.unescape(answer.text)
        assert (answer.status, answer.headers["location"]) == (303, f"/drafts/{self.number}")
        return self.page

    def is_now(self, state: State) -> bool:
        """Where the draft stands."""
        return self.studio.desk.case(self.number).draft.state is state

    @property
    def digest(self) -> str:
        """Of the version that is held."""
        return self.studio.desk.case(self.number).draft.digest


@pytest.fixture
def reader(pages: Pages, studio: Studio) -> Reader:
    """A hot draft that answers a heated mail."""
    return Reader(pages, studio.hold())


def test_the_queue_tells_at_a_glance(pages: Pages, studio: Studio) -> None:
    """Nothing there; something cools; something needs the user."""
    visitor = pages.visitor()
    assert "Alles ruhig" in visitor.get("/").text
    number = studio.hold(level=2)
    cooling = visitor.get("/").text
    assert "Gerade ist nichts zu tun" in cooling
    assert f"/drafts/{number}" in cooling
    assert "kai@kunde.example" in cooling
    studio.clock.forward(timedelta(days=3))
    assert "1 Antwort braucht Sie" in visitor.get("/").text


def test_the_page_speaks_the_language_of_the_browser(pages: Pages) -> None:
    """German or English, the preferred one first; English for all others."""
    visitor = pages.visitor()
    for accepted, said in {"de-AT,en;q=0.5": "Alles ruhig", "en-GB,de;q=0.9": "All calm", "fr": "All calm"}.items():
        assert said in visitor.get("/", Accept_Language=accepted).text


def test_facts_first_and_the_texts_on_request(reader: Reader) -> None:
    """Before the user has looked at their mood, neither the own text nor a hot word of the client's is in sight."""
    page = reader.page
    assert "Worum es geht" in page
    assert "In einem Wort" in page
    assert "<textarea" not in page
    assert "Originalmail zeigen" in page
    assert "Ihre Schuld" not in page
    opened = reader.do("open", mood="wütend")
    assert "Ihre Schuld (3)." in opened
    assert "wütend" not in opened
    assert "In einem Wort" not in reader.page


def test_edit_judge_and_approve_by_hash(reader: Reader) -> None:
    """A new version is judged and voids the approval; only the version that was shown can be approved."""
    reader.do("open")
    shown = reader.digest
    assert "Genau diese Fassung" in reader.page
    assert "haben Sie freigegeben" in reader.do("approve", hash=shown)
    edited = reader.do("edit", text="Guten Tag, ich melde mich morgen (0).\r\nMara")
    assert "ruhig" in edited
    assert "haben Sie freigegeben" not in edited
    assert "hat sich inzwischen geändert" in reader.do("approve", hash=shown)
    assert not reader.studio.desk.case(reader.number).draft.reviewed
    assert "<del>" in edited
    assert "<ins>" in edited
    assert "\r" not in reader.studio.desk.case(reader.number).draft.text


def test_trying_saves_nothing(reader: Reader) -> None:
    """A suggestion in the editor, or below the text, or the text judged: the held version stays."""
    before = reader.digest
    (first, *_) = reader.studio.desk.case(reader.number).suggestions
    taken = reader.do("try", text="Unsinn", take=first.template)
    assert first.text.splitlines()[0] in taken
    assert "Noch nicht gespeichert" in taken
    added = reader.do("try", text="Mein Satz.", add=first.template)
    assert "Mein Satz." in added
    assert first.text.splitlines()[-1] in added
    assert "eskaliert" in reader.do("try", text="So nicht (3)!")
    assert reader.digest == before


def test_release_when_cooled_and_approved(reader: Reader) -> None:
    """Back into Drafts, byte for byte; before that the button is not even there, and the form is refused."""
    reader.do("open")
    assert "noch nicht abgekühlt" in reader.do("release")
    assert reader.is_now(State.HELD)
    reader.do("approve", hash=reader.digest)
    reader.studio.clock.forward(timedelta(days=3))
    assert "Zurück in die Entwürfe" in reader.page
    assert "liegt wieder bei den Entwürfen" in reader.do("release")
    assert reader.studio.server.raws("Drafts") == [draft(1, "Das ist Ihre Schuld (3).")]


def test_send_from_here(reader: Reader) -> None:
    """Out through the relay, once."""
    reader.do("open")
    reader.do("approve", hash=reader.digest)
    reader.studio.clock.forward(timedelta(days=3))
    assert "Gesendet." in reader.do("release", send="1")
    assert len(reader.studio.relay.delivered) == 1
    reader.do("release", send="1")
    assert len(reader.studio.relay.delivered) == 1


def test_send_now_needs_a_reason(reader: Reader) -> None:
    """Without one nothing happens; with one it is counted."""
    reader.do("open")
    assert "sagen Sie bitte, warum" in reader.do("release", now="1", send="1", reason="  ")
    assert reader.is_now(State.HELD)
    reader.do("release", now="1", send="1", reason="Frist heute")
    assert reader.is_now(State.SENT)
    assert "Frist heute" in reader.page


def test_extend_discard_and_undo(reader: Reader) -> None:
    """Two hours more; to Trash and back."""
    before = reader.studio.desk.case(reader.number).draft.hold_until
    reader.do("extend", minutes="120")
    assert reader.studio.desk.case(reader.number).draft.hold_until == before + timedelta(hours=2)
    reader.do("extend", minutes="-5")
    assert reader.studio.desk.case(reader.number).draft.hold_until == before + timedelta(hours=2, minutes=30)
    assert "Rückgängig machen" in reader.do("discard")
    assert reader.is_now(State.DISCARDED)
    reader.do("undo")
    assert reader.is_now(State.HELD)


def test_an_uncertain_mail_is_asked_about_first(reader: Reader) -> None:
    """On the queue, and at the top of its page; the answer settles it."""
    reader.do("approve", hash=reader.digest)
    reader.studio.clock.forward(timedelta(days=3))
    reader.studio.relay.break_off(behind_the_text=True)
    assert "weiß niemand" in reader.do("release", send="1")
    assert "Bitte ansehen" in reader.visitor.get("/").text
    assert "Ist diese Mail angekommen?" in reader.page
    reader.do("resolve", answer="not_sent")
    assert reader.is_now(State.HELD)


def test_a_failed_mail_says_why_in_the_provider_s_words(reader: Reader) -> None:
    """And can be tried again."""
    reader.do("approve", hash=reader.digest)
    reader.studio.clock.forward(timedelta(days=3))
    reader.studio.relay.refuse(Answer(code=550, text="5.1.1 No such user here"))
    assert "No such user here" in reader.do("release", send="1")
    reader.do("release", send="1")
    assert reader.is_now(State.SENT)


def test_a_draft_that_is_not_there(pages: Pages) -> None:
    """404 in words, also for a page nobody has written."""
    visitor = pages.visitor()
    for path in ("/drafts/99", "/drafts/x", "/nothing"):
        answer = visitor.get(path)
        assert answer.status == 404
        assert "Hier ist nichts" in answer.text


def test_judging_while_typing_stores_nothing(reader: Reader) -> None:
    """Level, words and hot passages of a text that nobody saved."""
    answer = reader.visitor.post("/judge", {"token": reader.token, "subject": "", "text": "Guten Tag. So nicht (3)!"})
    assert answer.status == 200
    assert '"level":3' in answer.text
    assert '"hot":["So nicht (3)!"]' in answer.text
    assert len(reader.studio.desk.case(reader.number).versions) == 1
