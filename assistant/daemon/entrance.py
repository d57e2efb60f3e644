"""The address that opens the pages once."""

from __future__ import annotations

from assistant.daemon.parts import Parts


def entrance(parts: Parts, place: str = "/") -> str:
    """A one-time address that leads to a page. Raises ``PermanentFailure`` when the pages' key cannot be used."""
    from assistant.adapters.pagekey import page_key
    from assistant.web.tickets import new_ticket

    ticket = new_ticket(page_key(parts.lock_path.parent), parts.clock.now())
    further = "" if place == "/" else f"&to={place}"
    return f"http://127.0.0.1:{parts.config.web.port}/enter?ticket={ticket}{further}"
