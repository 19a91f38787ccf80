"""A slow, plain way to rate: minute by minute, asking every restriction anew.

It shares no code with the rating but the types. Everything it is asked about happens on whole minutes, and every
minute's energy is a whole number of milliwatt-hours.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from custom_components.chargestead.billing.tariffs import (
    Dimension,
    PriceComponent,
    Restrictions,
    Tariff,
)
from custom_components.chargestead.model.price import PriceSeries
from custom_components.chargestead.model.station import ConnectorStatus

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Minutes:
    """A part of a session with constant power."""

    minutes: int
    mwh_per_minute: int
    status: ConnectorStatus | None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Now:
    """A moment of a session."""

    local: datetime
    seconds: int
    kwh: Fraction
    kw: Fraction


def holds(restrictions: Restrictions, now: Now, voltage_v: int = 230) -> bool:
    """Tell whether restrictions hold, asking one after the other."""
    one = restrictions
    clock, day = now.local.time(), now.local.date()
    since, until = one.start_time or time(), one.end_time or time()
    if until == time():
        in_time = clock >= since
    elif since <= until:
        in_time = since <= clock < until or since == until
    else:
        in_time = clock >= since or clock < until
    ampere = now.kw * 1000 / voltage_v
    bounds: list[tuple[object, Fraction, object]] = [
        (one.min_kwh, now.kwh, one.max_kwh),
        (one.min_power, now.kw, one.max_power),
        (one.min_current, ampere, one.max_current),
        (one.min_duration, Fraction(now.seconds), one.max_duration),
    ]
    return (
        in_time
        and (one.start_date is None or day >= one.start_date)
        and (one.end_date is None or day < one.end_date)
        and (not one.days or day.weekday() in one.days)
        and (one.season is None or day in one.season)
        and one.reservation is None
        and all(
            (least is None or Fraction(str(least)) <= value)
            and (most is None or value < Fraction(str(most)))
            for least, value, most in bounds
        )
    )


def component_at(tariff: Tariff, dimension: Dimension, now: Now) -> PriceComponent | None:
    """Return the first component of a dimension whose restrictions hold."""
    for element in tariff.elements:
        if holds(element.restrictions, now):
            for component in element.components:
                if component.dimension is dimension:
                    return component
    return None


def thresholds(tariff: Tariff) -> list[Fraction]:
    """Return all energies, in mWh, that restrictions ask about."""
    asked = [
        bound
        for element in tariff.elements
        for bound in (element.restrictions.min_kwh, element.restrictions.max_kwh)
        if bound is not None
    ]
    return sorted({Fraction(bound) * 1_000_000 for bound in asked})


def dimension_of(status: ConnectorStatus | None, *, held: bool) -> Dimension | None:
    """Return what time costs."""
    if status is ConnectorStatus.CHARGING:
        return Dimension.TIME
    if status in (ConnectorStatus.SUSPENDED_EV, ConnectorStatus.FINISHING) and not held:
        return Dimension.PARKING_TIME
    return None


def minutes_of(legs: tuple[Minutes, ...]) -> Iterator[Minutes]:
    for leg in legs:
        yield from [leg] * leg.minutes


def net_cost(
    start: datetime,
    legs: tuple[Minutes, ...],
    tariff: Tariff,
    zone: ZoneInfo,
    series: PriceSeries,
) -> dict[Dimension, Fraction]:
    """Return what a session costs by dimension, before steps and limits, as the prices are told."""
    costs: dict[Dimension, Fraction] = defaultdict(Fraction)
    energies = thresholds(tariff)
    reached, flat_due, idle_minutes = 0, True, 0
    for number, leg in enumerate(minutes_of(legs)):
        at = start + number * MINUTE
        timed = dimension_of(leg.status, held=leg.held)
        idle_minutes = idle_minutes + 1 if timed is Dimension.PARKING_TIME else 0
        in_grace = idle_minutes * MINUTE <= tariff.idle_grace and idle_minutes > 0
        after = reached + leg.mwh_per_minute
        edges = [
            Fraction(reached),
            *(edge for edge in energies if reached < edge < after),
            Fraction(after),
        ]
        for low, high in pairwise(edges):
            now = Now(
                at.astimezone(zone),
                number * 60,
                low / 1_000_000,
                Fraction(leg.mwh_per_minute * 60, 1_000_000),
            )
            share = (high - low) / (after - reached) if after > reached else Fraction(1)
            quoted = series.price_at(at.astimezone(UTC))
            quote = None if quoted is None else Fraction(quoted)
            amounts = {Dimension.ENERGY: (high - low) / 1_000_000}
            if timed is not None and not in_grace:
                amounts[timed] = share / 60
            if flat_due:
                amounts[Dimension.FLAT] = Fraction(1)
            for dimension, amount in amounts.items():
                component = component_at(tariff, dimension, now)
                if component is None:
                    continue
                costs[dimension] += amount * (component.price.of(quote) or 0)
                flat_due = flat_due and dimension is not Dimension.FLAT
        reached = after
    return costs
