"""Desktop notifications as a part of the daemon."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from assistant.adapters.browser import open_browser
from assistant.adapters.desktop import Desktop
from assistant.config import Desktop as Wanted
from assistant.daemon.entrance import entrance
from assistant.daemon.lettering import acknowledging
from assistant.daemon.parts import Parts
from assistant.errors import GelassenError
from assistant.services.announcing import Announcer
from assistant.services.notices import Notices
from assistant.services.ports import Notifier

_LOOK: Final = 5.0  # seconds between two looks into the ledger


def desktop(parts: Parts) -> Desktop:
    """The user's desktop; what is clicked there opens a page."""

    def open_place(place: str) -> None:
        try:
            open_browser(entrance(parts, place))
        except GelassenError as error:
            parts.journal("page_failed", error=str(error))

    return Desktop(open_place)


@contextmanager
def notices(parts: Parts) -> Iterator[None]:
    """The user is notified while the block runs, if the settings want it."""
    if parts.config.notify.desktop is Wanted.OFF:
        yield
        return
    screen, stop = desktop(parts), threading.Event()
    thread = threading.Thread(target=_watch, args=(parts, screen, stop), name="notices")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        screen.close()


def _watch(parts: Parts, notifier: Notifier, stop: threading.Event) -> None:
    found = _notices(parts, notifier)
    failing = False
    while not stop.wait(_LOOK):
        try:
            found.look()
            failing = False
        except GelassenError as error:  # told by whoever needs the ledger more
            if not failing:
                parts.journal("not_notified", error=str(error))
            failing = True
        except Exception as error:  # noqa: BLE001 - the loop's top: a bug here must not end the notices for good
            if not failing:
                parts.journal("bug", account="notices", error=error)
            failing = True


def _notices(parts: Parts, notifier: Notifier) -> Notices:
    setting = parts.config.notify
    announcer = Announcer(
        store=parts.store,
        clock=parts.clock,
        lang=parts.lang,
        content=setting.show_content,
        sound=setting.sound,
        pages=parts.config.web.enabled,
    )
    return Notices(
        store=parts.store,
        clock=parts.clock,
        accounts=[account.name for account in parts.config.accounts],
        quiet=setting.quiet,
        acknowledged=lambda mail_id: _acknowledged(parts, mail_id),
        words=announcer.notice,
        notifier=notifier,
        journal=parts.journal,
    )


def _acknowledged(parts: Parts, mail_id: int) -> bool:
    mail = parts.store.incoming(mail_id)
    with acknowledging(parts) as receipts:
        return mail is None or receipts.written(mail) is not None
