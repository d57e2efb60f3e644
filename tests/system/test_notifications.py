"""Notifications on a real notification server (dunst), from the adapter alone and from the whole daemon."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from assistant.adapters.desktop import Desktop
from assistant.errors import TemporaryFailure
from assistant.services.ports import Action, Notice
from tests.servers import desktop as screens
from tests.servers import free_port, until
from tests.servers.dovecot import Dovecot
from tests.servers.gelassen import Gelassen
from tests.servers.mailclients import need
from tests.system.test_daemon import ANGRY_CLIENT, incoming

pytestmark = pytest.mark.system

_SECONDS = 180
_NOTICE = Notice(
    title="Eine Kundenmail ist eskaliert.",
    body="Antworten Sie nicht sofort.",
    actions=(Action(label="Ansehen", place="/mails/1"), Action(label="Eingang bestätigen", place="/acknowledge/1")),
)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[screens.Desktop]:
    """A desktop with a notification server."""
    for program in ("Xvfb", "dbus-daemon", "dunst"):
        need(program)
    with screens.Desktop(tmp_path / "desktop") as found:
        yield found


@pytest.fixture
def opened() -> Queue[str]:
    """The places that were opened."""
    return Queue()


@pytest.fixture
def desktop(screen: screens.Desktop, opened: Queue[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """The adapter on it."""
    for name, value in screen.environment.items():
        monkeypatch.setenv(name, value)
    found = Desktop(opened.put)
    yield found
    found.close()


def test_a_notice_is_to_be_seen_and_leads_to_its_place(
    screen: screens.Desktop, desktop: Desktop, opened: Queue[str], tmp_path: Path
) -> None:
    """A click opens the first place; what stands in a subject is text, whatever it looks like."""
    assert desktop.has_buttons()
    desktop.show(_NOTICE)
    assert screen.count() == 1
    assert until(screen.is_lit, seconds=_SECONDS)
    screen.screen.picture(tmp_path / "notification.png")
    screen.click()
    assert opened.get(timeout=_SECONDS) == "/mails/1"
    desktop.show(Notice(title="Zwei", body="An <b>Kai</b> & Co", sound=True))
    assert screen.clear()[-1] == screens.Shown(title="Zwei", body="An &lt;b&gt;Kai&lt;/b&gt; &amp; Co")


def test_a_notification_server_may_go_and_come(screen: screens.Desktop, desktop: Desktop) -> None:
    """Without it a notice fails in words; the next one after its return is shown."""
    desktop.show(_NOTICE)
    screen.leave()
    with pytest.raises(TemporaryFailure, match="no notification can be shown"):
        desktop.show(_NOTICE)
    screen.arrive()
    desktop.show(Notice(title="Wieder da", body=""))
    assert [one.title for one in screen.clear()] == ["Wieder da"]


@pytest.mark.parametrize("bus", ["unix:path=/nowhere/bus", "nonsense", ""])
def test_without_a_session_it_fails_in_words(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus)
    monkeypatch.delenv("DISPLAY", raising=False)
    desktop = Desktop(lambda place: None)
    try:
        with pytest.raises(TemporaryFailure, match="no notification can be shown"):
            desktop.show(_NOTICE)
    finally:
        desktop.close()


def test_the_daemon_notifies_and_a_click_opens_the_page(
    screen: screens.Desktop, tmp_path: Path, dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An escalated mail is told without a word of it; the address that a click opens is let in, once."""
    visited = tmp_path / "visited"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{visited}.new" && mv "{visited}.new" "{visited}"\n')
    browser.chmod(0o755)
    for name, value in {**screen.environment, "BROWSER": str(browser)}.items():
        monkeypatch.setenv(name, value)
    never_quiet = 'quiet = ["00:00", "00:00"]'
    program = Gelassen(tmp_path, port=dovecot.port, user=user, web=f"port = {free_port()}", notify=never_quiet)
    program.start()
    try:
        with program.client() as mail:
            mail.append("INBOX", incoming(1, ANGRY_CLIENT))
        program.until(lambda: '"notified"' in program.log.read_text(), seconds=_SECONDS)
        screen.click()
        program.until(visited.exists, seconds=_SECONDS)
        address = visited.read_text()
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:
            assert (answer.status, answer.headers["refresh"]) == (200, "0; url=/mails/1")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(address, timeout=_SECONDS)
        assert [one.title for one in screen.clear()] == ["A client's mail has escalated."]
        assert program.log.read_text().count('"notified"') == 1
    finally:
        program.stop()
