"""One place for what every page needs: the house, the templates, the language, and what the user is told next."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.texts import Lang
from assistant.web.house import House
from assistant.web.tickets import Session
from assistant.web.voice import Voice
from assistant.web.words import language, translations

#: Draft pages that were opened, of all browsers together; the oldest is asked anew.
_REMEMBERED: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """Who asks: the session, and the form that came with the request."""

    session: Session
    form: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """What the user is told at the top of the next page."""

    words: str
    good: bool = True


class Site:
    """Renders pages; used by several threads.

    Args:
        templates: the folder ``templates/review``.
    """

    def __init__(self, house: House, templates: Path) -> None:
        self.house = house
        self.static = templates / "static"
        self._environments = {lang: _environment(templates, lang) for lang in ("de", "en")}
        self._notices: defaultdict[str, list[Notice]] = defaultdict(list)
        self._opened: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._turn = threading.Lock()

    def voice(self, request: Request) -> Voice:
        """How this browser is spoken to."""
        return Voice(self.language(request), self.house.clock.now())

    def language(self, request: Request) -> Lang:
        """The language of this browser."""
        return language(self.house.language, request.headers.get("accept-language", ""))

    def page(self, request: Request, name: str, /, *, status: int = 200, **values: object) -> Response:
        """A page from its template; it shows what there is to be told."""
        voice = self.voice(request)
        visit: Visit | None = request.scope.get("visit")
        content = (
            self._environments[voice.lang]
            .get_template(f"{name}.html.j2")
            .render(
                voice=voice,
                token=visit.session.token if visit else "",
                path=request.url.path,
                notices=self._told(visit),
                **values,
            )
        )
        return HTMLResponse(content, status)

    def tell(self, request: Request, words: str, *, good: bool = True) -> None:
        """Something for the next page of this browser."""
        with self._turn:
            self._notices[visit_of(request).session.name].append(Notice(words=words, good=good))

    def _told(self, visit: Visit | None) -> list[Notice]:
        with self._turn:
            return self._notices.pop(visit.session.name, []) if visit else []

    def open_up(self, request: Request, draft_id: int) -> None:
        """The user wants to see the texts of a draft; this browser is not asked again."""
        with self._turn:
            self._opened[visit_of(request).session.name, draft_id] = None
            while len(self._opened) > _REMEMBERED:
                self._opened.popitem(last=False)

    def is_open(self, request: Request, draft_id: int) -> bool:
        """Whether this browser has asked for the texts of a draft."""
        with self._turn:
            return (visit_of(request).session.name, draft_id) in self._opened


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    site: Site = request.app.state.site
    return site


def visit_of(request: Request) -> Visit:
    """Who asks; the guard let them in."""
    visit: Visit = request.scope["visit"]
    return visit


def form_of(request: Request) -> Mapping[str, str]:
    """The fields of the form; of several by one name the last."""
    return visit_of(request).form


def to(path: str) -> Response:
    """Go there with GET (Post/Redirect/Get: a reload repeats nothing)."""
    return RedirectResponse(path, 303)


def _environment(templates: Path, lang: Lang) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined]
    return environment
