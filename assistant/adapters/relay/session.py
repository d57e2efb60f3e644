"""A connection that is open and greeted, and the steps of one mail over it.

What concerns the session and not the mail (greeting, EHLO, STARTTLS, login) is never final, whatever code it has: the
user can mend it, or is in a better network tomorrow, and then the mail goes out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Final

from assistant.adapters.relay import words
from assistant.adapters.relay.answers import Garbled, Refusal, Reply, own
from assistant.adapters.relay.settings import RelaySettings
from assistant.adapters.relay.text import END_OF_DATA, WireText
from assistant.adapters.relay.wire import Encryption, Wire
from assistant.core.delivery import Answer

#: Not this machine's name, which nobody needs to know; an address literal is valid wherever we are (RFC 5321, 4.1.3).
_HELLO: Final = "EHLO [127.0.0.1]"
#: Codes that ask for a login or for encryption (RFC 4954, 6): about the session, wherever they come.
_ABOUT_US: Final = frozenset({530, 534, 535, 538})
_LAST_WORDS: Final = 0.2  # seconds for what a server may have said before it hung up


class Session:
    """Raises ``Refusal`` with the reason when something goes wrong; then the relay has not taken the mail.

    Attributes:
        offers: the extensions, upper case, with their parameters; of the latest EHLO.
    """

    def __init__(self, settings: RelaySettings, wire: Wire) -> None:
        self.settings = settings
        self._wire = wire
        self.offers: dict[str, str] = {}

    def greet(self) -> None:
        """Awaits the server's greeting and says EHLO."""
        self.entered(self._heard(greeted=False), 220)
        self.hello()

    def hello(self) -> None:
        """EHLO; what was offered before counts no more (RFC 3207, 4.2)."""
        reply = self.entered(self.ask(_HELLO), 250)
        self.offers = dict(_offer(line) for line in reply.lines[1:])

    def encrypt(self, wrap: Callable[[Wire], None]) -> None:
        """STARTTLS, and EHLO again."""
        if "STARTTLS" not in self.offers:
            raise Refusal(own(words.no_starttls(self.settings)))
        self.entered(self.ask("STARTTLS"), 220)
        wrap(self._wire)
        self.hello()

    def ask(self, command: str) -> Reply:
        """One command and its reply; anything that came before the command is out of step."""
        if not command.isprintable():
            raise ValueError("a command is one line")
        with self._translated():
            if self._wire.unasked():
                raise Refusal(self._early())
            self._wire.send(f"{command}\r\n".encode())
        return self._heard()

    def entered(self, reply: Reply, wanted: int) -> Reply:
        """The reply, if it is the one that is wanted before a mail can begin."""
        if reply.code == wanted:
            return reply
        raise Refusal(self.about_us(reply) if reply.code >= 400 else self._no_sense())

    def about_us(self, reply: Reply) -> Answer:
        """A refusal that is not about the mail: 4yz as it is, 5yz as our own words, for it may be mended."""
        answer = reply.answer
        return own(words.turned_away(self.settings, str(answer))) if answer.final else answer

    def begin(self, sender: str, parameters: str) -> None:
        """MAIL."""
        reply = self.ask(f"MAIL FROM:<{sender}>{parameters}")
        if not reply.good:
            raise Refusal(self._verdict(reply))

    def recipient(self, address: str) -> Answer | None:
        """RCPT; the refusal, or None."""
        reply = self.ask(f"RCPT TO:<{address}>")
        if reply.good:
            return None
        answer = self._verdict(reply)
        if reply.code == 421:
            raise Refusal(answer)
        return answer

    def text(self, text: WireText) -> None:
        """DATA and the whole text but its end mark."""
        reply = self.ask("DATA")
        if reply.code != 354:
            raise Refusal(self._verdict(reply))
        with self._translated():
            self._wire.send(text.stuffed)
        self._still_listening()

    def finish(self) -> Reply:
        """The end mark and the server's answer to it; ``OSError`` or ``Garbled`` when it is not known."""
        self._still_listening()  # to record the intent takes time
        self._wire.send(END_OF_DATA)
        return self._wire.reply(self.settings.patience)

    def _still_listening(self) -> None:
        """Raises ``Refusal`` when something came before the end mark was sent.

        It is no answer to the whole text: a verdict on its size, or a server out of step whose words would be taken for
        the answer.  And a connection that has ended is seen while it is still certain that the mail was not taken.
        """
        with self._translated():
            if self._wire.unasked():
                raise Refusal(self._verdict(self._wire.reply(self.settings.timeout)))

    @property
    def encryption(self) -> Encryption | None:
        """How the connection is encrypted; None: it is not."""
        return self._wire.encryption

    def quit(self) -> None:
        """Says goodbye without awaiting the answer, as Postfix does (smtp_skip_quit_response): the outcome is known."""
        with contextlib.suppress(OSError):
            self._wire.send(b"QUIT\r\n")

    def close(self) -> None:
        """Cuts the connection: a text whose end was not sent is not delivered."""
        self._wire.close()

    def _heard(self, *, greeted: bool = True) -> Reply:
        with self._translated(greeted=greeted):
            return self._wire.reply(self.settings.timeout)

    def _verdict(self, reply: Reply) -> Answer:
        """What a reply that is no yes means for the mail."""
        if reply.code < 400:
            return self._no_sense()
        return self.about_us(reply) if reply.code in _ABOUT_US else reply.answer

    def _no_sense(self) -> Answer:
        return own(words.garbled(self.settings))

    def _early(self) -> Answer:
        """What came unasked between two commands: goodbye, or nonsense."""
        reply = self._wire.reply(self.settings.timeout)
        return reply.answer if reply.code == 421 else self._no_sense()

    @contextlib.contextmanager
    def _translated(self, *, greeted: bool = True) -> Iterator[None]:
        try:
            yield
        except Garbled as error:
            text = words.garbled(self.settings) if greeted else words.not_smtp(self.settings)
            raise Refusal(own(text)) from error
        except TimeoutError as error:
            raise Refusal(own(words.silent(self.settings, greeted=greeted))) from error
        except OSError as error:
            raise Refusal(self._last_words()) from error

    def _last_words(self) -> Answer:
        """Why the server has hung up, if it said so before."""
        with contextlib.suppress(OSError, Garbled):
            reply = self._wire.reply(_LAST_WORDS)
            if reply.code >= 400:
                return self._verdict(reply)
        return own(words.lost(self.settings))


def _offer(line: str) -> tuple[str, str]:
    """A line of EHLO; some old servers write ``AUTH=PLAIN LOGIN``."""
    name, _, parameters = line.replace("AUTH=", "AUTH ", 1).partition(" ")
    return name.upper(), parameters.strip().upper()
