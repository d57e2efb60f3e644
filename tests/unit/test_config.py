"""The settings: defaults, every kind of value, every kind of mistake."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.config import (
    Account,
    Auth,
    Clients,
    Config,
    Cooling,
    Desktop,
    FolderNames,
    Gateway,
    Language,
    OAuth,
    Place,
    Security,
    Server,
    load,
)
from assistant.config.reading import keys_of
from assistant.core.cooling import DEFAULT_HOLD, CoolingRules
from assistant.errors import ConfigError

ROOT = Path(__file__).parents[2]
ACCOUNT = """
[[account]]
name = "studio"
address = "Me@Example.org"
imap = { host = "mail.example.org", user = "me" }
password_command = "pass show mail"
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a config.toml in a folder of the test's own."""

    def writer(content: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(content, encoding="utf-8")
        return path

    return writer


def problems(path: Path) -> tuple[str, ...]:
    """The lines of the error that loading gives."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    return caught.value.problems


def only(path: Path) -> str:
    """The single problem, which must begin with the file's name; returned without it."""
    (line,) = problems(path)
    assert line.startswith("config.toml: ")
    return line.removeprefix("config.toml: ")


def test_empty_file_gives_the_defaults(write: Write) -> None:
    """Everything may be left out; only the client book becomes a path beside the file."""
    path = write("")
    assert load(path) == Config(path=path, clients=Clients(file=path.parent / "clients.toml"))


def test_repository_file_equals_the_defaults() -> None:
    """The commented config.toml shows what holds when nothing is set."""
    path = ROOT / "config.toml"
    assert load(path) == Config(path=path, clients=Clients(file=ROOT / "clients.toml"))


def test_repository_file_shows_a_valid_account(write: Write) -> None:
    """Taking the comment signs off the account block gives an account in which nothing but names is not a default."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    block = text.split("# [[account]]")[1].split("\n\n")[0]
    (account,) = load(write("[[account]]" + block.replace("\n# ", "\n"))).accounts
    assert account == Account(
        name="studio",
        address="me@example.org",
        imap=Server(host="imap.example.org", port=993, user="me@example.org"),
        relay=Server(host="smtp.example.org", port=465, user="me@example.org"),
        password_command="pass show mail",
    )


def all_keys() -> dict[str, set[str]]:
    """Every key of every table, by the table's name in the documentation."""
    tables: dict[str, set[str]] = {}
    for section, field in keys_of(Config).items():
        name = "[[account]]" if section == "account" else f"[{section}]"
        kind = Account if section == "account" else type(getattr(Config(), field.name))
        tables[name] = set(keys_of(kind))
    tables["[[account]]"] |= set(keys_of(Server)) | set(keys_of(FolderNames)) | set(keys_of(OAuth))
    return tables


def test_repository_file_names_every_key() -> None:
    """No setting is missing from config.toml, in its own section."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    sections = re.split(r"^(?:# )?(\[+\w+\]+)$", text, flags=re.MULTILINE)[1:]
    found = {
        name: set(re.findall(r"\b([a-z_0-9]+) = |\b(password_\w+|keyring)\b", body)) for name, body in pairs(sections)
    }
    for name, keys in all_keys().items():
        named = {key for hit in found[name] for key in hit}
        assert keys <= named, name


def pairs(items: list[str]) -> list[tuple[str, str]]:
    """Name and body of each section."""
    return list(zip(items[::2], items[1::2], strict=True))


def test_documentation_describes_every_key_and_no_other() -> None:
    """docs/configuration.md has a row for each key in its section, with no leftovers."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    sections = re.split(r"^## `(\[+\w+\]+)`$", text, flags=re.MULTILINE)[1:]
    described = {name: set(re.findall(r"^\| `(\w+)` \|", body, flags=re.MULTILINE)) for name, body in pairs(sections)}
    assert described == all_keys()


def test_documented_defaults_are_the_real_ones() -> None:
    """Where the documentation gives a literal default, the repository's file has the same."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    example = (ROOT / "config.toml").read_text(encoding="utf-8")
    for name, body in pairs(re.split(r"^## `(\[+\w+\]+)`$", text, flags=re.MULTILINE)[1:]):
        section = example.split(f"{name}\n")[1].split("\n[")[0]
        for key, default in re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", body, flags=re.MULTILINE):
            assert re.search(rf"\b{key} = {re.escape(default)}", section), f"{name} {key}"


def test_default_holds_are_those_of_the_core() -> None:
    """Two leaves that may not know each other agree on the table, the morning and the night."""
    assert Cooling().hold == DEFAULT_HOLD
    rules = CoolingRules()
    assert (Cooling().morning, Cooling().night) == (rules.morning, rules.night)


def test_full_file_is_accepted(write: Write) -> None:
    """Every section of the design, later ones too, is read into typed values."""
    path = write(
        """
[general]
language = "de"
timezone = "Europe/Vienna"
region = "AT-9"
[store]
url = "sqlite:////var/lib/gelassen/gelassen.db"
[[account]]
name = "studio"
address = "me@example.org"
aliases = ["Info@example.org"]
imap = { host = "127.0.0.1", port = 1143, security = "none", user = "me", auth = "xoauth2" }
relay = { host = "smtp.example.org", port = 587, security = "starttls", user = "you", auth = "password" }
password_env = "MAIL_PASSWORD"
folders = { inbox = "INBOX", drafts = "Entwürfe", sent = "Gesendet", cooling_off = "Später" }
[judge]
model = "org/model"
threads = 2
false_alarms_per_100 = 2
mark_mail = true
first_pass = "90d"
labels = { calm = 0, "very angry" = 3 }
[cooling]
settle = "6s"
morning = "08:30"
night = ["21:00", "05:00"]
hold = [[0, "6s", 60, "morning"], [0, 10, "1h", "morning"], [30, 60, 240, "morning"], [60, 240, "morning", "1d"]]
require_review = false
retry = ["1s", 5]
[replies]
directory = "templates"
signature = "Viele Grüße"
place = "review-only"
[gateway]
enabled = true
port = 2587
user = "studio"
password_command = "pass show gateway"
[web]
enabled = false
port = 8026
[notify]
desktop = "off"
show_content = true
[clients]
file = "/srv/clients.toml"
"""
    )
    config = load(path)
    (account,) = config.accounts
    assert config.general.language is Language.DE
    assert config.general.zone.key == "Europe/Vienna"
    assert config.store.url == "sqlite:////var/lib/gelassen/gelassen.db"
    assert account.own == {"me@example.org", "info@example.org"}
    assert account.imap.auth is Auth.XOAUTH2
    assert account.imap.security is Security.NONE
    assert account.relay == Server(host="smtp.example.org", port=587, security=Security.STARTTLS, user="you")
    assert account.folders == FolderNames(inbox="INBOX", drafts="Entwürfe", sent="Gesendet", cooling_off="Später")
    assert config.judge.first_pass == timedelta(days=90)
    assert config.judge.labels == {"calm": 0, "very angry": 3}
    assert config.judge.model == "org/model"
    assert config.cooling.settle == timedelta(seconds=6)
    assert config.cooling.hold[0][1] == timedelta(seconds=6)
    assert config.cooling.hold[0][3] == "morning"
    assert config.cooling.hold[3][3] == timedelta(days=1)
    assert config.cooling.night == (time(21), time(5))
    assert config.cooling.retry == (timedelta(seconds=1), timedelta(minutes=5))
    assert config.replies.place is Place.REVIEW_ONLY
    assert config.replies.directory == path.parent / "templates"
    assert config.gateway.password_command == "pass show gateway"
    assert config.notify.desktop is Desktop.OFF
    assert config.clients.file == Path("/srv/clients.toml")


def test_several_mistakes_are_told_at_once(write: Write) -> None:
    """One line a mistake, each with the key's path, however deep it lies."""
    path = write(
        ACCOUNT.replace('user = "me"', 'user = "me", prot = 993')
        + '[general]\nregion = "de-be"\n[cooling]\nsettle = "3 min"\n'
        + 'hold = [[0, 1, 2], 5, [0, 0, 0, "mornig"], [0, 0, 0, -1]]\n'
        + "[web]\nport = 80000\nenabled = 1\n[colling]\n"
    )
    assert problems(path) == (
        'config.toml: colling: unknown key, did you mean "cooling"?',
        'config.toml: general.region: "de-be" is not a region, did you mean "DE-BE"?',
        'config.toml: account[0].imap.prot: unknown key, did you mean "port"?',
        'config.toml: cooling.settle: "3 min" is not a duration; '
        'write whole minutes (3) or a number with s, m, h or d ("3m")',
        "config.toml: cooling.hold[0]: expected four holds, for a draft of level 0, 1, 2 and 3, found 3",
        "config.toml: cooling.hold[1]: expected four holds, for a draft of level 0, 1, 2 and 3, found a whole number",
        'config.toml: cooling.hold[2][3]: "mornig" is neither a duration (10, "2h") nor "morning", '
        'did you mean "morning"?',
        'config.toml: cooling.hold[3][3]: -1 is out of range, 0 to "30d"',
        "config.toml: web.enabled: expected true or false, found a whole number",
        "config.toml: web.port: 80000 is out of range, 1 to 65535",
    )


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ('general = "x"', "general: expected a table, found a string"),
        ("[account]\nname = 1", "account: write [[account]] with two brackets: there may be several"),
        ("account = [1]", "account[0]: expected a table, found a whole number"),
        ("account = 1", "account: expected [[account]] tables, found a whole number"),
        ('[general]\nlanguage = "fr"', 'general.language: "fr" is not one of "auto", "de", "en"'),
        ("[general]\nlanguage = 1", "general.language: expected a string, found a whole number"),
        ('[general]\ntimezone = "Europe"', 'general.timezone: "Europe" is not a known time zone'),
        (
            '[general]\ntimezone = "berlin"',
            'general.timezone: "berlin" is not a known time zone, did you mean "Europe/Berlin"?',
        ),
        (
            '[general]\ntimezone = "../etc"',
            'general.timezone: "../etc" is not a known time zone; write it as Europe/Berlin',
        ),
        ('[general]\ntimezone = ""', 'general.timezone: "" is not a known time zone; write it as Europe/Berlin'),
        (
            '[general]\nregion = "Berlin"',
            'general.region: "Berlin" is not a region; write it as "DE", "DE-BE" or "CH-ZH"',
        ),
        (
            '[store]\nurl = "sqlite://"',
            'store.url: expected "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/DATABASE"',
        ),
        ('[store]\nurl = "sqlite:///:memory:"', 'store.url: expected "sqlite:///FILE" or'),
        ('[store]\nurl = "postgresql://h/d"', 'store.url: expected "sqlite:///FILE" or'),
        ("[judge]\nthreads = -1", "judge.threads: -1 is out of range, 0 to 256"),
        ("[judge]\nthreads = 1.5", "judge.threads: expected a whole number, found a number with a fraction"),
        ('[judge]\nmodel = ""', "judge.model: must not be empty"),
        (
            "[judge]\nfalse_alarms_per_100 = 0",
            "judge.false_alarms_per_100: 0 is out of range, more than 0 and at most 100",
        ),
        ("[judge]\nfalse_alarms_per_100 = nan", "judge.false_alarms_per_100: nan is out of range"),
        ("[judge]\nfalse_alarms_per_100 = true", "judge.false_alarms_per_100: expected a number, found true/false"),
        ('[judge]\nfirst_pass = "1h"', 'judge.first_pass: "1h" is out of range, "1d" to "36500d"'),
        ("[judge]\nlabels = { toxic = 4 }", "judge.labels.toxic: 4 is out of range, 0 to 3"),
        ("[judge]\nlabels = 4", "judge.labels: expected a table of labels and levels, found a whole number"),
        (
            "[cooling]\nsettle = 1.5",
            'cooling.settle: expected whole minutes or a string such as "3m", found a number with a fraction',
        ),
        ("[cooling]\nsettle = 99999999999999999", "cooling.settle: 99999999999999999 minutes is out of range"),
        ('[cooling]\nsettle = "2d"', 'cooling.settle: "2d" is out of range, 0 to "1d"'),
        ('[cooling]\nsettle = "morning"', 'cooling.settle: "morning" is not a duration'),
        ('[cooling]\nretry = ["0s"]', 'cooling.retry[0]: "0s" is out of range, "1s" to "1d"'),
        ('[cooling]\nretry = "1m"', "cooling.retry: expected a list of durations, found a string"),
        ('[cooling]\nmorning = "24:00"', 'cooling.morning: "24:00" is not a time of day; write it as "09:00"'),
        ("[cooling]\nmorning = 9", "cooling.morning: expected a string, found a whole number"),
        ('[cooling]\nnight = ["22:00"]', 'cooling.night: expected two times such as ["22:00", "06:00"], found 1'),
        ('[cooling]\nnight = ["22:00", "6"]', 'cooling.night[1]: "6" is not a time of day'),
        (
            "[cooling]\nhold = []",
            "cooling.hold: expected four rows, for an incoming mail of level 0, 1, 2 and 3, found 0",
        ),
        ('[replies]\nplace = "review"', 'replies.place: "review" is not one of "cooling-off", "review-only"'),
        ('[notify]\ndesktop = "maybe"', 'notify.desktop: "maybe" is not one of "auto", "on", "off"'),
        ('[clients]\nfile = ""', "clients.file: must not be empty"),
        ("[clients]\nfile = 2026-01-01", "clients.file: expected a string, found a date"),
        ("[gateway]\nenabled = true\nkeyring = true", "gateway.user: missing: the mail client logs in with it"),
        ('[gateway]\nenabled = true\nuser = "a"', "gateway: no password source"),
        ('[gateway]\nkeyring = true\npassword_env = "A"', "gateway.keyring: only one of"),
    ],
)
def test_a_wrong_value_is_named(write: Write, toml: str, problem: str) -> None:
    """Each kind of mistake has its own clear line."""
    assert only(write(toml)).startswith(problem)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('name = "studio"\n', ""), "account[0].name: missing"),
        (('name = "studio"', 'name = ""'), "account[0].name: must not be empty"),
        (('address = "Me@Example.org"\n', ""), "account[0].address: missing"),
        (("Me@Example.org", "me"), 'account[0].address: "me" is not a mail address'),
        (("Me@Example.org", "Me <me@example.org>"), "account[0].address: "),
        (("imap", "imapp"), 'account[0].imapp: unknown key, did you mean "imap"?'),
        (('host = "mail.example.org", ', ""), "account[0].imap.host: missing"),
        ((', user = "me"', ""), "account[0].imap.user: missing"),
        (
            ("mail.example.org", "imaps://mail.example.org"),
            'account[0].imap.host: "imaps://mail.example.org" is not a host name',
        ),
        (
            ("mail.example.org", "mail.example.org:993"),
            'account[0].imap.host: "mail.example.org:993" is not a host name; the port',
        ),
        (
            ('user = "me"', 'user = "me", security = "none"'),
            'account[0].imap.security: "none" is allowed on this machine only',
        ),
        (
            ('user = "me"', 'user = "me", security = "ssl"'),
            'account[0].imap.security: "ssl" is not one of "tls", "starttls", "none"',
        ),
        (('user = "me"', 'user = "me", security = 1'), "account[0].imap.security: expected a string"),
        (
            ('user = "me"', 'user = "me", auth = "login"'),
            'account[0].imap.auth: "login" is not one of "password", "xoauth2"',
        ),
        (
            ('user = "me"', 'user = "me", password = "geheim"'),
            "account[0].imap.password: a password does not belong in this file",
        ),
        (
            ('password_command = "pass show mail"', ""),
            "account[0]: no password source: give password_command, password_env or",
        ),
        (('password_command = "pass show mail"', "keyring = false"), "account[0]: no password source"),
        (
            ("pass show mail", 'pass \\"show'),
            "account[0].password_command: cannot be split into words: no closing quotation",
        ),
        (("pass show mail", ""), "account[0].password_command: must not be empty"),
        (
            ('"pass show mail"', '"pass"\nkeyring = true'),
            "account[0].keyring: only one of password_command, password_env, keyring",
        ),
        (
            ('command = "pass show mail"', 'env = "a b"'),
            "account[0].password_env: expected the name of an environment variable",
        ),
        (
            ('"pass show mail"', '"pass"\naliases = "x"'),
            "account[0].aliases: expected a list of addresses, found a string",
        ),
        (('"pass show mail"', '"pass"\naliases = ["x"]'), "account[0].aliases[0]: "),
        (('"pass show mail"', '"pass"\nrelay = 5'), "account[0].relay: expected a table, found a whole number"),
        (
            ('"pass show mail"', '"pass"\nfolders = { draft = "D" }'),
            'account[0].folders.draft: unknown key, did you mean "drafts"?',
        ),
    ],
)
def test_a_wrong_account_is_named(write: Write, change: tuple[str, str], problem: str) -> None:
    """Missing keys, contradictions and unsafe connections in an account are found."""
    lines = problems(write(ACCOUNT.replace(*change)))
    assert any(line.removeprefix("config.toml: ").startswith(problem) for line in lines), lines


