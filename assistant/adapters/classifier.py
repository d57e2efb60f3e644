"""The classifier: text in, calibrated probabilities out, on this machine's processor.

Two kinds of models are understood: Gelassen's own (17 outputs, with calibration.json), and any other Hugging Face
sequence classifier whose labels the settings map to levels (``[judge] labels``); that one gives levels but no
signals. Gelassen's own is computed here (``_own``, ``_ngrams``, ``_evidence``), the others by transformers
(``_encoder``).
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import assistant
from assistant.adapters import _calibration, _encoder, _evidence, _kinds, _ngrams, _own, _weights
from assistant.core.escalation import JudgeInput, Policy, Scores, Side
from assistant.errors import ModelError

_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
#: The files of a model that its scores depend on.
_SCORING = (
    "model.safetensors",
    _weights.HEAT_FILE,
    _ngrams.FILE,
    "config.json",
    "tokenizer.json",
    _calibration.FILE,
)
#: Weights in Python's own format.
_PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt", "model.pth", "model.pkl", "model.ckpt")
_AGAIN = "the model is incomplete; reinstall gelassen or run 'make model'"


def find_model(name: str) -> Path | str:
    """Where a configured model lies: a folder, one of the shipped models by its name, or else a hub name
    ``owner/model``.

    Raises ``ModelError`` when there is no such thing. Shipped models are in ``models/`` beside the package (a
    checkout) or in its ``_data`` (an installed wheel).
    """
    package = Path(assistant.__file__).parent
    folders = [Path(name).expanduser(), package.parent / "models" / name, package / "_data" / "models" / name]
    for folder in folders:
        if folder.is_dir():
            return folder
    if _HUB_NAME.fullmatch(name):
        return name
    looked = ", ".join(str(folder.parent) for folder in folders[1:])
    raise ModelError(f"the model {name!r} was not found (looked in {looked}); check [judge] model in config.toml")


class EscalationClassifier:
    """Implements ``services.ports.Classifier``.

    Constructing it reads nothing; the model is loaded at the first ``score``.
    """

    def __init__(
        self,
        model: str = "escalation",
        *,
        threads: int = 0,
        false_alarms_per_100: float = 1.0,
        labels: Mapping[str, int] | None = None,
    ) -> None:
        """``threads`` 0: as many as there are cores, at most eight.

        ``labels``: levels of another model's labels, None for Gelassen's own.
        """
        self._name, self._threads, self._budget = model, threads, false_alarms_per_100
        self._labels = dict(labels or {})
        self._lock = threading.Lock()

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        """Probabilities for each input, in order; of a long text's windows the hottest counts, output by output.

        Raises ``ModelError`` when the model cannot be loaded; the next call then tries again.
        """
        if not inputs:
            return []
        with self._lock:
            return self._model.score(inputs)

    def score_sentences(self, sentences: Sequence[str], side: str) -> list[float]:
        """P(level >= 1) of each sentence by itself."""
        own: Side = "own" if side == "own" else "client"
        return [scores.p[0] for scores in self.score([JudgeInput(text=text, side=own) for text in sentences])]

    @cached_property
    def policy(self) -> Policy:
        """The thresholds for the configured budget; reads calibration.json only. Raises ``ModelError``."""
        if self._labels:
            return Policy()
        return _calibration.load(self._own_folder()).policy(self._budget)

    def policies(self) -> dict[float, Policy]:
        """The thresholds for each budget that calibration.json knows, and for the configured one.

        Another model's thresholds know no budget: only the configured one is there. Raises ``ModelError``.
        """
        if self._labels:
            return {self._budget: self.policy}
        calibration = _calibration.load(self._own_folder())
        budgets = {self._budget, *(budget for budget, _ in calibration.client.alarm)}
        return {budget: calibration.policy(budget) for budget in sorted(budgets)}

    @cached_property
    def version(self) -> str:
        """What tells this model's scores from another's: 16 hexadecimal digits over its files, or over its name.

        A hub name is taken for what it names. Raises ``ModelError``.
        """
        source = find_model(self._name)
        digest = hashlib.sha256(repr(sorted(self._labels.items())).encode())
        if isinstance(source, Path):
            check_folder(source)
            for name in _SCORING:
                digest.update(_file_digest(source / name))
        else:
            digest.update(source.encode())
        return digest.hexdigest()[:16]

    def _own_folder(self) -> Path:
        source = find_model(self._name)
        if isinstance(source, str):
            raise ModelError(f"the model {source} is not Gelassen's own; [judge] labels must map its labels to levels")
        return source

    @cached_property
    def _model(self) -> _kinds.Kind:
        source = find_model(self._name)
        if isinstance(source, Path):
            check_folder(source)
            if not self._labels and _own.fits(source):
                model = _own.load(source, threads=self._threads)
                parts = _evidence.Finder(model, _ngrams.load(source, len(model.labels)))
                return _kinds.Own(parts, _calibration.load(source))
        reader = _encoder.load(source, threads=self._threads)
        if self._labels:
            return _kinds.Mapped(reader, self._labels)
        folder = self._own_folder()
        check_outputs(folder, reader.labels)
        return _kinds.Likewise(reader, _calibration.load(folder))


def _file_digest(path: Path) -> bytes:
    """SHA-256 of a file, of nothing when it is not there."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): {_AGAIN}") from error


def check_folder(folder: Path) -> None:
    """Raises ``ModelError`` when a model folder lacks a needed file or its config.json is not JSON."""
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder / 'config.json'} is missing: {_AGAIN}")
    # A large model comes in several files with an index of them.
    if not any((folder / f"model.safetensors{end}").is_file() for end in ("", ".index.json")):
        pickled = next((name for name in _PICKLES if (folder / name).exists()), None)
        if pickled:
            raise ModelError(
                f"{folder / pickled} is not read, for such a file can run a program; save the model as safetensors"
            )
        raise ModelError(f"{folder / 'model.safetensors'} is missing: {_AGAIN}")
    try:
        json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / 'config.json'} cannot be read ({error}): {_AGAIN}") from error


def check_outputs(folder: Path, labels: Sequence[str]) -> None:
    """Raises ``ModelError`` when a model without a mapping of its labels is not Gelassen's own."""
    if tuple(labels) != _calibration.OUTPUTS:
        found = ", ".join(labels[:6])
        raise ModelError(
            f"{folder} has labels of its own ({found}); map them to levels with [judge] labels in config.toml"
        )
