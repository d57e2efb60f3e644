"""Which bytes on a server are a mail that was put there."""

from __future__ import annotations

import pytest

from assistant.core.wire import kept

RAW = "Subject: Grüße\r\nTo: jörg@firma.example\r\n\r\nGrüße\r\n\r\nJörg\r\n".encode()


@pytest.mark.parametrize(
    ("found", "same"),
    [
        (RAW, True),
        ("Subject: GrXXXXe\r\nTo: jXXrg@firma.example\r\n\r\nGrüße\r\n\r\nJörg\r\n".encode(), True),
        ("Subject: GrXXXXe\r\nTo: jörg@firma.example\r\n\r\nGrüße\r\n\r\nJörg\r\n".encode(), False),
        (b"Subject: GrXXXXe\r\nTo: jXXrg@firma.example\r\n\r\nGrXXXXe\r\n\r\nJXXrg\r\n", False),
        (RAW + b"\r\n", False),
    ],
    ids=["byte for byte", "munged by Cyrus", "half munged", "another text", "longer"],
)
def test_a_mail_is_known_where_cyrus_has_munged_its_header(found: bytes, *, same: bool) -> None:
    """The header may have lost what is not ASCII, as a whole; the text may not differ."""
    assert kept(RAW, found) is same
