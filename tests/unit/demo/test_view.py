"""The live view: a screen that fits, lines that tell each thing once, and the table at the end."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from string import Formatter

import pytest
from rich.console import Console

from assistant.core.escalation import Level
from assistant.demo.lines import news
from assistant.demo.screen import Picture, draw
from assistant.demo.snapshot import LeftDraft, Snapshot
from assistant.demo.summary import print_summary, summarise
from assistant.demo.texts import CATALOGUES
from assistant.demo.view import View
from assistant.texts import Lang
from tests.unit.demo.sample import NOW, PROGRAMME, SETTING, snapshot

SIZES = [(100, 40), (80, 24), (120, 50), (200, 60), (60, 20)]


def console(width: int = 100, height: int = 40, *, terminal: bool = True) -> Console:
    """A console that writes into memory."""
    return Console(width=width, height=height, force_terminal=terminal, file=io.StringIO(), legacy_windows=False)


def written(into: Console) -> str:
    """All that was printed."""
    assert isinstance(into.file, io.StringIO)
    return into.file.getvalue()


def drawn(shot: Snapshot, width: int, height: int, lang: Lang = "de") -> list[str]:
    """The lines of one screen, without colours."""
    into = Console(width=width, height=height, file=io.StringIO(), force_terminal=False)
    into.print(draw(Picture(snapshot=shot, setting=SETTING, lang=lang), into))
    return written(into).splitlines()


@pytest.mark.parametrize("lang", ["de", "en"])
@pytest.mark.parametrize("until", [0, 1, 66, None])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_screen_fits(width: int, height: int, until: int | None, lang: Lang) -> None:
    """From the empty start to the end: exactly the terminal's height, never wider."""
    lines = drawn(snapshot(until=until), width, height, lang)
    assert len(lines) == height
    assert max(map(len, lines)) <= width


def test_large_screen_tells_everything() -> None:
    """How to join in, levels in words, reasons, what is left alone or settled, anger beside calm, what to try."""
    text = "\n".join(drawn(snapshot(), 100, 40))
    for words in (
        "IMAP 127.0.0.1:14300 · Benutzer mara · Passwort gelassen",
        "█ eskaliert",
        "Antwort auf eine eskalierte Mail (3), Entwurf gereizt (2): bis Sonntag 00:50",
        "noch 4 h 00 min",
        "ruhig, bleibt in „Entwürfe“",
        "erledigt: Mara hat anders geantwortet",
        "jetzt reicht es mir aber auch",
        "danke für Ihre Mail.",
        "gelassen --config /tmp/gelassen-demo-k3x9/config.toml queue",
        "danach show 3, review 3, release 3",
    ):
        assert words in text


def test_small_screen_tells_the_essentials() -> None:
    """At 80 × 24: address, mails, held drafts with reasons, the command."""
    text = "\n".join(drawn(snapshot(), 80, 24))
    for words in (
        "127.0.0.1:14300",
        "Jens Kröger",
        "eskaliert",
        "An Priya Nair",
        "bis Sonntag 00:50",
        "config.toml queue",
    ):
        assert words in text


def test_start_says_that_the_model_is_loading() -> None:
    """Before the first mail is judged the viewer is told why nothing happens."""
    assert "Sprachmodell wird geladen" in "\n".join(drawn(snapshot(until=0), 80, 24))


def test_start_tells_the_story_where_there_is_room() -> None:
    """While the model loads the viewer reads what is going to happen."""
    text = "\n".join(drawn(snapshot(until=0), 100, 40))
    assert "Auf die hitzigen antwortet Mara im Ärger" in text
    assert "Nach 4 Sekunden Ruhe liegt er nicht mehr in „Entwürfe“, sondern in „Abkühlung“," in text


def test_newest_mail_is_on_top() -> None:
    """New mail appears in the first line of the inbox."""
    lines = drawn(snapshot(), 100, 40)
    first = next(i for i, line in enumerate(lines) if line.startswith("Zeit"))
    assert "Jens Kröger" in lines[first + 1]


def test_lines_tell_each_thing_once() -> None:
    """Looking again at the same tells nothing; each mail, hold and settlement is one line."""
    everything = snapshot()
    lines = list(news(Snapshot(now=NOW), everything, "de"))
    assert list(news(everything, everything, "de")) == []
    assert sum(line.startswith("Mail ") for line in lines) == len([m for m in everything.mails if m.level is not None])
    assert sum(line.startswith("beiseite ") for line in lines) == 14
    assert sum(line.startswith("gehalten ") for line in lines) == 2
    assert sum(line.startswith("erledigt ") for line in lines) == 1
    assert sum(line.startswith("gelassen ") for line in lines) == 2
    assert not [line for line in lines if "\n" in line]


def test_change_of_a_draft_is_told() -> None:
    """A draft that was held and is settled now is one line, and the mails are not told again."""
    after = snapshot()
    held = after.held[0]
    before = replace(after, drafts=tuple(d for d in after.drafts if d.id != held.id))
    why = "Answer to an escalated mail (3), draft heated (2): until Sunday 00:50"
    assert list(news(before, after, "en")) == [f"held       draft {held.id} to {held.to}: {why}"]


