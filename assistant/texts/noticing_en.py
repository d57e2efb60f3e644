"""Notices on the desktop, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NOTICING_EN: Final[Mapping[str, str]] = {
    "notice.show": "Show",
    "notice.acknowledge": "Acknowledge receipt",
    "notice.from": "From {who}: {subject}",
    "notice.to": "To {who}: {subject}",
    "notice.heated.one.title": "A client's mail sounds heated.",
    "notice.heated.one.body": "Do not answer right away.",
    "notice.escalated.one.title": "A client's mail has escalated.",
    "notice.escalated.one.body": "Do not answer right away.",
    "notice.heated.many.title": "{count} clients' mails are heated or escalated.",
    "notice.heated.many.body": "Do not answer right away.",
    "notice.held.one.title": "Your draft is cooling off.",
    "notice.held.one.body": "It has not been sent, and waits until {at}.",
    "notice.held.many.title": "{count} drafts are cooling off.",
    "notice.held.many.body": "They have not been sent; the first waits until {at}.",
    "notice.cooled.one.title": "A draft has cooled.",
    "notice.cooled.one.body": "Read it again calmly, then decide.",
    "notice.cooled.many.title": "{count} drafts have cooled.",
    "notice.cooled.many.body": "Read them again calmly, then decide.",
    "notice.waiting.one.title": "A client is waiting for an answer.",
    "notice.waiting.one.body": "The mail came {at}. Acknowledge it briefly while your answer cools.",
    "notice.waiting.many.title": "{count} clients' mails are waiting for an answer.",
    "notice.waiting.many.body": "The oldest came {at}. Acknowledge them briefly while your answers cool.",
    "notice.uncertain.one.title": "A mail is uncertain.",
    "notice.uncertain.one.body": "Nobody knows whether it went out. Please look and decide.",
    "notice.uncertain.many.title": "{count} mails are uncertain.",
    "notice.uncertain.many.body": "Nobody knows whether they went out. Please look and decide.",
    "notice.failed.one.title": "A mail was not sent.",
    "notice.failed.one.body": "Why, and what to do next, stands with the mail.",
    "notice.failed.many.title": "{count} mails were not sent.",
    "notice.failed.many.body": "Why, and what to do next, stands with each mail.",
    "notice.test.title": "Gelassen can notify you.",
    "notice.test.body": "This is what a notice looks like. There is nothing else to do.",
    # What the daemon tells of it
    "event.notified": "Notified on the desktop: {notice} ({count}).",
    "event.not_notified": "Notifications do not work at the moment: {error}",
    "notice.heated": "heated mails",
    "notice.held": "held drafts",
    "notice.cooled": "cooled drafts",
    "notice.waiting": "waiting mails",
    "notice.uncertain": "uncertain mails",
    "notice.failed": "mails not sent",
    # gelassen doctor
    "doctor.notifications": "notifications",
    "option.doctor.notify": "also show a notification to try it",
    "doctor.notifications.work": "the desktop shows them",
    "doctor.notifications.no_buttons": "the desktop shows them, without buttons",
    "doctor.notifications.shown": "one was shown to try it",
    "doctor.notifications.off": 'switched off ([notify] desktop = "off")',
    "doctor.notifications.next": (
        'Everything else works without notifications. On a machine without a desktop: [notify] desktop = "off"'
    ),
}
