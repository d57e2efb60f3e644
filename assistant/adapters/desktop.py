"""Desktop notifications (port ``Notifier``): freedesktop.org's over D-Bus, on other systems their own.

desktop-notifier needs an event loop, so it has one in a thread of its own, started at the first notice.
"""

from __future__ import annotations

import asyncio
import html
import logging
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeVar

from assistant.errors import TemporaryFailure
from assistant.services.ports import Notice

if TYPE_CHECKING:
    from desktop_notifier import DesktopNotifier

_PATIENCE: Final = 15.0  # seconds; the bus may have to start the server first
_T = TypeVar("_T")

# It would log every notice that fails with its traceback, and at a lower level the words of every notice.
logging.getLogger("desktop_notifier").setLevel(logging.CRITICAL)


class Desktop:
    """The user's desktop.  Constructing does nothing.

    Args:
        open_place: called with the path of a page, in a thread of its own, when the user wants to see it.
    """

    def __init__(self, open_place: Callable[[str], None]) -> None:
        self._open_place = open_place
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._notifier: DesktopNotifier | None = None

    def show(self, notice: Notice) -> None:
        """Show it. Raises ``TemporaryFailure``."""
        self._done(self._show(notice))

    def has_buttons(self) -> bool:
        """Whether notices have buttons here. Raises ``TemporaryFailure`` where none can be shown."""
        return self._done(self._buttons())

    def close(self) -> None:
        """Notices that are shown stay, but open nothing any more."""
        if self._loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result(_PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None

    def _done(self, work: Coroutine[Any, Any, _T]) -> _T:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="desktop", daemon=True)
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._in_time(work), self._loop).result()

    async def _in_time(self, work: Coroutine[Any, Any, _T]) -> _T:
        try:
            return await asyncio.wait_for(work, _PATIENCE)
        except TemporaryFailure:
            await self._leave()
            raise
        except Exception as error:  # each system's notifier fails in its own ways
            await self._leave()
            raise TemporaryFailure(f"no notification can be shown: {_reason(error)}") from error

    async def _show(self, notice: Notice) -> None:
        from desktop_notifier import DEFAULT_SOUND, Button, Notification

        notifier = await self._connected()
        arrived: list[bool] = []
        first = notice.actions[0].place if notice.actions else None
        await notifier.send_notification(
            Notification(
                notice.title,
                # The body is markup there; a subject may hold what looks like some.
                html.escape(notice.body, quote=False) if sys.platform == "linux" else notice.body,
                buttons=tuple(Button(one.label, on_pressed=self._opening(one.place)) for one in notice.actions),
                on_clicked=self._opening(first) if first else None,
                on_dispatched=lambda: arrived.append(True),
                sound=DEFAULT_SOUND if notice.sound else None,
            )
        )
        if not arrived:
            raise TemporaryFailure("no notification can be shown: the notification server did not take it")

    async def _buttons(self) -> bool:
        from desktop_notifier import Capability

        return Capability.BUTTONS in await (await self._connected()).get_capabilities()

    async def _connected(self) -> DesktopNotifier:
        from desktop_notifier import Capability, DesktopNotifier

        if self._notifier is None:
            self._notifier = DesktopNotifier(app_name="Gelassen", app_icon=None)
        if Capability.TITLE not in await self._notifier.get_capabilities():
            raise TemporaryFailure("no notification can be shown: this system does not let the program show any")
        return self._notifier

    async def _leave(self) -> None:
        """The next notice makes a new connection."""
        bus = getattr(getattr(self._notifier, "_backend", None), "bus", None)  # it offers no way to hang up
        self._notifier = None
        if bus is not None:
            bus.disconnect()
            await bus.wait_for_disconnect()

    def _opening(self, place: str) -> Callable[[], None]:
        def open_it() -> None:
            threading.Thread(target=self._open_place, args=(place,), name="browser", daemon=True).start()

        return open_it


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the notification server does not answer"
    if type(error).__name__ == "InvalidAddressError":  # of dbus-fast: the environment names no bus
        return "there is no desktop session here"
    words = error.strerror if isinstance(error, OSError) else str(error)
    return " ".join((words or "").split()) or type(error).__name__
