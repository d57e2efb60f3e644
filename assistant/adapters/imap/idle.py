"""Waits for changes: IDLE (RFC 2177) for one folder, NOTIFY (RFC 5465) for more, polling where the server has neither.

The counters of each folder (``Snapshot``) are compared before waiting begins, so a change that happened between the
caller's last look and the wait ends it at once.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence

from assistant.adapters.imap.connection import Connection, Snapshot, statuses

_BREATH = 0.5  # seconds between two questions whether to stop
_FAREWELL = 3.0  # seconds for the server's last word when there is no time to lose
_SIGN_OF_LIFE = 20.0  # seconds for the end of an IDLE, which costs a server nothing
_QUICK_ENDS = 3
_UNTOLD = Snapshot()
_CHANGES = ("EXPUNGE", "VANISHED", "FETCH")


class Watch:
    """One wait.

    Args:
        folders: the first is selected, the others are watched from outside.
        known: the counters that the caller knows of; kept up to date, and without an entry for a folder that changed.
        interrupted: asked twice a second; True ends the wait.
    """

    def __init__(
        self,
        connection: Connection,
        folders: Sequence[str],
        known: MutableMapping[str, Snapshot],
        interrupted: Callable[[], bool],
    ) -> None:
        self._connection = connection
        self._wire = connection.wire
        self._first, *self._others = folders
        self._known = known
        self._interrupted = interrupted
        self._settings = connection.settings
        self._elapsed = connection.settings.elapsed

    def run(self, seconds: float) -> bool:
        """Whether something changed before the time was over or the wait was interrupted."""
        end = self._elapsed() + seconds
        self._notify()
        changed = self._looked()
        while not changed and not self._interrupted() and (left := end - self._elapsed()) > 0:
            changed = self._idle(left) if self._can_idle() else self._pause(left)
            changed = changed or self._looked_again()
        return changed

    def _can_idle(self) -> bool:
        return self._connection.offers("IDLE") and self._connection.usable_idle

    def _told_of_others(self) -> bool:
        return bool(self._others) and self._connection.notified == tuple(self._others)

    def _looked(self) -> bool:
        """Looks at all folders; whether one has changed since the caller's last look."""
        self._connection.news.clear()
        changed = self._differs(self._first, self._connection.examine(self._first).snapshot)
        return self._looked_at_others() or changed

    def _looked_at_others(self) -> bool:
        now = {folder: self._connection.status(folder) for folder in self._others}
        changed = [self._differs(folder, snapshot) for folder, snapshot in now.items() if snapshot]
        return any(changed)

    def _looked_again(self) -> bool:
        """Looks at what the server does not tell by itself."""
        if not self._can_idle():
            return self._looked()
        if self._others and not self._told_of_others():
            return self._looked_at_others()
        return False

    def _differs(self, folder: str, now: Snapshot) -> bool:
        if not self._known.setdefault(folder, now).differs(now):
            return False
        del self._known[folder]  # told once; a caller that does not look will not be told again and again
        return True

    def _notify(self) -> None:
        """Asks for news of the other folders, once for a connection and a set of folders."""
        connection = self._connection
        if (
            not self._others
            or not connection.offers("NOTIFY")
            or not connection.usable_notify
            or self._told_of_others()
        ):
            return
        names = b" ".join(connection.quoted(folder) for folder in self._others)
        # Dovecot 2.3 does not decode the names here: one with an umlaut would never be heard of.
        which = b"personal" if b"&" in names else b"mailboxes (" + names + b")"
        refusal = connection.tried(
            "NOTIFY",
            # Without a clause for the selected folder that one falls silent.
            "SET (selected (MessageNew MessageExpunge FlagChange))",
            b"(" + which + b" (MessageNew MessageExpunge))",
        )
        connection.usable_notify = refusal is None
        connection.notified = () if refusal else tuple(self._others)

    def _pause(self, left: float) -> bool:
        """Lets one polling interval pass; a server that speaks up, or hangs up, ends it early."""
        end = self._elapsed() + min(left, self._settings.poll)
        while not self._interrupted() and (rest := end - self._elapsed()) > 0:
            if self._wire.ready(min(rest, _BREATH)):
                break
        return False

    def _idle(self, left: float) -> bool:
        """One IDLE command; whether a change was told."""
        often = self._settings.poll if self._others and not self._told_of_others() else self._settings.idle
        begun = self._elapsed()
        end = begun + min(left, often)
        tag = self._start_idle()
        if tag is None:
            return False
        changed = self._heard()
        while not changed and not self._over(tag) and not self._interrupted() and (rest := end - self._elapsed()) > 0:
            if self._wire.ready(min(rest, _BREATH)):
                self._wire._get_response()
                self._wire._check_bye()
                changed = self._heard()
        if self._over(tag):
            self._count_end(self._elapsed() - begun)
        return self._end_idle(tag) or changed

    def _count_end(self, lasted: float) -> None:
        """A server that ends IDLE by itself at once, again and again, is better polled."""
        self._connection.quick_ends = self._connection.quick_ends + 1 if lasted < 1 else 0
        self._connection.usable_idle = self._connection.quick_ends < _QUICK_ENDS

    def _start_idle(self) -> bytes | None:
        """The tag of an IDLE that the server has accepted; news may come before its continuation request."""
        tag: bytes = self._wire._command("IDLE")
        while self._wire._get_response() is not None:
            if self._over(tag):
                self._wire.tagged_commands.pop(tag)
                self._connection.usable_idle = False
                return None
        self._wire._check_bye()
        return tag

    def _end_idle(self, tag: bytes) -> bool:
        """Leaves IDLE, which also shows that the server is still there; whether the last words told of a change."""
        self._wire.limit(min(self._settings.timeout, _FAREWELL if self._interrupted() else _SIGN_OF_LIFE))
        if not self._over(tag):
            self._wire.send(b"DONE\r\n")
        typ, _ = self._wire._get_tagged_response(tag)
        self._wire.limit(self._settings.timeout)
        if typ != "OK":
            self._connection.usable_idle = False
        return self._heard()

    def _over(self, tag: bytes) -> bool:
        return self._wire.tagged_commands.get(tag) is not None

    def _heard(self) -> bool:
        """Whether the untagged responses so far tell of a change."""
        heard = dict(self._wire.untagged_responses)
        self._wire.untagged_responses.clear()
        inside = any(name in heard for name in _CHANGES) or self._more_or_fewer(heard.get("EXISTS", []))
        if inside:
            self._known.pop(self._first, None)
        news = self._connection.news | statuses(heard.get("STATUS", []))
        self._connection.news.clear()
        outside = [self._differs(folder, news[folder]) for folder in self._others if folder in news]
        overflow = "NOTIFICATIONOVERFLOW" in heard  # the server has stopped telling (RFC 5465, 5.8)
        if overflow:
            self._connection.usable_notify, self._connection.notified = False, ()
        return inside or any(outside) or overflow

    def _more_or_fewer(self, counts: Sequence[object]) -> bool:
        """EXISTS with another number than before; some servers repeat the old one to keep the connection alive."""
        known = self._known.get(self._first, _UNTOLD).messages
        return any(count != str(known).encode() for count in counts)
