"""The instants at which local wall clock matters: times of day, midnights, and where the clock is set."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from .instants import HOUR, SECOND, from_us, to_us

_STRIDE: Final = 6 * HOUR
_DAY: Final = timedelta(days=1)


def wall_clock_cuts(
    start: int, end: int, zone: tzinfo, times_of_day: Iterable[time]
) -> Iterator[int]:
    """Tell every instant inside a stretch of time at which one of the local times is reached, or the clock is set.

    A time of day that occurs twice is told twice; where the clock skips one, the moment it does is told.
    """
    moments = tuple(times_of_day)
    day = from_us(start).astimezone(zone).date() - _DAY
    last = from_us(end).astimezone(zone).date() + _DAY
    while day <= last:
        for moment in moments:
            yield from _inside(start, end, _instants(day, moment, zone))
        day += _DAY
    yield from _inside(start, end, _clock_changes(start, end, zone))


def _inside(start: int, end: int, instants: Iterable[int]) -> Iterator[int]:
    return (at for at in instants if start < at < end)


def _instants(day: date, moment: time, zone: tzinfo) -> set[int]:
    """Return when a local clock shows a time, once or twice."""
    return {
        to_us(datetime.combine(day, moment, zone).replace(fold=fold).astimezone(UTC))
        for fold in (0, 1)
    }


def _clock_changes(start: int, end: int, zone: tzinfo) -> Iterator[int]:
    at = start
    while at < end:
        following = min(at + _STRIDE, end)
        if _offset(at, zone) != _offset(following, zone):
            yield _change_between(at, following, zone)
        at = following


def _change_between(before: int, after: int, zone: tzinfo) -> int:
    """Return the second at which the offset from UTC changes."""
    low, high = before // SECOND, -(-after // SECOND)
    offset = _offset(low * SECOND, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle * SECOND, zone) == offset:
            low = middle
        else:
            high = middle
    return high * SECOND


def _offset(at: int, zone: tzinfo) -> timedelta | None:
    return from_us(at).astimezone(zone).utcoffset()
