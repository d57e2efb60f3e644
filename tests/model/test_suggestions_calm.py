"""The shipped replies before the shipped model: a suggestion that is not calm is a bug (DESIGN section 8)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from assistant.adapters.classifier import EscalationClassifier
from assistant.adapters.templates import Templates
from assistant.core.escalation import JudgeInput, Level
from tests.situations import SITUATIONS, filled

ROOT = Path(__file__).parents[2]
TEMPLATES = Templates(ROOT / "templates" / "replies")
ALL = [
    (info.name, info.language, info.register, situation)
    for info in TEMPLATES.templates()
    for situation in (*SITUATIONS[info.language], "as suggested")
]

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "escalation" / "config.json").exists(), reason="the model is not built yet (make model)"
)


@cache
def classifier() -> EscalationClassifier:
    """The shipped model, loaded once."""
    return EscalationClassifier(threads=1)


def known(language: str, register: str) -> dict[str, str]:
    """What the program fills by itself."""
    values = filled(language, register, "catalogue")
    return {slot: values[slot] for slot in ("greeting", "topic", "next_day", "signature")}


@pytest.mark.parametrize(("name", "language", "register", "situation"), ALL)
def test_suggestion_is_judged_calm(name: str, language: str, register: str, situation: str) -> None:
    """As a draft of the user's own, filled in two real situations and as it is suggested, gaps open: level 0."""
    values = known(language, register) if situation == "as suggested" else filled(language, register, situation)
    text = TEMPLATES.render(name, language=language, register=register, values=values).text
    (scores,) = classifier().score([JudgeInput(text=text, side="own")])
    assert classifier().policy.level(scores, "own") == Level.CALM, f"{scores.p} {text}"
