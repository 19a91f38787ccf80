"""Stretches of time, and what is left of them where they overlap."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

type Span = tuple[datetime, datetime]
"""From a moment to another, which is no longer part of it."""

NOTHING: Final = timedelta()
DAY: Final = timedelta(days=1)


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the same time in order, without overlaps; what is empty or ends before it begins is left out."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def within(spans: Iterable[Span], start: datetime, end: datetime) -> timedelta:
    """Return how much of [start, end) the spans cover together."""
    return sum(
        (last - first for first, last in joined((max(a, start), min(b, end)) for a, b in spans)),
        NOTHING,
    )


def days(start: datetime, end: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    """Cut [start, end) at midnights in UTC, where every day has 24 hours."""
    while start < end:
        day = start.astimezone(UTC).date()
        midnight = datetime.combine(day, time(), UTC) + DAY
        yield day, start, min(midnight, end)
        start = midnight
