"""A held draft: the facts first, then the texts on request, then what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assistant.core.difference import changes
from assistant.core.draft import Obstacle, State
from assistant.core.escalation import Assessment
from assistant.core.facts import matter_of
from assistant.services.judging import Writing
from assistant.services.ledger import HeldDraft
from assistant.services.review import Case, Desk
from assistant.web.site import Site, form_of, site_of, to

#: By how many minutes a draft can be told to cool longer.
SPANS: Final = (30, 120, 24 * 60)


def _draft(request: Request) -> Response:
    return _shown(request)


def _shown(request: Request, text: str | None = None) -> Response:
    """The page of a draft; with a text that is not saved in the editor."""
    site = site_of(request)
    with site.house.desk() as desk:
        case = desk.case(_id(request))
        obstacles = desk.obstacles(case.draft)
    with site.house.acknowledging() as acknowledging:
        receipt = acknowledging.written(case.incoming) if case.incoming else None
        late = case.incoming is not None and acknowledging.is_pressing(case.incoming)
    version = case.versions[-1]
    return site.page(
        request,
        "draft",
        case=case,
        draft=case.draft,
        version=version,
        matter=matter_of(case.incoming.text) if case.incoming else None,
        opened=text is not None or site.is_open(request, case.draft.id),
        text=version.text if text is None else text,
        unsaved=text is not None,
        assessment=version.assessment if text is None else _assessed(site, case.draft.subject, text),
        difference=changes(case.versions[0].text, version.text),
        obstacles=obstacles,
        early=bool(obstacles) and set(obstacles) <= {Obstacle.NOT_COOLED, Obstacle.NOT_REVIEWED},
        can_send=site.house.can_send(case.draft.account),
        spans=SPANS,
        receipt=receipt,
        late=late,
        states=State,
    )


def _assessed(site: Site, subject: str, text: str) -> Assessment:
    writing = Writing(text=text, subject=subject, side="own", at=site.house.clock.now())
    return site.house.judge.assess([writing])[0]


def _open(request: Request) -> Response:
    """The user has named the mood, or passed the question over; the word itself is kept nowhere."""
    site_of(request).open_up(request, _id(request))
    return _back(request)


def _try(request: Request) -> Response:
    """The editor with a suggestion in it, or with its heat marked: nothing is saved."""
    form, site = form_of(request), site_of(request)
    with site.house.desk() as desk:
        case = desk.case(_id(request))
    return _shown(request, _taken(case, form.get("text", ""), form.get("take", ""), form.get("add", "")))


def _taken(case: Case, text: str, take: str, add: str) -> str:
    """The text with a suggestion in its place, or below it."""
    offered = {one.template: one.text for one in case.suggestions}
    text = _plain(text)
    if take in offered:
        return offered[take]
    return f"{text.rstrip()}\n\n{offered[add]}" if add in offered else text


def _edit(request: Request) -> Response:
    text = _plain(form_of(request).get("text", ""))
    template = form_of(request).get("template") or None
    return _decided(request, lambda desk: desk.edit(_id(request), text, template=template), _edited)


def _edited(site: Site, request: Request, draft: HeldDraft) -> str:
    voice = site.voice(request)
    until = voice.moment(draft.hold_until)
    if voice.cooled(draft):
        return voice._("Saved. The new version is %(level)s.", level=voice.level(draft.level_own))
    return voice._(
        "Saved. The new version is %(level)s and cools until %(until)s.",
        level=voice.level(draft.level_own),
        until=until,
    )


def _approve(request: Request) -> Response:
    digest = form_of(request).get("hash", "")
    return _decided(
        request,
        lambda desk: desk.approve(_id(request), digest),
        _words("Approved, exactly as shown. Any change to the text takes the approval back."),
    )


def _release(request: Request) -> Response:
    form = form_of(request)
    reason = form.get("reason", "").strip()
    site, voice = site_of(request), site_of(request).voice(request)
    if "now" in form and not reason:
        site.tell(request, voice._("To send it now, please say why; it is for your own statistics."), good=False)
        return _back(request)
    return _decided(
        request,
        lambda desk: desk.release(_id(request), reason=reason or None, send="send" in form),
        _gone,
    )


def _gone(site: Site, request: Request, draft: HeldDraft) -> str:
    voice = site.voice(request)
    said = {
        State.SENT: voice._("Sent."),
        State.FAILED: voice._("It was not sent; the text is still here, and why stands below."),
        State.UNCERTAIN: voice._("Nobody knows whether it went out: the provider has the text and did not answer."),
    }
    if draft.state in said:
        return said[draft.state]
    if draft.effect is not None:
        return voice._("Released. The provider could not be reached yet; it is sent as soon as that is possible.")
    return voice._("Released. The draft lies in your Drafts folder again; send it from there.")


def _extend(request: Request) -> Response:
    minutes = form_of(request).get("minutes", "")
    span = timedelta(minutes=int(minutes) if minutes in map(str, SPANS) else SPANS[0])
    return _decided(request, lambda desk: desk.extend(_id(request), span), _words("It cools longer."))


def _discard(request: Request) -> Response:
    return _decided(
        request,
        lambda desk: desk.discard(_id(request)),
        _words("Discarded. For thirty days you can take that back here."),
    )


def _undo(request: Request) -> Response:
    return _decided(request, lambda desk: desk.undo_discard(_id(request)), _words("It is held again."))


def _resolve(request: Request) -> Response:
    went_out = form_of(request).get("answer") == "sent"
    return _decided(
        request, lambda desk: desk.resolve(_id(request), went_out=went_out), _words("Thank you, that settles it.")
    )


def _judge(request: Request) -> Response:
    """What the editor asks while one types; nothing is stored."""
    site, form = site_of(request), form_of(request)
    voice = site.voice(request)
    assessment = _assessed(site, form.get("subject", ""), _plain(form.get("text", "")))
    return JSONResponse(
        {
            "level": int(assessment.level),
            "word": voice.level(assessment.level),
            "signals": voice.signals(assessment),
            "hot": list(assessment.hot),
        }
    )


def _decided(
    request: Request, decision: Callable[[Desk], HeldDraft], words: Callable[[Site, Request, HeldDraft], str]
) -> Response:
    site = site_of(request)
    with site.house.desk() as desk:
        draft = decision(desk)
    site.tell(request, words(site, request, draft), good=draft.state not in {State.FAILED, State.UNCERTAIN})
    return _back(request)


def _words(message: str) -> Callable[[Site, Request, HeldDraft], str]:
    return lambda site, request, draft: site.voice(request)._(message)


def _plain(text: str) -> str:
    """Line ends as the editor had them: browsers send CRLF (HTML, 4.10.22.4)."""
    return text.replace("\r\n", "\n")


def _id(request: Request) -> int:
    number: int = request.path_params["id"]
    return number


def _back(request: Request) -> Response:
    return to(f"/drafts/{_id(request)}")


def _post(name: str, endpoint: Callable[[Request], Response]) -> Route:
    return Route(f"/drafts/{{id:int}}/{name}", endpoint, methods=["POST"])


ROUTES: Final = (
    Route("/drafts/{id:int}", _draft),
    _post("open", _open),
    _post("try", _try),
    _post("edit", _edit),
    _post("approve", _approve),
    _post("release", _release),
    _post("extend", _extend),
    _post("discard", _discard),
    _post("undo", _undo),
    _post("resolve", _resolve),
    Route("/judge", _judge, methods=["POST"]),
)
