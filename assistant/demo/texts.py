"""What the demo says, in German and English; the words for levels, signals and times are in assistant.texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from assistant.texts import Lang

DE: Final[Mapping[str, str]] = {
    "title": "Gelassen",
    "claim": "hält hitzige Antworten zurück, bis sie abgekühlt sind",
    "about": "Postfach der Gestalterin Mara Lindner, erfunden wie alle Kunden. Alles läuft nur auf diesem Rechner.",
    "connect": "Postfach",
    "connect.to": "IMAP {host}:{port} · Benutzer {user} · Passwort {password} · ohne TLS",
    "client": "Thunderbird",
    "client.how": "Konto manuell einrichten: Sicherheit „Keine“, Authentifizierung „Passwort, normal“",
    "inbox": "Posteingang",
    "inbox.waiting": "Das Sprachmodell wird geladen, gleich werden die ersten Mails beurteilt …",
    "story.1": "Gleich kommt Kundenpost aus zwölf Wochen herein, und jede Mail wird beurteilt.",
    "story.2": "Auf die hitzigen antwortet Mara im Ärger und speichert den Entwurf.",
    "story.3": "Nach {seconds:.0f} Sekunden Ruhe liegt er nicht mehr in „{drafts}“, sondern in „{cooling_off}“,",
    "story.4": "bis er abgekühlt ist und sie ihn noch einmal gelesen hat. Dazu gibt es eine ruhige Antwort.",
    "mails": "{n} Mails",
    "column.time": "Zeit",
    "column.from": "Von",
    "column.subject": "Betreff",
    "column.level": "Stufe",
    "column.why": "Woran man es merkt",
    "aside": "beiseite",
    "unassessed": "offen",
    "held": "Abkühlung",
    "held.none": "Noch wird kein Entwurf zurückgehalten. Gleich antwortet Mara im Ärger.",
    "held.count": "{n} zurückgehalten, {left} ruhig und unberührt",
    "draft": "An {to}",
    "draft.left": "ruhig, bleibt in „{drafts}“",
    "draft.reviewed": "durchgesehen",
    "until": "bis {until}",
    "ended.sent_elsewhere": "erledigt: Mara hat anders geantwortet",
    "ended.superseded": "durch eine ruhigere Fassung ersetzt",
    "ended.taken_back": "von Hand zurückgeholt",
    "ended.discarded": "verworfen",
    "ended.released": "freigegeben",
    "pair.hot": "Im Ärger geschrieben",
    "pair.calm": "Ruhiger Vorschlag: {template}",
    "template.acknowledge": "Eingang bestätigen",
    "template.thank_and_ask": "danken und nachfragen",
    "template.apologise_and_fix": "Fehler einräumen und beheben",
    "template.our_side": "die eigene Sicht, ohne Ausrede",
    "template.change_request": "Änderung und ihr Preis",
    "template.hold_the_line": "ruhig bei der Sache bleiben",
    "try": "Zum Ausprobieren",
    "try.reply": (
        "Antworten Sie im Mailprogramm hitzig auf „{subject}“ und speichern Sie den Entwurf: "
        "nach {seconds:.0f} Sekunden liegt er in „{cooling_off}“."
    ),
    "try.reply.plain": (
        "Schreiben Sie im Mailprogramm eine hitzige Antwort und speichern Sie den Entwurf: "
        "nach {seconds:.0f} Sekunden liegt er in „{cooling_off}“."
    ),
    "try.command": "Oder in einem zweiten Terminal:",
    "try.more": "danach show {id}, review {id}, release {id}",
    "try.end": "Beenden mit Strg+C",
    "line.mail": "Mail       {sender}: {subject} [{level}] {why}",
    "line.aside": "beiseite   {sender}: {subject} ({why})",
    "line.held": "gehalten   Entwurf {id} an {to}: {why}",
    "line.left": "gelassen   Entwurf an {to} ist ruhig und bleibt: {subject}",
    "line.ended": "erledigt   Entwurf {id} an {to}: {why}",
    "line.suggestion": "Vorschlag  zu „{subject}“: {template}",
    "summary": "Was in der Vorführung geschah",
    "summary.client": "Kunde",
    "summary.expected": "gemeint",
    "summary.judged": "beurteilt",
    "summary.exact": "genau",
    "summary.near": "höchstens 1 daneben",
    "summary.total": "zusammen",
    "summary.today": "heute",
    "summary.levels": "Stufen: 0 ruhig, 1 angespannt, 2 gereizt, 3 eskaliert; „–“ noch nicht beurteilt.",
    "summary.drafts": "Entwürfe: {held} zurückgehalten, {ended} inzwischen erledigt, {left} ruhig und unberührt.",
    "summary.aside": "Beiseitegelegt: {aside} von {noise} Mails, die keine Kundenpost sind.",
}

EN: Final[Mapping[str, str]] = {
    "title": "Gelassen",
    "claim": "keeps heated replies back until they have cooled",
    "about": "The mailbox of Mara Lindner, designer: invented, like her clients. Everything runs on this machine.",
    "connect": "Mailbox",
    "connect.to": "IMAP {host}:{port} · user {user} · password {password} · no TLS",
    "client": "Thunderbird",
    "client.how": "configure the account manually: security “None”, authentication “Normal password”",
    "inbox": "Inbox",
    "inbox.waiting": "The language model is being loaded; the first mails will be judged in a moment …",
    "story.1": "Client mail of twelve weeks is about to come in, and every mail is judged.",
    "story.2": "Mara answers the heated ones in anger and saves her draft.",
    "story.3": "After {seconds:.0f} quiet seconds it no longer lies in “{drafts}” but in “{cooling_off}”,",
    "story.4": "until it has cooled and she has read it again. A calm reply is offered beside it.",
    "mails": "{n} mails",
    "column.time": "Time",
    "column.from": "From",
    "column.subject": "Subject",
    "column.level": "Level",
    "column.why": "How one can tell",
    "aside": "set aside",
    "unassessed": "open",
    "held": "Cooling off",
    "held.none": "No draft is held yet. In a moment Mara will answer in anger.",
    "held.count": "{n} held, {left} calm and left alone",
    "draft": "To {to}",
    "draft.left": "calm, stays in “{drafts}”",
    "draft.reviewed": "reviewed",
    "until": "until {until}",
    "ended.sent_elsewhere": "settled: Mara answered otherwise",
    "ended.superseded": "replaced by a calmer version",
    "ended.taken_back": "taken back by hand",
    "ended.discarded": "discarded",
    "ended.released": "released",
    "pair.hot": "Written in anger",
    "pair.calm": "Calm suggestion: {template}",
    "template.acknowledge": "acknowledge",
    "template.thank_and_ask": "thank and ask",
    "template.apologise_and_fix": "apologise and fix",
    "template.our_side": "our side, no excuse",
    "template.change_request": "a change and its price",
    "template.hold_the_line": "hold the line calmly",
    "try": "Try it yourself",
    "try.reply": (
        "In your mail client, write a heated reply to “{subject}” and save the draft: "
        "after {seconds:.0f} seconds it lies in “{cooling_off}”."
    ),
    "try.reply.plain": (
        "In your mail client, write a heated reply and save the draft: "
        "after {seconds:.0f} seconds it lies in “{cooling_off}”."
    ),
    "try.command": "Or in a second terminal:",
    "try.more": "then show {id}, review {id}, release {id}",
    "try.end": "End with Ctrl+C",
    "line.mail": "mail       {sender}: {subject} [{level}] {why}",
    "line.aside": "set aside  {sender}: {subject} ({why})",
    "line.held": "held       draft {id} to {to}: {why}",
    "line.left": "left       draft to {to} is calm and stays: {subject}",
    "line.ended": "settled    draft {id} to {to}: {why}",
    "line.suggestion": "suggested  for “{subject}”: {template}",
    "summary": "What happened in the demonstration",
    "summary.client": "Client",
    "summary.expected": "meant",
    "summary.judged": "judged",
    "summary.exact": "exact",
    "summary.near": "within one",
    "summary.total": "together",
    "summary.today": "today",
    "summary.levels": "Levels: 0 calm, 1 tense, 2 heated, 3 escalated; “–” not judged yet.",
    "summary.drafts": "Drafts: {held} held, {ended} settled meanwhile, {left} calm and left alone.",
    "summary.aside": "Set aside: {aside} of {noise} mails that are no client's mail.",
}

CATALOGUES: Final[Mapping[Lang, Mapping[str, str]]] = {"de": DE, "en": EN}


def words(key: str, lang: Lang, /, **params: object) -> str:
    """The demo's words for a key, its placeholders filled; a key that is missing is a bug (``KeyError``)."""
    return CATALOGUES[lang][key].format(**params)
