"""Reading sessions, readings and registers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from ...model.reading import MeterReading
from ...model.session import Session, SessionFlag
from .rows import READING_COLUMNS, SESSION_COLUMNS, from_micros, reading_of, session_of, to_micros
from .schema import COSTS, READINGS, REGISTERS, SESSIONS

NEWEST_FIRST: Final = (SESSIONS.c.started_at.desc(), SESSIONS.c.id.desc())
_EXACT: Final = ("station_id", "connector_id", "id_token", "driver_id", "vehicle_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFilter:
    """Which sessions are wanted; what is None does not matter.

    `started_from` and `ended_from` are inclusive, `started_before` and `ended_before` are not. `flag` asks for sessions
    that carry it, `provisional` for those whose cost may still change, or with False for those whose cost is exact.
    """

    station_id: str | None = None
    connector_id: int | None = None
    id_token: str | None = None
    driver_id: str | None = None
    vehicle_id: str | None = None
    started_from: datetime | None = None
    started_before: datetime | None = None
    ended_from: datetime | None = None
    ended_before: datetime | None = None
    is_open: bool | None = None
    flag: SessionFlag | None = None
    provisional: bool | None = None


def _sessions(connection: Connection, statement: Select[Any]) -> list[Session]:
    return [session_of(row) for row in connection.execute(statement)]


def session(connection: Connection, session_id: str) -> Session | None:
    """Return the session of an id, or None."""
    statement = select(*SESSION_COLUMNS).where(SESSIONS.c.uid == session_id)
    return next(iter(_sessions(connection, statement)), None)


def find_session(connection: Connection, station_id: str, transaction_id: str) -> Session | None:
    """Return the newest session of a transaction id, orphans excluded, or None."""
    statement = (
        select(*SESSION_COLUMNS)
        .where(
            SESSIONS.c.station_id == station_id,
            SESSIONS.c.transaction_id == transaction_id,
            _without(SessionFlag.ORPHAN),
        )
        .order_by(*NEWEST_FIRST)
        .limit(1)
    )
    return next(iter(_sessions(connection, statement)), None)


def open_sessions(connection: Connection, station_id: str) -> list[Session]:
    """Return the sessions of a station that still run, newest first."""
    statement = (
        select(*SESSION_COLUMNS)
        .where(SESSIONS.c.ended_at.is_(None), SESSIONS.c.station_id == station_id)
        .order_by(*NEWEST_FIRST)
    )
    return _sessions(connection, statement)


def recent_sessions(connection: Connection, station_id: str, limit: int) -> list[Session]:
    """Return the newest sessions of a station and all its open ones, newest first."""
    statement = (
        select(*SESSION_COLUMNS)
        .where(SESSIONS.c.station_id == station_id)
        .order_by(*NEWEST_FIRST)
        .limit(limit)
    )
    newest = _sessions(connection, statement)
    if len(newest) < limit:
        return newest
    known = {item.id for item in newest}
    return newest + [item for item in open_sessions(connection, station_id) if item.id not in known]


def sessions(
    connection: Connection, wanted: SessionFilter, limit: int | None, offset: int
) -> list[Session]:
    """Return a page of the sessions that pass a filter, newest first."""
    statement = (
        select(*SESSION_COLUMNS)
        .where(*conditions(wanted))
        .order_by(*NEWEST_FIRST)
        .limit(limit)
        .offset(offset or None)
    )
    return _sessions(connection, statement)


def count(connection: Connection, wanted: SessionFilter) -> int:
    """Return how many sessions pass a filter."""
    statement = select(func.count()).select_from(SESSIONS).where(*conditions(wanted))
    return connection.execute(statement).scalar_one()


def use_of(connection: Connection, station_id: str | None) -> tuple[int, int]:
    """Return how many sessions ended at a station, with None at all there ever were, and their energy in mWh."""
    table = SESSIONS.c
    end = func.coalesce(table.register_stop_mwh, table.register_last_mwh)
    statement = select(func.count(), func.sum(end - table.register_start_mwh)).where(
        table.ended_at.is_not(None), _without(SessionFlag.ORPHAN)
    )
    if station_id is not None:
        statement = statement.where(table.station_id == station_id)
    sessions, energy_mwh = connection.execute(statement).one()
    return int(sessions), int(energy_mwh or 0)


def _without(flag: SessionFlag) -> ColumnElement[bool]:
    return SESSIONS.c.flags.not_like(f"%{flag}%")


def conditions(wanted: SessionFilter) -> list[ColumnElement[bool]]:
    """Return what a filter asks of the rows of sessions."""
    table = SESSIONS.c
    found: list[ColumnElement[bool]] = [
        getattr(table, name) == value
        for name in _EXACT
        if (value := getattr(wanted, name)) is not None
    ]
    for column, since, before in (
        (table.started_at, wanted.started_from, wanted.started_before),
        (table.ended_at, wanted.ended_from, wanted.ended_before),
    ):
        if since is not None:
            found.append(column >= to_micros(since))
        if before is not None:
            found.append(column < to_micros(before))
    if wanted.is_open is not None:
        found.append(table.ended_at.is_(None) if wanted.is_open else table.ended_at.is_not(None))
    if wanted.flag is not None:
        found.append(table.flags.like(f"%{wanted.flag}%"))
    if wanted.provisional is not None:
        costs = COSTS.alias()
        reasons = costs.c.provisional > "" if wanted.provisional else costs.c.provisional == ""
        found.append(exists().where(costs.c.session_id == table.id, reasons))
    return found


def readings(connection: Connection, session_id: str) -> list[MeterReading]:
    """Return the readings of a session in the order of their time."""
    statement = (
        select(*READING_COLUMNS)
        .join(SESSIONS, SESSIONS.c.id == READINGS.c.session_id)
        .where(SESSIONS.c.uid == session_id)
        .order_by(READINGS.c.at, READINGS.c.register_mwh, READINGS.c.context)
    )
    return [reading_of(row) for row in connection.execute(statement)]


def registers(connection: Connection, station_id: str) -> dict[int, tuple[int, datetime]]:
    """Return the newest register in milliwatt-hours and its time, by connector."""
    statement = select(REGISTERS.c.connector_id, REGISTERS.c.register_mwh, REGISTERS.c.at).where(
        REGISTERS.c.station_id == station_id
    )
    return {
        connector_id: (register_mwh, from_micros(at))
        for connector_id, register_mwh, at in connection.execute(statement)
    }


def last_transaction_id(connection: Connection) -> int:
    """Return the largest transaction id ever given out, 0 if there is none."""
    return connection.execute(select(func.max(SESSIONS.c.issued_id))).scalar_one() or 0
