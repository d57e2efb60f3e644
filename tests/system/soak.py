"""Lives of the real daemon that end by kill -9 at a random instant, and what must be true of the mail afterwards.

A ``Soak`` is one user with a mailbox, a daemon, and a provider in every mood. Each round the daemon starts and settles
what the last death has cut off, and every mail is looked for. Then the mail client sends, the user saves drafts and
releases what is held, and somewhere in between the daemon dies, sometimes the user's command with it. At the end nobody
dies any more, and every mail that was written must have come to its one end.
"""

from __future__ import annotations

import json
import random
import smtplib
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from email import message_from_bytes
from functools import partial
from pathlib import Path
from typing import Any, Final

from imapclient import IMAPClient

from assistant.adapters.database import SqlStore, open_store
from assistant.core.draft import State
from tests.servers.chain import Chain
from tests.servers.dovecot import Dovecot
from tests.servers.forked import Forked
from tests.servers.moods import Moody
from tests.system.test_daemon import ANGRY_CLIENT, CALM, COOLING, HOT, incoming, reply

_NOW: Final = ("--now", "--reason", "Frist heute")
_FOLDERS: Final = ("Drafts", COOLING, "Sent")
_HEADER: Final = b"BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
_PATIENCE: Final = 180.0  # seconds for what a starved machine does in two
_AT_MOST: Final = 20  # times that the user sees to what is left before it must be done
_BLOCK: Final = 25  # rounds of one user: a mailbox of years would make each look long
_FIRST_SEED: Final = 2026

Row = dict[str, Any]
Act = Callable[[threading.Event], None]


@dataclass
class Letter:
    """Something that the user wrote, to somebody who gets nothing else.

    Attributes:
        draft: it was saved in Drafts; else it is sent through the gateway.
        taken: it is Gelassen's: saved in Drafts, or the mail client was answered that it is here, or may have gone out.
    """

    message_id: str
    to: str
    raw: bytes
    draft: bool
    taken: bool = False


@dataclass
class Tally:
    """What happened.

    Attributes:
        rounds: deaths of a daemon that was at work.
        early: deaths of one that had just started.
        commands: deaths of commands.
        uncertain: mails whose fate was asked of the user.
        reached: those of them that had gone out.
    """

    rounds: int = 0
    early: int = 0
    commands: int = 0
    letters: int = 0
    sent: int = 0
    uncertain: int = 0
    reached: int = 0


