"""The review pages as a part of the daemon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from assistant.adapters.pagekey import page_key
from assistant.adapters.paths import shipped_templates
from assistant.daemon.amending import keep_hold
from assistant.daemon.examining import Telling, examine
from assistant.daemon.lettering import acknowledging
from assistant.daemon.parts import Parts
from assistant.errors import PermanentFailure


@contextmanager
def pages(parts: Parts) -> Iterator[None]:
    """The pages are served while the block runs, if the settings want them.

    Without them the daemon does its work all the same: a port that another program has is told, and no more.
    """
    setting = parts.config.web
    if not setting.enabled:
        yield
        return
    from assistant.web import House, Site, Tickets, WebServer

    house = House(
        language=parts.config.general.language,
        store=parts.store,
        clock=parts.clock,
        judge=parts.judge,
        learning=parts.learning,
        desk=parts.desk,
        acknowledging=partial(acknowledging, parts),
        can_send=parts.outgoing.can_send,
        rules=lambda: parts.rules,
        keep_hold=partial(keep_hold, parts),
        is_working_day=parts.calendar,
        examine=lambda lang: examine(Telling(lang=lang, clock=parts.clock), parts),
        bug=lambda error: parts.journal("bug", account="page", error=error),
    )
    try:
        server = WebServer(
            Site(house, shipped_templates() / "review"),
            Tickets(page_key(parts.lock_path.parent), parts.clock.now()),
            port=setting.port,
            journal=parts.journal,
        )
        server.start()
    except PermanentFailure as error:
        parts.journal("page_failed", error=str(error))
        yield
        return
    try:
        yield
    finally:
        server.stop()
