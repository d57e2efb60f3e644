"""How to reach one account."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.services.logins import Logins

DEFAULT_COOLING_OFF = {"de": "Abkühlung", "en": "Cooling off"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderNames:
    """Folders as the user set them; None: to be found on the server."""

    inbox: str | None = None
    drafts: str | None = None
    sent: str | None = None
    cooling_off: str | None = None
    trash: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImapSettings:
    """One account's mailbox.

    Attributes:
        account: the account's name, part of every ``MessageKey``.
        security: ``tls`` from the first byte, ``starttls``, or ``none`` (refused except on loopback).
        auth: ``password``, or ``xoauth2`` (then ``secret`` gives an access token).
        secret: asked at each login; the answer is neither kept nor logged.
        logins: what is remembered of refused ones; all connections to an account share it.
        folders: names that win over what the server says.
        remembered_cooling_off: the folder that was created or found earlier, whatever the language is now.
        language: ``de`` or ``en``: names a cooling-off folder that has to be created.
        timeout: seconds that connecting, or the answer to one command, may take.
        poll: seconds between two looks where the server does not tell by itself.
        idle: seconds after which IDLE is issued anew.  Far below the 29 minutes of RFC 2177, for that is also how a
            connection shows that it is dead: behind a router that forgot it, or after a suspend, nothing else would
            tell, and what came meanwhile is to be here within a minute of the way's return.
        elapsed: seconds by a clock that never goes back, and goes on while the machine sleeps where there is one.
        ca_file: PEM file to trust instead of the system's certificates.
        only_reading: nothing is created and no special folder is looked for; ``folders`` is not known then.
    """

    account: str
    host: str
    user: str
    secret: Callable[[], str] = field(repr=False)
    port: int = 993
    security: str = "tls"
    auth: str = "password"
    logins: Logins = field(default_factory=Logins, repr=False)
    folders: FolderNames = field(default_factory=FolderNames)
    remembered_cooling_off: str | None = None
    language: str = "en"
    timeout: float = 30.0
    poll: float = 15.0
    idle: float = 25.0
    elapsed: Callable[[], float] = time.monotonic
    ca_file: str | None = None
    only_reading: bool = False

    def __post_init__(self) -> None:
        if self.security not in ("tls", "starttls", "none") or self.auth not in ("password", "xoauth2"):
            raise ValueError(f"security {self.security!r}, auth {self.auth!r}")

    @property
    def server(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"

    @property
    def new_cooling_off(self) -> str:
        """What a cooling-off folder is called when it has to be created."""
        default = DEFAULT_COOLING_OFF.get(self.language, DEFAULT_COOLING_OFF["en"])
        return self.folders.cooling_off or self.remembered_cooling_off or default
