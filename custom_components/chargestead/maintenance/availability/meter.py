"""How available one connector is, day by day."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from ...model.station import ConnectorStatus
from .days import Day, Uptime, add_up
from .spans import Span, days, within

KEPT_DAYS: Final = 400


class Condition(StrEnum):
    """What counts about a connector."""

    UNKNOWN = "unknown"
    """Nobody looks, or it has not said yet."""
    UP = "up"
    OUT = "out"


def condition(*, connected: bool | None, status: ConnectorStatus | None) -> Condition:
    """Return what a connector's status and connection count as; `connected` None before the station had time to come.

    Unavailable counts as out whoever made it so: what a person did is a window.
    """
    if connected is None:
        return Condition.UNKNOWN
    if not connected:
        return Condition.OUT
    if status is None:
        return Condition.UNKNOWN
    out = status in (ConnectorStatus.FAULTED, ConnectorStatus.UNAVAILABLE)
    return Condition.OUT if out else Condition.UP


class AvailabilityMeter:
    """Adds up the time of one connector in days of UTC.

    Time goes on with `advance`, and only forward: whatever is told of a moment already added up holds from there on.
    Nothing is known between two lives of ours, since a new one begins with `Condition.UNKNOWN`.
    """

    def __init__(self, kept: Mapping[date, Day] | None = None) -> None:
        """Go on with the days that were kept."""
        self.days: dict[date, Day] = dict(kept or {})
        self.changed: set[date] = set()
        self.condition = Condition.UNKNOWN
        self._until: datetime | None = None

    def advance(self, now: datetime, windows: Iterable[Span] = ()) -> None:
        """Add up the time since the last call, in the condition that held."""
        since = self._until
        if since is not None and now <= since:
            return
        self._until = now
        if since is None or self.condition is Condition.UNKNOWN:
            return
        spans = tuple(windows)
        for day, start, end in days(since, now):
            length = end - start
            if self.condition is Condition.UP:
                self._add(day, up=length)
            else:
                excluded = within(spans, start, end)
                self._add(day, outage=length - excluded, excluded=excluded)

    def judge(self, now: datetime, *, success: bool) -> None:
        """Count an attempt to charge."""
        day = now.astimezone(UTC).date()
        self.days[day] = self.days.get(day, Day()).plus(attempts=1, successes=int(success))
        self.changed.add(day)

    def uptime(self, now: datetime, period_days: int) -> Uptime:
        """Return what the last days come to, today and the whole days before it."""
        first = now.astimezone(UTC).date() - timedelta(days=period_days - 1)
        return add_up(day for at, day in self.days.items() if at >= first)

    def _add(
        self,
        day: date,
        *,
        up: timedelta = timedelta(),
        outage: timedelta = timedelta(),
        excluded: timedelta = timedelta(),
    ) -> None:
        if day not in self.days:
            oldest = day - timedelta(days=KEPT_DAYS)
            for old in [at for at in self.days if at < oldest]:
                del self.days[old]
        self.days[day] = self.days.get(day, Day()).plus(up=up, outage=outage, excluded=excluded)
        self.changed.add(day)
