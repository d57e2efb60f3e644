"""What is written to a terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli.output import Screen, clean, columns, fitted, one_line


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_colour_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only where NO_COLOR does not forbid it."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Screen(Terminal()).heat("hot", 3) == "\x1b[1;31mhot\x1b[0m"
    assert Screen(io.StringIO()).heat("hot", 3) == "hot"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Screen(Terminal()).heat("hot", 3) == "hot"


def test_table_cuts_at_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last column loses what does not fit."""
    monkeypatch.setenv("COLUMNS", "40")
    out = Terminal()
    Screen(out).table(["a", "b", "c", "d"], [["1", "2", "three", "x" * 90]], [None])
    assert all(columns(line) <= 60 for line in out.getvalue().splitlines())
    assert "…" in out.getvalue()


@given(st.text())
def test_clean_text_cannot_command_a_terminal(text: str) -> None:
    """No control character but line breaks and tabs, nothing that reorders; printable text stays as it is."""
    shown = clean(text)
    assert not [c for c in shown if ord(c) < 32 and c not in "\n\t"]
    assert not {"\x7f", "\x9b", "\u202e", "\u2066", "\u2028"} & set(shown)
    assert clean(shown) == shown
    assert shown == text or not text.isprintable()
    assert "\n" not in one_line(text)


@given(st.text(alphabet="aä漢e\u0301 ", max_size=30), st.integers(2, 30))
def test_fitted_is_as_wide_as_asked(text: str, width: int) -> None:
    """Wide and combining characters are counted as a terminal shows them."""
    assert columns(fitted(text, width)) in {width, width - 1} or columns(text) < width


def test_paragraphs_break_between_words() -> None:
    """Long lines only; empty ones stay."""
    out = io.StringIO()
    Screen(out).paragraphs("kurz\n\n" + "wort " * 60, indent="| ")
    lines = out.getvalue().splitlines()
    assert lines[:2] == ["| kurz", "|"]
    assert all(len(line) <= 100 for line in lines)
