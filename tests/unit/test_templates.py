"""The shipped replies, and the adapter that reads and fills templates."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from assistant.adapters.templates import MAX_CHARACTERS, Templates
from assistant.core.reply import gaps_in
from assistant.errors import TemplateError
from assistant.services.ports import ReplyRenderer, TemplateInfo
from tests.situations import SITUATIONS, filled

SHIPPED = Path(__file__).parents[2] / "templates" / "replies"
NAMES = ("acknowledge", "apologise_and_fix", "change_request", "hold_the_line", "our_side", "thank_and_ask")
REGISTERS = (("de", "Sie"), ("de", "Du"), ("en", "formal"), ("en", "casual"))
ALL = [(name, language, register) for language, register in REGISTERS for name in NAMES]

#: Blame, excuses, phrases: what makes a heated reader hotter (notes/evidence.md, d).
FORBIDDEN = re.compile(
    r"Sie haben|du hast|leider|etwaig|Unannehmlichkeit|trotzdem|unberechtigt|wie bereits|wie schon|nicht nachvollzieh"
    r"|bedauern|Verständnis|eigentlich|you failed|you did not|you didn't|unfortunately|inconvenience|as already|"
    r"as I said|per my|any confusion|if you feel|regret to|actually|however",
    re.IGNORECASE,
)

FRONT = """---
name = "{name}"
language = "de"
register = "Sie"
levels = [1, 2]
signals = []
purpose = "Probe"
slots = ["greeting", "fix"]
---
"""


@cache
def shipped() -> Templates:
    """The shipped templates alone, read once."""
    return Templates(SHIPPED)


def write(folder: Path, body: str, *, name: str = "mine", front: str = FRONT) -> Path:
    """Put a template of the user's own into a folder."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.j2"
    path.write_text(front.replace("{name}", name) + body, encoding="utf-8")
    return path


# --- the 24 texts --------------------------------------------------------------------------------------------------


def test_every_reply_exists_in_all_four_registers() -> None:
    """Six replies, German with Sie and Du, English formal and casual, and none is broken."""
    renderer: ReplyRenderer = shipped()
    assert renderer.problems() == ()
    assert {(info.name, info.language, info.register) for info in renderer.templates()} >= set(ALL)


@pytest.mark.parametrize(("name", "language", "register"), ALL)
@pytest.mark.parametrize("situation", ["catalogue", "invoice"])
def test_filled_reply_has_no_gap_and_no_loose_end(name: str, language: str, register: str, situation: str) -> None:
    """With every slot filled nothing of the template language and no gap is left, and every line is tidy."""
    rendered = shipped().render(
        name, language=language, register=register, values=filled(language, register, situation)
    )
    assert rendered.gaps == ()
    assert gaps_in(rendered.text) == ()
    assert not re.search(r"[{}\[\]]|\.\.|  |,,|\n\n\n|\s$|,\.| ,", rendered.text)
    assert rendered.text.endswith(filled(language, register, situation)["signature"])


@pytest.mark.parametrize(("name", "language", "register"), ALL)
def test_empty_reply_shows_each_gap_with_its_label(name: str, language: str, register: str) -> None:
    """With nothing known every slot that is printed is reported and stands in the text in words, not as a name."""
    rendered = shipped().render(name, language=language, register=register, values={})
    info = next(i for i in shipped().templates() if (i.name, i.language, i.register) == (name, language, register))
    assert set(rendered.gaps) == set(info.slots) - {"topic", "signature"}
    assert len(gaps_in(rendered.text)) == len(rendered.gaps)
    assert not any("_" in label for label in gaps_in(rendered.text))


@pytest.mark.parametrize(("language", "register"), REGISTERS)
def test_acknowledgement_needs_nothing_from_the_user(language: str, register: str) -> None:
    """What the program knows is enough, also without a usable subject and without a signature."""
    values = filled(language, register, "catalogue")
    known = {slot: values[slot] for slot in ("greeting", "next_day")}
    rendered = shipped().render("acknowledge", language=language, register=register, values=known)
    assert rendered.gaps == ()
    assert values["next_day"] in rendered.text
    assert len(rendered.text.split()) < 60


