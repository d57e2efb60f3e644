"""A held draft for people: first the facts, then the text, then what else there is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from assistant.cli.context import Context
from assistant.cli.output import Screen, clean, one_line
from assistant.core.draft import State
from assistant.core.escalation import Assessment
from assistant.core.reason import reason_text
from assistant.services.ledger import Event, HeldDraft, Incoming, Version
from assistant.services.outbox import Sending
from assistant.texts import CATALOGUES, countdown, hold_sentence, level_name, moment, spoken

if TYPE_CHECKING:
    from assistant.services.review import Case


class Presenter:
    """Shows one case on the screen."""

    def __init__(self, context: Context, case: Case) -> None:
        self._context = context
        self._case = case
        self._now = context.now()

    @property
    def _screen(self) -> Screen:
        return self._context.screen

    def heading(self) -> None:
        """Number and state."""
        draft = self._case.draft
        state = self._context.words(f"state.{draft.state}")
        self._screen.line(self._screen.bold(self._context.words("show.heading", id=draft.id, state=state)))

    def facts(self, version: Version) -> None:
        """Who, what, how heated, until when."""
        draft = self._case.draft
        self.fact("show.to", one_line(", ".join(draft.to)) or self._context.words("queue.nobody"))
        self.fact("show.subject", one_line(draft.subject) or self._context.words("mail.no_subject"))
        if self._case.incoming is not None:
            self.fact("show.answers", self.mail_in_short(self._case.incoming))
        self.fact("show.draft", self._heat(version.assessment))
        self.fact("show.waits", self._hold(draft))
        self.fact("show.reviewed", self._context.words("word.yes" if draft.reviewed else "word.no"))
        self.fact("show.version", f"{version.number} · {version.digest[:16]}")
        if version.gaps:
            self.fact("show.gaps", one_line("; ".join(version.gaps)))
        if self._case.sending is not None:
            self._way_out(self._case.sending)

    def _way_out(self, sending: Sending) -> None:
        """Each recipient with what the provider said."""
        for one in sending.recipients if sending.tried else ():
            words = f"{one.address}: {self._context.words(f'standing.{one.standing}')}"
            if one.answer is not None:
                words += f" ({spoken(str(one.answer), self._context.lang)})"
            self.fact("show.recipient", one_line(words))
        if sending.again is not None:
            self.fact("show.again", moment(sending.again, self._now, self._context.lang))

    def fact(self, key: str, words: str) -> None:
        """A name and what is to be said of it; without a key one more of the line above."""
        self._screen.line(f"  {self._context.words(key) if key else '':14} {words}")

    def mail_in_short(self, mail: Incoming) -> str:
        """Sender, day and heat of the mail that was answered, without its words."""
        sender = one_line(str(mail.sender)) if mail.sender else self._context.words("mail.no_sender")
        when = moment(mail.date or mail.received, self._now, self._context.lang)
        return f"{sender}, {when} · {self._heat_of(mail)}"

    def _heat_of(self, mail: Incoming) -> str:
        if mail.corrected is None:
            return self._heat(mail.assessment)
        level = self._screen.heat(level_name(mail.corrected, self._context.lang), mail.corrected)
        signals = signals_in_words(self._context, mail.assessment) if mail.assessment else []
        return " · ".join([level, *correction_in_words(self._context, mail), *signals])

    def _heat(self, assessment: Assessment | None) -> str:
        if assessment is None:
            return self._context.words("level.none")
        level = self._screen.heat(level_name(assessment.level, self._context.lang), assessment.level)
        return " · ".join([level, *signals_in_words(self._context, assessment)])

    def _hold(self, draft: HeldDraft) -> str:
        if draft.state is not State.HELD:
            return self._context.words(f"state.{draft.state}")
        left = countdown(draft.hold_until, self._now, self._context.lang)
        if not draft.reasons:
            return left
        return f"{hold_sentence(draft.reasons, draft.hold_until, self._now, self._context.lang)} ({left})"

    def draft(self, version: Version) -> None:
        """The draft's text, with its hot passages marked or listed below."""
        self.title("show.text")
        hot = version.assessment.hot if version.assessment else ()
        level = version.assessment.level if version.assessment else None
        for line in self._marked(version.text, hot, level).split("\n"):
            self._screen.line(f"  {line}".rstrip())
        if hot and not self._screen.colours:
            self._screen.line()
            self._context.say("show.hot")
            self.quotes(hot)

    def _marked(self, text: str, hot: tuple[str, ...], level: int | None) -> str:
        """The text, cleaned, with colour on its hot passages, line by line."""
        text = clean(text).strip("\n")
        for passage in hot if self._screen.colours else ():
            for line in clean(passage).split("\n"):
                text = text.replace(line, self._screen.heat(line, level), 1)
        return text

    def quotes(self, passages: tuple[str, ...]) -> None:
        """Passages in quotation marks."""
        for passage in passages:
            self._screen.line(f"    {self._context.words('show.quote', words=one_line(passage))}")

    def original(self) -> None:
        """The mail that was answered, in its own words."""
        mail = self._case.incoming
        if mail is not None:
            self.title("show.original")
            self._screen.paragraphs(mail.text)

    def suggestions(self) -> None:
        """The calm replies, each with why it fits."""
        for one in self._case.suggestions:
            self._screen.line()
            reason = reason_text(one.reason, self._context.lang)
            self._screen.line(self._screen.bold(self._context.words("show.suggestion", name=one.template)))
            self._screen.line(self._screen.dim(f"  {reason}"))
            self._screen.paragraphs(one.text, indent="  │ ")
        if self._case.suggestions and self._case.draft.state is State.HELD:
            name = self._case.suggestions[0].template
            self._screen.line()
            self._context.say("show.take", id=self._case.draft.id, name=name)

    def versions(self) -> None:
        """Earlier versions, if there are any."""
        if len(self._case.versions) < 2:
            return
        self.title("show.versions")
        for one in self._case.versions:
            level = self._heat(one.assessment)
            when = moment(one.at, self._now, self._context.lang)
            self._screen.line(f"  {one.number:>3}  {when} · {level} · {one.digest[:16]}")

    def events(self) -> None:
        """What happened, the oldest first."""
        self.title("show.events")
        for one in self._case.events:
            self._screen.line(f"  {moment(one.at, self._now, self._context.lang)}: {self._event(one)}")

    def _event(self, event: Event) -> str:
        words = self._context.words(f"history.{event.event}") if _known(event.event) else event.event
        if event.event in {"held", "new_version", "edited", "extended"} and "hold_until" in event.detail:
            until = datetime.fromisoformat(event.detail["hold_until"])
            words += self._context.words("history.until", until=moment(until, self._now, self._context.lang))
        if event.detail.get("reason"):
            words += f" ({one_line(str(event.detail['reason']))})"
        return words

    def title(self, key: str) -> None:
        """A heading with an empty line above."""
        self._screen.line()
        self._screen.line(self._screen.bold(self._context.words(key)))


def _known(event: str) -> bool:
    return f"history.{event}" in CATALOGUES["en"]


def correction_in_words(context: Context, mail: Incoming) -> list[str]:
    """That the user corrected the level of a mail and what it was judged, if they did."""
    if mail.corrected is None:
        return []
    judged = context.words("level.none") if mail.judged is None else level_name(mail.judged, context.lang)
    return [context.words("mails.corrected", judged=judged)]


def signals_in_words(context: Context, assessment: Assessment) -> list[str]:
    """Signals and cues in words."""
    signals = [context.words(f"signal.{signal}") for signal in assessment.signals]
    return signals + [context.words(f"cue.{cue}") for cue in assessment.cues]
