"""``gelassen init``: from a mail address to a config.toml that works.

Every step is tried at once; nothing is stored before all are settled, so that it can be stopped at any time.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from assistant.adapters import configfile
from assistant.cli.asking import Dialog
from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.init_folders import choose_folders
from assistant.cli.init_hours import Tables, choose_hours
from assistant.cli.init_login import log_in, source_of
from assistant.cli.init_plan import Plan, Source
from assistant.cli.init_sending import Gateway, choose_gateway, tell_steps, try_relay
from assistant.cli.init_servers import address_of, confirmed, found_for, name_of, servers_of
from assistant.cli.parser import CommandParser
from assistant.config import Config, load, place
from assistant.daemon import checking_sending, checks
from assistant.errors import GelassenError
from assistant.services.findings import Finding, Result


def _options(parser: CommandParser) -> None:
    del parser


def _init(context: Context) -> int:
    dialog = Dialog(context)
    try:
        plan, tables, gateway = _settled(context, dialog)
    except KeyboardInterrupt:
        dialog.say()
        dialog.say("init.stopped")
        raise
    _write(plan, tables, gateway)
    return _end(plan, gateway)


def _settled(context: Context, dialog: Dialog) -> tuple[Plan, Tables, Gateway | None]:
    """Everything asked and tried; nothing is stored yet."""
    path = place(context.arguments.config, os.environ)
    there = path.exists()
    former = load(path) if there else Config()
    dialog.say("init.welcome")
    dialog.say("init.changes" if there else "init.goes_to", path=path)
    plan = _begun(context, dialog, path, former)
    dialog.heading("init.login")
    plan.source = source_of(plan)
    choose_folders(plan, log_in(plan))
    if plan.relay is not None:
        try_relay(plan)
    gateway = choose_gateway(plan)
    return plan, choose_hours(dialog, former, anew=not there), gateway


def _begun(context: Context, dialog: Dialog, path: Path, former: Config) -> Plan:
    address, known = address_of(dialog, former)
    found = found_for(dialog, address)
    if known is not None:
        imap, relay = confirmed(dialog, known.imap, known.relay)
    else:
        imap, relay = servers_of(dialog, address, found)
    return Plan(
        context=context,
        dialog=dialog,
        path=path,
        former=former,
        address=address,
        name=known.name if known else name_of(dialog, former, address),
        known=known,
        provider=found.provider if found else None,
        imap=imap,
        relay=relay,
        source=Source(kind="", values={}, secret=str),
    )


def _write(plan: Plan, tables: Tables, gateway: Gateway | None) -> None:
    """Secrets first: a config.toml without its password would be a half."""
    if plan.context.arguments.lang:
        tables["general"]["language"] = plan.context.arguments.lang
    plan.source.store()
    if gateway is not None:
        gateway.store()
        tables["gateway"] = dict(gateway.values)
    former = plan.path.read_text(encoding="utf-8-sig") if plan.path.exists() else None
    configfile.write(plan.path, configfile.changed(former, tables, plan.values))


def _end(plan: Plan, gateway: Gateway | None) -> int:
    """What was stored is tried as the daemon will use it."""
    dialog = plan.dialog
    dialog.heading("init.check")
    dialog.good(dialog.words("init.written", path=plan.path))
    stored = Context(plan.context.parser, Namespace(**{**vars(plan.context.arguments), "config": plan.path}))
    account = stored.parts.account(plan.name)
    well = _all_well(
        dialog,
        partial(checks.account, stored, stored.parts, account),
        partial(checking_sending.relay, stored, stored.parts, account),
        partial(checking_sending.gateway, stored, stored.parts),
        partial(checks.model, stored, stored.parts),
    )
    if gateway is not None and gateway.values["enabled"]:
        tell_steps(dialog, gateway)
    dialog.say()
    dialog.say("init.done" if well else "init.not_well")
    for step in ("once", "run", "service"):
        dialog.say(f"init.next.{step}")
    return 0 if well else 1


def _all_well(dialog: Dialog, *made: Callable[[], Iterable[Finding]]) -> bool:
    """Makes the doctor's checks and shows what they find."""
    results = [result for check in made for result in _results(dialog, check)]
    return Result.FAILURE not in results


def _results(dialog: Dialog, check: Callable[[], Iterable[Finding]]) -> Iterator[Result]:
    try:
        for finding in check():
            _show(dialog, finding)
            yield finding.result
    except GelassenError as error:
        dialog.trouble(error)
        yield Result.FAILURE


def _show(dialog: Dialog, finding: Finding) -> None:
    words = f"{finding.text} → {finding.next}" if finding.next else finding.text
    match finding.result:
        case Result.OK:
            dialog.good(words)
        case Result.WARNING:
            dialog.note(words)
        case Result.FAILURE:
            dialog.trouble(words)


COMMANDS: Final = {"init": Command(options=_options, run=_init)}
