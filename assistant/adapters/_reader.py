"""How a mail is shown to a model, whichever program runs it: as one row of tokens, or in windows when it is long."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from assistant.adapters._text import pieces, units, windows
from assistant.core.escalation import JudgeInput

WINDOW = 256  # tokens of a mail that are judged at once
OVERLAP = 64  # tokens that neighbouring windows share
MARKERS = 2  # tokens that stand before and after every text

Shown = Callable[[JudgeInput, str], str]
Row = list[int]


class Reader(ABC):
    """A loaded model: texts in, raw outputs (logits) out. Not thread-safe by itself.

    Attributes:
        labels: names of the outputs, in order.
        several: whether the outputs are independent of each other (sigmoid), or exclude each other (softmax).
        limit: the longest row of tokens that is computed.
    """

    labels: tuple[str, ...]
    several: bool
    limit: int = WINDOW

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> list[Row]:
        """The tokens of each text with the markers at both ends, however many."""

    @abstractmethod
    def infer(self, rows: Sequence[Row]) -> list[list[float]]:
        """Raw outputs of each row of at most ``limit`` tokens, in order."""

    def logits(self, texts: Sequence[str]) -> list[list[float]]:
        """Raw outputs of each text, in order; texts longer than the model reads are cut."""
        return self.infer([self.cut(row) for row in self.encode(texts)])

    def judge(self, inputs: Sequence[JudgeInput], shown: Shown) -> list[list[float]]:
        """Raw outputs of each mail; of a long text's windows the highest value of each output counts.

        One hot sentence in a calm page must not drown. ``shown`` puts a stretch of the text into the model's format.
        """
        parts = self.rows(inputs, shown)
        found = iter(self.infer([row for rows in parts for row in rows]))
        return [hottest([next(found) for _ in rows]) for rows in parts]

    def rows(self, inputs: Sequence[JudgeInput], shown: Shown) -> list[list[Row]]:
        """The rows of tokens that the model reads of each mail: one, or one for each window."""
        whole = self.encode([shown(item, item.text) for item in inputs])
        return [
            [row] if len(row) <= self.limit else self._windowed(item, shown)
            for item, row in zip(inputs, whole, strict=True)
        ]

    def _windowed(self, item: JudgeInput, shown: Shown) -> list[Row]:
        return [self.cut(row) for row in self.encode(self.windows(item, shown))]

    def windows(self, item: JudgeInput, shown: Shown) -> list[str]:
        """What the model reads of a mail, window by window, each under the same head (side, subject)."""
        head = self.length(shown(item, ""))
        return [shown(item, part) for part in self.split(item.text, head + MARKERS)]

    def split(self, text: str, head: int) -> list[str]:
        """The text in overlapping windows that fit the model; ``head`` is the tokens that go before each window."""
        return [text[start:end] for start, end in self.spans(text, head)]

    def spans(self, text: str, head: int) -> list[tuple[int, int]]:
        """Where the windows of ``split`` stand in the text."""
        room = max(32, self.limit - head)
        if self.length(text) <= room:
            return [(0, len(text))]
        parts = [part for unit in units(text) for part in pieces(text, unit, room, self.length)]
        lengths = [self.length(text[start:end]) for start, end in parts]
        return [(parts[first][0], parts[last - 1][1]) for first, last in windows(lengths, room, OVERLAP)]

    def length(self, text: str) -> int:
        """Number of tokens, without the markers at both ends."""
        return len(self.encode([text])[0]) - MARKERS

    def cut(self, row: Row) -> Row:
        """A row of at most ``limit`` tokens; the marker at its end stays."""
        return row if len(row) <= self.limit else [*row[: self.limit - 1], row[-1]]


def hottest(rows: Sequence[Sequence[float]]) -> list[float]:
    """The highest value of each output over several windows."""
    return [max(column) for column in zip(*rows, strict=True)]
