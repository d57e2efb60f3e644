"""Calm replies to a mail: choose, fill, render."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from assistant.core.escalation import Assessment
from assistant.core.message import Message
from assistant.core.reason import Reason
from assistant.core.reply import Choice, Suggestion, choose, reply_subject, values
from assistant.core.wording import REGISTERS, Register, register_of
from assistant.errors import Refused, TemplateError
from assistant.services.ports import Clock, ReplyRenderer, WorkingDays

_FALLBACK: Final = "de"


class Advisor:
    """Makes suggestions.

    Args:
        signature: what stands under the user's replies.
        failed: told of a template that broke while it was rendered; the others are still offered.
    """

    def __init__(
        self,
        *,
        renderer: ReplyRenderer,
        clock: Clock,
        is_working_day: WorkingDays,
        signature: str,
        failed: Callable[[TemplateError], None],
    ) -> None:
        self._renderer = renderer
        self._clock = clock
        self._is_working_day = is_working_day
        self._signature = signature
        self._failed = failed

    def suggest(self, message: Message, assessment: Assessment) -> tuple[Suggestion, ...]:
        """Two or three really different replies, the best first; none where none is needed."""
        language = message.language or _FALLBACK
        register = register_of(message.newest_text, language, thread=message.quoted_text)
        signals = [str(signal) for signal in assessment.signals]
        choices = choose(int(assessment.level), signals, language, register, self._renderer.templates())
        made = (self._tried(choice, message, language, register) for choice in choices)
        return tuple(suggestion for suggestion in made if suggestion is not None)

    def render(self, name: str, message: Message) -> Suggestion:
        """One template by its name, in the language and register of the mail.

        Raises ``Refused`` when there is no such template, ``TemplateError`` when it is broken.
        """
        language = message.language or _FALLBACK
        offered = {info.name for info in self._renderer.templates() if info.language == language}
        if name not in offered:
            raise Refused(name)
        register = register_of(message.newest_text, language, thread=message.quoted_text)
        choice = Choice(template=name, reason=Reason.OWN_TEMPLATE)
        return self._made(choice, message, language, self._available(name, language, register))

    def _available(self, name: str, language: str, register: Register) -> Register:
        """The register, or the language's other one when the template is only there in that."""
        there = {i.register for i in self._renderer.templates() if i.name == name and i.language == language}
        return register if register in there else next(r for r in REGISTERS[language] if r in there)

    def _tried(self, choice: Choice, message: Message, language: str, register: Register) -> Suggestion | None:
        try:
            return self._made(choice, message, language, register)
        except TemplateError as error:
            self._failed(error)
            return None

    def _made(self, choice: Choice, message: Message, language: str, register: Register) -> Suggestion:
        known = values(
            message,
            language=language,
            register=register,
            next_working_day=self._next_working_day(self._clock.now()),
            signature=self._signature,
        )
        rendered = self._renderer.render(choice.template, language=language, register=register, values=known)
        return Suggestion(
            template=choice.template,
            language=language,
            register=register,
            subject=reply_subject(message.subject),
            text=rendered.text,
            gaps=rendered.gaps,
            reason=choice.reason,
        )

    def _next_working_day(self, now: datetime) -> date:
        days = (now.date() + timedelta(days=n) for n in range(1, 60))
        return next((day for day in days if self._is_working_day(day)), now.date() + timedelta(days=1))
