"""Which of two accounts of the same session holds.

Accounts come late, twice and in the wrong order. What is kept depends on what was told, not on when.
"""

from dataclasses import replace
from typing import Final

from ...model.session import Session, SessionFlag

_MISSING: Final = frozenset({SessionFlag.GAP, SessionFlag.ORPHAN, SessionFlag.RECONSTRUCTED})


def merge(one: Session, other: Session) -> Session:
    """Return one session out of two accounts of it; neither order nor repetition changes the outcome.

    An ended session stays ended, and an end the station told replaces one we assumed. Between two of a kind the one
    with corrected times holds, then the one of the later moment, then the one with the earlier and lower start, then
    the one that misses less, then the one that says more. What it does not know of the start is filled in from the
    other.
    """
    better, worse = (one, other) if _weight(one) >= _weight(other) else (other, one)
    started_at, register_start_mwh = better.started_at, better.register_start_mwh
    if register_start_mwh is None and worse.register_start_mwh is not None:
        started_at, register_start_mwh = worse.started_at, worse.register_start_mwh
    return replace(
        better,
        started_at=started_at,
        register_start_mwh=register_start_mwh,
        id_token=_known(better.id_token, worse.id_token),
        remote_start_id=_known(better.remote_start_id, worse.remote_start_id),
    )


def _known[T](first: T | None, second: T | None) -> T | None:
    return second if first is None else first


def _weight(session: Session) -> tuple[object, ...]:
    flags = session.flags
    return (
        _finality(session),
        SessionFlag.CLOCK_CORRECTED in flags,
        session.ended_at or session.register_last_at or session.started_at,
        _number(session.register_stop_mwh),
        _number(session.register_last_mwh),
        -session.started_at.timestamp(),
        -(session.register_start_mwh or 0),
        -len(flags & _MISSING),
        len(flags),
        sorted(flags),
        session.stop_reason or "",
        session.stop_id_token or "",
        session.connector_id,
        session.transaction_id,
    )


def _finality(session: Session) -> int:
    if session.is_open:
        return 0
    return 1 if SessionFlag.FORGOTTEN in session.flags else 2


def _number(value: int | None) -> tuple[bool, int]:
    return value is not None, value or 0
