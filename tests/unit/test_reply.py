"""Choosing, filling and threading of calm replies."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters.templates import Templates
from assistant.core.escalation import Signal
from assistant.core.message import Address, Message
from assistant.core.reason import Reason, reason_text
from assistant.core.reply import (
    Choice,
    Suggestion,
    choose,
    draft_text,
    gap_mark,
    gaps_in,
    quote,
    reply_headers,
    reply_subject,
    values,
)
from assistant.core.wording import day_in_words, greeting, person, register_of, topic
from assistant.services.ports import TemplateInfo

INFOS = Templates(Path(__file__).parents[2] / "templates" / "replies").templates()
REGISTERS = (("de", "Sie"), ("de", "Du"), ("en", "formal"), ("en", "casual"))


def own(name: str = "mine", *, levels: tuple[int, ...] = (1, 2, 3), signals: tuple[str, ...] = ()) -> TemplateInfo:
    """A template of the user's own."""
    return TemplateInfo(name=name, language="de", register="Sie", levels=levels, signals=signals, purpose="Probe")


def names(level: int, *signals: str, infos: tuple[TemplateInfo, ...] = INFOS) -> list[str]:
    """What is chosen in German with Sie."""
    return [choice.template for choice in choose(level, signals, "de", "Sie", infos)]


# --- choosing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "register"), REGISTERS)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_two_or_three_different_replies_for_every_heat_and_signal(language: str, register: str, level: int) -> None:
    """Whatever the signals: two or three templates, none twice, the acknowledgement among them."""
    for signals in itertools.chain([()], itertools.combinations(Signal, 1), itertools.combinations(Signal, 2)):
        chosen = [choice.template for choice in choose(level, signals, language, register, INFOS)]
        assert 2 <= len(chosen) <= 3
        assert len(set(chosen)) == len(chosen)
        assert "acknowledge" in chosen
        reasons = [choice.reason for choice in choose(level, signals, language, register, INFOS)]
        assert len(set(reasons)) == len(reasons)


@pytest.mark.parametrize("signals", [(), ("goodwill",), ("hardship", "farewell"), ("payment_dispute",)])
def test_calm_mail_gets_no_suggestion(signals: tuple[str, ...]) -> None:
    """Nobody needs help with a calm mail …"""
    assert names(0, *signals) == []


def test_calm_change_of_scope_gets_its_two_ways() -> None:
    """… unless it asks for more than was agreed."""
    assert choose(0, ["scope_change", "goodwill"], "de", "Sie", INFOS) == (
        Choice(template="change_request", reason=Reason.SCOPE),
    )


@pytest.mark.parametrize(
    ("level", "signals", "expected"),
    [
        (1, ["disappointment"], ["thank_and_ask", "apologise_and_fix", "acknowledge"]),
        (1, ["scope_change", "disappointment"], ["change_request", "thank_and_ask", "acknowledge"]),
        (2, [], ["acknowledge", "apologise_and_fix", "our_side"]),
        (2, ["anger", "commitment_doubt"], ["acknowledge", "apologise_and_fix", "our_side"]),
        (2, ["commitment_doubt"], ["acknowledge", "thank_and_ask", "our_side"]),
        (2, ["ultimatum"], ["acknowledge", "hold_the_line", "apologise_and_fix"]),
        (3, ["insult", "anger"], ["acknowledge", "hold_the_line", "thank_and_ask"]),
        (3, ["payment_dispute", "scope_change"], ["acknowledge", "hold_the_line", "change_request"]),
        (3, ["churn_threat"], ["acknowledge", "thank_and_ask", "apologise_and_fix"]),
    ],
)
def test_choice_follows_level_and_signals(level: int, signals: list[str], expected: list[str]) -> None:
    """The situations of the demo stories get what a wise account manager would write."""
    assert names(level, *signals) == expected


def test_own_template_with_a_fitting_signal_goes_before_the_shipped_ones() -> None:
    """The user wrote it for this."""
    infos = (*INFOS, own("other", signals=("insult",)), own("fits", signals=("anger", "sarcasm")))
    assert names(2, "anger", infos=infos) == ["acknowledge", "fits", "apologise_and_fix"]