@pytest.mark.parametrize(("name", "language", "register"), ALL)
def test_reply_is_short_and_free_of_blame_and_phrases(name: str, language: str, register: str) -> None:
    """No reproach, no excuse, no formula; at most 170 words, no shouting."""
    text = shipped().render(name, language=language, register=register, values={}).text
    assert FORBIDDEN.findall(text) == []
    assert "!" not in text
    assert len(text.split()) <= 170


@pytest.mark.parametrize("name", NAMES)
def test_du_and_sie_never_mix(name: str) -> None:
    """A Du text has no Sie form, a Sie text no Du form, gap labels included."""
    du = shipped().render(name, language="de", register="Du", values={}).text
    sie = shipped().render(name, language="de", register="Sie", values={}).text
    assert re.findall(r"\b(?:Sie|Ihnen|Ihr|Ihre[mnrs]?)\b", du) == []
    assert re.findall(r"\b(?:du|dich|dir|dein\w*|euch|euer|eure\w*)\b", sie, re.IGNORECASE) == []
    assert re.search(r"\b(?:du|dich|dir|dein\w*)\b", du)
    assert re.search(r"\b(?:Sie|Ihnen|Ihr\w*)\b", sie)


@pytest.mark.parametrize("name", NAMES)
def test_formal_english_has_no_contraction(name: str) -> None:
    """Formal and casual English are told apart by more than the greeting."""
    texts = {r: shipped().render(name, language="en", register=r, values={}).text for r in ("formal", "casual")}
    assert not re.search(r"\w['’](?:t|m|re|ve|ll|d|s)\b", texts["formal"])
    assert re.search(r"\w['’](?:t|m|re|ve|ll|d|s)\b", texts["casual"])


@pytest.mark.parametrize(("language", "register"), REGISTERS)
def test_replies_are_no_variants_of_one_skeleton(language: str, register: str) -> None:
    """No sentence longer than a formula stands in two replies."""
    seen: dict[str, str] = {}
    for name in NAMES:
        text = shipped().render(name, language=language, register=register, values={}).text
        for sentence in re.split(r"(?<=[.?:])\s+|\n+", text):
            if len(sentence.split()) > 3 and not sentence.startswith("["):
                assert seen.setdefault(sentence, name) == name, sentence


def test_situations_fill_every_slot() -> None:
    """The values used in tests cover what the templates ask."""
    for info in shipped().templates():
        for values in SITUATIONS[info.language].values():
            assert set(info.slots) <= set(values) | {"greeting"}


# --- filling -------------------------------------------------------------------------------------------------------


def test_blank_value_counts_as_no_value(tmp_path: Path) -> None:
    """A slot filled with blanks is a gap."""
    write(tmp_path, '{{ greeting }}, {{ fix|gap("was ich tue") }}')
    rendered = Templates(tmp_path).render(
        "mine", language="de", register="Sie", values={"greeting": "Guten Tag", "fix": " "}
    )
    assert rendered.text == "Guten Tag, [… was ich tue …]"
    assert rendered.gaps == ("fix",)


def test_slot_without_label_shows_its_name(tmp_path: Path) -> None:
    """Where the author gave no label the gap still shows."""
    write(tmp_path, "{{ fix }}")
    rendered = Templates(tmp_path).render("mine", language="de", register="Sie", values={})
    assert (rendered.text, rendered.gaps) == ("[… fix …]", ("fix",))


def test_value_is_never_read_as_a_template(tmp_path: Path) -> None:
    """A subject with Jinja in it stays what it is."""
    write(tmp_path, "{{ greeting }}")
    values = {"greeting": "{{ fix }}{% if x %}"}
    assert Templates(tmp_path).render("mine", language="de", register="Sie", values=values).text == values["greeting"]


