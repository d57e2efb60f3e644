"""A message in the demo mailbox, told to clients as it is.

pymap 0.36.7 writes Content-Disposition as one string where RFC 9051 (7.5.2) has a list, and counts the header of a part
into its size; a client that trusts it fetches attachments as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final

from pymap.backend.maildir.mailbox import LoadedMessage, Message
from pymap.mime import MessageContent
from pymap.parsing.primitives import List, Nil, String
from pymap.parsing.response.fetch import BodyStructure, ContentBodyStructure, TextBodyStructure
from pymap.parsing.specials import FetchRequirement

_DISPOSITION: Final = -3  # place among the extension fields of every kind of part


class ExactMessage(Message):
    """A message whose bytes are the file's, and whose date is aware."""

    __slots__: Sequence[str] = ()

    @classmethod
    def of(cls, message: Message) -> ExactMessage:
        """The same message, read exactly."""
        return cls(
            message.uid,
            message.internal_date.astimezone(),
            message.permanent_flags,
            expunged=message.expunged,
            email_id=message.email_id,
            thread_id=message.thread_id,
            recent=message.recent,
            maildir=message._maildir,
            key=message._key,
        )

    async def load_content(self, requirement: FetchRequirement) -> LoadedMessage:
        """Read the file as it is; a file with bare line feeds (dropped in by hand) is given CRLF."""
        if self._maildir is None or self._key is None or requirement.has_none(FetchRequirement.CONTENT):
            return _Loaded(self, requirement, None)
        try:
            raw = self._maildir.get_bytes(self._key)
        except (KeyError, FileNotFoundError):
            return _Loaded(self, requirement, None)
        if b"\r\n" not in raw:
            raw = raw.replace(b"\n", b"\r\n")
        return _Loaded(self, requirement, MessageContent.parse(raw))


class _Loaded(LoadedMessage):
    @classmethod
    def _get_body_structure(cls, msg: MessageContent) -> BodyStructure:
        structure = super()._get_body_structure(msg)
        if isinstance(structure, ContentBodyStructure):
            structure.size = len(msg.body)
        if isinstance(structure, TextBodyStructure):
            structure.lines = bytes(msg.body).count(b"\n")
        return _Structure(structure) if structure.content_disposition is not None else structure


class _Structure(BodyStructure):
    """A body structure with its disposition as a list."""

    def __init__(self, inner: BodyStructure) -> None:
        self._inner = inner

    @property
    def _value(self) -> List:
        return self._inner._value

    @property
    def extended(self) -> List:
        """The attributes with extension data."""
        items = list(self._inner.extended.items)
        items[_DISPOSITION] = self._disposition()
        return List(items)

    def _disposition(self) -> List:
        header = self._inner.content_disposition
        assert header is not None
        parameters = list(chain.from_iterable(header.params.items()))
        listed = List(String.build(str(item)) for item in parameters) if parameters else Nil()
        return List([String.build(str(header.content_disposition)), listed])
