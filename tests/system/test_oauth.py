"""Signing in by OAuth: real libraries against a stand-in token server, and the tokens at Dovecot's XOAUTH2."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters import oauth
from assistant.adapters.oauth import AccessToken, Google, Microsoft
from assistant.adapters.secrets import KeptInFile
from assistant.config import load
from assistant.daemon.mailboxes import reading_mailbox
from assistant.errors import Disconnected, LoginRefused, PermanentFailure
from tests.conftest import need_dovecot
from tests.servers import free_port, until
from tests.servers.certificate import Certificate, self_signed
from tests.servers.dovecot import Dovecot
from tests.servers.signin import CLIENT, SignIn
from tests.servers.tokens import Tokens

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """The token server's."""
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def known() -> list[str]:
    """The access tokens that were given out."""
    return []


@pytest.fixture
def server(certificate: Certificate, known: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[SignIn]:
    """A token server whose certificate is trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.cert))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert))
    with SignIn(certificate, known.append) as running:
        yield running


def microsoft(server: SignIn, client: str = CLIENT) -> Microsoft:
    """A Microsoft client of that server."""
    return Microsoft(client_id=client, authority=server.authority, owner='account "studio"')


def browser(page: str, code: str) -> None:
    """A user who opens the page that is told and agrees; urllib follows the redirect back to us."""
    del code

    def visit() -> None:
        with urllib.request.urlopen(page, timeout=30) as answer:
            answer.read()

    threading.Thread(target=visit, daemon=True).start()


def test_device_grant_waits_for_the_user(server: SignIn, known: list[str]) -> None:
    """The page and the code are told; as long as the user has not agreed, it is asked again; then there are tokens."""
    server.agreed = False

    def tell(page: str, code: str) -> None:
        assert (page, code) == (f"{server.url}/enter", "ABCD-1234")
        threading.Timer(0.2, setattr, (server, "agreed", True)).start()

    tokens = microsoft(server).sign_in(tell)
    assert (tokens.access, tokens.refresh, tokens.seconds) == (known[-1], server.refresh, 3600)
    assert set(server.requests) == {"device_code"}


@pytest.mark.parametrize("issuer", ["microsoft", "google"])
def test_a_user_who_says_no_is_told_so(server: SignIn, tmp_path: Path, issuer: str) -> None:
    """Not an error of the program, and not tried again by itself."""
    server.denied = True
    google = Google(client_file=server.client_file(tmp_path), owner="o")
    sign_in = google.sign_in if issuer == "google" else microsoft(server).sign_in
    with pytest.raises(LoginRefused, match="gelassen init"):
        sign_in(browser if issuer == "google" else lambda page, code: None)


def test_code_grant_comes_back_to_this_machine(server: SignIn, tmp_path: Path, known: list[str]) -> None:
    """With PKCE, over loopback; the page that the browser shows then is ours."""
    google = Google(client_file=server.client_file(tmp_path), owner="o", page="Fertig.")
    tokens = google.sign_in(browser)
    assert (tokens.access, tokens.refresh) == (known[-1], server.refresh)
    again = google.renew(server.refresh)
    assert again.access == known[-1] != tokens.access
    assert 3000 < again.seconds <= 3600


def test_nobody_comes(server: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait has an end."""
    monkeypatch.setattr(oauth, "_PATIENCE", 0.05)
    with pytest.raises(LoginRefused, match="nobody signed in"):
        Google(client_file=server.client_file(tmp_path), owner="o").sign_in(lambda page, code: None)


@pytest.mark.parametrize(("lifetime", "good", "over"), [(3600, 590, 610), (420, 110, 130)])
def test_a_token_is_renewed_before_its_end_and_rotation_is_kept(
    server: SignIn, tmp_path: Path, lifetime: int, good: float, over: float
) -> None:
    """Five minutes before, and every ten at the latest: it may have been revoked.  The newest refresh token is kept."""
    server.lifetime = lifetime
    keeper, now = KeptInFile(tmp_path / "token", owner="o"), [0.0]
    keeper.save(server.refresh)
    token = AccessToken(microsoft(server), keeper, clock=lambda: now[0])
    assert [token(), token()] == ["access-1", "access-1"]
    now[0] = good
    assert token() == "access-1"
    now[0] = over
    assert token() == "access-2"
    assert keeper.load() == server.refresh == "refresh-2"


def test_what_can_go_wrong_is_told_apart(server: SignIn, tmp_path: Path) -> None:
    """A void refresh token, a client that nobody registered, a server that is away, a file that is no client."""
    with pytest.raises(LoginRefused, match="sign in with: gelassen init"):
        microsoft(server).renew("old")
    with pytest.raises(LoginRefused, match="sign in with: gelassen init"):
        Google(client_file=server.client_file(tmp_path), owner="o").renew("old")
    with pytest.raises(PermanentFailure, match="does not know this client"):
        microsoft(server, "nobody").renew("old")
    away = Microsoft(client_id="c", authority=f"https://localhost:{free_port()}/common", owner="o")
    with pytest.raises(Disconnected, match="cannot be reached"):
        away.renew("old")
    (tmp_path / "web.json").write_text('{"web": {}}')
    with pytest.raises(PermanentFailure, match="not the client of a desktop app"):
        Google(client_file=tmp_path / "web.json", owner="o").renew("old")


def test_an_account_logs_in_at_dovecot_with_tokens_that_are_renewed(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """From config.toml to the mailbox: the first login has the token fetched, and the next ones too when it is over."""
    need_dovecot()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.cert))
    tokens = Tokens("none yet", "anna@example.org")

    def issued(token: str) -> None:
        tokens.token = token

    with tokens as url, SignIn(certificate, issued, lifetime=301) as server, Dovecot(tokeninfo_url=url) as dovecot:
        KeptInFile(tmp_path / "token", owner="o").save(server.refresh)
        (tmp_path / "config.toml").write_text(
            f"""
[[account]]
name = "{request.node.name}"
address = "anna@example.org"
imap = {{ host = "127.0.0.1", port = {dovecot.port}, security = "none", user = "anna@example.org" }}
oauth = {{ issuer = "microsoft", client_id = "{CLIENT}", authority = "{server.authority}", token_file = "token" }}
"""
        )
        config = load(tmp_path / "config.toml")
        _log_in(config)
        first = tokens.token
        _until_renewed(config, lambda: tokens.token != first)
    assert server.requests[:2] == ["refresh_token", "refresh_token"]


def _log_in(config: Any) -> None:
    mailbox = reading_mailbox(config, config.accounts[0])
    try:
        assert "IMAP4REV1" in {name.upper() for name in mailbox.abilities}
    finally:
        mailbox.close()


def _until_renewed(config: Any, renewed: Any) -> None:
    """Logs in again until the token's one usable second is over."""

    def again() -> bool:
        _log_in(config)
        return bool(renewed())

    assert until(again, seconds=30)
