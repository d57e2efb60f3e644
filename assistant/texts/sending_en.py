"""What is said about sending, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SENDING_EN: Final[Mapping[str, str]] = {
    "option.release.send": "send it at once instead of putting it back into Drafts",
    "help.resolve": "say what became of a mail of which nobody knows",
    "option.resolve.sent": "it has arrived",
    "option.resolve.not_sent": "it has not gone out and is held again",
    "resolve.which": "one of the two, please: --sent or --not-sent",
    "obstacle.not_uncertain": "Only of a mail whose fate is not known can you say what became of it.",
    "done.sent": "{id} is sent.",
    "done.postponed": "{id} has not gone out yet; the next attempt is {again}. Why: gelassen show {id}",
    "done.failed": "{id} has not gone out; its text is kept. Why: gelassen show {id}",
    "done.uncertain": (
        "Nobody knows whether {id} has gone out: the provider has the text and did not answer. Look into Sent, or ask"
        " the recipient, then: gelassen resolve {id} --sent or --not-sent"
    ),
    "done.resolved_sent": "{id} counts as sent.",
    "done.resolved_held": "{id} is held again. To send it once more: gelassen release {id}",
    "refused.failed": "Send it once more: gelassen release {id}. Be done with it: gelassen discard {id}",
    "refused.uncertain": (
        "It may have gone out. Look into Sent, or ask the recipient, then: gelassen resolve {id} --sent or --not-sent"
    ),
    "show.recipient": "Recipient",
    "show.again": "Next attempt",
    "standing.pending": "to be asked",
    "standing.accepted": "accepted",
    "standing.refused": "refused",
    "standing.unknown": "not known",
    "history.submitted": "handed over by the mail client",
    "history.sent": "accepted by the provider",
    "history.send_postponed": "not accepted yet, to be tried again",
    "history.send_failed": "not sent",
    "history.uncertain": "the provider has the text and did not answer; not known",
    "history.handed_back": "not accepted, handed back to the mail client",
    "history.found_in_sent": "found in Sent, so it has gone out",
    "history.held_again": "held again",
    "history.user_says_sent": "it has arrived, you say",
    "history.user_says_not_sent": "it has not gone out, you say",
    "event.mail_sent": "{account}: {draft} sent.",
    "event.mail_send_postponed": "{account}: {draft} not sent yet, pending: {pending}.",
    "event.mail_send_failed": "{account}: {draft} could not be sent, refused: {refused}. gelassen show {draft}",
    "event.mail_uncertain": "{account}: nobody knows whether {draft} has gone out. gelassen show {draft}",
    "event.mail_handed_back": "{account}: {draft} was not accepted and is handed back to the mail client.",
    "event.found_in_sent": "{account}: {draft} was found in Sent, so it has gone out.",
    "event.end_not_recorded": "{account}: the end of {draft} could not be written down: {error}",
    "event.gateway_started": "The gateway takes mails: localhost, port {port}.",
    "event.gateway_login_refused": "Gateway: password refused, for the {count}. time.",
    "event.gateway_certificate_failed": "Gateway: the certificate could not be renewed: {error}",
    "event.submission": "Gateway: mail taken ({fate}), number {draft}, recipients: {recipients}.",
    "event.submission_refused": "Gateway: mail refused ({code}).",
    "event.submission_failed": "Gateway: mail not taken ({code}): {error}",
    "event.leases_failed": "The database does not answer: {error}",
}
