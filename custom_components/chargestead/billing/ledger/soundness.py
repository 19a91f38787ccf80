"""Whether the ledger's file is a sound database, and where it goes if not."""

from contextlib import closing
from datetime import datetime
import os
from pathlib import Path
import sqlite3
from typing import Final

from .faults import is_damage
from .schema import READINGS

_COMPANIONS: Final = ("-wal", "-shm")
_WHOLE_UP_TO_BYTES: Final = 2**27
_HEADER: Final = b"SQLite format 3\0"
_WHOLE: Final = "PRAGMA quick_check(1)"
_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != ?"


def damage_of(path: Path) -> str | None:
    """Return what is wrong with an SQLite file, None when it is sound or does not exist yet.

    A large file that was closed properly is checked but for its readings, which would take minutes on a small machine.
    Raises OSError or sqlite3.Error where the file cannot be looked at.
    """
    size = path.stat().st_size if path.exists() else None
    log = _companion(path, "-wal")
    left_open = log.exists() and log.stat().st_size > 0
    if not size:
        # SQLite would take it for a new database and throw the log away.
        if left_open:
            return "the file is gone but its write-ahead log is there"
        return None if size is None else "the file is empty"
    if not _has_header(path):
        return "the file is no database"
    whole = left_open or size <= _WHOLE_UP_TO_BYTES
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE)
        try:
            return _check(connection, whole=whole)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return str(error)


def _has_header(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def _check(connection: sqlite3.Connection, *, whole: bool) -> str | None:
    checks = [_WHOLE]
    if not whole:
        tables = connection.execute(_TABLES, (READINGS.name,)).fetchall()
        checks = [f"PRAGMA quick_check('{name}')" for (name,) in tables]
    for check in checks:
        (answer,) = connection.execute(check).fetchone()
        if answer != "ok":
            return str(answer)
    return None


def set_aside(path: Path, at: datetime) -> Path | None:
    """Rename a damaged file and its companions, so that they still belong together, and return the new path.

    None where they cannot be moved.
    """
    stem = f"{path.name}.damaged-{at:%Y%m%dT%H%M%SZ}"
    aside = path.with_name(stem)
    number = 1
    while any(item.exists() for item in (aside, *companions(aside))):
        number += 1
        aside = path.with_name(f"{stem}-{number}")
    try:
        if path.exists():
            move(path, aside)
        for companion in _COMPANIONS:
            beside = _companion(path, companion)
            if beside.exists():
                move(beside, _companion(aside, companion))
    except OSError:
        return None
    return aside


def move(path: Path, target: Path) -> None:
    """Rename a file so that it keeps its new name through a power cut; raises OSError."""
    path.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _companion(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def companions(path: Path) -> tuple[Path, ...]:
    """Return the files that SQLite keeps beside a file."""
    return tuple(_companion(path, suffix) for suffix in _COMPANIONS)
