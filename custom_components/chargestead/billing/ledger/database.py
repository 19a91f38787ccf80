"""Opening the database, all of it blocking."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
import sqlite3

from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from ...model.errors import LedgerDamagedError, LedgerError
from .engine import SQLITE, make_engine, parse
from .faults import ledger_error
from .migrations import bring_up_to_date
from .rows import to_micros
from .soundness import companions, damage_of, move, set_aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An open database: one connection that writes and one that reads."""

    writer: Engine
    reader: Engine
    version: int


def open_database(url: str, now: datetime) -> Database:
    """Check, open and bring up to date.

    Raises LedgerDamagedError after setting a damaged file aside, LedgerTooNewError, LedgerFullError, or LedgerError for
    whatever else is in the way.
    """
    parsed = parse(url)
    if parsed.get_backend_name() != SQLITE:
        return _open(parsed, now)
    path = Path(parsed.database or "")
    damage = _damage(path)
    if damage is not None:
        raise _set_aside(path, now, damage)
    if not path.exists():
        _create(parsed, path, now)
    try:
        return _open(parsed, now)
    except LedgerDamagedError as error:
        raise _set_aside(path, now, error.reason) from error


def _damage(path: Path) -> str | None:
    try:
        return damage_of(path)
    except (OSError, sqlite3.Error) as error:
        raise ledger_error(error) from error


def _set_aside(path: Path, now: datetime, reason: str) -> LedgerDamagedError:
    aside = set_aside(path, now)
    return LedgerDamagedError(reason, None if aside is None else str(aside))


def _create(url: URL, path: Path, now: datetime) -> None:
    """Make the tables in a file beside, so that a ledger that is there is never half made."""
    beside = path.with_name(path.name + ".new")
    try:
        for leftover in (beside, *companions(beside)):
            leftover.unlink(missing_ok=True)
    except OSError as error:
        raise ledger_error(error) from error
    database = _open(url.set(database=str(beside)), now)
    database.writer.dispose()
    try:
        move(beside, path)
    except OSError as error:
        raise ledger_error(error) from error


def _open(url: URL, now: datetime) -> Database:
    engine = make_engine(url)
    try:
        version = bring_up_to_date(engine, to_micros(now))
    except LedgerError:
        engine.dispose()
        raise
    except SQLAlchemyError as error:
        engine.dispose()
        raise ledger_error(error) from error
    return Database(writer=engine, reader=make_engine(url, reads_only=True), version=version)
