"""The mails' pages over plain HTTP: what was judged and why, filters, and the user's correction."""

from __future__ import annotations

import html
from datetime import timedelta

from assistant.core.escalation import Level
from tests.unit.services.conftest import Studio, mail
from tests.web.conftest import Pages, Visitor


def came(studio: Studio, case: int, text: str, *, sender: str = "Kai Kunde <kai@kunde.example>", more: str = "") -> int:
    """A mail comes and is judged; its number."""
    studio.server.add("INBOX", mail(case, text, sender=sender, more=more))
    studio.take_all()
    studio.clock.forward(timedelta(minutes=1))
    return max(one.id for one in studio.store.list_incoming(limit=99))


def shown(visitor: Visitor, path: str = "/mails") -> list[int]:
    """The numbers of the mails on a page, in its order."""
    return [int(part.partition('"')[0]) for part in visitor.get(path).text.split('class="row" href="/mails/')[1:]]


def test_the_newest_first_with_the_reasons(pages: Pages, studio: Studio) -> None:
    """Level, signals, and why a mail has none; an empty ledger says so."""
    visitor = pages.visitor()
    assert "Noch wurde keine Mail angesehen" in visitor.get("/mails").text
    hot = came(studio, 1, "So nicht (2).")
    letter = came(studio, 2, "Neues", sender="News <news@news.example>", more="List-Id: <news.news.example>\r\n")
    assert shown(visitor) == [letter, hot]
    page = visitor.get("/mails").text
    assert '<span class="heat heat-2">gereizt</span>' in page
    assert "Mailingliste" in page
    assert "Beiseitegelegt und nicht beurteilt: Mailingliste." in visitor.get(f"/mails/{letter}").text


def test_filters(pages: Pages, studio: Studio) -> None:
    """By level, what was done, account and client; a filter of no meaning is none."""
    calm = came(studio, 1, "Danke (0).")
    hot = came(studio, 2, "So nicht (2).", sender="Änne Ämsig <anne@other.example>")
    aside = came(studio, 3, "Neues", sender="News <news@news.example>", more="List-Id: <news.news.example>\r\n")
    visitor = pages.visitor()
    found = {
        "kind=2": [hot],
        "kind=3": [],
        "kind=judged": [hot, calm],
        "kind=set_aside": [aside],
        "kind=unassessed": [],
        "kind=x": [aside, hot, calm],
        "account=studio": [aside, hot, calm],
        "account=other": [],
        f"client={calm}": [calm],
        f"client={hot}&kind=judged": [hot],
    }
    assert {query: shown(visitor, f"/mails?{query}") for query in found} == found


def test_a_client_is_found_without_an_address_in_the_address(pages: Pages, studio: Studio) -> None:
    """By a part of name or address; whoever is not there is not found; no URL of the page holds a name."""
    anne = came(studio, 1, "Danke (0).", sender="Anne Other <anne@other.example>")
    came(studio, 2, "Danke (0).")
    visitor = pages.visitor()
    token = visitor.get("/mails").token
    answer = visitor.post("/mails/find", {"token": token, "sender": "other.ex"})
    assert answer.headers["location"] == f"/mails?client={anne}"
    assert shown(visitor, answer.headers["location"]) == [anne]
    assert visitor.post("/mails/find", {"token": token, "sender": "nobody"}).headers["location"] == "/mails"
    page = visitor.get("/mails").text
    assert "hat niemand geschrieben" in page
    assert not any("other" in part.partition('"')[0] for part in page.split('href="')[1:])


