"""How to reach one account's submission server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

#: Hosts that put what they relay into the user's Sent folder by themselves.  Gmail: nodemailer/wildduck's wiki, page
#: "Gmail sending" ("copied to Sent Mail"; a second copy with the same Message-ID is merged).  Microsoft:
#: nextcloud/documentation #15015 ("automatically save a copy of sent messages"), huacnlee/omamail #60 (both hosts).
#: smtp-relay.gmail.com is none: by Google's help page 2956491 relayed mail is shown in the sender's mailbox only where
#: the administrator has turned on "comprehensive mail storage".
_FILING: Final = frozenset(
    {
        "smtp.gmail.com",
        "smtp.googlemail.com",
        "smtp.office365.com",
        "outlook.office365.com",
        "smtp-mail.outlook.com",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RelaySettings:
    """One account's relay.

    Attributes:
        security: ``tls`` from the first byte, ``starttls``, or ``none`` (refused except on loopback).
        user: empty: no login.
        auth: ``password``, or ``xoauth2`` (then ``secret`` gives an access token).
        secret: asked at each delivery; the answer is neither kept nor logged.
        timeout: seconds that connecting, the answer to one command, or taking 16 KiB of the text may take.
        patience: seconds to wait for the answer to a mail handed over whole.  RFC 5321 (4.5.3.2.6) says ten minutes:
            giving up early is what makes two copies of one mail (RFC 1047), or here a question to the user.
        ca_file: PEM file to trust instead of the system's certificates.
    """

    host: str
    secret: Callable[[], str] = field(repr=False)
    user: str = ""
    port: int = 465
    security: str = "tls"
    auth: str = "password"
    timeout: float = 30.0
    patience: float = 600.0
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if self.security not in ("tls", "starttls", "none") or self.auth not in ("password", "xoauth2"):
            raise ValueError(f"security {self.security!r}, auth {self.auth!r}")

    @property
    def server(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"

    @property
    def files_sent(self) -> bool:
        """Whether the provider puts a copy of what it relays into Sent by itself."""
        return self.host.lower().removesuffix(".") in _FILING
