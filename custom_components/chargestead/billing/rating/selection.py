"""Which price components hold at a moment (OCPI 2.2.1 and 2.3.0, mod_tariffs, Tariff object)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

from ..tariffs import (
    Dimension,
    PriceComponent,
    ReservationRestriction,
    Restrictions,
    Tariff,
    TariffElement,
)
from .instants import SECOND
from .register import PowerRanks
from .result import ChargeKind

_MIDNIGHT: Final = time()
_MWH: Final = 1_000_000


class Moment(NamedTuple):
    """What restrictions ask about; constant from one cut to the next.

    `local` is wall clock, `elapsed` in microseconds since the start, `power_rank` None where the power is unknown.
    """

    local: datetime
    elapsed: int
    energy_mwh: int
    power_rank: int | None


type Check = Callable[[Moment], bool]


class _Candidate(NamedTuple):
    checks: tuple[Check, ...]
    component: PriceComponent


@dataclass(frozen=True, slots=True)
class Choices:
    """The components of a tariff by what they charge for, in the order in which they are tried."""

    candidates: dict[ChargeKind, list[_Candidate]]

    def at(self, kind: ChargeKind, moment: Moment) -> PriceComponent | None:
        """Return the component that holds, None where the dimension costs nothing."""
        for checks, component in self.candidates.get(kind, ()):
            if all(check(moment) for check in checks):
                return component
        return None

    def prices(self, *kinds: ChargeKind) -> bool:
        """Tell whether anything is ever charged for these."""
        return any(kind in self.candidates for kind in kinds)


def choices(
    tariff: Tariff, powers: PowerRanks, voltage_v: int, *, expired: bool = False
) -> Choices:
    """Sort out a tariff; `expired` tells that its reservation elements price a reservation that was not used."""
    candidates: dict[ChargeKind, list[_Candidate]] = {}
    for element in _in_order(tariff, expired=expired):
        checks = tuple(_checks(element.restrictions, powers, voltage_v))
        reserved = element.restrictions.reservation is not None
        for component in element.components:
            kind = (_RESERVATION_KINDS if reserved else _KINDS).get(component.dimension)
            if kind is not None:
                candidates.setdefault(kind, []).append(_Candidate(checks, component))
    return Choices(candidates)


_KINDS: Final = {
    Dimension.ENERGY: ChargeKind.ENERGY,
    Dimension.TIME: ChargeKind.TIME,
    Dimension.PARKING_TIME: ChargeKind.PARKING_TIME,
    Dimension.FLAT: ChargeKind.FLAT,
}
_RESERVATION_KINDS: Final = {
    Dimension.TIME: ChargeKind.RESERVATION_TIME,
    Dimension.FLAT: ChargeKind.RESERVATION_FLAT,
}


def _in_order(tariff: Tariff, *, expired: bool) -> Iterator[TariffElement]:
    """Tell the elements; those for an expired reservation go before those for any, or do not count."""
    expires = ReservationRestriction.RESERVATION_EXPIRES
    if expired:
        yield from (one for one in tariff.elements if one.restrictions.reservation is expires)
    yield from (one for one in tariff.elements if one.restrictions.reservation is not expires)


def _checks(restrictions: Restrictions, powers: PowerRanks, voltage_v: int) -> Iterator[Check]:
    """Tell what must hold, as quick checks; what is not restricted is not checked."""
    yield from _clock_checks(restrictions)
    yield from _amount_checks(restrictions)
    yield from _power_checks(restrictions, powers, voltage_v)


def _clock_checks(restrictions: Restrictions) -> Iterator[Check]:
    since, until = restrictions.start_time or _MIDNIGHT, restrictions.end_time or _MIDNIGHT
    if since < until or (until == _MIDNIGHT and since != _MIDNIGHT):
        last = time.max if until == _MIDNIGHT else until
        yield lambda moment: since <= moment.local.time() < last
    elif since > until:
        yield lambda moment: not until <= moment.local.time() < since
    if (first := restrictions.start_date) is not None:
        yield lambda moment: first <= moment.local.date()
    if (end := restrictions.end_date) is not None:
        yield lambda moment: moment.local.date() < end
    if days := restrictions.days:
        yield lambda moment: moment.local.weekday() in days
    if (season := restrictions.season) is not None:
        yield lambda moment: moment.local.date() in season


def _amount_checks(restrictions: Restrictions) -> Iterator[Check]:
    if restrictions.min_kwh is not None:
        least_mwh = ceil(restrictions.min_kwh * _MWH)
        yield lambda moment: least_mwh <= moment.energy_mwh
    if restrictions.max_kwh is not None:
        most_mwh = ceil(restrictions.max_kwh * _MWH)
        yield lambda moment: moment.energy_mwh < most_mwh
    if restrictions.min_duration is not None:
        least = restrictions.min_duration * SECOND
        yield lambda moment: least <= moment.elapsed
    if restrictions.max_duration is not None:
        most = restrictions.max_duration * SECOND
        yield lambda moment: moment.elapsed < most


def _power_checks(
    restrictions: Restrictions, powers: PowerRanks, voltage_v: int
) -> Iterator[Check]:
    """Tell the checks on power; where it is unknown, none holds."""
    least, most = _power_bounds(restrictions, voltage_v)
    yield from (_reaches(powers.rank_of(threshold)) for threshold in least)
    yield from (_stays_below(powers.rank_of(threshold)) for threshold in most)


def _reaches(rank: int) -> Check:
    return lambda moment: moment.power_rank is not None and moment.power_rank >= rank


def _stays_below(rank: int) -> Check:
    return lambda moment: moment.power_rank is not None and moment.power_rank < rank


def _power_bounds(
    restrictions: Restrictions, voltage_v: int
) -> tuple[list[Fraction], list[Fraction]]:
    """Return the least and the most power in kW; a current counts as the power it means at nominal voltage."""
    per_ampere = Fraction(voltage_v, 1000)
    least = [restrictions.min_power, restrictions.min_current]
    most = [restrictions.max_power, restrictions.max_current]
    factors = (Fraction(1), per_ampere)
    return (
        [
            Fraction(one) * factor
            for one, factor in zip(least, factors, strict=True)
            if one is not None
        ],
        [
            Fraction(one) * factor
            for one, factor in zip(most, factors, strict=True)
            if one is not None
        ],
    )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the restrictions of tariffs change their minds."""

    times_of_day: frozenset[time]
    energies_mwh: frozenset[int]
    durations: frozenset[int]
    powers_kw: frozenset[Fraction]


