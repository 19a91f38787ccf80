"""Better accounts of a session, when a transaction's messages come in another order than things happened."""

from collections.abc import Callable
from dataclasses import replace

from ...model.reading import MeterReading, ReadingContext
from ...model.session import Session, SessionFlag
from ..register import RegisterGuard, Verdict
from .events import TransactionEvent

UNHEARD = frozenset({SessionFlag.ORPHAN, SessionFlag.RECONSTRUCTED})

type Follows = Callable[[MeterReading, MeterReading], bool]
"""Tells whether one reading of a register can follow on another."""


def follows(guard: Callable[[], RegisterGuard]) -> Follows:
    """Return how to tell whether one reading can follow on another."""

    def can_follow(earlier: MeterReading, later: MeterReading) -> bool:
        judge = guard()
        judge.judge(earlier.register_mwh, earlier.at)
        return judge.judge(later.register_mwh, later.at) is Verdict.GOOD

    return can_follow


def with_start(
    session: Session, event: TransactionEvent, flags: frozenset[SessionFlag], can: Follows
) -> Session:
    """Return a session whose start was unheard, now that it is told."""
    session = replace(
        session,
        started_at=event.at,
        connector_id=event.connector_id or session.connector_id,
        id_token=event.id_token or session.id_token,
        remote_start_id=event.remote_start_id or session.remote_start_id,
        flags=(session.flags - UNHEARD) | flags,
    )
    begin, known = event.first_reading, _first_known(session)
    if begin is None:
        return session
    end_was_told = session.ended_at is not None and session.register_last_at == session.ended_at
    untold = {SessionFlag.GAP, SessionFlag.ESTIMATED} if end_was_told else {SessionFlag.GAP}
    session = replace(session, flags=session.flags - untold)
    if known is not None and not can(begin, known):
        return replace(session, flags=session.flags | {SessionFlag.ESTIMATED})
    return _with_earlier(session, begin)


def with_begin(session: Session, event: TransactionEvent) -> Session:
    """Return a session whose EVSE was not known at its start with the register it then began with (E01.FR.17)."""
    begin = event.first_reading
    if (
        begin is None
        or begin.context is not ReadingContext.BEGIN
        or session.register_start_mwh is not None
        or session.ended_at is not None
    ):
        return session
    return replace(
        session,
        register_start_mwh=begin.register_mwh,
        register_last_mwh=begin.register_mwh,
        register_last_at=max(begin.at, session.started_at),
        flags=session.flags - {SessionFlag.GAP},
    )


def with_earlier_message(session: Session, event: TransactionEvent, can: Follows) -> Session:
    """Return a session whose start is still unheard, reaching back to a message before all others."""
    session = replace(session, started_at=min(event.at, session.started_at))
    for reading in event.readings:
        known = _first_known(session)
        if known is None or (reading.register_mwh < known.register_mwh and can(reading, known)):
            session = _with_earlier(session, reading)
    return session


def with_late_end(session: Session, reading: MeterReading, can: Follows) -> Session:
    """Return an ended session whose last register was never told, reaching up to a late reading."""
    forgotten = SessionFlag.FORGOTTEN in session.flags
    told = session.register_stop_mwh is not None and SessionFlag.ESTIMATED not in session.flags
    if session.ended_at is None or (told and not forgotten):
        return session
    if reading.at > session.ended_at and not forgotten:
        return session
    stop, start = session.register_stop_mwh, _first_known(session)
    if (stop is not None and stop >= reading.register_mwh) or (
        start is not None and not can(start, reading)
    ):
        return session
    return replace(
        session,
        ended_at=max(session.ended_at, reading.at) if stop is not None else session.ended_at,
        register_start_mwh=(start or reading).register_mwh,
        register_stop_mwh=reading.register_mwh,
        register_last_mwh=reading.register_mwh,
        register_last_at=reading.at,
        flags=_estimated(session),
    )


def _estimated(session: Session) -> frozenset[SessionFlag]:
    """Return the flags of a session whose end is a guess; one that was forgotten says so already."""
    if SessionFlag.FORGOTTEN in session.flags:
        return session.flags
    return session.flags | {SessionFlag.ESTIMATED}


def _with_earlier(session: Session, reading: MeterReading) -> Session:
    """Return a session that begins with an earlier reading."""
    known = _first_known(session)
    most = reading.register_mwh if known is None else known.register_mwh
    session = replace(session, register_start_mwh=min(reading.register_mwh, most))
    if session.register_last_mwh is None:
        session = replace(
            session, register_last_mwh=reading.register_mwh, register_last_at=reading.at
        )
        if session.ended_at is not None:
            session = replace(
                session,
                register_stop_mwh=reading.register_mwh,
                flags=_estimated(session),
            )
    return session


def _first_known(session: Session) -> MeterReading | None:
    """Return the earliest register known, at the latest moment it can have been read."""
    register_mwh = session.register_start_mwh
    if register_mwh is None:
        register_mwh = session.register_last_mwh
    if register_mwh is None:
        return None
    at = session.register_last_at or session.ended_at or session.started_at
    return MeterReading(at=at, register_mwh=register_mwh)
