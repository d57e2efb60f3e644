"""``gelassen init``: the password or the sign-in, and the login with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assistant.adapters.secrets import Kept, check_keyring, secret_for
from assistant.cli.asking import Dialog
from assistant.cli.init_plan import Plan, Source
from assistant.cli.init_servers import asked_for, tell_of
from assistant.config import Issuer as IssuerName
from assistant.config import OAuth, PasswordSource, values
from assistant.core.provider import Password
from assistant.daemon.credentials import issuer, keeper, owner, secret_of
from assistant.daemon.mailboxes import trial_mailbox
from assistant.errors import GelassenError, LoginRefused

if TYPE_CHECKING:
    from assistant.adapters.imap import Survey

_COMMON: Final = "https://login.microsoftonline.com/{tenant}"


def source_of(plan: Plan, kind: str = "") -> Source:
    """Asks where the password comes from, unless that is known, and for it."""
    while True:
        try:
            return SOURCES[kind or _chosen(plan)](plan)
        except GelassenError as error:
            plan.dialog.trouble(error)
            kind = ""


def _chosen(plan: Plan) -> str:
    dialog, provider = plan.dialog, plan.provider
    kinds = ["keep"] if plan.known else []
    no_password = provider is not None and provider.password is Password.NONE
    if not no_password:
        kinds += _password_kinds(dialog)
    if provider is None or provider.oauth:
        kinds.append("oauth")
    return dialog.choose("init.source", [(kind, dialog.words(f"init.source.{kind}")) for kind in kinds])


def _password_kinds(dialog: Dialog) -> list[str]:
    try:
        check_keyring()
    except GelassenError as error:
        dialog.say("init.no_keyring")
        dialog.trouble(error)
        return ["password_command", "password_env"]
    return ["keyring", "password_command", "password_env"]


def _keep(plan: Plan) -> Source:
    known = plan.known
    assert known is not None
    given: dict[str, object] = {
        key: value for key in ("password_command", "password_env", "keyring") if (value := getattr(known, key))
    }
    if known.oauth is not None:
        given["oauth"] = _written(known.oauth)
    return Source(kind="keep", values=given, secret=secret_of(plan.former, known))


def _from_keyring(plan: Plan) -> Source:
    password = plan.dialog.secret("init.password", user=plan.imap.user)
    kept = Kept(plan.name, owner=owner(plan.name))
    return Source(kind="keyring", values={"keyring": True}, secret=lambda: password, store=lambda: kept.save(password))


def _from_command(plan: Plan) -> Source:
    command = plan.dialog.ask("init.command", read=values.command)
    secret = secret_for(
        PasswordSource(password_command=command), owner=owner(plan.name), name=plan.name, folder=plan.path.parent
    )
    secret()  # what is wrong with it is told here, not as a refused login
    return Source(kind="password_command", values={"password_command": command}, secret=secret)


def _from_environment(plan: Plan) -> Source:
    variable = plan.dialog.ask("init.variable", read=values.environment_name)
    password = os.environ.get(variable)
    if not password:
        plan.dialog.say("init.variable_unset")
        password = plan.dialog.secret("init.password", user=plan.imap.user)
    found = password
    return Source(kind="password_env", values={"password_env": variable}, secret=lambda: found)


def _by_sign_in(plan: Plan) -> Source:
    """Raises ``GelassenError`` when the user is not let in."""
    dialog = plan.dialog
    known = plan.provider and plan.provider.oauth
    name = known or dialog.choose("init.oauth.issuer", [("microsoft", "Microsoft 365"), ("google", "Google")])
    settings = _client(dialog, IssuerName(name), plan)
    dialog.say("init.oauth.waiting")
    signing_in = issuer(settings, plan.name, page=dialog.words("init.oauth.page"))
    tokens = signing_in.sign_in(lambda page, code: _tell_page(dialog, page, code))
    kept = keeper(settings, plan.name)
    return Source(
        kind="oauth",
        values={"oauth": _written(settings)},
        secret=lambda: tokens.access,
        store=lambda: kept.save(tokens.refresh or ""),
    )


def _client(dialog: Dialog, name: IssuerName, plan: Plan) -> OAuth:
    former = plan.known.oauth if plan.known else None
    dialog.say(f"init.oauth.{name}")
    file = _token_file(plan)
    if name is IssuerName.GOOGLE:
        default = str(former.client_file) if former and former.client_file else ""
        path = Path(dialog.ask("init.oauth.client_file", default)).expanduser().absolute()
        return OAuth(issuer=name, client_file=path, token_file=file)
    client_id = dialog.ask("init.oauth.client_id", (former and former.client_id) or "", values.word)
    tenant = dialog.ask("init.oauth.tenant", former.authority if former else "common", values.word)
    authority = tenant if "://" in tenant else _COMMON.format(tenant=tenant)
    return OAuth(issuer=name, client_id=client_id, authority=authority, token_file=file)


def _token_file(plan: Plan) -> Path | None:
    """None for the keyring. Raises the keyring's error where the user wants no file either."""
    try:
        check_keyring()
    except GelassenError as error:
        plan.dialog.trouble(error)
        path = plan.path.parent / f"{plan.name}.token"
        if plan.dialog.yes("init.oauth.token_file", default=True, path=path):
            return path
        plan.dialog.say("init.oauth.nowhere")
        raise
    return None


