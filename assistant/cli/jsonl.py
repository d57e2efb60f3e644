"""``gelassen judge --jsonl``: one JSON object a line in, one a line out, in the same order (DESIGN section 6).

What has come is judged together, so that a file goes fast and a program that waits for each answer gets it at once.
"""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from assistant.cli.context import Context
from assistant.cli.judging import assess
from assistant.cli.rows import Form, judgement
from assistant.core.escalation import Assessment, Side
from assistant.services.judging import Writing

_BATCH: Final = 32
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One input line: what identifies it in the answer, and its text or what is wrong with it."""

    name: Form
    writing: Writing | None = None
    error: str = ""


def judge_lines(context: Context) -> int:
    """Judge standard input; 1 only when there were lines and all of them were bad."""
    good = bad = 0
    number = 0
    for batch in batches(sys.stdin.fileno()):
        lines = []
        for raw in batch:
            number += 1
            if raw.strip():
                lines.append(read_line(raw, number, context))
        for answer in _answers(context, lines):
            good, bad = (good, bad + 1) if "error" in answer else (good + 1, bad)
            print(json.dumps(answer, ensure_ascii=False))
        sys.stdout.flush()
    return 1 if bad and not good else 0


def batches(source: int) -> Iterator[list[bytes]]:
    """The lines of a file descriptor: as many as there are by now, but never waiting for more once there is one."""
    lines: list[bytes] = []
    rest = b""
    while True:
        while len(lines) < _BATCH and (not lines or _ready(source)):
            chunk = os.read(source, _CHUNK)
            if not chunk:
                lines += [rest] if rest else []
                yield from _portions(lines)
                return
            *complete, rest = (rest + chunk).split(b"\n")
            lines += complete
        yield lines[:_BATCH]
        del lines[:_BATCH]


def _portions(lines: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(lines), _BATCH):
        yield lines[start : start + _BATCH]


def _ready(source: int) -> bool:
    return bool(select.select([source], [], [], 0)[0])


def read_line(raw: bytes, number: int, context: Context) -> Line:
    """One line taken apart; without an ``id`` it is answered by its number."""
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return Line(name={"line": number}, error=context.words("jsonl.not_json"))
    if not isinstance(value, dict):
        return Line(name={"line": number}, error=context.words("jsonl.no_object"))
    name = {"id": value["id"]} if value.get("id") is not None else {"line": number}
    wrong = _wrong(value)
    if wrong:
        return Line(name=name, error=context.words(wrong))
    return Line(name=name, writing=_writing(value, context))


def _wrong(value: dict[str, Any]) -> str:
    """The key of the text that says what is wrong with a line; empty when nothing is."""
    hour = value.get("hour")
    checks = (
        ("jsonl.no_text", not isinstance(value.get("text"), str) or not value["text"].strip()),
        ("jsonl.subject", not isinstance(value.get("subject"), str | None)),
        ("jsonl.side", value.get("side") not in (None, "client", "own")),
        ("jsonl.hour", hour is not None and not _is_hour(hour)),
    )
    return next((key for key, wrong in checks if wrong), "")


def _is_hour(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 24


def _writing(value: dict[str, Any], context: Context) -> Writing:
    side: Side = value.get("side") or "client"
    hour = value.get("hour")
    now = context.now()
    at = None if hour is None else datetime.combine(now.date(), time(int(hour)), tzinfo=now.tzinfo)
    return Writing(text=_whole(value["text"]), subject=_whole(value.get("subject") or ""), side=side, at=at)


def _whole(text: str) -> str:
    """Halves of characters, which JSON can write and nobody can read, become the mark for an unreadable one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _answers(context: Context, lines: Sequence[Line]) -> list[Form]:
    found = iter(assess(context, [line.writing for line in lines if line.writing is not None]))
    return [_answer(context, line, next(found) if line.writing else None) for line in lines]


def _answer(context: Context, line: Line, assessment: Assessment | None) -> Form:
    from assistant.adapters.mime import language

    if line.writing is None:
        return {**line.name, "error": line.error}
    if assessment is None:
        return {**line.name, "error": context.words("jsonl.upset")}
    return {**line.name, **judgement(assessment), "lang": language(line.writing.text, line.writing.subject)}
