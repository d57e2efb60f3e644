"""The one-time address of a notice: it leads to its page, and to nothing but pages."""

from __future__ import annotations

import pytest

from tests.web.conftest import Pages


def led_to(pages: Pages, further: str) -> str:
    """Where somebody ends who comes in by such an address."""
    answer = pages.stranger().get(f"/enter?ticket={pages.ticket()}{further}")
    assert answer.status == 200
    return answer.headers["refresh"].removeprefix("0; url=")


@pytest.mark.parametrize("place", ["/drafts/12", "/mails/3", "/acknowledge/3"])
def test_it_leads_to_its_page(pages: Pages, place: str) -> None:
    """At once, and by a link where a browser does not follow by itself."""
    assert led_to(pages, f"&to={place}") == place
    answer = pages.stranger().get(f"/enter?ticket={pages.ticket()}&to={place}")
    assert f'href="{place}"' in answer.text


@pytest.mark.parametrize(
    "place",
    ["https://evil.example/", "//evil.example/1", "/drafts/1/../../x", "/drafts/1%0d%0ax", "/drafts/x", "", "/"],
)
def test_everything_else_leads_to_the_queue(pages: Pages, place: str) -> None:
    """Whoever made the address."""
    assert led_to(pages, f"&to={place}") == "/"


def test_without_a_ticket_it_leads_nowhere(pages: Pages) -> None:
    """Not even to the page that it names."""
    answer = pages.stranger().get("/enter?ticket=x&to=/drafts/12")
    assert (answer.status, "/drafts/12" in answer.text) == (403, False)
