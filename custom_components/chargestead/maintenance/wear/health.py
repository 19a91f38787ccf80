"""The condition of all charging stations, kept over restarts."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final

from ...model.clock import Clock, Timer
from ...model.events import Event, HealthChanged, StationConnected, StationDisconnected, StopAsked
from ...model.health import Finding
from ...model.journal import Journal, JournalEntry
from ...model.station import StationState
from .connector import STATION, ConnectorHealth, StationHealth, TrendKey, Watched

KIND: Final = "health"
_SAVE_AFTER_S: Final = 300
_SOFT_FOR: Final = timedelta(seconds=60)


class Health:
    """Watches every station through its snapshots and events, and says what changed by `HealthChanged`.

    A day is one by UTC: it only groups readings. What was learned is written to the journal at most every five
    minutes per connector, and when a day ends.
    """

    def __init__(self, clock: Clock, journal: Journal, publish: Callable[[Event], object]) -> None:
        """Watch nothing before a station is added."""
        self.unreadable = 0
        self._clock = clock
        self._journal = journal
        self._publish = publish
        self._connectors: dict[tuple[str, int], ConnectorHealth] = {}
        self._stations: dict[str, StationHealth] = {}
        self._kept: dict[tuple[str, int], JournalEntry] = {}
        self._softly: dict[tuple[str, int], datetime] = {}
        self._changed: set[tuple[str, int]] = set()
        self._listeners: list[Callable[[], None]] = []
        self._day = clock.now().date()
        self._stopped = False
        self._save_timer: Timer | None = None
        self._day_timer: Timer | None = None

    async def start(self) -> None:
        """Take up what the journal holds, and begin to count days; raises LedgerError."""
        for entry in await self._journal.journal(KIND):
            if entry.station_id is not None:
                self._kept[entry.station_id, entry.connector_id or STATION] = entry
        self._plan_day()

    def stop(self) -> None:
        """Write what is not written, and watch no more, whatever still comes."""
        self._stopped = True
        for timer in (self._save_timer, self._day_timer):
            if timer is not None:
                timer.cancel()
        self._save_timer = self._day_timer = None
        self._save()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a listener when a day was judged; returns how to stop that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def station(self, station_id: str) -> StationHealth:
        """Return the condition of a station itself."""
        health = self._stations.get(station_id)
        if health is None:
            health = self._restored(partial(StationHealth, station_id), station_id, STATION)
            self._stations[station_id] = health
        return health

    def connector(self, station_id: str, connector_id: int) -> ConnectorHealth:
        """Return the condition of a connector."""
        health = self._connectors.get((station_id, connector_id))
        if health is None:
            make = partial(ConnectorHealth, station_id, connector_id)
            health = self._restored(make, station_id, connector_id)
            self._connectors[station_id, connector_id] = health
        return health

    def findings(self, station_id: str | None = None) -> list[Finding]:
        """Return all that is found, of one station or of all."""
        return [
            finding
            for watched in self._watched()
            if station_id in (None, watched.station_id)
            for finding in watched.findings()
        ]

    def observe(self, state: StationState) -> None:
        """Take a snapshot of a station."""
        if self._stopped:
            return
        now, seconds = self._clock.now(), self._clock.monotonic()
        total = 0
        for number, connector in state.connectors.items():
            total += connector.register_mwh or 0
            health = self.connector(state.station_id, number)
            if not health.is_due(connector, seconds):
                continue
            softly = self._softly.get((state.station_id, number))
            openings = health.contactor.openings
            self._tell(
                health,
                health.observe(
                    connector,
                    now,
                    connected=state.connected,
                    soft=softly is not None and now - softly <= _SOFT_FOR,
                ),
            )
            if health.contactor.openings != openings:
                self._note(health)
        if total:
            self.station(state.station_id).drift.station(total)

    def handle(self, event: Event) -> None:
        """Take an event."""
        if self._stopped:
            return
        if isinstance(event, StationDisconnected):
            self.station(event.station_id).reconnects += 1
        elif isinstance(event, StationConnected):
            self.station(event.station_id)
        elif isinstance(event, StopAsked) and event.softened:
            self._softly[event.station_id, event.connector_id] = self._clock.now()

    def circuit_metered(self, station_id: str, register_mwh: int) -> None:
        """Take the register of the meter of a station's own circuit."""
        self.station(station_id).drift.circuit(register_mwh)

    def contactor_replaced(self, station_id: str, connector_id: int) -> None:
        """Count the wear of a contactor anew."""
        health = self.connector(station_id, connector_id)
        health.contactor_replaced()
        self._note(health)

    def forget(self, station_id: str) -> None:
        """Watch a station no more; what the journal holds of it stays."""
        self._stations.pop(station_id, None)
        for key in [key for key in self._connectors if key[0] == station_id]:
            del self._connectors[key]

    def _watched(self) -> Iterable[ConnectorHealth | StationHealth]:
        return (*self._stations.values(), *self._connectors.values())

    def _tell(self, watched: Watched, changed: Iterable[TrendKey]) -> None:
        for metric, phase in changed:
            self._note(watched)
            self._publish(
                HealthChanged(
                    station_id=watched.station_id,
                    at=self._clock.now(),
                    connector_id=watched.connector_id,
                    metric=metric,
                    phase=phase,
                    finding=watched.finding((metric, phase)),
                )
            )

    def _plan_day(self) -> None:
        now = self._clock.now()
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        self._day_timer = self._clock.call_later((tomorrow - now).total_seconds(), self._day_ended)

    def _day_ended(self) -> None:
        self._plan_day()
        now = self._clock.now()
        day, self._day = self._day, now.date()
        if day < self._day:
            self.close_day(day, now)

    def close_day(self, day: date, now: datetime) -> None:
        """Judge a day that is over."""
        for watched in self._watched():
            self._tell(watched, watched.close_day(day, now))
            self._changed.add((watched.station_id, watched.connector_id))
        self._save()
        for listener in tuple(self._listeners):
            listener()

    def _note(self, watched: Watched) -> None:
        """Have what was learned be written soon."""
        self._changed.add((watched.station_id, watched.connector_id))
        if self._save_timer is None:
            self._save_timer = self._clock.call_later(_SAVE_AFTER_S, self._save)

    def _save(self) -> None:
        self._save_timer = None
        for watched in self._watched():
            key = (watched.station_id, watched.connector_id)
            if key not in self._changed:
                continue
            self._kept[key] = entry = JournalEntry(
                kind=KIND,
                uid=f"{watched.station_id}/{watched.connector_id}",
                at=self._clock.now(),
                station_id=watched.station_id,
                connector_id=watched.connector_id,
                content=watched.as_dict(),
            )
            self._journal.keep(entry)
        self._changed.clear()

    def _restored[T: Watched](self, make: Callable[[], T], station_id: str, number: int) -> T:
        """Return what the journal holds of a connector or station, or a blank one."""
        watched = make()
        entry = self._kept.get((station_id, number))
        if entry is None:
            return watched
        try:
            watched.restore(entry.content)
        except KeyError, TypeError, ValueError:
            self.unreadable += 1
            return make()
        return watched

    def diagnostics(self) -> dict[str, object]:
        """Return how the watching is doing."""
        return {
            "unreadable": self.unreadable,
            "connectors": len(self._connectors),
            "findings": [
                [item.metric.value, item.severity.value, item.value, item.baseline]
                for item in self.findings()
            ],
        }
