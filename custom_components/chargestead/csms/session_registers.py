"""The registers of sessions: which reading belongs to which count, and what energy it tells of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from ..model.reading import MeterReading
from ..model.session import Session, SessionFlag
from .counters import Counters
from .register import RegisterGuard, Verdict

_ODD: Final = frozenset({Verdict.FALL, Verdict.JUMP})
_BASELINE_UNTOLD: Final = frozenset({SessionFlag.GAP, SessionFlag.RECONSTRUCTED})


class SessionRegisters:
    """Judges each session's readings against its own registers, whatever its connector counts meanwhile.

    So a session that is told late ends with the same energy as one told in time. A start register that does not go on
    from what its connector showed before is in doubt until the next reading goes on from the one or the other.
    """

    def __init__(self, counters: Counters, new_guard: Callable[[], RegisterGuard]) -> None:
        """Count what does not fit; `new_guard` makes a guard for a register."""
        self._counters = counters
        self._new_guard = new_guard
        self._connectors: dict[int, RegisterGuard] = {}
        self._frames: dict[str, RegisterGuard] = {}
        self._before: dict[str, tuple[int, datetime]] = {}

    def connector(self, connector_id: int) -> RegisterGuard:
        """Return the guard of a connector's register."""
        guard = self._connectors.get(connector_id)
        if guard is None:
            guard = self._connectors[connector_id] = self._new_guard()
        return guard

    def deliverable(self, power_w: float) -> None:
        """Judge by another power from now on."""
        for guard in (*self._connectors.values(), *self._frames.values()):
            guard.max_power_w = power_w

    def begin(self, session: Session) -> None:
        """Take the register at the start of a session, if it has one."""
        guard = self.connector(session.connector_id)
        register_mwh, at = session.register_start_mwh, session.started_at
        before = None
        if guard.register_mwh is not None and guard.at is not None and guard.at <= at:
            before = (guard.register_mwh, guard.at)
        if register_mwh is None:
            if before is not None:
                self._before[session.transaction_id] = before
            return
        self._frame(session)
        if before is not None and guard.step(*before, register_mwh, at) in _ODD:
            self._counters.add("register_start_odd")
            self._before[session.transaction_id] = before
            return
        guard.follow(register_mwh, at)

    def forget(self, transaction_id: str) -> None:
        """Drop what is only needed while a session runs."""
        self._frames.pop(transaction_id, None)
        self._before.pop(transaction_id, None)

    def judged(self, session: Session, reading: MeterReading) -> Session | None:
        """Return the session after a reading; None, and counted, where the reading cannot belong to it."""
        if reading.at < session.started_at:
            return self._earlier(session, reading)
        if _is_over(session, reading):
            self._counters.add("reading_after_end")
            return None
        frame = self._frame(session)
        verdict = frame.judge(reading.register_mwh, reading.at)
        if verdict is Verdict.OLD:
            return self._late(session, reading, frame)
        if verdict in _ODD:
            doubted = self._as_before(session, reading)
            if doubted is None:
                self._counters.add(f"register_{verdict.name.lower()}")
                return None
            session, frame = doubted, self._frames[session.transaction_id]
        elif verdict is Verdict.REPLACED:
            session = self._rebased(session, reading.register_mwh, frame)
        elif reading.register_mwh > 0:
            self._before.pop(session.transaction_id, None)
        return self._moved(session, reading, frame)

    def at_end(self, session: Session, register_mwh: int, at: datetime) -> Session | None:
        """Return an open session after the register of its stop, None where that register cannot be."""
        start = session.register_start_mwh
        if start is None:
            before = self._before.get(session.transaction_id)
            if before is None or self._frame(session).step(*before, register_mwh, at) in _ODD:
                return None
            session = replace(
                session,
                register_start_mwh=before[0],
                flags=session.flags | {SessionFlag.ESTIMATED},
            )
        elif register_mwh == start and _exceeded_by(session, start, at):
            self._counters.add("register_stop_untold")
            return None
        end = MeterReading(at=at, register_mwh=register_mwh)
        judged = self.judged(session, end)
        if judged is None:
            frame = self._frame(session)
            if frame.at is None or at < frame.at or not frame.settle(register_mwh, at):
                return None
            judged = self._moved(self._rebased(session, register_mwh, frame), end, frame)
        elif judged.register_last_at is not None and judged.register_last_at > at:
            judged = replace(judged, register_last_mwh=register_mwh, register_last_at=at)
        return judged

    def _frame(self, session: Session) -> RegisterGuard:
        """Return the guard of a session's own registers; that of an ended one is made for the occasion."""
        frame = self._frames.get(session.transaction_id)
        if frame is not None:
            return frame
        frame = self._new_guard()
        if session.register_last_mwh is not None and session.register_last_at is not None:
            frame.follow(session.register_last_mwh, session.register_last_at)
        if session.is_open:
            self._frames[session.transaction_id] = frame
        return frame

    def _earlier(self, session: Session, reading: MeterReading) -> Session | None:
        """Take a reading from before the start, which only a session whose start we guessed can have."""
        start = session.register_start_mwh
        if (
            SessionFlag.RECONSTRUCTED in session.flags
            and start is not None
            and self._leads_to(reading, start, session.started_at)
        ):
            return replace(session, started_at=reading.at, register_start_mwh=reading.register_mwh)
        self._counters.add("reading_before_start")
        return None

    def _late(
        self, session: Session, reading: MeterReading, frame: RegisterGuard
    ) -> Session | None:
        """Keep a reading that came after newer ones where it fits between its neighbours."""
        start, last = session.register_start_mwh, session.register_last_mwh
        if start is not None and last is not None and start <= reading.register_mwh <= last:
            self._counters.add("reading_late")
            return session
        if (
            session.flags & _BASELINE_UNTOLD
            and last is not None
            and frame.at is not None
            and self._leads_to(reading, last, frame.at)
        ):
            self._counters.add("reading_late")
            return replace(session, register_start_mwh=reading.register_mwh)
        self._counters.add("reading_unfit")
        return None

    def _leads_to(self, reading: MeterReading, register_mwh: int, at: datetime) -> bool:
        """Tell whether a register can have come from an earlier reading; a zero is as good as none."""
        if not 0 < reading.register_mwh <= register_mwh:
            return False
        return (
            self._new_guard().step(reading.register_mwh, reading.at, register_mwh, at) not in _ODD
        )

    def _as_before(self, session: Session, reading: MeterReading) -> Session | None:
        """Return a session whose start register is not from the count its readings are from, None if it is none."""
        before = self._before.get(session.transaction_id)
        if before is None or session.register_start_mwh is None:
            return None
        frame = self._new_guard()
        frame.follow(*before)
        if frame.judge(reading.register_mwh, reading.at) is not Verdict.GOOD:
            return None
        del self._before[session.transaction_id]
        self._frames[session.transaction_id] = frame
        return replace(
            session,
            register_start_mwh=before[0],
            flags=session.flags | {SessionFlag.ESTIMATED},
        )

    def _rebased(self, session: Session, register_mwh: int, frame: RegisterGuard) -> Session:
        """Return the session with a start register from the count that now holds, its energy and what was gained."""
        self._counters.add("register_replaced")
        self._before.pop(session.transaction_id, None)
        energy = (session.energy_mwh or 0) + frame.gained_mwh
        return replace(
            session,
            register_start_mwh=register_mwh - energy,
            flags=session.flags | {SessionFlag.REGISTER_REPLACED, SessionFlag.ESTIMATED},
        )

    def _moved(self, session: Session, reading: MeterReading, frame: RegisterGuard) -> Session:
        register_mwh = max(reading.register_mwh, frame.register_mwh or 0)
        self.connector(session.connector_id).follow(register_mwh, reading.at)
        if session.register_start_mwh is None:
            self._before.pop(session.transaction_id, None)
            session = replace(session, register_start_mwh=reading.register_mwh)
        if reading.signed and SessionFlag.SIGNED not in session.flags:
            session = replace(session, flags=session.flags | {SessionFlag.SIGNED})
        if session.ended_at is None:
            return session.at_register(register_mwh, reading.at)
        return replace(
            session,
            ended_at=max(session.ended_at, reading.at),
            register_stop_mwh=register_mwh,
            register_last_mwh=register_mwh,
            register_last_at=reading.at,
        )


def _is_over(session: Session, reading: MeterReading) -> bool:
    """Tell whether a session had ended before a reading, or with a register of its own that is less."""
    if session.ended_at is None or SessionFlag.FORGOTTEN in session.flags:
        return False
    told = session.register_last_at == session.ended_at
    return reading.at > session.ended_at or (
        told and reading.at == session.ended_at and _exceeds(reading, session.register_last_mwh)
    )


def _exceeded_by(session: Session, register_mwh: int, at: datetime) -> bool:
    """Tell whether more than a register had been read by a moment."""
    last_mwh, last_at = session.register_last_mwh, session.register_last_at
    return (
        last_mwh is not None and last_at is not None and last_mwh > register_mwh and last_at <= at
    )


def _exceeds(reading: MeterReading, register_mwh: int | None) -> bool:
    return register_mwh is not None and reading.register_mwh > register_mwh
