"""The commands: they read the settings, ask the parts, and speak.  Each is imported when it is called."""

from __future__ import annotations

from assistant.cli.main import main

__all__ = ["main"]
