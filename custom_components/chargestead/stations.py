"""Charging stations that come and go while the entry stays loaded."""

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .const import SUBENTRY_CHARGING_STATION
from .coordinator import ChargesteadConfigEntry, StationCoordinator
from .devices import connector_of, station_device_info, station_of
from .discovery import async_forget_offer
from .settings import station_config


async def async_add_stations(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
    """Make the stations of all subentries known."""
    async with entry.runtime_data.changing:
        for subentry in _subentries(entry):
            await _async_add(hass, entry, subentry)


async def async_update_stations(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
    """Follow what was added, changed or removed, one change after the other; no other station notices."""
    async with entry.runtime_data.changing:
        await _async_follow(hass, entry)
        entry.runtime_data.circuit_meters.async_follow(entry)


async def _async_follow(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
    data = entry.runtime_data
    wanted = {station_config(item).station_id: item for item in _subentries(entry)}
    for station_id in data.coordinators.keys() - wanted.keys():
        coordinator = data.coordinators.pop(station_id)
        await data.site.remove_station(station_id)
        await coordinator.async_shutdown()
        data.memory.forget(station_id)
    for station_id, subentry in wanted.items():
        coordinator_there = data.coordinators.get(station_id)
        if coordinator_there is None:
            await _async_add(hass, entry, subentry)
            continue
        data.site.update_station(station_config(subentry))
        _async_register_device(hass, coordinator_there)
        coordinator_there.async_update_listeners()


@callback
def async_is_stale(
    hass: HomeAssistant, entry: ChargesteadConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Tell whether a device stands for a connector that its station does not have any more."""
    parent = (
        dr.async_get(hass).async_get(device.parent_device_id)
        if isinstance(device, dr.ChildDeviceEntry)
        else None
    )
    station_id = None if parent is None else station_of(parent)
    coordinator = entry.runtime_data.coordinators.get(station_id or "")
    return (
        coordinator is not None
        and connector_of(coordinator.station.station_id, device) not in coordinator.data.connectors
    )


def _subentries(entry: ChargesteadConfigEntry) -> list[ConfigSubentry]:
    return [
        item
        for item in entry.subentries.values()
        if item.subentry_type == SUBENTRY_CHARGING_STATION
    ]


async def _async_add(
    hass: HomeAssistant, entry: ChargesteadConfigEntry, subentry: ConfigSubentry
) -> None:
    station = await entry.runtime_data.site.add_station(station_config(subentry))
    async_forget_offer(hass, station.station_id)
    coordinator = StationCoordinator(hass, entry, station, subentry.subentry_id)
    _async_register_device(hass, coordinator)
    identity = station.state.identity

    def follow_identity() -> None:
        nonlocal identity
        if coordinator.data.identity != identity:
            identity = coordinator.data.identity
            _async_register_device(hass, coordinator)

    coordinator.async_add_listener(follow_identity)
    entry.runtime_data.station_came(coordinator)


def _async_register_device(hass: HomeAssistant, coordinator: StationCoordinator) -> None:
    """Make the station's device before any entity or connector needs it, and keep it up to date."""
    dr.async_get(hass).async_get_or_create(
        config_entry_id=coordinator.config_entry.entry_id,
        config_subentry_id=coordinator.subentry_id,
        **station_device_info(coordinator),
    )
