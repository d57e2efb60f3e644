"""Encryption and login: nothing is sent to whom it is not meant for, and no secret comes back in an answer."""

from __future__ import annotations

import itertools
import socket
from base64 import b64encode
from collections.abc import Iterator

import pytest

from assistant.adapters.relay import RelaySettings, SubmissionRelay
from assistant.core.delivery import Answer, Attempt
from assistant.errors import TemporaryFailure
from tests.contract.relays import MAIL, Post, envelope, settings_for
from tests.servers.smtp import Act, Sink, Stage

TOKEN = "ya29." + "tok" * 600


def sent(sink: Sink, **changes: object) -> Attempt:
    """One attempt with the sink's settings."""
    return SubmissionRelay(settings_for(sink, **changes)).deliver(envelope(), MAIL, committing=Post())


def why(attempt: Attempt) -> str:
    """Our own words to the only recipient: temporary, for the user can mend it."""
    (answer,) = attempt.refused.values()
    assert answer.code == 0
    return answer.text


@pytest.fixture(params=["tls", "starttls", "none"])
def sink(request: pytest.FixtureRequest) -> Iterator[Sink]:
    """A server with login, by each kind of security."""
    with Sink(users={"mara": "pw"}, security=request.param) as found:
        yield found


def test_plain_is_used_and_the_secret_asked_for_at_each_delivery(sink: Sink) -> None:
    """A token may have changed meanwhile."""
    secrets = iter(["pw", "falsch"])
    relay = SubmissionRelay(settings_for(sink, secret=lambda: next(secrets)))
    assert relay.deliver(envelope(), MAIL, committing=Post()).accepted
    assert relay.deliver(envelope(), MAIL, committing=Post()).refused
    assert sink.logins == [("PLAIN", "mara", True), ("PLAIN", "mara", False)]


def test_a_wrong_password_is_tried_once_and_told_without_it(sink: Sink) -> None:
    """Providers lock accounts; the words say what to check; the mail waits."""
    text = why(sent(sink, secret=lambda: "sesam"))
    assert text == (
        f"localhost:{sink.port}: the login was refused (535 5.7.8 Authentication credentials invalid);"
        " check relay.user and the password"
    )
    assert sink.logins == [("PLAIN", "mara", False)]
    assert "MAIL" not in sink.verbs()


def test_the_login_comes_after_the_encryption(sink: Sink) -> None:
    """EHLO is said again behind STARTTLS (RFC 3207, 4.2)."""
    sent(sink)
    first = ["EHLO", "STARTTLS", "EHLO"] if sink.security == "starttls" else ["EHLO"]
    assert sink.verbs()[: len(first) + 2] == [*first, "AUTH", "MAIL"]
    assert sink.asked[0] == ("EHLO", "[127.0.0.1]")


def test_a_refused_password_is_not_hammered(sink: Sink) -> None:
    """A queue full of mails must not lock the account: the same password waits, longer each time; another does not."""
    now, secret = [0.0], ["alt"]
    relay = SubmissionRelay(settings_for(sink, secret=lambda: secret[0]), clock=lambda: now[0])

    def answer() -> str:
        return why(relay.deliver(envelope(), MAIL, committing=Post()))

    first = answer()
    assert answer() == f"{first} (tried again in 1 min)"
    now[0] = 61.0
    assert answer() == first
    now[0] = 122.0
    assert answer() == f"{first} (tried again in 4 min)"
    assert len(sink.logins) == 2
    secret[0] = "pw"
    assert relay.deliver(envelope(), MAIL, committing=Post()).accepted
    secret[0] = "alt"
    assert answer() == first
    assert [ok for _, _, ok in sink.logins] == [False, False, True, False]


@pytest.mark.parametrize("password", ["pässwörd", "a b", "x" * 600, "\x01"])
def test_passwords_are_utf_8_of_any_length(password: str) -> None:
    """RFC 4616; a long one waits to be asked for (RFC 4954, 4)."""
    with Sink(users={"mära@studio.example": password}) as sink:
        assert sent(sink).accepted


