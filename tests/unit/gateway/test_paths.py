"""Reverse-path and forward-path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.gateway.paths import is_empty, split_path, without_auth


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        ("<a@b.example>", ("a@b.example", "")),
        (" <a@b.example>  SIZE=1 BODY=7BIT", ("a@b.example", "SIZE=1 BODY=7BIT")),
        ("<@one,@two:a@b>", ("a@b", "")),
        ("<büro@exämple.net> SMTPUTF8", ("büro@exämple.net", "SMTPUTF8")),
        ('<"a b\\"c"@d>', ('"a b\\"c"@d', "")),
        ("<a@[IPv6:::1]>", ("a@[IPv6:::1]", "")),
        ("a@b.example", (None, None)),
        ("<>", (None, None)),
        ("<a@b>SIZE=1", (None, None)),
        ("<a@b> SIZE=\u00b2", (None, None)),
        ("<a@b@c>", (None, None)),
        ("<a b@c>", (None, None)),
        ("<a@b\N{NO-BREAK SPACE}c>", (None, None)),
        ('<"a\r\nb"@c>', (None, None)),
        ("<a@" + "b" * 320 + ">", (None, None)),
        ("", (None, None)),
    ],
)
def test_paths(argument: str, found: tuple[str | None, str | None]) -> None:
    """An address in angle brackets, and nothing that could be read as two."""
    assert split_path(argument) == found


@given(st.text(alphabet='<>@:a."\\ ,;[]\t\x00ä', max_size=60))
def test_an_address_holds_no_space_bracket_or_second_address_outside_quotes(argument: str) -> None:
    """For any argument, and in linear time."""
    address, _ = split_path(argument)
    if address is not None:
        local, _, domain = address.rpartition("@")
        assert local
        assert domain
        assert not set("<>\t\x00") & set(domain)
        assert local.startswith('"') or not set("<>@ \t\x00,;:") & set(local)


def test_the_empty_sender_is_told_from_none() -> None:
    """Bounces have it."""
    assert is_empty("FROM:<>")
    assert is_empty("from: <> SIZE=1")
    assert not is_empty("FROM:<a@b>")
    assert not is_empty("FROM:")


@pytest.mark.parametrize(
    ("argument", "rest"),
    [
        ("FROM:<a@b> AUTH=<>", "FROM:<a@b>"),
        ("FROM:<a@b> auth=x+40y SIZE=1", "FROM:<a@b> SIZE=1"),
        ("FROM:<a@b> SIZE=1 AUTH=<>", "FROM:<a@b> SIZE=1"),
        ("FROM:<a@b> SIZE=1", "FROM:<a@b> SIZE=1"),
        ("FROM:<a AUTH=x@b>", "FROM:<a AUTH=x@b>"),
    ],
)
def test_the_auth_parameter_is_left_out(argument: str, rest: str) -> None:
    """Behind the path only."""
    assert without_auth(argument) == rest
