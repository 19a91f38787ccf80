"""One fault as it is followed: when people are told, and when it is over."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from ...model.fault import Fault
from .report import Report
from .rules import Rule, rule_of

_ONSETS: Final = 10
_EARLY: Final = timedelta(seconds=0.5)


@dataclass(slots=True)
class Record:
    """A fault with when it came of late.

    `settled` tells that the person has seen to it; nothing is said any more until it was over and comes anew.
    """

    fault: Fault
    onsets: deque[datetime] = field(default_factory=lambda: deque(maxlen=_ONSETS))
    settled: bool = False

    @property
    def rule(self) -> Rule:
        """Return what holds for its kind."""
        return rule_of(self.fault.kind)

    @classmethod
    def opened(cls, station_id: str | None, report: Report, now: datetime) -> Record:
        """Return the record of a fault that was just reported."""
        rule = rule_of(report.kind)
        fault = Fault(
            key=report.key,
            station_id=station_id,
            connector_id=report.connector_id,
            kind=report.kind,
            source=report.source,
            severity=report.severity or rule.severity,
            code=report.code,
            vendor_id=report.vendor_id,
            vendor_code=report.vendor_code,
            info=report.info,
            first_at=now,
            last_at=now,
            over_at=now if rule.momentary else None,
            active=not rule.momentary,
        )
        return cls(fault, deque([now], _ONSETS))

    def came(self, report: Report, now: datetime) -> None:
        """Take that it came again."""
        self.settled = False
        self.onsets.append(now)
        momentary = self.rule.momentary
        self.fault = replace(
            self.fault,
            last_at=now,
            over_at=now if momentary else self.fault.over_at,
            count=self.fault.count + 1,
            active=not momentary,
            severity=report.severity or self.rule.severity,
            vendor_id=report.vendor_id or self.fault.vendor_id,
            info=report.info or self.fault.info,
        )

    def repeated(self, report: Report) -> None:
        """Take that it was said once more while it holds."""
        self.fault = replace(
            self.fault, count=self.fault.count + 1, info=report.info or self.fault.info
        )

    def is_over(self, now: datetime) -> None:
        """Take that it is over."""
        self.fault = replace(self.fault, active=False, over_at=now)

    def notice(self) -> None:
        """Take that people are told."""
        self.fault = replace(self.fault, noticed=True)

    def close(self, now: datetime) -> None:
        """Take that the matter is closed."""
        self.fault = replace(self.fault, closed_at=now)

    def comes_often(self, now: datetime) -> bool:
        """Tell whether it has come so often of late that people are told."""
        since = now - timedelta(seconds=self.rule.window_s)
        return sum(onset > since for onset in self.onsets) >= self.rule.times

    def is_due(self, now: datetime) -> bool:
        """Tell whether people are to be told by now."""
        fault = self.fault
        if fault.noticed or self.settled:
            return False
        lasted = now - fault.last_at + _EARLY >= timedelta(seconds=self.rule.lasts_s)
        return (fault.active and lasted) or self.comes_often(now)

    def is_done(self, now: datetime) -> bool:
        """Tell whether the matter can be closed: it is over, and peace has lasted where it came again and again."""
        fault = self.fault
        if fault.active:
            return False
        if self.settled:
            return True
        if fault.noticed and not self.comes_often(now):
            return not self.rule.momentary or self._has_peace(now)
        return self._has_peace(now)

    def _has_peace(self, now: datetime) -> bool:
        since = self.fault.over_at or self.fault.last_at
        return now - since + _EARLY >= timedelta(seconds=self.rule.window_s)

    def next_look(self) -> datetime | None:
        """Return when time alone may change something, None for never."""
        fault, rule = self.fault, self.rule
        if fault.active:
            if fault.noticed or self.settled:
                return None
            return fault.last_at + timedelta(seconds=rule.lasts_s)
        looks = [(fault.over_at or fault.last_at) + timedelta(seconds=rule.window_s)]
        if fault.noticed and not rule.momentary and self.onsets:
            # One onset fewer may be what ends "again and again".
            first = self.onsets[max(0, len(self.onsets) - rule.times)]
            looks.append(first + timedelta(seconds=rule.window_s))
        return min(looks)
