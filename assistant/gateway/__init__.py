"""A submission server (RFC 6409) on this machine that mail clients send through.

It knows nothing of judging: each mail goes, with its envelope and its exact bytes, to the function that it was given.
"""

from __future__ import annotations

from assistant.gateway.desk import Settings, Submit
from assistant.gateway.server import Gateway, listeners
from assistant.gateway.text import authors, spelled

__all__ = ["Gateway", "Settings", "Submit", "authors", "listeners", "spelled"]
