"""``gelassen status``: what runs and what waits."""

from __future__ import annotations

from typing import Final

from assistant.adapters.lock import InstanceLock
from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.output import one_line, stamp
from assistant.cli.parser import CommandParser
from assistant.services.ledger import AccountStatus
from assistant.texts import moment, spoken

_COUNTS: Final = ("assessed", "set_aside", "unassessed", "held", "cooled", "uncertain")


def _options(parser: CommandParser) -> None:
    del parser


def _status(context: Context) -> int:
    parts = context.parts
    daemon = InstanceLock(parts.lock_path).held_by()
    counts = parts.store.counts(context.now())
    numbers = {name: getattr(counts, name) for name in _COUNTS}
    accounts = _accounts(context, running=daemon is not None)
    if context.json:
        zone = parts.config.general.zone
        rows = [
            {"name": a.name, "connected": a.connected, "last_pass": stamp(a.last_pass, zone), "error": a.error}
            for a in accounts
        ]
        context.screen.json({"daemon": daemon, "accounts": rows, **numbers})
        return 0
    context.say("status.stopped" if daemon is None else "status.running", pid=daemon or "?")
    for account in accounts:
        _account(context, account)
    for name, number in numbers.items():
        context.say(f"status.{name}", number=number)
    return 0


def _accounts(context: Context, *, running: bool) -> list[AccountStatus]:
    """The configured accounts; after a crash of the daemon none is connected, whatever it wrote last."""
    known = {status.name: status for status in context.parts.store.statuses()}
    found = []
    for account in context.parts.config.accounts:
        status = known.get(account.name)
        found.append(
            AccountStatus(
                name=account.name,
                connected=running and status is not None and status.connected,
                last_pass=status.last_pass if status else None,
                error=status.error if status else None,
            )
        )
    return found


def _account(context: Context, account: AccountStatus) -> None:
    state = context.words("status.connected" if account.connected else "status.not_connected")
    words = [state]
    if account.last_pass:
        when = moment(account.last_pass, context.now(), context.lang)
        words.append(context.words("status.last_pass", when=when))
    context.screen.line(f"  {account.name}: {', '.join(words)}")
    if account.error:
        context.screen.line(f"    {one_line(spoken(account.error, context.lang))}")


COMMANDS: Final = {"status": Command(options=_options, run=_status)}
