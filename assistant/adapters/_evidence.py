"""What Gelassen's own model finds in a mail before it is made a probability: the outputs of the network and of the
linear model, and the heat of each sentence, all from one pass.

A long mail is read in overlapping windows; of each output and of each sentence the hottest window counts, for one hot
sentence in a calm page must not drown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from assistant.adapters._ngrams import read_as
from assistant.adapters._reader import MARKERS, hottest
from assistant.adapters._text import escaped, model_head
from assistant.adapters._weights import HEATS
from assistant.core.escalation import JudgeInput, sentences

if TYPE_CHECKING:
    from assistant.adapters._ngrams import Ngrams
    from assistant.adapters._own import Encoded, OwnModel

Heat = list[float]
COLD: Final = (-12.0,) * HEATS  # the heat of a sentence of which no token was read


class Evidence(NamedTuple):
    """Raw outputs (17 each), and for each of ``sentences(text)`` three logits: that it carries heat of level 1, 2, 3.

    ``ngrams`` is all zero, and ``heat`` empty, where the model folder lacks that part.
    """

    network: list[float]
    ngrams: list[float]
    heat: list[Heat]

    def hottest(self) -> list[float]:
        """For each output the heat of the hottest sentence: of the level it stands for, 0 for signals."""
        levels = hottest(self.heat) if self.heat else [0.0] * HEATS
        return levels + [0.0] * (len(self.network) - HEATS)


@dataclass(frozen=True)
class _Window:
    """A stretch of a mail: which mail, where it begins in its text, the stretch, its tokens under the mail's head."""

    mail: int
    start: int
    part: str
    encoded: Encoded


class Finder:
    """Both models of a folder together."""

    def __init__(self, model: OwnModel, ngrams: Ngrams | None) -> None:
        self._model, self._ngrams = model, ngrams

    def find(self, inputs: Sequence[JudgeInput]) -> list[Evidence]:
        """The evidence in each mail, in order."""
        windows = list(self._windows(inputs))
        logits, heat = self._model.run([window.encoded.ids for window in windows])
        outputs: list[list[list[float]]] = [[] for _ in inputs]
        linear: list[list[list[float]]] = [[] for _ in inputs]
        told = bool(heat and heat[0])
        warmth = [[list(COLD) for _ in sentences(item.text)] if told else [] for item in inputs]
        for window, values, tokens in zip(windows, logits, heat, strict=True):
            item = inputs[window.mail]
            outputs[window.mail].append(values)
            linear[window.mail].append(self._linear(item, window.part, len(values)))
            if tokens:
                _warm(warmth[window.mail], item, window, tokens)
        found = zip(outputs, linear, warmth, strict=True)
        return [Evidence(hottest(a), hottest(b), c) for a, b, c in found]

    def _windows(self, inputs: Sequence[JudgeInput]) -> Iterator[_Window]:
        for number, item in enumerate(inputs):
            head = model_head(side=item.side, subject=item.subject)
            whole = self._model.encode_with_offsets(head + escaped(item.text))
            if len(whole.ids) <= self._model.limit:
                yield _Window(number, 0, item.text, whole)
                continue
            for start, end in self._model.spans(item.text, self._model.length(head) + MARKERS):
                part = item.text[start:end]
                yield _Window(number, start, part, self._cut(self._model.encode_with_offsets(head + escaped(part))))

    def _cut(self, row: Encoded) -> Encoded:
        return row._replace(ids=self._model.cut(row.ids), offsets=row.offsets[: self._model.limit])

    def _linear(self, item: JudgeInput, part: str, outputs: int) -> list[float]:
        if self._ngrams is None:
            return [0.0] * outputs
        return self._ngrams.logits(read_as(item.subject, part), own=item.side == "own")


def _warm(warmth: list[Heat], item: JudgeInput, window: _Window, tokens: Sequence[Heat]) -> None:
    """Raises the heat of each sentence that stands in the window to the mean over its tokens there."""
    shown, position = escaped(window.part), 0
    begin = len(model_head(side=item.side, subject=item.subject))
    offsets, token = window.encoded.offsets, 0
    for number, sentence in _inside(item.text, window):
        plain = escaped(sentence)
        position = shown.find(plain, position) + len(plain)
        first, last = begin + position - len(plain), begin + position
        while token < len(tokens) and offsets[token][1] <= first:
            token += 1
        upto = token
        while upto < len(tokens) and offsets[upto][0] < last:
            upto += 1
        # The marker at the end stands nowhere, at (0, 0).
        inside = [tokens[at] for at in range(token, upto) if offsets[at][1] > first]
        if inside:
            means = [sum(column) / len(inside) for column in zip(*inside, strict=True)]
            warmth[number] = hottest([warmth[number], means])


def _inside(text: str, window: _Window) -> Iterator[tuple[int, str]]:
    """The sentences that stand wholly in a window, or what of them stands there, with their numbers."""
    position, end = 0, window.start + len(window.part)
    for number, sentence in enumerate(sentences(text)):
        start = text.find(sentence, position)
        position = start + len(sentence)
        cut = text[max(start, window.start) : min(position, end)]
        if cut.strip():
            yield number, cut
