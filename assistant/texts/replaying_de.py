"""Was ``gelassen replay`` sagt, auf Deutsch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REPLAYING_DE: Final[Mapping[str, str]] = {
    "help.replay": "beurteilt ein ganzes Archiv und zeigt, was jede Einstellung getan hätte",
    "option.replay.places": (
        "mbox, Maildir, .eml, ein Ordner davon oder imap:KONTO/ORDNER; mehrere zählen zusammen (Eingang und Gesendetes,"
        " damit Ihre Antworten mitzählen)"
    ),
    "option.replay.me": "eine eigene Adresse neben denen der Konten; auch mehrmals möglich",
    "option.replay.picture": "das Ergebnis in diese Datei zeichnen: .svg oder .png",
    "option.replay.fresh": "alles neu beurteilen, auch was ein früherer Lauf schon beurteilt hat",
    # der Balken
    "replay.bar": "{done} von {total} Mails",
    "replay.bar_rate": "{rate} je Sekunde",
    "replay.bar_left": "noch {span}",
    # das Ergebnis
    "replay.empty": "Darin ist keine Mail.",
    "replay.mails": "{mails} Mails in {span}, {rate} je Sekunde",
    "replay.mails_known": "{mails} Mails in {span}, {known} davon aus einem früheren Lauf bekannt",
    "replay.clients": "beurteilt",
    "replay.set_aside": "beiseitegelegt",
    "replay.unassessed": "nicht beurteilt",
    "replay.levels": "Mit der jetzigen Einstellung: {levels}",
    "replay.settings": "Was jede Einstellung von [judge] false_alarms_per_100 getan hätte:",
    "replay.budget": "Fehlalarme je 100",
    "replay.flagged": "gereizt (2+)",
    "replay.tense": "angespannt (1)",
    "replay.held": "Antworten gehalten",
    "replay.now": "{budget} (jetzt)",
    "replay.held_means": (
        "Antworten gehalten: Ihre eigene, wo sie im Archiv liegt ({answered} Mails; mit der jetzigen Einstellung hätten"
        " {held} dieser Antworten gewartet), sonst eine ruhige."
    ),
    "replay.held_means_calm": "Antworten gehalten: so viele hätten gewartet, auch ganz ruhige.",
    "replay.alone": (
        "Außerdem hätten {held} eigene Mails, die auf keine dieser Mails antworten, wegen ihres Tons gewartet."
    ),
    "replay.hint_me": (
        "Welche Mails von Ihnen sind, ist hier nicht bekannt. Mit --me ADRESSE gelten sie nicht mehr als Kundenmails,"
        " und Ihre Antworten zählen mit."
    ),
    "replay.hint_sent": (
        "Von Ihnen selbst ist keine Mail dabei. Nennen Sie auch Ihren Ordner mit Gesendetem, dann zählen Ihre Antworten"
        " mit."
    ),
    "replay.picture": "Das Bild liegt in {file}",
    # angehalten
    "replay.interrupted": (
        "angehalten. {done} Mails sind fertig, ihr Ergebnis ist gespeichert. Weiter geht es mit: {command}"
    ),
    "replay.broken": "{done} Mails sind fertig, ihr Ergebnis ist gespeichert. Weiter geht es mit: {command}",
    # falsche Aufrufe
    "replay.picture_kind": "--picture schreibt .svg und .png; {file} ist keines von beiden",
    "replay.picture_folder": "--picture: den Ordner {folder} gibt es nicht",
    # das Bild
    "chart.title": "Was Gelassen getan hätte",
    "chart.subtitle": "{mails} Kundenmails beurteilt",
    "chart.subtitle_span": "{mails} Kundenmails beurteilt, {first} bis {last}",
    "chart.budgets": "Nach Einstellung: erlaubte Fehlalarme je 100 gewöhnliche Mails (hinterlegt: jetzt)",
    "chart.months": "Nach Monaten, mit der jetzigen Einstellung",
    "chart.years": "Nach Jahren, mit der jetzigen Einstellung",
    "chart.flagged": "gereizt oder eskaliert",
    "chart.held": "Antworten gehalten",
}
