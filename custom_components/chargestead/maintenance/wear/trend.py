"""One metric of one connector over the days: where it began, where it is, and whether that is bad."""

from collections import deque
from collections.abc import Mapping
from datetime import date, datetime
from math import isfinite
from statistics import median
from typing import Any, Final

from ...model.health import Evidence, FindingSeverity, HealthMetric
from .robust import spread
from .rules import ALWAYS, RULES, Against

_KEPT_DAYS: Final = 90
_BACK: Final = 0.8
"""How much of the way to a threshold a finding goes on for, so that it does not come and go."""


class Trend:
    """The values of a metric, at most one per day.

    The finding begins with `since`; `severity` is None while there is nothing to find.
    """

    def __init__(self, metric: HealthMetric) -> None:
        """Begin with nothing."""
        self.metric = metric
        self.severity: FindingSeverity | None = None
        self.since: datetime | None = None
        self.days: deque[Evidence] = deque(maxlen=_KEPT_DAYS)
        self._rule = RULES[metric]
        self._first: list[float] = []

    @property
    def baseline(self) -> float | None:
        """Return what is usual here, None while that is not known."""
        if self._rule.against is Against.NOTHING or len(self._first) < self._rule.settling:
            return None
        return median(self._first)

    @property
    def value(self) -> float | None:
        """Return what it is now, None before the first value."""
        newest = [value for _, value in self.days][-self._rule.recent :]
        return median(newest) if newest else None

    def add(self, day: date, value: float, now: datetime) -> bool:
        """Take the value of a day and tell whether the finding changed; a second value of a day replaces the first."""
        if not isfinite(value):
            return False
        if self.days and self.days[-1][0] >= day:
            self.days[-1] = (self.days[-1][0], value)
        else:
            self.days.append((day, value))
            if self._rule.against is not Against.NOTHING and len(self._first) < self._rule.settling:
                self._first.append(value)
        return self._judge(now)

    def _judge(self, now: datetime) -> bool:
        before = self.severity
        self.severity = self._severity()
        if self.severity is None:
            self.since = None
        elif self.since is None:
            self.since = now
        return self.severity is not before

    def _severity(self) -> FindingSeverity | None:
        value = self.value
        if value is None or len(self.days) < self._rule.recent:
            return None
        for severity, threshold in (
            (FindingSeverity.ACT, self._rule.act),
            (FindingSeverity.WATCH, self._rule.watch),
        ):
            if threshold is not None and self._reaches(value, threshold, severity):
                return severity
        return None

    def _reaches(self, value: float, threshold: float, severity: FindingSeverity) -> bool:
        ease = _BACK if self._holds(severity) else 1.0
        if self._rule.against is Against.NOTHING:
            return value >= threshold * (ease if threshold > 1 else 1.0)
        if value >= ALWAYS.get(self.metric, float("inf")):
            return True
        baseline = self.baseline
        if baseline is None:
            return False
        distance = baseline - value if self._rule.falling else value - baseline
        if self._rule.against is Against.DIFFERENCE:
            distance = abs(distance)
            beyond = distance >= threshold * ease
        else:
            beyond = distance >= abs(threshold - 1) * ease * baseline
        noise = self._rule.noise * spread(self._first)
        return beyond and distance >= max(self._rule.least, noise) * ease

    def _holds(self, severity: FindingSeverity) -> bool:
        return self.severity is severity or self.severity is FindingSeverity.ACT

    def as_dict(self) -> dict[str, object]:
        """Return JSON-like content."""
        return {
            "first": self._first,
            "days": [[day.isoformat(), value] for day, value in self.days],
            "severity": self.severity,
            "since": None if self.since is None else self.since.isoformat(),
        }

    def restore(self, content: Mapping[str, Any]) -> None:
        """Read what `as_dict` wrote; raises KeyError, TypeError or ValueError for anything else."""
        self._first = [float(value) for value in content["first"]][: self._rule.settling]
        self.days.extend((date.fromisoformat(day), float(value)) for day, value in content["days"])
        severity, since = content["severity"], content["since"]
        self.severity = None if severity is None else FindingSeverity(severity)
        self.since = None if since is None else datetime.fromisoformat(since)
