"""Judging: mails a second, one mail end to end, what others would take, and what the machine could do."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from assistant.adapters.classifier import EscalationClassifier
from assistant.adapters.mime import parse, split
from assistant.services.intake import BATCH
from assistant.services.judging import Judge, Writing
from tests.bench import corpus
from tests.bench.figures import MOST, Figure
from tests.bench.options import Options

BATCHES = (8, 16, 32)  # of the pipeline, the best is reported
RATE, SPENT = "mails/s", "ms of processor a mail"
TOKENS = range(110, 131)  # "a 120-token mail"


def ours(options: Options) -> Iterator[Figure]:
    """(a) Mails a second through the judge, hot passages included."""
    mails, judge = corpus.written(options.mails), Judge(EscalationClassifier(threads=options.threads))
    judge.assess(mails[:BATCH])
    portions = [mails[at : at + BATCH] for at in range(0, len(mails), BATCH)]
    rounds = [timed(lambda: [judge.assess(portion) for portion in portions]) for _ in range(options.rounds)]
    yield from _rates("a", f"judge, {len(mails)} mails", len(mails), rounds)


def _rates(part: str, name: str, count: int, rounds: Sequence[tuple[float, float]]) -> Iterator[Figure]:
    """Mails a second by the clock, and the processor's own time, which neighbours disturb less."""
    yield Figure(part=part, name=name, unit=RATE, values=tuple(count / wall for wall, _ in rounds))
    spent = tuple(1000 * processor / count for _, processor in rounds)
    yield Figure(part=part, name=name, unit=SPENT, values=spent)


def base(options: Options) -> Iterator[Figure]:
    """(b) The same mails through the transformers pipeline with a BERT-base."""
    _quiet()
    with tempfile.TemporaryDirectory(prefix="gelassen-bench-") as folder:
        yield from _pipeline("b", "BERT-base", corpus.bert_base(Path(folder)), options)


def plain(options: Options) -> Iterator[Figure]:
    """(c) Our model through the plain pipeline."""
    _quiet()
    yield from _pipeline("c", "our model", corpus.ESCALATION, options)


def _pipeline(part: str, name: str, folder: Path, options: Options) -> Iterator[Figure]:
    from transformers import pipeline

    make: Any = pipeline
    pipe = make("text-classification", model=str(folder), device="cpu")
    count = max(4, options.mails // options.share)
    texts = [mail.text for mail in corpus.written(count)]
    run: Callable[..., object] = lambda **how: pipe(texts, truncation=True, max_length=512, **how)  # noqa: E731
    pipe(texts[:2], truncation=True, max_length=512)
    tries = {size: timed(lambda size=size: run(batch_size=size)) for size in BATCHES}  # type: ignore[misc]
    best = min(tries, key=lambda size: tries[size])
    together = [tries[best], *(timed(lambda: run(batch_size=best)) for _ in range(options.rounds - 1))]
    yield from _rates(part, f"pipeline, {name}, {count} mails", count, [timed(run) for _ in range(options.rounds)])
    yield from _rates(part, f"pipeline, {name}, batches of {best}", count, together)


def _quiet() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from transformers.utils import logging

    quiet: Any = logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()


def peak(options: Options) -> Iterator[Figure]:
    """(d) What the machine multiplies at most."""
    import torch

    for kind, name in ((torch.float32, "float32"), (torch.bfloat16, "bfloat16")):
        size = 2048
        a, b = torch.randn(size, size).to(kind), torch.randn(size, size).to(kind)
        torch.mm(a, b)
        rates = [2 * size**3 / seconds(lambda a=a, b=b: torch.mm(a, b)) / 1e9 for _ in range(3 * options.rounds)]  # type: ignore[misc]
        yield Figure(part="d", name=f"torch.mm, {name}", unit="GFLOP/s", values=tuple(rates))
    yield _work(options)


def _work(options: Options) -> Figure:
    """How much the network multiplies for a mail, sentences left out; the share of the peak follows from it."""
    from assistant.adapters import _weights

    shape = _weights.shape(corpus.ESCALATION)
    wide, inner, deep = shape.width, shape.inner, shape.layers - 1
    per_token = 2 * (deep * (4 * wide * wide + 2 * wide * inner) + 2 * wide * wide)
    lengths = corpus.sized([mail.text for mail in corpus.written(options.mails)])
    flops = [length * (per_token + 4 * length * wide * deep) / 1e9 for length in lengths]
    return Figure(part="d", name="multiplications a mail, sentences left out", unit="GFLOP", values=(_mean(flops),))


def one(options: Options) -> Iterator[Figure]:
    """(e) One mail from its bytes to its assessment."""
    judge = Judge(EscalationClassifier(threads=options.threads))
    mails = corpus.written(10 * options.mails)
    near = [
        mail for mail, size in zip(mails, corpus.sized([mail.text for mail in mails]), strict=True) if size in TOKENS
    ]
    near = [mail for mail in near if mail.side == "client"][: 4 * options.alone]
    found = judge.assess(near)
    upset = [mail for mail, assessment in zip(near, found, strict=True) if assessment.level][: options.alone]
    calm = [mail for mail, assessment in zip(near, found, strict=True) if not assessment.level][: options.alone]
    for name, chosen in (("hot passages included", upset), ("calm", calm)):
        if chosen:
            yield from _alone(name, chosen, judge, options)


def _alone(name: str, mails: Sequence[Writing], judge: Judge, options: Options) -> Iterator[Figure]:
    raws = [as_bytes(mail) for mail in mails]
    rounds = [[1000 * seconds(lambda raw=raw: through(raw, judge)) for raw in raws] for _ in range(options.rounds)]  # type: ignore[misc]
    halves = tuple(statistics.median(times) for times in rounds)
    most = tuple(statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0] for times in rounds)
    title = f"one mail of about 120 tokens, {name}"
    bars = (40.0, 80.0) if name != "calm" else (None, None)
    yield Figure(part="e", name=f"{title}, p50 of {len(raws)}", unit="ms", values=halves, sense=MOST, bar=bars[0])
    yield Figure(part="e", name=f"{title}, p95 of {len(raws)}", unit="ms", values=most, sense=MOST, bar=bars[1])


def as_bytes(mail: Writing) -> bytes:
    """A mail as a mail program sends it."""
    message = EmailMessage()
    message["From"], message["To"] = "Kim Kunde <kim@example.org>", "studio@example.net"
    message["Subject"] = " ".join(mail.subject.split())
    message["Message-ID"] = "<bench@example.org>"
    message["Date"] = "Tue, 03 Mar 2026 10:00:00 +0100"
    message.set_content(mail.text)
    return bytes(message)


def through(raw: bytes, judge: Judge) -> object:
    """What the daemon does with a mail between the mailbox and the store."""
    message = parse(split(raw))
    return judge.assess([Writing(text=message.newest_text, subject=message.subject)])


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """How many seconds it takes by the clock, and of the processor's time on all cores."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
