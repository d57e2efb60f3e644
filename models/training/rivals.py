"""The rivals that the model has to beat, on the same held-out files: TF-IDF, frozen e5, lexicons, a sentiment model.

``report`` is the step for the pipeline; ``python -m models.training.rivals --help`` runs it alone. Every fit keeps
its outputs in the cache under the name of what it was trained on and asked, so a run that was stopped goes on where it
was, and a changed corpus is fitted anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.training import baseline, calibrate, corpus, evaluate, export, figures, folds, frozen, lexicon, sentiment
from models.training.corpus import Record
from models.training.figures import RealMail
from models.training.labels import LEVELS, OUTPUTS
from models.training.metrics import Floats

CALM_SETS: Final = (("github_incivility", "en", "tbdf", "None"), ("germeval2018", "de", "offense", "OTHER"))
EVERY: Final = 3  # calm public texts: about half as many as written mails
NONE_HAD: Final = "none could be had: no model folder was given"
LONGEST_CALM: Final = 600  # characters
E5_STRENGTH: Final = 0.01  # C; best of 0.0003 to 0.3 on a sixth of the mails, so a favour done to the rival


class Method(Protocol):
    """From mails to outputs: trained on ``train`` and on texts known to be ``calm``, asked about ``test``."""

    def __call__(self, train: Sequence[Record], calm: Sequence[Record], test: Sequence[Record]) -> Floats:
        """Raw outputs (n x 17)."""


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A method, what stands in the report about it, and what it can use and tell."""

    about: str
    method: Method
    calm: bool = False
    signals: bool = False


def tfidf(train: Sequence[Record], calm: Sequence[Record], test: Sequence[Record]) -> Floats:
    """TF-IDF of characters 2-5 and words 1-2."""
    return baseline.score(train, [baseline.input_of(record) for record in calm], test)


@dataclass(frozen=True, kw_only=True)
class OnFeatures:
    """Regressions on features that need no training; ``store`` keeps these file by file."""

    store: Store
    strength: float
    outputs: int

    def __call__(self, train: Sequence[Record], calm: Sequence[Record], test: Sequence[Record]) -> Floats:
        """Raw outputs (n x 17)."""
        model = make_pipeline(StandardScaler(), LogisticRegression(C=self.strength, max_iter=2000))
        known, unknown = self.store.of([*train, *calm]), self.store.of(test)
        return baseline.regressions(model, known, calibrate.gold_matrix(train), unknown, range(self.outputs))


class Store:
    """Features of mails, computed for a whole file at a time and kept in ``folder``."""

    def __init__(self, folder: Path, compute: Callable[[Sequence[Record]], Floats]) -> None:
        self.folder, self.compute = folder, compute
        self.known: dict[str, Floats] = {}

    def of(self, records: Sequence[Record]) -> Floats:
        """Features (n x k), in the order of the records."""
        parts: dict[str, list[int]] = {}
        for number, record in enumerate(records):
            parts.setdefault(record.writer, []).append(number)
        found = [(rows, self._file([records[row] for row in rows])) for rows in parts.values()]
        together = np.zeros((len(records), found[0][1].shape[1]))
        for rows, values in found:
            together[rows] = values
        return together

    def _file(self, records: Sequence[Record]) -> Floats:
        name = f"features-{records[0].writer}-{fingerprint(records)}"
        if name not in self.known:
            self.known[name] = kept(self.folder / f"{name}.npy", lambda: self.compute(records))
        return self.known[name]


