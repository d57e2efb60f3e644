"""Settings that the user changes while the daemon runs: written into config.toml, and in force at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.adapters.configfile import with_hold, write
from assistant.config import load
from assistant.core.cooling import HoldTable

if TYPE_CHECKING:
    from assistant.daemon.parts import Parts


def keep_hold(parts: Parts, hold: HoldTable) -> None:
    """Another hold table, for every draft that is decided from now on; what is held stays as it is.

    The file is read anew, so that what was changed in it meanwhile stays. Raises ``ConfigError`` where it is wrong now,
    ``PermanentFailure`` where it cannot be written; nothing has changed then.
    """
    path = parts.config.path
    load(path)
    write(path, with_hold(path.read_text(encoding="utf-8-sig"), hold))
    parts.config = replace(parts.config, cooling=replace(parts.config.cooling, hold=hold))
