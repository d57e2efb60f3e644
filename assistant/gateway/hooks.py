"""What aiosmtpd asks about EHLO, MAIL and RCPT: what is offered, who may send, and to how many."""

from __future__ import annotations

from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from assistant.gateway.answers import Rejected
from assistant.gateway.desk import Desk
from assistant.gateway.text import foreign, is_own


class Hooks:
    """Each answers with a line, or raises ``Rejected``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handle_EHLO(
        self, server: SMTP, session: SmtpSession, envelope: SmtpEnvelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Everything that aiosmtpd offers but HELP, and PIPELINING (RFC 2920), which works because it reads on."""
        del server, envelope
        session.host_name = hostname
        return [*responses[:-1], "250 PIPELINING"]

    async def handle_MAIL(
        self, server: SMTP, session: SmtpSession, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        """Only the user's own addresses."""
        del server, session
        _check_ascii(address, envelope)
        if not is_own(address, self._desk.own):
            raise foreign(address)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: SmtpSession, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        """Anybody, up to a number."""
        del server, session, options
        _check_ascii(address, envelope)
        if len(envelope.rcpt_tos) >= self._desk.settings.recipients:
            raise Rejected(452, "4.5.3 Too many recipients for one mail; send it to the others separately")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"


def _check_ascii(address: str, envelope: SmtpEnvelope) -> None:
    if not (envelope.smtp_utf8 or address.isascii()):
        raise Rejected(553, "5.6.7 This address needs SMTPUTF8 (RFC 6531)")
