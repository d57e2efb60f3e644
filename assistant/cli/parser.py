"""Arguments: argparse, in the user's language, with the common options before or after the command."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from assistant.texts import Lang, text

#: Exit code of a wrong call.
USAGE: Final = 2

#: Common options that take a value, so that it is not taken for the command.
_WITH_VALUE: Final = ("--config", "--lang")

#: What argparse says, and the text that says it in the user's language.
_MESSAGES: Final = (
    (re.compile(r"unrecognized arguments: (?P<what>.*)"), "usage.unrecognized"),
    (re.compile(r"the following arguments are required: (?P<what>.*)"), "usage.required"),
    (re.compile(r"argument (?P<name>[^:]+): expected .*"), "usage.value_missing"),
    (
        re.compile(r"argument (?P<name>[^:]+): invalid choice: (?P<what>.*) \(choose from (?P<known>.*)\)"),
        "usage.choice",
    ),
    (re.compile(r"argument (?P<name>[^:]+): not allowed with argument (?P<what>.*)"), "usage.not_both"),
    (re.compile(r"argument (?P<name>[^:]+): ignored explicit argument (?P<what>.*)"), "usage.no_value"),
    (re.compile(r"argument (?P<name>[^:]+): (?P<what>.*)"), "usage.wrong"),
)


class _Formatter(argparse.HelpFormatter):
    """Help with the word for "usage" in the user's language."""

    def __init__(self, prog: str, *, lang: Lang) -> None:
        super().__init__(prog, max_help_position=26)
        self._lang = lang

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """The usage line."""
        super().add_usage(usage, actions, groups, text("usage.prefix", self._lang) if prefix is None else prefix)


class CommandParser(argparse.ArgumentParser):
    """The parser of one command.

    Attributes:
        arguments: the group for what stands behind the command by itself.
        options: the group for the command's own options.
    """

    def __init__(self, command: str, lang: Lang) -> None:
        super().__init__(
            prog=f"gelassen {command}",
            description=text(f"help.{command}", lang),
            add_help=False,
            allow_abbrev=False,
            formatter_class=partial(_Formatter, lang=lang),
        )
        self.lang = lang
        self.arguments = self.add_argument_group(text("help.arguments", lang))
        self.options = self.add_argument_group(text("help.options", lang))
        common = self.add_argument_group(text("help.common", lang))
        common.add_argument("--config", type=Path, metavar="FILE", help=self.words("config"))
        common.add_argument("--lang", choices=("de", "en"), help=self.words("lang"))
        common.add_argument("--json", action="store_true", help=self.words("json"))
        common.add_argument("-h", "--help", action="help", help=self.words("help"))

    def words(self, option: str) -> str:
        """The help text of an option."""
        return text(f"option.{option}", self.lang).replace("%", "%%")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the call and how it goes; exit code 2."""
        hint = text("usage.hint", self.lang, command=self.prog)
        self.exit(USAGE, f"gelassen: {in_words(message, self.lang, self._known())}\n{self.format_usage()}{hint}\n")

    def _known(self) -> list[str]:
        return [option for action in self._actions for option in action.option_strings]


def count(word: str) -> int:
    """A whole number, 0 for all."""
    if not word.isdecimal() or len(word) > 12:
        raise argparse.ArgumentTypeError(word)
    return int(word)


def in_words(message: str, lang: Lang, known: Sequence[str] = ()) -> str:
    """argparse's message in the user's language, with a guess at what was meant."""
    for pattern, key in _MESSAGES:
        match = pattern.fullmatch(message)
        if match:
            wrong = match.groupdict().get("what", "").split(" ")[0]
            hint = did_you_mean(wrong, known, lang) if key == "usage.unrecognized" else ""
            return text(key, lang, **match.groupdict()) + hint
    return message


def did_you_mean(word: str, known: Sequence[str], lang: Lang) -> str:
    """A guess to append, or nothing."""
    close = get_close_matches(word, known, n=1)
    return text("usage.meant", lang, word=close[0]) if close else ""


def split(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command, None when there is none, and all other arguments in order."""
    place = 0
    while place < len(arguments):
        argument = arguments[place]
        if not argument.startswith("-"):
            return argument, [*arguments[:place], *arguments[place + 1 :]]
        place += 2 if argument in _WITH_VALUE else 1
    return None, list(arguments)


def wanted_language(arguments: Sequence[str]) -> str | None:
    """The value of ``--lang``, read before anything else, so that help and errors are in that language too."""
    for place, argument in enumerate(arguments):
        name, mark, value = argument.partition("=")
        if name == "--lang":
            return value if mark else next(iter(arguments[place + 1 : place + 2]), None)
    return None