@pytest.mark.parametrize("key", ["password", "Password", "passwd", "pass", "secret", "token"])
def test_a_literal_password_is_refused_and_not_repeated(write: Write, key: str) -> None:
    """Whoever writes a password into the file learns where it belongs, and it is not printed."""
    path = write(ACCOUNT + f'{key} = "hunter2"\n')
    line = only(path)
    assert line == (
        f"account[0].{key}: a password does not belong in this file; "
        "use password_command, password_env or keyring = true"
    )


@pytest.mark.parametrize(
    "toml", ['password_env = "hunter 2"', 'password_command = ["hunter 2"]', 'keyring = "hunter 2"']
)
def test_a_password_in_the_wrong_place_is_not_repeated(write: Write, toml: str) -> None:
    """No message shows what may be a secret."""
    path = write(ACCOUNT.replace('password_command = "pass show mail"', toml))
    assert "hunter" not in "".join(problems(path))


def test_two_accounts_of_one_name_are_refused(write: Write) -> None:
    """An account's name identifies it everywhere."""
    assert only(write(ACCOUNT * 2)) == 'account[1].name: "studio" is the name of an earlier account already'


@pytest.mark.parametrize("host", ["localhost", "Localhost.", "127.0.0.1", "127.8.9.1", "::1", "[::1]"])
def test_no_security_is_accepted_on_this_machine(write: Write, host: str) -> None:
    """A bridge or a test server on loopback needs no TLS."""
    text = ACCOUNT.replace("mail.example.org", host).replace('user = "me"', 'user = "me", security = "none"')
    assert load(write(text)).accounts[0].imap.security is Security.NONE


