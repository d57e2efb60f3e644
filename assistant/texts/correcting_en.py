"""What ``gelassen correct`` says, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CORRECTING_EN: Final[Mapping[str, str]] = {
    "help.correct": "say what a mail really was; the thresholds learn from it",
    "option.correct.mail": "number of the mail, as gelassen mails shows it, or its Message-ID",
    "option.correct.level": "what it was: 0 calm, 1 tense, 2 heated, 3 escalated",
    "option.correct.list": "list all corrections",
    "option.correct.undo": "take the correction of this mail back",
    "correct.nothing": "one of these, please: MAIL --level N, MAIL --undo, or --list",
    "correct.no_mail": "There is no mail {mail} here. gelassen mails lists all with their numbers.",
    "correct.several": "This mail came more than once; name it by its number: {ids}",
    "refused.not_corrected": "Mail {id} was not corrected. gelassen correct --list shows which ones are.",
    "correct.done": "Mail {id} from {who} counts as {level} from now on; it was judged {judged}.",
    "correct.done_unjudged": "Mail {id} from {who} counts as {level} from now on.",
    "correct.undone": "The correction of mail {id} from {who} is taken back; it is {level} again.",
    "correct.thresholds": "The thresholds from which on a mail is called so move a little:",
    "correct.moved_own": "{level} for {who}: {own}",
    "correct.moved_all": "{level} for all others: {common}",
    "correct.change": "from {before} to {after}",
    "correct.recent": "Of the last {recent} mails {calmer} would now be judged calmer, {hotter} hotter than before.",
    "correct.recent_none": "Of the last {recent} mails none would now be judged otherwise.",
    "correct.nothing_moved": "The thresholds say so by themselves; none has moved noticeably.",
    "correct.never_judged": "This mail was never judged, so the thresholds learn nothing from it.",
    "correct.not_yet": (
        "A mail like this one would still be called {level} next time. One correction alone is meant to move little;"
        " each further one moves more."
    ),
    "correct.out_of_reach": (
        "A mail like this one would still be called {level} next time. The thresholds never move that far, it would"
        " touch too many other mails; this one stays what you said."
    ),
    "correct.held": (
        "Your draft {id}, which answers it, stays held as it was ({left}) until you decide: gelassen review {id}"
    ),
    "correct.undo_with": "To take it back: gelassen correct --undo {id}",
    "correct.none": "Nothing was corrected yet. This is how: gelassen correct MAIL --level N",
    "correct.id": "Mail",
    "correct.date": "Corrected",
    "correct.level": "You say",
    "correct.judged": "Judged",
    "correct.from": "From",
    "correct.subject": "Subject",
    "correct.counts": "Counts",
    "mails.corrected": "corrected by you, judged {judged}",
    "event.corrections_renewed": "corrections that count again, by the judgement of the new model: {count}.",
}
