"""Newest text of single bodies: traps, device lines, signature blocks, disclaimers."""

from __future__ import annotations

import pytest

from assistant.adapters.mime import html_text, newest_text
from assistant.adapters.mime.attribution import Strength, strength
from assistant.adapters.mime.signature import is_device_line

DEVICE_LINES = """\
Von meinem iPhone gesendet
Gesendet von meinem iPhone
Von meinem iPad gesendet
Sent from my iPhone
Sent from my iPad
Sent from my Samsung Galaxy smartphone.
Von meinem Samsung Galaxy Smartphone gesendet.
Von meinem Galaxy gesendet
Von Samsung-Tablet gesendet
Outlook für iOS beziehen
Outlook für iOS<https://aka.ms/o0ukef> beziehen
Outlook für Android herunterladen
Holen Sie sich Outlook für iOS
Get Outlook for iOS
Get Outlook for Android<https://aka.ms/AAb9ysg>
Sent from Outlook for iOS<https://aka.ms/o0ukef>
Gesendet von Outlook für Android
Von Outlook für iOS gesendet
Gesendet mit der GMX Mail App
Gesendet mit der WEB.DE Mail App
Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.
Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.
Sent from my Android device with K-9 Mail. Please excuse my brevity.
Gesendet von Mail für Windows
Sent from Mail for Windows 10
Sent from Yahoo Mail on Android
Von Yahoo Mail auf Android gesendet
Sent with Proton Mail secure email.
Gesendet mit Proton Mail sichere E-Mail.
Von meinem Handy gesendet, Tippfehler bitte entschuldigen
Gesendet mit der Telekom Mail App
Sent via BlackBerry from T-Mobile
Von meinem/meiner Galaxy gesendet
*Von meinem iPhone gesendet*""".splitlines()

OWN_LINES = """\
Gesendet haben wir die Daten am Montag vom Büro aus.
Von meinem Kollegen wurde Ihnen das gesendet
Das habe ich Ihnen von meinem iPhone gesendet, und Sie haben es ignoriert!
Sent from my point of view this is a scandal.
Get Outlook fixed, please
Sent from my phone yesterday: the list of all errors you made, please read it.
Outlook für den Herbst: düster""".splitlines()


@pytest.mark.parametrize("line", DEVICE_LINES)
def test_device_lines_go(line: str) -> None:
    """What a program adds by itself is recognised."""
    assert is_device_line(line)
    assert newest_text(f"Ja, gern.\n\n{line}\n") == "Ja, gern."


@pytest.mark.parametrize("line", OWN_LINES)
def test_own_lines_stay(line: str) -> None:
    """What only begins like a program's line was written by the sender."""
    assert newest_text(f"Hallo,\n\n{line}\n") == f"Hallo,\n\n{line}"


@pytest.mark.parametrize(
    "text",
    [
        "am 3. Januar um 10 Uhr schrieb ich Ihnen:\nbisher keine Antwort.",
        "Von: Hamburg Hbf\nAn: Köln Hbf\n\nBitte bis Freitag.",
        "Von: Montag\nBis: Freitag\nDatum: egal\nBetreff: Urlaub",
        'Sie haben mir am 12.01.2026 um 16:48 geschrieben:\n"kein Problem". Und jetzt?',
        "Punkt eins.\n--\nPunkt zwei kommt noch, und der wird Ihnen nicht gefallen.",
        "On Monday we talked and you wrote: no problem. Really?",
        "Hello,\n\nFrom: me\nTo: you\n\nthank you!",
        "- eins\n- zwei\n\n--- das war's ---",
        "Wie Herr Meier am 3.1. schrieb:\ndas geht so nicht.",
        'Original Message on the label: "best before 2025". Seriously?',
        "Am 13.01.2026 um 16:48 schrieb Herr Meier:\nSo geht das nicht.\nUnd ich gebe ihm recht!",
        "Diese E-Mail ist vertraulich. Zeigen Sie sie niemandem, sonst bin ich meinen Job los.",
        "Bitte löschen Sie diese Mail, sie war ein Irrtum.",
        "VORSICHT, da wurde ich abgezockt.\n\nUnd zwar von Ihnen.",
        "Achtung, der externe Dienstleister kommt um 9.\n\nBitte aufschließen.",
        "Extern geht das nicht.\n\nGruß",
    ],
)
def test_traps_are_kept(text: str) -> None:
    """Lines of the sender's that look like a program's: nothing is lost."""
    assert newest_text(text) == text


