"""Was zur Reparatur der Datenbank gesagt wird, auf Deutsch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REPAIRING_DE: Final[Mapping[str, str]] = {
    "option.doctor.repair": (
        "eine beschädigte oder verlorene Datenbank instand setzen: aus Resten, Sicherung und Abkühlordner; Gelassen"
        " darf dabei nicht laufen"
    ),
    "repair.whole": "{file} ist heil, es gibt nichts zu reparieren",
    "repair.aside": "die beschädigte Datei liegt unverändert in {folder}",
    "repair.kept": "in der reparierten Datenbank: Entwürfe {draft}, Mails {incoming}, Berichtigungen {correction}",
    "repair.backup": "nicht alles war lesbar; ergänzt aus der Sicherung von {at}, darunter Entwürfe: {count}",
    "repair.since": (
        "was seither mit ihnen geschah, ist nicht bekannt; Mails im Posteingang werden von selbst neu beurteilt"
    ),
    "repair.no_backup": (
        "nicht alles war lesbar, und eine Sicherung gibt es nicht; Mails im Posteingang werden von selbst neu"
        " beurteilt, Berichtigungen können fehlen"
    ),
    "repair.loose": "Texte, deren Zeile in der Warteschlange verloren ist: {count}; sie liegen als .eml in {folder}",
    "repair.uncertain": (
        "vielleicht hinausgegangen, ohne dass die Datenbank es weiß: {numbers}; von selbst wird nichts davon gesendet"
    ),
    "repair.resolve": (
        "sehen Sie nach, im Ordner Gesendet oder beim Empfänger, dann für jede: gelassen resolve ID --sent oder"
        " --not-sent"
    ),
    "repair.nothing_stray": "jede Mail in {folder} steht in der Warteschlange",
    "repair.drafts": (
        "Entwürfe aus {folder}, die in keiner Warteschlange mehr standen und nun wieder gehalten werden: {numbers}"
    ),
    "repair.drafts.next": "sie kühlen von jetzt an ab; ansehen mit: gelassen queue",
    "repair.gateway": (
        "Mails aus {folder}, die über das Gateway kamen; an wen sie gehen sollten, ist nicht mehr bekannt, darum"
        " sind sie jetzt Entwürfe: {numbers}"
    ),
    "repair.gateway.next": (
        "von selbst wird nichts davon gesendet, aber es kann hinausgegangen sein: bitte zuerst in Gesendet nachsehen"
        " und Bcc-Empfänger wieder eintragen"
    ),
    "doctor.strays": "Mails in {folder}, die in keiner Warteschlange stehen: {count}",
    "doctor.strays.next": "Ging die Datenbank verloren? Gelassen beenden, dann: gelassen doctor --repair",
    "history.taken_up": "nach der Reparatur der Datenbank im Abkühlordner gefunden",
    "history.ledger_repaired": "die Datenbank wurde repariert; ob die Mail hinausging, ist nicht bekannt",
    "event.strays": (
        "{account}: Mails im Abkühlordner, die in keiner Warteschlange stehen: {count}. Ging die Datenbank verloren?"
        " Gelassen beenden, dann: gelassen doctor --repair"
    ),
    "event.backed_up": "Die tägliche Sicherung der Datenbank ist gemacht.",
    "event.backup_failed": "Keine Sicherung der Datenbank: {error}",
}
