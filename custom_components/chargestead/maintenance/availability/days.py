"""What the days of a connector add up to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Self

from ...model.journal import JournalEntry

AVAILABILITY: Final = "availability"
"""The kind of entry that days are in the journal."""

_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How long (microseconds) a connector was up, out of order, and out of order as intended; how often it began well.

    What is missing to 24 hours is unknown. `attempts` counts charges that were asked for, `successes` those of them
    that began at the first go.
    """

    up: int = 0
    outage: int = 0
    excluded: int = 0
    attempts: int = 0
    successes: int = 0

    def plus(
        self,
        *,
        up: timedelta = timedelta(),
        outage: timedelta = timedelta(),
        excluded: timedelta = timedelta(),
        attempts: int = 0,
        successes: int = 0,
    ) -> Self:
        """Return the day with more of it."""
        return type(self)(
            up=self.up + up // _MICROSECOND,
            outage=self.outage + outage // _MICROSECOND,
            excluded=self.excluded + excluded // _MICROSECOND,
            attempts=self.attempts + attempts,
            successes=self.successes + successes,
        )

    def entry(self, station_id: str, connector_id: int, day: date) -> JournalEntry:
        """Return the day as the journal keeps it."""
        return JournalEntry(
            kind=AVAILABILITY,
            uid=f"{station_id}/{connector_id}/{day.isoformat()}",
            at=datetime.combine(day, time(), UTC),
            station_id=station_id,
            connector_id=connector_id,
            content={item.name: getattr(self, item.name) for item in fields(self)},
        )

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Self:
        """Return the day of an entry; what cannot be read counts nothing."""
        found = {item.name: content.get(item.name) for item in fields(cls)}
        return cls(
            **{
                name: value
                for name, value in found.items()
                if isinstance(value, int) and not isinstance(value, bool) and value >= 0
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """What some days come to together.

    **Availability** = (observed - (outage - excluded)) / observed, after the uptime of the NEVI standards
    (23 CFR 680.116(b)): a connector is out while its station is not connected, or while it is faulted, or unavailable
    by itself. Excluded is what of that lies in a maintenance window, or in time a person put it out of service.
    Observed is the period without the time in which we did not look: before it was set up, and while we did not run.
    """

    observed: timedelta
    outage: timedelta
    excluded: timedelta
    attempts: int
    successes: int

    @property
    def availability(self) -> float | None:
        """Return the available part (0 to 1), None while nothing was observed."""
        if not self.observed:
            return None
        return (self.observed - (self.outage - self.excluded)) / self.observed

    @property
    def first_time_success(self) -> float | None:
        """Return the part (0 to 1) of charges that began at the first go, None where there were none."""
        return self.successes / self.attempts if self.attempts else None


def add_up(days: Iterable[Day]) -> Uptime:
    """Add days up; their outage does not hold what is excluded, that of the sum does, as in the formula."""
    up = outage = excluded = attempts = successes = 0
    for day in days:
        up += day.up
        outage += day.outage
        excluded += day.excluded
        attempts += day.attempts
        successes += day.successes
    return Uptime(
        observed=(up + outage + excluded) * _MICROSECOND,
        outage=(outage + excluded) * _MICROSECOND,
        excluded=excluded * _MICROSECOND,
        attempts=attempts,
        successes=successes,
    )
