"""How a station shares what it may draw among its connectors."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from .car import MINIMUM_CURRENT, NOMINAL_VOLTAGE
from .clock import Clock, TimerHandle
from .composite import composite_schedule, merged_limit
from .connector import Connector
from .personality import Personality
from .profiles import ProfileStore
from .schedule import Json, Limit

SHORTEST_WAIT: Final = 0.05


class Supply:
    """Turns profiles into offers, again whenever something may have changed."""

    def __init__(
        self,
        *,
        clock: Clock,
        profiles: ProfileStore,
        personality: Personality,
        connectors: Iterable[Connector],
        max_current: float,
        phases: int,
        own_time: Callable[[datetime], datetime],
        on_change: Callable[[], None],
    ) -> None:
        """Begin with nothing offered."""
        self.max_current = max_current
        self.phases = phases
        self._clock = clock
        self._profiles = profiles
        self._personality = personality
        self._connectors = tuple(connectors)
        self._own_time = own_time
        self._on_change = on_change
        self._timer: TimerHandle | None = None

    def refresh(self) -> None:
        """Let energy flow up to now, offer anew, and plan the next look."""
        now = self._clock.now()
        for connector in self._connectors:
            connector.evolve(now)
        offers = self._shares(now)
        for connector in self._connectors:
            connector.offer(*offers.get(connector.id, (0.0, connector.phases_used)))
        self._plan(now)
        self._clock.touch()
        self._on_change()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def limit(self, connector: Connector, now: datetime) -> Limit:
        """Return the limit in force on a connector, as the station applies it."""
        hardware = Limit(value=self.max_current, unit="A")
        if self._personality.ignores_profiles:
            return hardware
        at, began = self._own_time(now), self._began(connector, now)
        phases = self._phases_of(connector)
        return merged_limit(self._profiles, connector.id, at, began, hardware, phases)

    def composite(self, connector_id: int, duration: int, unit: str) -> Json:
        """Return the composite schedule of a connector, or of the station (0)."""
        now = self._clock.now()
        at = self._own_time(now)
        chosen = [c for c in self._connectors if connector_id in {0, c.id}]
        until = at + timedelta(seconds=duration)
        moments: set[datetime] = set()
        for connector in chosen:
            began = self._began(connector, now)
            moments.update(self._profiles.changes(connector.id, began, at, until))

        def limit_at(moment: datetime) -> Limit:
            if connector_id:
                return self._merged(chosen[0], moment, now)
            total = sum(self._merged(c, moment, now).amperes(self.phases) for c in chosen)
            station = self._profiles.station_limit(moment, at)
            if station is not None:
                total = min(total, station.amperes(self.phases))
            return Limit(value=total, unit="A")

        phases = self._phases_of(chosen[0]) if connector_id else self.phases
        return composite_schedule(at, duration, unit, phases, sorted(moments), limit_at)

    def _merged(self, connector: Connector, moment: datetime, now: datetime) -> Limit:
        hardware = Limit(value=self.max_current, unit="A")
        began = self._began(connector, now)
        phases = self._phases_of(connector)
        return merged_limit(self._profiles, connector.id, moment, began, hardware, phases)

    def _began(self, connector: Connector, now: datetime) -> datetime:
        transaction = connector.transaction
        return self._own_time(now if transaction is None else transaction.started_at)

    def _phases_of(self, connector: Connector) -> int:
        car = connector.car
        return self.phases if car is None else max(min(self.phases, car.phases), 1)

    def _shares(self, now: datetime) -> dict[int, tuple[float, int]]:
        offers: dict[int, tuple[float, int]] = {}
        for connector in self._connectors:
            if not connector.energised:
                continue
            limit = self.limit(connector, now)
            phases = self._phases_of(connector)
            if self._personality.switches_phases and limit.phases is not None:
                phases = max(min(phases, limit.phases), 1)
            offers[connector.id] = (self._applied(limit.amperes(phases)), phases)
        if len(offers) < 2 or self._personality.ignores_profiles:
            return offers
        began = min(self._began(c, now) for c in self._connectors)
        station = self._profiles.station_limit(self._own_time(now), began)
        return offers if station is None else share(offers, station)

    def _applied(self, amperes: float) -> float:
        personality = self._personality
        amperes = min(max(amperes, personality.lowest_applied_limit), self.max_current)
        if personality.applied_limit_max is not None:
            amperes = min(amperes, personality.applied_limit_max)
        if personality.limit_steps and amperes < self.max_current:
            steps = [step for step in personality.limit_steps if step <= amperes]
            return max(steps, default=0.0)
        return amperes

    def _plan(self, now: datetime) -> None:
        self.stop()
        waits = [wait for c in self._connectors for wait in self._waits(c, now)]
        if waits:
            delay = max(min(waits), SHORTEST_WAIT)
            self._timer = self._clock.call_later(delay, self.refresh)

    def _waits(self, connector: Connector, now: datetime) -> Iterable[float]:
        if not connector.energised:
            return
        began, at = self._began(connector, now), self._own_time(now)
        change = self._profiles.next_change(connector.id, began, at)
        if change is not None:
            yield (change - at).total_seconds()
        waking = connector.idle_until
        if waking is not None:
            yield (waking - now).total_seconds()
        seconds = connector.seconds_to_change()
        if seconds is not None:
            yield seconds


def share(offers: dict[int, tuple[float, int]], station: Limit) -> dict[int, tuple[float, int]]:
    """Divide a station's limit so that the sum keeps to it.

    Each gets an equal part, and what one cannot use goes to the others; where the parts would
    be less than 6 A, those with the lowest numbers are served and the rest wait.
    """
    left = station.value
    granted = {number: offer for number, offer in offers.items() if offer[0] <= 0}

    def cost(phases: int) -> float:
        return 1.0 if station.unit == "A" else NOMINAL_VOLTAGE * phases

    waiting = sorted(offers.keys() - granted.keys())
    while waiting:
        per_amp = sum(cost(offers[number][1]) for number in waiting)
        even = left / per_amp
        if even < MINIMUM_CURRENT:
            number = waiting.pop()
            granted[number] = (0.0, offers[number][1])
            continue
        modest = [number for number in waiting if offers[number][0] <= even]
        for number in modest or waiting:
            amperes, phases = offers[number]
            granted[number] = (min(amperes, even), phases)
            left -= granted[number][0] * cost(phases)
        waiting = [number for number in waiting if number not in granted]
    return granted
