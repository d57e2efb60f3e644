"""What a command works with: the settings, the language, the parts and the way to speak."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.cli.output import Screen
from assistant.config import ENVIRONMENT, Config, find, load
from assistant.errors import ConfigError
from assistant.texts import Lang, pick, spoken, text

if TYPE_CHECKING:
    from assistant.cli.parser import CommandParser
    from assistant.daemon.parts import Parts


class Context:
    """One call of one command.

    Everything is made when it is first asked for: a wrong config.toml is an error only for commands that need it.
    """

    def __init__(self, parser: CommandParser, arguments: Namespace) -> None:
        self.parser = parser
        self.arguments = arguments
        self.json: bool = arguments.json

    @cached_property
    def config(self) -> Config:
        """The settings. Raises ``ConfigError`` with everything that is wrong."""
        return load(find(self.arguments.config, os.environ))

    @cached_property
    def config_or_defaults(self) -> Config:
        """The settings, or the defaults where nobody has written or named a config.toml."""
        try:
            path = find(self.arguments.config, os.environ)
        except ConfigError:
            if self.arguments.config is not None or os.environ.get(ENVIRONMENT):
                raise
            return Config()
        return load(path)

    @cached_property
    def lang(self) -> Lang:
        """``--lang``, else the settings', else the locale's."""
        if self.arguments.lang is None:
            try:
                return pick(self.config_or_defaults.general.language, os.environ)
            except ConfigError:
                pass  # told where the settings are needed
        return pick(self.arguments.lang, os.environ)

    @cached_property
    def screen(self) -> Screen:
        """Standard output."""
        return Screen(sys.stdout)

    @cached_property
    def parts(self) -> Parts:
        """The parts of the configuration."""
        from assistant.daemon.parts import Parts

        return Parts(self.config, self.lang)

    @cached_property
    def parts_or_defaults(self) -> Parts:
        """The parts, also without a config.toml; what they tell of broken templates goes to standard error."""
        from assistant.daemon.parts import Parts

        return Parts(self.config_or_defaults, self.lang, self._tell)

    def now(self) -> datetime:
        """The time in the user's zone."""
        return datetime.now(self.config_or_defaults.general.zone)

    def words(self, key: str, /, **params: object) -> str:
        """A text in the user's language."""
        return text(key, self.lang, **params)

    def say(self, key: str = "", /, **params: object) -> None:
        """One line on standard output, an empty one without a key."""
        self.screen.line(self.words(key, **params) if key else "")

    def warn(self, key: str, /, **params: object) -> None:
        """One line on standard error."""
        print(f"gelassen: {self.words(key, **params)}", file=sys.stderr)

    def _tell(self, event: str, /, **fields: object) -> None:
        words = {name: spoken(str(value), self.lang) for name, value in fields.items()}
        self.warn(f"event.{event}", **words)
