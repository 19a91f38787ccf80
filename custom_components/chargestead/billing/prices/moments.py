"""Times as price sources write them, to aware UTC."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_MILLISECONDS: Final = 100_000_000_000


class SkippedTimeError(ValueError):
    """A local time that the clock jumps over when summer time starts."""


def local_midnight(day: date, zone: tzinfo) -> datetime:
    """Return the start of a local day in UTC; days are 23 or 25 hours long where the clock is changed."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def local_day(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the start and the end of a local day in UTC."""
    return local_midnight(day, zone), local_midnight(day + _DAY, zone)


def parse_time(value: object) -> datetime | None:
    """Return what a value says of a time, aware or naive; None where it says nothing. Never raises."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip()) if 16 <= len(value) <= 40 else None
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = value / 1000 if value > _MILLISECONDS else value
        moment = datetime.fromtimestamp(seconds, UTC)
    except ValueError, OverflowError, OSError:
        return None
    return moment if moment > _EARLIEST else None


def possible_instants(local: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Give the one or two instants at which clocks show a naive local time, none where they jump over it."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != local.replace(fold=0):
        return
    yield first
    if second != first:
        yield second


def to_utc(moment: datetime, zone: tzinfo, after: datetime | None = None) -> datetime | None:
    """Return a told time as an instant on the minute; None where it lies out of all reason.

    A naive time is one of the house's clocks. Where they show it twice, it is the first that lies later than `after`.
    Raises SkippedTimeError where they never show it.
    """
    try:
        if moment.tzinfo is not None:
            instant = moment.astimezone(UTC)
        else:
            instants = tuple(possible_instants(moment, zone))
            if not instants:
                raise SkippedTimeError(f"{moment} does not exist")
            instant = next((one for one in instants if after is None or one > after), instants[-1])
    except OverflowError:
        return None
    return _on_the_minute(instant) if _EARLIEST <= instant < _LATEST else None


def end_after(
    start: datetime, told_start: datetime, told_end: datetime, zone: tzinfo
) -> datetime | None:
    """Return the end of a slot as an instant, None where there is none.

    Naive ends are ambiguous when the clock is changed; the shortest slot that fits is meant.
    """
    if told_end.tzinfo is not None or told_start.tzinfo is not None:
        try:
            return to_utc(told_end, zone, start)
        except SkippedTimeError:
            return None
    try:
        ends = [start + (told_end - told_start), *possible_instants(told_end, zone)]
    except OverflowError:
        return None
    return min((_on_the_minute(end) for end in ends if start < end < _LATEST), default=None)


def _on_the_minute(instant: datetime) -> datetime:
    """Move a time that is a second off the minute onto it: some tell 00:00:01 as a start, or 23:59:59 as an end."""
    if instant.second >= 59:
        instant += _SECOND * (60 - instant.second)
    elif instant.second > 1:
        return instant
    return instant.replace(second=0, microsecond=0)
