"""Diagnostics to download: what helps to find a fault, and nothing about the people in the house."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, cast

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_PASSWORD
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .billing.ledger import Ledger
from .const import (
    CONF_BIND_ADDRESS,
    CONF_CERTIFICATE_NAMES,
    CONF_CLIENT_AUTHORITY,
    CONF_DATABASE_URL,
    CONF_DEFAULT_ID_TOKEN,
    CONF_STATION_ID,
    CONF_TLS_CERTIFICATE,
    CONF_TLS_KEY,
)
from .coordinator import ChargesteadConfigEntry, StationCoordinator
from .devices import station_of
from .plain import plain
from .station_settings import shown_configuration
from .upkeep_settings import CONF_AT_STATIONS

_PRIVATE: Final = frozenset(
    {
        CONF_BIND_ADDRESS,
        CONF_CERTIFICATE_NAMES,
        CONF_CLIENT_AUTHORITY,
        CONF_DATABASE_URL,
        CONF_DEFAULT_ID_TOKEN,
        CONF_PASSWORD,
        CONF_STATION_ID,
        CONF_TLS_CERTIFICATE,
        CONF_TLS_KEY,
        CONF_AT_STATIONS,
        "address",
        "iccid",
        "id_token",
        "imsi",
        "local_list",
        "meter_serial_number",
        "offered_by",
        "parent_id_token",
        "passwords",
        "serial",
        "serial_number",
        "signature",
        "signing_certificate",
        "source",
        "started_by",
        "stop_id_token",
    }
)


_TOLD_IN_THE_STATE: Final = frozenset({"configuration", "firmware", "identity", "version"})


async def async_get_config_entry_diagnostics(
    _hass: HomeAssistant, entry: ChargesteadConfigEntry
) -> dict[str, Any]:
    """Return how the whole is doing; stations go by the ids of their subentries."""
    data = entry.runtime_data
    site = data.site.diagnostics()
    told = _redacted(
        {
            "data": entry.data,
            "options": entry.options,
            "port": site["port"],
            "certificate_ends_at": site["certificate_ends_at"],
            "counters": {"server": site["server"], "pending": site["pending"]},
            "files": site["files"],
            "ledger": _ledger(data.ledger),
            "costs": data.costs.diagnostics(),
            "drivers": data.drivers.diagnostics(),
            "maintenance": data.site.upkeep.diagnostics(),
            "health": site["health"],
            "pending": list(data.site.pending.values()),
        }
    )
    stations = {item.subentry_id: _station(item) for item in data.coordinators.values()}
    return {**told, "stations": stations}


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: ChargesteadConfigEntry, device: dr.AnyDeviceEntry
) -> dict[str, Any]:
    """Return how the station of a device is doing."""
    owner: dr.BaseDeviceEntry | None = device
    if isinstance(device, dr.ChildDeviceEntry):
        owner = dr.async_get(hass).async_get(device.parent_device_id)
    station_id = None if owner is None else station_of(owner)
    coordinator = entry.runtime_data.coordinators.get(station_id or "")
    return {} if coordinator is None else _station(coordinator)


def _station(coordinator: StationCoordinator) -> dict[str, Any]:
    station = coordinator.station
    subentry = coordinator.config_entry.subentries[coordinator.subentry_id]
    state = {
        item.name: getattr(coordinator.data, item.name)
        for item in fields(coordinator.data)
        if item.name != "configuration"
    }
    told = {
        "settings": subentry.data,
        "state": state,
        "configuration": shown_configuration(coordinator.data.configuration),
        "counters": station.counters.as_dict(),
        "security_profile": station.connection.profile if station.connection else None,
        "vehicle_schedules": station.needs.diagnostics(),
        "memory": {
            name: value
            for name, value in station.memory.as_dict().items()
            if name not in _TOLD_IN_THE_STATE
        },
    }
    return _redacted(told)


def _redacted(told: Mapping[str, object]) -> dict[str, Any]:
    return async_redact_data(cast("dict[str, Any]", plain(told)), _PRIVATE)


def _ledger(ledger: Ledger) -> dict[str, object]:
    """Return the state of the ledger; what a database server says names hosts and users."""
    found = ledger.diagnostics()
    if found["database"] != "sqlite" and found["last_error"] is not None:
        found["last_error"] = f"{type(ledger.last_error).__name__}: {REDACTED}"
    return found
