"""With what an account logs in: a password, or an access token that is renewed here."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.adapters.secrets import Kept, KeptInFile, Secret, secret_for
from assistant.config import Account, Config, OAuth
from assistant.config import Issuer as IssuerName

if TYPE_CHECKING:
    from assistant.adapters.oauth import Issuer, Keeper


def secret_of(config: Config, account: Account) -> Secret:
    """How to get an account's password or access token, asked for anew at every login.

    What it gives is of the moment; it raises ``PermanentFailure`` or ``TemporaryFailure``.
    """
    if account.oauth is not None:
        return _access_token(account.oauth, account.name)
    return secret_for(account, owner=owner(account.name), name=account.name, folder=config.path.parent)


def owner(account: str) -> str:
    """Whose secret it is, in error messages."""
    return f'account "{account}"'


@cache  # all connections of an account share one token, or each would have it renewed
def _access_token(oauth: OAuth, account: str) -> Secret:
    from assistant.adapters.oauth import AccessToken

    return AccessToken(issuer(oauth, account), keeper(oauth, account))


def issuer(oauth: OAuth, account: str, *, page: str = "") -> Issuer:
    """Who gives out the account's tokens; ``page`` is what a browser shows after the sign-in."""
    from assistant.adapters.oauth import Google, Microsoft

    whose = owner(account)
    if oauth.issuer is IssuerName.GOOGLE:
        return Google(client_file=oauth.client_file or Path(), owner=whose, page=page)
    return Microsoft(client_id=oauth.client_id or "", authority=oauth.authority, owner=whose)


def keeper(oauth: OAuth, account: str) -> Keeper:
    """Where the account's refresh token lies."""
    if oauth.token_file is not None:
        return KeptInFile(oauth.token_file, owner=owner(account))
    return Kept(f"{account} oauth", owner=owner(account))
