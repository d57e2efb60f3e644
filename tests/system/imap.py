"""Settings for the system tests of the mailbox."""

from __future__ import annotations

from assistant.adapters.imap import ImapSettings


def settings_for(port: int, user: str, **changes: object) -> ImapSettings:
    """A German user on loopback with the password ``pw``."""
    values: dict[str, object] = {"account": "studio", "host": "127.0.0.1", "port": port, "security": "none"}
    values |= {"user": user, "secret": lambda: "pw", "language": "de", "timeout": 5.0}
    return ImapSettings(**(values | changes))  # type: ignore[arg-type]


def never() -> bool:
    """Nobody interrupts."""
    return False