def test_addresses_and_bare_subjects_are_shown_as_people_know_them() -> None:
    """Drafts known by address and folded subject are shown with the client's name and the mail's subject."""
    shot = snapshot()
    left = LeftDraft(to="info@x.example, b@x.example", subject="abschluss")
    mail = replace(shot.mails[0], address="Info@x.example", subject="AW: Abschluss", sender="Uwe Strack")
    after = Snapshot(now=NOW, mails=(mail,), left=(left,))
    lines = news(Snapshot(now=NOW, mails=(mail,)), after, "de")
    assert list(lines) == ["gelassen   Entwurf an Uwe Strack +1 ist ruhig und bleibt: Re: Abschluss"]


def ticking(ticks: int) -> Callable[[float], bool]:
    """A wait that ends the view after some beats, without waiting."""
    left = iter([False] * ticks)
    return lambda _seconds: next(left, True)


def test_view_without_a_terminal_prints_plain_lines() -> None:
    """Into a file or a pipe: no control sequences, the opening, then what happens while it grows."""
    shots = iter([snapshot(until=0), snapshot(until=10), snapshot(), snapshot()])
    into = console(terminal=False)
    last = View(lambda: next(shots), SETTING, lang="de", wait=ticking(2), console=into).run()
    text = written(into)
    assert "\x1b" not in text
    assert text.startswith("Gelassen hält hitzige Antworten zurück")
    assert text.count("Shop offline, und keiner geht ran! [eskaliert 3]") == 1
    assert last == snapshot()


def test_view_on_a_terminal_draws_and_leaves_the_screen_clean() -> None:
    """The alternate screen is entered and left; the last snapshot comes back."""
    into = console()
    last = View(snapshot, SETTING, lang="en", wait=ticking(3), console=into).run()
    text = written(into)
    assert text.count("\x1b[?1049h") == text.count("\x1b[?1049l") == 1
    assert last == snapshot()


def test_view_can_be_asked_for_plain_lines() -> None:
    """``--plain`` on a terminal."""
    into = console()
    View(snapshot, SETTING, lang="de", wait=ticking(0), console=into, plain=True).run()
    assert "\x1b[?1049h" not in written(into)


def test_new_mail_is_bold_for_a_moment() -> None:
    """What was there at the start is not new; what comes later is bold for three seconds."""
    shots = iter([snapshot(until=2), snapshot(), snapshot(now=NOW + timedelta(seconds=5))])
    pictures: list[str] = []

    def wait(_seconds: float) -> bool:
        pictures.append(written(into))
        return len(pictures) > 2

    into = console()
    View(lambda: next(shots), SETTING, lang="de", wait=wait, console=into).run()
    bold = re.compile(r"\x1b\[1m[^\x1b]*Shop offline")
    second, third = pictures[1][len(pictures[0]) :], pictures[2][len(pictures[1]) :]
    assert bold.search(second)
    assert not bold.search(third)


def test_summary_compares_with_the_labels() -> None:
    """All right: every story exact; the friend's mail is the one noise that is judged."""
    summary = summarise(snapshot(), PROGRAMME.mails)
    assert len(summary.rows) == 9
    assert summary.rows[0].client == "Ralf Brinkmann"
    assert [int(mail.expected) for mail in summary.rows[0].mails] == [0, 2, 3, 1, 0]
    assert all(mail.exact for mail in summary.judged)
    assert (summary.aside, summary.noise) == (14, 15)
    assert (summary.held, summary.ended, summary.left) == (2, 1, 2)


def test_summary_tells_what_is_wrong_and_what_is_missing() -> None:
    """One level off counts as near, two as neither; a mail not judged yet is a dash and does not count."""
    right = snapshot()
    brinkmann = [mail for mail in right.mails if mail.sender == "Ralf Brinkmann"]
    off = {brinkmann[0].id: Level.TENSE, brinkmann[1].id: Level.CALM}
    mails = [replace(m, level=off.get(m.id, m.level)) for m in right.mails if m.id != brinkmann[4].id]
    into = Console(width=100, file=io.StringIO())
    print_summary(summarise(replace(right, mails=tuple(mails)), PROGRAMME.mails), "de", into)
    text = written(into)
    line = next(line for line in text.splitlines() if line.startswith("Ralf Brinkmann"))
    assert line.split()[2:] == ["0", "2", "3", "1", "0", "1", "0", "3", "1", "–", "2/4", "3/4"]


def test_both_languages_say_the_same() -> None:
    """Same keys, same placeholders."""
    german, english = CATALOGUES["de"], CATALOGUES["en"]
    assert german.keys() == english.keys()
    for key, words in german.items():
        assert placeholders(words) == placeholders(english[key]), key


def placeholders(words: str) -> set[str]:
    """Names in braces."""
    return {name for _, name, _, _ in Formatter().parse(words) if name}
