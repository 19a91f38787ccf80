"""The condition of one connector, or with number 0 of a station itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from ...model.health import Finding, HealthMetric
from ...model.reading import Measurements, PhaseValues
from ...model.station import ConnectorState, ConnectorStatus
from .contactor import ContactorWear
from .gauges import (
    DriftGauge,
    IdleGauge,
    LoopGauge,
    OfferGauge,
    PhaseGauge,
    StuckGauge,
    ThermalGauge,
)
from .trend import Trend

STATION: Final = 0
_PHASES: Final = (1, 2, 3)
_EVERY_S: Final = 5.0
_MOST_A: Final = 500.0
_MOST_V: Final = 1000.0
_LEAST_C: Final = -60.0
_MOST_C: Final = 200.0

type TrendKey = tuple[HealthMetric, int | None]
type FindingChanged = Callable[[TrendKey], None]


class Watched:
    """The trends of one connector or station, and what makes their values."""

    def __init__(self, station_id: str, connector_id: int) -> None:
        """Begin with nothing."""
        self.station_id = station_id
        self.connector_id = connector_id
        self.trends: dict[TrendKey, Trend] = {}

    def add(
        self, metric: HealthMetric, day: date, value: float | None, now: datetime, phase: int | None
    ) -> Iterator[TrendKey]:
        """Take the value of a day, and yield the trend where its finding changed."""
        if value is None:
            return
        key = (metric, phase)
        trend = self.trends.setdefault(key, Trend(metric))
        if trend.add(day, value, now):
            yield key

    def finding(self, key: TrendKey) -> Finding | None:
        """Return what a trend has found."""
        trend = self.trends.get(key)
        if trend is None or trend.severity is None or trend.since is None or trend.value is None:
            return None
        return Finding(
            station_id=self.station_id,
            connector_id=self.connector_id,
            metric=key[0],
            phase=key[1],
            severity=trend.severity,
            since=trend.since,
            value=trend.value,
            baseline=trend.baseline,
            evidence=tuple(trend.days),
        )

    def findings(self) -> list[Finding]:
        """Return all that was found, in the order of the metrics."""
        found = [self.finding(key) for key in self.trends]
        return sorted(
            (item for item in found if item is not None),
            key=lambda item: (list(HealthMetric).index(item.metric), item.phase or 0),
        )

    def value(self, metric: HealthMetric, phase: int | None = None) -> float | None:
        """Return what a metric is now, None while unknown."""
        trend = self.trends.get((metric, phase))
        return None if trend is None else trend.value

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-like content."""
        return {
            "trends": [
                [metric.value, phase, trend.as_dict()]
                for (metric, phase), trend in self.trends.items()
            ]
        }

    def restore(self, content: Mapping[str, Any]) -> None:
        """Read what `as_dict` wrote; raises KeyError, TypeError or ValueError for anything else."""
        for name, phase, told in content["trends"]:
            trend = Trend(HealthMetric(name))
            trend.restore(told)
            self.trends[HealthMetric(name), phase] = trend


