"""Writing many events in one transaction.

Written with plain select, insert and update: every database has those, and there is only one writer.
"""

from collections.abc import Iterable
from itertools import batched
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from ...model.events import RegisterRead, SessionEnded, SessionStarted, SessionUpdated
from ...model.journal import JournalEntry, JournalPruned
from ...model.reading import MeterReading
from ...model.session import Session, SessionFlag
from .fact_store import write_facts
from .facts import Fact
from .journal import write_journal
from .merge import merge
from .rows import CONTEXT_CODES, SESSION_COLUMNS, session_of, to_micros, values_of
from .schema import READINGS, REGISTERS, SESSIONS

type StationEvent = SessionStarted | SessionUpdated | SessionEnded | RegisterRead
type KeptEvent = StationEvent | Fact | JournalEntry | JournalPruned
type _Moment = tuple[int, int]
"""Microseconds and a context code: what tells the readings of one session apart."""
type _Content = tuple[int, str]
"""A register in milliwatt-hours and its signed value; at the same moment the greater one holds."""
type _Register = tuple[int, int]
"""Microseconds and milliwatt-hours: the later one holds, at the same moment the greater one."""

KEPT: Final = (
    SessionStarted,
    SessionUpdated,
    SessionEnded,
    RegisterRead,
    Fact,
    JournalEntry,
    JournalPruned,
)

_IN_ONE_LIST: Final = 500
_NEVER: Final = -(2**63)

_SELECT_SESSIONS: Final = select(SESSIONS.c.id, *SESSION_COLUMNS)
_UPDATE_SESSION: Final = update(SESSIONS).where(SESSIONS.c.id == bindparam("key"))
_SELECT_READINGS: Final = select(
    READINGS.c.at, READINGS.c.context, READINGS.c.register_mwh, READINGS.c.signed
).where(
    READINGS.c.session_id == bindparam("key"),
    READINGS.c.at.between(bindparam("first"), bindparam("last")),
)
_UPDATE_READING: Final = update(READINGS).where(
    READINGS.c.session_id == bindparam("key"),
    READINGS.c.at == bindparam("moment"),
    READINGS.c.context == bindparam("code"),
)
_UPDATE_REGISTER: Final = update(REGISTERS).where(
    REGISTERS.c.station_id == bindparam("station"),
    REGISTERS.c.connector_id == bindparam("connector"),
)


class Batch:
    """What a number of events come to, before any of it is written."""

    def __init__(self, events: Iterable[KeptEvent]) -> None:
        """Gather events; their order does not matter, but that of facts and of the journal does."""
        self.sessions: dict[str, Session] = {}
        self.readings: dict[str, dict[_Moment, _Content]] = {}
        self.registers: dict[tuple[str, int], _Register] = {}
        self.facts: list[Fact] = []
        self.journal: list[JournalEntry | JournalPruned] = []
        for event in events:
            if isinstance(event, Fact):
                self.facts.append(event)
            elif isinstance(event, JournalEntry | JournalPruned):
                self.journal.append(event)
            else:
                self._take(event)

    def _take(self, event: StationEvent) -> None:
        if isinstance(event, RegisterRead):
            reading = event.reading
            newest = (to_micros(reading.at), reading.register_mwh)
            self._register(event.station_id, event.connector_id, newest)
            return
        session = event.session
        known = self.sessions.get(session.id)
        self.sessions[session.id] = session if known is None else merge(known, session)
        newest = (_NEVER, 0)
        if session.register_last_mwh is not None and session.register_last_at is not None:
            newest = (to_micros(session.register_last_at), session.register_last_mwh)
        if not isinstance(event, SessionStarted) and event.readings:
            newest = max(newest, self._readings(session.id, event.readings))
        if newest[0] != _NEVER and SessionFlag.ORPHAN not in session.flags:
            self._register(session.station_id, session.connector_id, newest)

    def _readings(self, uid: str, readings: tuple[MeterReading, ...]) -> _Register:
        """Gather readings and return the newest register among them."""
        taken = self.readings.setdefault(uid, {})
        newest = (_NEVER, 0)
        for reading in readings:
            at = to_micros(reading.at)
            moment = (at, CONTEXT_CODES[reading.context])
            content = (reading.register_mwh, reading.signed or "")
            taken[moment] = max(content, taken.get(moment, content))
            newest = max(newest, (at, reading.register_mwh))
        return newest

    def _register(self, station_id: str, connector_id: int, newest: _Register) -> None:
        key = (station_id, connector_id)
        self.registers[key] = max(newest, self.registers.get(key, newest))


