"""What ``gelassen doctor`` finds out about sending: each relay and the gateway, without a mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from assistant.config import Account, Server
from assistant.daemon.outgoing import relay as relay_of
from assistant.daemon.serving import gateway_secret, visitor
from assistant.errors import PermanentFailure
from assistant.gateway import listeners
from assistant.services.findings import Finding, Result
from assistant.texts import day

if TYPE_CHECKING:
    from assistant.adapters.relay.wire import Encryption
    from assistant.daemon.checks import Speaker
    from assistant.daemon.parts import Parts

#: A provider renews a certificate weeks before it expires; whoever is later than that has forgotten it.
_SOON: Final = timedelta(days=7)


def relay(speaker: Speaker, parts: Parts, account: Account) -> Iterator[Finding]:
    """Reachable, encrypted with a certificate that is trusted and will be, and it lets us in."""
    server = account.relay
    if server is None:
        if parts.config.gateway.enabled:
            yield Finding(
                check=account.name,
                result=Result.WARNING,
                text=speaker.words("doctor.no_relay"),
                next=speaker.words("doctor.add_relay"),
            )
        return
    found = relay_of(parts.config, account).check()
    if found.refusal is not None:
        advice = speaker.words("doctor.relay_next", port=server.port)
        yield Finding(check=account.name, result=Result.FAILURE, text=f"relay: {found.refusal}", next=advice)
        return
    yield Finding(check=account.name, result=Result.OK, text=speaker.words("doctor.relay", where=_where(server)))
    if found.encryption is not None:
        yield _certificate(speaker, account.name, found.encryption)


def _where(server: Server) -> str:
    return f"{server.user} @ {server.host}:{server.port} ({server.security})"


def _certificate(speaker: Speaker, check: str, encryption: Encryption) -> Finding:
    """Whether the other side's certificate will hold for a while; that it holds now was checked by connecting."""
    now = speaker.now()
    ends = encryption.expires.astimezone(now.tzinfo)
    text = speaker.words("doctor.relay_tls", version=encryption.version, day=day(ends.date(), now.date(), speaker.lang))
    if ends - now < _SOON:
        return Finding(check=check, result=Result.WARNING, text=text, next=speaker.words("doctor.relay_expires"))
    return Finding(check=check, result=Result.OK, text=text)


def gateway(speaker: Speaker, parts: Parts) -> Iterator[Finding]:
    """Its password can be had, and mail clients meet it, and nobody else, at its port; nothing where it is off."""
    setting = parts.config.gateway
    if not setting.enabled:
        return
    name = speaker.words("doctor.gateway")
    if not any(account.relay for account in parts.config.accounts):
        advice = speaker.words("doctor.add_relay")
        yield Finding(check=name, result=Result.FAILURE, text=speaker.words("doctor.no_relay_at_all"), next=advice)
    gateway_secret(parts)()
    yield Finding(check=name, result=Result.OK, text=speaker.words("doctor.gateway_password"))
    yield _at_its_port(speaker, parts, name)


def _at_its_port(speaker: Speaker, parts: Parts, name: str) -> Finding:
    port = parts.config.gateway.port
    try:
        for listener in listeners(port):
            listener.close()
    except PermanentFailure as taken:
        return _who_is_there(speaker, parts, name, taken)
    return Finding(
        check=name,
        result=Result.WARNING,
        text=speaker.words("doctor.gateway_off", port=port),
        next=speaker.words("doctor.gateway_start"),
    )


def _who_is_there(speaker: Speaker, parts: Parts, name: str, taken: PermanentFailure) -> Finding:
    """Somebody listens already: our own daemon, which alone has the key to its certificate, or another program."""
    found = visitor(parts).check()
    if found.encryption is None:
        return Finding(check=name, result=Result.FAILURE, text=str(taken))
    if found.refusal is not None:
        advice = speaker.words("doctor.gateway_restart")
        return Finding(check=name, result=Result.FAILURE, text=found.refusal.text, next=advice)
    now = speaker.now()
    ends = day(found.encryption.expires.astimezone(now.tzinfo).date(), now.date(), speaker.lang)
    text = speaker.words(
        "doctor.gateway_runs", port=parts.config.gateway.port, version=found.encryption.version, day=ends
    )
    return Finding(check=name, result=Result.OK, text=text)
