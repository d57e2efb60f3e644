"""The table at the end: what was judged against what the stories mean, story by story."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from assistant.core.escalation import Level
from assistant.demo.screen import LEVEL_STYLES
from assistant.demo.snapshot import DemoMail, Snapshot
from assistant.demo.stories import Folder, StoryMail, message_id
from assistant.demo.texts import words
from assistant.texts import Lang


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A client's mail: what it means and what was found; None is not judged."""

    expected: Level
    found: Level | None

    @property
    def exact(self) -> bool:
        """Whether the level is the right one."""
        return self.found is self.expected

    @property
    def near(self) -> bool:
        """Whether it is at most one level off."""
        return self.found is not None and abs(self.found - self.expected) <= 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A story, its client, and the client's mails in order of time."""

    story: str
    client: str
    mails: tuple[Judged, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The result of a demo.

    Attributes:
        noise: how many mails are to be left alone; ``aside``: how many of them were set aside.
    """

    rows: tuple[Row, ...]
    noise: int
    aside: int
    held: int
    ended: int
    left: int

    @property
    def judged(self) -> tuple[Judged, ...]:
        """All client mails that were judged."""
        return tuple(mail for row in self.rows for mail in row.mails if mail.found is not None)


def summarise(snapshot: Snapshot, stories: Iterable[StoryMail]) -> Summary:
    """Compare a snapshot with the stories' labels; mails are recognised by their Message-ID."""
    found = {mail.message_id: mail for mail in snapshot.mails}
    inbox = [mail for mail in stories if mail.folder is Folder.INBOX]
    clients = sorted((m for m in inbox if not m.is_noise), key=lambda mail: (mail.story, mail.n))
    noise = [found.get(message_id(mail)) for mail in inbox if mail.is_noise]
    return Summary(
        rows=tuple(_row(story, list(mails), found) for story, mails in groupby(clients, key=lambda mail: mail.story)),
        noise=len(noise),
        aside=sum(mail is not None and mail.set_aside is not None for mail in noise),
        held=len(snapshot.held),
        ended=len(snapshot.ended),
        left=len(snapshot.left),
    )


def _row(story: str, mails: Sequence[StoryMail], found: dict[str | None, DemoMail]) -> Row:
    names = dict.fromkeys(mail.sender.name for mail in mails)
    judged = (Judged(expected=mail.level, found=_level(found.get(message_id(mail)))) for mail in mails)
    return Row(story=story, client=", ".join(names), mails=tuple(judged))


def _level(mail: DemoMail | None) -> Level | None:
    return mail.level if mail is not None else None


def table(summary: Summary, lang: Lang) -> RenderableType:
    """The summary for a terminal."""
    rows = Table(title=words("summary", lang), title_style="bold", title_justify="left", box=None, padding=(0, 2, 0, 0))
    rows.add_column(words("summary.client", lang))
    for name in ("expected", "judged"):
        rows.add_column(words(f"summary.{name}", lang), no_wrap=True)
    for name in ("exact", "near"):
        rows.add_column(words(f"summary.{name}", lang), justify="right", no_wrap=True)
    for row in summary.rows:
        expected = _figures(mail.expected for mail in row.mails)
        rows.add_row(row.client, expected, _found(row.mails), *_shares(row.mails))
    everything = [mail for row in summary.rows for mail in row.mails]
    rows.add_row(words("summary.total", lang), "", "", *_shares(everything), style="bold")
    notes = (
        words("summary.levels", lang),
        words("summary.drafts", lang, held=summary.held, ended=summary.ended, left=summary.left),
        words("summary.aside", lang, aside=summary.aside, noise=summary.noise),
    )
    return Group(rows, "", *(Text(note) for note in notes))


def _figures(levels: Iterable[Level]) -> Text:
    return Text(" ").join(Text(str(int(level)), LEVEL_STYLES[level]) for level in levels)


def _found(mails: Iterable[Judged]) -> Text:
    """The levels that were found; what differs is underlined, what is not judged yet is a dash."""
    return Text(" ").join(
        Text("–", "dim")
        if mail.found is None
        else Text(str(int(mail.found)), f"{LEVEL_STYLES[mail.found]}{'' if mail.exact else ' underline'}")
        for mail in mails
    )


def _shares(mails: Sequence[Judged]) -> tuple[str, str]:
    """How many are exact, and at most one level off, of those that were judged."""
    judged = [mail for mail in mails if mail.found is not None]
    exact, near = sum(mail.exact for mail in judged), sum(mail.near for mail in judged)
    return f"{exact}/{len(judged)}", f"{near}/{len(judged)}"


def print_summary(summary: Summary, lang: Lang, console: Console) -> None:
    """Print it below whatever is there."""
    console.print(table(summary, lang))
