"""Whom an action is meant for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.service import async_get_device_and_config_entry

from .const import DOMAIN
from .coordinator import ChargesteadConfigEntry
from .csms.station import ChargingStation
from .devices import connector_of, station_of
from .drivers import HouseDrivers
from .errors import invalid
from .service_fields import ATTR_CONNECTOR_ID
from .site.costs import CostConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionTarget:
    """A station, and the connector whose device was chosen, if it was one's; `costs` are those of its house.

    `user_id` is the user who asks, if it is one.
    """

    hass: HomeAssistant
    station: ChargingStation
    costs: CostConfig
    name: str
    connector_id: int | None
    drivers: HouseDrivers
    user_id: str | None = None

    def named_connector(self, fields: Mapping[str, Any]) -> int | None:
        """Return the connector as asked for, None when it shall not be on the wire."""
        connector_id: int | None = fields.get(ATTR_CONNECTOR_ID, self.connector_id)
        return connector_id

    def only_connector(self, fields: Mapping[str, Any]) -> int | None:
        """Return the connector as asked for; unasked, the one and only."""
        if ATTR_CONNECTOR_ID in fields or self.connector_id is not None:
            return self.named_connector(fields)
        connectors = self.station.state.connectors
        return next(iter(connectors)) if len(connectors) == 1 else None

    def needed_connector(self, fields: Mapping[str, Any]) -> int:
        """Return the connector of a request that cannot do without.

        Raises a translated error when several are possible and none is named.
        """
        connector_id = self.only_connector(fields)
        if connector_id is None:
            raise invalid("connector_needed", station=self.name)
        return connector_id

    def connector_or_station(self, fields: Mapping[str, Any]) -> int:
        """Return the connector as asked for; unasked, 0 for the whole station."""
        return self.named_connector(fields) or 0


@callback
def async_get_target(hass: HomeAssistant, device_id: str) -> ActionTarget:
    """Return what a device of ours stands for, or raise a translated error."""
    entry: ChargesteadConfigEntry
    device, entry = async_get_device_and_config_entry(hass, DOMAIN, device_id)
    owner: dr.BaseDeviceEntry = device
    if isinstance(device, dr.ChildDeviceEntry):
        owner = dr.async_get(hass).async_get(device.parent_device_id) or device
    name = owner.name_by_user or owner.name or device_id
    station = entry.runtime_data.site.stations.get(station_of(owner) or "")
    if station is None:
        raise invalid("not_a_station", device=name)
    return ActionTarget(
        station=station,
        costs=entry.runtime_data.site.costing.config,
        name=name,
        connector_id=connector_of(station.station_id, device),
        drivers=entry.runtime_data.drivers,
        hass=hass,
    )
