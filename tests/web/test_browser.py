"""The pages in a real Chromium: for everybody, alive, and by keyboard alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from assistant.core.draft import State
from tests.unit.services.conftest import Studio, draft, mail
from tests.web.conftest import Pages

pytestmark = pytest.mark.system

#: WCAG 2.2, levels A and AA, as axe knows them.
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def faults(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds wrong, with the places."""
    found = Axe().run(page, options=_RULES).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("language", ["de-DE", "en-GB"])
def test_axe_finds_nothing(
    chromium: Browser, pages: Pages, studio: Studio, language: str, colours: Literal["light", "dark"]
) -> None:
    """On every page, in both languages, light and dark, as wide as a phone."""
    studio.hold(case=1, level=2)
    studio.clock.forward(timedelta(days=3))
    number = studio.hold(case=2)
    context = chromium.new_context(
        locale=language, color_scheme=colours, base_url=pages.address, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(f"/enter?ticket={pages.ticket()}")
    page.wait_for_url("**/")
    for path in (
        "/",
        f"/drafts/{number}",
        "/acknowledge/2",
        "/mails",
        "/mails/1",
        "/settings",
        "/statistics",
        "/nothing",
    ):
        page.goto(path)
        assert faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.goto(f"/drafts/{number}")
    page.get_by_role("button").first.click()
    page.get_by_role("textbox").first.wait_for()
    for details in page.locator("details").all():
        details.evaluate("one => { one.open = true; }")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_the_queue_renews_itself(tab: Page, studio: Studio) -> None:
    """A draft that is held while the page is open appears, without a reload."""
    expect(tab.get_by_role("heading", level=1)).to_have_text("Alles ruhig")
    tab.evaluate("window.here = true")
    studio.hold()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Gerade ist nichts zu tun", timeout=60_000)
    expect(tab.get_by_role("link", name="kai@kunde.example")).to_be_visible()
    assert tab.evaluate("window.here")


def test_heat_is_marked_while_one_types(tab: Page, studio: Studio) -> None:
    """After a pause in typing the words are judged; the page never stops taking them."""
    number = studio.hold()
    tab.goto(f"/drafts/{number}")
    tab.get_by_role("button", name="Den Entwurf ansehen").click()
    editor = tab.get_by_label("Der Text Ihres Entwurfs")
    verdict = tab.locator("[data-verdict]")
    editor.fill("Guten Tag, ich melde mich morgen (0).")
    expect(verdict).to_contain_text("ruhig")
    editor.fill("Guten Tag. So nicht (3)!")
    expect(verdict).to_contain_text("eskaliert")
    expect(tab.locator("[data-under] mark")).to_have_text("So nicht (3)!")
    assert len(studio.desk.case(number).versions) == 1


def test_from_the_queue_to_the_approval_by_keyboard(tab: Page, studio: Studio) -> None:
    """Tab, Enter and letters are enough; what has the focus can be seen."""
    number = studio.hold()
    tab.reload()

    def reach(name: str) -> None:
        for _ in range(40):
            tab.keyboard.press("Tab")
            focused = tab.evaluate("document.activeElement.innerText || document.activeElement.id")
            if name in focused:
                assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
                return
        pytest.fail(f"{name} cannot be reached")

    reach("kai@kunde.example")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/drafts/*")
    reach("mood")
    tab.keyboard.type("müde")
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="Ihr Entwurf").wait_for()
    reach("Genau diese Fassung freigeben")
    tab.keyboard.press("Enter")
    tab.get_by_role("status").wait_for()
    assert studio.desk.case(number).draft.reviewed


def test_everything_essential_without_scripts(chromium: Browser, pages: Pages, studio: Studio) -> None:
    """Open, edit, approve, release."""
    number = studio.hold()
    context = chromium.new_context(locale="de-DE", java_script_enabled=False, base_url=pages.address)
    page = context.new_page()
    page.goto(f"/enter?ticket={pages.ticket()}")
    page.goto("/")
    page.get_by_role("link", name="kai@kunde.example").click()
    page.get_by_role("button", name="Den Entwurf ansehen").click()
    page.get_by_label("Der Text Ihres Entwurfs").fill("Guten Tag, ich melde mich morgen (0).")
    page.get_by_role("button", name="Diese Fassung speichern").click()
    page.get_by_role("button", name="Genau diese Fassung freigeben").click()
    studio.clock.forward(timedelta(days=3))
    page.reload()
    page.get_by_role("button", name="Zurück in die Entwürfe", exact=True).click()
    page.get_by_role("status").wait_for()
    assert studio.desk.case(number).draft.state is State.RELEASED
    context.close()


def test_the_script_of_a_mail_does_not_run(tab: Page, studio: Studio) -> None:
    """Neither in the mail nor in the own draft nor in what is marked in the editor."""
    attack = "<img src=x onerror='document.title=1'><script>document.title=2</script>"
    studio.server.add("INBOX", mail(1, f"So nicht (2). {attack}"))
    studio.server.add("Drafts", draft(1, f"Ihre Schuld (3) {attack}"), ["\\Draft"])
    studio.settle_drafts()
    (row,) = studio.store.drafts([State.HELD])
    tab.goto(f"/drafts/{row.id}")
    tab.get_by_role("button", name="Den Entwurf ansehen").click()
    expect(tab.locator("[data-under] mark").first).to_be_attached()
    tab.get_by_text("Originalmail zeigen").click()
    assert tab.title() not in {"1", "2"}
    assert tab.locator(".mail img, .under img").count() == 0
