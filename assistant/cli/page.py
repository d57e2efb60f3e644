"""``gelassen page``: opens the review pages in the browser."""

from __future__ import annotations

import socket
import webbrowser
from typing import Final

from assistant.cli.commands import Command
from assistant.cli.context import Context
from assistant.cli.parser import CommandParser
from assistant.errors import Refused

_PATIENCE: Final = 2.0  # seconds for a server on this machine


def _options(parser: CommandParser) -> None:
    parser.options.add_argument("--print", action="store_true", help=parser.words("page.print"))


def _page(context: Context) -> int:
    from assistant.daemon.entrance import entrance

    setting = context.config.web
    if not setting.enabled:
        raise Refused(context.words("page.disabled"))
    try:
        socket.create_connection(("127.0.0.1", setting.port), _PATIENCE).close()
    except OSError:
        raise Refused(context.words("page.no_daemon", port=setting.port)) from None
    address = entrance(context.parts)
    if context.json:
        context.screen.json({"address": address})
    elif context.arguments.print or not webbrowser.open(address):
        context.say("page.address", address=address)
    return 0


COMMANDS: Final = {"page": Command(options=_options, run=_page)}