@pytest.mark.parametrize("key", ["imap", "relay"])
@pytest.mark.parametrize(
    "host",
    ["mail.example.org", "192.168.1.5", "0.0.0.0", "localhost.example.org", "ip6-localhost", "127.0.0.1.example"],
)
def test_no_security_is_refused_everywhere_else(write: Write, key: str, host: str) -> None:
    """Also for names that some machines take for themselves and others ask the DNS for; told before any connection."""
    relay = 'relay = { host = "mail.example.org" }\n'
    text = ACCOUNT + relay
    server = {"imap": 'host = "mail.example.org", user', "relay": 'relay = { host = "mail.example.org"'}[key]
    assert server in text
    text = text.replace(server, server.replace('"mail.example.org"', f'"{host}", security = "none"'))
    assert only(write(text)).startswith(f'account[0].{key}.security: "none" is allowed on this machine only')


@pytest.mark.parametrize(("security", "imap", "relay"), [("tls", 993, 465), ("starttls", 143, 587), ("none", 143, 25)])
def test_ports_follow_the_security(write: Write, security: str, imap: int, relay: int) -> None:
    """A port that is left out is the usual one, and the relay's user is the mailbox's."""
    text = ACCOUNT.replace("mail.example.org", "localhost").replace(
        'user = "me"', f'user = "me", security = "{security}"'
    )
    (account,) = load(write(text + f'relay = {{ host = "localhost", security = "{security}" }}\n')).accounts
    assert account.imap.port == imap
    assert account.relay is not None
    assert (account.relay.port, account.relay.user) == (relay, "me")


