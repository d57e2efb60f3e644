"""Harmless texts that sound dangerous: legal footers under mails of any level, and calm mails about contracts, audits
and chat.

Held-out real mail showed what a model trained on client mail alone takes for threats: "confidential and legally
privileged". The texts in ``data/harmless.json`` were written for this project; a last short training shows them
together with the corpus.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from models.training.corpus import DATA, Example, Record, mail_example, wanted
from models.training.labels import HEAT_SIGNALS, LEVELS, SIGNALS

FOOTER_SHARE = 0.3
REPEATS = 8  # of each harmless mail


def texts() -> dict[str, Any]:
    """Footers and mails by language."""
    found: dict[str, Any] = json.loads((DATA / "harmless.json").read_text(encoding="utf-8"))
    return found


def epoch(records: Sequence[Record], public: Sequence[Example], rng: random.Random) -> list[Example]:
    """The corpus with footers under some mails, the harmless mails, and public texts worth as much as the corpus."""
    known = texts()
    examples = [mail_example(_with_footer(record, known["footers"], rng)) for record in records]
    for lang, mails in known["mails"].items():
        examples += [_calm(mail, rng, known["footers"][lang]) for mail in mails * REPEATS]
    examples += rng.sample(list(public), min(len(public), len(records)))
    rng.shuffle(examples)
    return examples


def _with_footer(record: Record, footers: dict[str, list[str]], rng: random.Random) -> Record:
    if rng.random() >= FOOTER_SHARE:
        return record
    return replace(record, text=f"{record.text}\n\n{rng.choice(footers.get(record.lang, footers['en']))}")


def _calm(mail: str, rng: random.Random, footers: list[str]) -> Example:
    text = f"{mail}\n\n{rng.choice(footers)}" if rng.random() < FOOTER_SHARE else mail
    record = Record(id="", writer="", lang="", side="client", subject="", text=text, level=0)
    # Calm for certain; which calm signals it carries was not written down.
    weights = (1.0,) * len(LEVELS) + tuple(float(name in HEAT_SIGNALS) for name in SIGNALS)
    return replace(mail_example(record), wanted=wanted(0, ()), weights=weights)