class ConnectorHealth(Watched):
    """The condition of one connector."""

    def __init__(self, station_id: str, connector_id: int) -> None:
        """Begin with nothing."""
        super().__init__(station_id, connector_id)
        self.contactor = ContactorWear()
        self._thermal = ThermalGauge()
        self._loops = {phase: LoopGauge() for phase in _PHASES}
        self._offer = OfferGauge()
        self._phases = PhaseGauge()
        self._stuck = StuckGauge()
        self._idle = IdleGauge()
        self._before: ConnectorState | None = None
        self._looked_at = 0.0
        self._lost: dict[int | None, int] = {}
        self._stuck_times = 0

    def is_due(self, connector: ConnectorState, seconds: float) -> bool:
        """Tell whether a state is worth looking at: at most every five seconds, and whenever the status is another."""
        same = self._before is not None and self._before.status is connector.status
        if same and seconds - self._looked_at < _EVERY_S:
            return False
        self._looked_at = seconds
        return True

    def observe(
        self, connector: ConnectorState, now: datetime, *, connected: bool, soft: bool
    ) -> Iterator[TrendKey]:
        """Take a state, and yield the trends whose finding changed at once."""
        measured = _plausible(connector.measurements)
        if measured is not connector.measurements:
            connector = replace(connector, measurements=measured)
        before, self._before = self._before, connector
        today = now.date()
        if before is not None and self.contactor.changed(before, connector.status, now, soft=soft):
            yield from self.add(
                HealthMetric.CONTACTOR_WEAR, today, self.contactor.used * 100, now, None
            )
        self._idle.sample(connector, connected=connected)
        charging = connector.status is ConnectorStatus.CHARGING
        if charging and (before is None or before.status is not ConnectorStatus.CHARGING):
            self._phases.began()
        if measured.at is None or (before is not None and before.measurements.at == measured.at):
            return
        self._thermal.sample(measured, now, charging=charging)
        for phase, gauge in self._loops.items():
            gauge.sample(measured.at, measured.current_a[phase - 1], measured.voltage_v[phase - 1])
        if self._stuck.sample(connector, now):
            self._stuck_times += 1
            yield from self.add(HealthMetric.STUCK_CONTACTOR, today, self._stuck_times, now, None)
        if not charging:
            return
        self._offer.sample(_offered_a(connector), measured)
        phase_lost = self._phases.sample(measured.current_a, measured.voltage_v)
        if phase_lost is not None:
            self._lost[phase_lost] = self._lost.get(phase_lost, 0) + 1
            yield from self.add(
                HealthMetric.PHASE_LOSS, today, self._lost[phase_lost], now, phase_lost
            )

    def close_day(self, day: date, now: datetime) -> Iterator[TrendKey]:
        """Take what the gauges made of a day, and yield the trends whose finding changed."""
        yield from self.add(HealthMetric.TEMPERATURE_RISE, day, self._thermal.close(), now, None)
        for phase, gauge in self._loops.items():
            yield from self.add(HealthMetric.LOOP_IMPEDANCE, day, gauge.close(), now, phase)
        usual, most = self._offer.close()
        yield from self.add(HealthMetric.DERATING, day, usual, now, None)
        yield from self.add(HealthMetric.OVERDRAW, day, most, now, None)
        yield from self.add(HealthMetric.IDLE_ENERGY, day, self._idle.close(), now, None)
        # Charging without any trouble is what ends these.
        for metric, key in tuple(self.trends) if usual is not None else ():
            if metric is HealthMetric.PHASE_LOSS:
                yield from self.add(metric, day, self._lost.get(key, 0), now, key)
            elif metric is HealthMetric.STUCK_CONTACTOR:
                yield from self.add(metric, day, self._stuck_times, now, key)
        self._lost.clear()
        self._stuck_times = 0

    def contactor_replaced(self) -> None:
        """Begin to count anew."""
        self.contactor = ContactorWear()
        self.trends.pop((HealthMetric.CONTACTOR_WEAR, None), None)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-like content."""
        return {
            **super().as_dict(),
            "contactor": self.contactor.as_dict(),
            "highest_a": self._thermal.highest_a,
        }

    def restore(self, content: Mapping[str, Any]) -> None:
        """Read what `as_dict` wrote; raises KeyError, TypeError or ValueError for anything else."""
        super().restore(content)
        self.contactor.restore(content["contactor"])
        self._thermal.highest_a = float(content["highest_a"])


class StationHealth(Watched):
    """The condition of what a station has once: its link and its meter as a whole."""

    def __init__(self, station_id: str) -> None:
        """Begin with nothing."""
        super().__init__(station_id, STATION)
        self.drift = DriftGauge()
        self.reconnects = 0

    def close_day(self, day: date, now: datetime) -> Iterator[TrendKey]:
        """Take what the gauges made of a day, and yield the trends whose finding changed."""
        count, self.reconnects = self.reconnects, 0
        yield from self.add(HealthMetric.RECONNECTS, day, count, now, None)
        yield from self.add(HealthMetric.METER_DRIFT, day, self.drift.close(), now, None)


def _offered_a(connector: ConnectorState) -> float | None:
    """Return what is offered: our own limit where it is in force, else what the station says."""
    limit = connector.limit
    offered = connector.measurements.current_offered_a
    wanted = None if limit is None else limit.current_a
    if wanted is None or offered is None:
        return wanted or offered
    return min(wanted, offered)


def _plausible(measured: Measurements) -> Measurements:
    """Return measurements without what no meter of a house shows; themselves where nothing is to be left out."""
    current_a = _phases(measured.current_a, _MOST_A)
    voltage_v = _phases(measured.voltage_v, _MOST_V)
    offered_a = _within(measured.current_offered_a, 0, _MOST_A)
    temperature_c = _within(measured.temperature_c, _LEAST_C, _MOST_C)
    if (
        offered_a == measured.current_offered_a
        and temperature_c == measured.temperature_c
        and current_a == measured.current_a
        and voltage_v == measured.voltage_v
    ):
        return measured
    return replace(
        measured,
        current_a=current_a,
        voltage_v=voltage_v,
        current_offered_a=offered_a,
        temperature_c=temperature_c,
    )


def _phases(values: PhaseValues, most: float) -> PhaseValues:
    first, second, third = (_within(value, 0, most) for value in values)
    return first, second, third


def _within(value: float | None, least: float, most: float) -> float | None:
    """Return a value between two others, None for anything else; also for what is no number."""
    return value if value is not None and least <= value <= most else None
