"""Actions on the history of sessions: find them, and say whose they were."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .billing.ledger import KeptSession, SessionAssigned, SessionFilter
from .coordinator import ChargesteadConfigEntry
from .entry_action import EntryAction
from .errors import invalid
from .exports import SUFFIXES, TABLE, async_records, async_table, async_write_file
from .history import assignment_report, async_as_of_now, async_station_names, session_report
from .model.session import SessionFlag
from .service_fields import nullable, number
from .service_target import async_get_target

MOST_SESSIONS: Final = 1000
MOST_EXPORTED: Final = 10_000
_LONGEST_ID: Final = 255

_name: Final = vol.All(cv.string, vol.Length(min=1, max=_LONGEST_ID))

FILTERS: Final[dict[vol.Marker, Any]] = {
    vol.Optional(ATTR_DEVICE_ID): nullable(cv.string),
    vol.Optional("station_id"): nullable(cv.string),
    vol.Optional("connector_id"): nullable(number),
    vol.Optional("id_token"): nullable(cv.string),
    vol.Optional("driver_id"): nullable(cv.string),
    vol.Optional("vehicle_id"): nullable(cv.string),
    vol.Optional("from"): nullable(cv.datetime),
    vol.Optional("to"): nullable(cv.datetime),
    vol.Optional("by", default="start"): vol.In(["start", "end"]),
    vol.Optional("open"): nullable(cv.boolean),
    vol.Optional("flag"): nullable(vol.Coerce(SessionFlag)),
    vol.Optional("provisional"): nullable(cv.boolean),
}


def wanted_sessions(
    hass: HomeAssistant, entry: ChargesteadConfigEntry, fields: dict[str, Any]
) -> SessionFilter:
    """Return which sessions an action asks for; times without a zone are local."""
    station_id, connector_id = fields.get("station_id"), fields.get("connector_id")
    if (device_id := fields.get(ATTR_DEVICE_ID)) is not None:
        target = async_get_target(hass, device_id)
        station_id = target.station.station_id
        connector_id = target.connector_id if connector_id is None else connector_id
    since, before = _utc(fields.get("from")), _utc(fields.get("to"))
    if since is not None and before is not None and before <= since:
        raise invalid("times_in_wrong_order")
    ended = fields["by"] == "end"
    return SessionFilter(
        station_id=station_id,
        connector_id=connector_id,
        id_token=fields.get("id_token"),
        driver_id=entry.runtime_data.drivers.id_of(fields.get("driver_id")),
        vehicle_id=fields.get("vehicle_id"),
        started_from=None if ended else since,
        started_before=None if ended else before,
        ended_from=since if ended else None,
        ended_before=before if ended else None,
        is_open=fields.get("open"),
        flag=fields.get("flag"),
        provisional=fields.get("provisional"),
    )


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else dt_util.as_utc(at)


async def _get_sessions(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    wanted = wanted_sessions(call.hass, entry, call.data)
    limit, offset = call.data["limit"], call.data["offset"]
    ledger = entry.runtime_data.ledger
    found = await ledger.kept_sessions(wanted, limit=limit, offset=offset)
    return {
        "sessions": [_report(entry, kept) for kept in found],
        "total": await ledger.count_sessions(wanted),
        "limit": limit,
        "offset": offset,
    }


def _report(entry: ChargesteadConfigEntry, kept: KeptSession) -> dict[str, Any]:
    present = async_as_of_now(entry, kept)
    driver = entry.runtime_data.drivers.name(present.driver_id)
    return session_report(present, async_station_names(entry), driver)


async def _assign_session(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    data, session_id = entry.runtime_data, call.data["session_id"]
    ledger = data.ledger
    kept = await ledger.kept_session(session_id)
    if kept is None:
        raise invalid("no_such_session", session=session_id)
    if not {"driver_id", "vehicle_id"} & call.data.keys():
        raise invalid("nobody_to_assign")
    written = data.site.drivers.assign(
        SessionAssigned(
            at=dt_util.utcnow(),
            session_id=session_id,
            driver_id=data.drivers.id_of(call.data.get("driver_id", kept.driver_id)),
            vehicle_id=call.data.get("vehicle_id", kept.vehicle_id),
            actor=call.context.user_id,
        ),
        kept.session.station_id,
    )
    if written is not None:
        await written
    kept = await ledger.kept_session(session_id) or kept
    return {
        "session": _report(entry, kept),
        "assignments": [assignment_report(one) for one in await ledger.assignments(session_id)],
    }


async def _export_sessions(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    wanted = replace(wanted_sessions(call.hass, entry, call.data), is_open=False)
    ledger, form = entry.runtime_data.ledger, call.data["format"]
    count = await ledger.count_sessions(wanted)
    if count > MOST_EXPORTED:
        raise invalid("too_many_sessions", count=str(count), most=str(MOST_EXPORTED))
    found = await ledger.kept_sessions(wanted)
    # As in the books: the oldest first.
    found.sort(key=lambda kept: (kept.session.ended_at, kept.session.started_at, kept.session.id))
    skipped = 0
    if form == TABLE:
        content = await async_table(call.hass, entry, found, call.data.get("language"))
    else:
        content, skipped = await async_records(call.hass, entry, found)
    told = {"format": form, "sessions": len(found) - skipped, "skipped": skipped}
    if call.data["write_file"]:
        return told | await async_write_file(call.hass, content, SUFFIXES[form])
    return told | {"content": content}


HISTORY_ACTIONS: tuple[EntryAction, ...] = (
    EntryAction(
        name="get_sessions",
        perform=_get_sessions,
        fields={
            **FILTERS,
            vol.Optional("limit", default=100): vol.All(
                number, vol.Range(min=1, max=MOST_SESSIONS)
            ),
            vol.Optional("offset", default=0): vol.All(number, vol.Range(min=0)),
        },
    ),
    EntryAction(
        name="assign_session",
        perform=_assign_session,
        fields={
            vol.Required("session_id"): cv.string,
            vol.Optional("driver_id"): nullable(_name),
            vol.Optional("vehicle_id"): nullable(_name),
        },
        admin=True,
        response=SupportsResponse.OPTIONAL,
    ),
    EntryAction(
        name="export_sessions",
        perform=_export_sessions,
        fields={
            **{marker: value for marker, value in FILTERS.items() if str(marker) != "open"},
            vol.Optional("format", default=TABLE): vol.In(list(SUFFIXES)),
            vol.Optional("language"): nullable(cv.string),
            vol.Optional("write_file", default=False): cv.boolean,
        },
        admin=True,
        response=SupportsResponse.OPTIONAL,
    ),
)