def kept(path: Path, make: Callable[[], Floats]) -> Floats:
    """The array of the file ``path``, made first when it is not there."""
    if not path.exists():
        print(f"{path.parent.name}: {path.stem}", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npy")
        np.save(unfinished, make())
        unfinished.replace(path)
    found: Floats = np.load(path)
    return found


def fingerprint(*parts: Iterable[Record]) -> str:
    """Twelve hexadecimal digits that differ when any text or label differs."""
    digest = hashlib.sha256()
    for part in parts:
        rows = [(r.lang, r.side, r.subject, r.text, r.level, r.signals) for r in part]
        digest.update(json.dumps(rows).encode())
    return digest.hexdigest()[:12]


def contenders(cache: Path, sentiment_folder: Path | None) -> dict[str, Rival]:
    """All rivals by name."""

    def on(name: str, compute: Callable[[Sequence[Record]], Floats], strength: float, outputs: int) -> OnFeatures:
        return OnFeatures(store=Store(cache / name, compute), strength=strength, outputs=outputs)

    found = {
        "lexicon": Rival(
            about="VADER (en), textblob-de with the German Polarity Lexicon (de); mean over sentences",
            method=on("lexicon", lexicon.features, 100.0, len(LEVELS)),
        ),
        "frozen_e5": Rival(
            about="multilingual-e5-small untrained, mean pooling, logistic regression",
            method=on("frozen_e5", frozen.vectors, E5_STRENGTH, len(OUTPUTS)),
            calm=True,
            signals=True,
        ),
        "tfidf": Rival(
            about="TF-IDF of characters 2-5 and words 1-2, logistic regression", method=tfidf, calm=True, signals=True
        ),
    }
    if sentiment_folder:
        name = f"sentiment-{sentiment_folder.resolve().name}"
        compute = sentiment_features(sentiment_folder)
        about = f"{sentiment_folder.resolve().name}, logistic regression on its outputs"
        found["sentiment"] = Rival(about=about, method=on(name, compute, 1.0, len(LEVELS)))
    return found


def sentiment_features(folder: Path) -> Callable[[Sequence[Record]], Floats]:
    """The features of the model in ``folder``, which is loaded when they are first needed."""
    return lambda records: sentiment.FolderModel(folder).features(records)


def report(
    records: Sequence[Record],
    groups: Sequence[Sequence[str]],
    public_dir: Path | None,
    cache_dir: Path,
    *,
    extra: Sequence[Record] = (),
    sentiment_folder: Path | None = None,
    only: Sequence[str] = (),
) -> dict[str, Any]:
    """The figures of every rival, as ``figures.held_out`` and ``figures.on_real_mail`` give them.

    Args:
        records: the written mails.
        groups: which files (``writer``) are held out together: those that the model is measured on.
        public_dir: folder of the public sets: calm texts to train on, real mail to measure on. None: neither.
        cache_dir: where outputs are kept.
        extra: labelled mails to train on that are never held out, such as real texts.
        sentiment_folder: a Hugging Face text classifier, None: that rival is reported as not to be had.
        only: names of rivals, all when empty.
    """
    labelled = {record.text[:LONGEST_CALM] for record in extra}
    calm = [text for text in calm_texts(public_dir) if text.text not in labelled] if public_dir else []
    real = real_mail(public_dir) if public_dir else None
    rivals = contenders(cache_dir, sentiment_folder)
    found: dict[str, Any] = {}
    for name, rival in rivals.items():
        if not only or name in only:
            measure = Measure(rival, cache_dir / name, [*extra], calm if rival.calm else [])
            found[name] = measure.figures(records, groups, real)
    return {"sentiment": {"about": NONE_HAD}} | found


class Measure:
    """One rival on one corpus."""

    def __init__(self, rival: Rival, cache: Path, extra: Sequence[Record], calm: Sequence[Record]) -> None:
        self.rival, self.cache, self.extra, self.calm = rival, cache, extra, calm

    def figures(
        self, records: Sequence[Record], groups: Sequence[Sequence[str]], real: RealMail | None
    ) -> dict[str, Any]:
        """What ``report`` says about the rival."""
        parts = []
        for held in groups:
            train, test = folds.split(records, held)
            name = f"without-{'-'.join(held)}"
            parts.append(calibrate.Scored(records=test, logits=self._outputs(name, train, test)))
        together = evaluate.joined(parts)
        decided = figures.cross_fitted(together)
        found: dict[str, Any] = {
            "about": self.rival.about,
            "calm_public_texts_in_training": len(self.calm),
            "real_labelled_texts_in_training": len(self.extra),
            "held_out_files": figures.held_out(decided, signals=self.rival.signals),
        }
        return found | (self._real(records, together, real) if real else {})

    def _real(self, records: Sequence[Record], together: calibrate.Scored, real: RealMail) -> dict[str, Any]:
        outputs = self._outputs("all-real", records, [*real.hot, *real.ordinary])
        return figures.on_real_mail(real, together, outputs[: len(real.hot)], outputs[len(real.hot) :])

    def _outputs(self, name: str, train: Sequence[Record], test: Sequence[Record]) -> Floats:
        known = [*train, *self.extra]
        path = self.cache / f"{name}-{fingerprint(known, self.calm, test)}.npy"
        return kept(path, lambda: self.rival.method(known, self.calm, test))


def calm_texts(folder: Path) -> list[Record]:
    """Public texts that upstream labelled civil or inoffensive, from the sets whose licence permits training."""
    found = []
    for name, lang, column, calm in CALM_SETS:
        rows = corpus.rows(folder / f"{name}.jsonl.gz")
        texts = [row["text"][:LONGEST_CALM] for row in rows if row[column] == calm and row["text"].strip()]
        found += [unlabelled("calm", lang, text) for text in texts[::EVERY]]
    return found


def real_mail(folder: Path, every: int = 1) -> RealMail:
    """The development files, as the program reads a mail: newest text, without footers, a circular once.

    ``every``: only every n-th text (the smoke test).
    """
    rows = [row for lang in ("de", "en") for row in evaluate.rows_of(folder / f"{lang}_mails_dev.jsonl")]
    ordinary = evaluate.without_circulars(rows)[::every]
    hot_rows = evaluate.rows_of(folder / "real_hot_dev.jsonl")[::every]
    inputs = evaluate.inputs_of(ordinary)
    return RealMail(
        hot=[corpus.record(row, "hot") for row in hot_rows],
        hot_rows=hot_rows,
        ordinary=[
            unlabelled("ordinary", row["lang"], item.text, item.subject)
            for row, item in zip(ordinary, inputs, strict=True)
        ],
        ordinary_rows=ordinary,
    )


def unlabelled(name: str, lang: str, text: str, subject: str = "") -> Record:
    """A text that is not from the corpus, as a client's mail of level 0."""
    return Record(id="", writer=name, lang=lang, side="client", subject=subject, text=text, level=0)


def main(words: Sequence[str] | None = None) -> None:
    """Measures the rivals alone and writes what ``make eval`` reports of them."""
    options = argparse.ArgumentParser(prog="python -m models.training.rivals", description=__doc__.splitlines()[0])
    options.add_argument("--work", type=Path, default=Path("build/model"), help="folder of results (%(default)s)")
    options.add_argument("--public", type=Path, help="folder of the public sets: calm texts, real mail to measure")
    options.add_argument("--sentiment", type=Path, help="folder of a Hugging Face text classifier to compare with")
    options.add_argument("--only", nargs="*", default=[], metavar="NAME", help="lexicon, frozen_e5, tfidf, sentiment")
    options.add_argument("--every", type=int, default=1, help="use only every n-th mail: to try it out")
    arguments = options.parse_args(words)
    records = corpus.written()[:: arguments.every]
    found = report(
        records,
        folds.grouped(records),
        arguments.public,
        arguments.work / "rivals",
        extra=corpus.real(arguments.public)[:: arguments.every] if arguments.public else [],
        sentiment_folder=arguments.sentiment,
        only=arguments.only,
    )
    export.content(arguments.work, "rivals.json", found)


if __name__ == "__main__":
    main()
