"""The doctor's look at notifications."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from assistant.config import Desktop as Wanted
from assistant.daemon.noticing import desktop
from assistant.errors import TemporaryFailure
from assistant.services.findings import Finding, Result
from assistant.services.ports import Notice

if TYPE_CHECKING:
    from assistant.daemon.checks import Speaker
    from assistant.daemon.parts import Parts


def notifications(speaker: Speaker, parts: Parts) -> Iterator[Finding]:
    """Whether they can be shown from here; shows none."""
    name, wanted = speaker.words("doctor.notifications"), parts.config.notify.desktop
    if wanted is Wanted.OFF:
        yield Finding(check=name, result=Result.OK, text=speaker.words("doctor.notifications.off"))
        return
    try:
        with closing(desktop(parts)) as screen:
            how = "work" if screen.has_buttons() else "no_buttons"
    except TemporaryFailure as error:
        yield Finding(
            check=name,
            result=Result.FAILURE if wanted is Wanted.ON else Result.WARNING,
            text=str(error),
            next=speaker.words("doctor.notifications.next"),
        )
    else:
        yield Finding(check=name, result=Result.OK, text=speaker.words(f"doctor.notifications.{how}"))


def trial(speaker: Speaker, parts: Parts) -> Iterator[Finding]:
    """Shows one, whatever the settings say. Raises ``TemporaryFailure``."""
    with closing(desktop(parts)) as screen:
        screen.show(Notice(title=speaker.words("notice.test.title"), body=speaker.words("notice.test.body")))
    name = speaker.words("doctor.notifications")
    yield Finding(check=name, result=Result.OK, text=speaker.words("doctor.notifications.shown"))
