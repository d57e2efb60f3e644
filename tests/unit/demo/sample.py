"""A snapshot as the daemon would give it when it judged everything as the labels say."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from assistant.core.cooling import Reason, ReasonCode
from assistant.core.draft import State
from assistant.core.escalation import Cue, Level
from assistant.core.message import SetAside
from assistant.demo.feeder import Programme, programme
from assistant.demo.snapshot import DemoDraft, DemoMail, DemoSuggestion, LeftDraft, Setting, Snapshot
from assistant.demo.stories import BERLIN, Folder, StoryMail, message_id

NOW = datetime(2026, 11, 21, 20, 50, tzinfo=BERLIN)
PROGRAMME: Programme = programme(NOW)
SETTING = Setting(
    host="127.0.0.1",
    port=14300,
    user="mara",
    password="gelassen",
    config=Path("/tmp/gelassen-demo-k3x9/config.toml"),
    drafts="Entwürfe",
    cooling_off="Abkühlung",
    settle=4,
)
CALM_REPLY = "Guten Tag Herr Kröger,\n\ndanke für Ihre Mail. Ich melde mich bis Montag, 23. November, bei Ihnen."


def snapshot(*, until: int | None = None, now: datetime = NOW) -> Snapshot:
    """What is known after the first ``until`` mails of the programme."""
    mails = PROGRAMME.mails[:until]
    drafts = [mail for mail in mails if mail.folder is Folder.DRAFTS]
    return Snapshot(
        now=now,
        mails=tuple(_mail(mail) for mail in mails if mail.folder is Folder.INBOX),
        drafts=tuple(_draft(n, mail) for n, mail in enumerate([d for d in drafts if d.level], start=1)),
        left=tuple(LeftDraft(to=mail.to[0].name, subject=mail.subject) for mail in drafts if not mail.level),
    )


def _id(story: str, n: int | None) -> int:
    return 1 + [(mail.story, mail.n) for mail in PROGRAMME.mails].index((story, n or 0))


def _mail(mail: StoryMail) -> DemoMail:
    aside = SetAside.AUTOMATIC if mail.is_noise and mail.n != 8 else None
    today = mail.story == "today" and mail.level > Level.TENSE
    return DemoMail(
        id=_id(mail.story, mail.n),
        message_id=message_id(mail),
        received=mail.date,
        sender=mail.sender.name,
        subject=mail.subject,
        level=None if aside else mail.level,
        signals=() if aside else mail.signals,
        cues=(Cue.NIGHT,) if mail.date.hour < 6 and not aside else (),
        hot=mail.hot,
        set_aside=aside,
        suggestions=(DemoSuggestion(template="acknowledge", text=CALM_REPLY),) if today else (),
    )


def _draft(number: int, mail: StoryMail) -> DemoDraft:
    today = mail.story == "today"
    return DemoDraft(
        id=number,
        state=State.HELD if today else State.WITHDRAWN,
        to=mail.to[0].name,
        subject=mail.subject,
        text=mail.text,
        hot=mail.hot,
        answers=_id(mail.story, mail.in_reply_to),
        hold_until=NOW + timedelta(hours=4),
        reasons=(
            Reason(code=ReasonCode.ANSWER_TO, params={"level": 3}),
            Reason(code=ReasonCode.DRAFT_LEVEL, params={"level": int(mail.level)}),
        ),
        ended=None if today else "sent_elsewhere",
    )
