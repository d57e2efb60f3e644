"""What was judged: the mails that came, why each is called what it is called, and the user's say in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.core.escalation import Level
from assistant.core.facts import matter_of
from assistant.services.acknowledging import NoSuchMail
from assistant.services.learning import Lesson
from assistant.services.ledger import EVERY, Incoming, MailFilter, Treated
from assistant.services.lessons import told
from assistant.web.site import Site, form_of, site_of, to

#: How many stand on one page.
_SHOWN: Final = 50
#: What the list can be narrowed down to: the word in the address, and what it means.
_KINDS: Final[Mapping[str, MailFilter]] = {
    "": EVERY,
    "1": MailFilter(level=Level.TENSE),
    "2": MailFilter(level=Level.HEATED),
    "3": MailFilter(level=Level.ESCALATED),
    "judged": MailFilter(treated=Treated.JUDGED),
    "set_aside": MailFilter(treated=Treated.SET_ASIDE),
    "unassessed": MailFilter(treated=Treated.UNASSESSED),
}
#: For how long after its arrival a receipt is offered for a heated mail.
_FRESH: Final = timedelta(days=7)
_LARGEST: Final = 2**31 - 1  # of the numbers that the ledger gives


def _mails(request: Request) -> Response:
    site, asked = site_of(request), request.query_params
    kind = asked.get("kind", "")
    one = _mail(site, _number(asked["client"])) if asked.get("client") else None
    wanted = replace(
        _KINDS.get(kind, EVERY),
        account=asked.get("account") or None,
        client=one.client if one else None,
        beyond=_number(asked["beyond"]) if asked.get("beyond") else None,
    )
    found = site.house.store.list_incoming(limit=_SHOWN + 1, wanted=wanted)
    kept = {"kind": kind, "account": wanted.account, "client": one.id if one else None}
    return site.page(
        request,
        "mails",
        mails=found[:_SHOWN],
        accounts=[status.name for status in site.house.store.statuses()],
        kind=kind,
        account=wanted.account or "",
        client=one,
        here=_address(**kept),
        newest=wanted.beyond is None,
        older=_address(**kept, beyond=found[_SHOWN - 1].id) if len(found) > _SHOWN else None,
    )


def _address(**asked: object) -> str:
    """The list with its filters. A client is named by the number of one of their mails: addresses are no addresses."""
    said = {name: value for name, value in asked.items() if value}
    return f"/mails?{urlencode(said)}" if said else "/mails"


def _find(request: Request) -> Response:
    """The client whom a part of a name or address fits; whoever wrote last, if it fits several."""
    site, word = site_of(request), form_of(request).get("sender", "").strip()
    found = site.house.store.list_incoming(limit=1, wanted=MailFilter(sender=word)) if word else ()
    if word and not found:
        site.tell(request, site.voice(request)._("Nobody of that name or address has written."), good=False)
    return to(_address(client=found[0].id if found else None))


def _one(request: Request) -> Response:
    site = site_of(request)
    mail = _mail(site, _id(request))
    return site.page(
        request,
        "mail",
        mail=mail,
        matter=matter_of(mail.text),
        levels=list(Level),
        held=site.house.store.answering(mail.id),
        answerable=_wants_receipt(mail, site.house.clock.now()),
    )


def _wants_receipt(mail: Incoming, now: datetime) -> bool:
    return bool(mail.client) and (mail.level or Level.CALM) >= Level.HEATED and now - mail.received < _FRESH


def _correct(request: Request) -> Response:
    """What the user says a mail was; an answer that is none changes nothing."""
    site, said = site_of(request), form_of(request).get("level", "")
    if said in {str(int(level)) for level in Level}:
        _tell(request, site.house.learning.correct(_mail(site, _id(request)), Level(int(said))))
    return to(f"/mails/{_id(request)}")


def _undo(request: Request) -> Response:
    site = site_of(request)
    mail = _mail(site, _id(request))
    if mail.corrected is not None:
        _tell(request, site.house.learning.take_back(mail))
    return to(f"/mails/{mail.id}")


def _tell(request: Request, lesson: Lesson) -> None:
    """As ``gelassen correct`` tells it."""
    site, voice = site_of(request), site_of(request).voice(request)
    words = told(lesson, voice.lang, str(lesson.mail.sender or voice.say("mail.no_sender")))
    site.tell(request, words.done)
    if words.thresholds:
        site.tell(request, f"{voice.say('correct.thresholds')} {'; '.join(words.thresholds)}.")
    if words.further:
        site.tell(request, " ".join(words.further))


def _mail(site: Site, number: int) -> Incoming:
    mail = site.house.store.incoming(number) if number <= _LARGEST else None
    if mail is None:
        raise NoSuchMail(str(number))
    return mail


def _number(word: str) -> int:
    """A mail's number in an address; what is none is no mail's."""
    return int(word) if word.isdecimal() and len(word) < len(str(_LARGEST)) else 0


def _id(request: Request) -> int:
    number: int = request.path_params["id"]
    return number


ROUTES: Final = (
    Route("/mails", _mails),
    Route("/mails/find", _find, methods=["POST"]),
    Route("/mails/{id:int}", _one),
    Route("/mails/{id:int}/correct", _correct, methods=["POST"]),
    Route("/mails/{id:int}/undo", _undo, methods=["POST"]),
)
