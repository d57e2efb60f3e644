"""Was „gelassen correct“ sagt, auf Deutsch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CORRECTING_DE: Final[Mapping[str, str]] = {
    "help.correct": "sagen, wie eine Mail wirklich war; daraus lernen die Schwellen",
    "option.correct.mail": "Nummer der Mail, wie gelassen mails sie zeigt, oder ihre Message-ID",
    "option.correct.level": "wie sie war: 0 ruhig, 1 angespannt, 2 gereizt, 3 eskaliert",
    "option.correct.list": "alle Berichtigungen zeigen",
    "option.correct.undo": "die Berichtigung dieser Mail zurücknehmen",
    "correct.nothing": "bitte eines davon: MAIL --level N, MAIL --undo oder --list",
    "correct.no_mail": "Die Mail {mail} gibt es hier nicht. gelassen mails zeigt alle mit ihrer Nummer.",
    "correct.several": "Diese Mail kam mehrmals an; bitte mit der Nummer nennen: {ids}",
    "refused.not_corrected": "Die Mail {id} war nicht berichtigt. gelassen correct --list zeigt, welche es sind.",
    "correct.done": "Mail {id} von {who} gilt ab jetzt als {level}; beurteilt war sie so: {judged}.",
    "correct.done_unjudged": "Mail {id} von {who} gilt ab jetzt als {level}.",
    "correct.undone": "Die Berichtigung der Mail {id} von {who} ist zurückgenommen; sie ist wieder: {level}.",
    "correct.thresholds": "Die Schwellen, von denen an eine Mail so heißt, rücken ein wenig:",
    "correct.moved_own": "{level} bei {who}: {own}",
    "correct.moved_all": "{level} bei allen anderen: {common}",
    "correct.change": "von {before} auf {after}",
    "correct.recent": (
        "Von den letzten {recent} Mails würden damit {calmer} ruhiger und {hotter} hitziger beurteilt als bisher."
    ),
    "correct.recent_none": "Von den letzten {recent} Mails würde damit keine anders beurteilt als bisher.",
    "correct.nothing_moved": "Die Schwellen sagen das schon von selbst; keine hat sich merklich bewegt.",
    "correct.never_judged": "Diese Mail wurde nie beurteilt, also lernen die Schwellen nichts daraus.",
    "correct.not_yet": (
        "Eine Mail wie diese hieße das nächste Mal noch: {level}. Eine einzelne Berichtigung soll wenig bewegen; mit"
        " jeder weiteren wird es mehr."
    ),
    "correct.out_of_reach": (
        "Eine Mail wie diese hieße das nächste Mal noch: {level}. So weit rücken die Schwellen auch nach vielen"
        " Berichtigungen nicht, es träfe zu viele andere Mails; diese hier bleibt, was Sie gesagt haben."
    ),
    "correct.held": (
        "Ihr Entwurf {id}, der darauf antwortet, bleibt zurückgehalten wie bisher ({left}), bis Sie entscheiden:"
        " gelassen review {id}"
    ),
    "correct.undo_with": "Zurücknehmen: gelassen correct --undo {id}",
    "correct.none": "Noch ist nichts berichtigt. So geht es: gelassen correct MAIL --level N",
    "correct.id": "Mail",
    "correct.date": "Berichtigt",
    "correct.level": "Sie sagen",
    "correct.judged": "Beurteilt als",
    "correct.from": "Von",
    "correct.subject": "Betreff",
    "correct.counts": "Zählt",
    "mails.corrected": "von Ihnen berichtigt, beurteilt als {judged}",
    "event.corrections_renewed": "Berichtigungen, die nach dem Urteil des neuen Modells wieder zählen: {count}.",
}
