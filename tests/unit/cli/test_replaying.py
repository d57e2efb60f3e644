"""``gelassen replay`` on files of all kinds and on a folder of an account; pictures, interruption, German."""

from __future__ import annotations

import io
import mailbox
import sqlite3
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from assistant.core.escalation import JudgeInput, Scores
from assistant.daemon.parts import Parts
from assistant.services.ports import Fetched
from tests.fakes import MarkedClassifier, MemoryMailbox
from tests.unit.cli.conftest import World, mail

ME = "mara@studio.example"
CLIENT = "Klara <kunde@firma.example>"
CALM = "Vielen Dank für den schönen Entwurf, wir freuen uns auf die Fortsetzung."
KEYS = {"mails", "set_aside", "unassessed", "levels", "would_hold", "seconds", "mails_per_second"}


class Counting(MarkedClassifier):
    """Remembers what it was asked, and is interrupted at a certain call."""

    def __init__(self, interrupted_at: int | None = None) -> None:
        self.texts: list[str] = []
        self._calls_left = interrupted_at

    def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
        if self._calls_left is not None:
            self._calls_left -= 1
            if self._calls_left < 0:
                raise KeyboardInterrupt
        self.texts += [item.text for item in inputs]
        return super().score(inputs)


def letter(number: int, text: str, *, sender: str = CLIENT, more: str = "", to: str = ME) -> bytes:
    """A mail with a Message-ID of its own."""
    head = f"Message-ID: <m{number}@example>\r\n{more}"
    return mail(sender, f"Katalog {number}", f"{text}\nNummer {number} der Mails zum Katalog.", head, to=to)


def answer(number: int, text: str) -> bytes:
    """The user's answer to a letter."""
    more = f"In-Reply-To: <m{number}@example>\r\n"
    return letter(1000 + number, text, sender=ME, more=more, to="kunde@firma.example")


def mbox(path: Path, mails: Sequence[bytes]) -> Path:
    """An mbox."""
    box = mailbox.mbox(str(path))
    for one in mails:
        box.add(one)
    box.close()
    return path


@pytest.fixture
def archive(gelassen: World) -> Path:
    """Six client mails: 2 calm, 1 tense, 2 heated, 1 escalated; two answers, a newsletter, an empty and a Czech one."""
    texts = [CALM, "Wo bleibt es (1)?", "So geht das nicht (2).", "Nein (2).", "Frechheit (3).", CALM]
    mails = [letter(number, text) for number, text in enumerate(texts)]
    mails += [answer(0, "Gern geschehen, bis bald."), answer(5, "Das ist ja wohl die Höhe (2).")]
    mails.append(letter(20, CALM, more="List-Id: <news.example>\r\nList-Unsubscribe: <https://x.example>\r\n"))
    mails.append(mail(CLIENT, "", "", "Message-ID: <empty@example>\r\n"))
    czech = "Dobrý den, děkujeme za Vaši zprávu a těšíme se na další spolupráci s Vámi i s celým Vaším týmem."
    mails.append(mail(CLIENT, "Katalog", czech, "Message-ID: <cz@example>\r\n"))
    return mbox(gelassen.folder / "archive.mbox", mails)


def test_json_has_the_keys_of_the_contract(gelassen: World, archive: Path) -> None:
    """Every mail is counted once, as set aside, not assessed, or by its level."""
    form = gelassen("replay", str(archive), "--json").json
    assert form.keys() >= KEYS
    assert (form["mails"], form["set_aside"], form["unassessed"]) == (11, 3, 2)
    assert form["levels"] == {"0": 2, "1": 1, "2": 2, "3": 1}
    assert form["mails"] == form["set_aside"] + form["unassessed"] + sum(form["levels"].values())
    assert form["set_aside_reasons"]["own"] == 2
    assert form["unassessed_reasons"] == {"no_text": 1, "language": 1}
    assert form["seconds"] >= 0
    assert form["mails_per_second"] > 0


