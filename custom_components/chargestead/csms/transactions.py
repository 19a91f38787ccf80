"""The transactions of one station: idempotent, replay-safe, restart-safe.

Whatever order messages come in and however often, the ledger ends the same. Times are the payload's, registers are
judged before they count (OCPP 1.6 sections 4.3, 4.8, 4.10; OCPP 2.0.1 part 2, E).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from ..model.clock import Clock, Timer
from ..model.events import Event, SessionEnded, SessionStarted, SessionUpdated
from ..model.ports import Kept
from ..model.reading import MeterReading, ReadingContext
from ..model.session import Session, SessionFlag
from ..model.station import ConnectorStatus
from .book import Book
from .counters import Counters
from .flow import Flow
from .register import RegisterGuard
from .session_id import TransactionIds, session_id
from .session_order import cannot_end, counted, cut, end_readings, lasts, ran_on, rank
from .session_registers import SessionRegisters
from .turns import Start, Stop

_REMEMBERED: Final = 200
_FORGOTTEN_AFTER_S: Final = 10
_NOTICED_MWH: Final = 200_000
_START_UNTOLD: Final = frozenset(
    {
        SessionFlag.GAP,
        SessionFlag.RECONSTRUCTED,
        SessionFlag.ORPHAN,
        SessionFlag.REGISTER_REPLACED,
        SessionFlag.ESTIMATED,
    }
)

type Publish = Callable[[Event], Kept | None]


class Transactions:
    """The state machine of a station's transactions."""

    def __init__(
        self,
        *,
        station_id: str,
        ids: TransactionIds,
        clock: Clock,
        book: Book,
        counters: Counters,
        publish: Publish,
        guard: Callable[[], RegisterGuard],
    ) -> None:
        """Publish through `publish`; `guard` makes a fresh guard for a register."""
        self._station_id = station_id
        self._ids = ids
        self._clock = clock
        self._book = book
        self._counters = counters
        self._publish = publish
        self._registers = SessionRegisters(counters, guard)
        self._sessions: dict[str, Session] = {}
        self._by_id: dict[str, str] = {}
        self._leaving: dict[int, Timer] = {}
        self._flows: dict[str, Flow] = {}
        self._has_forgotten = False

    def restore(
        self, sessions: Iterable[Session], registers: dict[int, tuple[int, datetime]]
    ) -> None:
        """Take up what the ledger knows; newest sessions first, all open ones included."""
        for connector_id, (register_mwh, at) in registers.items():
            self.guard(connector_id).follow(register_mwh, at)
            self._book.update_connector(connector_id, register_mwh=register_mwh, register_at=at)
        newest_first = list(sessions)
        self._has_forgotten = len(newest_first) >= _REMEMBERED
        for session in sorted(newest_first, key=rank):
            if SessionFlag.ORPHAN not in session.flags:
                self._remember(session)
                self._show(session)

    def guard(self, connector_id: int) -> RegisterGuard:
        """Return the guard of a connector's register."""
        return self._registers.connector(connector_id)

    def deliverable(self, power_w: float) -> None:
        """Take note that the connectors deliver another power now, in W with the headroom that judging needs."""
        self._registers.deliverable(power_w)

    def find(self, transaction_id: str) -> Session | None:
        """Return a remembered session by its transaction id."""
        return self._sessions.get(transaction_id)

    def current(self, connector_id: int) -> Session | None:
        """Return the open session of a connector."""
        return self._book.connector(connector_id).session

    def recalls(self, *key: object) -> bool:
        """Tell whether a start of that key can be judged from memory alone."""
        return not self._has_forgotten or self.session_id(*key) in self._by_id

    def session_id(self, *key: object) -> str:
        """Return the id of the session that a start of that key makes."""
        return session_id(self._station_id, *key)

    def running_sessions(self) -> Iterator[Session]:
        """Return the sessions that have not ended."""
        return (item for item in self._sessions.values() if item.is_open)

    def running(self, connector_id: int, at: datetime) -> Session | None:
        """Return the session that a connector had at a moment."""
        connector = self._book.connector(connector_id)
        current, last = connector.session, connector.last_session
        if current is not None and at >= current.started_at:
            return current
        if last is None or at > (last.ended_at or at):
            return None
        return max(
            (item for item in self._on(connector_id) if item.started_at <= at and lasts(item, at)),
            key=rank,
            default=None,
        )

    def started(self, start: Start) -> tuple[Session, Kept | None]:
        """Take a start; a repeated one is the same session and is only made durable again.

        One that comes after a later start on its connector is over already, at its last reading or its stop.
        """
        uid = session_id(self._station_id, *start.key)
        known = self._sessions.get(self._by_id.get(uid, ""))
        if known is not None and known.id == uid:
            self._counters.add("start_repeated")
            return known, self._publish_start(known, start.register_mwh, replayed=True)
        session = Session(
            id=uid,
            station_id=self._station_id,
            connector_id=start.connector_id,
            transaction_id=start.transaction_id or self._fresh_id(),
            started_at=start.at,
            id_token=start.id_token,
            register_start_mwh=start.register_mwh,
            register_last_mwh=start.register_mwh,
            register_last_at=None if start.register_mwh is None else start.at,
            remote_start_id=start.remote_start_id,
            flags=start.flags
            if start.register_mwh is not None
            else start.flags | {SessionFlag.GAP},
        )
        others = tuple(self._on(start.connector_id)) if start.connector_id else ()
        for other in others:
            if other.is_open and rank(other) < rank(session):
                self._forget(cut(other, session), start.at, replayed=start.replayed)
        self._registers.begin(session)
        self._remember(session)
        self._show(session)
        kept = self._publish_start(session, start.register_mwh, replayed=start.replayed)
        if any(rank(other) > rank(session) for other in others):
            self._counters.add("start_overtaken")
            return self._forget(session, start.at, replayed=True)
        connector = self._book.connector(start.connector_id)
        if connector.status is ConnectorStatus.AVAILABLE and connector.status_at is not None:
            self.seen_available(start.connector_id, connector.status_at)
        return session, kept

    def _fresh_id(self) -> str:
        """Return an id that no session here has, whoever gave it."""
        while (transaction_id := str(self._ids.next())) in self._sessions:
            self._counters.add("transaction_id_taken")
        return transaction_id

    def _on(self, connector_id: int) -> Iterator[Session]:
        return (item for item in self._sessions.values() if item.connector_id == connector_id)

    def _publish_start(
        self,
        session: Session,
        register_mwh: int | None,
        *,
        replayed: bool = True,
        signed: str | None = None,
    ) -> Kept | None:
        kept = self._publish(
            SessionStarted(
                station_id=self._station_id,
                at=session.started_at,
                session=session,
                replayed=replayed,
            )
        )
        if register_mwh is None:
            return kept
        begin = MeterReading(
            at=session.started_at,
            register_mwh=register_mwh,
            context=ReadingContext.BEGIN,
            signed=signed,
        )
        return self._publish(
            SessionUpdated(
                station_id=self._station_id,
                at=session.started_at,
                session=session,
                readings=(begin,),
            )
        )

    def metered(
        self, transaction_id: str, readings: Iterable[MeterReading]
    ) -> tuple[Session | None, Kept | None]:
        """Take readings of a remembered session; those that cannot be are dropped and counted."""
        session = self._sessions.get(transaction_id)
        if session is None:
            return None, None
        before = session
        taken = []
        for reading in readings:
            after = self._registers.judged(session, reading)
            if after is not None:
                session = after
                taken.append(reading)
        if session is not before:
            self._remember(session)
            self._show(session)
        if not taken:
            return session, None
        return session, self._publish(
            SessionUpdated(
                station_id=self._station_id,
                at=taken[-1].at,
                session=session,
                readings=tuple(taken),
            )
        )

    def flowed(self, session: Session, power_w: float, at: datetime) -> None:
        """Take a power in W of an open session; it only counts where no register tells the energy."""
        self._flows.setdefault(session.id, Flow()).take(power_w, at)

    def signed_at_begin(self, transaction_id: str, signed: str) -> Kept | None:
        """Keep the signature of the register at the start; None where there is no such register."""
        session = self._sessions.get(transaction_id)
        if session is None or session.register_start_mwh is None or session.flags & _START_UNTOLD:
            return None
        session = replace(session, flags=session.flags | {SessionFlag.SIGNED})
        self._remember(session)
        self._show(session)
        return self._publish_start(session, session.register_start_mwh, signed=signed)

    def adopted(
        self, transaction_id: str, connector_id: int, reading: MeterReading
    ) -> tuple[Session, Kept | None]:
        """Take up a running transaction whose start we never received."""
        self._counters.add("session_adopted")
        return self.started(
            Start(
                key=("adopted", transaction_id, connector_id, reading.at.isoformat()),
                connector_id=connector_id,
                at=reading.at,
                id_token=None,
                register_mwh=reading.register_mwh,
                transaction_id=transaction_id,
                flags=frozenset({SessionFlag.RECONSTRUCTED}),
            )
        )

    def take_up(self, session: Session) -> None:
        """Remember a session that was found in the ledger."""
        self._remember(session)

    def revise(self, session: Session, *, started: bool = False) -> Kept | None:
        """Put a better account of a remembered session in the place of the one there is."""
        before = self._sessions.get(session.transaction_id)
        self._remember(session)
        if before is not None and before.connector_id != session.connector_id:
            self._move(before, session)
        self._show(session)
        if not session.is_open:
            return self._publish(self._end_event(session, (), replayed=True))
        if started:
            return self._publish_start(session, session.register_start_mwh)
        return self._publish(
            SessionUpdated(station_id=self._station_id, at=self._clock.now(), session=session)
        )

    def _move(self, before: Session, session: Session) -> None:
        """Take a session to the connector it turned out to run on, with the register it has reached."""
        connector = self._book.connector(before.connector_id)
        if connector.session is not None and connector.session.id == session.id:
            self._book.update_connector(before.connector_id, session=None)
        if session.register_last_mwh is not None and session.register_last_at is not None:
            self.guard(session.connector_id).follow(
                session.register_last_mwh, session.register_last_at
            )

    def lost(self, transaction_id: str) -> None:
        """Close a session that the station says it knows nothing of."""
        session = self._sessions.get(transaction_id)
        if session is not None and session.is_open:
            self._forget(session, self._clock.now(), replayed=False)

    def stopped(self, stop: Stop) -> tuple[Session, Kept | None]:
        """Take a stop of a remembered session, or keep it as an orphan."""
        session = self._sessions.get(stop.transaction_id)
        if session is None:
            return self._orphan(stop)
        repeated = session.ended_at is not None and SessionFlag.FORGOTTEN not in session.flags
        correction = session.ended_at is not None
        if stop.readings:
            self.metered(stop.transaction_id, stop.readings)
            session = self._sessions[stop.transaction_id]
        if repeated:
            self._counters.add("stop_repeated")
        else:
            session = self._closed(replace(session, ended_at=None, register_stop_mwh=None), stop)
            self._cancel_leaving(session.connector_id)
            self._remember(session)
            self._show(session)
        return session, self._publish(
            self._end_event(
                session, end_readings(session, stop), replayed=stop.replayed or correction
            )
        )

    def _closed(self, session: Session, stop: Stop) -> Session:
        flags = (session.flags | stop.flags) - {SessionFlag.FORGOTTEN}
        if stop.signed is not None:
            flags |= {SessionFlag.SIGNED}
        ended_at = max(stop.at, session.started_at)
        if cannot_end(session, stop):
            self._counters.add("stop_time_impossible")
            flags |= {SessionFlag.CLOCK_CORRECTED}
            ended_at = max(ended_at, session.register_last_at or ended_at, self._clock.now())
        by_power = not counted(session)
        session = replace(session, flags=flags)
        taken = None
        if stop.register_mwh is not None:
            taken = self._registers.at_end(session, stop.register_mwh, ended_at)
        if taken is not None:
            session = taken
        elif stop.register_mwh is not None or session.register_last_mwh is not None:
            session = replace(session, flags=flags | {SessionFlag.ESTIMATED})
        if by_power:
            session = self._estimated(session)
        return replace(
            session,
            ended_at=ended_at,
            register_stop_mwh=session.register_last_mwh,
            stop_reason=stop.reason,
            stop_id_token=stop.id_token,
        )

    def _estimated(self, session: Session) -> Session:
        """Return a session whose registers tell of no energy with what its power comes to, if that is any."""
        flow = self._flows.get(session.id)
        if flow is None or flow.at is None or session.energy_mwh or flow.energy_mwh < _NOTICED_MWH:
            return session
        start = session.register_start_mwh or 0
        return replace(
            session,
            register_start_mwh=start,
            register_last_mwh=start + flow.energy_mwh,
            register_last_at=max(flow.at, session.started_at),
            flags=session.flags | {SessionFlag.ESTIMATED},
        )

    def _orphan(self, stop: Stop) -> tuple[Session, Kept | None]:
        self._counters.add("session_orphan")
        session = Session(
            id=session_id(self._station_id, *(stop.session_key or ("orphan", *stop.key))),
            station_id=self._station_id,
            connector_id=stop.connector_id,
            transaction_id=stop.transaction_id,
            started_at=min((reading.at for reading in stop.readings), default=stop.at),
            id_token=None if stop.session_key else stop.id_token,
            flags=stop.flags | {SessionFlag.ORPHAN},
        )
        readings = []
        for reading in stop.readings:
            after = self._registers.judged(session, reading)
            if after is not None:
                session = after
                readings.append(reading)
        session = self._closed(session, stop)
        if session.register_stop_mwh is None:
            session = replace(
                session,
                register_stop_mwh=stop.register_mwh,
                register_last_mwh=stop.register_mwh,
                register_last_at=None if stop.register_mwh is None else stop.at,
            )
        self._registers.forget(session.transaction_id)
        if stop.session_key is not None:
            self._remember(session)
            self._show(session)
        return session, self._publish(
            self._end_event(session, (*readings, *end_readings(session, stop)), replayed=True)
        )

    def seen_available(self, connector_id: int, at: datetime) -> None:
        """Close, a little later, a session that the station says is not there."""
        session = self.current(connector_id)
        if session is None or connector_id in self._leaving or ran_on(session, at):
            return

        def leave() -> None:
            self._leaving.pop(connector_id, None)
            now = self.current(connector_id)
            if now is not None and now.id == session.id and not ran_on(now, at):
                self._forget(now, at, replayed=False)

        self._leaving[connector_id] = self._clock.call_later(_FORGOTTEN_AFTER_S, leave)

    def seen_busy(self, connector_id: int) -> None:
        """Keep a session after all: the connector is in use."""
        self._cancel_leaving(connector_id)

    def _cancel_leaving(self, connector_id: int) -> None:
        timer = self._leaving.pop(connector_id, None)
        if timer is not None:
            timer.cancel()

    def _forget(
        self, session: Session, at: datetime, *, replayed: bool
    ) -> tuple[Session, Kept | None]:
        """Close a session at its last reading; its stop may still come and tell better."""
        self._counters.add("session_forgotten")
        if session is self.current(session.connector_id):
            self._cancel_leaving(session.connector_id)
        if not counted(session):
            session = self._estimated(session)
        session = replace(
            session,
            ended_at=max(session.register_last_at or at, session.started_at),
            register_stop_mwh=session.register_last_mwh,
            flags=session.flags | {SessionFlag.FORGOTTEN},
        )
        self._remember(session)
        self._show(session)
        return session, self._publish(self._end_event(session, (), replayed=replayed))

    def close(self) -> None:
        """Drop timers."""
        for connector_id in tuple(self._leaving):
            self._cancel_leaving(connector_id)

    def _remember(self, session: Session) -> None:
        self._sessions[session.transaction_id] = session
        self._by_id[session.id] = session.transaction_id
        if session.ended_at is not None:
            self._registers.forget(session.transaction_id)
        if len(self._sessions) > _REMEMBERED:
            oldest = next(
                (
                    item
                    for item in self._sessions.values()
                    if item.ended_at is not None and item is not session
                ),
                None,
            )
            if oldest is not None:
                self._has_forgotten = True
                del self._sessions[oldest.transaction_id]
                self._by_id.pop(oldest.id, None)
                self._flows.pop(oldest.id, None)

    def _show(self, session: Session) -> None:
        """Bring a connector's present and last session up to date, where it is known which one it is."""
        if session.connector_id == 0:
            return
        connector = self._book.connector(session.connector_id)
        present, last = connector.session, connector.last_session
        if session.is_open:
            if (
                present is None
                or present.id == session.id
                or present.started_at <= session.started_at
            ):
                present = session
        else:
            if present is not None and present.id == session.id:
                present = None
            if last is None or last.id == session.id or last.started_at <= session.started_at:
                last = session
        if present is not connector.session or last is not connector.last_session:
            changing = self._book.changing(session.connector_id)
            changing.session, changing.last_session = present, last

    def _end_event(
        self, session: Session, readings: tuple[MeterReading, ...], *, replayed: bool
    ) -> SessionEnded:
        return SessionEnded(
            station_id=self._station_id,
            at=session.ended_at or session.started_at,
            session=session,
            readings=readings,
            replayed=replayed,
        )
