"""The words of a notice: of one thing what it is, of several how many; names and subjects only where wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from assistant.core.escalation import Level
from assistant.core.notice import Kind, Matter
from assistant.services.ledger import Store
from assistant.services.ports import Action, Clock, Notice
from assistant.texts import Lang, moment, text

#: Mails or drafts that are named in one notice.
_NAMED: Final = 3
_LONGEST: Final = 80  # characters of a name with a subject


class Announcer:
    """Makes notices.

    Args:
        content: whether sender, recipients and subject may be shown.
        pages: whether there are pages to open.
    """

    def __init__(self, *, store: Store, clock: Clock, lang: Lang, content: bool, sound: bool, pages: bool) -> None:
        self._store = store
        self._clock = clock
        self._lang = lang
        self._content = content
        self._sound = sound
        self._pages = pages

    def notice(self, matters: Sequence[Matter]) -> Notice:
        """The notice for matters of one kind, at least one."""
        first = moment(min(one.at for one in matters), self._clock.now(), self._lang)
        key, values = f"notice.{_case(matters)}", {"count": len(matters), "at": first}
        lines = [text(f"{key}.body", self._lang, **values)]
        if self._content:
            lines += [_plain(line) for one in matters[:_NAMED] if (line := self._named(one))]
        return Notice(
            title=text(f"{key}.title", self._lang, **values),
            body="\n".join(lines),
            actions=tuple(self._actions(matters)) if self._pages else (),
            sound=self._sound,
        )

    def _named(self, one: Matter) -> str:
        if one.of_mail:
            mail = self._store.incoming(one.number)
            return text("notice.from", self._lang, who=mail.sender or "?", subject=mail.subject) if mail else ""
        draft = self._store.draft(one.number)
        return text("notice.to", self._lang, who=", ".join(draft.to), subject=draft.subject) if draft else ""

    def _actions(self, matters: Sequence[Matter]) -> Iterator[Action]:
        one, *others = matters
        show, acknowledge = (text(f"notice.{name}", self._lang) for name in ("show", "acknowledge"))
        if others:
            yield Action(label=show, place="/")
        elif not one.of_mail:
            yield Action(label=show, place=f"/drafts/{one.number}")
        else:
            if one.kind is Kind.HEATED:
                yield Action(label=show, place=f"/mails/{one.number}")
            yield Action(label=acknowledge, place=f"/acknowledge/{one.number}")


def _case(matters: Sequence[Matter]) -> str:
    one, *others = matters
    if others:
        return f"{one.kind}.many"
    return "escalated.one" if one.level is Level.ESCALATED else f"{one.kind}.one"


def _plain(line: str) -> str:
    """One line that can be read: what others wrote may hold line breaks or marks that turn the writing around."""
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in line).split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
