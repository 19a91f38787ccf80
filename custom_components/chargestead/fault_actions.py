"""The action that tells what was, and is, wrong."""

from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .coordinator import ChargesteadConfigEntry
from .entry_action import EntryAction
from .history import async_station_names
from .model.fault import Fault
from .service_fields import nullable, number
from .service_target import async_get_target
from .wording import fault_attributes

_MOST: Final = 1000
_READ: Final = 10_000


async def _get_faults(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    fields = call.data
    station_id, connector_id = None, fields.get("connector_id")
    if (device_id := fields.get(ATTR_DEVICE_ID)) is not None:
        target = async_get_target(call.hass, device_id)
        station_id = target.station.station_id
        connector_id = target.connector_id if connector_id is None else connector_id
    since, is_open = fields.get("from"), fields.get("open")
    found = await entry.runtime_data.site.faults.history(
        station_id=station_id,
        since=None if since is None else dt_util.as_utc(since),
        limit=_READ,
    )
    names = async_station_names(entry)
    told = [
        fault_report(fault, names.get(fault.station_id or ""))
        for fault in found
        if connector_id in (None, fault.connector_id) and is_open in (None, fault.is_open)
    ]
    return {"faults": told[: fields["limit"]], "total": len(told)}


def fault_report(fault: Fault, station: str | None) -> dict[str, Any]:
    """Return all there is to say of a fault; times in UTC."""
    return {
        "station_id": fault.station_id,
        "station": station,
        **fault_attributes(fault),
        "source": fault.source.value,
        "open": fault.is_open,
        "active": fault.active,
        "noticed": fault.noticed,
        "first_at": fault.first_at.isoformat(),
        "over_at": None if fault.over_at is None else fault.over_at.isoformat(),
        "closed_at": None if fault.closed_at is None else fault.closed_at.isoformat(),
    }


GET_FAULTS: Final = EntryAction(
    name="get_faults",
    perform=_get_faults,
    fields={
        vol.Optional(ATTR_DEVICE_ID): nullable(cv.string),
        vol.Optional("connector_id"): nullable(number),
        vol.Optional("from"): nullable(cv.datetime),
        vol.Optional("open"): nullable(cv.boolean),
        vol.Optional("limit", default=100): vol.All(number, vol.Range(min=1, max=_MOST)),
    },
)
