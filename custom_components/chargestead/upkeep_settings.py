"""Maintenance tasks as they are kept in the options."""

from collections.abc import Mapping
from datetime import date, timedelta, tzinfo
from enum import StrEnum
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_NAME

from .const import CONF_MAINTENANCE_AHEAD, CONF_MAINTENANCE_TASKS
from .maintenance.schedule import TEMPLATES, Interval, Task, Template
from .site.upkeep import NO_UPKEEP, UpkeepConfig

CONF_ENABLED: Final = "enabled"
CONF_PLACE: Final = "place"
CONF_AT_STATIONS: Final = "at_stations"
CONF_MONTHS: Final = "months"
CONF_ENERGY: Final = "energy"
CONF_SESSIONS: Final = "sessions"
CONF_PLUG_CYCLES: Final = "plug_cycles"
CONF_FIRST_DUE: Final = "first_due"
CONF_LAST_DONE: Final = "last_done"

DEFAULT_AHEAD_DAYS: Final = NO_UPKEEP.ahead.days
BY_KEY: Final[Mapping[str, Template]] = {template.key: template for template in TEMPLATES}

_MWH_PER_KWH: Final = 1_000_000


class Place(StrEnum):
    """Where a task is to be done."""

    EVERY_STATION = "every_station"
    SOME_STATIONS = "some_stations"
    HOUSE = "house"


def task_settings(options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings of all tasks by their keys: those of the templates first, then a person's own."""
    kept: Mapping[str, Mapping[str, Any]] = options.get(CONF_MAINTENANCE_TASKS, {})
    found = {key: dict(kept.get(key) or _untouched(template)) for key, template in BY_KEY.items()}
    return found | {key: dict(value) for key, value in kept.items() if key not in BY_KEY}


def _untouched(template: Template) -> dict[str, Any]:
    return {
        CONF_ENABLED: template.enabled,
        CONF_PLACE: (Place.HOUSE if template.house else Place.EVERY_STATION).value,
        CONF_MONTHS: template.interval.months,
    }


def own_names(options: Mapping[str, Any]) -> dict[str, str]:
    """Return what a person's own tasks are called, by their keys."""
    return {
        key: str(settings.get(CONF_NAME, key))
        for key, settings in task_settings(options).items()
        if key not in BY_KEY
    }


def upkeep_config(entry: ConfigEntry, zone: tzinfo) -> UpkeepConfig:
    """Return what the site is told."""
    options = entry.options
    return UpkeepConfig(
        tasks=tuple(
            _task(key, settings)
            for key, settings in task_settings(options).items()
            if settings.get(CONF_ENABLED, True)
        ),
        zone=zone,
        ahead=timedelta(days=int(options.get(CONF_MAINTENANCE_AHEAD, DEFAULT_AHEAD_DAYS))),
    )


def _task(key: str, settings: Mapping[str, Any]) -> Task:
    place = Place(settings.get(CONF_PLACE, Place.EVERY_STATION))
    stations: frozenset[str] | None = None
    if place is Place.HOUSE:
        stations = frozenset()
    elif place is Place.SOME_STATIONS:
        stations = frozenset(settings.get(CONF_AT_STATIONS, ()))
    return Task(
        key=key,
        interval=_interval(BY_KEY.get(key), settings),
        house=place is Place.HOUSE,
        stations=stations,
        first_due=_date(settings.get(CONF_FIRST_DUE)),
        last_done=_date(settings.get(CONF_LAST_DONE)),
    )


def _interval(template: Template | None, settings: Mapping[str, Any]) -> Interval:
    months, energy = _count(settings.get(CONF_MONTHS)), settings.get(CONF_ENERGY)
    usual = Interval() if template is None else template.interval
    return Interval(
        months=months,
        first_months=usual.first_months if months == usual.months else None,
        year_end=usual.year_end,
        energy_mwh=None if energy is None else round(energy * _MWH_PER_KWH),
        sessions=_count(settings.get(CONF_SESSIONS)),
        plug_cycles=_count(settings.get(CONF_PLUG_CYCLES)),
    )


def _count(value: float | None) -> int | None:
    return None if value is None else int(value)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
