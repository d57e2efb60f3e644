"""What ``gelassen replay`` says, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REPLAYING_EN: Final[Mapping[str, str]] = {
    "help.replay": "judges a whole archive, and shows what each setting would have done",
    "option.replay.places": (
        "mbox, Maildir, .eml, a folder of them, or imap:ACCOUNT/FOLDER; several are taken together (inbox and sent"
        " mail, so that your answers count)"
    ),
    "option.replay.me": "an address of your own, beside those of the accounts; may be given several times",
    "option.replay.picture": "draw the result into this file: .svg or .png",
    "option.replay.fresh": "judge everything anew, also what was judged in an earlier run",
    # the bar
    "replay.bar": "{done} of {total} mails",
    "replay.bar_rate": "{rate} a second",
    "replay.bar_left": "{span} left",
    # the result
    "replay.empty": "There are no mails in it.",
    "replay.mails": "{mails} mails in {span}, {rate} a second",
    "replay.mails_known": "{mails} mails in {span}, {known} of them judged in an earlier run",
    "replay.clients": "judged",
    "replay.set_aside": "set aside",
    "replay.unassessed": "not judged",
    "replay.levels": "At the current setting: {levels}",
    "replay.settings": "What each setting of [judge] false_alarms_per_100 would have done:",
    "replay.budget": "false alarms in 100",
    "replay.flagged": "heated (2+)",
    "replay.tense": "tense (1)",
    "replay.held": "answers held",
    "replay.now": "{budget} (now)",
    "replay.held_means": (
        "Answers held: your own answer where it is in the archive ({answered} mails, at the current setting {held} of"
        " those answers), else a calm one."
    ),
    "replay.held_means_calm": "Answers held: so many would have waited, even calm ones.",
    "replay.alone": "Besides, {held} of your own mails that answer none of these would have been held for their tone.",
    "replay.hint_me": (
        "Which mails are yours is not known here. With --me ADDRESS they are not judged as a client's, and your answers"
        " count."
    ),
    "replay.hint_sent": "None of your own mail is in it. Name your Sent folder, too, and your answers count.",
    "replay.picture": "The picture is in {file}",
    # stopped
    "replay.interrupted": "stopped. {done} mails are done, and what was found is kept. To go on: {command}",
    "replay.broken": "{done} mails are done, and what was found is kept. To go on: {command}",
    # wrong calls
    "replay.picture_kind": "--picture writes .svg and .png; {file} is neither",
    "replay.picture_folder": "--picture: there is no folder {folder}",
    # the picture
    "chart.title": "What Gelassen would have done",
    "chart.subtitle": "{mails} client mails judged",
    "chart.subtitle_span": "{mails} client mails judged, {first} to {last}",
    "chart.budgets": "By setting: false alarms accepted in 100 ordinary mails (shaded: now)",
    "chart.months": "By month, at the current setting",
    "chart.years": "By year, at the current setting",
    "chart.flagged": "heated or escalated",
    "chart.held": "answers held",
}
