"""The door of the pages, attacked: nobody reads or changes anything without a session of this machine's own pages."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from datetime import timedelta

import pytest

from assistant.core.draft import State
from assistant.web import new_ticket
from assistant.web.tickets import SESSION_LASTS, TICKET_LASTS
from tests.unit.services.conftest import Studio, draft, mail
from tests.web.conftest import KEY, Pages, Visitor

SECRET = "Das ist Ihre Schuld (3)."


def held(studio: Studio) -> int:
    """A draft that nobody else may see."""
    return studio.hold()


def test_only_this_machine_is_listened_to(pages: Pages) -> None:
    """The socket is bound to 127.0.0.1; another address of this machine finds nobody."""
    listener = socket.socket()
    with listener:
        listener.bind(("127.0.0.2", pages.server.port))  # still free: the server did not take all addresses


@pytest.mark.parametrize("path", ["/", "/drafts/1", "/events", "/nothing", "/judge"])
def test_without_a_session_there_is_nothing_to_see(pages: Pages, studio: Studio, path: str) -> None:
    """401 for everything, whether it exists or not, and not a word of mail."""
    held(studio)
    answer = pages.stranger().get(path)
    assert answer.status == 401
    assert "gelassen page" in answer.text
    assert "Katalog" not in answer.text
    assert "kunde" not in answer.text


def test_a_ticket_opens_once(pages: Pages) -> None:
    """Whoever finds the address in a history later stays outside."""
    ticket = pages.ticket()
    first, second = pages.stranger(), pages.stranger()
    assert first.enter(ticket).status == 200
    assert first.get("/").status == 200
    assert second.enter(ticket).status == 403
    assert second.get("/").status == 401


def test_a_ticket_is_good_for_five_minutes(pages: Pages, studio: Studio) -> None:
    """Not longer."""
    ticket = pages.ticket()
    studio.clock.forward(TICKET_LASTS)
    assert pages.stranger().enter(ticket).status == 403


def test_a_ticket_of_an_earlier_run_is_not_taken(pages: Pages, studio: Studio) -> None:
    """Nobody knows any more whether it was used."""
    ticket = new_ticket(KEY, studio.clock.now() - timedelta(minutes=1))
    assert pages.stranger().enter(ticket).status == 403


@pytest.mark.parametrize("forged", ["", "x", "a.b.c", "..", "a.99999999999.0", "ä.1.ü", "a.1e9.x"])
def test_forged_tickets_and_cookies(pages: Pages, forged: str) -> None:
    """Whatever they look like: refused, and no fault."""
    visitor = pages.stranger()
    assert visitor.enter(forged.encode().hex() if not forged.isascii() else forged).status == 403
    visitor.cookie = f"gelassen={forged.encode('ascii', 'ignore').decode()}"
    assert visitor.get("/").status == 401


def test_a_cookie_with_one_letter_changed(pages: Pages) -> None:
    """Not ours any more; also with a longer life."""
    visitor = pages.visitor()
    name, ends, signature = visitor.cookie.removeprefix("gelassen=").split(".")
    for changed in (
        f"{name}.{int(ends) + 1}.{signature}",
        f"x{name}.{ends}.{signature}",
        f"{name}.{ends}.0{signature}",
    ):
        visitor.cookie = f"gelassen={changed}"
        assert visitor.get("/").status == 401


def test_a_ticket_is_no_cookie(pages: Pages) -> None:
    """Both are signed with one key, for different things."""
    visitor = pages.stranger()
    visitor.cookie = f"gelassen={pages.ticket()}"
    assert visitor.get("/").status == 401


def test_a_session_ends(pages: Pages, studio: Studio) -> None:
    """After thirty days."""
    visitor = pages.visitor()
    studio.clock.forward(SESSION_LASTS)
    assert visitor.get("/").status == 401


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(pages: Pages) -> None:
    """HttpOnly and SameSite=Strict."""
    answer = pages.stranger().enter(pages.ticket())
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "localhost.evil.example:{port}", ""]
)
def test_another_host_is_refused(pages: Pages, studio: Studio, host: str) -> None:
    """DNS rebinding: the browser believes that this server is evil.example, and would send its cookie along."""
    held(studio)
    answer = pages.visitor().get("/", Host=host.format(port=pages.server.port))
    assert answer.status == 421
    assert "Katalog" not in answer.text


def _post_as(visitor: Visitor, path: str, form: Mapping[str, str], **headers: str) -> int:
    return visitor.post(path, form, **headers).status


def test_a_form_needs_the_token_of_its_own_session(pages: Pages, studio: Studio) -> None:
    """Without, with a wrong one, with that of another session: refused, and nothing is changed."""
    number = held(studio)
    visitor, other = pages.visitor(), pages.visitor()
    token = other.get(f"/drafts/{number}").token
    for form in ({}, {"token": ""}, {"token": "0" * 64}, {"token": token}):
        assert _post_as(visitor, f"/drafts/{number}/discard", form) == 403
    assert studio.desk.case(number).draft.state is State.HELD
    assert _post_as(other, f"/drafts/{number}/discard", {"token": token}) == 303
    assert studio.desk.case(number).draft.state is State.DISCARDED


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"},
        {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"},
    ],
)
def test_another_site_changes_nothing_even_with_the_token(
    pages: Pages, studio: Studio, headers: dict[str, str]
) -> None:
    """Also a page on another port of this machine."""
    number = held(studio)
    visitor = pages.visitor()
    token = visitor.get(f"/drafts/{number}").token
    assert _post_as(visitor, f"/drafts/{number}/discard", {"token": token}, **headers) == 403
    assert studio.desk.case(number).draft.state is State.HELD


def test_another_site_reads_nothing(pages: Pages) -> None:
    """A script or picture element elsewhere gets no page; a link to it may be followed."""
    visitor = pages.visitor()
    assert visitor.get("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403
    assert visitor.get("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").status == 200


def test_nothing_is_changed_by_get(pages: Pages, studio: Studio) -> None:
    """A prefetched link decides nothing."""
    number = held(studio)
    visitor = pages.visitor()
    for deed in ("open", "edit", "approve", "release", "extend", "discard", "undo", "resolve", "try"):
        assert visitor.get(f"/drafts/{number}/{deed}").status == 405
    assert studio.desk.case(number).draft.state is State.HELD


def test_a_huge_form_is_refused(pages: Pages, studio: Studio) -> None:
    """Before it fills the memory."""
    number = held(studio)
    visitor = pages.visitor()
    token = visitor.get(f"/drafts/{number}").token
    assert _post_as(visitor, f"/drafts/{number}/edit", {"token": token, "text": "x" * 5_000_000}) == 413


@pytest.mark.parametrize("path", ["/", "/enter?ticket=x", "/nothing", "/static/gelassen.css", "/drafts/99"])
def test_every_answer_tells_the_browser_to_trust_nothing(pages: Pages, path: str) -> None:
    """No script or style within a page, nothing from elsewhere, no frame, no guessing of types."""
    headers = pages.visitor().get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert ("no-store" in headers["cache-control"]) == (not path.startswith("/static/"))


def test_pages_have_no_script_or_style_of_their_own(pages: Pages, studio: Studio) -> None:
    """What the policy forbids is not there in the first place; nothing is loaded from elsewhere."""
    number = held(studio)
    visitor = pages.visitor()
    for path in ("/", f"/drafts/{number}"):
        text = visitor.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", text)
        assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:", text)
        assert not re.search(r"(?:src|href|action)=\"(?!/|#)", text)


def test_what_a_mail_says_is_text(pages: Pages, studio: Studio) -> None:
    """Tags of a mail, a subject, an address are shown as they are written."""
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'>"
    studio.server.add("INBOX", mail(1, f"So nicht (2). {attack}", sender=f'"{attack[:20]}" <kai@kunde.example>'))
    studio.server.add(
        "Drafts", draft(1, f"Ihre Schuld (3). {attack}").replace(b"Katalog 1", b"<script>x</script>"), ["\\Draft"]
    )
    studio.settle_drafts()
    (row,) = studio.store.drafts([State.HELD])
    visitor = pages.visitor()
    page = visitor.get(f"/drafts/{row.id}")
    visitor.post(f"/drafts/{row.id}/open", {"token": page.token})
    for text in (visitor.get("/").text, visitor.get(f"/drafts/{row.id}").text):
        assert "<script>" not in text
        assert "<img" not in text
    assert "&lt;script&gt;alert(2)" in visitor.get(f"/drafts/{row.id}").text


def test_no_mail_content_in_addresses_titles_and_journal(pages: Pages, studio: Studio) -> None:
    """What a browser's history and a log would keep."""
    number = held(studio)
    visitor = pages.visitor()
    page = visitor.get(f"/drafts/{number}")
    title = re.search(r"<title>(.*?)</title>", page.text)
    assert title
    assert "Katalog" not in title[1]
    answer = visitor.post(f"/drafts/{number}/edit", {"token": page.token, "text": "Geheimes Wort (0)."})
    assert answer.headers["location"] == f"/drafts/{number}"
    told = repr(studio.told)
    assert "Katalog" not in told
    assert "Geheimes" not in told
    assert "kunde" not in told


def test_static_files_are_only_those(pages: Pages) -> None:
    """No way up to templates or further."""
    visitor = pages.visitor()
    for path in ("/static/../base.html.j2", "/static/%2e%2e/base.html.j2", "/static/..%2fbase.html.j2", "/static/"):
        assert visitor.get(path).status in {404, 405}
