"""Was übers Senden gesagt wird, auf Deutsch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SENDING_DE: Final[Mapping[str, str]] = {
    "option.release.send": "gleich senden, statt ihn in die Entwürfe zurückzulegen",
    "help.resolve": "sagen, was aus einer Mail wurde, von der es niemand weiß",
    "option.resolve.sent": "sie ist angekommen",
    "option.resolve.not_sent": "sie ist nicht hinausgegangen und wird wieder zurückgehalten",
    "resolve.which": "bitte eines von beiden: --sent oder --not-sent",
    "obstacle.not_uncertain": "Nur von einer Mail, deren Verbleib ungeklärt ist, lässt sich sagen, was aus ihr wurde.",
    "done.sent": "{id} ist gesendet.",
    "done.postponed": "{id} ging noch nicht hinaus, der nächste Versuch ist {again}. Warum: gelassen show {id}",
    "done.failed": "{id} ging nicht hinaus; der Text ist noch da. Warum: gelassen show {id}",
    "done.uncertain": (
        "Ob {id} hinausging, weiß niemand: Der Anbieter hat den Text und hat nicht mehr geantwortet. Sehen Sie nach, im"
        " Ordner Gesendet oder beim Empfänger, dann: gelassen resolve {id} --sent oder --not-sent"
    ),
    "done.resolved_sent": "{id} gilt als gesendet.",
    "done.resolved_held": "{id} wird wieder zurückgehalten. Noch einmal senden: gelassen release {id}",
    "refused.failed": "Noch einmal senden: gelassen release {id}. Nicht mehr senden: gelassen discard {id}",
    "refused.uncertain": (
        "Vielleicht ist sie hinausgegangen. Sehen Sie nach, im Ordner Gesendet oder beim Empfänger, dann:"
        " gelassen resolve {id} --sent oder --not-sent"
    ),
    "show.recipient": "Empfänger",
    "show.again": "Nächster Versuch",
    "standing.pending": "steht noch aus",
    "standing.accepted": "angenommen",
    "standing.refused": "abgelehnt",
    "standing.unknown": "ungeklärt",
    "history.submitted": "vom Mailprogramm übergeben",
    "history.sent": "vom Anbieter angenommen",
    "history.send_postponed": "noch nicht angenommen, wird noch einmal versucht",
    "history.send_failed": "nicht gesendet",
    "history.uncertain": "der Anbieter hat den Text und hat nicht geantwortet; ungeklärt",
    "history.handed_back": "nicht angenommen, dem Mailprogramm zurückgegeben",
    "history.found_in_sent": "im Ordner Gesendet gefunden, also hinausgegangen",
    "history.held_again": "wieder zurückgehalten",
    "history.user_says_sent": "ist angekommen, sagen Sie",
    "history.user_says_not_sent": "ist nicht hinausgegangen, sagen Sie",
    "fate.relayed": "Mail gesendet",
    "fate.held": "Mail zurückgehalten",
    "fate.queued": "Mail angenommen, sie geht hinaus, sobald der Anbieter sie nimmt",
    "fate.refused": "Mail nicht angenommen, das Mailprogramm behält sie",
    "effect.hold": "in die Abkühlung legen",
    "effect.replace": "die neue Fassung ablegen",
    "effect.release": "zurück in die Entwürfe legen",
    "effect.discard": "in den Papierkorb legen",
    "effect.restore": "aus dem Papierkorb holen",
    "effect.show": "in der Abkühlung zeigen",
    "effect.send": "senden",
    "effect.commit": "senden",
    "effect.file": "in Gesendet ablegen",
    "role.inbox": "Posteingang",
    "role.drafts": "Entwürfe",
    "role.delivery": "Versand",
    "role.once": "ein Durchgang",
    "event.mail_sent": "{account}: {draft} gesendet.",
    "event.mail_send_postponed": "{account}: {draft} noch nicht gesendet, offen sind {pending}.",
    "event.mail_send_failed": "{account}: {draft} ließ sich nicht senden, abgelehnt: {refused}. gelassen show {draft}",
    "event.mail_uncertain": "{account}: Ob {draft} hinausging, ist ungeklärt. gelassen show {draft}",
    "event.mail_handed_back": "{account}: {draft} nicht angenommen, dem Mailprogramm zurückgegeben.",
    "event.found_in_sent": "{account}: {draft} lag im Ordner Gesendet, ist also hinausgegangen.",
    "event.end_not_recorded": "{account}: Das Ende von {draft} ließ sich nicht aufschreiben: {error}",
    "event.gateway_started": "Das Gateway nimmt Mails an: localhost, Port {port}.",
    "event.gateway_login_refused": "Gateway: falsches Passwort, zum {count}. Mal in zehn Minuten.",
    "event.gateway_certificate_failed": "Gateway: Das Zertifikat ließ sich nicht erneuern: {error}",
    "event.submission": "Gateway: {fate}; Nummer {draft}, Empfänger: {recipients}.",
    "event.submission_refused": "Gateway: Mail abgelehnt ({code}).",
    "event.submission_failed": "Gateway: Mail nicht angenommen ({code}): {error}",
    "event.leases_failed": "Die Datenbank antwortet nicht: {error}",
}
