"""Acknowledge now and the second opinion, over plain HTTP as a browser without scripts uses them."""

from __future__ import annotations

import html
import re
from datetime import timedelta

from assistant.core.delivery import Answer
from assistant.core.draft import State
from tests.fakes_relay import LOST, Plan
from tests.unit.services.conftest import Studio, mail
from tests.web.conftest import Pages, Visitor


def page(visitor: Visitor, path: str) -> str:
    """A page, without entities."""
    return html.unescape(visitor.get(path).text)


def press(visitor: Visitor, path: str, **more: str) -> str:
    """Send the form of a page as it stands; the page that the browser ends on."""
    shown = visitor.get(path)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
    answer = visitor.post(path, {**fields, **more})
    if answer.status == 200:
        return html.unescape(answer.text)
    assert answer.status == 303
    return page(visitor, answer.headers["location"])


def test_one_click_from_the_draft_to_the_receipt(pages: Pages, studio: Studio) -> None:
    """The draft page offers it at once; what goes out is shown; it goes once; the page says that it went."""
    number = studio.hold()
    visitor = pages.visitor()
    assert 'href="/acknowledge/1"' in page(visitor, f"/drafts/{number}")
    shown = page(visitor, "/acknowledge/1")
    assert "Kai Kunde <kai@kunde.example>" in shown
    assert "Re: Katalog 1" in shown
    assert "Donnerstag, 19. November" in shown
    assert "So geht das nicht" not in shown
    after = press(visitor, "/acknowledge/1")
    assert "Gesendet." in after
    assert "Der Eingang ist bestätigt" in after
    assert len(studio.relay.delivered) == 1
    assert "Eingang bestätigt: " in page(visitor, f"/drafts/{number}")
    assert "Diese Bestätigung senden" not in after


def test_a_second_window_sends_nothing_more(pages: Pages, studio: Studio) -> None:
    """Two tabs with the same form: the second is told so."""
    studio.hold()
    visitor = pages.visitor()
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', visitor.get("/acknowledge/1").text))
    for _ in range(2):
        assert visitor.post("/acknowledge/1", fields).status == 303
    assert "Doppelt geht nichts hinaus" in page(visitor, "/acknowledge/1")
    assert len(studio.relay.delivered) == 1


def test_without_a_relay_it_goes_into_drafts(pages: Pages, studio: Studio) -> None:
    """The button says so, and the page says where it lies."""
    studio.has_relay = False
    studio.hold()
    visitor = pages.visitor()
    assert "Diese Bestätigung in die Entwürfe legen" in page(visitor, "/acknowledge/1")
    assert "Sie liegt bei Ihren Entwürfen" in press(visitor, "/acknowledge/1")
    assert len(studio.server.raws("Drafts")) == 1


def test_what_could_not_be_sent_is_told(pages: Pages, studio: Studio) -> None:
    """The provider is away: later by itself. It refuses: here it stands. It said nothing: nobody knows."""
    said = {}
    for case in range(1, 4):
        studio.server.add("INBOX", mail(case, "So geht das nicht (2)."))
    studio.take_all()
    visitor = pages.visitor()
    for path, plan in {
        "/acknowledge/1": Plan(before=LOST),
        "/acknowledge/2": Plan(text=Answer(code=554, text="5.7.1 no"), taken=False),
        "/acknowledge/3": Plan(lost=True),
    }.items():
        studio.relay.plan(plan)
        said[path] = press(visitor, path)
    assert "Der Anbieter war noch nicht zu erreichen" in said["/acknowledge/1"]
    assert "Der Anbieter hat die Mail abgelehnt" in said["/acknowledge/2"]
    assert "weiß niemand" in said["/acknowledge/3"]
    (failed,) = studio.store.drafts([State.FAILED])
    token = visitor.get(f"/drafts/{failed.id}").token
    visitor.post(f"/drafts/{failed.id}/release", {"token": token, "send": "1"})
    assert studio.desk.case(failed.id).draft.state is State.SENT


def test_after_six_hours_queue_and_draft_press_upon_it(pages: Pages, studio: Studio) -> None:
    """Not before, and not when the client was told."""
    number = studio.hold()
    visitor = pages.visitor()
    assert "Auch Warten kostet" not in page(visitor, "/")
    studio.clock.forward(timedelta(hours=6))
    assert "Auch Warten kostet" in page(visitor, "/")
    assert "Seit mehr als sechs Stunden" in page(visitor, f"/drafts/{number}")
    press(visitor, "/acknowledge/1")
    assert "Auch Warten kostet" not in page(visitor, "/")
    assert "Seit mehr als sechs Stunden" not in page(visitor, f"/drafts/{number}")


def test_mails_that_are_not_there(pages: Pages) -> None:
    """A page that says so."""
    visitor = pages.visitor()
    assert visitor.get("/acknowledge/9").status == 404
