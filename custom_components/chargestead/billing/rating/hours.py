"""A rating by the hour, as statistics want it."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from ...model.reading import MeterReading
from .record import read_periods

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HourShare:
    """What falls into one hour: milliwatt-hours, and cost after taxes."""

    energy_mwh: int = 0
    solar_mwh: int = 0
    cost: Fraction = Fraction(0)

    def plus(self, other: HourShare) -> HourShare:
        """Return both together."""
        return HourShare(
            self.energy_mwh + other.energy_mwh,
            self.solar_mwh + other.solar_mwh,
            self.cost + other.cost,
        )


def hour_of(at: datetime) -> datetime:
    """Return the start of the hour of a UTC datetime."""
    return at.replace(minute=0, second=0, microsecond=0)


def by_hour(
    content: str, readings: Sequence[MeterReading], printed: Decimal, end: datetime
) -> dict[datetime, HourShare]:
    """Return what a written rating comes to in each UTC hour up to that of `end`.

    Periods are split at hours by what the register read, by time where that does not tell. Energy adds up to that of
    the rating, cost to `printed`: what limits and rounding add or take belongs to the last hour. Raises ValueError for
    what is no rating.
    """
    shares: dict[datetime, HourShare] = {}
    last, rest = hour_of(end), Fraction(printed)
    for period in read_periods(content):
        for hour, share in _split(*period, readings=readings):
            at = min(hour, last)
            shares[at] = shares.get(at, HourShare()).plus(share)
            rest -= share.cost
    if rest:
        at = max(shares, default=last)
        shares[at] = shares.get(at, HourShare()).plus(HourShare(cost=rest))
    return shares


def _split(
    start: datetime,
    end: datetime,
    energy_mwh: int,
    solar_mwh: int,
    cost: Fraction,
    *,
    readings: Sequence[MeterReading],
) -> Iterator[tuple[datetime, HourShare]]:
    cuts = [start]
    while cuts[-1] < end:
        cuts.append(min(hour_of(cuts[-1]) + _HOUR, end))
    if len(cuts) == 1:
        yield hour_of(start), HourShare(energy_mwh, solar_mwh, cost)
        return
    parts = _parts(cuts, readings)
    energies = [energy_mwh * part // 1 for part in parts]
    solars = [solar_mwh * part // 1 for part in parts]
    costs = [cost * part for part in (parts if energy_mwh else _by_time(cuts))]
    for index, (cut, _) in enumerate(pairwise(cuts)):
        yield (
            hour_of(cut),
            HourShare(
                int(energies[index + 1] - energies[index]),
                int(solars[index + 1] - solars[index]),
                costs[index + 1] - costs[index],
            ),
        )


def _parts(cuts: list[datetime], readings: Sequence[MeterReading]) -> list[Fraction]:
    """Return which part, from 0 to 1, has been charged at each cut."""
    if not readings:
        return _by_time(cuts)
    times = [reading.at for reading in readings]
    registers = [_register_at(cut, times, readings) for cut in cuts]
    charged = registers[-1] - registers[0]
    if charged <= 0 or any(later < earlier for earlier, later in pairwise(registers)):
        return _by_time(cuts)
    return [(register - registers[0]) / charged for register in registers]


def _by_time(cuts: list[datetime]) -> list[Fraction]:
    whole = (cuts[-1] - cuts[0]) // timedelta(microseconds=1)
    return [Fraction((cut - cuts[0]) // timedelta(microseconds=1), whole) for cut in cuts]


def _register_at(at: datetime, times: list[datetime], readings: Sequence[MeterReading]) -> Fraction:
    index = bisect_right(times, at)
    if index == 0 or index == len(times):
        return Fraction(readings[min(index, len(times) - 1)].register_mwh)
    before, after = readings[index - 1], readings[index]
    passed = Fraction(
        (at - before.at) // timedelta(microseconds=1),
        (after.at - before.at) // timedelta(microseconds=1),
    )
    return before.register_mwh + (after.register_mwh - before.register_mwh) * passed
