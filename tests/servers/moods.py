"""A submission server in every mood: slow, busy, greylisting, and at times it forgets to answer."""

from __future__ import annotations

import random
import threading

from tests.servers.smtp import Act, Sink, Stage


class Moody(Sink):
    """A sink that misbehaves by chance.

    Attributes:
        moods: the chance; None: it is always well.
        texts: of every text that was begun, the recipients as RCPT names them.
        stirred: set whenever a text begins or ends.
    """

    def __init__(self, moods: random.Random) -> None:
        super().__init__()
        self.moods: random.Random | None = moods
        self.texts: list[str] = []
        self.stirred = threading.Event()

    @property
    def idle(self) -> bool:
        """Nobody is connected."""
        return not any(connection.open for connection in list(self.connections))

    def take(self, stage: Stage, argument: str = "") -> Act | None:
        """What its mood says."""
        if stage is Stage.TEXT:
            self.texts.append(argument)
        if stage in (Stage.TEXT, Stage.END):
            self.stirred.set()
        return _act(stage, self.moods) if self.moods else None


def _act(stage: Stage, moods: random.Random) -> Act | None:
    pause, dice = moods.uniform(0, 0.3), moods.random()
    match stage:
        case Stage.CONNECT | Stage.MAIL if dice < 0.03:
            return Act.say("421 4.3.2 Too busy", cutting=True)
        case Stage.RCPT if dice < 0.06:
            return Act.say("450 4.2.0 Greylisted")
        case Stage.DATA if dice < 0.3:
            return Act(pause=pause)
        case Stage.END if dice < 0.04:
            return Act.cut(keep=dice < 0.02)
        case Stage.END if dice < 0.08:
            return Act.say("451 4.3.0 Try again later")
        case Stage.END:
            return Act(pause=pause, keep=dice < 0.5)  # it has the mail long before it says so, or only then
    return None