@pytest.mark.parametrize(
    ("line", "grade"),
    [
        ("Am Mi., 3. Jan. 2024 um 10:00 Uhr schrieb Klaus Kunde <k@x.example>:", Strength.STRONG),
        ("Am 03.01.24 um 10:00 schrieb Klaus Kunde:", Strength.LIKELY),
        ("Klaus Kunde <k@x.example> schrieb am Mi., 3. Jan. 2024, 10:00:", Strength.STRONG),
        ("Klaus Kunde <k@x.example> hat am 03.01.2024 10:00 CET geschrieben:", Strength.STRONG),
        ("Am Mittwoch, dem 03.01.2024 um 10:00 +0100 schrieb Klaus Kunde:", Strength.LIKELY),
        ("Am Mittwoch, 3. Januar 2024 um 10:00:12 MEZ hat K <k@x.example> Folgendes geschrieben:", Strength.STRONG),
        ("On Wed, Jan 3, 2024 at 10:00 AM Klaus Kunde <k@x.example> wrote:", Strength.STRONG),
        ("On 3 Jan 2024, at 10:00, Klaus Kunde <k@x.example> wrote:", Strength.STRONG),
        ("On Wednesday, January 3rd, 2024 at 10:00, Klaus <k@x.example> wrote:", Strength.STRONG),
        ("Le mer. 3 janv. 2024 à 10:00, Klaus <k@x.example> a écrit :", Strength.STRONG),
        ("2024-01-03 10:00 GMT+01:00 Klaus Kunde <k@x.example>:", Strength.STRONG),
        ("Zitat von Klaus Kunde <k@x.example>:", Strength.STRONG),
        ("Klaus Kunde schrieb:", Strength.WEAK),
        ("Klaus Kunde <k@x.example> wrote:", Strength.WEAK),
        ("---- On Wed, 03 Jan 2024 10:00:00 +0100 K <k@x.example> wrote ----", Strength.STRONG),
        ("am 3. Januar um 10 Uhr schrieb ich Ihnen:", Strength.NONE),
        ("Sie haben am 03.01.2024 um 10:00 geschrieben:", Strength.NONE),
        ("Folgendes fehlt noch:", Strength.NONE),
        ("Bitte an k@x.example:", Strength.NONE),
    ],
)
def test_strength_of_announcements(line: str, grade: Strength) -> None:
    """How sure it is that a program wrote the line."""
    assert strength(line) is grade


@pytest.mark.parametrize(
    "quotation",
    [
        '-----"Anna Berger" <anna@x.example> schrieb: -----\nAn: K\nDatum: 13.01.2026\n\nFrage?',
        '------ Originalnachricht ------\nVon "Anna Berger" <anna@x.example>\n'
        "An k@x.example\nDatum 13.01.2026 16:48:02\n\nFrage?",
        '----- Ursprüngliche Mail -----\nVon: "A" <a@x.example>\n'
        'An: "K" <k@x.example>\nGesendet: Dienstag\nBetreff: x\n\nFrage?',
        "*Von:* Anna Berger <anna@x.example>\n"
        "*Gesendet:* Dienstag, 13. Januar 2026 16:48\n*An:* K\n*Betreff:* x\n\nFrage?",
        "De : Anna <anna@x.example>\nEnvoyé : mardi 13 janvier 2026 16:48\nÀ : K\nObjet : x\n\nFrage?",
        "-------- Original message --------\nFrom: Anna <a@x.example> \n"
        "Date: 13/01/2026  16:48  (GMT+00:00) \nTo: K \n\nFrage?",
        "Le mar. 13 janv. 2026 à 16:48, Anna <anna@x.example> a écrit :\n\n> Frage?",
        "Am 13. Jan. 2026, um 16:48, Anna Berger <anna@x.example> schrieb:\n\nFrage?",
        "##- Please type your reply above this line -##\n\nAnna wrote: Frage?",
    ],
)
def test_quotations_of_other_programs(quotation: str) -> None:
    """Separators, header blocks and announcements of less usual programs and languages."""
    assert newest_text(f"Nein, so nicht.\n\n{quotation}\n") == "Nein, so nicht."