class Soak:
    """One user; see the module.

    Args:
        seed: of what is left to chance; the instants of death depend on the machine all the same.
    """

    def __init__(self, folder: Path, dovecot: Dovecot, user: str, seed: int) -> None:
        self._chance = random.Random(seed)
        self._sink = Moody(random.Random(seed))
        kind = partial(Forked, settle="0s")
        self._chain = Chain(folder, dovecot, user, self._sink, kind=kind, more="[judge]\nthreads = 1\n")
        assert isinstance(self._chain.program, Forked)
        self._program = self._chain.program
        self._letters: list[Letter] = []
        self._asked: dict[str, int] = {}
        self._answered = threading.Event()
        self._mail: IMAPClient
        self._ledger: SqlStore
        self.tally = Tally()

    def run(self, rounds: int) -> Tally:
        """So many deaths, then the end. Raises ``AssertionError`` for a mail lost, doubled or needlessly uncertain."""
        with self._sink, self._program.client() as self._mail:
            self._program.start()
            try:
                self._lives(rounds)
            finally:
                if self._program.running():
                    self._program.kill()
        return self.tally

    def _lives(self, rounds: int) -> None:
        with closing(open_store(f"sqlite:///{self._program.store}")) as self._ledger:
            for _ in range(rounds):
                self._work(self._look())
                self.tally.rounds += 1
                self._die_early()
                self._program.start()
            self._end()

    # --- a life ---------------------------------------------------------------------------------------------------
    def _die_early(self) -> None:
        """Now and then a daemon dies before it has settled what the last death has left."""
        while self._chance.random() < 0.2:
            self._program.launch()
            threading.Event().wait(self._chance.uniform(0.1, 0.8))
            self._program.kill()
            self.tally.early += 1

    def _work(self, rows: dict[str, Row]) -> None:
        """The mail client and the user are at work when the daemon dies."""
        over = threading.Event()
        workers = [
            threading.Thread(target=act, args=(over,)) for act in (self._saves(), self._sends(), self._releases(rows))
        ]
        self._sink.stirred.clear()
        self._answered.clear()
        for worker in workers:
            worker.start()
        self._await_death()
        self._program.kill()
        over.set()
        for worker in workers:
            worker.join(_PATIENCE)
            assert not worker.is_alive()

    def _await_death(self) -> None:
        """Any instant, or one soon after a text has begun or ended, or an answer was read: there most is at stake."""
        awaited = self._chance.choice(
            (None, self._answered, self._sink.stirred, self._sink.stirred, self._sink.stirred)
        )
        if awaited is None:
            threading.Event().wait(self._chance.uniform(0, 1))
        else:
            awaited.wait(3)
            threading.Event().wait(self._chance.choice((0.001, 0.01, 0.1, 0.3)) * self._chance.random())

    def _letter(self, text: str, *, draft: bool) -> Letter:
        case = len(self._letters) + 1
        raw = reply(case, text).replace(b"To: kunde@", b"To: kunde%d@" % case)
        found = Letter(f"<d{case}.1@studio.example>", f"kunde{case}@firma.example", raw, draft)
        self._letters.append(found)
        return found

    def _saves(self) -> Act:
        """The user saves a heated draft, at times in answer to a heated mail."""
        if self._chance.random() < 0.4:
            return lambda over: None
        answered = self._chance.random() < 0.3
        letter = self._letter(HOT, draft=True)

        def act(over: threading.Event) -> None:
            if answered:
                self._mail.append("INBOX", incoming(len(self._letters), ANGRY_CLIENT))
            self._mail.append("Drafts", letter.raw, flags=["\\Draft"])
            letter.taken = True

        return act

    def _sends(self) -> Act:
        """The mail client sends what it has not got rid of, and something new."""
        for _ in range(self._chance.randint(1, 3)):
            self._letter(self._chance.choice((HOT, CALM)), draft=False)

        def act(over: threading.Event) -> None:
            for letter in self._unsent():
                if not over.is_set():
                    self._hand_over(letter)

        return act

    def _unsent(self) -> list[Letter]:
        return [letter for letter in self._letters if not letter.draft and not letter.taken]

    def _hand_over(self, letter: Letter) -> None:
        """The mail client keeps what it sees no answer to, and what is refused for the time being."""
        try:
            code, words = self._chain.send(letter.raw, to=letter.to)
        except (OSError, smtplib.SMTPException):
            return
        assert code in (250, 554) or 400 <= code < 500, (code, words)
        letter.taken = code >= 500 or code == 250
        self._answered.set()

    def _releases(self, rows: dict[str, Row]) -> Act:
        """The user sees to most of what is left; at times the command dies with the daemon."""
        commands = [self._decision(row) for row in _left(rows) if self._chance.random() < 0.7]
        dies = self._chance.random() < 0.4

        def act(over: threading.Event) -> None:
            for command in commands:
                if not over.is_set():
                    self._commanded(command, over if dies else threading.Event())

        return act

    def _decision(self, row: Row) -> tuple[str, ...]:
        """What came out of Drafts goes back there, or is sent by Gelassen; what is uncertain the user finds out."""
        number = str(row["id"])
        if row["state"] == "uncertain":
            return ("resolve", number, "--sent" if self._sink.copies(row["message_id"]) else "--not-sent")
        send = ("--send",) if row["via"] == "drafts" and self._chance.random() < 0.7 else ()
        return ("release", number, *_NOW, *send)

    def _commanded(self, command: tuple[str, ...], death: threading.Event) -> None:
        process, output, errors = self._program.begin(*command)
        while process.running() and not death.wait(0.01):
            pass
        self.tally.commands += process.running()
        process.kill()
        assert process.wait() in (0, 1, -9), errors.read_text()
        for path in (output, errors):
            path.unlink(missing_ok=True)

    # --- what must be true ----------------------------------------------------------------------------------------
    def _look(self) -> dict[str, Row]:
        """When the daemon has settled everything, each mail is where the queue says, once; what the queue says."""
        self._program.until(self._settled, seconds=_PATIENCE)
        rows = self._rows()
        found: list[str] = []

        def in_order() -> bool:
            found[:] = self._complaints(rows)
            return not found

        try:
            self._program.until(in_order, seconds=_PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"{self.tally}\n" + "\n".join(found) + f"\n{error}") from None
        return rows

    def _settled(self) -> bool:
        """Nothing is on its way, and what was saved in Drafts has been taken out of it."""
        rows = self._ledger.drafts(tuple(State))
        if not self._sink.idle or any(row.effect is not None or row.state is State.SENDING for row in rows):
            return False
        known = {row.identity.message_id for row in rows}
        return all(letter.message_id in known for letter in self._letters if letter.draft and letter.taken)

    def _rows(self) -> dict[str, Row]:
        """The row that counts of each mail, by Message-ID: what was handed back to the mail client does not."""
        rows = sorted(self._program.json("queue", "--all"), key=lambda row: int(row["id"]))
        for row in rows:
            if row["state"] == "uncertain":
                self._asked[row["message_id"]] = self._sink.copies(row["message_id"])
        return {row["message_id"]: row for row in rows if row["state"] != "withdrawn"}

    def _complaints(self, rows: dict[str, Row]) -> list[str]:
        places = {folder: _there(self._mail, folder) for folder in _FOLDERS}
        found = []
        for letter in self._letters:
            row, mid = rows.get(letter.message_id), letter.message_id
            here = [self._sink.copies(mid), *(places[folder][mid] for folder in _FOLDERS)]
            if not _fits(letter, row, here, asked=letter.message_id in self._asked):
                found.append(f"{letter.message_id}: {row}; sent, {', '.join(_FOLDERS)}: {here}")
            if row and row["state"] == "uncertain" and not any(f"<{letter.to}>" in one for one in self._sink.texts):
                found.append(f"{letter.message_id} is uncertain, and the provider was never given its text")
        return found

    # --- the end --------------------------------------------------------------------------------------------------
    def _end(self) -> None:
        """The provider is well again, nobody dies, and the user sees to everything that is left."""
        self._sink.moods = None
        for _ in range(_AT_MOST):
            rows = self._look()
            for letter in self._unsent():
                self._hand_over(letter)
            left = _left(rows)
            for row in left:
                self._commanded(self._decision(row), threading.Event())
            if not left and not self._unsent():
                break
        rows = self._look()
        assert {rows[letter.message_id]["state"] for letter in self._letters} <= {"sent", "released"}, rows
        self._count()
        assert '"bug"' not in self._program.log.read_text(encoding="utf-8")
        assert self._program.stop() == 0

    def _count(self) -> None:
        tally = self.tally
        tally.letters = len(self._letters)
        tally.sent = sum(self._sink.copies(letter.message_id) for letter in self._letters)
        tally.uncertain, tally.reached = len(self._asked), sum(self._asked.values())


