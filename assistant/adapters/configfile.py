"""Writing config.toml: values change, comments, order and everything that was not asked for stay (tomlkit)."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

from assistant.adapters.paths import private, shipped_config
from assistant.config.values import hold as read_hold
from assistant.core.cooling import Hold, HoldTable
from assistant.errors import PermanentFailure

Values = Mapping[str, Any]

#: The account in the shipped file, in comments.
_EXAMPLE: Final = re.compile(r"^#\n# \[\[account\]\]\n(?:# .*\n)+", re.MULTILINE)
_COPYING: Final = re.compile(r"^# Copy this file .*\n(?:# .*\n)*#\n", re.MULTILINE)
#: Keys of an account that belong to one another: what is not given anew is taken out.
_TOGETHER: Final = ("relay", "password_command", "password_env", "keyring", "oauth", "folders")


def changed(former: str | None, tables: Mapping[str, Values], account: Values) -> str:
    """The text of a file with an account in it; of the shipped, commented one where there is none yet.

    Args:
        former: what the file says now.
        tables: values by key for ``general``, ``cooling`` and so on.
        account: all keys of the account; one with its ``name`` is changed, else it is added.
    """
    text = _with_account(shipped_config().read_text(encoding="utf-8")) if former is None else former
    document = tomlkit.parse(text)
    for name, values in tables.items():
        table = document.setdefault(name, tomlkit.table())
        _update(table, values)
    _put_account(document, account, only=former is None)
    return tomlkit.dumps(document)


def with_hold(former: str, hold: HoldTable) -> str:
    """The text of a file with another hold table; a cell that means the same stays as it is written."""
    document = tomlkit.parse(former)
    cooling = document.setdefault("cooling", tomlkit.table())
    present = cooling.get("hold")
    if present is None:
        present = cooling["hold"] = tomlkit.array()
        present.extend([_written(cell) for cell in row] for row in hold)
        present.multiline(True)
    for row, cells in enumerate(hold):
        for column, cell in enumerate(cells):
            if read_hold(present[row][column]) != cell:
                present[row][column] = _written(cell)
    return tomlkit.dumps(document)


def _written(cell: Hold) -> int | str:
    """A cell as the shipped file writes it: whole minutes, ``"morning"``, else seconds."""
    if not isinstance(cell, timedelta):
        return cell
    minutes, seconds = divmod(int(cell.total_seconds()), 60)
    return f"{minutes * 60 + seconds}s" if seconds else minutes


def _with_account(text: str) -> str:
    """The shipped file with its example account out of the comments, to be filled in, and no word on copying it."""
    return _EXAMPLE.sub(lambda block: re.sub(r"^# ?", "", block[0], flags=re.MULTILINE), _COPYING.sub("", text, 1))


def _put_account(document: tomlkit.TOMLDocument, account: Values, *, only: bool) -> None:
    accounts = document.get("account")
    if not isinstance(accounts, AoT):
        accounts = tomlkit.aot()
        document["account"] = accounts
    known = next((one for one in accounts if only or one.get("name") == account["name"]), None)
    if known is None:
        added = _filled(tomlkit.table(), account)
        added.add(tomlkit.nl())
        accounts.append(added)
        return
    for key in _TOGETHER:
        if key in known and not account.get(key):
            del known[key]
    _update(known, account)


def _filled(table: Table, values: Values) -> Table:
    for key, value in values.items():
        if value not in (None, "", {}, []):
            table[key] = _item(value)
    return table


def _update(table: Any, values: Values) -> None:  # noqa: ANN401 - tomlkit's tables have no common type
    """Sets what differs; what is the same stays as it is written."""
    for key, value in values.items():
        present = table.get(key)
        if isinstance(value, Mapping) and isinstance(present, Table | InlineTable) and set(present) <= set(value):
            _update(present, value)
        elif key not in table and value in (None, "", {}, []):
            continue
        elif present != value:
            table[key] = _item(value)


def _item(value: object) -> Any:  # noqa: ANN401 - any TOML value
    if not isinstance(value, Mapping):
        return value
    pairs = (f"{key} = {tomlkit.item(one).as_string()}" for key, one in value.items() if one is not None)
    return tomlkit.value(f"{{ {', '.join(pairs)} }}")  # spaced as in the shipped file


def write(path: Path, text: str) -> None:
    """Put a text in the place of a file, whole or not at all; a new one with mode 0600.

    A link stays a link, and an existing file keeps its mode. Raises ``PermanentFailure``.
    """
    path = path.resolve()
    private(path.parent)
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                os.chmod(file.name, mode)
                os.replace(file.name, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(file.name)
                raise
    except OSError as error:
        raise PermanentFailure(f"{path} cannot be written: {error.strerror}") from error