QUOTED = "> Guten Tag,\n> wie soll es weitergehen?"
NAME = "Anna Berger <anna@x.example>"
FIELDS = f"Von: {NAME}\nGesendet: Dienstag, 13. Januar 2026 16:48\nAn: K\nBetreff: Re: Plakat"


@pytest.mark.parametrize(
    "announcement",
    [
        "",
        f"{NAME} schrieb am 13.01.2026 um 16:48:\n\n",
        f"{FIELDS}\n\n",
        f"----- Original Message -----\n{FIELDS}\n\n",
        "Am 13.01.2026 um 16:48 schrieb Anna Berger:\n",
        "On Tue, Jan 13, 2026 at 04:48:02PM +0100, Anna Berger wrote:\n",
    ],
)
def test_answer_below_marked_lines(announcement: str) -> None:
    """Whatever announces it: behind marked lines the sender's own words go on."""
    assert newest_text(f"{announcement}{QUOTED}\n\nGar nicht mehr.\n") == "Gar nicht mehr."


@pytest.mark.parametrize(
    "source",
    [
        "<p>Am 13.01.2026 um 16:48 schrieb Anna Berger:</p><blockquote style='padding-left:1em'>Frage?</blockquote>",
        "<p>Anna Berger &lt;anna@x.example&gt; schrieb:</p><blockquote>Frage?</blockquote>",
        "<p>Am 13.01.2026 um 16:48 schrieb Anna Berger:</p><div style='border-left:2px solid #ccc'>Frage?</div>",
        "<div class='moz-cite-prefix'>Weiß der Himmel wer:</div><blockquote type='cite'>Frage?</blockquote>",
    ],
)
def test_answer_below_a_blockquote(source: str) -> None:
    """The same in HTML, however the quotation is marked."""
    assert html_text(f"{source}<div>Gar nicht mehr.</div>") == "Gar nicht mehr."


OWN = "Das sehe ich ganz anders, und das wissen Sie auch."


@pytest.mark.parametrize("announcement", [f"Am 13.01.2026 um 16:48 schrieb {NAME}:\n\nHallo,", FIELDS])
def test_unmarked_quotation_that_quotes(announcement: str) -> None:
    """Below an answer an unmarked quotation goes on to the end, also when there are marked lines in it."""
    assert newest_text(f"{OWN}\n\n{announcement}\n\n{QUOTED}\n\nSo jedenfalls nicht.\n") == OWN


def test_answers_above_and_below() -> None:
    """Where the quotation is marked, words above and below it are the sender's."""
    text = f"{OWN}\n\nAm 13.01.2026 um 16:48 schrieb {NAME}:\n{QUOTED}\n\nSo jedenfalls nicht.\n"
    assert newest_text(text) == f"{OWN}\n\nSo jedenfalls nicht."


def test_signature_block_ends_where_an_indented_passage_ends() -> None:
    """What stands below a blockquote is not part of a signature within it."""
    source = "<blockquote>Hallo,<br>-- <br>Firma<br>Ort</blockquote><div>Das ist nicht mein Text da oben.</div>"
    assert "nicht mein Text" in html_text(source)


def test_second_spelling_of_an_address_goes() -> None:
    """Outlook's plain text repeats a linked address."""
    assert (
        newest_text("Schreiben Sie an a@x.example<mailto:a@x.example>, bitte.")
        == "Schreiben Sie an a@x.example, bitte."
    )