def test_conditions_defaults_and_filters_work(tmp_path: Path) -> None:
    """An unfilled slot that is only asked about, or has a default, is no gap."""
    body = '{% if fix %}{{ fix }}{% else %}ohne{% endif %} {{ fix|default("mit") }} {{ greeting|upper }}{# weg #}'
    write(tmp_path, body + '{% if fix is defined and fix == "x" or "y" in fix %}!{% endif %}')
    rendered = Templates(tmp_path).render("mine", language="de", register="Sie", values={"greeting": "hallo"})
    assert (rendered.text, rendered.gaps) == ("ohne mit HALLO", ())


def test_windows_line_ends_and_byte_order_mark_are_no_problem(tmp_path: Path) -> None:
    """A template saved by a Windows editor works."""
    text = FRONT.replace("{name}", "mine") + "{{ greeting }},\n\ndanke."
    (tmp_path / "w.j2").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    rendered = Templates(tmp_path).render("mine", language="de", register="Sie", values={"greeting": "Hallo"})
    assert rendered.text == "Hallo,\n\ndanke."


def test_unknown_template_names_what_there_is() -> None:
    """The error helps to pick another."""
    with pytest.raises(TemplateError, match=r'no reply template "nope" in de Sie; there are: acknowledge, '):
        shipped().render("nope", language="de", register="Sie", values={})


# --- the user's own ------------------------------------------------------------------------------------------------


def test_own_template_wins_over_the_shipped_one(tmp_path: Path) -> None:
    """Same name, language and register: the user's text; the other registers stay."""
    write(tmp_path, "Meine Art.", name="acknowledge")
    both = Templates(SHIPPED, tmp_path)
    assert both.render("acknowledge", language="de", register="Sie", values={}).text == "Meine Art."
    assert both.render("acknowledge", language="de", register="Du", values={}).text != "Meine Art."
    assert len(both.templates()) == len(shipped().templates())


def test_own_template_joins_the_shipped_ones(tmp_path: Path) -> None:
    """A new name in any subfolder is one more template, with its front matter."""
    write(tmp_path / "sub", "Text.")
    info = TemplateInfo(
        name="mine",
        language="de",
        register="Sie",
        levels=(1, 2),
        signals=(),
        purpose="Probe",
        slots=("greeting", "fix"),
    )
    assert info in Templates(SHIPPED, tmp_path).templates()


def test_changed_file_counts_at_once(tmp_path: Path) -> None:
    """The daemon need not be started again after an edit, a new file or a deletion."""
    own = Templates(SHIPPED, tmp_path)
    assert len(own.templates()) == len(ALL)
    path = write(tmp_path, "Eins.")
    assert own.render("mine", language="de", register="Sie", values={}).text == "Eins."
    write(tmp_path, "Zwei, länger.")
    assert own.render("mine", language="de", register="Sie", values={}).text == "Zwei, länger."
    path.unlink()
    assert len(own.templates()) == len(ALL)


def test_missing_folder_is_a_problem_and_the_rest_works(tmp_path: Path) -> None:
    """A wrong [replies] directory is named."""
    own = Templates(SHIPPED, tmp_path / "nowhere")
    assert own.problems() == (f"{tmp_path / 'nowhere'}:1: no such folder, create it or correct [replies] directory",)
    assert len(own.templates()) == len(ALL)


def test_example_of_the_manual_works(tmp_path: Path) -> None:
    """docs/write-your-own-reply.md shows a template that can be copied as it is."""
    manual = (SHIPPED.parents[1] / "docs" / "write-your-own-reply.md").read_text(encoding="utf-8")
    (tmp_path / "example.j2").write_text(manual.split("```jinja\n")[1].split("```")[0], encoding="utf-8")
    own = Templates(tmp_path)
    assert own.problems() == ()
    rendered = own.render("late_delivery", language="de", register="Sie", values={"greeting": "Hallo", "topic": "A"})
    assert gaps_in(rendered.text)[:2] == ("was sich verspätet (ein Satz)", "Wochentag und Datum")
    assert "An „A“ ändert sich sonst nichts." in rendered.text


