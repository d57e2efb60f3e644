"""``gelassen doctor --repair``: a whole ledger again, and what became of everything in it, one line each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from assistant.cli.context import Context
from assistant.config import Account
from assistant.errors import Refused
from assistant.services.findings import Finding, Result
from assistant.texts import moment

if TYPE_CHECKING:
    from assistant.adapters.database.rebuilding import Rebuilt
    from assistant.daemon.parts import Parts


def database(context: Context, parts: Parts) -> Iterator[Finding]:
    """The ledger made whole. Raises ``Refused`` for a database server, ``StoreError``, ``TemporaryFailure``."""
    from assistant.adapters.database.rebuilding import intact, ledger_file, rebuild
    from assistant.services.repair import doubt

    name = context.words("doctor.database")
    file = ledger_file(parts.database_url)
    if file is None:
        raise Refused(
            "a database server is not mended from here: stop every Gelassen, restore a dump with the server's own"
            " tools, then see docs/operations.md"
        )
    if intact(file):
        yield Finding(check=name, result=Result.OK, text=context.words("repair.whole", file=file))
        return
    rebuilt = rebuild(file, context.now(), doubt=partial(doubt, parts.clock))
    yield from _rebuilt(context, name, rebuilt)
    if rebuilt.doubtful:
        numbers = ", ".join(map(str, rebuilt.doubtful))
        yield Finding(
            check=name,
            result=Result.WARNING,
            text=context.words("repair.uncertain", numbers=numbers),
            next=context.words("repair.resolve"),
        )


def _rebuilt(context: Context, name: str, rebuilt: Rebuilt) -> Iterator[Finding]:
    if rebuilt.aside is not None:
        yield Finding(check=name, result=Result.OK, text=context.words("repair.aside", folder=rebuilt.aside))
    rows = rebuilt.rows
    kept = context.words("repair.kept", draft=rows["draft"], incoming=rows["incoming"], correction=rows["correction"])
    yield Finding(check=name, result=Result.OK, text=kept)
    if rebuilt.holes and rebuilt.backup_at is not None:
        at = moment(rebuilt.backup_at.astimezone(context.now().tzinfo), context.now(), context.lang)
        text = context.words("repair.backup", at=at, count=len(rebuilt.from_backup))
        yield Finding(check=name, result=Result.WARNING, text=text, next=context.words("repair.since"))
    elif rebuilt.holes:
        yield Finding(check=name, result=Result.WARNING, text=context.words("repair.no_backup"))
    if rebuilt.loose:
        text = context.words("repair.loose", count=rebuilt.loose, folder=rebuilt.aside)
        yield Finding(check=name, result=Result.WARNING, text=text)


def folder(context: Context, parts: Parts, one: Account) -> Iterator[Finding]:
    """What the cooling-off folder of an account holds and the ledger does not know."""
    from assistant.daemon.repairing import strays

    mailbox = parts.mailbox(one)
    try:
        mailbox.connect()
        taken = strays(parts, one, mailbox).take_up()
        where = mailbox.folders.cooling_off
    finally:
        mailbox.close()
    if not taken.drafts and not taken.gateway:
        text = context.words("repair.nothing_stray", folder=where)
        yield Finding(check=one.name, result=Result.OK, text=text)
    for key, numbers in (("repair.drafts", taken.drafts), ("repair.gateway", taken.gateway)):
        if numbers:
            text = context.words(key, folder=where, numbers=", ".join(map(str, numbers)))
            yield Finding(check=one.name, result=Result.WARNING, text=text, next=context.words(f"{key}.next"))
