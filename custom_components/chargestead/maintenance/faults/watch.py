"""What we see of a station ourselves, without its saying so."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, Protocol

from ...model.clock import Clock
from ...model.events import (
    Event,
    SessionEnded,
    SessionStarted,
    SessionUpdated,
    StationBooted,
    StationConnected,
    StationDisconnected,
)
from ...model.fault import FaultKind, FaultSource
from ...model.limit import Limit, LimitState
from ...model.session import Session, SessionFlag
from ...model.station import ConnectorState, ConnectorStatus, StationState
from .meter_watch import MeterWatch
from .report import Report, key_of

_CLOCK_S: Final = 60
_BOOT_APART_S: Final = 60
_NOTHING_MWH: Final = 10_000
_ENERGY_MWH: Final = 100_000
_AT_ONCE: Final = timedelta(minutes=2)
_START_REFUSED: Final = "start_refused"

_STOPS: Final[Mapping[str, FaultKind]] = {
    "EmergencyStop": FaultKind.EMERGENCY_STOP,
    "GroundFault": FaultKind.GROUND_FAILURE,
    "OvercurrentFault": FaultKind.OVER_CURRENT_FAILURE,
    "PowerLoss": FaultKind.POWER_LOST,
    "PowerQuality": FaultKind.SUPPLY_PROBLEM,
}
"""Reasons for the end of a session that tell of a fault (OCPP 1.6 section 7.36, 2.0.1 ReasonEnumType)."""

_FAILED: Final = frozenset({"Other", "Timeout", "PowerQuality", "OvercurrentFault", "GroundFault"})
"""Reasons that mean, right after the start, that it failed."""

_LIMITS: Final[Mapping[LimitState, FaultKind]] = {
    LimitState.IGNORED: FaultKind.LIMIT_IGNORED,
    LimitState.REFUSED: FaultKind.LIMIT_REFUSED,
}


class Desk(Protocol):
    """Takes what is seen."""

    def report(self, station_id: str | None, report: Report) -> None:
        """Take that something is wrong."""

    def over(self, station_id: str | None, key: str) -> None:
        """Take that something is not wrong any more."""

    def end(
        self, station_id: str | None, *kinds: FaultKind, connector_id: int | None = None
    ) -> None:
        """Take that faults of some kinds are over and done with."""


class StationWatch:
    """Watches one station through its events and snapshots."""

    def __init__(
        self, desk: Desk, clock: Clock, state: StationState, count: Callable[[str], int]
    ) -> None:
        """Tell the desk; `count` reads the station's own counters."""
        self._desk = desk
        self._clock = clock
        self._station_id = state.station_id
        self._state = state
        self._count = count
        self._refused = count(_START_REFUSED)
        self._booted_s: float | None = None
        self._replaced: str | None = None
        self._clock_offset: float | None = None
        self._seen: dict[int, ConnectorState] = {}
        self._limits: dict[int, Limit | None] = {}
        self._meter = MeterWatch(self, clock, count)

    def start(self) -> None:
        """Begin with what is known."""
        if not self._state.connected:
            self.wrong(FaultKind.OFFLINE)
        self.observe(self._state)

    def stop(self) -> None:
        """Watch no more."""
        self._meter.stop()

    def handle(self, event: Event) -> None:
        """Take an event."""
        match event:
            case StationConnected():
                self.right(FaultKind.OFFLINE)
            case StationDisconnected():
                self.wrong(FaultKind.OFFLINE)
            case StationBooted(reason=reason):
                self._booted(reason)
            case SessionStarted(session=session, replayed=False):
                self._desk.end(
                    self._station_id,
                    FaultKind.EMERGENCY_STOP,
                    connector_id=session.connector_id,
                )
            case SessionUpdated(session=session):
                self._meter.counted()
                self._meter_replaced(session)
            case SessionEnded(session=session, replayed=False):
                self._meter_replaced(session)
                self._ended(session)
            case _:
                pass

    def observe(self, state: StationState) -> None:
        """Take a snapshot; called with every change, so that nothing is done for what is as it was."""
        self._state = state
        if state.clock_offset_s != self._clock_offset:
            self._clock_changed(state.clock_offset_s)
        if self._count(_START_REFUSED) != self._refused:
            self._refused = self._count(_START_REFUSED)
            self.wrong(FaultKind.STARTS_FAIL, info="Rejected")
        for number, connector in state.connectors.items():
            before = self._seen.get(number)
            if before is connector:
                continue
            self._seen[number] = connector
            if before is None or connector.status is not before.status:
                self._status(connector)
            if connector.limit is not self._limits.get(number):
                self._limits[number] = connector.limit
                self._limit(connector)
            self._meter.observe(connector, connected=state.connected)

    def wrong(self, kind: FaultKind, connector_id: int = 0, info: str | None = None) -> None:
        """Report a fault."""
        self._desk.report(
            self._station_id,
            Report(
                kind=kind,
                source=FaultSource.WATCH,
                code=kind.value,
                connector_id=connector_id,
                info=info,
            ),
        )

    def right(self, kind: FaultKind, connector_id: int = 0) -> None:
        """End a fault."""
        self._desk.over(self._station_id, key_of(FaultSource.WATCH, connector_id, kind.value, None))

    def _clock_changed(self, offset_s: float | None) -> None:
        """Judge a clock; one that is not known has just been told the time."""
        self._clock_offset = offset_s
        if offset_s is None:
            return
        if abs(offset_s) > _CLOCK_S:
            self.wrong(FaultKind.CLOCK_WRONG, info=f"{offset_s:+.0f} s")
        else:
            self.right(FaultKind.CLOCK_WRONG)

    def _booted(self, reason: str | None) -> None:
        now_s = self._clock.monotonic()
        apart = self._booted_s is None or now_s - self._booted_s >= _BOOT_APART_S
        self._booted_s = now_s
        if apart:
            self.wrong(FaultKind.BOOTS_OFTEN, info=reason)

    def _status(self, connector: ConnectorState) -> None:
        if connector.status is ConnectorStatus.UNAVAILABLE:
            self.wrong(FaultKind.OUT_OF_SERVICE, connector.connector_id)
        elif connector.status is not None:
            self.right(FaultKind.OUT_OF_SERVICE, connector.connector_id)

    def _limit(self, connector: ConnectorState) -> None:
        limit = connector.limit
        kind = None if limit is None else _LIMITS.get(limit.state)
        for other in _LIMITS.values():
            if other is not kind:
                self.right(other, connector.connector_id)
        if kind is not None and limit is not None and limit.current_a is not None:
            self.wrong(kind, connector.connector_id, info=f"{limit.current_a:g} A")

    def _meter_replaced(self, session: Session) -> None:
        if SessionFlag.REGISTER_REPLACED in session.flags and session.id != self._replaced:
            self._replaced = session.id
            self.wrong(FaultKind.METER_REPLACED, session.connector_id)

    def _ended(self, session: Session) -> None:
        connector_id, reason = session.connector_id, session.stop_reason or ""
        kind = _STOPS.get(reason)
        if kind is not None:
            self.wrong(kind, connector_id, info=reason)
            self.right(kind, connector_id)
        energy_mwh = session.energy_mwh or 0
        if energy_mwh >= _ENERGY_MWH:
            self._desk.end(self._station_id, FaultKind.STARTS_FAIL)
        elif (
            energy_mwh < _NOTHING_MWH
            and reason in _FAILED
            and session.ended_at is not None
            and session.ended_at - session.started_at < _AT_ONCE
        ):
            self.wrong(FaultKind.STARTS_FAIL, info=reason)
