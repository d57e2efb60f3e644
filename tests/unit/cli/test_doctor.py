"""``gelassen doctor``: one line each, past failures, exit 1 when there is one.  Servers: tests/system."""

from __future__ import annotations

import pytest

from assistant.daemon.parts import Parts
from assistant.errors import LoginRefused, ModelError
from tests.fakes import MemoryMailbox
from tests.unit.cli.conftest import CONFIG, Answer, World


def results(answer: Answer) -> dict[str, set[str]]:
    """How the checks of each name ended."""
    found: dict[str, set[str]] = {}
    for finding in answer.json:
        found.setdefault(finding["check"], set()).add(finding["result"])
    return found


def test_all_well(gelassen: World) -> None:
    """Settings, database, account, model, templates, calendar; what server or desktop lack is a warning."""
    answer = gelassen("doctor", "--json")
    assert answer.code == 0
    assert results(answer) == {
        "settings": {"ok"},
        "database": {"ok"},
        "studio": {"ok", "warning"},
        "model": {"ok"},
        "templates": {"ok"},
        "calendar": {"ok"},
        "notifications": {"warning"},
    }
    assert "mode 0600" in gelassen("doctor").out
    german = gelassen("doctor", "--lang", "de").out
    assert "der Server kann nicht: NOTIFY" in german
    assert "nächster Arbeitstag" in german


def test_goes_on_past_failures(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused login and a missing model: both told, the rest checked, exit 1."""

    class Missing:
        def score(self, inputs: object) -> None:
            raise ModelError("the model was not found")

    def refuse(self: MemoryMailbox) -> None:
        raise LoginRefused("127.0.0.1: the login was refused")

    monkeypatch.setattr(MemoryMailbox, "connect", refuse)
    monkeypatch.setattr(Parts, "classifier", Missing())
    answer = gelassen("doctor", "--json")
    assert answer.code == 1
    found = results(answer)
    assert (found["studio"], found["model"], found["templates"]) == ({"failure"}, {"failure"}, {"ok"})


def test_all_problems_of_the_settings_at_once(gelassen: World) -> None:
    """Each a line; model, templates and calendar are checked with the defaults."""
    gelassen.config.write_text(CONFIG.replace("settle", "setle").replace('"Europe/Berlin"', '"Berlin"'))
    answer = gelassen("doctor", "--json")
    problems = [finding["text"] for finding in answer.json if finding["check"] == "settings"]
    assert answer.code == 1
    assert len(problems) == 2
    assert {"model", "templates", "calendar"} <= results(answer).keys()
    assert "database" not in results(answer)


def test_without_settings_or_account(gelassen: World) -> None:
    """A file that is not there, and one without an account, are failures with advice."""
    gelassen.config.write_text("")
    answer = gelassen("doctor")
    assert (answer.code, "there is no account" in answer.out) == (1, True)
    gelassen.config.unlink()
    answer = gelassen("doctor")
    assert (answer.code, "does not exist" in answer.out) == (1, True)


def test_unknown_region_and_broken_template(gelassen: World) -> None:
    """Found before the daemon would stumble over them."""
    (gelassen.folder / "own").mkdir()
    (gelassen.folder / "own" / "x.j2").write_text("no front matter")
    config = CONFIG.replace("[store]", 'region = "DE-XX"\n[store]') + '[replies]\ndirectory = "own"\n'
    gelassen.config.write_text(config)
    answer = gelassen("doctor", "--json")
    found = results(answer)
    assert (answer.code, found["calendar"], found["templates"]) == (1, {"failure"}, {"ok", "warning"})


def test_database_that_others_can_read(gelassen: World) -> None:
    """Opening makes it private again."""
    gelassen.held()
    (gelassen.folder / "gelassen.db").chmod(0o644)
    assert "mode 0600" in gelassen("doctor").out


def test_damaged_database(gelassen: World) -> None:
    """A failure in words, and the rest goes on."""
    (gelassen.folder / "gelassen.db").write_bytes(b"this is no database" * 1000)
    answer = gelassen("doctor", "--json")
    assert (answer.code, results(answer)["database"], results(answer)["model"]) == (1, {"failure"}, {"ok"})


def test_notifications_that_do_not_work(gelassen: World) -> None:
    """A failure only where the user wants them by all means; trying one fails in words; off is off."""
    gelassen.config.write_text(CONFIG + '[notify]\ndesktop = "on"\n')
    assert results(gelassen("doctor", "--json"))["notifications"] == {"failure"}
    tried = gelassen("doctor", "--notify", "--lang", "de")
    assert tried.code == 1
    assert tried.out.count("keine Benachrichtigung möglich") == 2
    gelassen.config.write_text(CONFIG + '[notify]\ndesktop = "off"\n')
    assert results(gelassen("doctor", "--json"))["notifications"] == {"ok"}