def test_own_template_for_any_signal_is_used_when_its_level_fits() -> None:
    """An empty list of signals means any; at level 0 that is not enough."""
    assert names(1, infos=(*INFOS, own())) == ["mine", "thank_and_ask", "acknowledge"]
    assert names(3, infos=(*INFOS, own(levels=(1,)))) == names(3)
    assert names(0, infos=(*INFOS, own(levels=(0,)))) == []
    assert names(0, "goodwill", infos=(*INFOS, own(levels=(0,), signals=("goodwill",)))) == ["mine"]


def test_missing_templates_are_replaced_by_others() -> None:
    """A broken template leaves a hole that another one fills; without any there is no suggestion."""
    without = tuple(info for info in INFOS if info.name not in {"apologise_and_fix", "our_side"})
    assert names(2, infos=without) == ["acknowledge", "thank_and_ask", "hold_the_line"]
    assert choose(2, [], "fr", "vous", INFOS) == ()


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_line_in_both_languages(reason: Reason) -> None:
    """One line each, and the languages differ."""
    german, english = reason_text(reason, "de"), reason_text(reason, "en")
    assert german != english
    assert german.endswith(".")
    assert "\n" not in german + english


# --- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "german", "english"),
    [
        (date(2026, 11, 23), "Montag, 23. November", "Monday, 23 November"),
        (date(2027, 3, 1), "Montag, 1. März", "Monday, 1 March"),
        (date(2026, 12, 31), "Donnerstag, 31. Dezember", "Thursday, 31 December"),
        (date(2028, 2, 29), "Dienstag, 29. Februar", "Tuesday, 29 February"),
    ],
)
def test_day_in_words(day: date, german: str, english: str) -> None:
    """Without the locale of the machine."""
    assert day_in_words(day, "de") == german
    assert day_in_words(day, "en") == english


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Guten Tag Frau Lindner,\n\nwann kommt der Katalog?", "Sie"),
        ("Hallo Mara,\n\nkannst du mir die Datei schicken?", "Du"),
        ("Zwei Stunden und keine Antwort. Ihre Rechnung können Sie behalten.", "Sie"),
        ("Guckt bei euch eigentlich irgendwer hin, bevor ihr was wegschickt??", "Du"),
        ("Mara, ich weiß, das Blau war meine Idee.", "Du"),
        ("Wann ist es fertig?", "Sie"),
        ("", "Sie"),
        ("Meine Schwiegermutter war da. Sie will jetzt auch ein Logo. Machst du mit? Ich zahl dir das.", "Du"),
        ("Hallo Frau Lindner, mein Chef sagte nur „was machst du da“. Bitte rufen Sie an.", "Sie"),
        ("> kannst du das bitte prüfen?\n\nDas prüfen Sie bitte selbst.", "Sie"),
        ("Hallo Support, das Ticket steht noch auf offen. Gruß Mehnert", "Sie"),
        ("Freigegeben, bitte drucken.", "Sie"),
        ("hallo herr bach, können sie morgen mal gucken?", "Sie"),
        ("Moin ihr Lieben, wir ziehen im Oktober um.", "Du"),
    ],
)
def test_register_of_german_mail(text: str, expected: str) -> None:
    """Sie unless the client says du or ihr; a quoted du, a third person and a team are no du."""
    assert register_of(text, "de") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dear Mara,\n\nplease find our review below.\n\nKind regards,\nClaire", "formal"),
        ("Hi Mara,\n\nthe brochures look fantastic.", "casual"),
        ("Mara,\n\nI'm not seeing it. I don't think a call will help.", "casual"),
        ("Dear Ms Lindner, I don't understand the invoice.", "formal"),
        ("Please send the invoice to our accounts department.", "formal"),
        ("", "formal"),
    ],
)
def test_register_of_english_mail(text: str, expected: str) -> None:
    """Formal unless greeting and contractions say otherwise."""
    assert register_of(text, "en") == expected


def test_register_comes_from_the_thread_where_the_mail_does_not_tell() -> None:
    """A two-word mail below a quoted Du mail is answered with Du; a mail that tells is not overruled."""
    assert register_of("Passt so.", "de", thread="> Hallo Katrin, schaust du mal?") == "Du"
    assert register_of("Das passt Ihnen so?", "de", thread="> Hallo Katrin, schaust du mal?") == "Sie"


