"""Actions on the condition of charging stations."""

from typing import Any

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .coordinator import ChargesteadConfigEntry
from .entry_action import EntryAction
from .errors import invalid
from .history import async_station_names
from .maintenance.wear import ConnectorHealth, StationHealth
from .model.health import Finding
from .service_fields import nullable
from .service_target import async_get_target
from .station_action import CONNECTOR


async def _get_health(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    site, names = entry.runtime_data.site, async_station_names(entry)
    stations = list(site.stations.values())
    connector_id: int | None = None
    if (device_id := call.data.get(ATTR_DEVICE_ID)) is not None:
        target = async_get_target(call.hass, device_id)
        stations, connector_id = [target.station], target.connector_id
    return {
        "stations": [
            {
                "station_id": station.station_id,
                "station": names.get(station.station_id, station.station_id),
                **_watched(site.health.station(station.station_id)),
                "connectors": [
                    _connector(site.health.connector(station.station_id, number))
                    for number in station.state.connectors
                    if connector_id in (None, number)
                ],
            }
            for station in stations
        ]
    }


def _connector(health: ConnectorHealth) -> dict[str, Any]:
    contactor = health.contactor
    return {
        "connector_id": health.connector_id,
        "contactor": {
            "wear": round(contactor.used, 6),
            "openings_under_load": contactor.loaded,
            "openings_without_load": contactor.unloaded,
            "openings_nobody_saw": contactor.unknown,
        },
        **_watched(health),
    }


def _watched(health: ConnectorHealth | StationHealth) -> dict[str, Any]:
    return {
        "metrics": [
            {
                "metric": metric.value,
                "phase": phase,
                "value": trend.value,
                "baseline": trend.baseline,
                "days": [[day.isoformat(), value] for day, value in trend.days],
            }
            for (metric, phase), trend in health.trends.items()
        ],
        "findings": [_finding(item) for item in health.findings()],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "metric": finding.metric.value,
        "phase": finding.phase,
        "severity": finding.severity.value,
        "since": finding.since.isoformat(),
        "value": finding.value,
        "baseline": finding.baseline,
    }


async def _reset_contactor_wear(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    target = async_get_target(call.hass, call.data[ATTR_DEVICE_ID])
    station_id, connector_id = target.station.station_id, target.needed_connector(call.data)
    health = entry.runtime_data.site.health
    if connector_id not in target.station.state.connectors:
        raise invalid("no_such_connector", station=target.name, connector=str(connector_id))
    health.contactor_replaced(station_id, connector_id)
    return _connector(health.connector(station_id, connector_id))


HEALTH_ACTIONS: tuple[EntryAction, ...] = (
    EntryAction(
        name="get_health",
        perform=_get_health,
        fields={vol.Optional(ATTR_DEVICE_ID): nullable(cv.string)},
    ),
    EntryAction(
        name="reset_contactor_wear",
        perform=_reset_contactor_wear,
        fields={vol.Required(ATTR_DEVICE_ID): cv.string, **CONNECTOR},
        admin=True,
        response=SupportsResponse.OPTIONAL,
    ),
)
