"""Schedules of limits over time, as stations tell of them."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_VOLTAGE: Final = 230


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePeriod:
    """A step of a schedule, `start_s` seconds after its start; no limit means that it says nothing about one."""

    start_s: int
    limit: float | None
    phases: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Limits over time, in A per phase or in W for all phases together; without a duration the last one holds on.

    Periods are in the order of their starts.
    """

    starts_at: datetime
    unit: str
    periods: tuple[SchedulePeriod, ...]
    duration_s: int | None = None

    @property
    def ends_at(self) -> datetime | None:
        """Return when it is over, None where that is never."""
        if self.duration_s is None:
            return None
        return self.starts_at + timedelta(seconds=self.duration_s)

    def period_at(self, at: datetime) -> SchedulePeriod | None:
        """Return the period that holds at a moment."""
        offset_s = (at - self.starts_at).total_seconds()
        if self.duration_s is not None and offset_s >= self.duration_s:
            return None
        index = bisect_right([period.start_s for period in self.periods], offset_s)
        return self.periods[index - 1] if index else None

    def limit_a(self, at: datetime, phases: int) -> float | None:
        """Return the limit at a moment in A per phase, None where there is none."""
        period = self.period_at(at)
        if period is None or period.limit is None:
            return None
        if self.unit == "A":
            return period.limit
        return period.limit / _VOLTAGE / max(period.phases or phases, 1)

    def next_change(self, after: datetime) -> datetime | None:
        """Return the next moment at which another period holds, or none any more."""
        starts = (self.starts_at + timedelta(seconds=item.start_s) for item in self.periods)
        end = self.ends_at
        moments = [at for at in (*starts, *(() if end is None else (end,))) if at > after]
        return min(moments, default=None)
