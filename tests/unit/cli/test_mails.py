"""``gelassen mails``: everything seen, newest first."""

from __future__ import annotations

from tests.unit.cli.conftest import World, mail

KEYS = {
    *("id", "account", "folder", "message_id", "from", "client", "date", "subject", "level", "signals", "cues"),
    *("set_aside", "unassessed"),
}


def seen(gelassen: World, count: int) -> None:
    """So many mails in INBOX, looked at."""
    for number in range(1, count + 1):
        gelassen.client_writes(number, f"Text {number} ({number % 4})")
    assert gelassen("run", "--once").code == 0


def test_nothing_yet(gelassen: World) -> None:
    """Said, and as JSON an empty list."""
    assert "No mail was seen yet" in gelassen("mails").out
    assert gelassen("mails", "--json").json == []


def test_json_has_the_keys_of_the_contract(gelassen: World) -> None:
    """Newest first; the client is the sender's address."""
    seen(gelassen, 3)
    rows = gelassen("mails", "--json").json
    assert all(row.keys() >= KEYS for row in rows)
    assert [row["subject"] for row in rows] == ["Katalog 3", "Katalog 2", "Katalog 1"]
    row = rows[-1]
    assert (row["from"], row["client"]) == ("Klara Kunde <kunde@firma.example>", "kunde@firma.example")
    assert (row["level"], row["date"], row["message_id"]) == (1, "2026-11-18T10:00:00+01:00", "<c1@firma.example>")


def test_limit(gelassen: World) -> None:
    """Fifty for people unless they ask for more, all for machines."""
    seen(gelassen, 60)
    assert len(gelassen("mails", "--json").json) == 60
    assert len(gelassen("mails", "--json", "--limit", "7").json) == 7
    words = gelassen("mails").out
    assert words.count("Katalog") == 50
    assert "gelassen mails --limit 0" in words
    assert gelassen("mails", "--limit", "0").out.count("Katalog") == 60
    assert gelassen("mails", "--limit", "-3").code == 2


def test_set_aside_with_the_reason(gelassen: World) -> None:
    """A newsletter is listed, without a level."""
    head = "List-Id: <n.example>\r\nList-Unsubscribe: <https://n.example>\r\n"
    gelassen.server.add("INBOX", mail("News <n@n.example>", "Angebot", "Nur heute!", head))
    assert gelassen("run", "--once").code == 0
    (row,) = gelassen("mails", "--json").json
    assert row["level"] is None
    assert row["set_aside"] in {"list", "bulk"}
    assert gelassen("mails", "--lang", "de").out.splitlines()[1].rstrip().endswith(("Mailingliste", "Massenmail"))


def test_account(gelassen: World) -> None:
    """Only of one account; an unknown one is an error."""
    seen(gelassen, 1)
    assert len(gelassen("mails", "--json", "--account", "studio").json) == 1
    answer = gelassen("mails", "--account", "nope")
    assert (answer.code, 'no account "nope"' in answer.err) == (1, True)
