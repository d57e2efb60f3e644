"""Finding servers: the book of providers, and what the DNS says."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from assistant.adapters.autoconfig import providers
from assistant.adapters.relay.settings import RelaySettings
from assistant.adapters.srv import MailRecords
from assistant.config import Server, values
from assistant.core.provider import SAME_AS_MX, Found, Password, Place, Srv, UserName, best
from assistant.services.setup import find_servers
from tests.servers.dns import Dns, Zone

BOOK = providers()


def found(address: str, zone: Zone) -> tuple[Found | None, list[tuple[str, str]]]:
    """What is found for an address, and what the DNS was asked."""
    with Dns(zone) as server:
        return find_servers(address, BOOK, MailRecords(server.resolver)), server.asked


def hosts(one: Found | None) -> tuple[str, str]:
    """The two servers."""
    assert one
    assert one.relay
    return one.imap.host, one.relay.host


def test_every_provider_can_be_used_as_it_stands() -> None:
    """Encrypted off this machine, hosts that are hosts, no domain or MX twice, a page that helps."""
    assert len(BOOK) >= 30
    for one in BOOK:
        assert one.domains or one.mx, one.name
        assert one.help, one.name
        assert one.oauth in ("", "microsoft", "google")
        assert one.oauth or one.password is not Password.NONE, one.name
        for place in (one.imap, one.relay):
            assert place.security in ("tls", "starttls") or values.is_loopback(place.host), one.name
            assert place.host in ("", SAME_AS_MX) or values.host(place.host) == place.host
            assert place.user is UserName.OTHER or Server(host="h", port=place.port, user=place.user.of("a@b"))
        assert all(re.fullmatch(r"[a-z0-9.-]+\.[a-z]+", name) for name in (*one.domains, *one.mx)), one.name
    twice = Counter(name for one in BOOK for name in one.domains)
    assert max(twice.values()) == 1
    ends = [end for one in BOOK for end in one.mx]
    assert not [(a, b) for a in ends for b in ends if a != b and f".{a}".endswith(f".{b}") and _apart(a, b)]


def _apart(end: str, other: str) -> bool:
    """Whether two ends of MX names belong to different providers, so that the order would decide."""
    return next(one for one in BOOK if end in one.mx) is not next(one for one in BOOK if other in one.mx)


def test_providers_that_file_by_themselves_are_those_of_google_and_microsoft() -> None:
    """The relay knows by the host; a provider that signs in by OAuth and is not known there would file twice."""
    for one in BOOK:
        relay = RelaySettings(host=one.relay.host or "h", secret=str)
        assert relay.files_sent is bool(one.oauth), one.name


def test_a_known_domain_asks_nobody() -> None:
    """What is in the book leaves no trace in the network."""
    one, asked = found("Mara@GMX.de", {})
    assert hosts(one) == ("imap.gmx.net", "mail.gmx.net")
    assert asked == []


def test_icloud_wants_two_user_names() -> None:
    """IMAP takes the part before the @, the relay all of it."""
    one, _ = found("mara@icloud.com", {})
    assert one
    assert one.relay
    assert (one.imap.user.of("mara@icloud.com"), one.relay.user.of("mara@icloud.com")) == ("mara", "mara@icloud.com")


@pytest.mark.parametrize(
    ("mx", "name", "imap"),
    [
        ("studio-example.mail.protection.outlook.com.", "Microsoft 365", "outlook.office365.com"),
        ("aspmx.l.google.com.", "Gmail", "imap.gmail.com"),
        ("w0123456.kasserver.com.", "ALL-INKL.COM", "w0123456.kasserver.com"),
        ("MX00.kundenserver.de.", "IONOS", "imap.ionos.de"),
        ("smtpin.rzone.de.", "STRATO", "imap.strato.de"),
        ("in1-smtp.messagingengine.com.", "Fastmail", "imap.fastmail.com"),
        ("mxext1.mailbox.org.", "mailbox.org", "imap.mailbox.org"),
    ],
)
def test_a_domain_of_ones_own_is_known_by_its_mx(mx: str, name: str, imap: str) -> None:
    """The best MX host tells; a host name that only ends in the same letters does not."""
    one, _ = found("mara@studio.example", {("studio.example.", "MX"): [f"20 not{mx}", f"10 {mx}"]})
    assert one
    assert one.provider
    assert (one.provider.name, one.imap.host) == (name, imap)


def test_look_alikes_are_not_taken_for_a_provider() -> None:
    """``evilgmx.net`` is not ``gmx.net``."""
    one, _ = found("mara@studio.example", {("studio.example.", "MX"): ["10 mx.evilgmx.net."]})
    assert one is None


def test_srv_records_go_before_the_provider_of_the_mx() -> None:
    """The domain's owner has set them; TLS before STARTTLS; the provider still tells which password is needed."""
    one, _ = found(
        "mara@studio.example",
        {
            ("studio.example.", "MX"): ["10 in1-smtp.messagingengine.com."],
            ("_imaps._tcp.studio.example.", "SRV"): ["20 0 993 other.example.", "10 1 1993 mail.example."],
            ("_imap._tcp.studio.example.", "SRV"): ["0 1 143 clear.example."],
            ("_submission._tcp.studio.example.", "SRV"): ["0 1 587 out.example."],
        },
    )
    assert one
    assert one.provider
    assert one.provider.name == "Fastmail"
    assert one.imap == Place(host="mail.example", port=1993, security="tls")
    assert one.relay == Place(host="out.example", port=587, security="starttls")


def test_a_service_that_is_not_offered_is_none() -> None:
    """The target ``.`` says so (RFC 6186, 3.4); of equals the heavier one is taken."""
    assert best([Srv(priority=0, weight=0, port=0, host="")]) is None
    light, heavy = (Srv(priority=1, weight=weight, port=993, host=f"h{weight}") for weight in (1, 9))
    assert best([light, heavy]) is heavy
    one, _ = found("a@studio.example", {("_imaps._tcp.studio.example.", "SRV"): ["0 0 0 ."]})
    assert one is None


def test_a_network_without_an_answer_is_waited_for_once() -> None:
    """Nobody sits through five silences."""
    with Dns({}, deaf=True) as server:
        assert find_servers("a@studio.example", BOOK, MailRecords(server.resolver, seconds=0.2)) is None
        assert {kind for _, kind in server.asked} == {"MX"}


@pytest.mark.parametrize("address", ["a@bücher.example", "a@-.example", f"a@{'x' * 70}.example", "a@", "a"])
def test_odd_domains_are_no_error(address: str) -> None:
    """They have no servers."""
    assert found(address, {("other.example.", "MX"): ["0 a."]})[0] is None
