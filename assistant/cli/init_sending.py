"""``gelassen init``: the relay, tried without sending, and the gateway for the mail client."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from assistant.adapters.secrets import Kept, KeptInFile, check_keyring
from assistant.cli.asking import Dialog
from assistant.cli.init_login import change_user
from assistant.cli.init_plan import Plan
from assistant.cli.init_servers import port_of, server_from
from assistant.config.accounts import RELAY_PORTS
from assistant.daemon.outgoing import trial_relay
from assistant.errors import GelassenError

#: Mail clients whose settings are told.
CLIENTS: Final = ("thunderbird", "apple", "outlook")


@dataclass(frozen=True, kw_only=True, slots=True)
class Gateway:
    """``[gateway]`` as config.toml has it, how its password is stored, and the password if it is a new one."""

    values: Mapping[str, object]
    store: Callable[[], None]
    password: str | None


def try_relay(plan: Plan) -> None:
    """Logs in at the relay until it works or the user goes on without."""
    dialog = plan.dialog
    dialog.heading("init.relay")
    while plan.relay is not None:
        dialog.say("init.trying", host=plan.relay.host)
        answer = trial_relay(plan.account, plan.source.secret).check().refusal
        if answer is None:
            dialog.good(dialog.words("init.relay_works", host=plan.relay.host))
            return
        dialog.trouble(answer.text)
        _change(plan)


def _change(plan: Plan) -> None:
    dialog, relay = plan.dialog, plan.relay
    assert relay is not None
    order = ("server", "again", "user", "without")
    words = {"again": "init.again"}
    match dialog.choose("init.what_now", [(one, dialog.words(words.get(one, f"init.change.{one}"))) for one in order]):
        case "server":
            plan.relay = server_from(dialog, "init.relay_host", relay, RELAY_PORTS)
        case "user":
            change_user(plan)
        case "without":
            plan.relay = None


def choose_gateway(plan: Plan) -> Gateway | None:
    """Whether mail clients shall send through Gelassen; None: as it is."""
    dialog, former = plan.dialog, plan.former.gateway
    if plan.relay is None:
        return None
    dialog.heading("init.gateway")
    dialog.say("init.gateway_why")
    if not dialog.yes("init.with_gateway", default=former.enabled):
        return Gateway(values={"enabled": False}, store=_nothing, password=None) if former.enabled else None
    values = {
        "enabled": True,
        "port": int(dialog.ask("init.gateway_port", str(former.port), port_of)),
        "user": dialog.ask("init.user", former.user or plan.address),
    }
    if former.password_command or former.password_env or former.keyring:
        return Gateway(values=values, store=_nothing, password=None)
    password = secrets.token_urlsafe(12)
    source, store = _kept(plan, password)
    return Gateway(values={**values, **source}, store=store, password=password)


def _kept(plan: Plan, password: str) -> tuple[Mapping[str, object], Callable[[], None]]:
    """In the keyring, else in a file beside config.toml that only the user may read."""
    try:
        check_keyring()
    except GelassenError:
        path = plan.path.absolute().parent / "gateway-password"
        file = KeptInFile(path, owner="gateway")
        return {"password_command": f"cat {shlex.quote(str(path))}"}, lambda: file.save(password)
    return {"keyring": True}, lambda: Kept("gateway", owner="gateway").save(password)


def _nothing() -> None:
    """Nothing has to be stored."""


def tell_steps(dialog: Dialog, gateway: Gateway) -> None:
    """How to set the mail client."""
    dialog.say()
    dialog.say("init.gateway_steps")
    dialog.say("init.gateway_server", port=gateway.values["port"], user=gateway.values["user"])
    if gateway.password is None:
        dialog.say("init.gateway_kept")
    else:
        dialog.say("init.gateway_password", password=gateway.password)
    for client in CLIENTS:
        dialog.say()
        dialog.say(f"init.steps.{client}")
