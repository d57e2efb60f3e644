"""The ledger on a database: SQLAlchemy Core, Alembic migrations, SQLite in WAL mode with mode 0600.

SQLAlchemy takes 0.2 s to import, so it waits until the store is first asked for; ``quick`` reads the queue without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.adapters.database.store import SqlStore, open_store
else:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from assistant.adapters.database import store

        return getattr(store, name)


__all__ = ["SqlStore", "open_store"]
