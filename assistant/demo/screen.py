"""One picture of the live view, made to fit the terminal: everything at 100 × 40, the essentials at 80 × 24."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from assistant.core.escalation import Level
from assistant.demo.snapshot import DemoDraft, DemoMail, LeftDraft, Setting, Snapshot
from assistant.demo.texts import words
from assistant.demo.wording import draft_ended, level_word, mail_why, recipients, reply_subject, template_name
from assistant.texts import Lang, countdown, hold_sentence

ACCENT: Final = "cyan"
LEVEL_STYLES: Final = {
    Level.CALM: "green",
    Level.TENSE: "yellow",
    Level.HEATED: "dark_orange",
    Level.ESCALATED: "bold red",
}
_BARS: Final = {Level.CALM: "▁", Level.TENSE: "▃", Level.HEATED: "▅", Level.ESCALATED: "█"}
_INBOX_HEAD: Final = 2  # lines: title, column heads
_LEAST_MAILS: Final = 5
_ROOMY: Final = 34  # lines from which everything has room


class Place(IntEnum):
    """Where a block stands on the screen, from the top."""

    HEAD = 0
    CONNECT = 1
    INBOX = 2
    DRAFTS = 3
    PAIR = 4
    TRY = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """What is to be drawn.

    Attributes:
        fresh: ids of mails that have just come, to be drawn in bold.
    """

    snapshot: Snapshot
    setting: Setting
    lang: Lang
    fresh: Set[int] = field(default_factory=frozenset)


def draw(picture: Picture, console: Console) -> RenderableType:
    """The whole screen, no higher than the console.

    What does not fit is left out, the least important first; the inbox takes the room that is left.
    """
    room = console.height - _INBOX_HEAD - _LEAST_MAILS
    roomy = console.height >= _ROOMY
    kept: dict[Place, RenderableType] = {}
    for place, block in _by_importance(picture, roomy=roomy):
        height = len(console.render_lines(block))
        if height <= room:
            kept[place] = block
            room -= height
    gap = int(roomy)
    kept[Place.INBOX] = Padding(_inbox(picture, rows=_LEAST_MAILS + room - gap), (gap, 0, 0, 0))
    return Group(*(kept[place] for place in sorted(kept)))


def _by_importance(picture: Picture, *, roomy: bool) -> Iterable[tuple[Place, RenderableType]]:
    yield Place.HEAD, _head(picture, roomy=roomy)
    yield Place.DRAFTS, _drafts(picture, most=4 if roomy else 2, roomy=roomy)
    yield Place.CONNECT, _connect(picture, roomy=roomy)
    yield Place.TRY, _try(picture, roomy=roomy)
    yield from ((Place.PAIR, pair) for pair in _pair(picture, roomy=roomy))


def _spaced(block: RenderableType, *, roomy: bool) -> RenderableType:
    return Padding(block, (1, 0, 0, 0)) if roomy else block


def _title(words_of_it: str, beside: Text | str = "") -> Table:
    row = Table.grid(expand=True, padding=(0, 2, 0, 0))
    row.add_column(no_wrap=True)
    row.add_column(justify="right", no_wrap=True, overflow="ellipsis", ratio=1)
    row.add_row(Text(words_of_it, style=f"bold {ACCENT}"), beside)
    return row


# --- head and connection ---------------------------------------------------------------------------------------------
def _head(picture: Picture, *, roomy: bool) -> RenderableType:
    title = Text.assemble((words("title", picture.lang), "bold"), (f" · {words('claim', picture.lang)}", "not bold"))
    rule = Rule(title, style=ACCENT)
    return Group(rule, Text(words("about", picture.lang), style="dim", justify="center")) if roomy else rule


def _connect(picture: Picture, *, roomy: bool) -> RenderableType:
    lang, setting = picture.lang, picture.setting
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(style=f"bold {ACCENT}", no_wrap=True)
    rows.add_column()
    address = words(
        "connect.to", lang, host=setting.host, port=setting.port, user=setting.user, password=setting.password
    )
    rows.add_row(words("connect", lang), address)
    if roomy:
        rows.add_row(words("client", lang), Text(words("client.how", lang), style="dim"))
    return _spaced(rows, roomy=roomy)


# --- the inbox -------------------------------------------------------------------------------------------------------
def _inbox(picture: Picture, *, rows: int) -> RenderableType:
    lang = picture.lang
    mails = picture.snapshot.newest_first
    title = _title(words("inbox", lang), _counts(mails, lang))
    if not mails:
        return Group(title, _waiting(picture, rows=rows))
    table = Table(box=None, expand=True, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(words("column.time", lang), no_wrap=True, width=12)
    table.add_column(words("column.from", lang), no_wrap=True, ratio=5, overflow="ellipsis")
    table.add_column(words("column.subject", lang), no_wrap=True, ratio=8, overflow="ellipsis")
    table.add_column(words("column.level", lang), no_wrap=True, width=12)
    table.add_column(words("column.why", lang), no_wrap=True, ratio=8, overflow="ellipsis")
    for mail in mails[:rows]:
        _add_mail(table, mail, picture)
    return Group(title, Padding(table, (0, 0, max(0, rows - len(mails)), 0)))


def _waiting(picture: Picture, *, rows: int) -> RenderableType:
    """Before the first mail is judged: what is going to happen, as far as there is room."""
    setting, lang = picture.setting, picture.lang
    names = {"seconds": setting.settle, "drafts": setting.drafts, "cooling_off": setting.cooling_off}
    story = [Text(words(f"story.{n}", lang, **names), no_wrap=True, overflow="ellipsis") for n in range(1, 5)]
    loading = Text(words("inbox.waiting", lang), style="italic dim", no_wrap=True, overflow="ellipsis")
    lines: list[RenderableType] = [*story, "", loading] if rows > len(story) + 2 else [loading]
    return Padding(Group(*lines), (1, 0, rows - len(lines), 2))


def _add_mail(table: Table, mail: DemoMail, picture: Picture) -> None:
    style = "bold" if mail.id in picture.fresh else ("dim" if mail.level is None else "")
    received = mail.received.astimezone(picture.snapshot.now.tzinfo)
    table.add_row(
        f"{received:%d.%m. %H:%M}",
        mail.sender,
        mail.subject,
        _level(mail, picture.lang),
        Text(mail_why(mail, picture.lang), style="" if (mail.level or 0) > Level.CALM else "dim"),
        style=style,
    )


def _level(mail: DemoMail, lang: Lang) -> Text:
    if mail.level is None:
        return Text(f"· {words('aside' if mail.set_aside else 'unassessed', lang)}", style="dim")
    return Text(f"{_BARS[mail.level]} {level_word(mail.level, lang)}", style=LEVEL_STYLES[mail.level])


def _counts(mails: Sequence[DemoMail], lang: Lang) -> Text:
    """How many of each level, in its colour."""
    levels = Counter(mail.level for mail in mails)
    aside = sum(mail.set_aside is not None for mail in mails)
    parts = [(f"{levels[level]} {level_word(level, lang)}", LEVEL_STYLES[level]) for level in Level if levels[level]]
    if aside:
        parts.append((f"{aside} {words('aside', lang)}", "dim"))
    return Text("  ").join(Text(part, style=style) for part, style in parts)


# --- drafts ----------------------------------------------------------------------------------------------------------
def _drafts(picture: Picture, *, most: int, roomy: bool) -> RenderableType:
    snapshot, lang = picture.snapshot, picture.lang
    count = words("held.count", lang, n=len(snapshot.held), left=len(snapshot.left)) if snapshot.drafts else ""
    lines: list[RenderableType] = [_title(words("held", lang), Text(count, style="dim"))]
    shown = snapshot.held[:most]
    for draft in shown:
        lines += _held(draft, picture)
    rest = most - len(shown)
    if roomy:
        lines += [_left(draft, picture) for draft in snapshot.left[-2:]]
        lines += [_ended(draft, picture) for draft in snapshot.ended[:rest]]
    if not snapshot.drafts:
        lines.append(Text(f"  {words('held.none', lang)}", style="italic dim"))
    return _spaced(Group(*lines), roomy=roomy)


def _draft_line(mark: Text, draft: DemoDraft | LeftDraft, beside: Text, picture: Picture) -> Table:
    row = Table.grid(expand=True, padding=(0, 1, 0, 0))
    row.add_column(width=1)
    row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    row.add_column(justify="right", no_wrap=True)
    to, subject = recipients(draft, picture.snapshot), reply_subject(draft.subject, picture.snapshot)
    name = Text.assemble((words("draft", picture.lang, to=to), "bold"), f" · {subject}")
    row.add_row(mark, name, beside)
    return row


def _held(draft: DemoDraft, picture: Picture) -> list[RenderableType]:
    now, lang = picture.snapshot.now, picture.lang
    number = Text(str(draft.id), style=f"bold {ACCENT}")
    left = Text(countdown(draft.hold_until, now, lang), style="bold")
    if draft.reviewed:
        left.append(f", {words('draft.reviewed', lang)}", style="green")
    why = Text(f"  {hold_sentence(draft.reasons, draft.hold_until, now, lang)}", no_wrap=True, overflow="ellipsis")
    return [_draft_line(number, draft, left, picture), why]


def _left(draft: LeftDraft, picture: Picture) -> RenderableType:
    beside = Text(words("draft.left", picture.lang, drafts=picture.setting.drafts), style="green")
    return _draft_line(Text("✓", style="green"), draft, beside, picture)


def _ended(draft: DemoDraft, picture: Picture) -> RenderableType:
    beside = Text(draft_ended(draft, picture.lang), style="dim")
    return _draft_line(Text(str(draft.id), style="dim"), draft, beside, picture)


# --- anger and calm side by side -------------------------------------------------------------------------------------
def _pair(picture: Picture, *, roomy: bool) -> Iterable[RenderableType]:
    """What Mara wrote, and what she could write: of the last held draft that has a suggestion."""
    snapshot, lang = picture.snapshot, picture.lang
    lines = 6 if roomy else 3
    for draft in snapshot.held:
        mail = snapshot.answered(draft)
        if mail is None or not mail.suggestions:
            continue
        suggestion = mail.suggestions[0]
        calm = words("pair.calm", lang, template=template_name(suggestion.template, lang))
        columns = Table.grid(expand=True)
        columns.add_column(ratio=1)
        columns.add_column(ratio=1)
        columns.add_row(
            _quoted(words("pair.hot", lang), draft.hot or (draft.text,), "dark_orange", lines),
            _quoted(calm, suggestion.text.split("\n\n"), "green", lines),
        )
        yield _spaced(columns, roomy=roomy)
        return


def _quoted(title: str, passages: Iterable[str], style: str, lines: int) -> Panel:
    body = Text("\n".join(" ".join(passage.split()) for passage in passages))
    return Panel(body, title=title, title_align="left", border_style=style, height=lines + 2)


# --- what to try -----------------------------------------------------------------------------------------------------
def _try(picture: Picture, *, roomy: bool) -> RenderableType:
    lang, setting = picture.lang, picture.setting
    subject = _worth_a_try(picture.snapshot)
    key = "try.reply" if subject else "try.reply.plain"
    reply = words(key, lang, subject=subject, seconds=setting.settle, cooling_off=setting.cooling_off)
    number = picture.snapshot.held[0].id if picture.snapshot.held else 1
    command = Text(f"{setting.command} --config {setting.config} queue", style="bold", overflow="fold")
    lines: list[RenderableType] = [command]
    if roomy:
        more = Text(words("try.more", lang, id=number), style="dim")
        lines = [Text(reply), Text(words("try.command", lang)), command, more]
    title = _title(words("try", lang), Text(words("try.end", lang), style="dim"))
    return _spaced(Group(title, Padding(Group(*lines), (0, 0, 0, 2))), roomy=roomy)


def _worth_a_try(snapshot: Snapshot) -> str | None:
    """The subject of the last heated mail."""
    heated = (mail.subject for mail in snapshot.newest_first if (mail.level or Level.CALM) >= Level.HEATED)
    return next(heated, None)
