"""What gelassen init and gelassen service ask and say, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

INIT_EN: Final[Mapping[str, str]] = {
    "help.init": "sets up an account: finds the servers, tries the login, writes config.toml",
    "init.no_terminal": (
        "init asks questions and needs a terminal. Without one, config.toml can be written by hand:"
        " docs/configuration.md"
    ),
    "init.welcome": "Setting up Gelassen. Enter takes what stands in brackets; Ctrl-C stops.",
    "init.goes_to": "The settings will be in {path}. Nothing is written before the very end.",
    "init.changes": "There are settings in {path} already. Your changes and comments in them stay.",
    "init.stopped": "Stopped. Nothing was written.",
    "init.yes_or_no": "Y/n",
    "init.no_or_yes": "y/N",
    "init.number": "Number",
    "init.only_numbers": "a number from 1 to {count}, please",
    "init.again": "try again",
    # address and servers
    "init.account": "Your account",
    "init.address": "Your mail address",
    "init.name": "What shall the account be called?",
    "init.name_taken": "that is the name of the account of {address}",
    "init.known_account": "This account is there already: “{name}”. It will be changed.",
    "init.searching": "Looking for the servers of {domain} …",
    "init.provider": "That is {name}.",
    "init.nothing_found": "Nothing was found. Your provider names its servers on its help pages.",
    "init.switch_on": "IMAP has to be allowed there first, in the settings in the browser.",
    "init.password.own": "Mail programs have a password of their own there, not that of the web page.",
    "init.password.app-with-2fa": (
        "With two-step sign-in, mail programs need an app password there instead of the usual one."
    ),
    "init.password.app": "Mail programs need an app password there; the usual one is refused.",
    "init.password.none": "A password is no longer enough there, only a sign-in in the browser (OAuth).",
    "init.help_page": "On its help pages this is called: {page}",
    "init.imap_is": "Incoming: {server}",
    "init.relay_is": "Outgoing: {server}",
    "init.no_relay": "Outgoing: none",
    "init.server": "{host}, port {port} ({security}), user {user}",
    "init.servers_right": "Are these servers right?",
    "init.imap_host": "Server for incoming mail (IMAP)",
    "init.with_relay": "Shall Gelassen be able to send, too? Only the gateway and release --send need it.",
    "init.relay_host": "Server for outgoing mail (SMTP)",
    "init.security": "How is the connection protected?",
    "init.security.tls": "TLS from the start",
    "init.security.starttls": "STARTTLS",
    "init.security.none": "not at all (on this machine only)",
    "init.port": "Port",
    "init.user": "User name",
    # password and login
    "init.login": "Login",
    "init.source": "Where shall Gelassen take the password from?",
    "init.source.keep": "as before",
    "init.source.keyring": "this machine's keyring; Gelassen puts it there",
    "init.source.password_command": "a command that prints it, such as: pass show mail",
    "init.source.password_env": "an environment variable",
    "init.source.oauth": "instead of a password, a sign-in in the browser (OAuth)",
    "init.no_keyring": "There is no keyring here that protects:",
    "init.password": "Password of {user} (it stays invisible)",
    "init.command": "Command",
    "init.variable": "Name of the environment variable",
    "init.variable_unset": (
        "The variable is not set here. For the trial Gelassen asks for the password once; it is not stored."
    ),
    "init.trying": "Logging in at {host} …",
    "init.logged_in": "logged in as {user}",
    "init.what_now": "What do you want to do?",
    "init.change.secret": "give the password again",
    "init.change.user": "give another user name",
    "init.change.server": "give other servers",
    "init.change.sign_in": "sign in again",
    "init.change.without": "go on without sending for now",
    # OAuth
    "init.oauth.issuer": "Who has the mailbox?",
    "init.oauth.microsoft": (
        "This needs an app registration of your own in Microsoft Entra: public client, delegated permissions"
        " IMAP.AccessAsUser.All and SMTP.Send (step by step in docs/operations.md)."
    ),
    "init.oauth.google": (
        "This needs an OAuth client of your own in the Google Cloud Console, of the kind “Desktop app”, and its JSON"
        " file (step by step in docs/operations.md)."
    ),
    "init.oauth.client_id": "Application (client) ID",
    "init.oauth.tenant": "Tenant, or common for accounts of any kind",
    "init.oauth.client_file": "Path of the JSON file",
    "init.oauth.token_file": (
        "Without a keyring the refresh token would lie in the file {path}, which only you may read. Agreed?"
    ),
    "init.oauth.nowhere": "Without a place for the token there can be no sign-in in the browser.",
    "init.oauth.enter": "Open {page} and enter this code: {code}",
    "init.oauth.open": "Open this page on this machine:\n  {page}",
    "init.oauth.waiting": "Gelassen is waiting for your sign-in …",
    "init.oauth.page": "Signed in. You may close this window and go back to Gelassen.",
    # folders
    "init.folders": "Folders",
    "init.folder.inbox": "Inbox",
    "init.folder.drafts": "Drafts",
    "init.folder.sent": "Sent",
    "init.folder.trash": "Trash",
    "init.folder.cooling_off": "Cooling off",
    "init.folder_is": "{role}: {name}",
    "init.folder_new": "will be created",
    "init.folder_none": "none",
    "init.folders_right": "Are these folders right?",
    "init.folder_missing": "Gelassen found no folder for “{role}”. There are: {names}",
    "init.folder_which": "Folder for “{role}”",
    "init.folder_unknown": "There is no “{name}”. There are: {names}",
    "init.folder_create": "Create “{name}”?",
    "init.folder_created": "“{name}” is created",
    # outgoing and gateway
    "init.relay": "Outgoing mail",
    "init.relay_works": "logged in at {host}; nothing was sent",
    "init.gateway": "Sending through Gelassen",
    "init.gateway_why": (
        "Drafts are guarded as they are. Whoever often sends at once lets the mail program send through Gelassen: calm"
        " mail goes on at once, hot mail waits first."
    ),
    "init.with_gateway": "Let the mail program send through Gelassen?",
    "init.gateway_port": "Port",
    "init.gateway_password": "Password for the mail program (note it now): {password}",
    "init.gateway_kept": "Password for the mail program: as before",
    "init.gateway_steps": "How to set the mail program as soon as gelassen run is at work:",
    "init.gateway_server": "outgoing server localhost, port {port}, STARTTLS, password, user {user}",
    "init.steps.thunderbird": (
        "Thunderbird: Account Settings → Outgoing Server (SMTP) → Add, with these values. Then choose this"
        " outgoing server in the account. At the first mail, confirm the certificate as an exception, once."
    ),
    "init.steps.apple": (
        "Apple Mail: Settings → Accounts → Server Settings → Outgoing Mail Account → Edit SMTP Server List → +, without"
        " “Automatically manage connection settings”. Confirm once that the certificate is trusted."
    ),
    "init.steps.outlook": (
        "Outlook (classic): File → Account Settings → Server Settings. Before that, make the certificate"
        " gateway-cert.pem (beside the database) a trusted root authority in Windows. The new Outlook sends"
        " through servers of Microsoft and cannot reach this machine."
    ),
    # time and place
    "init.hours": "Working hours",
    "init.zone": "Time zone",
    "init.region": "Country or state for public holidays (DE-BY for Bavaria, AT-9 for Vienna, CH-ZH for Zurich)",
    "init.morning": "When do you start work in the morning?",
    "init.night": "When does your night begin? Answers to heated mail then wait until morning",
    "init.night_end": "Until when?",
    # the end
    "init.check": "A trial with what is stored now",
    "init.written": "written: {path}",
    "init.done": "Done. How to go on:",
    "init.next.once": "gelassen run --once       a first pass: judge the mail in the inbox",
    "init.next.run": "gelassen run              watch from now on",
    "init.next.service": "gelassen service install  start by itself at every login",
    "init.not_well": "Set up, but not everything worked. Check again later: gelassen doctor",
    # service
    "help.service": "starts Gelassen by itself at every login: install, uninstall, status",
    "option.service.action": "install: set up and start; uninstall: stop and take away; status: does it run?",
    "service.installed": "Set up and started: {file}",
    "service.uninstalled": "Stopped and taken away: {file}",
    "service.running": "running ({file})",
    "service.stopped": "set up, but not running ({file}); why is told by: journalctl --user -u gelassen",
    "service.missing": "not set up; do so with: gelassen service install",
    "service.journal": "What it does is in the journal: journalctl --user -u gelassen -f",
    "service.log": "What it does is in ~/Library/Logs/gelassen/daemon.log",
    "service.password_env": (
        "a password comes from an environment variable, which the service does not know; better a keyring or"
        " password_command (docs/operations.md)"
    ),
    "service.elsewhere": "Gelassen does not set up a service here. How to do it on Windows is in docs/operations.md",
}
