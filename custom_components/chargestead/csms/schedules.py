"""Reading schedules that stations tell of (OCPP 1.6 sections 6.22 and 7.13; OCPP 2.x ChargingScheduleType)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Final

from ..model.schedule import Schedule, SchedulePeriod
from .fields import instant, integer, objects, text

_MOST_PERIODS: Final = 1024
_LATEST_S: Final = 10 * 366 * 86_400


def read_schedule(content: Mapping[str, object], starts_at: datetime) -> Schedule | None:
    """Return a schedule, which starts at `starts_at` unless it says when; None where there is nothing to read."""
    periods = [
        period
        for place, item in enumerate(objects(content, "chargingSchedulePeriod")[:_MOST_PERIODS])
        if (period := _period(item, first=place == 0)) is not None
    ]
    if not periods:
        return None
    duration_s = integer(content, "duration")
    start = instant(content, "startSchedule") or instant(content, "scheduleStart") or starts_at
    return Schedule(
        starts_at=max(start, _EARLIEST),
        unit="W" if (text(content, "chargingRateUnit") or "").upper() == "W" else "A",
        periods=tuple(sorted(periods, key=lambda period: period.start_s)),
        duration_s=duration_s if duration_s is not None and 0 < duration_s < _LATEST_S else None,
    )


def read_composite(answer: Mapping[str, object], now: datetime) -> Schedule | None:
    """Return the schedule in an answer to GetCompositeSchedule of any version, None where it has none."""
    content = answer.get("schedule")
    if isinstance(content, Mapping):
        return read_schedule(content, now)
    content = answer.get("chargingSchedule")
    if not isinstance(content, Mapping):
        return None
    return read_schedule(content, instant(answer, "scheduleStart") or now)


def first_limit_a(answer: Mapping[str, object], phases: int) -> float | None:
    """Return the limit that holds now in A per phase, None where the answer has none."""
    schedule = read_composite(answer, _EARLIEST)
    return None if schedule is None else schedule.limit_a(_first(schedule), phases)


def _first(schedule: Schedule) -> datetime:
    return schedule.starts_at + timedelta(seconds=schedule.periods[0].start_s)


def _period(item: Mapping[str, object], *, first: bool) -> SchedulePeriod | None:
    start_s = integer(item, "startPeriod")
    if start_s is None and first:
        start_s = 0
    if start_s is None or not 0 <= start_s < _LATEST_S:
        return None
    phases = integer(item, "numberPhases")
    return SchedulePeriod(
        start_s=start_s,
        limit=_number(item.get("limit")),
        phases=phases if phases in {1, 2, 3} else None,
    )


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        return None
    return float(value)


_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
