"""Walking through archives of files: as many mails as are counted, one in memory at a time, also while they move."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.adapters.mailfiles import count_mails, read_mails, walk_mails
from assistant.errors import PermanentFailure

MAIL = b"From: a@b.example\nSubject: x\n\nText.\n"
LINE = b"From a@b.example Wed Nov 18 10:00:00 2026\n"


def maildir(folder: Path, number: int) -> Path:
    """A Maildir with so many mails in ``new``."""
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    for one in range(number):
        (folder / "new" / f"{one}.host").write_bytes(MAIL + b"%d" % one)
    return folder


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (b"", 0),
        (LINE + MAIL, 1),
        ((LINE + MAIL + b"\n") * 3, 3),
        (LINE + MAIL + b"\n>From here on\nFrom now on it is calm\n\nFrom here\n\n" + LINE + MAIL, 2),
        (MAIL, 1),
    ],
)
def test_a_file_has_as_many_mails_as_are_counted(tmp_path: Path, content: bytes, number: int) -> None:
    """An mbox, an empty one, one message."""
    path = tmp_path / "archive"
    path.write_bytes(content)
    assert count_mails(str(path)) == len(list(walk_mails(str(path)))) == number


def test_walk_and_read_find_the_same(tmp_path: Path) -> None:
    """In Maildirs and in folders of .eml."""
    box = maildir(tmp_path / "box", 5)
    (box / "cur" / ".hidden").write_bytes(MAIL)
    deep = tmp_path / "mails" / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "x.eml").write_bytes(MAIL)
    (deep / "x.txt").write_bytes(MAIL)
    for place, number in ((box, 5), (tmp_path / "mails", 1)):
        walked = [raw for raw in walk_mails(str(place)) if raw is not None]
        assert sorted(walked) == sorted(found.raw for found in read_mails(str(place)))
        assert count_mails(str(place)) == number


def test_a_mail_that_is_moved_meanwhile_is_found(tmp_path: Path) -> None:
    """A mail client reads the Maildir at the same time: from new to cur, other flags, deleted; each is given once."""
    box = maildir(tmp_path / "box", 3)
    for one in range(3, 6):
        (box / "cur" / f"{one}.host:2,").write_bytes(MAIL + b"%d" % one)
    walk = walk_mails(str(box))
    found = [next(walk)]
    for path in list((box / "new").iterdir()):
        if path.read_bytes() not in found:
            path.rename(box / "cur" / f"{path.name}:2,S")
    while not (found[-1] or b"").endswith((b"3", b"4", b"5")):
        found.append(next(walk))
    left = [path for path in (box / "cur").iterdir() if path.read_bytes() not in found]
    left.pop().unlink()
    for path in left:
        path.rename(path.with_name(path.name + "F"))
    found += list(walk)
    assert None not in found
    assert len(found) == len(set(found))
    assert {raw[-1:] for raw in found if raw} >= {path.read_bytes()[-1:] for path in (box / "cur").iterdir()}


def test_a_folder_without_mail_is_named(tmp_path: Path) -> None:
    """An empty Maildir is empty, any other folder a mistake."""
    assert list(walk_mails(str(maildir(tmp_path / "box", 0)))) == []
    (tmp_path / "leer").mkdir()
    with pytest.raises(PermanentFailure, match="there are no mails in this folder"):
        count_mails(str(tmp_path / "leer"))