def _tell_page(dialog: Dialog, page: str, code: str) -> None:
    dialog.say("init.oauth.enter" if code else "init.oauth.open", page=page, code=code)


def _written(settings: OAuth) -> Mapping[str, object]:
    """As config.toml has it; what is a default is left out."""
    default = OAuth(issuer=settings.issuer)
    return {
        key: str(value)
        for key, value in asdict(settings).items()
        if key == "issuer" or (value is not None and value != getattr(default, key))
    }


#: Where a password can come from, and who asks for it.
SOURCES: Final = {
    "keep": _keep,
    "keyring": _from_keyring,
    "password_command": _from_command,
    "password_env": _from_environment,
    "oauth": _by_sign_in,
}


def log_in(plan: Plan) -> Survey:
    """Tries until the login works; what is wrong is told, and asked again."""
    while True:
        plan.dialog.say("init.trying", host=plan.imap.host)
        mailbox = trial_mailbox(plan.account, plan.source.secret)
        try:
            survey = mailbox.survey()
        except GelassenError as error:
            plan.dialog.trouble(error)
            if isinstance(error, LoginRefused) and plan.provider is not None:
                tell_of(plan.dialog, plan.provider)  # most often it is the wrong kind of password
            _change(plan, refused=isinstance(error, LoginRefused))
        else:
            plan.dialog.good(plan.dialog.words("init.logged_in", user=plan.imap.user))
            return survey
        finally:
            mailbox.close()


def _change(plan: Plan, *, refused: bool) -> None:
    """What the user wants to have otherwise after a failure."""
    dialog = plan.dialog
    order = ("secret", "user", "server", "again") if refused else ("server", "again", "secret")
    words = {"again": "init.again", "secret": f"init.change.{'sign_in' if plan.source.kind == 'oauth' else 'secret'}"}
    options = [(one, dialog.words(words.get(one, f"init.change.{one}"))) for one in order]
    match dialog.choose("init.what_now", options):
        case "secret":
            plan.source = source_of(plan, "" if plan.source.kind == "keep" else plan.source.kind)
        case "user":
            change_user(plan)
        case "server":
            plan.imap, plan.relay = asked_for(dialog, plan.imap, plan.relay)


def change_user(plan: Plan) -> None:
    """Another user name for both servers."""
    user = plan.dialog.ask("init.user", plan.imap.user, values.word)
    plan.imap = replace(plan.imap, user=user)
    plan.relay = plan.relay and replace(plan.relay, user=user)
