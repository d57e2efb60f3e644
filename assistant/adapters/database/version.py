"""The schema that this program knows."""

from __future__ import annotations

from typing import Final

#: The newest migration in ``migrations/versions``; a test compares the two.
HEAD: Final = "0004"
