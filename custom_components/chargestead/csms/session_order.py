"""Sessions of one connector and their messages: what came before what, and what cannot have."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ..model.reading import MeterReading, ReadingContext
from ..model.session import Session

if TYPE_CHECKING:
    from .turns import Stop

_TOLERANCE: Final = timedelta(seconds=60)


def rank(session: Session) -> tuple[datetime, int, str]:
    """Return what puts the sessions of a connector in the order in which they ran."""
    return session.started_at, session.register_start_mwh or 0, session.id


def lasts(session: Session, at: datetime) -> bool:
    """Tell whether a session has not ended before a moment."""
    return session.ended_at is None or at <= session.ended_at


def cut(session: Session, successor: Session) -> Session:
    """Return a session without what was read on its connector after the next one had begun."""
    start, last, told = (
        session.register_start_mwh,
        session.register_last_mwh,
        successor.register_start_mwh,
    )
    if start is None or last is None or session.register_last_at is None or told is None:
        return session
    if session.register_last_at <= successor.started_at or not start <= told <= last:
        return session
    return session.at_register(told, successor.started_at)


def ran_on(session: Session, at: datetime) -> bool:
    """Tell whether a session ran after a moment."""
    return at < max(session.started_at, (session.register_last_at or at) - _TOLERANCE)


def cannot_end(session: Session, stop: Stop) -> bool:
    """Tell whether a stop's time contradicts what is known: before the start, or before a lower register."""
    if stop.at < session.started_at - _TOLERANCE:
        return True
    last_mwh, last_at = session.register_last_mwh, session.register_last_at
    if stop.register_mwh is None or last_mwh is None or last_at is None:
        return False
    return stop.at < last_at and stop.register_mwh > last_mwh


def end_readings(session: Session, stop: Stop) -> tuple[MeterReading, ...]:
    """Return the reading that a stop is, where its register was believed or it carries a signature."""
    if session.register_stop_mwh is None or session.ended_at is None:
        return ()
    if session.register_last_at != session.ended_at and stop.signed is None:
        return ()
    return (
        MeterReading(
            at=session.ended_at,
            register_mwh=session.register_stop_mwh,
            context=ReadingContext.END,
            signed=stop.signed,
        ),
    )


def counted(session: Session) -> bool:
    """Tell whether a register was read while a session ran."""
    return session.register_last_at not in (None, session.started_at)
