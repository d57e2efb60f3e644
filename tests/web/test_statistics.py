"""Statistics over plain HTTP: counts of what the studio really did, and silence where there are too few."""

from __future__ import annotations

import html
from datetime import timedelta

from tests.unit.services.conftest import Studio, mail
from tests.web.conftest import Pages


def page_of(pages: Pages) -> str:
    """The page, its blanks made one."""
    return " ".join(html.unescape(pages.visitor().get("/statistics").text).split())


def test_nothing_was_held(pages: Pages) -> None:
    """No chart of nothing."""
    page = page_of(pages)
    assert "In dieser Zeit wurde kein Entwurf zurückgehalten" in page
    assert "<rect" not in page


def test_one_draft_with_all_that_is_known_of_it(pages: Pages, studio: Studio) -> None:
    """Held, changed, calmer, sent early with a reason, and the client's next mail; one of anything is too few."""
    number = studio.hold()
    studio.desk.edit(number, "Guten Tag, ich melde mich morgen (0).")
    studio.desk.release(number, reason="Frist <heute>")
    studio.clock.forward(timedelta(hours=1))
    studio.server.add("INBOX", mail(2, "Danke (0)."))
    studio.take_all()
    page = page_of(pages)
    assert '<p class="figure">1</p>' in page
    assert "hinaus, als sie zurückgehalten wurden</dt><dd>1 von 1</dd>" in page
    assert "ruhiger: 1, wie zuvor: 0, gereizter: 0</dd>" in page
    assert "nächste Mail des Kunden ruhiger: 1, wie zuvor: 0, gereizter: 0." in page
    assert "Frist <heute>" in page
    assert "%)" not in page
    assert page.count("Zu wenige, um etwas zu sagen") == 3
    assert '<th scope="row">16.11.2026</th><td>1</td><td>1</td><td>1</td>' in page


def test_shares_where_there_are_enough(pages: Pages, studio: Studio) -> None:
    """Ten that went out make a share."""
    for case in range(1, 11):
        number = studio.hold(case=case)
        studio.desk.release(number, reason="eilig")
    page = page_of(pages)
    assert "<dd>0 von 10 (0 %)</dd>" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "10 von 10 (100 %)" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert page.count("Zu wenige") == 1
