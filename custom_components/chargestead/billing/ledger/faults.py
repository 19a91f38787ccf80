"""What a database says, in our words."""

from typing import Final

from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)

from ...model.errors import LedgerDamagedError, LedgerError, LedgerFullError

_SQLITE_PRIMARY: Final = 0xFF
_SQLITE_CORRUPT: Final = 11
_SQLITE_FULL: Final = 13
_SQLITE_NOTADB: Final = 26
_SQLITE_IOERR_SHMSIZE: Final = 4874
_POSTGRESQL_DISK_FULL: Final = "53100"
_MARIADB_DISK_FULL: Final = frozenset({1021, 1114})

_ABOUT_WHAT_IS_WRITTEN: Final = (
    DataError,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
)


def is_damage(error: BaseException | None) -> bool:
    """Tell whether an SQLite error means that the file is not a sound database."""
    code = getattr(error, "sqlite_errorcode", 0) & _SQLITE_PRIMARY
    return code in (_SQLITE_CORRUPT, _SQLITE_NOTADB)


def is_full(error: BaseException | None) -> bool:
    """Tell whether a driver's error means that there is no room left."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code & _SQLITE_PRIMARY == _SQLITE_FULL or code == _SQLITE_IOERR_SHMSIZE:
        return True
    if getattr(error, "sqlstate", getattr(error, "pgcode", None)) == _POSTGRESQL_DISK_FULL:
        return True
    arguments: tuple[object, ...] = getattr(error, "args", ())
    return bool(arguments) and arguments[0] in _MARIADB_DISK_FULL


def is_about_item(error: Exception) -> bool:
    """Tell whether an error concerns what was to be written, not the database itself."""
    if not isinstance(error, DBAPIError):
        return True
    return isinstance(error, _ABOUT_WHAT_IS_WRITTEN) and not error.connection_invalidated


def ledger_error(error: Exception) -> LedgerError:
    """Return the error that is told to whoever asked."""
    if isinstance(error, LedgerError):
        return error
    cause = error.orig if isinstance(error, DatabaseError) else error
    text = str(cause) if isinstance(error, SQLAlchemyError) else f"{type(error).__name__}: {error}"
    if is_damage(cause):
        return LedgerDamagedError(text)
    if is_full(cause):
        return LedgerFullError(text)
    return LedgerError(text)
