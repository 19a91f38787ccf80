"""Limits of others as they are remembered over a restart of ours."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from ..model.limit import ExternalLimit
from ..model.schedule import Schedule, SchedulePeriod
from .fields import instant, integer, objects, text, timestamp

_MOST_PERIODS: Final = 100


def write_limit(limit: ExternalLimit) -> dict[str, object]:
    """Return JSON-like content; of a long schedule only the first periods, since the station is asked again anyway."""
    return {
        "source": limit.source,
        "connector_id": limit.connector_id,
        "since": timestamp(limit.since),
        "grid_critical": limit.grid_critical,
        "generation": limit.generation,
        "schedules": [
            {
                "starts_at": timestamp(schedule.starts_at),
                "unit": schedule.unit,
                "duration_s": schedule.duration_s,
                "periods": [asdict(period) for period in schedule.periods[:_MOST_PERIODS]],
            }
            for schedule in limit.schedules
        ],
    }


def read_limit(content: Mapping[str, object]) -> ExternalLimit | None:
    """Read what `write_limit` wrote, None for anything else."""
    source, connector_id = text(content, "source"), integer(content, "connector_id")
    since = instant(content, "since")
    if source is None or connector_id is None or since is None:
        return None
    return ExternalLimit(
        source=source,
        connector_id=connector_id,
        since=since,
        grid_critical=content.get("grid_critical") is True,
        generation=content.get("generation") is True,
        schedules=tuple(
            schedule
            for item in objects(content, "schedules")
            if (schedule := _schedule(item)) is not None
        ),
    )


def _schedule(content: Mapping[str, object]) -> Schedule | None:
    starts_at = instant(content, "starts_at")
    periods = tuple(
        SchedulePeriod(
            start_s=start_s,
            limit=float(limit) if isinstance(limit, int | float) else None,
            phases=integer(item, "phases"),
        )
        for item in objects(content, "periods")
        if (start_s := integer(item, "start_s")) is not None
        and isinstance(limit := item.get("limit"), int | float | None)
    )
    if starts_at is None or not periods:
        return None
    return Schedule(
        starts_at=starts_at,
        unit="W" if content.get("unit") == "W" else "A",
        periods=periods,
        duration_s=integer(content, "duration_s"),
    )
