"""A measured figure, its spread and its bar; as a table and as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

MOST, LEAST = "at most", "at least"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure, measured several times.

    Attributes:
        part: the letter or word by which ``--only`` names it.
        unit: of the values.
        bar: what it should be; ``sense`` says whether at most or at least.
    """

    part: str
    name: str
    unit: str
    values: tuple[float, ...]
    sense: str = ""
    bar: float | None = None

    @property
    def median(self) -> float:
        """The middle of the values."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool | None:
        """Whether the median keeps to the bar; None without one."""
        if self.bar is None:
            return None
        return self.median <= self.bar if self.sense == MOST else self.median >= self.bar

    def row(self) -> tuple[str, ...]:
        """The cells of a table."""
        spread = f"{number(min(self.values))}–{number(max(self.values))}" if len(self.values) > 1 else ""
        bar = "" if self.bar is None else f"{self.sense} {number(self.bar)}"
        verdict = {None: "", True: "kept", False: "MISSED"}[self.reached]
        return (self.part, self.name, number(self.median), spread, self.unit, bar, verdict)

    def record(self) -> dict[str, Any]:
        """For the JSON file."""
        return {**asdict(self), "median": self.median, "reached": self.reached}


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(figures: Sequence[Figure]) -> str:
    """All figures, one a line."""
    head = ("", "figure", "median", "spread", "unit", "bar", "")
    rows = [head, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(_cell(text, widths[i], i) for i, text in enumerate(row)).rstrip() for row in rows]
    return "\n".join(lines)


def _cell(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column in (2, 3) else text.ljust(width)


def load(text: str) -> list[Figure]:
    """Figures from the JSON of ``dump``."""
    return [Figure(**{**record, "values": tuple(record["values"])}) for record in json.loads(text)]


def dump(figures: Sequence[Figure]) -> str:
    """Figures as one line of JSON."""
    return json.dumps([asdict(figure) for figure in figures])
