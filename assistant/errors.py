"""The tree of errors that a user may meet.

GelassenError
├── ConfigError        the settings are wrong; carries every problem at once
├── TemporaryFailure   try again later (server away, disk full, database locked)
│   └── Disconnected   the connection to a server was lost; the caller reconnects
├── PermanentFailure   trying again will not help (login refused, folder missing)
│   ├── LoginRefused   the server does not accept the credentials
│   │   └── LoginBarred   it did not a moment ago, so it is not asked again yet
│   ├── Denied         the server says no to one thing (mailbox full, no right); others may work
│   ├── StoreError     the database cannot be used as it is
│   ├── ModelError     the model cannot be loaded
│   └── TemplateError  a reply template is broken
├── Gone               a message is no longer where it was
└── Refused            the user asked for something that the rules forbid

Each message says what happened, where, and what to do next.  Everything that is not a
GelassenError is a bug and keeps its traceback (exit code 3).
"""

from __future__ import annotations

from collections.abc import Sequence


class GelassenError(Exception):
    """Something expected went wrong; the text is fit for the user."""


class ConfigError(GelassenError):
    """config.toml cannot be used.

    Attributes:
        problems: one line each, with file, key path, and what to do.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class TemporaryFailure(GelassenError):
    """Nothing is lost and a later attempt may succeed."""


class Disconnected(TemporaryFailure):
    """The server cannot be reached, or the connection broke."""


class PermanentFailure(GelassenError):
    """A later attempt would fail in the same way until the user changes something."""


class LoginRefused(PermanentFailure):
    """The server answered that the user name or the password is wrong."""


class LoginBarred(LoginRefused):
    """The same password was refused a moment ago; to keep the account from being locked, the server was not asked."""


class Denied(PermanentFailure):
    """The server was reached and will not do this one thing; whatever was decided stays decided and is tried again."""


class StoreError(PermanentFailure):
    """The database is read-only, corrupted, or of a newer version of Gelassen."""


class ModelError(PermanentFailure):
    """The model folder is missing, incomplete or not a model."""


class TemplateError(PermanentFailure):
    """A reply template cannot be read; the text names file and line."""


class Refused(GelassenError):
    """A rule of the hold forbids it: not cooled, not reviewed, already decided."""


class Gone(GelassenError):
    """The message is no longer where it was: another program moved or deleted it, or UIDVALIDITY changed."""
