"""What drivers say about a full or damaged database, and what concerns only one event."""

import sqlite3

import pytest
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InvalidRequestError,
    OperationalError,
    StatementError,
)

from custom_components.chargestead.billing.ledger.faults import is_about_item, ledger_error
from custom_components.chargestead.model.errors import (
    LedgerDamagedError,
    LedgerError,
    LedgerFullError,
    LedgerTooNewError,
)


class DriverError(Exception):
    """What a driver raises, with the attributes it is told apart by."""

    def __init__(self, *arguments: object, **attributes: object) -> None:
        """Carry attributes."""
        super().__init__(*arguments)
        self.__dict__.update(attributes)


def wrapped(error: Exception, kind: type[DBAPIError] = OperationalError) -> DBAPIError:
    """Return an error as it arrives."""
    return kind("INSERT", {}, error)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DriverError("full", sqlite_errorcode=sqlite3.SQLITE_FULL), LedgerFullError),
        (DriverError("shm", sqlite_errorcode=sqlite3.SQLITE_IOERR_SHMSIZE), LedgerFullError),
        (DriverError("write", sqlite_errorcode=sqlite3.SQLITE_IOERR_WRITE), LedgerError),
        (DriverError("no space", sqlstate="53100"), LedgerFullError),
        (DriverError("no space", pgcode="53100"), LedgerFullError),
        (DriverError("too many", sqlstate="53300"), LedgerError),
        (DriverError(1021, "Disk full"), LedgerFullError),
        (DriverError(1114, "The table is full"), LedgerFullError),
        (DriverError(2006, "Server has gone away"), LedgerError),
        (DriverError("malformed", sqlite_errorcode=sqlite3.SQLITE_CORRUPT), LedgerDamagedError),
        (
            DriverError("index", sqlite_errorcode=sqlite3.SQLITE_CORRUPT_INDEX),
            LedgerDamagedError,
        ),
        (DriverError("no database", sqlite_errorcode=sqlite3.SQLITE_NOTADB), LedgerDamagedError),
        (DriverError(), LedgerError),
    ],
)
def test_a_driver_error_becomes_ours(error: Exception, expected: type[LedgerError]) -> None:
    told = ledger_error(wrapped(error))

    assert type(told) is expected
    assert str(told) == str(error)


def test_an_error_that_is_ours_stays_what_it_is() -> None:
    error = LedgerTooNewError(9, 1)
    assert ledger_error(error) is error


def test_any_other_error_names_its_kind() -> None:
    assert str(ledger_error(OverflowError("too large"))) == "OverflowError: too large"
    assert str(ledger_error(InvalidRequestError("closed"))) == "closed"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OverflowError("too large"), True),
        (StatementError("odd", "INSERT", {}, TypeError("odd")), True),
        (wrapped(DriverError("too long"), DataError), True),
        (wrapped(DriverError("twice"), IntegrityError), True),
        (wrapped(DriverError("odd type"), InterfaceError), True),
        (wrapped(DriverError("locked")), False),
        (wrapped(DriverError("malformed"), DBAPIError), False),
        (InterfaceError("INSERT", {}, DriverError("gone"), connection_invalidated=True), False),
    ],
)
def test_what_concerns_one_event_is_told_from_what_concerns_all(
    error: Exception, *, expected: bool
) -> None:
    assert is_about_item(error) is expected
