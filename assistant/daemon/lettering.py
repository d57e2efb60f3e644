"""What is put together for letters: acknowledgements, and questions to a friend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from assistant.daemon.parts import Parts, read_draft
from assistant.services.acknowledging import Acknowledging
from assistant.services.letters import Letters


@contextmanager
def letters(parts: Parts) -> Iterator[Letters]:
    """Letters on their way; connections that they need are closed at the end."""
    with parts.connecting() as effects_for:
        yield Letters(
            store=parts.store,
            clock=parts.clock,
            effects_for=effects_for,
            dispatch=parts.outgoing.dispatch(),
            can_send=parts.outgoing.can_send,
            read_draft=read_draft,
        )


@contextmanager
def acknowledging(parts: Parts) -> Iterator[Acknowledging]:
    """Receipts for the mails of all accounts."""
    with letters(parts) as ways_out:
        yield Acknowledging(
            store=parts.store,
            clock=parts.clock,
            letters=ways_out,
            render=parts.advisor.render,
            parser=lambda name: parts.client_parser(parts.account(name)),
            own=lambda name: parts.account(name).own,
            address=lambda name: parts.account(name).address,
        )
