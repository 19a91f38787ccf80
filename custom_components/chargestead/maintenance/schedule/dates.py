"""Dates of the calendar on the wall: months have different lengths, and days may have 23 or 25 hours."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

_MONTHS: Final = 12
_LAST_YEAR: Final = 9000


def add_months(day: date, months: int) -> date:
    """Return the same day that many months later, the last of a month that has no such day."""
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    if year > _LAST_YEAR:
        return date(_LAST_YEAR, 12, 31)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_year(day: date) -> date:
    """Return the last day of the year."""
    return date(day.year, 12, 31)


def local_date(at: datetime, zone: tzinfo) -> date:
    """Return the date on the wall."""
    return at.astimezone(zone).date()


def next_midnight(at: datetime, zone: tzinfo) -> datetime:
    """Return when the date on the wall changes next, in UTC; where clocks leap over midnight, when they do."""
    tomorrow = local_date(at, zone) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)
