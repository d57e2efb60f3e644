"""Asking questions in a terminal, one at a time, each with a default and again until the answer is one."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Sequence

from assistant.cli.context import Context
from assistant.cli.output import one_line
from assistant.config.reading import Wrong
from assistant.errors import GelassenError, Refused
from assistant.texts import spoken


class Dialog:
    """Questions and answers.

    The end of input (Ctrl-D) is an interruption like Ctrl-C: ``KeyboardInterrupt``.
    Raises ``Refused`` at once where nobody can answer.
    """

    def __init__(self, context: Context) -> None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise Refused(context.words("init.no_terminal"))
        self._context = context

    def say(self, key: str = "", /, **params: object) -> None:
        """One line."""
        self._context.say(key, **params)

    def words(self, key: str, /, **params: object) -> str:
        """A text in the user's language."""
        return self._context.words(key, **params)

    def heading(self, key: str) -> None:
        """What the next questions are about."""
        self._context.say()
        self._context.screen.line(self._context.screen.bold(self._context.words(key)))

    def trouble(self, error: GelassenError | str) -> None:
        """What went wrong, in words."""
        words = one_line(spoken(str(error), self._context.lang))
        self._context.screen.line(f"  {self._context.screen.heat('✗', 2)} {words}")

    def good(self, words: str) -> None:
        """What works."""
        line = one_line(spoken(words, self._context.lang))
        self._context.screen.line(f"  {self._context.screen.heat('✓', 0)} {line}")

    def note(self, words: str) -> None:
        """What works in another way than it could, and what that means."""
        line = one_line(spoken(words, self._context.lang))
        self._context.screen.line(f"  {self._context.screen.heat('!', 1)} {line}")

    def ask(self, key: str, default: str = "", read: Callable[[str], object] = str, **params: object) -> str:
        """The answer, or the default; asked again while ``read`` raises ``Wrong`` or it is empty."""
        question = self._context.words(key, **params)
        while True:
            answer = self._line(f"{question} [{default}]: " if default else f"{question}: ") or default
            if not answer:
                continue
            try:
                read(answer)
            except Wrong as error:
                self.trouble(error.problems[0][1])
            else:
                return answer

    def yes(self, key: str, *, default: bool, **params: object) -> bool:
        """Yes or no."""
        mark = self._context.words("init.yes_or_no" if default else "init.no_or_yes")
        question = self._context.words(key, **params)
        while True:
            answer = self._line(f"{question} [{mark}]: ").lower()
            if not answer:
                return default
            if answer[0] in "jyn":
                return answer[0] != "n"

    def choose(self, key: str, options: Sequence[tuple[str, str]], **params: object) -> str:
        """One of several, by its number; the first is the default.

        Args:
            options: what is returned, and the words that stand for it.
        """
        self.say(key, **params)
        for number, (_, words) in enumerate(options, 1):
            self._context.screen.line(f"  {number}  {words}")
        while True:
            answer = self._line(f"{self._context.words('init.number')} [1]: ") or "1"
            if answer.isdecimal() and 1 <= int(answer) <= len(options):
                return options[int(answer) - 1][0]
            self.trouble(self._context.words("init.only_numbers", count=len(options)))

    def secret(self, key: str, **params: object) -> str:
        """A password; nothing of it is shown."""
        while True:
            try:
                answer = getpass.getpass(f"{self._context.words(key, **params)}: ")
            except EOFError:
                raise KeyboardInterrupt from None
            if answer:
                return answer

    @staticmethod
    def _line(prompt: str) -> str:
        try:
            return input(prompt).strip()
        except EOFError:
            raise KeyboardInterrupt from None
        except UnicodeDecodeError:  # keys that are no text: as if nothing was typed
            return ""
