"""AUTH (RFC 4954): PLAIN, LOGIN and XOAUTH2, each password tried once."""

from __future__ import annotations

import base64
from typing import Final

from assistant.adapters.relay import words
from assistant.adapters.relay.answers import Refusal, Reply, own
from assistant.adapters.relay.session import Session
from assistant.adapters.relay.settings import RelaySettings
from assistant.core.delivery import Answer
from assistant.errors import GelassenError
from assistant.services.logins import Logins

_MECHANISMS: Final = {"password": ("PLAIN", "LOGIN"), "xoauth2": ("XOAUTH2",)}
_LONGEST_COMMAND: Final = 510  # without CRLF (RFC 4954, 4): a longer first answer must wait to be asked for
_MAX_CHALLENGES: Final = 4


def log_in(session: Session, settings: RelaySettings, logins: Logins) -> None:
    """Logs in where a user is set; raises ``Refusal``.

    A server on this machine may offer no login at all and yet relay; elsewhere that means a wrong port.
    """
    if not settings.user or (settings.security == "none" and "AUTH" not in session.offers):
        return
    mechanism = _chosen(session, settings)
    secret = _secret(settings)
    if barred := logins.barred(lambda: secret):
        raise Refusal(own(words.tried_again(barred.answer, barred.seconds)))
    answer = _Login(session, settings, secret).by(mechanism)
    if answer is None:
        logins.accepted()
        return
    if not answer.code:
        logins.refused(secret, answer.text)
    raise Refusal(answer)


def _chosen(session: Session, settings: RelaySettings) -> str:
    offered = session.offers.get("AUTH", "")
    for mechanism in _MECHANISMS[settings.auth]:
        if mechanism in offered.split():
            return mechanism
    raise Refusal(own(words.no_login(settings, offered or "-")))


def _secret(settings: RelaySettings) -> str:
    try:
        return settings.secret()
    except GelassenError as error:
        raise Refusal(own(words.no_secret(settings, str(error)))) from error


class _Login:
    """One login; it lives as long as the secret is needed."""

    def __init__(self, session: Session, settings: RelaySettings, secret: str) -> None:
        self._session, self._settings, self._secret = session, settings, secret

    def by(self, mechanism: str) -> Answer | None:
        """Runs the mechanism to its end; the refusal, with a code only when it is the server's own trouble (4yz)."""
        steps = self._steps(mechanism)
        reply = self._asked(mechanism, steps)
        for _ in range(_MAX_CHALLENGES):
            if reply.code != 334:
                break
            # An empty line also answers the error that a refused token sends as one more challenge.
            reply = self._session.ask(steps.pop(0) if steps else "")
        return None if reply.code == 235 else self._refused(reply)

    def _steps(self, mechanism: str) -> list[str]:
        user, secret = self._settings.user, self._secret
        if mechanism == "LOGIN":
            return [_base64(user), _base64(secret)]
        if mechanism == "XOAUTH2":
            return [_base64(f"user={user}\1auth=Bearer {secret}\1\1")]
        return [_base64(f"\0{user}\0{secret}")]

    def _asked(self, mechanism: str, steps: list[str]) -> Reply:
        command = f"AUTH {mechanism}"
        together = f"{command} {steps[0]}"
        if mechanism == "LOGIN" or len(together) > _LONGEST_COMMAND:  # LOGIN has no first answer
            return self._session.ask(command)
        steps.pop(0)
        return self._session.ask(together)

    def _refused(self, reply: Reply) -> Answer:
        # A server that repeats what it was sent must not make us store it.
        answer = Reply(reply.code, tuple(self._hidden(line) for line in reply.lines)).answer
        if 400 <= reply.code < 500:
            return answer
        return own(words.login_refused(self._settings, str(answer)))

    def _hidden(self, line: str) -> str:
        for told in (*self._steps("PLAIN"), *self._steps("XOAUTH2"), *self._steps("LOGIN")[1:], self._secret):
            line = line.replace(told, "***") if told else line
        return line


def _base64(text: str) -> str:
    # A password from the environment may be bytes that are no UTF-8: they go out as they came in.
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")
