"""What a submission server of the tests can be told to do, and what it keeps."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from email import message_from_bytes
from enum import StrEnum
from typing import Self


class Stage(StrEnum):
    """Where an act can stand in."""

    CONNECT = "connect"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    TEXT = "text"  # in the middle of the text
    END = "end"  # behind the end of the text, before the answer
    QUIT = "QUIT"


@dataclass(frozen=True, kw_only=True)
class Act:
    """What to do instead of going on as a good server would.

    Attributes:
        answer: bytes to send instead of the usual answer.
        cutting: ends the connection, after ``answer`` if there is one.
        keep: with ``Stage.END``: the mail is accepted all the same.
        hold: waits before all else until the event is set; for a slow server. Alone it changes nothing else.
        pause: waits so many seconds, likewise.
        after: with ``Stage.TEXT``: bytes of the text that are read first.
    """

    answer: bytes = b""
    cutting: bool = False
    keep: bool = False
    hold: threading.Event | None = None
    pause: float = 0.0
    after: int = 1

    @classmethod
    def say(cls, *lines: str, keep: bool = False, cutting: bool = False) -> Self:
        """Answers with these lines."""
        return cls(answer="".join(f"{line}\r\n" for line in lines).encode(), keep=keep, cutting=cutting)

    @classmethod
    def cut(cls, *, keep: bool = False, after: int = 1) -> Self:
        """Ends the connection without a word."""
        return cls(cutting=True, keep=keep, after=after)

    async def held(self) -> None:
        """Waits as it is told; a test that forgets to set ``hold`` does not hang for ever."""
        await asyncio.sleep(self.pause)
        if self.hold:
            await asyncio.to_thread(self.hold.wait, 30)


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A mail that the server has taken, as it came."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...] = ()
    user: str = ""

    @property
    def message_id(self) -> str:
        """With angle brackets; empty when there is none."""
        return str(message_from_bytes(self.content).get("Message-ID", "")).strip()
