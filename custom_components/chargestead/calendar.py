"""The calendar of maintenance: due dates, and maintenance windows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, override

from homeassistant.components.calendar import (
    CalendarEntity,
    CalendarEntityDescription,
    CalendarEvent,
)
from homeassistant.components.calendar.const import (
    EVENT_DESCRIPTION,
    EVENT_END,
    EVENT_RRULE,
    EVENT_START,
    EVENT_SUMMARY,
    CalendarEntityFeature,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .coordinator import ChargesteadConfigEntry
from .errors import invalid
from .history import async_station_names
from .home import async_setup_home_entities
from .maintenance.availability import Window, WindowOrigin
from .upkeep_entity import UpkeepEntity

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class MaintenanceCalendarDescription(CalendarEntityDescription):
    """Describe the calendar of maintenance."""


DESCRIPTION: Final = MaintenanceCalendarDescription(
    key="maintenance", translation_key="maintenance", initial_color="#b45309"
)

_DAY: Final = timedelta(days=1)
_OPEN_ENDED: Final = timedelta(hours=1)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the calendar of the house."""
    async_setup_home_entities(
        hass,
        entry,
        async_add_entities,
        Platform.CALENDAR,
        [MaintenanceCalendar(entry, DESCRIPTION)],
    )


class MaintenanceCalendar(UpkeepEntity, CalendarEntity):
    """Due dates as whole days, and windows that a person may plan here.

    A window planned here is for the stations whose names are in its title, for all of them where none is.
    """

    _attr_supported_features = (
        CalendarEntityFeature.CREATE_EVENT
        | CalendarEntityFeature.DELETE_EVENT
        | CalendarEntityFeature.UPDATE_EVENT
    )
    entity_description: CalendarEntityDescription

    def _events(self) -> Iterator[CalendarEvent]:
        for item in self.schedule.items:
            if item.due.on is not None:
                yield CalendarEvent(
                    start=item.due.on,
                    end=item.due.on + _DAY,
                    summary=self.house.title(item),
                    description=self.house.description(item),
                    uid=item.uid,
                )
        for window in self.upkeep.windows.all.values():
            if window.origin is not WindowOrigin.SWITCH:
                yield self._window(window)

    def _window(self, window: Window) -> CalendarEvent:
        start = dt_util.as_local(window.start)
        end = window.end or max(dt_util.utcnow(), window.start) + _OPEN_ENDED
        return CalendarEvent(
            start=start,
            end=max(dt_util.as_local(end), start),
            summary=self.house.window_title(window),
            description=window.note or None,
            uid=window.uid,
        )

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return what is on, else what comes next."""
        now = dt_util.now()
        ahead = [event for event in self._events() if event.end_datetime_local > now]
        return min(ahead, key=lambda event: event.start_datetime_local, default=None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return what is on between two moments."""
        return sorted(
            (
                event
                for event in self._events()
                if event.start_datetime_local < end_date and event.end_datetime_local > start_date
            ),
            key=lambda event: event.start_datetime_local,
        )

    @override
    async def async_create_event(self, **kwargs: Any) -> None:
        """Plan a maintenance window."""
        _refuse_recurring(kwargs.get(EVENT_RRULE))
        title = kwargs[EVENT_SUMMARY]
        self.upkeep.windows.begin(
            start=_moment(kwargs[EVENT_START]),
            end=_moment(kwargs[EVENT_END]),
            stations=self._named_in(title),
            origin=WindowOrigin.CALENDAR,
            title=title,
            note=kwargs.get(EVENT_DESCRIPTION) or "",
        )

    @override
    async def async_update_event(
        self,
        uid: str,
        event: dict[str, Any],
        recurrence_id: str | None = None,
        recurrence_range: str | None = None,
    ) -> None:
        """Change a maintenance window."""
        window = self._planned(uid)
        _refuse_recurring(event.get(EVENT_RRULE))
        title = event[EVENT_SUMMARY]
        stations = window.stations
        if title != self.house.window_title(window):
            stations = self._named_in(title)
        else:
            title = window.title
        self.upkeep.windows.change(
            replace(
                window,
                start=_moment(event[EVENT_START]),
                end=_moment(event[EVENT_END]),
                stations=stations,
                title=title,
                note=event.get(EVENT_DESCRIPTION) or "",
            )
        )

    @override
    async def async_delete_event(
        self,
        uid: str,
        recurrence_id: str | None = None,
        recurrence_range: str | None = None,
    ) -> None:
        """Take a maintenance window back."""
        self.upkeep.windows.remove(self._planned(uid).uid)

    def _planned(self, uid: str) -> Window:
        window = self.upkeep.windows.all.get(uid)
        if window is None:
            raise invalid("not_a_window")
        return window

    def _named_in(self, title: str) -> frozenset[str]:
        """Return the stations named in a title; of names that hold each other the longest is meant."""
        rest = title.casefold()
        found: set[str] = set()
        names = async_station_names(self.house.entry)
        for station_id, name in sorted(names.items(), key=lambda one: len(one[1]), reverse=True):
            if name.casefold() in rest:
                rest = rest.replace(name.casefold(), " ")
                found.add(station_id)
        return frozenset(found)


def _refuse_recurring(rule: str | None) -> None:
    if rule:
        raise invalid("window_recurs")


def _moment(at: date | datetime) -> datetime:
    """Return when something begins or ends, in UTC; days are local."""
    return dt_util.as_utc(at if isinstance(at, datetime) else dt_util.start_of_local_day(at))
