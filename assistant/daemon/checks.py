"""The checks of ``gelassen doctor``.  Each gives its findings as they are made and raises what it cannot explain."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote

from assistant.adapters.database.version import HEAD
from assistant.config import Account
from assistant.core.escalation import JudgeInput
from assistant.daemon.parts import Parts
from assistant.daemon.repairing import strays
from assistant.services.findings import Finding, Result
from assistant.services.ports import Mailbox
from assistant.texts import Lang, day


class Speaker(Protocol):
    """In which language findings are told, and what time it is there."""

    @property
    def lang(self) -> Lang:
        """The language."""

    def words(self, key: str, /, **params: object) -> str:
        """A text in it."""

    def now(self) -> datetime:
        """Aware, in the user's zone."""


#: What is used if the server has it, and works another way if not.
_ABILITIES: Final = ("IDLE", "MOVE", "UIDPLUS", "NOTIFY", "SPECIAL-USE")
_SAMPLE: Final = "Guten Tag, das ist jetzt das dritte Mal, dass die Datei fehlt. Mir reicht es."


def database(speaker: Speaker, parts: Parts) -> Iterator[Finding]:
    """It opens, its schema is ours, and nobody else may read it."""
    _ = parts.store
    name = speaker.words("doctor.database")
    file = Path(unquote(parts.database_url.removeprefix("sqlite:///").partition("?")[0]))
    if not parts.database_url.startswith("sqlite:///"):
        yield Finding(check=name, result=Result.OK, text=speaker.words("doctor.server_database", schema=HEAD))
        return
    mode = file.stat().st_mode & 0o777
    text = speaker.words("doctor.schema", file=file, schema=HEAD, mode=f"{mode:04o}")
    if mode & 0o077:
        advice = speaker.words("doctor.chmod", file=file)
        yield Finding(check=name, result=Result.WARNING, text=text, next=advice)
    else:
        yield Finding(check=name, result=Result.OK, text=text)


def account(speaker: Speaker, parts: Parts, one: Account) -> Iterator[Finding]:
    """Login, folders, abilities."""
    mailbox = parts.mailbox(one)
    try:
        mailbox.connect()
        where = f"{one.imap.user} @ {one.imap.host}:{one.imap.port} ({one.imap.security})"
        yield Finding(check=one.name, result=Result.OK, text=speaker.words("doctor.login", where=where))
        yield _folders(speaker, one, mailbox)
        yield from _abilities(speaker, one, mailbox)
        yield _keywords(speaker, one, allowed=mailbox.allows_keywords(mailbox.folders.cooling_off))
        yield from _strays(speaker, one, strays(parts, one, mailbox).count(), mailbox.folders.cooling_off)
    finally:
        mailbox.close()


def _folders(speaker: Speaker, one: Account, mailbox: Mailbox) -> Finding:
    folders = mailbox.folders
    names = [folders.inbox, folders.drafts, folders.sent, folders.trash or "–"]
    text = speaker.words("doctor.folders", names=", ".join(names), cooling_off=folders.cooling_off)
    if folders.trash is None:
        advice = speaker.words("doctor.no_trash")
        return Finding(check=one.name, result=Result.WARNING, text=text, next=advice)
    return Finding(check=one.name, result=Result.OK, text=text)


def _abilities(speaker: Speaker, one: Account, mailbox: Mailbox) -> Iterator[Finding]:
    for ability in _ABILITIES:
        if ability in mailbox.abilities:
            text = speaker.words("doctor.has", ability=ability)
            yield Finding(check=one.name, result=Result.OK, text=text)
        else:
            text = speaker.words("doctor.lacks", ability=ability)
            advice = speaker.words(f"doctor.without.{ability}")
            yield Finding(check=one.name, result=Result.WARNING, text=text, next=advice)


def _keywords(speaker: Speaker, one: Account, *, allowed: bool) -> Finding:
    ability = speaker.words("doctor.keywords")
    if allowed:
        return Finding(check=one.name, result=Result.OK, text=speaker.words("doctor.has", ability=ability))
    return Finding(
        check=one.name,
        result=Result.WARNING,
        text=speaker.words("doctor.lacks", ability=ability),
        next=speaker.words("doctor.without.keywords"),
    )


def _strays(speaker: Speaker, one: Account, count: int, folder: str) -> Iterator[Finding]:
    if count:
        text = speaker.words("doctor.strays", folder=folder, count=count)
        yield Finding(check=one.name, result=Result.WARNING, text=text, next=speaker.words("doctor.strays.next"))


def model(speaker: Speaker, parts: Parts) -> Iterator[Finding]:
    """It loads, it judges, and where its thresholds lie."""
    name = speaker.words("doctor.model")
    began = time.monotonic()
    parts.classifier.score([JudgeInput(text=_SAMPLE)])
    loaded = speaker.words("doctor.loaded", name=parts.config.judge.model, seconds=f"{time.monotonic() - began:.1f}")
    yield Finding(check=name, result=Result.OK, text=loaded)
    policy = parts.classifier.policy
    yield Finding(
        check=name,
        result=Result.OK,
        text=speaker.words(
            "doctor.thresholds",
            client=_figures(policy.levels),
            own=_figures(policy.own_levels),
            budget=f"{parts.config.judge.false_alarms_per_100:g}",
        ),
    )


def _figures(values: tuple[float, float, float]) -> str:
    return " / ".join(f"{value:.2f}" for value in values)


def templates(speaker: Speaker, parts: Parts) -> Iterator[Finding]:
    """How many there are, and each broken one with its line."""
    name = speaker.words("doctor.templates")
    count = len(parts.templates.templates())
    result = Result.OK if count else Result.FAILURE
    yield Finding(check=name, result=result, text=speaker.words("doctor.template_count", count=count))
    for problem in parts.templates.problems():
        yield Finding(check=name, result=Result.WARNING, text=problem)


def calendar(speaker: Speaker, parts: Parts) -> Iterator[Finding]:
    """The region is known; the next working day; night and morning."""
    name = speaker.words("doctor.calendar")
    parts.calendar.check()
    today = speaker.now().date()
    days = (today + timedelta(days=n) for n in range(1, 30))
    following = next((one for one in days if parts.calendar(one)), today)
    cooling = parts.config.cooling
    yield Finding(
        check=name,
        result=Result.OK,
        text=speaker.words(
            "doctor.days",
            region=parts.config.general.region,
            zone=parts.config.general.timezone,
            day=day(following, today, speaker.lang),
            morning=f"{cooling.morning:%H:%M}",
            start=f"{cooling.night[0]:%H:%M}",
            end=f"{cooling.night[1]:%H:%M}",
        ),
    )
