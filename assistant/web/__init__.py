"""The review pages, on this machine only."""

from __future__ import annotations

from assistant.web.house import House
from assistant.web.server import WebServer
from assistant.web.site import Site
from assistant.web.tickets import Tickets, new_ticket

__all__ = ["House", "Site", "Tickets", "WebServer", "new_ticket"]
