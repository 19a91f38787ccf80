"""Actions on maintenance: write down what was done, read it, and begin and end maintenance windows."""

from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .coordinator import ChargesteadConfigEntry
from .entry_action import EntryAction
from .errors import invalid
from .exports import TABLE, async_write_file
from .maintenance.availability import Window, WindowOrigin
from .maintenance.schedule import Record, Result
from .service_fields import moment, nullable, number
from .service_target import ActionTarget, async_get_target
from .site.upkeep import Item
from .upkeep_records import async_log_table, record_report

MOST_RECORDS: Final = 1000
_LONGEST: Final = 255
_LONGEST_NOTE: Final = 4000

_words: Final = vol.All(cv.string, str.strip, vol.Length(min=1, max=_LONGEST))
_note: Final = vol.All(cv.string, str.strip, vol.Length(max=_LONGEST_NOTE))

FILTERS: Final[dict[vol.Marker, Any]] = {
    vol.Optional(ATTR_DEVICE_ID): nullable(cv.string),
    vol.Optional("task"): nullable(_words),
    vol.Optional("from"): nullable(moment),
    vol.Optional("to"): nullable(moment),
}


def _target(call: ServiceCall) -> ActionTarget | None:
    device_id = call.data.get(ATTR_DEVICE_ID)
    return None if device_id is None else async_get_target(call.hass, device_id)


def _planned(
    entry: ChargesteadConfigEntry, task: str, station_id: str | None
) -> tuple[Item | None, str]:
    """Return the task that is meant and what it is called; None for one that was never planned."""
    data = entry.runtime_data
    wanted = task.casefold()
    found = [
        item
        for item in data.site.upkeep.schedule.items
        if wanted in {(item.key or item.uid).casefold(), data.upkeep.task_name(item).casefold()}
        and (station_id is None or item.station_id in (None, station_id))
    ]
    if station_id is not None:
        found = [item for item in found if item.station_id == station_id] or found
    if len(found) > 1:
        raise invalid("station_needed", task=data.upkeep.task_name(found[0]))
    if found:
        return found[0], data.upkeep.task_name(found[0])
    return None, data.upkeep.words.names.get(task, task)


async def _who(call: ServiceCall) -> str:
    if (who := call.data.get("who")) is not None:
        return str(who)
    user_id = call.context.user_id
    user = None if user_id is None else await call.hass.auth.async_get_user(user_id)
    return (user.name if user is not None else None) or ""


