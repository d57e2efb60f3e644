"""The mail that a submitted one answers, although it may not be in the ledger yet.

A mail that has just come, or that is older than the first pass goes back, is unknown to the ledger while the user can
already answer it. What it says decides how long the answer is held, so it is looked for in INBOX and judged, as the
Drafts guard does. But a mail client waits here: if the server does not say in time, the answer goes by what is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from concurrent.futures import TimeoutError as TooSlow
from datetime import timedelta
from typing import Final

from assistant.errors import GelassenError
from assistant.services.ledger import Incoming, Store

#: How long the server may take; most of it is the login, a quarter of a second far away.
PATIENCE: Final = timedelta(seconds=3)


class Lookup:
    """For the submissions of one account.  Used by several threads.

    Args:
        ask: looks into INBOX and judges what it finds; may raise ``GelassenError``.
        pool: where ``ask`` goes on when nobody waits for it any longer: the next answer finds its mail in the ledger.
    """

    def __init__(
        self,
        *,
        account: str,
        store: Store,
        ask: Callable[[Sequence[str]], Incoming | None],
        pool: Executor,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._account = account
        self._store = store
        self._ask = ask
        self._pool = pool
        self._patience = patience

    def find(self, thread: Sequence[str]) -> Incoming | None:
        """The first of these mails that there is; the server is asked only when the very first one is not known."""
        if not thread:
            return None
        answered = self._known(thread[:1])
        if answered is not None or self._server_is_away():
            return answered or self._known(thread)
        try:
            return self._pool.submit(self._ask, thread).result(self._patience.total_seconds())
        except (TooSlow, GelassenError):
            return self._known(thread)

    def _known(self, thread: Sequence[str]) -> Incoming | None:
        rows = (self._store.incoming_by_message_id(self._account, one) for one in thread)
        return next((row for row in rows if row is not None), None)

    def _server_is_away(self) -> bool:
        """Whether the daemon has no connection at the moment: then nobody need wait to learn it anew."""
        return any(one.name == self._account and not one.connected for one in self._store.statuses())