@pytest.mark.parametrize(
    ("name", "sie", "du"),
    [
        ("Ralf Brinkmann", "Guten Tag Ralf Brinkmann", "Hallo Ralf"),
        ("Brinkmann, Ralf", "Guten Tag Ralf Brinkmann", "Hallo Ralf"),
        ('"Brinkmann, Dr. Ralf (Einkauf)"', "Guten Tag Dr. Ralf Brinkmann", "Hallo Ralf"),
        ("Anna-Lena von der Heide", "Guten Tag Anna-Lena von der Heide", "Hallo Anna-Lena"),
        ("RALF BRINKMANN", "Guten Tag Ralf Brinkmann", "Hallo Ralf"),
        ("Ralf Brinkmann | Brinkmann Treppenbau GmbH", "Guten Tag Ralf Brinkmann", "Hallo Ralf"),
        ("Ömer Yıldız", "Guten Tag Ömer Yıldız", "Hallo Ömer"),
        ("R. Brinkmann", "Guten Tag R. Brinkmann", "Hallo"),
        ("Katrin", "Guten Tag", "Hallo Katrin"),
        ("KUNDE Klaus", "Guten Tag Klaus Kunde", "Hallo Klaus"),
        ("sabine.roth", "Guten Tag", "Hallo"),
        ("Uwe Strack, Autohaus", "Guten Tag", "Hallo"),
        ("Frau Müller", "Guten Tag Frau Müller", "Hallo"),
        ("Familie Schmidt", "Guten Tag Familie Schmidt", "Hallo"),
        ("Prof. Dr. med. Anna Groß", "Guten Tag Prof. Dr. Anna Groß", "Hallo Anna"),
        ("Dr.-Ing. Karl Weiß", "Guten Tag Dr. Karl Weiß", "Hallo Karl"),
        ("'Klaus Kunde' via Freshdesk", "Guten Tag Klaus Kunde", "Hallo Klaus"),
        ("Müller-Lüdenscheidt, Hans-Peter", "Guten Tag Hans-Peter Müller-Lüdenscheidt", "Hallo Hans-Peter"),
        ("", "Guten Tag", "Hallo"),
        ("Brinkmann Treppenbau GmbH", "Guten Tag", "Hallo"),
        ("Kundenservice", "Guten Tag", "Hallo"),
        ("info@brinkmann.example", "Guten Tag", "Hallo"),
        ("Team 4", "Guten Tag", "Hallo"),
    ],
)
def test_german_greeting(name: str, sie: str, du: str) -> None:
    """Names turned round, titles and firms left out, and no gender guessed."""
    assert greeting(name, "Sie") == sie
    assert greeting(name, "Du") == du


@pytest.mark.parametrize(
    ("name", "formal", "casual"),
    [
        ("Claire Whitcombe", "Dear Claire Whitcombe", "Hi Claire"),
        ("Smith, John, PhD", "Dear John Smith", "Hi John"),
        ("Claire Whitcombe MBA", "Dear Claire Whitcombe", "Hi Claire"),
        ("Frau Müller", "Hello", "Hi"),
        ("Halden Instruments Ltd", "Hello", "Hi"),
        ("", "Hello", "Hi"),
    ],
)
def test_english_greeting(name: str, formal: str, casual: str) -> None:
    """The same in English."""
    assert greeting(name, "formal") == formal
    assert greeting(name, "casual") == casual


@pytest.mark.parametrize(
    ("thread", "expected"),
    [
        ("> Guten Tag Herr Brinkmann,\n> vielen Dank für den Auftrag.", "Guten Tag Herr Brinkmann"),
        ("wie mit Herrn Dr. Brinkmann besprochen", "Guten Tag Herr Dr. Brinkmann"),
        ("Sehr geehrte Frau Ralf Brinkmann", "Guten Tag Frau Brinkmann"),
        ("Guten Tag Frau Lindner", "Guten Tag Ralf Brinkmann"),
        ("Frau Brinkmann und Herr Brinkmann", "Guten Tag Ralf Brinkmann"),
        ("Herr Brinkmanns Auftrag", "Guten Tag Ralf Brinkmann"),
    ],
)
def test_title_is_used_where_the_thread_gives_it(thread: str, expected: str) -> None:
    """Herr or Frau only when it stands before this very name, and only when it is not contradicted."""
    assert greeting("Ralf Brinkmann", "Sie", thread=thread) == expected