def test_servers_may_be_tables_of_their_own(write: Write) -> None:
    """[account.imap] is the same as the inline table."""
    inline = load(write(ACCOUNT)).accounts
    text = ACCOUNT.replace('imap = { host = "mail.example.org", user = "me" }\n', "")
    assert load(write(text + '[account.imap]\nhost = "mail.example.org"\nuser = "me"\n')).accounts == inline


def test_toml_local_times_are_accepted(write: Write) -> None:
    """TOML has times of its own; quoting them is not required."""
    cooling = load(write("[cooling]\nmorning = 08:15:00\nnight = [23:00:00, 05:00:00]\n")).cooling
    assert (cooling.morning, cooling.night) == (time(8, 15), (time(23), time(5)))


@pytest.mark.parametrize(("value", "setting"), [("true", Desktop.ON), ("false", Desktop.OFF), ('"auto"', Desktop.AUTO)])
def test_desktop_may_be_a_switch(write: Write, value: str, setting: Desktop) -> None:
    """True and false say what they seem to say."""
    assert load(write(f"[notify]\ndesktop = {value}\n")).notify.desktop is setting


def test_paths_are_relative_to_the_file(write: Write, home: Path) -> None:
    """Wherever Gelassen is started, and ~ is the home."""
    path = write(
        '[store]\nurl = "sqlite:///mail.db?timeout=5"\n[clients]\nfile = "~/book.toml"\n[judge]\nmodel = "./own"\n'
    )
    config = load(path)
    assert config.store.url == f"sqlite:///{path.parent}/mail.db?timeout=5"
    assert config.clients.file == home / "book.toml"
    assert config.judge.model == str(path.parent / "own")


