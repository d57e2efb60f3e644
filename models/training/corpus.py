"""The corpus: mails written for this project, and real public texts of which only our labels are kept here.

A *record* is one labelled text in the form of ``data/LABELS.md``.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parent / "data"
REAL: Final = DATA / "real"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One labelled text; ``writer`` is the file it comes from (of a public text: the set)."""

    id: str
    writer: str
    lang: str
    side: str
    subject: str
    text: str
    level: int
    signals: tuple[str, ...] = ()
    hot: tuple[str, ...] = ()

    def spans(self) -> list[tuple[int, int]]:
        """Where the hot passages stand in the text, in order, those that touch joined."""
        found = sorted((start, start + len(passage)) for passage in self.hot if (start := self.text.find(passage)) >= 0)
        joined: list[tuple[int, int]] = []
        for start, end in found:
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined


def read(path: Path, writer: str) -> list[Record]:
    """The records of one JSON Lines file in the form of LABELS.md."""
    return [record(row, writer) for row in rows(path)]


def record(row: dict[str, Any], writer: str) -> Record:
    """One record from its JSON object."""
    return Record(
        id=str(row.get("id", "")),
        writer=writer,
        lang=row.get("lang", ""),
        side=row.get("side", "client"),
        subject=row.get("subject", ""),
        text=row["text"],
        level=int(row["level"]),
        signals=tuple(row["signals"]),
        hot=tuple(row["hot"]),
    )


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, gzipped or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def written(folder: Path = DATA) -> list[Record]:
    """All written mails, file by file (w1, w2 …)."""
    files = sorted(folder.glob("w*.jsonl"), key=lambda path: int(re.sub(r"\D", "", path.stem)))
    if not files:
        raise FileNotFoundError(f"no written corpus (w*.jsonl) in {folder}")
    return [item for path in files for item in read(path, path.stem)]


def real(public: Path, labels: Path = REAL) -> list[Record]:
    """Real texts that were labelled one by one.

    ``labels`` holds set, id, level, signals and the offsets of the hot passages; the texts themselves, which may not be
    copied, are looked up in the folder of the public sets. A text that a set no longer has is left out.
    """
    wanted: dict[str, dict[str, dict[str, Any]]] = {}
    for path in sorted(labels.glob("*.jsonl")):
        for row in rows(path):
            wanted.setdefault(row["set"], {})[row["id"]] = row
    return [item for name, by_id in wanted.items() for item in _found(public / f"{name}.jsonl.gz", by_id)]


def _found(path: Path, labels: dict[str, dict[str, Any]]) -> Iterator[Record]:
    known: set[str] = set()
    for row in rows(path):
        label = labels.get(row["id"])
        if label and row["text"] not in known:  # some sets hold the same text twice
            known.add(row["text"])
            hot = [row["text"][start:end] for start, end in label["hot"]]
            yield record({**label, "lang": row["lang"], "text": row["text"], "hot": hot}, path.name.split(".")[0])


def languages(records: Sequence[Record]) -> dict[str, int]:
    """How many records there are of each language."""
    found = [item.lang for item in records]
    return {lang: found.count(lang) for lang in dict.fromkeys(found)}
