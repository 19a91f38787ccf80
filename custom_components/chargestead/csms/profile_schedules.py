"""Checking one schedule of a charging profile (OCPP 1.6 section 7.13; OCPP 2.1 part 2, K01.FR.19 to K01.FR.35)."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Final, TypeIs

from ..model.errors import ProfileInvalidError, ProfileProblem
from .fields import parse_instant

MOST_PERIODS: Final = 1024
"""As many as the schemas of 2.x allow; 1.6 leaves it to the station, which has no room for more either."""

_UNITS: Final = ("A", "W")
_LIMITS: Final = ("limit", "limit_L2", "limit_L3")
_ONE_PHASE: Final = 1
_PHASES: Final = range(4)


def check_schedule(station_id: str, schedule: Mapping[str, object], *, limitless: bool) -> None:
    """Raise ProfileInvalidError unless a schedule is one; `limitless` ones need no limit in each period (2.1)."""
    unit = schedule.get("chargingRateUnit")
    if unit is None:
        raise _missing(station_id, "chargingRateUnit")
    if unit not in _UNITS:
        raise ProfileInvalidError(
            station_id,
            ProfileProblem.WORD_UNKNOWN,
            field="chargingRateUnit",
            value=str(unit)[:50],
            known=", ".join(_UNITS),
        )
    start = schedule.get("startSchedule")
    if start is not None and moment_of(start) is None:
        raise _invalid(station_id, "startSchedule", start)
    duration = schedule.get("duration")
    if duration is not None and (not _is_whole(duration) or duration <= 0):
        raise _invalid(station_id, "duration", duration)
    _amount(station_id, schedule, "minChargingRate")
    periods = schedule.get("chargingSchedulePeriod")
    if not isinstance(periods, list | tuple) or not periods:
        raise ProfileInvalidError(station_id, ProfileProblem.NO_PERIODS)
    if len(periods) > MOST_PERIODS:
        raise ProfileInvalidError(
            station_id,
            ProfileProblem.TOO_MANY_PERIODS,
            count=str(len(periods)),
            most=str(MOST_PERIODS),
        )
    before = None
    for period in periods:
        if not isinstance(period, Mapping):
            raise _invalid(station_id, "chargingSchedulePeriod", period)
        before = _period(station_id, period, before, limitless=limitless)


def moment_of(value: object) -> datetime | None:
    """Return an instant given as such or as text, None for anything else."""
    if isinstance(value, datetime):
        return value
    return parse_instant(value) if isinstance(value, str) else None


def _period(
    station_id: str, period: Mapping[str, object], before: int | None, *, limitless: bool
) -> int:
    """Check a period and return when it starts, in seconds; each starts after the one before, the first at 0."""
    start = period.get("startPeriod")
    if start is None:
        raise _missing(station_id, "startPeriod")
    if not _is_whole(start):
        raise _invalid(station_id, "startPeriod", start)
    if before is None and start != 0:
        raise ProfileInvalidError(station_id, ProfileProblem.LATE_START, start=str(start))
    if before is not None and start <= before:
        raise ProfileInvalidError(station_id, ProfileProblem.OVERLAP, start=str(start))
    if period.get("limit") is None and not limitless:
        raise _missing(station_id, "limit")
    for key in _LIMITS:
        _amount(station_id, period, key)
    phases, phase = period.get("numberPhases"), period.get("phaseToUse")
    for key, value in (("numberPhases", phases), ("phaseToUse", phase)):
        if value is not None and (not _is_whole(value) or value not in _PHASES):
            raise _invalid(station_id, key, value)
    if phase is not None and phases != _ONE_PHASE:
        raise ProfileInvalidError(station_id, ProfileProblem.PHASE_WITHOUT_ONE)
    return start


def _amount(station_id: str, item: Mapping[str, object], key: str) -> None:
    value = item.get(key)
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        raise _invalid(station_id, key, value)
    if value < 0:
        raise ProfileInvalidError(
            station_id, ProfileProblem.NEGATIVE_LIMIT, field=key, value=f"{value:g}"
        )


def _is_whole(value: object) -> TypeIs[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _missing(station_id: str, field: str) -> ProfileInvalidError:
    return ProfileInvalidError(station_id, ProfileProblem.FIELD_MISSING, field=field)


def _invalid(station_id: str, field: str, value: object) -> ProfileInvalidError:
    return ProfileInvalidError(
        station_id, ProfileProblem.FIELD_INVALID, field=field, value=str(value)[:50]
    )
