"""The mailbox on an IMAP server (RFC 3501, 9051), by imapclient."""

from __future__ import annotations

from assistant.adapters.imap.mailbox import ImapMailbox
from assistant.adapters.imap.settings import FolderNames, ImapSettings
from assistant.adapters.imap.survey import Survey

__all__ = ["FolderNames", "ImapMailbox", "ImapSettings", "Survey"]
