"""``gelassen replay``: a whole archive judged, and what each setting would have done with it."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.parser import CommandParser
from assistant.errors import GelassenError
from assistant.texts import thousands

if TYPE_CHECKING:
    from assistant.cli.progress import Bar
    from assistant.daemon.replaying import Prepared
    from assistant.services.replay import Progress, Replayed

#: The clock that seconds are counted on.
_now: Final[Callable[[], float]] = time.monotonic


def _options(parser: CommandParser) -> None:
    parser.arguments.add_argument("places", nargs="+", metavar="PATH", help=parser.words("replay.places"))
    parser.options.add_argument("--me", action="append", default=[], metavar="ADDRESS", help=parser.words("replay.me"))
    parser.options.add_argument("--picture", type=Path, metavar="FILE", help=parser.words("replay.picture"))
    parser.options.add_argument("--fresh", action="store_true", help=parser.words("replay.fresh"))


def _replay(context: Context) -> int:
    from assistant.cli.replayed import show
    from assistant.daemon.replaying import prepared

    _check_picture(context)
    places: list[str] = context.arguments.places
    with prepared(context.parts_or_defaults, places, me=context.arguments.me, fresh=context.arguments.fresh) as ready:
        began = _now()
        found = _run(context, ready)
        seconds = _now() - began
    if context.arguments.picture is not None:
        _draw(context, found, context.arguments.picture)
    show(context, found, seconds)
    return 0


def _check_picture(context: Context) -> None:
    """Before the archive is judged for an hour: whether the picture can be written at all."""
    from assistant.adapters.picture import KINDS, need_pillow

    path: Path | None = context.arguments.picture
    if path is None:
        return
    if path.suffix.lower() not in KINDS:
        context.parser.error(context.words("replay.picture_kind", file=path))
    if not path.absolute().parent.is_dir():
        context.parser.error(context.words("replay.picture_folder", folder=path.absolute().parent))
    if path.suffix.lower() == ".png":
        need_pillow()


def _run(context: Context, ready: Prepared) -> Replayed:
    """The walk; stopped or broken, it says how to go on."""
    from assistant.services.replay import Progress

    progress = Progress()
    bar = _bar(context, ready, progress)
    try:
        found = ready.replay.run(ready.archives, progress)
    except (KeyboardInterrupt, GelassenError) as stop:
        if bar is not None:
            bar.clear()
        if isinstance(stop, KeyboardInterrupt) or progress.done:
            _tell_how_to_go_on(context, stop, progress)
        raise
    if bar is not None:
        bar.clear()
    return found


def _bar(context: Context, ready: Prepared, progress: Progress) -> Bar | None:
    if not sys.stderr.isatty():
        return None
    from assistant.cli.progress import Bar

    bar = Bar(sys.stderr, context.lang, sum(archive.count() for archive in ready.archives), _now)
    progress.told = partial(bar.draw, progress)
    progress.told()
    return bar


def _tell_how_to_go_on(context: Context, stop: BaseException, progress: Progress) -> None:
    key = "replay.interrupted" if isinstance(stop, KeyboardInterrupt) else "replay.broken"
    done = thousands(progress.done, context.lang)
    with suppress(BrokenPipeError):
        context.warn(key, done=done, command=shlex.join(_same_command(context)))


def _same_command(context: Context) -> Sequence[str]:
    """This call again, but for what would begin anew."""
    given = context.arguments
    words = ["gelassen", "replay", *given.places]
    for option, values in (
        ("--me", given.me),
        ("--picture", [given.picture]),
        ("--config", [given.config]),
        ("--lang", [given.lang]),
    ):
        words += [word for value in values if value is not None for word in (option, str(value))]
    return [*words, "--json"] if context.json else words


def _draw(context: Context, found: Replayed, path: Path) -> None:
    from assistant.adapters.picture import write_picture
    from assistant.cli.chart import chart

    write_picture(chart(found.outcomes, context.lang), path)


COMMANDS: Final = {"replay": Command(options=_options, run=_replay)}