def test_each_budget_has_its_own_counts(gelassen: World, archive: Path) -> None:
    """The same probabilities against all thresholds; a heated answer to a calm mail is held, a calm answer is not."""
    settings = gelassen("replay", str(archive), "--json").json["settings"]
    found = [(s["false_alarms_per_100"], s["current"], s["flagged"], s["tense"], s["held"]) for s in settings]
    # Held at 1: the two heated and the escalated one whatever is answered, and mail 5, which was answered in anger.
    assert found == [(0.5, False, 0, 4, 1), (1.0, True, 3, 1, 4), (5.0, False, 4, 0, 5)]
    assert {s["answered"] for s in settings} == {2}
    assert [s["held_answered"] for s in settings] == [1, 1, 1]


@pytest.mark.parametrize("kind", ["mbox", "maildir", "files", "eml"])
def test_archives_of_every_kind(gelassen: World, kind: str) -> None:
    """mbox, Maildir (new and cur), a folder of .eml, one .eml."""
    mails = [letter(1, CALM), letter(2, "Frechheit (3).")][: 1 if kind == "eml" else 2]
    place = gelassen.folder / "place"
    if kind == "mbox":
        mbox(place, mails)
    elif kind == "maildir":
        box = mailbox.Maildir(str(place))
        keys = [box.add(one) for one in mails]
        seen = mailbox.MaildirMessage(mails[0])
        seen.set_subdir("cur")
        seen.set_flags("S")
        box[keys[0]] = seen
        box.close()
    elif kind == "files":
        (place / "deep").mkdir(parents=True)
        for number, one in enumerate(mails):
            (place / "deep" / f"{number}.eml").write_bytes(one)
    else:
        place = place.with_suffix(".eml")
        place.write_bytes(mails[0])
    form = gelassen("replay", str(place), "--json").json
    assert (form["mails"], form["levels"]["0"], form["levels"]["3"]) == (len(mails), 1, len(mails) - 1)


def test_several_places_are_one_archive(gelassen: World) -> None:
    """Inbox and sent mail in two files: the answer is found."""
    inbox = mbox(gelassen.folder / "inbox", [letter(1, CALM)])
    sent = mbox(gelassen.folder / "sent", [answer(1, "Frechheit (3).")])
    form = gelassen("replay", str(sent), str(inbox), "--json").json
    assert (form["mails"], form["would_hold"], form["settings"][1]["held_answered"]) == (2, 1, 1)


