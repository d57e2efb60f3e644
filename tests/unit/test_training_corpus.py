"""The corpus in the repository, and which writers are held out together."""

from __future__ import annotations

from models.training import corpus, folds
from models.training.corpus import REAL, Record, rows
from models.training.labels import OUTPUTS


def test_shipped_corpus_follows_the_labels() -> None:
    """Known signals, hot passages are substrings, only warm mail has them, and no id occurs twice."""
    records = corpus.written()
    assert len(records) > 6000
    assert all(set(record.signals) <= set(OUTPUTS) and record.level in range(4) for record in records)
    assert all(hot in record.text for record in records for hot in record.hot)
    assert not any(record.hot for record in records if record.level == 0)
    assert len({(record.writer, record.id) for record in records}) == len(records)


def test_labels_of_real_texts_hold_no_text() -> None:
    """The licence lets no text be copied: a label is a set, an id, numbers and names of signals."""
    labels = [row for path in REAL.glob("*.jsonl") for row in rows(path)]
    assert len(labels) > 3000
    for row in labels:
        assert set(row) == {"set", "id", "level", "signals", "hot", "side"}
        assert set(row["signals"]) <= set(OUTPUTS)
        assert all(0 <= start < end for start, end in row["hot"])
        assert bool(row["hot"]) == (row["level"] > 0)


def test_spans_are_in_order_and_apart() -> None:
    """Passages that touch or overlap are one span."""
    mail = Record(
        id="", writer="", lang="en", side="client", subject="", text="a bc de f", level=1, hot=("de", "bc d", "a")
    )
    assert mail.spans() == [(0, 1), (2, 7)]


def test_groups_hold_out_every_file_once() -> None:
    """The groups and the single files both cover all writers, and a held-out writer is never trained on."""
    records = corpus.written()
    writers = {record.writer for record in records}
    for groups in (folds.grouped(records), folds.by_writer(records)):
        assert sorted(writer for group in groups for writer in group) == sorted(writers)
    kept, held = folds.split(records, folds.GROUPS[0])
    assert not {record.writer for record in kept} & {record.writer for record in held}
    assert len(kept) + len(held) == len(records)