# --- broken ones ---------------------------------------------------------------------------------------------------

BROKEN_BODIES = {
    "syntax": ("Hallo,\n\n{{ fix }\n", 12, "unexpected '}'"),
    "unclosed": ("{% if fix %}\nja\n", 11, "Unexpected end of template"),
    "unknown tag": ("Hallo\n{% endfi %}", 11, "unknown tag 'endfi'"),
    "undeclared": ("Hallo\n\n{{ fax }}", 12, 'unknown name "fax"; add it to slots'),
    "attribute": ("{{ ''.__class__ }}", 10, "an attribute (a dot) is not possible"),
    "attribute of a slot": ("\n{{ fix.__class__.__mro__ }}", 11, "an attribute (a dot) is not possible"),
    "subscript": ('{{ fix["__class__"] }}', 10, "[...] is not possible"),
    "filter for attributes": ('{{ fix|attr("__class__") }}', 10, 'unknown filter "attr"'),
    "call": ("{{ fix() }}", 10, "a call is not possible"),
    "call of a global": ("{{ range(10) }}", 10, "a call is not possible"),
    "loop": ("{% for x in fix %}x{% endfor %}", 10, "a loop is not possible"),
    "include": ('{% include "/etc/passwd" %}', 10, '"include" is not possible'),
    "import": ('{% import "x" as y %}', 10, '"import" is not possible'),
    "assignment": ("{% set a = fix %}", 10, '"assign" is not possible'),
    "multiplication": ("{{ 'a' * 1000000000 }}", 10, '"mul" is not possible'),
    "number": ("{{ 7 }}", 10, "only words in quotes"),
    "order": ("{% if fix < 'a' %}{% endif %}", 10, "only ==, != and in"),
    "test": ("{% if fix is callable %}{% endif %}", 10, 'unknown test "callable"'),
    "unknown filter": ("\n{{ fix|shout }}", 11, 'unknown filter "shout", possible: capitalize, default, gap'),
    "label without quotes": ("{{ fix|gap(greeting) }}", 10, "gap needs one label in quotes"),
    "label missing": ("{{ fix|gap }}", 10, "gap needs one label in quotes"),
    "label with brackets": ('{{ fix|gap("a [b]") }}', 10, "no brackets"),
    "label too long": ('{{ fix|gap("' + "a" * 121 + '") }}', 10, "at most 120 characters"),
    "named argument": ('{{ fix|gap(label="a") }}', 10, '"gap" takes no named arguments'),
    "no body": ("\n  \n", 11, "no text below the front matter"),
}


@pytest.mark.parametrize("case", BROKEN_BODIES)
def test_broken_body_is_named_with_its_line_and_the_others_work(case: str, tmp_path: Path) -> None:
    """One line with file, line, what is wrong and what next; every shipped template still renders."""
    body, line, what = BROKEN_BODIES[case]
    path = write(tmp_path, body)
    own = Templates(SHIPPED, tmp_path)
    (problem,) = own.problems()
    assert problem.startswith(f"{path}:{line}: ")
    assert what in problem
    assert problem.endswith("; correct it, the other templates still work")
    assert "\n" not in problem
    assert len(own.templates()) == len(ALL)
    with pytest.raises(TemplateError, match=re.escape(problem)):
        own.render("mine", language="de", register="Sie", values={})


