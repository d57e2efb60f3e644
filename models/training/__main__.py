"""Command line: ``python -m models.training [STEP …] [--public DIR] [--by-writer] [--quick]``.

Without a step, all of them: ``base``, ``first``, ``train``, ``folds``, ``rivals``, ``export``. Each
goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import torch

from models.training import export, pipeline
from models.training.pipeline import Plan
from models.training.train import Settings

WORK: Final = Path("build/model")
QUICK: Final = 60  # every sixtieth mail, two steps an epoch: shows that the sequence runs, the model is useless


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The plan that the options describe."""
    quick = Settings(epochs=1, batch=4, max_steps=2)
    return Plan(
        work=arguments.work,
        target=arguments.target,
        public=arguments.public,
        by_writer=arguments.by_writer,
        limit=QUICK if arguments.quick else 1,
        settings=quick if arguments.quick else Settings(epochs=arguments.epochs),
        first_steps=2 if arguments.quick else 0,
        sentiment=arguments.sentiment,
    )


STEPS: Final[dict[str, Callable[[Plan], object]]] = {
    "base": pipeline.make_base,
    "first": pipeline.first_step,
    "train": pipeline.train_final,
    "folds": pipeline.train_folds,
    "rivals": pipeline.measure_rivals,
    "export": pipeline.export_model,
}


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(prog="python -m models.training", description=__doc__.splitlines()[0])
    options.add_argument(
        "steps", nargs="*", metavar="STEP", help=f"which steps ({', '.join(STEPS)}); all when left out"
    )
    options.add_argument("--work", type=Path, default=WORK, help="folder of intermediate results (%(default)s)")
    options.add_argument("--target", type=Path, default=export.ESCALATION, help="model folder to write")
    options.add_argument(
        "--public", type=Path, help="folder with the public sets: weak examples, and real mail to measure"
    )
    options.add_argument("--by-writer", action="store_true", help="hold out one file at a time: a training for each")
    options.add_argument("--quick", action="store_true", help="two steps on a few mails: only shows that it runs")
    options.add_argument("--epochs", type=int, default=Settings.epochs, help="of each training (%(default)s)")
    options.add_argument("--sentiment", type=Path, help="folder of a Hugging Face classifier to compare with")
    options.add_argument("--threads", type=int, default=0, help="processor threads, 0: as many as torch thinks best")
    return options


def main(words: Sequence[str] | None = None) -> None:
    """Runs the steps that the command line names, in their fixed order."""
    options = parser()
    arguments = options.parse_args(words)
    unknown = sorted(set(arguments.steps) - set(STEPS))
    if unknown:
        options.error(f"unknown step {', '.join(unknown)}; there are {', '.join(STEPS)}")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    os.environ["HF_HUB_OFFLINE"] = "1"
    plan = plan_of(arguments)
    plan.work.mkdir(parents=True, exist_ok=True)
    for name, step in STEPS.items():
        if not arguments.steps or name in arguments.steps:
            print(f"== {name}", flush=True)
            step(plan)


if __name__ == "__main__":
    main()
