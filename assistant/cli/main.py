"""The one way in: find the command, run it, and put whatever goes wrong into words and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, TextIO

from assistant import __version__
from assistant.cli.commands import MODULES, find
from assistant.cli.parser import USAGE, CommandParser, did_you_mean, split, wanted_language
from assistant.texts import Lang, pick, spoken, text

#: Exit codes (DESIGN section 6).
DONE: Final = 0
FAILED: Final = 1
BUG: Final = 3
INTERRUPTED: Final = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _write_anything(sys.stdout, sys.stderr)
    lang = pick(wanted_language(arguments), os.environ)
    try:
        code = _run(arguments, lang)
        sys.stdout.flush()  # here, where a closed pipe or a full disk still finds somebody
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _to_nowhere()
        return DONE
    except Exception as error:  # noqa: BLE001 - the top: nothing may reach the user as a traceback
        return _explained(error, lang, _utc)
    return code


def _run(arguments: Sequence[str], lang: Lang) -> int:
    name, rest = split(arguments)
    if name == "help":  # "gelassen help queue" is "gelassen queue --help"
        name, rest = split([*rest, "--help"])
    if name is None:
        return _without_command(rest, lang)
    if name not in MODULES:
        hint = did_you_mean(name, list(MODULES), lang)
        print(f"gelassen: {text('usage.command', lang, name=name)}{hint}", file=sys.stderr)
        print(text("usage.hint", lang, command="gelassen"), file=sys.stderr)
        return USAGE
    return _command(name, rest, lang)


def _without_command(options: Sequence[str], lang: Lang) -> int:
    if "--version" in options:
        print(f"gelassen {__version__}")
        return DONE
    known = ("--help", "-h", "--json", "--config", "--lang", "--version")
    wrong = next((one for one in options if one.startswith("-") and one.partition("=")[0] not in known), None)
    if wrong is not None:
        print(f"gelassen: {text('usage.unrecognized', lang, what=wrong)}", file=sys.stderr)
        return USAGE
    print(overview(lang))
    return DONE


def _command(name: str, rest: Sequence[str], lang: Lang) -> int:
    from assistant.cli.context import Context

    command = find(name)
    parser = CommandParser(name, lang)
    command.options(parser)
    context = Context(parser, parser.parse_args(rest))
    try:
        return command.run(context)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - as in main, but here the language of the settings is known
        return _explained(error, context.lang, context.now)


def overview(lang: Lang) -> str:
    """What the program is for and which commands it has."""
    width = max(map(len, MODULES))
    lines = [f"  {name:{width}}  {text(f'help.{name}', lang)}" for name in MODULES]
    return "\n".join([text("help.overview", lang), "", *lines, "", text("help.more", lang)])


def _explained(error: Exception, lang: Lang, now: Callable[[], datetime]) -> int:
    """An error in words on standard error, and its exit code."""
    from assistant.cli.refusals import in_words
    from assistant.errors import GelassenError

    if isinstance(error, GelassenError):
        for line in in_words(error, lang, now):
            print(line if line.startswith(" ") else f"gelassen: {line}", file=sys.stderr)
        return FAILED
    if isinstance(error, OSError) and error.errno is not None:
        return _outside(error, lang)
    return _bug(error, lang)


def _outside(error: OSError, lang: Lang) -> int:
    """A file or the output that the system refuses: a full disk, a folder that may not be written."""
    if error.filename is not None:
        words = text("error.file", lang, file=error.filename, error=spoken(str(error.strerror), lang))
    else:
        words = text("error.output", lang, error=spoken(str(error.strerror), lang))
        _to_nowhere()
    print(f"gelassen: {words}", file=sys.stderr)
    return FAILED


def _bug(error: Exception, lang: Lang) -> int:
    from assistant.daemon.journal import write_traceback
    from assistant.errors import GelassenError

    try:
        place = write_traceback(error, _utc())
    except (OSError, GelassenError) as trouble:
        place = str(trouble)
    print(f"gelassen: {text('error.bug', lang, kind=type(error).__name__, place=place)}", file=sys.stderr)
    return BUG


def _utc() -> datetime:
    return datetime.now(UTC)


def _write_anything(*streams: TextIO) -> None:
    """Characters that the terminal's encoding lacks are replaced instead of ending the program."""
    for stream in streams:
        with suppress(AttributeError):  # not a real stream, in tests
            stream.reconfigure(errors="replace")  # type: ignore[attr-defined]


def _to_nowhere() -> None:
    """Nothing more is written, also not by the interpreter's own flush at the end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
