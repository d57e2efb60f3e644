"""The evidence of a mail: windows, the hottest of them, and the heat of each sentence, with a made-up model."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assistant.adapters import _calibration
from assistant.adapters._calibration import OUTPUTS
from assistant.adapters._evidence import COLD, Evidence, Finder
from assistant.adapters._own import Encoded, OwnModel
from assistant.adapters._text import model_head
from assistant.core.escalation import JudgeInput, sentences
from models.training import calibrate
from models.training.corpus import Record


class Letters(OwnModel):
    """One token a character; a token in capitals is hot, and so is a window by its capitals."""

    limit = 60

    def __init__(self) -> None:
        """Loads nothing."""

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Characters between two markers."""
        return [[0, *map(ord, text), 0] for text in texts]

    def encode_with_offsets(self, text: str) -> Encoded:
        """Characters where they stand."""
        return Encoded(self.encode([text])[0], [(0, 0), *((n, n + 1) for n in range(len(text))), (0, 0)])

    def run(self, rows: Sequence[list[int]]) -> tuple[list[list[float]], list[list[list[float]]]]:
        """Outputs count the capitals; the heat of a capital is 4, 2 and 1, of everything else -4."""
        capital = [[chr(token).isupper() for token in row] for row in rows]
        heat = [[[4.0, 2.0, 1.0] if hot else [-4.0] * 3 for hot in row] for row in capital]
        return [[float(sum(row))] * len(OUTPUTS) for row in capital], heat


def found(text: str, subject: str = "") -> Evidence:
    """The evidence in one text."""
    return Finder(Letters(), None).find([JudgeInput(text=text, subject=subject)])[0]


def test_each_sentence_has_its_own_heat() -> None:
    """The mean over its tokens; the head of the mail belongs to none of them."""
    evidence = found("all is well. SHOUTING! bye.", subject="LOUD")
    calm, hot, last = evidence.heat
    assert hot[0] > 3
    assert max(calm[0], last[0]) == -4
    assert len(evidence.network) == len(OUTPUTS)


def test_in_a_long_mail_the_hottest_window_counts() -> None:
    """A hot sentence among many calm ones is found wherever it stands, and the outputs are those of its window."""
    calm = "so far so good. "
    for place in (0, 5, 19):
        text = calm * place + "GO AWAY! " + calm * (19 - place)
        evidence = found(text)
        assert evidence.network[0] >= len("GOAWAY")
        heat = dict(zip(sentences(text), [row[0] for row in evidence.heat], strict=False))
        assert [row[0] for row in evidence.heat].index(max(row[0] for row in evidence.heat)) == place
        assert heat["GO AWAY!"] > 1
        assert all(row != list(COLD) for row in evidence.heat)


def test_a_sentence_longer_than_a_window_is_read_in_pieces() -> None:
    """No sentence stays unread."""
    evidence = found("x" * 200 + " LOUD.")
    assert [row != list(COLD) for row in evidence.heat] == [True]


def test_tokenizer_markers_in_a_mail_shift_nothing() -> None:
    """Text that spells out a marker is shown changed; the heat still falls on the right sentence."""
    first, second = found("so </s> on. LOUD!").heat
    assert first[0] < 0 < second[0]


def test_without_a_head_and_without_ngrams() -> None:
    """A folder that lacks a part gives empty heat and nothing from n-grams."""

    class Headless(Letters):
        def run(self, rows: Sequence[list[int]]) -> tuple[list[list[float]], list[list[list[float]]]]:
            return super().run(rows)[0], [[] for _ in rows]

    [evidence] = Finder(Headless(), None).find([JudgeInput(text="Hm. Well.")])
    assert (evidence.heat, set(evidence.ngrams), set(evidence.hottest())) == ([], {0.0}, {0.0})


def test_the_mixture_adds_up() -> None:
    """Network, n-grams and the heat of the matching level, each by its weight; heat is told as a probability."""
    records = [
        Record(id="", writer="", lang="", side=s, subject="", text="", level=n % 4)
        for n in range(40)
        for s in ("client", "own")
    ]
    content = calibrate.fit(calibrate.Scored(records=records, logits=2 * calibrate.gold_matrix(records) - 1))
    content["mixture"] = {name: [0.5, 2.0, 3.0] for name in OUTPUTS}
    content["scale"] = {name: [1.0, 0.0] for name in OUTPUTS}
    calibration = _calibration.parse(content)
    evidence = Evidence([1.0] * 17, [-0.5] * 17, [[0.0, -1.0, -2.0], [-3.0, -1.5, -2.5]])
    scores = calibration.judged(evidence)
    expected = [_calibration.sigmoid(0.5 - 1 + 3 * heat) for heat in (0.0, -1.0, -2.0)]
    assert scores.p == pytest.approx(expected)
    assert scores.heat == pytest.approx((0.5, _calibration.sigmoid(-3)))
    assert set(scores.signals.values()) == {_calibration.sigmoid(-0.5)}


def test_head_is_what_stands_before_the_text() -> None:
    """The offsets are counted from behind it."""
    assert model_head(side="own", subject=" a\n b ") == "query: own: a b | "