BROKEN_FRONTS = {
    "none": ("Hallo,\n", 1, "begins with a front matter"),
    "unclosed": (FRONT.removesuffix("---\n"), 1, "begins with a front matter"),
    "toml": (FRONT.replace('"de"', '"de'), 3, "Illegal character"),
    "toml at the end": (FRONT.replace('["greeting", "fix"]', '["greeting", '), 8, "Invalid value"),
    "missing key": (FRONT.replace('purpose = "Probe"\n', ""), 1, 'lacks "purpose"'),
    "unknown key": (FRONT.replace("signals", "signal"), 6, 'unknown key "signal", did you mean "signals"?'),
    "language": (FRONT.replace('"de"', '"fr"'), 3, "language is one of de, en"),
    "register": (FRONT.replace('"Sie"', '"sie"'), 4, "register is one of Sie, Du"),
    "level": (FRONT.replace("[1, 2]", "[4]"), 5, "levels is a list of 0, 1, 2, 3"),
    "level as text": (FRONT.replace("[1, 2]", '"1"'), 5, "levels is a list of 0, 1, 2, 3"),
    "signal": (FRONT.replace("signals = []", 'signals = ["angr"]'), 6, 'unknown signal "angr", did you mean "anger"?'),
    "signals as text": (FRONT.replace("signals = []", 'signals = "anger"'), 6, "signals is a list of texts"),
    "slots": (FRONT.replace('"fix"', '"My Fix"'), 8, "slots is a list of names"),
    "name": (FRONT.replace("{name}", "Mein Name"), 2, "name has only small letters"),
    "purpose": (FRONT.replace('"Probe"', "7"), 7, "purpose is a text in quotes"),
}


@pytest.mark.parametrize("case", BROKEN_FRONTS)
def test_broken_front_matter_is_named_with_its_line(case: str, tmp_path: Path) -> None:
    """The line is that of the key, counted from the top of the file."""
    front, line, what = BROKEN_FRONTS[case]
    path = write(tmp_path, "Text.", front=front)
    own = Templates(SHIPPED, tmp_path)
    (problem,) = own.problems()
    assert problem.startswith(f"{path}:{line}: ")
    assert what in problem
    assert len(own.templates()) == len(ALL)


def test_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    """A Latin-1 file is no crash."""
    path = tmp_path / "l.j2"
    path.write_bytes((FRONT + "Grüße").encode("latin-1"))
    assert Templates(tmp_path).problems()[0].startswith(f"{path}:10: this is not UTF-8 text")


def test_endless_file_is_refused(tmp_path: Path) -> None:
    """A reply has a size."""
    path = write(tmp_path, "x" * MAX_CHARACTERS)
    assert Templates(tmp_path).problems()[0].startswith(f"{path}:1: longer than {MAX_CHARACTERS} characters")


def test_two_files_for_one_reply_are_a_problem(tmp_path: Path) -> None:
    """Which one counts would be chance; the first by name stays."""
    write(tmp_path, "Eins.", name="a", front=FRONT.replace("{name}", "twin"))
    write(tmp_path, "Zwei.", name="b", front=FRONT.replace("{name}", "twin"))
    own = Templates(tmp_path)
    assert own.problems()[0].startswith(f"{tmp_path / 'b.j2'}:1: twin de Sie is already in a.j2")
    assert own.render("twin", language="de", register="Sie", values={}).text == "Eins."


def test_sandbox_stands_behind_the_check() -> None:
    """Even a body that got past the check could reach no attribute and call nothing."""
    from jinja2.exceptions import SecurityError

    from assistant.adapters._sandbox import _Environment

    environment = _Environment()
    with pytest.raises(SecurityError):
        environment.from_string("{{ ''.__class__ }}{{ ''.__class__.__mro__ }}").render()
    with pytest.raises(SecurityError):
        environment.from_string("{{ x() }}").render(x=print)
    assert environment.globals == {}


def test_import_is_cheap() -> None:
    """Importing the adapter and making one does not load jinja2."""
    code = (
        "import sys, pathlib; from assistant.adapters.templates import Templates;"
        "Templates(pathlib.Path('x')); print('jinja2' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SHIPPED.parents[1]
    )
    assert done.stdout.strip() == "False"
