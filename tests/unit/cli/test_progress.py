"""The bar of a long command."""

from __future__ import annotations

import io

import pytest

from assistant.cli.output import columns
from assistant.cli.progress import Bar
from assistant.services.replay import Progress


class Clock:
    """Seconds, set by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_rate_and_rest_leave_out_what_was_known() -> None:
    """300 known mails at the start say nothing about how long the others take."""
    clock, progress, out = Clock(), Progress(), io.StringIO()
    bar = Bar(out, "de", 2000, clock)
    bar.draw(progress)
    assert "0 von 2.000 Mails" in out.getvalue()
    assert "je Sekunde" not in out.getvalue()
    clock.seconds, progress.done, progress.known = 10.0, 700, 300
    line = bar.line(progress, 120)
    assert line.endswith("700 von 2.000 Mails · 40 je Sekunde · noch 33 s")
    assert line.startswith(" 35 %")


def test_not_drawn_more_often_than_eyes_can_follow() -> None:
    """Ten times a second at most."""
    clock, out = Clock(), io.StringIO()
    bar = Bar(out, "en", 10, clock)
    for step in range(100):
        clock.seconds = step / 100
        bar.draw(Progress(done=step // 10))
    assert 5 <= out.getvalue().count("\r") <= 11


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_fits_the_terminal(width: int) -> None:
    """However narrow it is; in a terminal without UTF-8, too."""
    clock = Clock()
    bar = Bar(io.TextIOWrapper(io.BytesIO(), encoding="ascii"), "en", 100_000, clock)
    progress = Progress()
    bar.draw(progress)
    clock.seconds, progress.done = 100.0, 4000
    line = bar.line(progress, width)
    assert columns(line) <= width
    assert ("#" in line) == (width >= 80)


def test_more_mails_than_were_counted() -> None:
    """Mail that arrives meanwhile: never over 100 %, never a negative rest."""
    clock = Clock()
    bar = Bar(io.StringIO(), "en", 10, clock)
    progress = Progress()
    bar.draw(progress)
    clock.seconds, progress.done = 1.0, 12
    line = bar.line(progress, 100)
    assert line.startswith("100 %")
    assert "12 of 12 mails" in line
    assert "0 s left" in line
