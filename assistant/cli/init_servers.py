"""``gelassen init``: the address, and the servers that belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from assistant.adapters.autoconfig import providers
from assistant.adapters.srv import MailRecords
from assistant.cli.asking import Dialog
from assistant.config import Account, Config, Security, Server, values
from assistant.config.accounts import IMAP_PORTS, RELAY_PORTS
from assistant.config.reading import wrong
from assistant.core.provider import Found, Password, Place, Provider
from assistant.services.setup import find_servers

_PORT: Final = values.whole(1, 65535)


def address_of(dialog: Dialog, former: Config) -> tuple[str, Account | None]:
    """The user's address, and the account that it has already."""
    dialog.heading("init.account")
    default = former.accounts[0].address if former.accounts else ""
    address = dialog.ask("init.address", default, values.address)
    known = next((one for one in former.accounts if address.lower() in one.own), None)
    if known is not None:
        dialog.say("init.known_account", name=known.name)
    return (known.address if known else address), known


def name_of(dialog: Dialog, former: Config, address: str) -> str:
    """What the account is called: a name that no other has."""
    taken = {one.name: one.address for one in former.accounts}

    def free(name: object) -> object:
        if str(name) in taken:
            raise wrong(dialog.words("init.name_taken", address=taken[str(name)]))
        return name

    local, _, domain = address.partition("@")
    proposed = next(one for one in (domain.partition(".")[0], local, address) if one not in taken)
    return dialog.ask("init.name", proposed, free)


def found_for(dialog: Dialog, address: str) -> Found | None:
    """What the book of providers and the network say; what the user has to know of the provider is told."""
    domain = address.rpartition("@")[2]
    dialog.say("init.searching", domain=domain)
    found = find_servers(address, providers(), MailRecords())
    if found is None:
        dialog.say("init.nothing_found")
    elif found.provider is not None:
        tell_of(dialog, found.provider)
    return found


def tell_of(dialog: Dialog, provider: Provider) -> None:
    """What the user has to know of a provider."""
    dialog.say("init.provider", name=provider.name)
    if provider.switch_on:
        dialog.say("init.switch_on")
    if provider.password is not Password.USUAL:
        dialog.say(f"init.password.{provider.password}")
    if provider.help:
        dialog.say("init.help_page", page=provider.help)


def servers_of(dialog: Dialog, address: str, found: Found | None) -> tuple[Server, Server | None]:
    """The servers, as found and agreed to, or as the user says."""
    imap = _of(found.imap if found else None, address)
    relay = _of(found.relay if found else None, address)
    if imap is not None:
        return confirmed(dialog, imap, relay)
    domain = address.rpartition("@")[2]
    asked = Server(host=f"imap.{domain}", port=IMAP_PORTS["tls"], user=address)
    return asked_for(dialog, asked, Server(host=f"smtp.{domain}", port=RELAY_PORTS["tls"], user=address))


def confirmed(dialog: Dialog, imap: Server, relay: Server | None) -> tuple[Server, Server | None]:
    """These servers, if the user agrees; else other ones."""
    dialog.say("init.imap_is", server=_words(dialog, imap))
    dialog.say("init.relay_is" if relay else "init.no_relay", server=relay and _words(dialog, relay))
    if dialog.yes("init.servers_right", default=True):
        return imap, relay
    return asked_for(dialog, imap, relay)


def asked_for(dialog: Dialog, imap: Server, relay: Server | None) -> tuple[Server, Server | None]:
    """Other servers; these are the proposals."""
    imap = server_from(dialog, "init.imap_host", imap, IMAP_PORTS)
    if not dialog.yes("init.with_relay", default=relay is not None):
        return imap, None
    proposed = relay or Server(host=imap.host.replace("imap", "smtp", 1), port=RELAY_PORTS["tls"], user=imap.user)
    return imap, server_from(dialog, "init.relay_host", replace(proposed, user=imap.user), RELAY_PORTS)


def server_from(dialog: Dialog, question: str, proposed: Server, ports: dict[str, int]) -> Server:
    """One server as the user gives it."""
    host = dialog.ask(question, proposed.host, values.host)
    kinds = [kind for kind in Security if kind is not Security.NONE or values.is_loopback(host)]
    first: Sequence[Security] = sorted(kinds, key=lambda kind: kind is not proposed.security)
    security = Security(
        dialog.choose("init.security", [(kind.value, dialog.words(f"init.security.{kind}")) for kind in first])
    )
    usual = proposed.port if security is proposed.security else ports[security]
    port = int(dialog.ask("init.port", str(usual), port_of))
    user = dialog.ask("init.user", proposed.user, values.word)
    return Server(host=host, port=port, security=security, user=user)


def port_of(answer: object) -> int:
    """A port as it was typed; raises ``Wrong``."""
    if not str(answer).isdecimal():
        raise wrong("expected a whole number, found a string")
    return _PORT(int(str(answer)))


def _of(place: Place | None, address: str) -> Server | None:
    if place is None or not place.complete or not place.user.of(address):
        return None
    return Server(host=place.host, port=place.port, security=Security(place.security), user=place.user.of(address))


def _words(dialog: Dialog, server: Server) -> str:
    return dialog.words("init.server", host=server.host, port=server.port, security=server.security, user=server.user)
