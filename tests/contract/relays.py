"""The relays that the contract suite runs against, each told in its own way how to misbehave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from assistant.adapters.relay import RelaySettings, SubmissionRelay
from assistant.core.delivery import Answer, Envelope
from assistant.services.ports import Relay
from tests.fakes_relay import Delivered, FakeRelay
from tests.servers.smtp import Act, Sink, Stage

MAIL = b"Message-ID: <one@studio.example>\r\nSubject: Hallo\r\n\r\nGuten Tag\r\n"


class Post:
    """Counts how often the mail was committed, and keeps who had been refused by then."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.commits = 0
        self.refused: Mapping[str, Answer] = {}
        self._error = error

    def __call__(self, refused: Mapping[str, Answer]) -> None:
        """The callback of ``Relay.deliver``."""
        self.commits += 1
        self.refused = refused
        if self._error:
            raise self._error


class Rig(Protocol):
    """A relay and the strings that pull it."""

    relay: Relay

    def refuse(self, answer: Answer, recipient: str) -> None:
        """Next time, this recipient is refused."""

    def refuse_text(self, answer: Answer) -> None:
        """Next time, the whole text is refused."""

    def break_off(self, *, behind_the_text: bool, taken: bool = False) -> None:
        """Next time, the connection is lost."""

    def delivered(self) -> list[Delivered]:
        """What was taken."""


class MemoryRig:
    """The fake."""

    def __init__(self) -> None:
        self.fake = FakeRelay()
        self.relay: Relay = self.fake
        self.refuse = self.fake.refuse
        self.refuse_text = self.fake.refuse_text
        self.break_off = self.fake.break_off

    def delivered(self) -> list[Delivered]:
        return self.fake.delivered


class SinkRig:
    """The adapter on a real server."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.relay: Relay = SubmissionRelay(settings_for(sink))

    def refuse(self, answer: Answer, recipient: str) -> None:
        self.sink.expect(Stage.RCPT, Act.say(str(answer)), recipient=recipient)

    def refuse_text(self, answer: Answer) -> None:
        self.sink.expect(Stage.END, Act.say(str(answer)))

    def break_off(self, *, behind_the_text: bool, taken: bool = False) -> None:
        self.sink.expect(Stage.END if behind_the_text else Stage.TEXT, Act.cut(keep=taken))

    def delivered(self) -> list[Delivered]:
        return [
            Delivered(sender=mail.sender, recipients=mail.recipients, content=mail.content) for mail in self.sink.mails
        ]


def settings_for(sink: Sink, **changes: Any) -> RelaySettings:
    """Settings for a sink: its security, its certificate, its first user."""
    user, secret = next(iter(sink.users.items()), ("", ""))
    values: dict[str, Any] = {"host": "localhost", "port": sink.port, "security": sink.security, "ca_file": sink.cafile}
    values |= {"user": user, "secret": lambda: secret, "timeout": 5.0, "patience": 5.0}
    return RelaySettings(**(values | changes))


def envelope(*recipients: str, **more: Any) -> Envelope:
    """From the studio to these, or to Bob."""
    return Envelope(sender="mara@studio.example", recipients=recipients or ("bob@example.org",), **more)


@contextmanager
def rig(kind: str) -> Iterator[Rig]:
    """One of ``KINDS``."""
    if kind == "memory":
        yield MemoryRig()
        return
    with Sink(users={"mara": "pw"} if kind != "none" else {}, security=kind) as sink:
        yield SinkRig(sink)


KINDS = ["memory", "tls", "starttls", "none"]
