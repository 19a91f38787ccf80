"""When to ask a price source next: soon after tomorrow's prices are published, and seldom otherwise."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from ...model.price import PriceSeries
from .moments import local_midnight

_PUBLICATION_FROM: Final = time(13)
_PUBLICATION_TO: Final = time(15)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRhythm:
    """How often to ask.

    `publishing` while tomorrow's prices are due and missing, `usual` at other times; after failures `retry`, doubled
    each time up to `retry_at_most`. `spread` is added to each, so that not all houses ask in the same second.
    """

    usual: timedelta = timedelta(hours=1)
    publishing: timedelta = timedelta(minutes=10)
    retry: timedelta = timedelta(minutes=1)
    retry_at_most: timedelta = timedelta(hours=1)
    spread: timedelta = timedelta()
    day_ahead: bool = True


def next_poll(
    now: datetime, known: PriceSeries, failures: int, zone: tzinfo, rhythm: PollRhythm
) -> datetime:
    """Return when to ask again, having just asked; `failures` counts those in a row, 0 after a success."""
    if failures > 0:
        doubled = rhythm.retry * (1 << min(failures - 1, 16))
        return now + min(doubled, rhythm.retry_at_most) + rhythm.spread
    usual = now + rhythm.usual + rhythm.spread
    if not rhythm.day_ahead or tomorrow_is_known(now, known, zone):
        return usual
    day = now.astimezone(zone).date()
    opens = datetime.combine(day, _PUBLICATION_FROM, zone).astimezone(UTC)
    closes = datetime.combine(day, _PUBLICATION_TO, zone).astimezone(UTC)
    if now < opens:
        return min(usual, opens + rhythm.spread)
    if now < closes:
        return now + rhythm.publishing
    return usual


def tomorrow_is_known(now: datetime, known: PriceSeries, zone: tzinfo) -> bool:
    """Tell whether all prices of tomorrow are known that a market publishes together.

    A market's day may be an hour or two off the house's, so the first and last two hours of the local day do not count.
    """
    day = now.astimezone(zone).date() + _DAY
    margin = timedelta(hours=2)
    return known.covers(
        local_midnight(day, zone) + margin, local_midnight(day + _DAY, zone) - margin
    )