def test_signature_block_between_answer_and_quotation() -> None:
    """The block ends where the quotation begins; an answer below it is kept."""
    text = "Oben.\n\n-- \nAnna Berger\n\nAm 03.01.24 um 10:00 schrieb K K:\n> Frage?\n\nUnten.\n"
    assert newest_text(text) == "Oben.\n\nUnten."


def test_text_that_stands_wholly_below_the_mark() -> None:
    """Sentences below "-- " at the very top were typed below an automatic signature."""
    text = "-- \nAnna Berger\nIch habe das jetzt dreimal geschrieben und warte immer noch.\n"
    assert "dreimal" in newest_text(text)


def test_disclaimers_of_several_paragraphs() -> None:
    """Heading, German and English text and the plea for the trees go together."""
    text = (
        "Nein danke.\n\nK. Kunde\n\n________________\nDisclaimer:\n\nDer Inhalt dieser E-Mail ist"
        " vertraulich und ausschließlich "
        "für den bezeichneten Adressaten bestimmt. Jede Form der Vervielfältigung oder Weitergabe ist unzulässig.\n\n"
        "This message is confidential. Any unauthorised copying or disclosure is strictly prohibited.\n\n"
        "Bitte denken Sie an die Umwelt, bevor Sie diese E-Mail ausdrucken."
    )
    assert newest_text(text) == "Nein danke.\n\nK. Kunde"


@pytest.mark.parametrize(
    "banner",
    [
        "CAUTION: This email originated from outside of the organization. Do not click links.",
        "[EXTERNAL]",
        "[EXTERNAL EMAIL]",
        "ACHTUNG: Diese E-Mail stammt von einem externen Absender.",
        "Warnung: Diese E-Mail kommt von außerhalb der Organisation. Klicken Sie nicht auf Links.",
        "You don't often get email from anna@berger-design.example. Learn why this is important",
        "Sie erhalten nicht oft eine E-Mail von anna@berger-design.example. Erfahren Sie, warum dies wichtig ist",
    ],
)
def test_gateway_banners_go(banner: str) -> None:
    """What a firm's gateway writes above mail from outside is no word of the sender's."""
    assert newest_text(f"{banner}\n\nHallo, passt.") == "Hallo, passt."


def test_firm_address_stays() -> None:
    """What people write below their name is theirs."""
    text = "Passt.\n\nMit freundlichen Grüßen\nK. Kunde\n\n"
    text += "Kunde GmbH\nGeschäftsführer: K. Kunde\nHRB 4711\nTel. 0221 4710 100"
    assert newest_text(text) == text


def test_blockquote_after_an_announcement_is_a_quotation() -> None:
    """A bare blockquote is a quotation where a program announces one, and the answer below it is kept."""
    source = (
        "<p>Am 13.01.2026 um 16:48 schrieb K <k@x.example>:</p><blockquote><p>Frage?</p></blockquote><p>Antwort.</p>"
    )
    assert html_text(source.replace("<k@", "&lt;k@").replace("example>", "example&gt;")) == "Antwort."


def test_blocks_of_outlook_and_others() -> None:
    """Paragraphs have a gap where a person sees one."""
    assert html_text("<p>a</p><p>b</p>") == "a\n\nb"
    assert html_text("<div>a</div><div>b</div><div><br></div><div>c</div>") == "a\nb\n\nc"
    assert (
        html_text("<style>p.MsoNormal {margin:0cm}</style><p class=MsoNormal>a</p><p class=MsoNormal>b</p>") == "a\nb"
    )
    assert html_text("a<br>b<br><br>c") == "a\nb\n\nc"
    assert html_text("<pre>a\n  b</pre>") == "a\n  b"


def test_word_lists() -> None:
    """Word's own bullets become dashes."""
    source = (
        "<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if"
        " !supportLists]><span style='font-family:Symbol'>"
        "<span style='mso-list:Ignore'>·<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp;"
        " </span></span></span><![endif]>Logo</p>"
    )
    assert html_text(source) == "- Logo"
