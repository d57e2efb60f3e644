"""The store as a whole."""

from __future__ import annotations

from assistant.adapters.database.corrections import Corrections
from assistant.adapters.database.courses import Courses
from assistant.adapters.database.drafts import HeldDrafts, SeenDrafts, Versions
from assistant.adapters.database.engine import open_engine
from assistant.adapters.database.incoming import Accounts, IncomingMail
from assistant.adapters.database.notable import Notable
from assistant.adapters.database.sending import Outbox


class SqlStore(Accounts, IncomingMail, Corrections, Courses, SeenDrafts, HeldDrafts, Versions, Outbox, Notable):
    """The port ``Store`` of :mod:`assistant.services.ledger`."""


def open_store(url: str) -> SqlStore:
    """Open the database at a SQLAlchemy URL, create or upgrade its schema; errors as in ``open_engine``."""
    return SqlStore(open_engine(url))
