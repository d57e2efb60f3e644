"""Acknowledge now: what the client would read, and one button."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.core.draft import State
from assistant.services.ledger import Conflict, HeldDraft
from assistant.web.site import form_of, site_of, to
from assistant.web.voice import Voice


def _shown(request: Request) -> Response:
    site = site_of(request)
    with site.house.acknowledging() as acknowledging:
        found = acknowledging.offer(_id(request))
        late = acknowledging.is_pressing(found.mail)
    return site.page(
        request,
        "acknowledge",
        found=found,
        late=late,
        gone=letter_gone(site.voice(request), found.written) if found.written else "",
        can_send=site.house.can_send(found.mail.key.account),
        answering=site.house.store.answering(found.mail.id),
    )


def _send(request: Request) -> Response:
    site = site_of(request)
    voice = site.voice(request)
    try:
        with site.house.acknowledging() as acknowledging:
            row = acknowledging.send(_id(request), form_of(request).get("shown", ""))
    except Conflict:
        site.tell(
            request, voice._("Meanwhile something has changed. Nothing goes out twice; please look again."), good=False
        )
    else:
        site.tell(request, letter_gone(voice, row), good=row.state not in {State.FAILED, State.UNCERTAIN})
    return to(f"/acknowledge/{_id(request)}")


def letter_gone(voice: Voice, row: HeldDraft) -> str:
    """What became of a letter that was just let go."""
    if row.state is State.SENT:
        return voice._("Sent.")
    if row.state is State.FAILED:
        return voice._(
            "It was not sent: the provider refused it. Why, and how to try again, stands with the mail itself."
        )
    if row.state is State.UNCERTAIN:
        return voice._("Nobody knows whether it went out: the provider has the text and did not answer.")
    if row.effect is not None:
        return voice._("The provider could not be reached yet; it goes as soon as that is possible.")
    return voice._("It lies in your Drafts folder; send it from there.")


def _id(request: Request) -> int:
    number: int = request.path_params["id"]
    return number


ROUTES: Final = (
    Route("/acknowledge/{id:int}", _shown),
    Route("/acknowledge/{id:int}", _send, methods=["POST"]),
)
