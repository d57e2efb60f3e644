"""``gelassen judge --jsonl``: one answer a line, in order, at once."""

from __future__ import annotations

import json
import os
import select
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.cli.jsonl import batches
from assistant.core.escalation import JudgeInput, Scores
from assistant.daemon.parts import Parts
from tests.fakes import MarkedClassifier
from tests.unit.cli.conftest import Answer, World

HOT = "Das ist eine Frechheit (3). Die Seiten fehlen noch."


@pytest.fixture
def judge(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``gelassen judge --jsonl`` on some lines."""
    opened = []

    def run(*lines: str | bytes | dict[str, Any]) -> Answer:
        path = gelassen.folder / "lines"
        path.write_bytes(b"".join(_line(line) + b"\n" for line in lines))
        file = path.open(encoding="utf-8")
        opened.append(file)
        monkeypatch.setattr("sys.stdin", file)
        return gelassen("judge", "--jsonl")

    yield run
    for file in opened:
        file.close()


def _line(line: str | bytes | dict[str, Any]) -> bytes:
    if isinstance(line, bytes):
        return line
    return (json.dumps(line) if isinstance(line, dict) else line).encode()


def rows(answer: Answer) -> list[dict[str, Any]]:
    """The answers."""
    return [json.loads(line) for line in answer.out.splitlines()]


def test_answer_has_the_keys_of_the_contract(judge: Any) -> None:
    """id, level, p, signals, flagged, hot, lang; hot passages are exact substrings of the text."""
    answer = judge({"id": "x", "text": HOT, "subject": "Katalog", "side": "own", "hour": 23})
    (row,) = rows(answer)
    assert answer.code == 0
    assert row.keys() >= {"id", "level", "p", "signals", "flagged", "hot", "lang"}
    assert (row["id"], row["level"], row["lang"], row["cues"]) == ("x", 3, "de", ["night"])
    assert all(passage in HOT for passage in row["hot"])


def test_order_and_numbers(judge: Any) -> None:
    """More lines than a batch, answered in order; without an id the number of the line, empty lines counted."""
    answer = judge(*({"id": n, "text": f"Text ({n % 4})"} for n in range(70)), "", {"text": "alles gut"})
    found = rows(answer)
    assert [row.get("id") for row in found[:70]] == list(range(70))
    assert [row["level"] for row in found[:70]] == [n % 4 for n in range(70)]
    assert found[70]["line"] == 72
    assert "id" not in found[70]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("kaputt", {"line": 1}),
        ("[1, 2]", {"line": 1}),
        (b"\xff\xfe", {"line": 1}),
        ("[" * 100_000, {"line": 1}),
        ({"id": 7}, {"id": 7}),
        ({"id": 7, "text": ""}, {"id": 7}),
        ({"id": 7, "text": 5}, {"id": 7}),
        ({"text": "x", "side": "me"}, {"line": 1}),
        ({"id": "a", "text": "x", "hour": 24}, {"id": "a"}),
        ({"id": "a", "text": "x", "hour": True}, {"id": "a"}),
        ({"id": "a", "text": "x", "subject": 1}, {"id": "a"}),
    ],
)
def test_bad_line_is_answered_and_the_rest_goes_on(judge: Any, line: Any, name: dict[str, Any]) -> None:
    """It names itself and what is wrong; exit 0, for another one was good."""
    answer = judge(line, {"id": "good", "text": HOT})
    bad, good = rows(answer)
    assert answer.code == 0
    assert {key: bad[key] for key in name} == name
    assert bad["error"]
    assert good["level"] == 3


def test_only_bad_lines(judge: Any) -> None:
    """Exit 1."""
    assert judge("kaputt", "auch kaputt").code == 1


def test_half_a_character(judge: Any) -> None:
    """JSON can write what no tokenizer can read; it is judged all the same."""
    (row,) = rows(judge(b'{"id": 1, "text": "\\ud800 Frechheit (3)!"}'))
    assert (row["level"], row["hot"]) == (3, ["\ufffd Frechheit (3)!"])


def test_text_that_upsets_the_model(judge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is answered with an error, the others of its batch with a judgement."""

    class Upset(MarkedClassifier):
        def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
            if any("odd" in item.text for item in inputs):
                raise TypeError
            return super().score(inputs)

    monkeypatch.setattr(Parts, "classifier", Upset())
    answer = judge({"id": 1, "text": HOT}, {"id": 2, "text": "odd"}, {"id": 3, "text": HOT})
    assert [row.get("level", row.get("error")) for row in rows(answer)] == [3, "the text cannot be judged", 3]


def test_no_lines(judge: Any) -> None:
    """Nothing asked, nothing answered, exit 0."""
    answer = judge()
    assert (answer.code, answer.out) == (0, "")


def test_files_are_refused(gelassen: World) -> None:
    """It reads standard input."""
    assert gelassen("judge", "--jsonl", "a.eml").code == 2


def test_waits_for_no_more_once_there_is_a_line() -> None:
    """A program that holds the pipe open gets each answer before it writes the next line."""
    source, sink = os.pipe()
    try:
        found = batches(source)
        for n in range(3):
            os.write(sink, b"line %d\nbegun" % n)
            assert next(found) == [b"line %d" % n if n == 0 else b"begunline %d" % n]
            assert not select.select([source], [], [], 0)[0]
        os.close(sink)
        assert list(found) == [[b"begun"]]
    finally:
        os.close(source)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=5).map(lambda raw: raw.replace(b"\n", b"")), max_size=100), st.booleans())
def test_batches_keep_every_line(lines: list[bytes], ended: bool) -> None:
    """All lines in order, no batch empty or too long, the last line with or without its end."""
    source, sink = os.pipe()
    try:
        os.write(sink, b"\n".join(lines) + (b"\n" if ended and lines else b""))
        os.close(sink)
        found = list(batches(source))
    finally:
        os.close(source)
    whole = [line for batch in found for line in batch]
    expected = lines if ended or not lines or lines[-1] else lines[:-1]
    assert whole == expected
    assert all(0 < len(batch) <= 32 for batch in found)
