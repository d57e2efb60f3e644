"""The way in: help, wrong calls, and what becomes of every kind of error."""

from __future__ import annotations

import ast
import os
import string
import subprocess
import sys
from pathlib import Path

import pytest

import assistant.cli
from assistant.cli.commands import MODULES, find
from assistant.cli.parser import CommandParser, split, wanted_language
from assistant.daemon.parts import Parts
from assistant.errors import StoreError
from assistant.texts import CATALOGUES, Lang
from tests.unit.cli.conftest import World

LANGUAGES: tuple[Lang, ...] = ("de", "en")
ROOT = Path(__file__).parents[3]


def test_without_a_command(gelassen: World) -> None:
    """The overview, exit 0, in the locale's language or the one asked for."""
    for arguments, words in (((), "usage: gelassen COMMAND"), (("--lang", "de"), "Aufruf: gelassen BEFEHL")):
        answer = gelassen(*arguments)
        assert (answer.code, words in answer.out, answer.err) == (0, True, "")
        assert all(f"  {name} " in answer.out for name in MODULES)
    assert gelassen("--help").out == gelassen("help").out == gelassen().out


def test_language_of_the_locale(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings and without ``--lang``."""
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert "Aufruf:" in gelassen().out
    assert "Aufruf: gelassen queue" in gelassen("queue", "--help").out


def test_version(gelassen: World) -> None:
    """Name and number."""
    assert gelassen("--version").out == f"gelassen {assistant.__version__}\n"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", MODULES)
def test_help_of_each_command(gelassen: World, name: str, lang: Lang) -> None:
    """In both languages, every argument with its words."""
    answer = gelassen(name, "--help", "--lang", lang)
    assert answer.code == 0
    assert answer.out == gelassen("--lang", lang, "help", name).out
    parser = CommandParser(name, lang)
    find(name).options(parser)
    assert all(action.help for action in parser._actions)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["quee"], 'no command "quee", did you mean "queue"?'),
        (["--lang", "de", "quee"], "den Befehl „quee“ gibt es nicht, meinten Sie „queue“?"),
        (["queue", "--al"], 'unknown argument: --al, did you mean "--all"?'),
        (["queue", "--lang"], "--lang needs a value"),
        (["queue", "--lang", "fr"], "--lang: 'fr' is not one of"),
        (["queue", "--json=1"], "--json takes no value"),
        (["show", "1", "2"], "unknown argument: 2"),
        (["--verbose"], "unknown argument: --verbose"),
        (["release", "--lang", "de"], "es fehlt noch: ID"),
        (["run", "--log-format", "xml"], "'xml' is not one of"),
    ],
)
def test_wrong_calls(gelassen: World, arguments: list[str], words: str) -> None:
    """Exit 2, on standard error, with a guess where there is a near one."""
    answer = gelassen(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err


def test_common_options_before_or_after(gelassen: World) -> None:
    """``--config``, ``--lang`` and ``--json`` stand where one likes."""
    config = str(gelassen.config)
    for arguments in (
        ["--config", config, "--lang", "de", "--json", "queue"],
        ["queue", "--json", f"--config={config}", "--lang=de"],
        ["--json", "queue", "--config", config],
    ):
        assert gelassen(*arguments).json == []


def test_language_of_the_settings(gelassen: World) -> None:
    """What config.toml says, also for refusals, unless ``--lang`` says another."""
    gelassen.config.write_text(gelassen.config.read_text().replace('language = "en"', 'language = "de"'))
    assert "Es wird kein Entwurf" in gelassen("queue").out
    assert "gibt es nicht" in gelassen("show", "9").err
    assert "No draft" in gelassen("queue", "--lang", "en").out


def test_several_mistakes_in_the_settings(gelassen: World) -> None:
    """All at once, a line each."""
    gelassen.config.write_text('[general]\ntimezone = "Berlin"\n[coolin]\nx = 1\n[judge]\nthreads = -1\n')
    answer = gelassen("queue")
    assert answer.code == 1
    assert len(answer.err.splitlines()) == 3
    assert all(line.startswith("gelassen: config.toml: ") for line in answer.err.splitlines())


def test_no_settings(gelassen: World) -> None:
    """Said with what to do."""
    gelassen.config.unlink()
    answer = gelassen("queue")
    assert (answer.code, "does not exist" in answer.err, "config.toml" in answer.err) == (1, True, True)


def test_errors_in_german(gelassen: World) -> None:
    """Not only the commands' own words: what settings and files say, too."""
    gelassen.config.write_text('[general]\nlanguage = "de"\n[coolin]\nx = 1\n')
    assert gelassen("queue", "--lang", "de").err == (
        "gelassen: config.toml: coolin: diesen Schlüssel gibt es nicht, meinten Sie „cooling“?\n"
    )
    gelassen.config.write_text("")
    assert gelassen("judge", "nope", "--lang", "de").err == "gelassen: nope: nicht lesbar (das gibt es nicht)\n"


def test_bug_goes_into_the_log(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 3, no traceback on the terminal, the path of the log; its text holds no message of the error."""

    def broken(self: Parts, **how: object) -> None:
        raise ZeroDivisionError("".join(("sec", "ret")))  # whole only in the message, not in the source

    monkeypatch.setattr(Parts, "queue", broken)
    answer = gelassen("queue")
    assert answer.code == 3
    assert "Traceback" not in answer.err
    path = Path(answer.err.split(" is in ")[1].split(";")[0])
    assert "ZeroDivisionError" in path.read_text()
    assert "secret" not in path.read_text() + answer.err


def test_interrupted(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 130, quietly."""

    def interrupt(self: Parts, **how: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Parts, "queue", interrupt)
    answer = gelassen("queue")
    assert (answer.code, answer.err) == (130, "")


def test_expected_failure(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 1 with the error's own words."""

    def read_only(self: Parts, **how: object) -> None:
        raise StoreError("gelassen.db: is read-only.")

    monkeypatch.setattr(Parts, "queue", read_only)
    answer = gelassen("queue")
    assert (answer.code, answer.err) == (1, "gelassen: gelassen.db: is read-only.\n")


def test_file_that_the_system_refuses(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk or a folder that may not be written: named, exit 1."""

    def full(self: Parts, **how: object) -> None:
        raise OSError(28, "No space left on device", "/tmp/x")

    monkeypatch.setattr(Parts, "queue", full)
    answer = gelassen("queue")
    assert (answer.code, answer.err) == (1, "gelassen: /tmp/x: No space left on device\n")


def process(arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """``gelassen ARGUMENTS`` in a shell, as a process of its own."""
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", f"{sys.executable} -m assistant {arguments}"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_closed_pipe_is_no_error(gelassen: World) -> None:
    """``gelassen … | head -1`` ends quietly."""
    done = process("suggest --list | head -0")
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_full_disk_under_the_output(gelassen: World) -> None:
    """Said in words, exit 1."""
    done = process("queue --json > /dev/full")
    assert done.returncode == 1
    assert "the output cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_terminal_without_umlauts(gelassen: World) -> None:
    """Characters that its encoding lacks are replaced."""
    done = process("--lang de --help", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "abgek?hlt" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "command", "rest"),
    [
        (["queue", "--all"], "queue", ["--all"]),
        (["--config", "show", "queue"], "queue", ["--config", "show"]),
        (["--config=show", "queue"], "queue", ["--config=show"]),
        (["--json", "show", "1"], "show", ["--json", "1"]),
        (["--help"], None, ["--help"]),
        (["--lang"], None, ["--lang"]),
    ],
)
def test_split(arguments: list[str], command: str | None, rest: list[str]) -> None:
    """The command is the first word that is no value of an option."""
    assert split(arguments) == (command, rest)


def test_wanted_language() -> None:
    """Either spelling, anywhere."""
    assert wanted_language(["queue", "--lang", "de"]) == "de"
    assert wanted_language(["--lang=en", "queue"]) == "en"
    assert wanted_language(["queue", "--lang"]) is None


def test_every_text_that_the_commands_ask_for_exists() -> None:
    """Each key written out in the source, with all of its placeholders given."""
    calls = [call for path in Path(assistant.cli.__path__[0]).glob("*.py") for call in _calls(path)]
    assert len(calls) > 100
    for place, key, given in calls:
        words = CATALOGUES["en"].get(key)
        assert words is not None, f"{place}: {key}"
        needed = {name for _, name, _, _ in string.Formatter().parse(words) if name}
        assert given is None or needed <= given, f"{place}: {key} needs {needed}"


def _calls(path: Path) -> list[tuple[str, str, set[str] | None]]:
    """Calls of ``text``, ``words``, ``say`` and ``warn`` with a literal key, and their keyword arguments."""
    found: list[tuple[str, str, set[str] | None]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        key = node.args[0].value
        if name not in {"text", "words", "say", "warn"} or not isinstance(key, str) or not key:
            continue
        if name == "words" and (path.name == "parser.py" or ast.unparse(node.func) == "parser.words"):
            key = f"option.{key}"
        given = {word.arg for word in node.keywords if word.arg}
        found.append((f"{path.name}:{node.lineno}", key, given))
    return found


def test_every_text_of_the_commands_is_used() -> None:
    """No key is left over: each stands in the source, or is made from a group."""
    source = "".join(path.read_text(encoding="utf-8") for path in Path(assistant.cli.__path__[0]).glob("*.py"))
    groups = ("help.", "history.", "status.", "doctor.", "mails.", "review.", "option.")
    from assistant.texts.cli_en import CLI_EN

    source = source.replace("'", '"')
    left = [key for key in CLI_EN if f'"{key}"' not in source and not key.startswith(groups)]
    assert left == []
    options = [key.removeprefix("option.") for key in CLI_EN if key.startswith("option.")]
    assert [name for name in options if f'words("{name}")' not in source] == []
