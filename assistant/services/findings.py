"""What a check found: a line of ``gelassen doctor``, in the terminal or on the page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        check: what was looked at.
        text: what was found; an error's text as it is raised, to be told in the user's language.
        next: how to mend it.
    """

    check: str
    result: Result
    text: str
    next: str = ""