def test_a_database_in_the_home(write: Write, home: Path) -> None:
    """~ works in a database URL as well."""
    assert load(write('[store]\nurl = "sqlite:///~/mail.db"\n')).store.url == f"sqlite:///{home}/mail.db"


def test_a_relative_config_path_gives_absolute_paths(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--config config.toml` must not depend on the working folder later."""
    path = write('[judge]\nmodel = "org/model"\n')
    (path.parent / "org" / "model").mkdir(parents=True)
    monkeypatch.chdir(path.parent)
    config = load(Path("config.toml"))
    assert config.path == path
    assert config.judge.model == str(path.parent / "org" / "model")


def test_postgresql_is_left_as_it_is(write: Write) -> None:
    """Only SQLite names a file; and a URL, which may hold a password, is not shown with the settings."""
    config = load(write('[store]\nurl = "postgresql+psycopg://me:hunter2@localhost/gelassen"\n'))
    assert config.store.url == "postgresql+psycopg://me:hunter2@localhost/gelassen"
    assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[general\n", "config.toml: line 1, column 9: expected ']' at the end of a table declaration"),
        (b"a = 1\na = 2\n", "config.toml: line 2, column 6: cannot overwrite a value"),
        (b"a = ", "config.toml: end of document: invalid value"),
        (b"# gr\xfc\xdfe\n", "config.toml: line 1: is not UTF-8 text; save the file as UTF-8"),
        (b"a = 1\n\xff", "config.toml: line 2: is not UTF-8 text; save the file as UTF-8"),
    ],
)
def test_syntax_errors_name_the_place(tmp_path: Path, content: bytes, problem: str) -> None:
    """Line and column are told where they are known."""
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    assert problems(path) == (problem,)


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    """Some editors on Windows write one."""
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf[web]\nport = 1234\n")
    assert load(path).web.port == 1234


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """A folder, or a file without permission, gives a line and no traceback."""
    (line,) = problems(tmp_path)
    assert line == f"{tmp_path} cannot be read: Is a directory"


def test_a_disabled_gateway_needs_no_password() -> None:
    """The default gateway is off and complete."""
    assert dataclasses.asdict(Gateway())["password_command"] is None


def test_settings_cannot_be_changed() -> None:
    """Settings are values: whoever has them can rely on them."""
    config: Any = Config()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.web = None


@pytest.mark.parametrize(
    ("oauth", "problem"),
    [
        ('{ issuer = "microsoft" }', "account[0].oauth.client_id: missing: your own client, see docs/configuration.md"),
        ('{ issuer = "google" }', "account[0].oauth.client_file: missing: your own client, see docs/configuration.md"),
        ('{ issuer = "yahoo" }', 'account[0].oauth.issuer: "yahoo" is not one of "microsoft", "google"'),
    ],
)
def test_oauth_needs_a_client_of_its_issuer(write: Write, oauth: str, problem: str) -> None:
    """Nobody signs in with a client that belongs to somebody else."""
    assert only(write(ACCOUNT.replace('password_command = "pass show mail"', f"oauth = {oauth}"))) == problem


def test_oauth_makes_tokens_the_way_to_log_in(write: Write) -> None:
    """Nobody has to write xoauth2; files are relative to config.toml; a password as well is one source too many."""
    text = ACCOUNT + 'relay = { host = "smtp.example.org" }\n'
    oauth = 'oauth = { issuer = "google", client_file = "client.json", token_file = "token" }'
    path = write(text.replace('password_command = "pass show mail"', oauth))
    (account,) = load(path).accounts
    assert account.oauth is not None
    assert (account.imap.auth, account.relay and account.relay.auth) == (Auth.XOAUTH2, Auth.XOAUTH2)
    assert (account.oauth.client_file, account.oauth.token_file) == (path.parent / "client.json", path.parent / "token")
    assert "only one of" in only(write(text + oauth))
    spoilt = text.replace('password_command = "pass show mail"', oauth).replace(
        'user = "me"', 'user = "me", auth = "password"'
    )
    assert "account[0].imap.auth" in only(write(spoilt))