def test_login_where_plain_is_not_offered() -> None:
    """Microsoft's old servers."""
    with Sink(users={"mara": "pw"}, mechanisms=["LOGIN"]) as sink:
        assert sent(sink).accepted
        assert sink.logins == [("LOGIN", "mara", True)]


@pytest.mark.parametrize("token", ["short", TOKEN])
def test_xoauth2_with_tokens_of_any_length(token: str) -> None:
    """In the command where it fits, else when the server asks."""
    with Sink(users={"mara": token}, mechanisms=["LOGIN", "PLAIN", "XOAUTH2"]) as sink:
        assert sent(sink, auth="xoauth2").accepted
        assert sink.logins == [("XOAUTH2", "mara", True)]


def test_a_refused_token_is_told() -> None:
    """Behind the challenge with the error, which is answered with an empty line."""
    with Sink(users={"mara": TOKEN}) as sink:
        text = why(sent(sink, auth="xoauth2", secret=lambda: "old"))
        assert text.endswith("check relay.user and the access token")
        assert "535 5.7.8" in text


@pytest.mark.parametrize("auth", ["password", "xoauth2"])
def test_no_login_of_this_kind(auth: str) -> None:
    """The words say what is offered."""
    with Sink(users={"mara": "pw"}, mechanisms=["CRAM-MD5"]) as sink:
        assert "is offered here (CRAM-MD5); check relay.auth" in why(sent(sink, auth=auth))


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_without_any_login_offered_nothing_is_sent_over_a_network(security: str) -> None:
    """A wrong port, most likely."""
    with Sink(security=security) as sink:
        assert "no login with a password is offered here (-)" in why(sent(sink, user="mara"))
        assert "MAIL" not in sink.verbs()


def test_a_server_on_this_machine_needs_no_login() -> None:
    """Although the settings name a user: the one of the mailbox."""
    with Sink() as sink:
        assert sent(sink, user="mara").accepted


def test_a_server_that_repeats_the_secret_does_not_make_us_keep_it(sink: Sink) -> None:
    """Neither as it is nor in base64."""
    plain = b64encode(b"\0mara\0pw7-geheim").decode()
    sink.expect(Stage.AUTH, Act.say("535-5.7.8 Bad password pw7-geheim", f"535 5.7.8 in {plain}"))
    text = why(sent(sink, secret=lambda: "pw7-geheim"))
    assert "535 5.7.8 Bad password *** in ***" in text


def test_a_login_that_fails_for_now_says_so(sink: Sink) -> None:
    """454: the server's own trouble."""
    sink.expect(Stage.AUTH, Act.say("454 4.7.0 Temporary authentication failure"))
    (answer,) = sent(sink).refused.values()
    assert answer == Answer(code=454, text="4.7.0 Temporary authentication failure")


def test_a_server_that_asks_for_ever_is_left(sink: Sink) -> None:
    """One challenge after the other."""
    sink.expect(Stage.AUTH, Act.say("334 "))  # what comes then is no command to it: 500, and no 235
    assert "the login was refused (500" in why(sent(sink))


def test_a_password_that_cannot_be_had(sink: Sink) -> None:
    """The reason of the password's source; temporary."""

    def locked() -> str:
        raise TemporaryFailure("the keyring is locked")

    assert why(sent(sink, secret=locked)) == f"localhost:{sink.port}: no password (the keyring is locked)"


def test_settings_hide_the_secret_and_know_their_words() -> None:
    """Neither repr nor str tells it; a wrong word is a programming error."""
    settings = RelaySettings(host="mail.example", secret=lambda: "sesam")
    assert "secret" not in repr(settings)
    for wrong in ({"security": "ssl"}, {"auth": "md5"}):
        with pytest.raises(ValueError, match="security"):
            RelaySettings(host="mail.example", secret=lambda: "", **wrong)  # type: ignore[arg-type]


