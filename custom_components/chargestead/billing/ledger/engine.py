"""Connections to the database."""

from pathlib import Path
import sqlite3
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ...model.errors import LedgerError

SQLITE: Final = "sqlite"
BUSY_TIMEOUT_S: Final = 10
CHECKPOINT_PAGES: Final = 1000

_NO_FILE: Final = ("", ":memory:")
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}",
)


def parse(url: str) -> URL:
    """Return a database URL taken apart; LedgerError for one that cannot be or that keeps nothing."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise LedgerError("the database URL cannot be understood") from error
    if parsed.get_backend_name() == SQLITE and Path(parsed.database or "").name in _NO_FILE:
        raise LedgerError("the ledger needs a file")
    return parsed


def make_engine(url: URL, *, reads_only: bool = False) -> Engine:
    """Return an engine of one connection; LedgerError where there is no driver for the URL."""
    on_sqlite = url.get_backend_name() == SQLITE
    arguments: dict[str, Any] = {"timeout": BUSY_TIMEOUT_S} if on_sqlite else {}
    try:
        engine = create_engine(
            url, pool_size=1, max_overflow=0, pool_pre_ping=not on_sqlite, connect_args=arguments
        )
    except (ArgumentError, ImportError) as error:
        raise LedgerError(f"no driver for {url.drivername}: {error}") from error
    if on_sqlite:
        _steer_sqlite(engine, reads_only=reads_only)
    return engine


def _steer_sqlite(engine: Engine, *, reads_only: bool) -> None:
    """Set what SQLite forgets with each connection, and begin transactions ourselves.

    The driver begins none before DDL, so that a migration would not be atomic, and none before a select.
    """
    pragmas = ("PRAGMA query_only=ON",) if reads_only else _PRAGMAS

    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma)

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def pragma(engine: Engine, statement: str) -> tuple[Any, ...]:
    """Run a pragma outside any transaction and return its first row."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return tuple(cursor.fetchone() or ())
    finally:
        connection.close()


def checkpoint(engine: Engine) -> None:
    """Move everything out of the write-ahead log into the file; LedgerError while a reader is in the way."""
    if engine.dialect.name != SQLITE:
        return
    busy, *_ = pragma(engine, "PRAGMA wal_checkpoint(TRUNCATE)")
    if busy:
        raise LedgerError("the write-ahead log is in use")