def _fits(letter: Letter, row: Row | None, here: list[int], *, asked: bool) -> bool:
    """Whether copies at the provider, in Drafts, in the cooling-off folder and in Sent are what a row promises.

    Args:
        asked: it was uncertain at a time: its mail client was told so and has not filed it.
    """
    if row is None:
        return not letter.taken and here == [0, letter.draft, 0, 0]
    ours = asked or row["via"] == "drafts" or row["hold_until"] != row["held_at"]
    match row["state"]:
        case "held":
            return here == [0, 0, 1, 0]
        case "released":
            return here == [0, 1, 0, 0]
        case "sent":
            return here == [1, 0, 0, ours]
        case "uncertain":
            return here[0] <= 1 and here[1] == here[3] == 0 and here[2] <= 1  # the guard clears it away when it looks
    return False


def _left(rows: dict[str, Row]) -> list[Row]:
    """What waits for the user's decision."""
    return [row for row in rows.values() if row["state"] in ("held", "uncertain")]


def _there(mail: IMAPClient, folder: str) -> Counter[str]:
    """The Message-IDs in a folder. What is marked as deleted is gone: the daemon may have died before EXPUNGE."""
    if not mail.folder_exists(folder):
        return Counter()
    mail.select_folder(folder, readonly=True)
    uids = mail.search("UNDELETED")
    headers = mail.fetch(uids, [_HEADER]).values() if uids else ()
    return Counter(str(message_from_bytes(header[_HEADER.replace(b".PEEK", b"")])["Message-ID"]) for header in headers)


class Log:
    """What was done, a line of JSON for each user; rounds that are in it need not be done again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._done: dict[int, Tally] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            values = json.loads(line)
            seed = values.pop("seed")
            self._done[seed] = Tally(**values)

    @property
    def rounds(self) -> int:
        """Rounds so far."""
        return sum(tally.rounds for tally in self._done.values())

    def left(self, rounds: int) -> list[tuple[int, int]]:
        """What is still to do for so many rounds: seeds, each with its rounds."""
        blocks = (
            (seed, min(_BLOCK, rounds - start)) for seed, start in enumerate(range(0, rounds, _BLOCK), _FIRST_SEED)
        )
        return [(seed, length) for seed, length in blocks if seed not in self._done]

    def add(self, seed: int, tally: Tally) -> None:
        """Write down a block, and say how far it has come."""
        self._done[seed] = tally
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"seed": seed, **asdict(tally)}) + "\n")
        names = [field.name for field in fields(Tally)]
        print(
            ", ".join(f"{name} {sum(getattr(one, name) for one in self._done.values())}" for name in names), flush=True
        )
