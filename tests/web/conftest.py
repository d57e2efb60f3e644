"""The pages on a program in memory: real server, database and browser; mail server and clock are the test's."""

from __future__ import annotations

import http.client
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from assistant.adapters.paths import shipped_templates
from assistant.core.cooling import HoldTable
from assistant.errors import GelassenError
from assistant.services.findings import Finding
from assistant.services.learning import Learning
from assistant.texts import Lang
from assistant.web import House, Site, Tickets, WebServer, new_ticket
from tests.studio import working
from tests.unit.services.conftest import Studio

_CHROMIUM = Path("/usr/bin/chromium")
#: Root needs --no-sandbox; the others keep the browser from calling home.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--no-default-browser-check",
)
KEY = b"k" * 32


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def token(self) -> str:
        """The form token on the page."""
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.text)
        assert found, self.text
        return found[1]


@dataclass
class Visitor:
    """A browser without a face: keeps its cookie, sends what it is told to."""

    port: int
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"Accept-Language": "de"})

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        """POST of a form."""
        fields = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self.ask("POST", path, urlencode(form), fields)

    def ask(self, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        """Any request; header names with "_" for "-"."""
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            cookie = {"Cookie": self.cookie} if self.cookie else {}
            connection.request(method, path, body or None, {**self.headers, **cookie, **named})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read().decode())
        finally:
            connection.close()

    def enter(self, ticket: str) -> Answer:
        """Come in; the cookie is kept."""
        answer = self.get(f"/enter?ticket={ticket}")
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        return answer


class Pages:
    """The served pages of one studio."""

    def __init__(self, studio: Studio, language: str = "auto") -> None:
        self.studio = studio
        self.bugs: list[Exception] = []
        self.findings: list[Finding] = []
        self.examined: list[Lang] = []
        self.cannot_keep: GelassenError | None = None
        house = House(
            language=language,
            store=studio.store,
            clock=studio.clock,
            judge=studio.judge,
            learning=Learning(store=studio.store, classifier=studio.model, clock=studio.clock),
            desk=lambda: nullcontext(studio.desk),
            acknowledging=lambda: nullcontext(studio.acknowledging),
            can_send=studio.can_send,
            rules=lambda: studio.rules,
            keep_hold=self._keep_hold,
            is_working_day=working,
            examine=self._examine,
            bug=self.bugs.append,
        )
        tickets = Tickets(KEY, studio.clock.now())
        self.server = WebServer(Site(house, shipped_templates() / "review"), tickets, port=0, journal=studio.tell)

    def _keep_hold(self, hold: HoldTable) -> None:
        if self.cannot_keep is not None:
            raise self.cannot_keep
        self.studio.rules = replace(self.studio.rules, hold=hold)

    def _examine(self, lang: Lang) -> list[Finding]:
        self.examined.append(lang)
        return self.findings

    def ticket(self) -> str:
        """A fresh one."""
        return new_ticket(KEY, self.studio.clock.now())

    def stranger(self) -> Visitor:
        """Nobody the server knows."""
        return Visitor(self.server.port)

    def visitor(self) -> Visitor:
        """Somebody who has come in."""
        found = self.stranger()
        assert found.enter(self.ticket()).status == 200
        return found

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.server.port}"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A fresh account."""
    found = Studio(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield found
    found.stop()


@pytest.fixture
def pages(studio: Studio) -> Iterator[Pages]:
    """Its pages, served."""
    found = Pages(studio)
    found.server.start()
    yield found
    found.server.stop()
    assert found.bugs == []


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for these tests; its event loop, which others could not start beside, ends with it."""
    if not _CHROMIUM.exists():
        if os.environ.get("GELASSEN_REQUIRE_SERVERS") == "1":
            pytest.fail("Chromium is missing (Debian: apt-get install chromium), and GELASSEN_REQUIRE_SERVERS=1")
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(_CHROMIUM), args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Browser, pages: Pages) -> Iterator[Page]:
    """A German browser that has come in; faults of its scripts fail the test."""
    context = chromium.new_context(locale="de-DE", timezone_id="Europe/Berlin", base_url=pages.address)
    context.set_default_timeout(60_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"/enter?ticket={pages.ticket()}")
    page.wait_for_url("**/")
    yield page
    context.close()
    assert faults == []