# Encryption


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_an_untrusted_certificate_ends_it(security: str) -> None:
    """By the system's trust it is self-signed: neither password nor mail is sent."""
    with Sink(users={"mara": "pw"}, security=security) as sink:
        text = why(sent(sink, ca_file=None))
        assert ": the server's certificate is not trusted (self-signed certificate); check that relay.host" in text
        assert sink.logins == []
        assert not {"AUTH", "MAIL"} & set(sink.verbs())


def test_a_certificate_for_another_name_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed by somebody trusted, for somebody else."""
    resolved = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *more, **how: resolved("127.0.0.1", *more, **how))
    with Sink(users={"mara": "pw"}, security="tls") as sink:
        assert "certificate is not trusted (Hostname mismatch" in why(sent(sink, host="mail.example"))


@pytest.mark.parametrize("ca_file", ["/nonexistent/ca.pem", __file__])
def test_a_ca_file_that_is_none(sink: Sink, ca_file: str) -> None:
    """Said with its name."""
    if sink.security != "none":
        assert f"the CA file {ca_file} cannot be used" in why(sent(sink, ca_file=ca_file))


def test_starttls_taken_away_is_not_gone_without() -> None:
    """Somebody in between, or an old server: the password is not sent."""
    with Sink(users={"mara": "pw"}, security="starttls", without=["STARTTLS"]) as sink:
        assert "no STARTTLS is offered here" in why(sent(sink))
        assert sink.verbs() == ["EHLO"]


def test_starttls_that_fails_for_now(sink: Sink) -> None:
    """The server's words."""
    if sink.security == "starttls":
        sink.expect(Stage.STARTTLS, Act.say("454 4.7.0 TLS not available"))
        (answer,) = sent(sink).refused.values()
        assert answer == Answer(code=454, text="4.7.0 TLS not available")


def test_plain_text_behind_starttls_is_an_attack(sink: Sink) -> None:
    """CVE-2011-0411: it must not count as said by the encrypted server."""
    if sink.security == "starttls":
        sink.expect(Stage.STARTTLS, Act.say("220 Go ahead", "250 AUTH PLAIN"))
        assert "makes no sense" in why(sent(sink))
        assert sink.verbs() == ["EHLO", "STARTTLS"]


def test_tls_on_a_port_that_speaks_plain_text() -> None:
    """The usual ports are named."""
    with Sink(users={"mara": "pw"}) as sink:
        assert "does not speak TLS on this port" in why(sent(sink, security="tls"))
        assert sink.logins == []


def test_plain_text_on_a_port_that_speaks_tls() -> None:
    """It says nothing and waits for us."""
    with Sink(users={"mara": "pw"}, security="tls") as sink:
        text = why(sent(sink, security="starttls", timeout=0.3))
        assert text.endswith('no answer within 0.3 seconds (perhaps the port wants security = "tls")')


def test_no_clear_text_over_a_network() -> None:
    """Not even a connection is tried."""
    asked = itertools.count()
    settings = RelaySettings(host="mail.example", security="none", user="mara", secret=lambda: str(next(asked)))
    text = why(SubmissionRelay(settings).deliver(envelope(), MAIL, committing=Post()))
    assert text.endswith('security = "none" would send the password in clear text; use "tls" or "starttls"')
    assert next(asked) == 0


@pytest.mark.parametrize(
    ("host", "files"),
    [
        ("smtp.gmail.com", True),
        ("SMTP.GoogleMail.com.", True),
        ("smtp.office365.com", True),
        ("smtp-mail.outlook.com", True),
        ("smtp-relay.gmail.com", False),
        ("mail.example", False),
        ("smtp.gmail.com.example", False),
    ],
)
def test_who_files_what_was_sent(host: str, files: bool) -> None:
    """By the whole name of the host."""
    assert SubmissionRelay(RelaySettings(host=host, secret=lambda: "")).files_sent is files
