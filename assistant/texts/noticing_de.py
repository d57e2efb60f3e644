"""Notices on the desktop, in German."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NOTICING_DE: Final[Mapping[str, str]] = {
    "notice.show": "Ansehen",
    "notice.acknowledge": "Eingang bestätigen",
    "notice.from": "Von {who}: {subject}",
    "notice.to": "An {who}: {subject}",
    "notice.heated.one.title": "Eine Kundenmail klingt gereizt.",
    "notice.heated.one.body": "Antworten Sie nicht sofort.",
    "notice.escalated.one.title": "Eine Kundenmail ist eskaliert.",
    "notice.escalated.one.body": "Antworten Sie nicht sofort.",
    "notice.heated.many.title": "{count} Kundenmails sind gereizt oder eskaliert.",
    "notice.heated.many.body": "Antworten Sie nicht sofort.",
    "notice.held.one.title": "Ihr Entwurf kühlt ab.",
    "notice.held.one.body": "Er ist noch nicht gesendet und wartet bis {at}.",
    "notice.held.many.title": "{count} Entwürfe kühlen ab.",
    "notice.held.many.body": "Sie sind noch nicht gesendet; der erste wartet bis {at}.",
    "notice.cooled.one.title": "Ein Entwurf ist abgekühlt.",
    "notice.cooled.one.body": "Lesen Sie ihn noch einmal in Ruhe und entscheiden Sie dann.",
    "notice.cooled.many.title": "{count} Entwürfe sind abgekühlt.",
    "notice.cooled.many.body": "Lesen Sie sie noch einmal in Ruhe und entscheiden Sie dann.",
    "notice.waiting.one.title": "Eine Kundenmail wartet auf Antwort.",
    "notice.waiting.one.body": "Eingegangen: {at}. Bestätigen Sie kurz den Eingang, während Ihre Antwort abkühlt.",
    "notice.waiting.many.title": "{count} Kundenmails warten auf Antwort.",
    "notice.waiting.many.body": "Die älteste: {at}. Bestätigen Sie kurz den Eingang, während Ihre Antworten abkühlen.",
    "notice.uncertain.one.title": "Eine Mail ist ungeklärt.",
    "notice.uncertain.one.body": "Niemand weiß, ob sie hinausging. Bitte sehen Sie nach und entscheiden Sie.",
    "notice.uncertain.many.title": "{count} Mails sind ungeklärt.",
    "notice.uncertain.many.body": "Niemand weiß, ob sie hinausgingen. Bitte sehen Sie nach und entscheiden Sie.",
    "notice.failed.one.title": "Eine Mail wurde nicht gesendet.",
    "notice.failed.one.body": "Warum, und was nun zu tun ist, steht bei der Mail.",
    "notice.failed.many.title": "{count} Mails wurden nicht gesendet.",
    "notice.failed.many.body": "Warum, und was nun zu tun ist, steht bei jeder Mail.",
    "notice.test.title": "Gelassen kann Sie benachrichtigen.",
    "notice.test.body": "So sieht ein Hinweis aus. Mehr ist nicht zu tun.",
    # Was der Dienst davon meldet
    "event.notified": "Auf dem Bildschirm gemeldet: {notice} ({count}).",
    "event.not_notified": "Benachrichtigungen gehen zurzeit nicht: {error}",
    "notice.heated": "gereizte Mails",
    "notice.held": "gehaltene Entwürfe",
    "notice.cooled": "abgekühlte Entwürfe",
    "notice.waiting": "wartende Mails",
    "notice.uncertain": "ungeklärte Mails",
    "notice.failed": "nicht gesendete Mails",
    # gelassen doctor
    "doctor.notifications": "Benachrichtigungen",
    "option.doctor.notify": "auch eine Benachrichtigung zur Probe zeigen",
    "doctor.notifications.work": "der Bildschirm zeigt sie",
    "doctor.notifications.no_buttons": "der Bildschirm zeigt sie, ohne Knöpfe",
    "doctor.notifications.shown": "eine zur Probe wurde gezeigt",
    "doctor.notifications.off": 'ausgeschaltet ([notify] desktop = "off")',
    "doctor.notifications.next": (
        "Ohne Benachrichtigungen arbeitet alles andere weiter. Auf einem Rechner ohne Bildschirm: "
        '[notify] desktop = "off"'
    ),
}