def write(connection: Connection, events: Iterable[KeptEvent]) -> None:
    """Write events within the transaction of a connection; what is there already stays as it is."""
    batch = Batch(events)
    known = _update_sessions(connection, batch.sessions)
    new = _insert_sessions(
        connection, [item for uid, item in batch.sessions.items() if uid not in known]
    )
    rows: list[dict[str, object]] = []
    for uid, readings in batch.readings.items():
        if uid in new:
            rows += [_reading_row(new[uid], *item) for item in readings.items()]
        else:
            rows += _update_readings(connection, known[uid], readings)
    if rows:
        connection.execute(insert(READINGS), rows)
    if batch.registers:
        _write_registers(connection, batch.registers)
    write_facts(connection, batch.facts)
    write_journal(connection, batch.journal)


def _update_sessions(connection: Connection, told: dict[str, Session]) -> dict[str, int]:
    """Update the sessions that are there and return their surrogate keys."""
    keys: dict[str, int] = {}
    changed: list[dict[str, object]] = []
    for uids in batched(told, _IN_ONE_LIST, strict=False):
        for key, *row in connection.execute(_SELECT_SESSIONS.where(SESSIONS.c.uid.in_(uids))):
            kept = session_of(row)
            keys[kept.id] = key
            merged = merge(kept, told[kept.id])
            if merged != kept:
                changed.append({"key": key, **values_of(merged)})
    if changed:
        connection.execute(_UPDATE_SESSION, changed)
    return keys


def _insert_sessions(connection: Connection, new: Iterable[Session]) -> dict[str, int]:
    """Insert sessions and return their surrogate keys."""
    keys: dict[str, int] = {}
    for session in new:
        result = connection.execute(insert(SESSIONS), values_of(session))
        if TYPE_CHECKING:
            assert result.inserted_primary_key is not None
        keys[session.id] = result.inserted_primary_key[0]
    return keys


def _update_readings(
    connection: Connection, key: int, told: dict[_Moment, _Content]
) -> list[dict[str, object]]:
    """Update the readings that are there and return the rows of those that are not."""
    kept = {
        (at, code): (register_mwh, signed or "")
        for at, code, register_mwh, signed in connection.execute(
            _SELECT_READINGS, {"key": key, "first": min(told)[0], "last": max(told)[0]}
        )
    }
    changed = [
        {
            "key": key,
            "moment": at,
            "code": code,
            "register_mwh": content[0],
            "signed": content[1] or None,
        }
        for (at, code), content in told.items()
        if kept.get((at, code), content) < content
    ]
    if changed:
        connection.execute(_UPDATE_READING, changed)
    return [_reading_row(key, *item) for item in told.items() if item[0] not in kept]


def _reading_row(key: int, moment: _Moment, content: _Content) -> dict[str, object]:
    return {
        "session_id": key,
        "at": moment[0],
        "context": moment[1],
        "register_mwh": content[0],
        "signed": content[1] or None,
    }


def _write_registers(connection: Connection, told: dict[tuple[str, int], _Register]) -> None:
    kept: dict[tuple[str, int], _Register] = {}
    stations = {station_id for station_id, _ in told}
    for some in batched(stations, _IN_ONE_LIST, strict=False):
        for row in connection.execute(select(REGISTERS).where(REGISTERS.c.station_id.in_(some))):
            kept[row.station_id, row.connector_id] = (row.at, row.register_mwh)
    new: list[dict[str, object]] = []
    changed: list[dict[str, object]] = []
    for (station_id, connector_id), newest in told.items():
        known = kept.get((station_id, connector_id))
        values: dict[str, object] = {"at": newest[0], "register_mwh": newest[1]}
        if known is None:
            new.append({"station_id": station_id, "connector_id": connector_id, **values})
        elif known < newest:
            changed.append({"station": station_id, "connector": connector_id, **values})
    if new:
        connection.execute(insert(REGISTERS), new)
    if changed:
        connection.execute(_UPDATE_REGISTER, changed)
