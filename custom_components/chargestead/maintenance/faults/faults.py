"""All faults of the house: what came, what holds, what people are told, what is kept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ...model.clock import Clock, Timer
from ...model.events import (
    ComponentEvent,
    Event,
    FaultCleared,
    FaultClosed,
    FaultNoticed,
    FaultRaised,
    FaultRepeated,
    HealthChanged,
    SecurityEvent,
)
from ...model.fault import Fault, FaultKind, FaultSource
from ...model.journal import Journal, JournalEntry
from ...model.station import ConnectorFault, StationState
from .components import component_report
from .findings import finding_report
from .keeper import Keeper
from .pages import KIND, record_of
from .record import Record
from .report import Report
from .security import security_report
from .statuses import status_report
from .vendors import NO_VENDOR_CODES, VendorCodes
from .watch import StationWatch

_MOST: Final = 100
_READ: Final = 500
_HOUSE: Final = ""

type Listener = Callable[[str | None], None]


@dataclass(slots=True)
class _Station:
    records: dict[str, Record] = field(default_factory=dict)
    newest: Fault | None = None
    watch: StationWatch | None = None
    state: StationState | None = None


class Faults:
    """Follows every fault from its first sign to its end, and says `FaultNoticed` and `FaultClosed` of it.

    A fault that heals in seconds is kept and shown in the history, and nobody is told; one that lasts or comes again is
    told once. What is followed and kept is bounded whatever a station says.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        publish: Callable[[Event], object],
        codes: VendorCodes = NO_VENDOR_CODES,
    ) -> None:
        """Follow nothing before a station is added."""
        self.codes = codes
        self.unreadable = self.left_out = 0
        self._clock = clock
        self._journal = journal
        self._publish = publish
        self._stations: dict[str, _Station] = {_HOUSE: _Station()}
        self._listeners: list[Listener] = []
        self._timer: Timer | None = None
        self._timer_at: datetime | None = None
        self._keeper = Keeper(clock, journal)

    async def start(self) -> None:
        """Close what was open of the house, which is judged anew; raises LedgerError."""
        for entry in await self._journal.journal(KIND, limit=_READ):
            if entry.station_id is not None or entry.content.get("closed_at") is not None:
                continue
            record = self._readable(entry)
            if record is not None:
                record.close(self._clock.now())
                self._keeper.keep(record, at_once=True)

    async def add(self, state: StationState, count: Callable[[str], int]) -> tuple[Fault, ...]:
        """Follow a station from now on, and return its faults that hold; raises LedgerError.

        `count` returns how often something the station's own counters know has happened.
        """
        entries = await self._journal.journal(KIND, station_id=state.station_id, limit=_READ)
        station = self._stations.setdefault(state.station_id, _Station())
        station.state = state
        for entry in entries:
            record = self._readable(entry)
            if record is not None:
                _take_up(station, record)
        station.watch = StationWatch(self, self._clock, state, count)
        station.watch.start()
        self._look()
        return self.active(state.station_id)

    def _readable(self, entry: JournalEntry) -> Record | None:
        try:
            return record_of(entry)
        except KeyError, TypeError, ValueError:
            self.unreadable += 1
            return None

    def forget(self, station_id: str) -> None:
        """Follow a station no more; what the journal holds of it stays."""
        station = self._stations.pop(station_id, None)
        if station is None:
            return
        if station.watch is not None:
            station.watch.stop()
        self._tell(station_id)

    def stop(self) -> None:
        """Write what is not written, and follow nothing more, whatever still comes."""
        stations, self._stations = self._stations, {}
        for station in stations.values():
            if station.watch is not None:
                station.watch.stop()
        self._unplan()
        self._keeper.flush()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call a listener with the station (None: the house) whose faults changed; returns how to stop that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def of(self, station_id: str | None) -> tuple[Fault, ...]:
        """Return the faults of a station, or with None of the house, that people are to know of."""
        return tuple(fault for fault in self._faults(station_id) if fault.is_open)

    def active(self, station_id: str | None) -> tuple[Fault, ...]:
        """Return the faults that hold by the last that was heard, told or not."""
        return tuple(fault for fault in self._faults(station_id) if fault.active)

    def all(self, station_id: str | None) -> tuple[Fault, ...]:
        """Return the faults that are followed: those that hold, are told of, or were there of late."""
        return tuple(self._faults(station_id))

    def find(self, station_id: str | None, key: str) -> Fault | None:
        """Return a fault that is followed."""
        return next((item for item in self._faults(station_id) if item.key == key), None)

    def newest(self, station_id: str) -> Fault | None:
        """Return the fault of a station that people were told of last, open or closed."""
        station = self._stations.get(station_id)
        return None if station is None else station.newest

    async def history(
        self,
        *,
        station_id: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> list[Fault]:
        """Return faults, the newest first, those followed as they are now; raises LedgerError."""
        self._keeper.flush()
        entries = await self._journal.journal(KIND, station_id=station_id, since=since, limit=limit)
        found = (self._readable(entry) for entry in entries)
        return [record.fault for record in found if record is not None]

    def handle(self, event: Event) -> None:
        """Take an event."""
        match event:
            case FaultRaised() | FaultRepeated():
                self._complaint(event.station_id, event.connector_id, event.fault)
            case FaultCleared(connector_id=connector_id):
                self._complaints_over(event.station_id, connector_id)
            case ComponentEvent():
                self._component(event)
            case SecurityEvent():
                report = security_report(event)
                if report is not None:
                    self.report(event.station_id, report)
            case HealthChanged():
                self._finding(event)
            case _:
                pass
        station = self._stations.get(event.station_id)
        if station is not None and station.watch is not None:
            station.watch.handle(event)

    def _finding(self, event: HealthChanged) -> None:
        found = finding_report(event)
        if found is None:
            return
        report, holds = found
        if holds:
            self.report(event.station_id, report)
        else:
            self.over(event.station_id, report.key)

    def observe(self, state: StationState) -> None:
        """Take a snapshot of a station."""
        station = self._stations.get(state.station_id)
        if station is not None and station.watch is not None:
            station.state = state
            station.watch.observe(state)

    def report(self, station_id: str | None, report: Report) -> None:
        """Take that something is wrong; said once more while it holds, it is only counted."""
        station = self._stations.get(station_id or _HOUSE)
        if station is None:
            return
        now = self._clock.now()
        record = station.records.get(report.key)
        if record is None:
            record = self._open(station, station_id, report, now)
            if record is not None:
                self._changed(station_id, record, now, fresh=True)
        elif not record.fault.active:
            record.came(report, now)
            self._changed(station_id, record, now)
        elif report.source is not FaultSource.WATCH:
            record.repeated(report)
            self._keeper.keep(record)

    def over(self, station_id: str | None, key: str) -> None:
        """Take that something is not wrong any more."""
        station = self._stations.get(station_id or _HOUSE)
        record = None if station is None else station.records.get(key)
        if record is None or not record.fault.active:
            return
        now = self._clock.now()
        record.is_over(now)
        self._changed(station_id, record, now)

    def settle(self, station_id: str | None, key: str) -> None:
        """Take that a person has seen to it; nothing is said of it until it comes anew."""
        station = self._stations.get(station_id or _HOUSE)
        record = None if station is None else station.records.get(key)
        if station is None or record is None:
            return
        now = self._clock.now()
        record.settled = True
        if record.fault.active:
            # It is followed on, so that its end is known, but the matter is closed.
            self._close(station, station_id, record, now)
            self._tell(station_id)
        else:
            self._changed(station_id, record, now)

    def end(
        self, station_id: str | None, *kinds: FaultKind, connector_id: int | None = None
    ) -> None:
        """Take that faults of some kinds are over and done with, however they came."""
        station = self._stations.get(station_id or _HOUSE)
        if station is None:
            return
        for record in tuple(station.records.values()):
            if record.fault.kind in kinds and connector_id in (None, record.fault.connector_id):
                if record.fault.active:
                    record.is_over(self._clock.now())
                self.settle(station_id, record.fault.key)

    def _complaint(self, station_id: str, connector_id: int, complaint: ConnectorFault) -> None:
        station = self._stations.get(station_id)
        if station is None:
            return
        identity = None if station.state is None else station.state.identity
        vendor = None if identity is None else identity.vendor
        model = None if identity is None else identity.model
        report = status_report(connector_id, complaint, vendor, model, self.codes)
        if report is not None and not _is_told_otherwise(station, report):
            self.report(station_id, report)

    def _complaints_over(self, station_id: str, connector_id: int) -> None:
        """End what a connector complained of: it holds one complaint at a time."""
        for fault in tuple(self._faults(station_id)):
            if fault.source is FaultSource.STATUS and fault.connector_id == connector_id:
                self.over(station_id, fault.key)

    def _component(self, event: ComponentEvent) -> None:
        found = component_report(event, self.codes)
        if found is None:
            return
        key, report = found
        if report is None:
            self.over(event.station_id, key)
        else:
            self.report(event.station_id, report)

    def _open(
        self, station: _Station, station_id: str | None, report: Report, now: datetime
    ) -> Record | None:
        """Begin to follow a fault; where there are too many, the oldest one that is over makes room."""
        if len(station.records) >= _MOST:
            gone = min(
                (item for item in station.records.values() if not item.fault.active),
                key=lambda item: item.fault.last_at,
                default=None,
            )
            if gone is None:
                self.left_out += 1
                return None
            self._close(station, station_id, gone, now)
            station.records.pop(gone.fault.key, None)
        record = Record.opened(station_id, report, now)
        station.records[report.key] = record
        return record

    def _changed(
        self, station_id: str | None, record: Record, now: datetime, *, fresh: bool = False
    ) -> None:
        """Do what a change asks for: tell, close, keep."""
        station = self._stations[station_id or _HOUSE]
        edge = fresh and record.fault.source is not FaultSource.WATCH
        if record.is_due(now):
            record.notice()
            station.newest = record.fault
            edge = True
            self._publish(FaultNoticed(station_id=station_id or _HOUSE, at=now, fault=record.fault))
        if record.is_done(now):
            self._close(station, station_id, record, now)
            station.records.pop(record.fault.key, None)
        else:
            if station.newest is not None and _is_same(station.newest, record.fault):
                station.newest = record.fault
            self._keeper.keep(record, at_once=edge)
        self._plan()
        self._tell(station_id)

    def _close(
        self, station: _Station, station_id: str | None, record: Record, now: datetime
    ) -> None:
        if record.fault.closed_at is not None:
            self._keeper.keep(record, at_once=True)
            return
        record.close(now)
        if station.newest is not None and _is_same(station.newest, record.fault):
            station.newest = record.fault
        self._keeper.keep(record, at_once=True)
        if record.fault.noticed:
            self._publish(FaultClosed(station_id=station_id or _HOUSE, at=now, fault=record.fault))

    def _look(self) -> None:
        """Do what time alone brings about."""
        self._unplan()
        now = self._clock.now()
        for name, station in tuple(self._stations.items()):
            for record in tuple(station.records.values()):
                if record.is_due(now) or record.is_done(now):
                    self._changed(name or None, record, now)
        self._plan()

    def _plan(self) -> None:
        """Look again when the next thing falls due."""
        looks = [
            look
            for station in self._stations.values()
            for record in station.records.values()
            if (look := record.next_look()) is not None
        ]
        due = min(looks, default=None)
        if due == self._timer_at:
            return
        self._unplan()
        self._timer_at = due
        if due is not None:
            wait = max(due - self._clock.now(), timedelta(seconds=1))
            self._timer = self._clock.call_later(wait.total_seconds(), self._look)

    def _unplan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timer_at = None

    def _faults(self, station_id: str | None) -> Iterable[Fault]:
        station = self._stations.get(station_id or _HOUSE)
        return () if station is None else (item.fault for item in station.records.values())

    def _tell(self, station_id: str | None) -> None:
        for listener in tuple(self._listeners):
            listener(station_id)

    def diagnostics(self) -> dict[str, object]:
        """Return how the following is doing."""
        return {
            "unreadable": self.unreadable,
            "left_out": self.left_out + self._keeper.left_out,
            "vendor_codes": len(self.codes),
            "followed": {
                name: [
                    [item.kind.value, item.connector_id, item.count, item.active, item.noticed]
                    for item in self._faults(name)
                ]
                for name in self._stations
                if self._stations[name].records
            },
        }


def _take_up(station: _Station, record: Record) -> None:
    """Follow on what the journal holds; pages come newest first."""
    fault = record.fault
    if fault.noticed and (station.newest is None or fault.last_at > station.newest.last_at):
        station.newest = fault
    if (fault.closed_at is None or fault.active) and len(station.records) < _MOST:
        station.records.setdefault(fault.key, record)


def _is_told_otherwise(station: _Station, report: Report) -> bool:
    """Tell whether a complaint is one fault said twice.

    The station said it of itself as a whole already, or it is one of a component, which says more of it by its event.
    """
    for fault in (record.fault for record in station.records.values()):
        if not fault.active or fault.code != report.code:
            continue
        if fault.source is FaultSource.COMPONENT:
            return fault.connector_id == report.connector_id
        if fault.source is FaultSource.STATUS and fault.vendor_code == report.vendor_code:
            return report.connector_id != 0 and fault.connector_id == 0
    return False


def _is_same(one: Fault, other: Fault) -> bool:
    return one.key == other.key and one.first_at == other.first_at
