"""Between the vocabulary and the columns of the ledger."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Column

from ...model.reading import MeterReading, ReadingContext
from ...model.session import Session, SessionFlag
from .schema import READINGS, SESSIONS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LARGEST_ISSUED: Final = 2**31 - 1
_GIVEN_BY_OTHERS: Final = frozenset({SessionFlag.ORPHAN, SessionFlag.RECONSTRUCTED})

CONTEXT_CODES: Final = {
    ReadingContext.OTHER: 0,
    ReadingContext.BEGIN: 1,
    ReadingContext.END: 2,
    ReadingContext.PERIODIC: 3,
    ReadingContext.ALIGNED: 4,
    ReadingContext.TRIGGER: 5,
    ReadingContext.INTERRUPTION: 6,
}
_CONTEXTS: Final = {code: context for context, code in CONTEXT_CODES.items()}

SESSION_COLUMNS: Final[tuple[Column[Any], ...]] = (
    SESSIONS.c.uid,
    SESSIONS.c.station_id,
    SESSIONS.c.connector_id,
    SESSIONS.c.transaction_id,
    SESSIONS.c.started_at,
    SESSIONS.c.id_token,
    SESSIONS.c.register_start_mwh,
    SESSIONS.c.register_last_mwh,
    SESSIONS.c.register_last_at,
    SESSIONS.c.ended_at,
    SESSIONS.c.register_stop_mwh,
    SESSIONS.c.stop_reason,
    SESSIONS.c.stop_id_token,
    SESSIONS.c.remote_start_id,
    SESSIONS.c.flags,
)
READING_COLUMNS: Final[tuple[Column[Any], ...]] = (
    READINGS.c.at,
    READINGS.c.register_mwh,
    READINGS.c.context,
    READINGS.c.signed,
)


def to_micros(at: datetime) -> int:
    """Return whole microseconds since 1970; TypeError for a datetime without a zone."""
    return (at - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC datetime of whole microseconds since 1970."""
    return _EPOCH + timedelta(0, 0, micros)


def to_micros_or_none(at: datetime | None) -> int | None:
    """Return whole microseconds since 1970, or None for None."""
    return None if at is None else to_micros(at)


def from_micros_or_none(micros: int | None) -> datetime | None:
    """Return the datetime of microseconds since 1970, or None for None."""
    return None if micros is None else _EPOCH + timedelta(0, 0, micros)


def issued_id(session: Session) -> int | None:
    """Return the transaction id as a number if it was ours to give.

    Numbers up to 2^31-1 in their plain spelling count (OCPP 1.6 section 6.45), except in sessions whose start we never
    received: their ids were given by somebody else.
    """
    text = session.transaction_id
    if not (text.isascii() and text.isdecimal()) or session.flags & _GIVEN_BY_OTHERS:
        return None
    if text.startswith("0") or len(text) > len(str(_LARGEST_ISSUED)):
        return None
    number = int(text)
    return number if number <= _LARGEST_ISSUED else None


def values_of(session: Session) -> dict[str, object]:
    """Return the columns that a session decides; the others belong to billing and stay as they are."""
    return {
        "uid": session.id,
        "station_id": session.station_id,
        "connector_id": session.connector_id,
        "transaction_id": session.transaction_id,
        "issued_id": issued_id(session),
        "id_token": session.id_token,
        "started_at": to_micros(session.started_at),
        "ended_at": to_micros_or_none(session.ended_at),
        "register_start_mwh": session.register_start_mwh,
        "register_last_mwh": session.register_last_mwh,
        "register_last_at": to_micros_or_none(session.register_last_at),
        "register_stop_mwh": session.register_stop_mwh,
        "stop_reason": session.stop_reason,
        "stop_id_token": session.stop_id_token,
        "remote_start_id": session.remote_start_id,
        "flags": ",".join(sorted(session.flags)),
    }


@lru_cache(maxsize=256)
def _flags(text: str) -> frozenset[SessionFlag]:
    return frozenset(SessionFlag(name) for name in text.split(",") if name in SessionFlag)


def session_of(row: Sequence[Any]) -> Session:
    """Return the session of a row selected as SESSION_COLUMNS."""
    (
        uid,
        station_id,
        connector_id,
        transaction_id,
        started_at,
        id_token,
        register_start_mwh,
        register_last_mwh,
        register_last_at,
        ended_at,
        register_stop_mwh,
        stop_reason,
        stop_id_token,
        remote_start_id,
        flags,
    ) = row
    return Session(
        id=uid,
        station_id=station_id,
        connector_id=connector_id,
        transaction_id=transaction_id,
        started_at=from_micros(started_at),
        id_token=id_token,
        register_start_mwh=register_start_mwh,
        register_last_mwh=register_last_mwh,
        register_last_at=from_micros_or_none(register_last_at),
        ended_at=from_micros_or_none(ended_at),
        register_stop_mwh=register_stop_mwh,
        stop_reason=stop_reason,
        stop_id_token=stop_id_token,
        remote_start_id=remote_start_id,
        flags=_flags(flags),
    )


def reading_of(row: Sequence[Any]) -> MeterReading:
    """Return the reading of a row selected as READING_COLUMNS."""
    at, register_mwh, context, signed = row
    return MeterReading(
        at=from_micros(at),
        register_mwh=register_mwh,
        context=_CONTEXTS.get(context, ReadingContext.OTHER),
        signed=signed,
    )
