"""Simulated stations: how one charges for a year, healthy or getting worse."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import math
import random

from custom_components.chargestead.maintenance.wear import Health
from custom_components.chargestead.model.events import (
    Event,
    HealthChanged,
    StationConnected,
    StationDisconnected,
)
from custom_components.chargestead.model.journal import JournalEntry, JournalPruned
from custom_components.chargestead.model.limit import Limit, LimitReason
from custom_components.chargestead.model.reading import NO_MEASUREMENTS, Measurements
from custom_components.chargestead.model.station import (
    ConnectorState,
    ConnectorStatus,
    StationState,
)

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Timer:
    """A callback that waits."""

    due: datetime
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        """Forget the callback."""
        self.cancelled = True


@dataclass(slots=True)
class Clock:
    """A clock that goes when it is told to."""

    at: datetime = BEGIN
    timers: list[Timer] = field(default_factory=list)

    def now(self) -> datetime:
        """Return where the clock stands."""
        return self.at

    def monotonic(self) -> float:
        """Return seconds since the beginning."""
        return (self.at - BEGIN).total_seconds()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back when the time comes."""
        timer = Timer(self.at + timedelta(seconds=delay), callback)
        self.timers.append(timer)
        return timer

    def go(self, until: datetime) -> None:
        """Go on, and call back whoever waited for it."""
        while True:
            self.timers = [timer for timer in self.timers if not timer.cancelled]
            due = min(self.timers, key=lambda timer: timer.due, default=None)
            if due is None or due.due > until:
                break
            self.timers.remove(due)
            self.at = max(self.at, due.due)
            due.callback()
        self.at = max(self.at, until)