def test_english_title_from_the_thread() -> None:
    """Mr, Mrs, Ms and Dr alike."""
    assert greeting("Claire Whitcombe", "formal", thread="Dear Ms. Whitcombe,") == "Dear Ms Whitcombe"
    assert greeting("Dr. Claire Whitcombe", "formal") == "Dear Dr Whitcombe"


def test_person_has_first_and_last_name() -> None:
    """Particles belong to the last name."""
    who = person("van Dijk, Sanne")
    assert (who.first, who.last, who.full) == ("Sanne", "van Dijk", "Sanne van Dijk")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("AW: EILT!!! Katalog", "Katalog"),
        ("Re: Re: Ihre Rechnung 2026-118", "Ihre Rechnung 2026-118"),
        ("Supplier Performance Review H1: Lindner & Kolb", "Supplier Performance Review H1: Lindner & Kolb"),
        ("FALSCH", ""),
        ("Frechheit", ""),
        ("Ich kündige", ""),
        ("NOTFALL (echt diesmal)", ""),
        ("URGENT", ""),
        ("SEO", "SEO"),
        ("Das „neue“ Logo", "Das neue Logo"),
        ("", ""),
        ("x" * 61, ""),
    ],
)
def test_topic_is_what_one_can_quote_in_a_calm_reply(subject: str, expected: str) -> None:
    """Alarm and cries are not quoted back."""
    assert topic(subject) == expected


@pytest.mark.parametrize(
    "text", ["ihr " * 250_000, "a'" * 500_000, "[… " * 300_000, "(" * 1_000_000, "„" * 1_000_000, "> \n" * 300_000]
)
def test_hostile_text_costs_no_time(text: str) -> None:
    """A mail of a megabyte made to be slow is looked at within a second."""
    started = time.perf_counter()
    assert register_of(text, "de", thread=text) in {"Sie", "Du"}
    assert register_of(text, "en", thread=text) in {"formal", "casual"}
    assert greeting(text, "Sie", thread=text).startswith("Guten Tag")
    assert topic(text) == ""
    assert gaps_in(text) == ()
    assert time.perf_counter() - started < 1


@given(st.text(), st.sampled_from(["Sie", "Du", "formal", "casual"]))
def test_words_never_fail(text: str, register: str) -> None:
    """Whatever stands in a header or a mail, there is a greeting, a register and a subject; one "Re:" stays one."""
    assert greeting(text, register, thread=text).split()[0] in {"Guten", "Hallo", "Dear", "Hello", "Hi"}
    assert "\n" not in topic(text)
    assert register_of(text, "de") in {"Sie", "Du"}
    assert reply_subject(reply_subject(text)) == reply_subject(text)


# --- values, gaps and the mail -------------------------------------------------------------------------------------


def test_values_hold_what_the_program_knows() -> None:
    """Greeting, topic, days in words, the client's name and the signature; nothing empty."""
    message = Message(
        sender=Address(address="r@brinkmann.example", name="Ralf Brinkmann"),
        subject="AW: EILT!!! Katalog",
        date=datetime(2026, 11, 20, 23, 50, tzinfo=timezone(timedelta(hours=1))),
        newest_text="…",
        quoted_text="> Guten Tag Herr Brinkmann,",
    )
    known = values(message, language="de", register="Sie", next_working_day=date(2026, 11, 23), signature=" Mara\n")
    assert known == {
        "greeting": "Guten Tag Herr Brinkmann",
        "topic": "Katalog",
        "next_day": "Montag, 23. November",
        "received": "Freitag, 20. November",
        "name": "Ralf Brinkmann",
        "signature": "Mara",
    }


def test_values_of_a_bare_mail_leave_out_what_is_unknown() -> None:
    """No sender, no subject, no date: greeting and day remain."""
    known = values(Message(), language="en", register="casual", next_working_day=date(2026, 11, 23))
    assert known == {"greeting": "Hi", "next_day": "Monday, 23 November"}


