"""How available the connectors of all stations are."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from ...maintenance.availability import (
    AVAILABILITY,
    KEPT_DAYS,
    PLUG_CYCLES,
    Condition,
    Day,
    PlugCycles,
    Uptime,
)
from ...maintenance.availability.spans import Span
from ...model.clock import Clock, Timer
from ...model.errors import LedgerError
from ...model.events import (
    AvailabilitySet,
    CardPresented,
    ConnectorFound,
    Event,
    LimitChanged,
    SessionStarted,
    SessionUpdated,
    StationConnected,
    StationDisconnected,
    StatusChanged,
)
from ...model.journal import JournalPruned
from ...model.station import ConnectorState
from .ports import LOGGER, Listeners, UpkeepLedger
from .watched import WatchedConnector
from .windows import Windows

COMING_BACK: Final = timedelta(minutes=15)
"""How long a station may take to dial in after we began to run, before it counts as out."""

_ROUND_S: Final = 3600

type _Key = tuple[str, int]


class Uptimes:
    """Watches all connectors, and keeps what it adds up: hourly, and whenever something goes wrong or right again.

    What was not kept when we were cut off is unknown, as is the time in which we did not run.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        ledger: UpkeepLedger,
        windows: Windows,
        connectors: Callable[[str], Iterable[ConnectorState]],
    ) -> None:
        """Watch nothing before stations are added; `connectors` returns those of a station as they are now."""
        self.changed: Listeners[str] = Listeners()
        self.plugged: Listeners[str] = Listeners()
        self.unread = 0
        self._clock = clock
        self._ledger = ledger
        self._windows = windows
        self._state = connectors
        self._watched: dict[_Key, WatchedConnector] = {}
        self._connected: dict[str, bool | None] = {}
        self._coming: dict[str, Timer] = {}
        self._days: dict[_Key, dict[date, Day]] = {}
        self._plugs: dict[_Key, PlugCycles] = {}
        self._pruned: date | None = None
        self._round: Timer | None = None
        windows.before_change.subscribe(self.advance)

    def start(self) -> None:
        """Look at the clock every hour."""
        self._round = self._clock.call_later(_ROUND_S, self._make_round)

    def stop(self) -> None:
        """Keep what was added up, and watch no more."""
        self.advance()
        self._save()
        for timer in (self._round, *self._coming.values()):
            if timer is not None:
                timer.cancel()
        for watched in self._watched.values():
            watched.rest()
        self._round = None
        self._coming.clear()

    async def load(self) -> None:
        """Read how often cables were plugged in; raises LedgerError when that cannot be read."""
        for entry in await self._ledger.journal(PLUG_CYCLES):
            key = (entry.station_id or "", entry.connector_id or 0)
            self._plugs[key] = PlugCycles(entry.content)

    async def add_station(self, station_id: str) -> None:
        """Take up where the journal ends; the station has a while to dial in."""
        since = self._clock.now() - timedelta(days=KEPT_DAYS)
        try:
            days = await self._ledger.journal(AVAILABILITY, station_id=station_id, since=since)
        except LedgerError as err:
            # Adding to what cannot be read would overwrite it.
            self.unread += 1
            LOGGER.warning("The availability of %s is not followed: %s", station_id, err)
            return
        for entry in days:
            key = (station_id, entry.connector_id or 0)
            day = entry.at.astimezone(UTC).date()
            self._days.setdefault(key, {})[day] = Day.from_content(entry.content)
        self._connected[station_id] = None
        self._coming[station_id] = self._clock.call_later(
            COMING_BACK.total_seconds(), lambda: self._missed(station_id)
        )
        for connector_id in sorted(
            {number for key, number in (*self._days, *self._plugs) if key == station_id}
        ):
            self._watch(station_id, connector_id)
        self._look_at(station_id)

    def forget(self, station_id: str) -> None:
        """Watch a station no more; what was kept stays."""
        self._save()
        for key in [key for key in self._watched if key[0] == station_id]:
            watched = self._watched.pop(key)
            watched.rest()
            self._plugs[key] = watched.plugs
        self._connected.pop(station_id, None)
        if (timer := self._coming.pop(station_id, None)) is not None:
            timer.cancel()

    # Figures

    def uptime(self, station_id: str, connector_id: int, days: int) -> Uptime | None:
        """Return what the last days of a connector come to, None where it is not watched."""
        watched = self._watched.get((station_id, connector_id))
        if watched is None:
            return None
        watched.advance()
        return watched.meter.uptime(self._clock.now(), days)

    def plug_cycles(self, station_id: str, connector_id: int) -> int | None:
        """Return how often a connector was plugged in, None where it is not watched."""
        watched = self._watched.get((station_id, connector_id))
        return None if watched is None else watched.plugs.count

    def plug_cycles_of(self, station_id: str | None) -> int:
        """Return how often cables were plugged in at a station, with None at all there ever were."""
        counts = (*self._plugs.items(), *((key, one.plugs) for key, one in self._watched.items()))
        return sum(plugs.count for key, plugs in counts if station_id in (None, key[0]))

    def diagnostics(self) -> dict[str, object]:
        """Return what is being counted."""
        return {
            "unread": self.unread,
            "connectors": [
                {
                    "condition": watched.meter.condition.value,
                    "plug_cycles": watched.plugs.count,
                    "days": len(watched.meter.days),
                }
                for watched in self._watched.values()
            ],
        }

    # What happens

    def handle(self, event: Event) -> None:
        """Take an event of the site."""
        station_id = event.station_id
        if station_id not in self._connected:
            return
        match event:
            case SessionUpdated(session=session) if session.is_open and session.energy_mwh:
                if watched := self._watched.get((station_id, session.connector_id)):
                    watched.flowing(event.at)
            case StationConnected():
                self._came(station_id)
            case StationDisconnected():
                self._connected[station_id] = False
                self._look_at(station_id)
            case ConnectorFound(connector_id=connector_id):
                self._watch(station_id, connector_id)
                self._look_at(station_id)
            case StatusChanged(connector_id=connector_id) if connector_id:
                self._status(event)
            case AvailabilitySet(connector_id=connector_id, operative=operative):
                self.advance()
                self._windows.switched(station_id, connector_id or None, operative=operative)
            case _:
                self._attempt(event)

    def _attempt(self, event: Event) -> None:
        """Take what tells how a charge begins."""
        station_id = event.station_id
        match event:
            case SessionStarted(session=session, replayed=False):
                self._asked(station_id, session.connector_id, event.at, "session")
            case CardPresented(connector_id=connector_id, accepted=True, replayed=False):
                self._card(station_id, connector_id, event.at)
            case LimitChanged(connector_id=connector_id) if self._is_held(station_id, connector_id):
                if watched := self._watched.get((station_id, connector_id)):
                    watched.held()

    def _came(self, station_id: str) -> None:
        self._connected[station_id] = True
        if (timer := self._coming.pop(station_id, None)) is not None:
            timer.cancel()
        self._look_at(station_id)

    def _missed(self, station_id: str) -> None:
        """Take that a station had time enough."""
        self._coming.pop(station_id, None)
        if self._connected.get(station_id) is None:
            self._connected[station_id] = False
            self._look_at(station_id)

    def _status(self, event: StatusChanged) -> None:
        station_id, connector_id = event.station_id, event.connector_id
        watched = self._watch(station_id, connector_id)
        before = watched.status
        held = self._is_held(station_id, connector_id)
        entry = watched.reported(event.status, event.at, old=event.replayed, held=held)
        if entry is not None:
            self._ledger.keep(entry)
            self.plugged.tell(station_id)
        # Before the status counts: whoever is back by itself is out by itself the next time.
        self._windows.back_in_service(station_id, connector_id, before, event.status)
        connected = self._connected.get(station_id)
        if watched.is_now(connected=connected, status=event.status):
            self._save()
        self.changed.tell(station_id)

    def _asked(self, station_id: str, connector_id: int, at: datetime, by: str) -> None:
        if watched := self._watched.get((station_id, connector_id)):
            watched.asked(at, by, held=self._is_held(station_id, connector_id))

    def _card(self, station_id: str, connector_id: int | None, at: datetime) -> None:
        """Take a card; one that was presented nowhere in particular is for the only connector."""
        mine = list(self._of(station_id))
        if connector_id is None and len(mine) == 1:
            connector_id = mine[0].connector_id
        if connector_id:
            self._asked(station_id, connector_id, at, "card")

    def _is_held(self, station_id: str, connector_id: int) -> bool:
        return any(
            connector.limit is not None and connector.limit.is_pause
            for connector in self._state(station_id)
            if connector.connector_id == connector_id
        )

    # Watching

    def _watch(self, station_id: str, connector_id: int) -> WatchedConnector:
        key = (station_id, connector_id)
        if key not in self._watched:

            def windows() -> list[Span]:
                return self._windows.spans_for(station_id, connector_id)

            self._watched[key] = WatchedConnector(
                station_id,
                connector_id,
                clock=self._clock,
                days=self._days.pop(key, {}),
                plugs=self._plugs.pop(key, PlugCycles()),
                windows=windows,
            )
        return self._watched[key]

    def _of(self, station_id: str) -> Iterator[WatchedConnector]:
        return (watched for key, watched in self._watched.items() if key[0] == station_id)

    def _look_at(self, station_id: str) -> None:
        """Take how the connectors of a station are."""
        connected = self._connected.get(station_id)
        states = {connector.connector_id: connector for connector in self._state(station_id)}
        for connector_id in states:
            self._watch(station_id, connector_id)
        news = False
        for watched in self._of(station_id):
            state = states.get(watched.connector_id)
            status = None if state is None else state.status
            news |= watched.is_now(connected=connected, status=status)
        if news:
            self._save()
        self.changed.tell(station_id)

    def advance(self) -> None:
        """Add up the time of all connectors until now."""
        for watched in self._watched.values():
            watched.advance()

    def _make_round(self) -> None:
        self.advance()
        self._save()
        self._round = self._clock.call_later(_ROUND_S, self._make_round)
        for station_id in self._connected:
            self.changed.tell(station_id)

    def _save(self) -> None:
        now = self._clock.now()
        for watched in self._watched.values():
            meter = watched.meter
            for day in sorted(meter.changed):
                if day in meter.days:
                    entry = meter.days[day].entry(watched.station_id, watched.connector_id, day)
                    self._ledger.keep(entry)
            meter.changed.clear()
        today = now.astimezone(UTC).date()
        if self._watched and self._pruned != today:
            self._pruned = today
            before = now - timedelta(days=KEPT_DAYS)
            self._ledger.keep(JournalPruned(kind=AVAILABILITY, before=before))

    def is_up(self, station_id: str, connector_id: int) -> bool | None:
        """Tell whether a connector can be used now, None while that is not known."""
        watched = self._watched.get((station_id, connector_id))
        if watched is None or watched.meter.condition is Condition.UNKNOWN:
            return None
        return watched.meter.condition is Condition.UP
