"""Instants as whole microseconds since 1970, in which the rating reckons."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND


def to_us(at: datetime) -> int:
    """Return an instant in microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def span_us(duration: timedelta) -> int:
    """Return a duration in microseconds."""
    return duration // _MICROSECOND


def from_us(us: int) -> datetime:
    """Return the instant of so many microseconds since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=us)
