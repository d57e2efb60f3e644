"""``gelassen run`` and ``gelassen demo``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.parser import CommandParser


def _run_options(parser: CommandParser) -> None:
    parser.options.add_argument("--once", action="store_true", help=parser.words("run.once"))
    parser.options.add_argument(
        "--log-format", choices=("text", "json"), default="text", help=parser.words("run.log_format")
    )


def _run(context: Context) -> int:
    from assistant.adapters.clock import SystemClock
    from assistant.daemon.journal import JsonLines, Lines
    from assistant.daemon.parts import Parts
    from assistant.daemon.run import run, run_once

    config = context.config
    now = SystemClock(config.general.zone).now
    machine = context.json or context.arguments.log_format == "json"
    parts = Parts(config, context.lang, JsonLines(now) if machine else Lines(context.lang, now))
    if context.arguments.once:
        return 0 if run_once(parts) else 1
    run(parts)
    return 0


def _seconds(word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        raise argparse.ArgumentTypeError(word) from None
    if not 0 < seconds < 10**7:
        raise argparse.ArgumentTypeError(word)
    return seconds


def _demo_options(parser: CommandParser) -> None:
    options = parser.options
    options.add_argument("--seconds", type=_seconds, metavar="N", help=parser.words("demo.seconds"))
    options.add_argument("--plain", action="store_true", help=parser.words("demo.plain"))
    options.add_argument("--port", type=int, metavar="N", default=0, help=parser.words("demo.port"))
    options.add_argument("--keep", type=Path, metavar="FOLDER", help=parser.words("demo.keep"))


def _demo(context: Context) -> int:
    from assistant.daemon.demonstration import run_demo

    arguments = context.arguments
    return run_demo(
        lang=context.lang,
        seconds=arguments.seconds,
        plain=arguments.plain,
        port=arguments.port,
        keep=arguments.keep,
    )


COMMANDS: Final = {
    "run": Command(options=_run_options, run=_run),
    "demo": Command(options=_demo_options, run=_demo),
}
