"""``gelassen correct``: said in one line, shown in what it changes, taken back as easily."""

from __future__ import annotations

import pytest

from assistant.core.adaptation import STEP_CLIENT, STEP_COMMON
from assistant.daemon.parts import Parts
from tests.unit.cli.conftest import World, mail

KEYS = {"id", "message_id", "client", "level", "judged", "corrected", "thresholds", "otherwise", "held", "at"}
LISTED = {"id", "account", "message_id", "subject", "client", "level", "judged", "p", "model", "counts", "at"}


def seen(gelassen: World, *levels: int) -> None:
    """Mails of these levels in INBOX, looked at; their numbers begin with 1."""
    for number, level in enumerate(levels, 1):
        gelassen.client_writes(number, f"So geht das nicht ({level}).")
        assert gelassen("run", "--once").code == 0


def test_mail_is_listed_as_corrected(gelassen: World) -> None:
    """With the level that the user gave it and the one that was judged, for people and for programs."""
    seen(gelassen, 2, 0)
    assert gelassen("correct", "1", "--level", "0").code == 0
    second, first = gelassen("mails", "--json").json
    assert (first["level"], first["corrected"]["judged"], second["corrected"]) == (0, 2, None)
    line = gelassen("mails").out.splitlines()[-1]
    assert "calm (0)" in line
    assert "corrected by you, judged heated (2)" in line


def test_effect_is_told_in_words(gelassen: World) -> None:
    """The mail, the thresholds for this client and for all, the last mails, and the way back."""
    seen(gelassen, 2, 0, 2)
    words = gelassen("correct", "1", "--level", "0").out
    assert "Mail 1 from Klara Kunde <kunde@firma.example> counts as calm (0) from now on; it was judged heated" in words
    assert "heated (2) for kunde@firma.example: from 50 % to 57.4 %" in words
    assert "heated (2) for all others: from 50 % to 52.5 %" in words
    assert "escalated (3)" not in words
    assert "Of the last 2 mails none would now be judged otherwise." in words
    assert "A mail like this one would still be called heated (2) next time" in words
    assert "gelassen correct --undo 1" in words


def test_effect_is_told_in_german(gelassen: World) -> None:
    """Plain German, with German numbers."""
    seen(gelassen, 2)
    words = gelassen("correct", "1", "--level", "1", "--lang", "de").out
    assert "gilt ab jetzt als angespannt (1); beurteilt war sie so: gereizt (2)." in words
    assert "gereizt (2) bei kunde@firma.example: von 50 % auf 57,4 %" in words


def test_json_tells_what_moved(gelassen: World) -> None:
    """Thresholds before and after, within the bounds of a single correction."""
    seen(gelassen, 0)
    form = gelassen("correct", "1", "--level", "2", "--json").json
    assert form.keys() >= KEYS
    own, common = form["thresholds"]["client"], form["thresholds"]["all"]
    assert own["before"] == common["before"] == [0.5, 0.5, 0.5]
    assert own["after"][2] == 0.5
    assert 0 < own["before"][1] - own["after"][1] <= STEP_CLIENT + 1e-9
    assert 0 < common["before"][1] - common["after"][1] <= STEP_COMMON + 1e-9
    assert (form["level"], form["judged"], form["corrected"]) == (2, 0, True)


def test_named_by_message_id(gelassen: World) -> None:
    """With or without its brackets, and by the number with a #."""
    seen(gelassen, 0)
    for name in ("<c1@firma.example>", "c1@firma.example", "#1"):
        assert gelassen("correct", name, "--level", "1", "--json").json["id"] == 1


def test_list_and_undo(gelassen: World) -> None:
    """What was corrected, with what it rests on; taken back it is as before, and not listed any more."""
    assert "Nothing was corrected yet" in gelassen("correct", "--list").out
    assert gelassen("correct", "--list", "--json").json == []
    seen(gelassen, 2)
    gelassen("correct", "1", "--level", "0")
    (row,) = gelassen("correct", "--list", "--json").json
    assert row.keys() >= LISTED
    assert (row["id"], row["level"], row["judged"], row["p"], row["counts"]) == (1, 0, 2, [0.9, 0.9, 0.1], True)
    assert (row["client"], row["model"]) == ("kunde@firma.example", "marked")
    assert "kunde@firma.example" in gelassen("correct", "--list").out
    answer = gelassen("correct", "--undo", "1")
    assert "it is heated (2) again" in answer.out
    assert "heated (2) for kunde@firma.example: from 57.4 % to 50 %" in answer.out
    assert gelassen("mails", "--json").json[0]["corrected"] is None
    assert gelassen("correct", "--list", "--json").json == []
    again = gelassen("correct", "<c1@firma.example>", "--undo")
    assert (again.code, "Mail 1 was not corrected" in again.err) == (1, True)


