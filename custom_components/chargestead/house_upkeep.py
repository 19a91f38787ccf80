"""Maintenance of the house: what is set up about it, what things are called, and what nobody did."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .history import async_station_names
from .maintenance.availability import Window
from .maintenance.schedule import DueBy, Record
from .repairs import async_report_maintenance
from .site import Site
from .site.upkeep import Item
from .upkeep_settings import own_names, upkeep_config
from .upkeep_words import TaskWords, async_task_words

_NO_WORDS: Final = TaskWords(names={}, hints={})


class HouseUpkeep:
    """Follows what is set up about maintenance, without a reload."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, site: Site) -> None:
        """Do nothing before `async_start`."""
        self.words = _NO_WORDS
        self._hass = hass
        self.entry = entry
        self._site = site
        self._unsubscribe: Callable[[], None] | None = None

    async def async_start(self) -> None:
        """Begin, before stations are made known; raises LedgerError when the journal cannot be read."""
        self.words = await async_task_words(self._hass)
        self._unsubscribe = self._site.upkeep.schedule.changed.subscribe(self._changed)
        await self._site.upkeep.start(upkeep_config(self.entry, dt_util.get_default_time_zone()))

    @callback
    def async_update(self) -> None:
        """Take changed options."""
        config = upkeep_config(self.entry, dt_util.get_default_time_zone())
        if config != self._site.upkeep.schedule.config:
            self._site.upkeep.schedule.configure(config)
        self._changed()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        async_report_maintenance(self._hass, {})

    @callback
    def _changed(self) -> None:
        """Ask for what is overdue."""
        schedule = self._site.upkeep.schedule
        async_report_maintenance(
            self._hass,
            {
                item.uid: (self.title(item), _day(item.due.on))
                for item in schedule.items
                if item.is_urged(schedule.today)
            },
        )

    # What things are called

    def task_name(self, item: Item) -> str:
        """Return what a task is called, wherever it is to be done."""
        if item.key is None:
            return item.title or ""
        own = own_names(self.entry.options)
        return own.get(item.key) or self.words.names.get(item.key, item.key)

    def title(self, item: Item) -> str:
        """Return what a task is called, with its station where there are several."""
        return self._at(self.task_name(item), item.station_id)

    def record_title(self, record: Record) -> str:
        """Return what was done, with its station where there are several."""
        return self._at(record.title, record.station_id)

    def _at(self, name: str, station_id: str | None) -> str:
        stations = async_station_names(self.entry)
        if station_id is None or (len(stations) == 1 and station_id in stations):
            return name
        return f"{name} · {stations.get(station_id, station_id)}"

    def hint(self, item: Item) -> str | None:
        """Return what there is to do, and when it was last done."""
        parts = [self.words.hints.get(item.key or "", "")]
        if (last := item.due.last) is not None:
            parts.append(
                self.words.last_done.format(date=_day(dt_util.as_local(last.at).date()))
                + "".join(f", {part}" for part in (last.who, last.note) if part)
            )
        return "\n".join(part for part in parts if part) or None

    def description(self, item: Item) -> str | None:
        """Return what a person wrote, else what there is to do."""
        return self.hint(item) if item.standing.note is None else item.standing.note

    def window_title(self, window: Window) -> str:
        """Return what a maintenance window is called, with its stations."""
        names = async_station_names(self.entry)
        stations = [names.get(key, key) for key in sorted(window.stations)]
        return " · ".join((window.title or self.words.window, *stations))

    def item_report(self, item: Item) -> dict[str, Any]:
        """Return a task as automations are told of it."""
        return {
            "task": item.key or item.uid,
            "name": self.task_name(item),
            "station_id": item.station_id,
            "station": async_station_names(self.entry).get(item.station_id or ""),
            "due": None if item.due.on is None else item.due.on.isoformat(),
            "due_by": item.due.by.value if item.due.on is not None else DueBy.DATE.value,
        }


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
