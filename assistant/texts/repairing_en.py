"""What is said about repairing the ledger, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REPAIRING_EN: Final[Mapping[str, str]] = {
    "option.doctor.repair": (
        "mend a damaged or lost database: salvage, backup, cooling-off folder; the daemon must be stopped"
    ),
    "repair.whole": "{file} is whole; there is nothing to mend",
    "repair.aside": "the damaged file is kept as it was in {folder}",
    "repair.kept": "in the mended database: drafts {draft}, mails {incoming}, corrections {correction}",
    "repair.backup": "not everything could be read; filled up from the backup of {at}, drafts among it: {count}",
    "repair.since": "what happened to these since then is not known; mails in INBOX are judged again by themselves",
    "repair.no_backup": (
        "not everything could be read, and there is no backup; mails in INBOX are judged again by themselves,"
        " corrections may be missing"
    ),
    "repair.loose": "texts whose row in the queue is lost: {count}; they lie in {folder} as .eml files",
    "repair.uncertain": "may have gone out without the database knowing: {numbers}; nothing of it is sent by itself",
    "repair.resolve": "look into Sent, or ask the recipient, then for each: gelassen resolve ID --sent or --not-sent",
    "repair.nothing_stray": "every mail in {folder} is in the queue",
    "repair.drafts": "drafts from {folder} that were not in the queue any more and are held again: {numbers}",
    "repair.drafts.next": "each cools from now on; look through them with: gelassen queue",
    "repair.gateway": (
        "mails from {folder} that had come by the gateway; to whom they were to go is not known any more, so they are"
        " drafts now: {numbers}"
    ),
    "repair.gateway.next": (
        "nothing of it is sent by itself, but it may have gone out: look into Sent first, and add Bcc recipients again"
    ),
    "doctor.strays": "mails in {folder} that are not in the queue: {count}",
    "doctor.strays.next": "was the database lost? Stop the daemon, then: gelassen doctor --repair",
    "history.taken_up": "found in the cooling-off folder after the database was mended",
    "history.ledger_repaired": "the database was mended; whether it had gone out is not known",
    "event.strays": (
        "{account}: mails in the cooling-off folder that are not in the queue: {count}. Was the database lost? Stop"
        " Gelassen, then: gelassen doctor --repair"
    ),
    "event.backed_up": "The daily backup of the database is made.",
    "event.backup_failed": "No backup of the database: {error}",
}