def test_own_addresses_can_be_named(gelassen: World, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings own mail is a client's until --me says otherwise; only that mail is then judged again."""
    monkeypatch.delenv("GELASSEN_CONFIG")
    gelassen.config.unlink()
    first = gelassen("replay", str(archive), "--json").json
    assert "own" not in first["set_aside_reasons"]
    classifier = Counting()
    monkeypatch.setattr(Parts, "classifier", classifier)
    second = gelassen("replay", str(archive), "--me", "Mara@Studio.example", "--json").json
    assert (second["set_aside_reasons"]["own"], second["known"]) == (2, 9)
    assert len(classifier.texts) == 2
    assert "--me ADDRESS" in gelassen("replay", str(archive)).out


def test_goes_on_where_it_was_interrupted(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle: exit 130, how to go on is said, and no mail is judged twice."""
    place = mbox(gelassen.folder / "big.mbox", [letter(number, CALM) for number in range(300)])
    broken = Counting(interrupted_at=2)
    monkeypatch.setattr(Parts, "classifier", broken)
    stopped = gelassen("replay", str(place), "--fresh")
    assert (stopped.code, stopped.out) == (130, "")
    done = len(broken.texts)
    assert 0 < done < 300
    assert f"{done} mails are done" in stopped.err
    assert f"gelassen replay {place}\n" in stopped.err
    rest = Counting()
    monkeypatch.setattr(Parts, "classifier", rest)
    form = gelassen("replay", str(place), "--json").json
    assert (form["mails"], form["known"], form["levels"]["0"]) == (300, done, 300)
    assert len(rest.texts) == 300 - done
    assert set(rest.texts).isdisjoint(broken.texts)


def test_another_model_judges_anew(gelassen: World, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results are kept for a version of the model; --fresh forgets them all."""
    assert gelassen("replay", str(archive), "--json").json["known"] == 0
    assert gelassen("replay", str(archive), "--json").json["known"] == 11
    monkeypatch.setattr(MarkedClassifier, "version", "newer")
    assert gelassen("replay", str(archive), "--json").json["known"] == 0
    assert gelassen("replay", str(archive), "--fresh", "--json").json["known"] == 0


def test_nothing_of_the_mail_is_kept(gelassen: World, archive: Path) -> None:
    """Neither a word nor an address nor a subject is in the file, which is the user's alone."""
    gelassen("replay", str(archive))
    path = gelassen.folder / "replay.db"
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes().lower()
    for word in ("entwurf", "katalog", "frechheit", "kunde", "firma", "mara", "klara", "m1@example"):
        assert word.encode() not in content


def test_damaged_results_are_named(gelassen: World, archive: Path) -> None:
    """The file says what to do; exit 1."""
    (gelassen.folder / "replay.db").write_bytes(b"no database" * 1000)
    answer = gelassen("--lang", "de", "replay", str(archive))
    assert answer.code == 1
    assert "replay.db: ist beschädigt; bitte löschen, dann beurteilt replay alles neu." in answer.err


def test_a_mail_that_upsets_the_model_is_counted(
    gelassen: World, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no level, the others do."""

    class Upset(MarkedClassifier):
        def score(self, inputs: Sequence[JudgeInput]) -> list[Scores]:
            if any("Wo bleibt" in item.text for item in inputs):
                raise IndexError
            return super().score(inputs)

    monkeypatch.setattr(Parts, "classifier", Upset())
    form = gelassen("replay", str(archive), "--json").json
    assert (form["unassessed_reasons"]["unreadable"], sum(form["levels"].values())) == (1, 5)


def test_a_file_that_cannot_be_read_is_counted(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest goes on, and the next run looks at it again."""
    place = gelassen.folder / "mails"
    place.mkdir()
    for name in ("a", "b"):
        (place / f"{name}.eml").write_bytes(letter(ord(name), CALM))
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "b.eml":
            raise PermissionError(13, "Permission denied")
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        form = gelassen("replay", str(place), "--json").json
        assert (form["mails"], form["unassessed_reasons"]) == (2, {"unreadable": 1})
    form = gelassen("replay", str(place), "--json").json
    assert (form["mails"], form["unassessed"], form["known"]) == (2, 0, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nope.mbox"], "nope.mbox: cannot be read (No such file or directory)"),
        (
            ["imap:other/INBOX"],
            "imap:other/INBOX: there is no such account; write imap:ACCOUNT/FOLDER with one of: studio",
        ),
        (["."], "there are no mails in this folder"),
    ],
)
def test_places_that_are_not(
    gelassen: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], words: str
) -> None:
    """One line, exit 1."""
    monkeypatch.chdir(tmp_path)
    found = gelassen("replay", *arguments)
    assert (found.code, words in found.err) == (1, True)


@pytest.mark.parametrize(
    ("picture", "words"),
    [("a.jpg", "a.jpg is neither"), ("nowhere/a.svg", "there is no folder"), ("a", "a is neither")],
)
def test_a_picture_that_cannot_be_is_refused_at_once(gelassen: World, archive: Path, picture: str, words: str) -> None:
    """Before the archive is judged: exit 2."""
    found = gelassen("replay", str(archive), "--picture", picture)
    assert (found.code, words in found.err) == (2, True)
    assert not (gelassen.folder / "replay.db").exists()


def test_png_without_pillow_is_refused_at_once(gelassen: World, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to do instead; SVG needs nothing."""
    monkeypatch.setitem(sys.modules, "PIL.ImageDraw", None)
    found = gelassen("--lang", "de", "replay", str(archive), "--picture", str(gelassen.folder / "a.png"))
    assert (found.code, found.out) == (1, "")
    assert "PNG-Bilder brauchen Pillow" in found.err
    assert "die Datei .svg nennen" in found.err
    assert gelassen("replay", str(archive), "--picture", str(gelassen.folder / "a.svg")).code == 0


def test_same_levels_as_judge(gelassen: World, archive: Path) -> None:
    """One mail, one level, whichever command is asked."""
    judged = [form["level"] for form in gelassen("judge", str(archive), "--json").json]
    levels = gelassen("replay", str(archive), "--json").json["levels"]
    assert levels == {str(level): judged.count(level) for level in range(4)}


def test_empty_mbox(gelassen: World) -> None:
    """No mails, no table, no division by zero; a picture all the same."""
    place = gelassen.folder / "empty.mbox"
    place.write_bytes(b"")
    svg = gelassen.folder / "a.svg"
    found = gelassen("replay", str(place), "--picture", str(svg))
    assert (found.code, "There are no mails in it." in found.out) == (0, True)
    assert gelassen("replay", str(place), "--json").json["mails_per_second"] == 0
    ET.parse(svg)


def test_pictures(gelassen: World, archive: Path) -> None:
    """SVG that a parser reads, with the current setting and both languages; PNG of twice its size."""
    svg, png = gelassen.folder / "a.svg", gelassen.folder / "a.PNG"
    assert gelassen("--lang", "de", "replay", str(archive), "--picture", str(svg)).code == 0
    root = ET.parse(svg).getroot()
    words = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Was Gelassen getan hätte", "0,5", "1", "5", "Nov 2026"} <= set(words)
    assert "6 Kundenmails beurteilt, November 2026 bis November 2026" in words
    assert gelassen("replay", str(archive), "--picture", str(png)).code == 0
    with Image.open(png) as image:
        assert (image.format, image.size) == (
            "PNG",
            (2 * int(root.get("width", "0")), 2 * int(root.get("height", "0"))),
        )


def test_in_words(gelassen: World, archive: Path) -> None:
    """The table with the current setting marked, in the language asked for; how fast it was."""
    english = gelassen("replay", str(archive)).out
    assert "11 mails in" in english
    assert "At the current setting: calm (0) 2, tense (1) 1, heated (2) 2, escalated (3) 1" in english
    row = next(line for line in english.splitlines() if "(now)" in line)
    assert row.split() == ["1", "(now)", "1", "3", "4"]
    german = gelassen("--lang", "de", "replay", str(archive)).out
    assert "davon aus einem früheren Lauf bekannt" in german
    row = next(line for line in german.splitlines() if line.strip().startswith("0,5"))
    assert row.split() == ["0,5", "4", "0", "1"]


class Terminal(io.StringIO):
    """Standard error on a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_bar_on_a_terminal_only(gelassen: World, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted before, drawn over itself, taken away at the end; nothing where nobody looks."""
    assert gelassen("replay", str(archive)).err == ""
    err = Terminal()
    monkeypatch.setattr(sys, "stderr", err)
    assert gelassen("replay", str(archive), "--fresh").code == 0
    assert "0 of 11 mails" in err.getvalue()
    assert err.getvalue().endswith("\r\x1b[K")


def test_folder_of_an_account(gelassen: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """INBOX and Sent of the account; the second time nothing is fetched."""
    fetched: list[int] = []

    class Watched(MemoryMailbox):
        def folder_named(self, name: str) -> str:
            return name

        def fetch_texts(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> Iterator[Fetched]:
            fetched.extend(uids)
            return super().fetch_texts(folder, uidvalidity, uids)

    monkeypatch.setattr(Parts, "reading_mailbox", lambda self, account: Watched(gelassen.server))
    for number in range(3):
        gelassen.server.add("INBOX", letter(number, "Frechheit (3)."))
    gelassen.server.add("Sent", answer(1, "Frechheit (3)."))
    form = gelassen("replay", "imap:studio", "imap:studio/Sent", "--json").json
    assert (form["mails"], form["levels"]["3"], form["set_aside"], form["settings"][1]["answered"]) == (4, 3, 1, 1)
    assert len(fetched) == 4
    again = gelassen("replay", "imap:studio", "imap:studio/Sent", "--json").json
    assert (again["mails"], again["known"], again["settings"][1]["answered"]) == (4, 4, 1)
    assert len(fetched) == 4


def test_ledger_is_left_alone(gelassen: World, archive: Path) -> None:
    """A replay writes to its own file only."""
    before = (gelassen.folder / "gelassen.db").read_bytes()
    gelassen("replay", str(archive))
    assert (gelassen.folder / "gelassen.db").read_bytes() == before
    with sqlite3.connect(gelassen.folder / "replay.db") as database:
        assert database.execute("SELECT count(*) FROM note").fetchone() == (11,)
    database.close()
