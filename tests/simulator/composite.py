"""The composite schedule (OCPP 1.6 section 5.7)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from .profiles import ProfileStore
from .schedule import Json, Limit


def merged_limit(
    profiles: ProfileStore,
    connector_id: int,
    at: datetime,
    began: datetime,
    hardware: Limit,
    phases: int,
) -> Limit:
    """Return the lowest of the hardware's, the station's, others' and the transaction's limits."""
    candidates = [hardware, *profiles.external_limits(connector_id, at, began)]
    station = profiles.station_limit(at, began)
    if station is not None:
        candidates.append(_with_generation(profiles, station, at, began, phases))
    if connector_id:
        own = profiles.transaction_limit(connector_id, at, began)
        if own is not None:
            candidates.append(own)
    return min(candidates, key=lambda limit: limit.amperes(phases))


def composite_schedule(
    at: datetime,
    duration: int,
    unit: str,
    phases: int,
    moments: list[datetime],
    limit_at: Callable[[datetime], Limit],
) -> Json:
    """Return a ChargingSchedule for the span, one period per change of the limit."""
    periods: list[Json] = []
    end = at + timedelta(seconds=duration)
    for moment in [at, *(m for m in moments if at < m < end)]:
        limit = limit_at(moment)
        period: Json = {
            "startPeriod": round((moment - at).total_seconds()),
            "limit": round(limit.to_unit(unit, phases), 1),
        }
        if limit.phases is not None:
            period["numberPhases"] = limit.phases
        if periods and _same_rate(periods[-1], period):
            continue
        if periods and periods[-1]["startPeriod"] == period["startPeriod"]:
            periods.pop()
        periods.append(period)
    return {
        "duration": duration,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": periods,
    }


def _same_rate(one: Json, other: Json) -> bool:
    return one["limit"] == other["limit"] and one.get("numberPhases") == other.get("numberPhases")


def _with_generation(
    profiles: ProfileStore, station: Limit, at: datetime, began: datetime, phases: int
) -> Limit:
    generated = profiles.local_generation(at, began)
    if generated is None:
        return station
    return Limit(value=station.amperes(phases) + generated.amperes(phases), unit="A")
