"""Which writers are held out together.

Drafts answer mails of the same file and the contrast sets share their words, so nothing smaller than a file is ever
held out. ``GROUPS`` are four fixed groups of files, alike in size, languages and sides, for when a
training for each file is too much; ``--by-writer`` holds out one file at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from models.training.corpus import Record

GROUPS: Final = (
    ("w1", "w5", "w8", "w12", "w18", "w23", "w30", "w31"),
    ("w2", "w9", "w11", "w14", "w17", "w21", "w25", "w27", "w34", "w36"),
    ("w3", "w6", "w7", "w13", "w16", "w22", "w26", "w28", "w33", "w35"),
    ("w4", "w10", "w15", "w19", "w20", "w24", "w29", "w32"),
)


def grouped(records: Sequence[Record]) -> list[tuple[str, ...]]:
    """The groups, and any files beyond the known ones as a group of their own."""
    known = {writer for group in GROUPS for writer in group}
    rest = tuple(dict.fromkeys(record.writer for record in records if record.writer not in known))
    return [*GROUPS, rest] if rest else list(GROUPS)


def by_writer(records: Sequence[Record]) -> list[tuple[str, ...]]:
    """Each file alone."""
    return [(writer,) for writer in dict.fromkeys(record.writer for record in records)]


def split(records: Sequence[Record], held: Sequence[str]) -> tuple[list[Record], list[Record]]:
    """Records to train on and records held out."""
    kept = [record for record in records if record.writer not in held]
    return kept, [record for record in records if record.writer in held]
