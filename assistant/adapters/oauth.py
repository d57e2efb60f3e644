"""Signing in at Microsoft and Google, and access tokens for IMAP and SMTP (XOAUTH2) out of the refresh token.

Microsoft: device authorization grant (RFC 8628) through msal; it works without a browser on this machine.  Google's
device grant gives no access to mail ("Allowed scopes" in "OAuth 2.0 for TV and Limited-Input Device Applications"), so
there it is the grant for installed programs with a redirect to this machine (RFC 8252), through google-auth-oauthlib.

The client is the user's own: its registration decides what the tokens may be used for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol

from assistant.adapters._redirect import Redirect
from assistant.errors import Disconnected, GelassenError, LoginRefused, PermanentFailure

#: Microsoft: how to authenticate IMAP, POP and SMTP with OAuth ("Authenticate an IMAP, POP or SMTP connection using
#: OAuth" in its documentation); ``offline_access`` is added by msal.
_MICROSOFT: Final = ("https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send")
#: Google: "XOAUTH2 Protocol" in Gmail's documentation; there is no narrower scope for IMAP and SMTP.
_GOOGLE: Final = ("https://mail.google.com/",)
_EARLY: Final = 300.0  # seconds before its end that a token is renewed, for a login takes a while
#: Seconds after which one is renewed all the same: it may have been revoked, and the user may have signed in anew.
_LONGEST: Final = 600.0
_PATIENCE: Final = 300  # seconds to sign in with the browser

#: Told what the user has to do: a page to open, and the code to enter there (empty at Google).
Tell = Callable[[str, str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """What a token server gave: an access token, the seconds it lives, and a refresh token where there is a new one."""

    access: str = field(repr=False)
    seconds: float
    refresh: str | None = field(default=None, repr=False)


class Issuer(Protocol):
    """Who gives out tokens.

    Both methods raise ``Disconnected`` when it cannot be reached, ``LoginRefused`` when it does not (or no longer) let
    the user in, ``PermanentFailure`` when the client is not registered as it must be.
    """

    def sign_in(self, tell: Tell) -> Tokens:
        """The user signs in and agrees; waits for it some minutes."""

    def renew(self, refresh: str) -> Tokens:
        """A new access token."""


class Keeper(Protocol):
    """Where the refresh token is kept."""

    def load(self) -> str:
        """The token. Raises ``PermanentFailure`` or ``TemporaryFailure``."""

    def save(self, secret: str) -> None:
        """Keep another one. Raises as ``load``."""


class AccessToken:
    """Gives an access token that is still valid; called anew at each login, by several threads.

    Raises as ``Issuer.renew`` and ``Keeper.load`` do.
    """

    def __init__(self, issuer: Issuer, keeper: Keeper, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._keeper = keeper
        self._clock = clock
        self._turn = Lock()
        self._token = ""
        self._until = 0.0

    def __call__(self) -> str:
        """The token."""
        with self._turn:
            if not self._token or self._clock() >= self._until:
                self._renew()
            return self._token

    def _renew(self) -> None:
        refresh = self._keeper.load()
        tokens = self._issuer.renew(refresh)
        if tokens.refresh and tokens.refresh != refresh:
            self._keeper.save(tokens.refresh)
        self._token = tokens.access
        self._until = self._clock() + min(max(tokens.seconds - _EARLY, 0.0), _LONGEST)


class Microsoft:
    """Microsoft 365 and Outlook.com.

    Args:
        owner: whose sign-in it is in error messages.
    """

    def __init__(self, *, client_id: str, authority: str, owner: str) -> None:
        self._client_id = client_id
        self._authority = authority
        self._owner = owner

    def sign_in(self, tell: Tell) -> Tokens:
        """See ``Issuer``."""
        return _complete(self._owner, self._tokens(lambda app: self._device(app, tell)))

    def renew(self, refresh: str) -> Tokens:
        """See ``Issuer``."""
        return self._tokens(lambda app: app.acquire_token_by_refresh_token(refresh, list(_MICROSOFT)))

    def _device(self, app: Any, tell: Tell) -> Mapping[str, Any]:  # noqa: ANN401 - msal has no types
        flow: Mapping[str, Any] = app.initiate_device_flow(list(_MICROSOFT))
        if "user_code" not in flow:
            return flow
        tell(str(flow["verification_uri"]), str(flow["user_code"]))
        answer: Mapping[str, Any] = app.acquire_token_by_device_flow(flow)
        return answer

    def _tokens(self, ask: Callable[[Any], Mapping[str, Any]]) -> Tokens:
        import msal
        import requests

        try:
            # instance_discovery would ask another host first; the authority is the user's own setting.
            app = msal.PublicClientApplication(self._client_id, authority=self._authority, instance_discovery=False)
            answer = ask(app)
        except requests.RequestException as error:
            raise _unreachable(self._owner, self._authority, error) from None
        except ValueError as error:  # msal: an authority that is none
            raise PermanentFailure(f"{self._owner}: oauth.authority cannot be used; is the tenant right?") from error
        if "access_token" not in answer:
            raise _refusal(self._owner, str(answer.get("error")), str(answer.get("error_description", "")))
        return Tokens(
            access=str(answer["access_token"]),
            seconds=float(answer.get("expires_in", 0)),
            refresh=answer.get("refresh_token"),
        )


class Google:
    """Gmail and Google Workspace.

    Args:
        client_file: the client's JSON, as Google's console gives it for a desktop app.
        page: what the browser shows after the sign-in.
    """

    def __init__(self, *, client_file: Path, owner: str, page: str = "") -> None:
        self._client_file = client_file
        self._owner = owner
        self._page = page

    def sign_in(self, tell: Tell) -> Tokens:
        """See ``Issuer``."""
        import requests
        from google_auth_oauthlib.flow import Flow
        from oauthlib.oauth2 import OAuth2Error

        client = self._client()
        flow = Flow.from_client_config({"installed": client}, scopes=list(_GOOGLE), autogenerate_code_verifier=True)
        try:
            with Redirect(self._page) as redirect:
                flow.redirect_uri = redirect.uri
                # Without asking for consent there is no refresh token the second time.
                page, _ = flow.authorization_url(access_type="offline", prompt="consent")
                tell(page, "")
                answer = redirect.wait(_PATIENCE)
            if answer is None:
                raise LoginRefused(f"{self._owner}: nobody signed in within {_PATIENCE // 60} minutes")
            flow.fetch_token(authorization_response=answer)
        except OAuth2Error as error:
            raise _refusal(self._owner, str(error.error), str(error.description or "")) from None
        except requests.RequestException as error:
            raise _unreachable(self._owner, str(client["token_uri"]), error) from None
        return _complete(self._owner, _of(flow.credentials))

    def renew(self, refresh: str) -> Tokens:
        """See ``Issuer``."""
        from google.auth.exceptions import RefreshError, TransportError
        from google.auth.transport.requests import Request
        from google.oauth2.credentials import Credentials

        client = self._client()
        found = Credentials(  # type: ignore[no-untyped-call]
            token=None,
            refresh_token=refresh,
            token_uri=client["token_uri"],
            client_id=client["client_id"],
            client_secret=client["client_secret"],
        )
        try:
            found.refresh(Request())  # type: ignore[no-untyped-call]
        except TransportError as error:
            raise _unreachable(self._owner, str(client["token_uri"]), error) from None
        except RefreshError as error:
            details = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], Mapping) else {}
            raise _refusal(self._owner, str(details.get("error")), str(details.get("error_description", ""))) from None
        return _of(found)

    def _client(self) -> Mapping[str, Any]:
        """What is below ``installed``; Google calls its secret one that is none in a program (RFC 8252, 8.5)."""
        try:
            client = json.loads(self._client_file.read_text(encoding="utf-8"))["installed"]
            if all(client[key] for key in ("client_id", "client_secret", "auth_uri", "token_uri")):
                found: Mapping[str, Any] = client
                return found
        except OSError as error:
            raise PermanentFailure(f"{self._owner}: {self._client_file} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError):
            pass
        raise PermanentFailure(
            f"{self._owner}: {self._client_file} is not the client of a desktop app as Google's console gives it"
        )


def _of(found: Any) -> Tokens:  # noqa: ANN401 - google's credentials
    now = datetime.now(UTC).replace(tzinfo=None)  # google's times have no zone and mean UTC
    seconds = (found.expiry - now).total_seconds() if found.expiry else 0.0
    return Tokens(access=str(found.token), seconds=seconds, refresh=found.refresh_token)


def _complete(owner: str, tokens: Tokens) -> Tokens:
    """A sign-in that would have to be repeated every hour is none."""
    if not tokens.refresh:
        raise PermanentFailure(
            f"{owner}: the token server gave no refresh token; is the client one for installed programs?"
        )
    return tokens


def _unreachable(owner: str, server: str, error: Exception) -> Disconnected:
    return Disconnected(f"{owner}: the token server {server} cannot be reached ({type(error).__name__})")


#: Error codes of RFC 6749 (5.2) and 8628 (3.5) by which the user was not, or is no longer, let in.
_NOT_LET_IN: Final = frozenset({"invalid_grant", "access_denied", "expired_token", "authorization_pending"})


def _refusal(owner: str, code: str, words: str) -> GelassenError:
    told = " ".join(f"{code} {words}".split())[:200]
    if code in _NOT_LET_IN:
        return LoginRefused(f"{owner}: the sign-in does not hold (any more); sign in with: gelassen init ({told})")
    return PermanentFailure(f"{owner}: the token server does not know this client as it is registered ({told})")