def test_fifty_on_a_page(pages: Pages, studio: Studio) -> None:
    """The next page goes on where this one ends, with the same filter, and leads back."""
    for case in range(1, 54):
        studio.server.add("INBOX", mail(case, "So nicht (2)."))
    studio.take_all()
    visitor = pages.visitor()
    first = shown(visitor, "/mails?kind=2")
    assert len(first) == 50
    page = html.unescape(visitor.get("/mails?kind=2").text)
    assert f"/mails?kind=2&beyond={first[-1]}" in page
    second = shown(visitor, f"/mails?kind=2&beyond={first[-1]}")
    assert len(second) == 3
    assert not set(first) & set(second)
    last = visitor.get(f"/mails?kind=2&beyond={first[-1]}").text
    assert "Ältere" not in last
    assert 'href="/mails?kind=2">Die neuesten' in last


def test_a_mail_with_its_text_folded_away(pages: Pages, studio: Studio) -> None:
    """Facts and reasons first; the hot passage is marked where the text opens; title and address tell nothing of it."""
    number = came(studio, 1, "Wann kommt die Datei? So nicht (2)!")
    page = html.unescape(pages.visitor().get(f"/mails/{number}").text)
    assert f"<title>Mail {number} · Gelassen</title>" in page
    assert "Wann kommt die Datei?" in page.partition("<details>")[0]
    assert "So nicht" not in page.partition("<details>")[0]
    assert "<mark>So nicht (2)!</mark>" in page.partition("<details>")[2]
    assert f"/acknowledge/{number}" in page


def test_a_receipt_is_not_offered_for_old_or_calm_mail(pages: Pages, studio: Studio) -> None:
    """Only for a heated one of the last days."""
    calm = came(studio, 1, "Danke (0).")
    hot = came(studio, 2, "So nicht (2).")
    visitor = pages.visitor()
    assert "/acknowledge/" not in visitor.get(f"/mails/{calm}").text
    assert "/acknowledge/" in visitor.get(f"/mails/{hot}").text
    studio.clock.forward(timedelta(days=8))
    assert "/acknowledge/" not in visitor.get(f"/mails/{hot}").text


def test_correct_and_take_it_back(pages: Pages, studio: Studio) -> None:
    """One click; the page tells what that changes, as the terminal does; the list shows it; another click undoes it."""
    number = came(studio, 1, "So nicht (2).")
    visitor = pages.visitor()
    token = visitor.get(f"/mails/{number}").token
    answer = visitor.post(f"/mails/{number}/correct", {"token": token, "level": "0"})
    assert (answer.status, answer.headers["location"]) == (303, f"/mails/{number}")
    page = visitor.get(f"/mails/{number}").text
    assert f"Mail {number} von Kai Kunde" in page
    assert "gilt ab jetzt als ruhig" in page
    assert "Die Schwellen, von denen an eine Mail so heißt, rücken ein wenig:" in page
    assert studio.store.list_incoming(limit=1)[0].corrected is Level.CALM
    assert "von Ihnen berichtigt" in visitor.get("/mails").text
    visitor.post(f"/mails/{number}/undo", {"token": token})
    assert "ist zurückgenommen" in visitor.get(f"/mails/{number}").text
    assert studio.store.corrections() == ()
    assert visitor.post(f"/mails/{number}/undo", {"token": token}).status == 303


def test_the_reply_that_is_held_is_named(pages: Pages, studio: Studio) -> None:
    """With its number, and a way there."""
    draft = studio.hold()
    assert f'href="/drafts/{draft}"' in pages.visitor().get("/mails/1").text


def test_nonsense_changes_nothing(pages: Pages, studio: Studio) -> None:
    """No such mail, no such level, numbers that no database has."""
    number = came(studio, 1, "So nicht (2).")
    visitor = pages.visitor()
    token = visitor.get(f"/mails/{number}").token
    assert visitor.post(f"/mails/{number}/correct", {"token": token, "level": "7"}).status == 303
    assert visitor.post(f"/mails/{number}/correct", {"level": "1"}).status == 403
    assert studio.store.corrections() == ()
    for path in ("/mails/77", f"/mails/{10**30}", f"/mails?client={10**30}", "/mails?client=x"):
        assert visitor.get(path).status == 404, path
    assert visitor.get("/mails?beyond=x").status == 200
