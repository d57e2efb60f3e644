"""``gelassen demo``: the embedded mailbox, a daemon of its own on it, and the live view, in a passing folder."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from assistant.adapters.imap.settings import DEFAULT_COOLING_OFF
from assistant.adapters.paths import private
from assistant.config import load
from assistant.core.draft import State
from assistant.core.escalation import Level
from assistant.daemon.parts import Parts
from assistant.daemon.run import run, stopped_by_signal
from assistant.demo.feeder import Pace, deliver, programme
from assistant.demo.server import EmbeddedImap
from assistant.demo.snapshot import DemoDraft, DemoMail, DemoSuggestion, LeftDraft, Setting, Snapshot
from assistant.demo.stories import Folder
from assistant.demo.summary import print_summary, summarise
from assistant.demo.view import View
from assistant.services.ledger import HeldDraft, Incoming, Verdict
from assistant.texts import Lang

USER: Final = "mara"
PASSWORD: Final = "gelassen"  # noqa: S105 - of a mailbox on loopback with invented mail
_ALL: Final = 100_000
_CONFIG: Final = """\
[general]
language = "{lang}"
timezone = "Europe/Berlin"
region = "DE-NW"
[store]
url = "sqlite:///{folder}/gelassen.db"
[[account]]
name = "demo"
address = "mara@lindner-kolb.example"
imap = {{ host = "127.0.0.1", port = {port}, security = "none", user = "{user}" }}
password_command = "printf {password}"
[cooling]
settle = "{settle}s"
[replies]
signature = "Mara Lindner\\nLindner & Kolb Gestaltung"
"""


def run_demo(
    *, lang: Lang, seconds: float | None = None, plain: bool = False, port: int = 0, keep: Path | None = None
) -> int:
    """Show the product until Ctrl-C, SIGTERM or ``seconds``; the exit code.

    Args:
        keep: a folder for mailbox, configuration and database that stays; None is a passing one.

    Raises ``GelassenError`` when the port is taken or the model cannot be loaded.
    """
    stop = threading.Event()
    console = Console()
    with _folder(keep) as folder, EmbeddedImap(folder / "mail", {USER: PASSWORD}, port) as server:
        pace = Pace()
        config = folder / "config.toml"
        config.write_text(
            _CONFIG.format(
                lang=lang, folder=folder, port=server.port, user=USER, password=PASSWORD, settle=int(pace.settle)
            ),
            encoding="utf-8",
        )
        parts = Parts(load(config), lang)
        show = programme(parts.clock.now())
        past = sum(mail.folder is Folder.INBOX for mail in show.past)
        failure = _Failure(stop)
        tasks = (
            lambda: run(parts, stop=stop),
            lambda: deliver(server, USER, show, pace=pace, wait=stop.wait, ready=partial(_past_judged, parts, past)),
        )
        threads = [threading.Thread(target=failure.guarded(task), daemon=True) for task in tasks]
        with _ends(stop, seconds):
            for thread in threads:
                thread.start()
            last = _show(parts, _setting(server, config, pace, lang), console, stop, plain=plain)
            stop.set()
            for thread in threads:
                thread.join()
        parts.store.close()
    if failure.error is not None:
        raise failure.error
    print_summary(summarise(last, show.mails), lang, console)
    return 0


def _past_judged(parts: Parts, mails: int) -> bool:
    return len(parts.store.list_incoming(limit=mails)) >= mails


def _show(parts: Parts, setting: Setting, console: Console, stop: threading.Event, *, plain: bool) -> Snapshot:
    looker = Looker(parts)
    return View(looker.look, setting, lang=parts.lang, wait=stop.wait, console=console, plain=plain).run()


def _setting(server: EmbeddedImap, config: Path, pace: Pace, lang: Lang) -> Setting:
    drafts = next(name for name, use in server.folders.items() if use == "Drafts")
    return Setting(
        host=server.host,
        port=server.port,
        user=USER,
        password=PASSWORD,
        config=config,
        drafts=drafts,
        cooling_off=DEFAULT_COOLING_OFF[lang],
        settle=pace.settle,
        command=_command(),
    )


def _command() -> str:
    """How the viewer can call the program: by name when the shell finds it, else by its path."""
    return "gelassen" if shutil.which("gelassen") else str(Path(sys.argv[0]).absolute())


class _Failure:
    """Ends the demo when one of its threads fails, and keeps the error for the caller."""

    def __init__(self, stop: threading.Event) -> None:
        self.error: Exception | None = None
        self._stop = stop

    def guarded(self, task: Callable[[], object]) -> Callable[[], None]:
        """The task, its error kept."""

        def run_guarded() -> None:
            try:
                task()
            except Exception as error:  # noqa: BLE001 - the top of a thread: the caller raises it
                if not self._stop.is_set():
                    self.error = error
                    self._stop.set()

        return run_guarded


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """A private folder that goes with the demo, or the given one."""
    if keep is not None:
        yield private(keep.absolute())
        return
    folder = Path(tempfile.mkdtemp(prefix="gelassen-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ends(stop: threading.Event, seconds: float | None) -> Iterator[None]:
    """``stop`` is set by a signal or when the time is over."""
    timer = threading.Timer(seconds, stop.set) if seconds is not None else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    with stopped_by_signal(stop):
        try:
            yield
        finally:
            stop.set()
            if timer is not None:
                timer.cancel()


# --- what the view shows --------------------------------------------------------------------------------------------
class Looker:
    """Reads the ledger for the view; a mail is read once, for it does not change."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._mails: dict[int, DemoMail] = {}

    def look(self) -> Snapshot:
        """The ledger as the view wants it."""
        store = self._parts.store
        for mail in store.list_incoming(limit=_ALL):
            if mail.id not in self._mails:
                self._mails[mail.id] = _mail(self._parts, mail)
        return Snapshot(
            now=self._parts.clock.now(),
            mails=tuple(self._mails.values()),
            drafts=tuple(_draft(self._parts, draft) for draft in store.drafts(list(State))),
            left=tuple(
                LeftDraft(to=", ".join(sorted(seen.identity.recipients)), subject=seen.identity.subject)
                for seen in store.seen_drafts("demo")
                if seen.verdict is Verdict.LEFT
            ),
        )


def _mail(parts: Parts, mail: Incoming) -> DemoMail:
    found = mail.assessment
    offered = parts.store.suggestions(mail.id) if found is not None and found.level > Level.CALM else ()
    return DemoMail(
        id=mail.id,
        message_id=mail.message_id,
        received=mail.received,
        sender=(mail.sender.name or mail.sender.address) if mail.sender else "?",
        address=mail.sender.address if mail.sender else "",
        subject=mail.subject,
        level=mail.level,
        signals=found.signals if found else (),
        cues=found.cues if found else (),
        hot=found.hot if found else (),
        set_aside=mail.set_aside,
        unassessed=mail.unassessed,
        suggestions=tuple(DemoSuggestion(template=s.template, text=s.text) for s in offered),
    )


def _draft(parts: Parts, draft: HeldDraft) -> DemoDraft:
    current = parts.store.versions(draft.id)[-1]
    events = parts.store.events(draft.id)
    return DemoDraft(
        id=draft.id,
        state=draft.state,
        to=", ".join(draft.to),
        subject=draft.subject,
        text=draft.text,
        hot=current.assessment.hot if current.assessment else (),
        answers=draft.incoming_id,
        hold_until=draft.hold_until,
        reasons=draft.reasons,
        reviewed=draft.reviewed,
        ended=events[-1].event if draft.state is not State.HELD and events else None,
    )