def thresholds(tariffs: tuple[Tariff, ...], voltage_v: int) -> Thresholds:
    """Collect the values that restrictions compare with; durations in microseconds."""
    times_of_day: set[time] = set()
    energies: set[int] = set()
    durations: set[int] = set()
    powers: set[Fraction] = set()
    for restrictions in (one.restrictions for tariff in tariffs for one in tariff.elements):
        times_of_day.update(_times_of_day(restrictions))
        energies.update(
            ceil(kwh * _MWH)
            for kwh in (restrictions.min_kwh, restrictions.max_kwh)
            if kwh is not None
        )
        durations.update(
            seconds * SECOND
            for seconds in (restrictions.min_duration, restrictions.max_duration)
            if seconds is not None
        )
        least, most = _power_bounds(restrictions, voltage_v)
        powers.update(least, most)
    return Thresholds(
        frozenset(times_of_day), frozenset(energies), frozenset(durations), frozenset(powers)
    )


def _times_of_day(restrictions: Restrictions) -> Iterator[time]:
    bounds = (restrictions.start_time, restrictions.end_time)
    dates = (restrictions.start_date, restrictions.end_date)
    calendar = (*bounds, *dates, restrictions.season)
    if restrictions.days or any(one is not None for one in calendar):
        yield _MIDNIGHT
    yield from (bound for bound in bounds if bound is not None)