class Journal:
    """A journal in memory."""

    def __init__(self) -> None:
        """Begin empty."""
        self.entries: dict[tuple[str, str], JournalEntry] = {}
        self.writes = 0

    def keep(self, event: JournalEntry | JournalPruned) -> None:
        """Keep an entry."""
        assert isinstance(event, JournalEntry)
        self.writes += 1
        self.entries[event.kind, event.uid] = event

    async def journal(
        self,
        kind: str,
        *,
        station_id: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> list[JournalEntry]:
        """Return the entries of a kind."""
        assert (station_id, since, limit) == (None, None, None)
        return [entry for entry in self.entries.values() if entry.kind == kind]


@dataclass(slots=True)
class House:
    """What watches the stations, with all that it said."""

    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    told: list[HealthChanged] = field(default_factory=list)
    health: Health = field(init=False)

    def __post_init__(self) -> None:
        """Begin to watch."""
        self.health = Health(self.clock, self.journal, self._tell)

    def _tell(self, event: Event) -> None:
        assert isinstance(event, HealthChanged)
        self.told.append(event)

    async def restart(self) -> None:
        """Lose everything but the journal."""
        self.health.stop()
        self.health = Health(self.clock, self.journal, self._tell)
        await self.health.start()

    @property
    def actions(self) -> list[HealthChanged]:
        """Return what asked a person to act."""
        return [item for item in self.told if item.finding and item.finding.severity == "act"]


@dataclass(slots=True, kw_only=True)
class Plant:
    """A station and its surroundings; the functions of the day are what a degradation changes."""

    chance: random.Random
    station_id: str = "GARAGE"
    phases: int = 3
    current_a: float = 16.0
    kelvin_at_16: float = 22.0
    loop_ohm: float = 0.35
    drops_a_day: float = 0.4
    meter_gain: float = 1.0
    circuit_meter: bool = True
    sample_s: float = 60.0
    thermal: Callable[[int], float] = lambda _: 1.0
    loop: Callable[[int], float] = lambda _: 1.0
    link: Callable[[int], float] = lambda _: 1.0
    gain: Callable[[int], float] = lambda _: 1.0
    stuck: Callable[[int], bool] = lambda _: False
    lost_phase: Callable[[int], bool] = lambda _: False
    over: Callable[[int], float] = lambda _: 1.0
    register_wh: float = 1_000_000.0
    true_wh: float = 5_000_000.0
    idle_wh_a_day: float = 0.0
    _limit: Limit = field(init=False)

    def __post_init__(self) -> None:
        """Set the limit there always is."""
        self._limit = Limit(current_a=self.current_a, reason=LimitReason.USER)

    def live_year(self, house: House, days: int = 365, first: int = 0) -> None:
        """Let days go by: a charge on most of them, at any time of the day."""
        for day in range(first, first + days):
            self._day(house, day)

    def _day(self, house: House, day: int) -> None:
        midnight = BEGIN + timedelta(days=day)
        house.clock.go(midnight + timedelta(minutes=1))
        for _ in range(self._poisson(self.drops_a_day * self.link(day))):
            at = house.clock.now()
            house.health.handle(StationDisconnected(station_id=self.station_id, at=at))
            house.health.handle(StationConnected(station_id=self.station_id, at=at))
        if self.chance.random() < 0.85:
            begin = midnight + timedelta(hours=self.chance.uniform(0.5, 18))
            for moment, connector in self._charge(day, begin, self.chance.uniform(1, 5)):
                house.clock.go(moment)
                house.health.observe(self._state(connector))
        self.register_wh += self.idle_wh_a_day
        house.clock.go(midnight + timedelta(hours=23, minutes=50))
        house.health.observe(self.idle_state())
        if self.circuit_meter:
            # Read to a hundred watt-hours, with the station's own need in it.
            self.true_wh += 100
            house.health.circuit_metered(self.station_id, round(self.true_wh / 100) * 100_000)

    def idle_state(self) -> StationState:
        """Return the station while nobody charges."""
        return self._state(self._connector(ConnectorStatus.AVAILABLE))

    def flapping_state(self, second: int) -> StationState:
        """Return the station as it begins and ends to charge every second."""
        status = ConnectorStatus.CHARGING if second % 2 else ConnectorStatus.SUSPENDED_EVSE
        return self._state(self._connector(status))

    def _state(self, connector: ConnectorState) -> StationState:
        return StationState(station_id=self.station_id, connected=True, connectors={1: connector})

    def _connector(
        self, status: ConnectorStatus, measured: Measurements = NO_MEASUREMENTS
    ) -> ConnectorState:
        return ConnectorState(
            connector_id=1,
            status=status,
            measurements=measured,
            register_mwh=int(self.register_wh) * 1000,
            limit=self._limit,
        )

    def _charge(
        self, day: int, begin: datetime, hours: float
    ) -> Iterator[tuple[datetime, ConnectorState]]:
        """Yield the states of a charge, with measurements as a station takes them."""
        ambient = 10 - 12 * math.cos(2 * math.pi * day / 365) + self.chance.gauss(0, 3)
        sun = self.chance.uniform(0, 8)
        # Now and then a vehicle takes less, or only one phase.
        small = self.chance.random() < 0.15
        amperes = self.chance.choice((6.0, 8.0, 10.0)) if small else self.current_a
        phases = 1 if self.chance.random() < 0.1 else self.phases
        grid = [self.chance.gauss(232, 2.0) for _ in range(3)]
        heat = 0.0
        yield begin, self._connector(ConnectorStatus.PREPARING)
        samples = int(hours * 3600 / self.sample_s)
        at = begin
        for number in range(samples):
            at = begin + timedelta(seconds=self.sample_s * (number + 1))
            drawn = amperes * self.over(day) * self.chance.uniform(0.985, 1.0)
            if number < 2 or number == samples - 1:
                drawn = 0.0
            heat += (drawn**2 / 256 - heat) * min(1.0, self.sample_s / 900)
            noon = max(0.0, math.sin(math.pi * (at.hour - 6) / 12)) if 6 < at.hour < 18 else 0.0
            currents = [drawn if phase < phases else 0.0 for phase in range(3)]
            if self.lost_phase(day) and number > samples // 2 and phases == 3:
                currents[1] = 0.0
            volts = [
                grid[phase]
                + self.chance.gauss(0, 0.7)
                - self.loop_ohm * self.loop(day) * currents[phase]
                for phase in range(3)
            ]
            power = sum(a * v for a, v in zip(currents, volts, strict=True))
            self.true_wh += power * self.sample_s / 3600
            self.register_wh += power * self.sample_s / 3600 * self.meter_gain * self.gain(day)
            measured = Measurements(
                at=at,
                power_w=power,
                current_a=(currents[0], currents[1], currents[2]),
                voltage_v=(volts[0], volts[1], volts[2]),
                current_offered_a=self.current_a,
                temperature_c=ambient
                + sun * noon
                + self.kelvin_at_16 * self.thermal(day) * heat
                + self.chance.gauss(0, 0.5),
            )
            yield at, self._connector(ConnectorStatus.CHARGING, measured)
        last = ConnectorStatus.FINISHING if self.stuck(day) else ConnectorStatus.SUSPENDED_EV
        for _ in range(5):
            at += timedelta(seconds=self.sample_s)
            drawn = amperes if self.stuck(day) else 0.0
            measured = Measurements(at=at, current_a=(drawn, 0.0, 0.0), temperature_c=ambient)
            yield at, self._connector(last, measured)
        yield at + timedelta(seconds=5), self._connector(ConnectorStatus.AVAILABLE)

    def _poisson(self, mean: float) -> int:
        limit, product, count = math.exp(-mean), self.chance.random(), 0
        while product > limit:
            product *= self.chance.random()
            count += 1
        return count


def nonsense(chance: random.Random, now: datetime) -> StationState:
    """Return a state such as no station should be in."""

    def any_value() -> float | None:
        return chance.choice((None, 0.0, -5.0, 1e12, math.nan, math.inf, chance.uniform(0, 40)))

    connector = ConnectorState(
        connector_id=1,
        status=chance.choice((None, *ConnectorStatus)),
        register_mwh=chance.choice((None, 0, -1, chance.randrange(10**12))),
        limit=chance.choice(
            (None, Limit(current_a=chance.uniform(0, 32), reason=LimitReason.USER))
        ),
        measurements=Measurements(
            at=chance.choice((None, now, now + timedelta(days=chance.randrange(-9, 9)))),
            current_a=(any_value(), any_value(), any_value()),
            voltage_v=(any_value(), any_value(), any_value()),
            current_offered_a=any_value(),
            temperature_c=any_value(),
        ),
    )
    return StationState(
        station_id="GARAGE", connected=chance.random() < 0.9, connectors={1: connector}
    )