async def _record(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    schedule, target = entry.runtime_data.site.upkeep.schedule, _target(call)
    station_id = None if target is None else target.station.station_id
    item, name = _planned(entry, call.data["task"], station_id)
    at: datetime | None = call.data.get("at")
    if at is not None and at > dt_util.utcnow():
        raise invalid("not_done_yet")
    record = await schedule.record(
        item,
        title=name,
        station_id=station_id,
        at=at,
        who=await _who(call),
        result=call.data["result"],
        note=call.data.get("note") or "",
    )
    ahead = None if item is None else schedule.item(item.uid)
    due = None if ahead is None else ahead.due.on
    return {
        "record": record_report(record, entry),
        "next_due": None if due is None else due.isoformat(),
    }


def _wanted(call: ServiceCall, entry: ChargesteadConfigEntry) -> list[Record]:
    """Return the records that pass the filters of an action, newest first."""
    fields, target = call.data, _target(call)
    since, before = fields.get("from"), fields.get("to")
    if since is not None and before is not None and before <= since:
        raise invalid("times_in_wrong_order")
    task = (fields.get("task") or "").casefold()
    return [
        record
        for record in entry.runtime_data.site.upkeep.schedule.records
        if (target is None or record.station_id == target.station.station_id)
        and (since is None or record.at >= since)
        and (before is None or record.at < before)
        and task in {"", (record.task or "").casefold(), record.title.casefold()}
    ]


async def _log(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    found = _wanted(call, entry)
    limit, offset = call.data["limit"], call.data["offset"]
    house = entry.runtime_data.upkeep
    return {
        "records": [record_report(record, entry) for record in found[offset : offset + limit]],
        "total": len(found),
        "limit": limit,
        "offset": offset,
        "due": [house.item_report(item) for item in entry.runtime_data.site.upkeep.schedule.items],
    }


async def _export(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    # As in the books: the oldest first.
    found = _wanted(call, entry)[::-1]
    content = await async_log_table(call.hass, entry, found, call.data.get("language"))
    told: dict[str, Any] = {"format": TABLE, "records": len(found)}
    if call.data["write_file"]:
        return told | await async_write_file(call.hass, content, TABLE, "maintenance")
    return told | {"content": content}


def _window_report(window: Window) -> dict[str, Any]:
    return {
        "window_id": window.uid,
        "start": window.start.isoformat(),
        "end": None if window.end is None else window.end.isoformat(),
        "stations": sorted(window.stations),
        "connector_id": window.connector_id,
        "title": window.title,
        "note": window.note,
    }


async def _begin_window(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    fields, target = call.data, _target(call)
    now = dt_util.utcnow()
    start, end = fields.get("start") or now, fields.get("end")
    duration: timedelta | None = fields.get("duration")
    if duration is not None:
        end = start + duration
    if end is not None and end <= start:
        raise invalid("times_in_wrong_order")
    window = entry.runtime_data.site.upkeep.windows.begin(
        start=start,
        end=end,
        stations=frozenset() if target is None else frozenset({target.station.station_id}),
        connector_id=None if target is None else target.connector_id,
        title=fields.get("title") or "",
        note=fields.get("note") or "",
    )
    return {"window": _window_report(window)}


async def _end_window(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    windows, target = entry.runtime_data.site.upkeep.windows, _target(call)
    if (uid := call.data.get("window_id")) is not None:
        meant = [uid]
    else:
        stations = frozenset() if target is None else frozenset({target.station.station_id})
        meant = [
            window.uid
            for window in windows.open_at(dt_util.utcnow())
            if window.origin is WindowOrigin.PERSON and window.stations == stations
        ]
    ended = [window for one in meant if (window := windows.end(one)) is not None]
    if not ended:
        raise invalid("no_window")
    return {"windows": [_window_report(window) for window in ended]}


UPKEEP_ACTIONS: tuple[EntryAction, ...] = (
    EntryAction(
        name="record_maintenance",
        perform=_record,
        fields={
            vol.Required("task"): _words,
            vol.Optional(ATTR_DEVICE_ID): nullable(cv.string),
            vol.Optional("at"): nullable(moment),
            vol.Optional("who"): nullable(_words),
            vol.Optional("result", default=Result.DONE.value): vol.Coerce(Result),
            vol.Optional("note"): nullable(_note),
        },
        response=SupportsResponse.OPTIONAL,
    ),
    EntryAction(
        name="get_maintenance_log",
        perform=_log,
        fields={
            **FILTERS,
            vol.Optional("limit", default=100): vol.All(number, vol.Range(min=1, max=MOST_RECORDS)),
            vol.Optional("offset", default=0): vol.All(number, vol.Range(min=0)),
        },
    ),
    EntryAction(
        name="export_maintenance",
        perform=_export,
        fields={
            **FILTERS,
            vol.Optional("language"): nullable(cv.string),
            vol.Optional("write_file", default=False): cv.boolean,
        },
        admin=True,
        response=SupportsResponse.OPTIONAL,
    ),
    EntryAction(
        name="begin_maintenance_window",
        perform=_begin_window,
        fields={
            vol.Optional(ATTR_DEVICE_ID): nullable(cv.string),
            vol.Optional("start"): nullable(moment),
            vol.Optional("end"): nullable(moment),
            vol.Optional("duration"): nullable(cv.positive_time_period),
            vol.Optional("title"): nullable(_words),
            vol.Optional("note"): nullable(_note),
        },
        response=SupportsResponse.OPTIONAL,
    ),
    EntryAction(
        name="end_maintenance_window",
        perform=_end_window,
        fields={
            vol.Optional(ATTR_DEVICE_ID): nullable(cv.string),
            vol.Optional("window_id"): nullable(cv.string),
        },
        response=SupportsResponse.OPTIONAL,
    ),
)
