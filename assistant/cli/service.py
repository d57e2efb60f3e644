"""``gelassen service``: start at every login, under the system's own service manager."""

from __future__ import annotations

import os
import sys
from typing import Final

from assistant.adapters.unit import Launchd, Service, Systemd
from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.parser import CommandParser
from assistant.errors import Refused

#: Where the program looks for its things, if the user has put them elsewhere.
_PLACES: Final = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")


def _options(parser: CommandParser) -> None:
    parser.arguments.add_argument(
        "action", choices=("install", "uninstall", "status"), help=parser.words("service.action")
    )


def _service(context: Context) -> int:
    manager = _manager(context)
    match context.arguments.action:
        case "install":
            return _install(context, manager)
        case "uninstall":
            manager.uninstall()
            context.say("service.uninstalled", file=manager.file)
            return 0
    return _status(context, manager)


def _manager(context: Context) -> Systemd | Launchd:
    if sys.platform == "darwin":
        return Launchd()
    if sys.platform.startswith("linux"):
        return Systemd(os.environ)
    raise Refused(context.words("service.elsewhere"))


def _install(context: Context, manager: Systemd | Launchd) -> int:
    config = context.config  # a service that cannot start is not installed
    command = [sys.executable, "-m", "assistant", "run", "--config", str(config.path)]
    places = {name: os.environ[name] for name in _PLACES if os.environ.get(name)}
    manager.install(Service(command=command, environment=places))
    context.say("service.installed", file=manager.file)
    if any(one.password_env for one in (*config.accounts, config.gateway)):
        context.warn("service.password_env")
    context.say("service.journal" if isinstance(manager, Systemd) else "service.log")
    return 0


def _status(context: Context, manager: Systemd | Launchd) -> int:
    state = manager.state()
    if context.json:
        context.screen.json({"installed": state.installed, "running": state.running, "file": str(manager.file)})
    else:
        word = "running" if state.running else "stopped" if state.installed else "missing"
        context.say(f"service.{word}", file=manager.file)
    return 0 if state.running else 1


COMMANDS: Final = {"service": Command(options=_options, run=_service)}