def test_what_was_learnt_is_used_by_the_daemon(gelassen: World) -> None:
    """Ten false alarms of one client, and the eleventh such mail is judged as the user would."""
    seen(gelassen, *[2] * 10)
    for number in range(1, 11):
        gelassen("correct", str(number), "--level", "0")
    gelassen.client_writes(11, "So geht das nicht (2).")
    gelassen.server.add("INBOX", mail("Ute <ute@andere.example>", "Neu", "So geht das nicht (2)."))
    assert gelassen("run", "--once").code == 0
    found = {row["subject"]: (row["level"], row["corrected"]) for row in gelassen("mails", "--json").json}
    assert found["Katalog 11"] == (0, None)
    assert found["Neu"] == (2, None)


def test_new_model_is_asked_about_corrected_mails(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """They rest while another model judges, as the list says, and count again once the daemon has started with it."""
    seen(gelassen, 2)
    gelassen("correct", "1", "--level", "0")
    monkeypatch.setattr(Parts.classifier, "version", "another", raising=False)
    (row,) = gelassen("correct", "--list", "--json").json
    assert (row["model"], row["counts"], gelassen("mails", "--json").json[0]["level"]) == ("marked", False, 0)
    assert "corrections that count again, by the judgement of the new model: 1." in gelassen("run", "--once").err
    (row,) = gelassen("correct", "--list", "--json").json
    assert (row["model"], row["counts"]) == ("another", True)


def test_held_draft_is_named_and_stays(gelassen: World) -> None:
    """The correction decides nothing about it; the mail's level shows everywhere."""
    row = gelassen.held()
    answer = gelassen("correct", "1", "--level", "0")
    assert f"Your draft {row['id']}, which answers it, stays held as it was" in answer.out
    (after,) = gelassen("queue", "--json").json
    assert after == row | {"cooled": after["cooled"]}
    shown = gelassen("show", str(row["id"]), "--json").json["incoming"]
    assert (shown["level"], shown["corrected"]["judged"], shown["cues"]) == (0, 3, [])
    assert "calm (0) · corrected by you, judged escalated (3)" in gelassen("show", str(row["id"])).out


def test_newsletter_can_be_called_heated(gelassen: World) -> None:
    """A client's mail that was set aside by mistake gets a level; nothing is learnt, and that is said."""
    head = "List-Unsubscribe: <https://n.example>\r\n"
    gelassen.server.add("INBOX", mail("Kunde <kunde@firma.example>", "Angebot", "Unverschämt!", head))
    assert gelassen("run", "--once").code == 0
    answer = gelassen("correct", "1", "--level", "2")
    assert "counts as heated (2) from now on.\n" in answer.out
    assert "never judged" in answer.out
    (row,) = gelassen("mails", "--json").json
    assert (row["level"], row["set_aside"], row["corrected"]["judged"]) == (2, "bulk", None)
    assert gelassen("correct", "--list", "--json").json[0]["counts"] is False


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("1",),
        ("--level", "2"),
        ("--undo",),
        ("1", "--list"),
        ("1", "--level", "4"),
        ("1", "--level", "2", "--undo"),
        ("--list", "--undo"),
    ],
)
def test_wrong_calls(gelassen: World, arguments: tuple[str, ...]) -> None:
    """Usage, in the user's language, and nothing is stored."""
    seen(gelassen, 0)
    answer = gelassen("correct", *arguments, "--lang", "de")
    assert answer.code == 2
    assert "Aufruf" in answer.err
    assert gelassen("correct", "--list", "--json").json == []


@pytest.mark.parametrize("name", ["7", "<nobody@nowhere.example>", "1234567890123456"])
def test_unknown_mail(gelassen: World, name: str) -> None:
    """An expected failure that says where to look."""
    answer = gelassen("correct", name, "--level", "1")
    assert (answer.code, "gelassen mails" in answer.err) == (1, True)
