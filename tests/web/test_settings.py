"""Settings and health over plain HTTP: the doctor on request, and the hold table with what it would have done."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest

from assistant.core.cooling import DEFAULT_HOLD
from assistant.core.draft import State
from assistant.errors import PermanentFailure
from assistant.services.findings import Finding, Result
from assistant.services.ledger import AccountStatus
from tests.unit.services.conftest import Studio, draft, mail
from tests.web.conftest import Pages, Visitor

DEFAULT = ["0", "10 min", "1 h", "morgen"] * 2 + ["30 min", "1 h", "4 h", "morgen", "1 h", "4 h", "morgen", "morgen"]


def table(**cells: str) -> dict[str, str]:
    """The fields of the default table, with others where named, as ``c21`` for row 2, column 1."""
    fields = {f"hold-{number // 4}-{number % 4}": words for number, words in enumerate(DEFAULT)}
    return fields | {f"hold-{name[1]}-{name[2]}": words for name, words in cells.items()}


def post(visitor: Visitor, deed: str, **cells: str) -> str:
    """Sends the table; the page that the browser ends on, its blanks made one."""
    token = visitor.get("/settings").token
    answer = visitor.post(f"/settings/{deed}", {"token": token, **table(**cells)})
    if answer.status == 303:
        assert answer.headers["location"] == "/settings"
        answer = visitor.get("/settings")
    assert answer.status == 200
    return " ".join(html.unescape(answer.text).split())


def test_how_the_accounts_fare(pages: Pages, studio: Studio) -> None:
    """Connected or not, when it was last looked at, and what is wrong, in the user's language."""
    visitor = pages.visitor()
    assert "Noch wurde in keinem Konto nachgesehen" in visitor.get("/settings").text
    now = studio.clock.now()
    studio.store.record_status(AccountStatus(name="studio", connected=True, last_pass=now, error=None))
    studio.store.record_status(AccountStatus(name="other", connected=False, last_pass=None, error="no answer"))
    page = visitor.get("/settings").text
    assert "verbunden, zuletzt nachgesehen" in page
    assert "nicht verbunden" in page
    assert "no answer" in page


def test_the_doctor_is_asked_on_request_only(pages: Pages) -> None:
    """Not when the page is opened; each finding with how to mend it."""
    pages.findings = [
        Finding(check="studio", result=Result.OK, text="angemeldet"),
        Finding(check="gateway", result=Result.FAILURE, text="besetzt <1>", next="freigeben"),
    ]
    visitor = pages.visitor()
    visitor.get("/settings")
    assert pages.examined == []
    page = post(visitor, "examine")
    assert pages.examined == ["de"]
    assert '<span class="result failure">Fehler</span>' in page
    assert "<strong>gateway</strong>: besetzt <1><br>→ freigeben" in page
    assert "besetzt &lt;1&gt;" in visitor.post("/settings/examine", {"token": visitor.get("/settings").token}).text


def test_the_table_as_it_is(pages: Pages, studio: Studio) -> None:
    """In the greatest unit that keeps each cell whole, and in both languages; saved as shown it is the same."""
    visitor = pages.visitor()
    page = visitor.get("/settings").text
    assert [part.partition('"')[0] for part in page.split('" value="')[1:] if part[0] in "0123456789m"][-16:] == DEFAULT
    assert 'value="morning"' in visitor.get("/settings", Accept_Language="en").text
    post(visitor, "hold")
    assert studio.rules.hold == DEFAULT_HOLD


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("45", timedelta(minutes=45)),
        ("45 Minuten", timedelta(minutes=45)),
        ("2h", timedelta(hours=2)),
        ("2 Std.", timedelta(hours=2)),
        ("3 Tage", timedelta(days=3)),
        ("90 s", timedelta(seconds=90)),
        (" Morgens ", "morning"),
        ("morning", "morning"),
    ],
)
def test_what_people_write(pages: Pages, studio: Studio, words: str, meant: timedelta | str) -> None:
    """Minutes without a unit, German and English units, the next morning."""
    assert "gespeichert" in post(pages.visitor(), "hold", c21=words)
    assert studio.rules.hold[2][1] == meant
    assert studio.rules.hold[2][2] == DEFAULT_HOLD[2][2]


@pytest.mark.parametrize("words", ["", "-5", "bald", "31 d", "3 Wochen", "1.5 h", "9" * 30])
def test_what_has_no_meaning_is_explained_beside_the_field(pages: Pages, studio: Studio, words: str) -> None:
    """Neither saved nor previewed; what was typed stays."""
    visitor = pages.visitor()
    for deed in ("hold", "preview"):
        page = post(visitor, deed, c21=words, c00="5")
        assert page.count("höchstens 30 Tage") == 1
        assert 'aria-invalid="true" aria-describedby="hold-2-1-why"' in page
        assert 'name="hold-0-0" value="5"' in page
        assert "in den letzten 30 Tagen" not in page
    assert studio.rules.hold == DEFAULT_HOLD


def test_what_it_would_have_done(pages: Pages, studio: Studio) -> None:
    """Client mails, those with an answer that would have been held, before and after, and what nobody can know."""
    visitor = pages.visitor()
    assert "es gibt nichts zu vergleichen" in post(visitor, "preview")
    studio.hold(level=2)
    studio.server.add("INBOX", mail(2, "Danke (0)."))
    studio.take_all()
    page = post(visitor, "preview", c00="5", c22="8 h")
    assert "Beurteilte Kundenmails</dt><dd>2</dd>" in page
    assert "<dd>2, mit der jetzigen Tabelle 1</dd>" in page
    assert "<dd>1; länger zurückgehalten: 1, kürzer: 0</dd>" in page
    assert "wird eine ruhige angenommen" in page
    assert studio.rules.hold == DEFAULT_HOLD
    studio.clock.forward(timedelta(days=31))
    assert "es gibt nichts zu vergleichen" in post(pages.visitor(), "preview")


def test_a_saved_table_counts_at_once(pages: Pages, studio: Studio) -> None:
    """For the next draft, without a restart; what is held stays as it is."""
    first = studio.hold(level=2)
    until = studio.desk.case(first).draft.hold_until
    post(pages.visitor(), "hold", c22="0")
    studio.server.add("INBOX", mail(2, "So geht das nicht (2)."))
    studio.server.add("Drafts", draft(2, "Das ist Ihre Schuld (2)."), ["\\Draft"])
    studio.settle_drafts()
    assert [row.id for row in studio.store.drafts([State.HELD])] == [first]
    assert studio.desk.case(first).draft.hold_until == until


def test_what_cannot_be_saved_is_told_and_stays_typed(pages: Pages, studio: Studio) -> None:
    """A config.toml that cannot be written: nothing has changed."""
    pages.cannot_keep = PermanentFailure("config.toml cannot be written: Read-only file system")
    page = post(pages.visitor(), "hold", c21="2 h")
    assert "Gespeichert wurde nichts." in page
    assert 'name="hold-2-1" value="2 h"' in page
    assert studio.rules.hold == DEFAULT_HOLD