def test_signature_falls_back_to_the_name_that_was_addressed() -> None:
    """Only when a single person was addressed: otherwise it could be somebody else's name."""
    mara, graham = (Address(address=f"{n}@x.example", name=f"{n} Lindner") for n in ("Mara", "Graham"))
    day = date(2026, 11, 23)
    one = values(Message(to=(mara,)), language="de", register="Sie", next_working_day=day)
    two = values(Message(to=(mara,), cc=(graham,)), language="de", register="Sie", next_working_day=day)
    assert one["signature"] == "Mara Lindner"
    assert "signature" not in two


def test_gaps_are_found_as_they_stand_in_the_text() -> None:
    """Also when a mail client has wrapped the line or replaced the sign; other brackets are no gaps."""
    text = f"Ich {gap_mark('was ich tue')} und [...] [… wann\nund wo …] [... how ...] [sic] […]"
    assert gaps_in(text) == ("was ich tue", "wann und wo", "how")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Katalog", "Re: Katalog"),
        ("Re: Katalog", "Re: Katalog"),
        ("AW: RE: Antw: SV: Re[3]: Katalog", "Re: Katalog"),
        ("WG: AW: Katalog", "Re: Katalog"),
        ("RE : Katalog", "Re: Katalog"),
        ("Regal", "Re: Regal"),
        ("Re: Ressourcen: Re-Design", "Re: Ressourcen: Re-Design"),
        ("", "Re:"),
    ],
)
def test_reply_subject_does_not_pile_up(subject: str, expected: str) -> None:
    """One mark, whatever was there."""
    assert reply_subject(subject) == expected


def test_reply_headers_continue_the_thread() -> None:
    """RFC 5322, 3.6.4: the parent's references and its own Message-ID."""
    assert reply_headers("<c@x>", ["<a@x>", "<b@x>"]) == ("<c@x>", ("<a@x>", "<b@x>", "<c@x>"))
    assert reply_headers("<b@x>", [], ["<a@x>"]) == ("<b@x>", ("<a@x>", "<b@x>"))
    assert reply_headers("<c@x>", [], ["<a@x>", "<b@x>"]) == ("<c@x>", ("<c@x>",))
    assert reply_headers("<a@x>", []) == ("<a@x>", ("<a@x>",))
    assert reply_headers(None, ["<a@x>"]) == (None, ("<a@x>",))
    assert reply_headers(None, []) == (None, ())
    assert reply_headers("<b@x>", ["<a@x>", "<b@x>"]) == ("<b@x>", ("<a@x>", "<b@x>"))


def test_long_thread_keeps_its_root_and_its_last_members() -> None:
    """A chain of hundreds stays a header of readable length."""
    _, chain = reply_headers("<last@x>", [f"<{n}@x>" for n in range(300)])
    assert len(chain) == 21
    assert (chain[0], chain[-1]) == ("<0@x>", "<last@x>")


def test_quote_marks_every_line_below_an_attribution() -> None:
    """Deeper quotes get one more mark, empty lines no trailing blank."""
    sent = datetime(2024, 1, 3, 10, 0, tzinfo=UTC)
    assert quote("Hallo,\n\n> alt\nneu  \n", "Klaus Kunde", sent, "de") == (
        "Am 03.01.24 um 10:00 schrieb Klaus Kunde:\n\n> Hallo,\n>\n>> alt\n> neu"
    )
    assert quote("Hi", "Claire", sent, "en") == "On 3 Jan 2024, at 10:00, Claire wrote:\n\n> Hi"
    assert quote("Hi", "Claire", None, "en").startswith("Claire wrote:")
    assert quote("Hi", "Claire", None, "de").startswith("Claire schrieb:")


def test_draft_has_the_reply_above_the_quotation() -> None:
    """As most clients' mail programs place it."""
    suggestion = Suggestion(
        template="acknowledge",
        language="de",
        register="Sie",
        subject="Re: Katalog",
        text="Guten Tag,",
        reason=Reason.AT_ONCE,
    )
    assert draft_text(suggestion, "> alt") == "Guten Tag,\n\n> alt\n"
    assert draft_text(suggestion, "") == "Guten Tag,\n"
