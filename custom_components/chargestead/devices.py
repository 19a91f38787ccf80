"""Devices: one per charging station, and one child per connector where there are several."""

from datetime import timedelta
from typing import Final

from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceEntryType, DeviceInfo
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import StationCoordinator

_HOME: Final = "/home"
# Nobody has built automations on names this young, so they may still be made to match.
_YOUNG: Final = timedelta(hours=1)


def station_identifier(station_id: str) -> tuple[str, str]:
    """Return the identifier of a station's device."""
    return DOMAIN, station_id


def connector_identifier(station_id: str, connector_id: int) -> tuple[str, str]:
    """Return the identifier of a connector's device."""
    return DOMAIN, f"{station_id}/{connector_id}"


def home_identifier() -> tuple[str, str]:
    """Return the identifier of the house's device; no station's id has a slash in it."""
    return DOMAIN, _HOME


def station_of(device: dr.BaseDeviceEntry) -> str | None:
    """Return the id of the station a device stands for."""
    return next((value for domain, value in device.identifiers if domain == DOMAIN), None)


def connector_of(station_id: str, device: dr.BaseDeviceEntry) -> int | None:
    """Return the connector a station's device stands for, None when it stands for the station."""
    for domain, identifier in device.identifiers:
        if domain == DOMAIN and identifier.startswith(f"{station_id}/"):
            return int(identifier.removeprefix(f"{station_id}/"))
    return None


def unique_id(station_id: str, connector_id: int, key: str) -> str:
    """Return the unique id of an entity; connector 0 is the station itself."""
    return f"{station_id}_{connector_id}_{key}"


def home_unique_id(key: str) -> str:
    """Return the unique id of an entity of the house."""
    return f"{_HOME}_{key}"


@callback
def home_device_info() -> DeviceInfo:
    """Describe the device of the house, which stands for what belongs to no single station."""
    return DeviceInfo(
        identifiers={home_identifier()},
        translation_key="home",
        entry_type=DeviceEntryType.SERVICE,
    )


@callback
def station_device_info(coordinator: StationCoordinator) -> DeviceInfo:
    """Describe the device of a charging station; what is not known of it is left alone."""
    state = coordinator.data
    identity = state.identity
    info = DeviceInfo(
        identifiers={station_identifier(state.station_id)},
        name=coordinator.config_entry.subentries[coordinator.subentry_id].title,
    )
    if identity.vendor:
        info["manufacturer"] = identity.vendor
    if identity.model:
        info["model"] = identity.model
    if identity.serial_number:
        info["serial_number"] = identity.serial_number
    if identity.firmware_version:
        info["sw_version"] = identity.firmware_version
    return info


@callback
def device_info(coordinator: StationCoordinator, connector_id: int) -> DeviceInfo | ChildDeviceInfo:
    """Describe the device that entities of a connector, or with 0 of the station, belong to."""
    if connector_id == 0 or not _has_own_device(coordinator, connector_id):
        return station_device_info(coordinator)
    return _connector_device_info(coordinator, connector_id)


@callback
def async_give_connector_its_device(coordinator: StationCoordinator, connector_id: int) -> None:
    """Move a connector's entities off the station's device, now that there are more connectors."""
    hass = coordinator.hass
    entry_id = coordinator.config_entry.entry_id
    station_id = coordinator.data.station_id
    device = dr.async_get(hass).async_get_or_create_child(
        config_entry_id=entry_id,
        config_subentry_id=coordinator.subentry_id,
        **_connector_device_info(coordinator, connector_id),
    )
    entities = er.async_get(hass)
    prefix = unique_id(station_id, connector_id, "")
    for entity in er.async_entries_for_config_entry(entities, entry_id):
        if not entity.unique_id.startswith(prefix) or entity.device_id == device.id:
            continue
        renamed = (
            dt_util.utcnow() - entity.created_at < _YOUNG
            and entities.async_regenerate_entity_id(entity) == entity.entity_id
        )
        moved = entities.async_update_entity(entity.entity_id, device_id=device.id)
        if renamed:
            entities.async_update_entity(
                moved.entity_id, new_entity_id=entities.async_regenerate_entity_id(moved)
            )


def _has_own_device(coordinator: StationCoordinator, connector_id: int) -> bool:
    if len(coordinator.data.connectors) > 1:
        return True
    # After a restart the connectors turn up one by one; those that had a device keep it meanwhile.
    return (
        dr.async_get(coordinator.hass).async_get_child_device_by_identifier(
            connector_identifier(coordinator.data.station_id, connector_id),
            coordinator.config_entry.entry_id,
        )
        is not None
    )


def _connector_device_info(coordinator: StationCoordinator, connector_id: int) -> ChildDeviceInfo:
    station_id = coordinator.data.station_id
    return ChildDeviceInfo(
        identifiers={connector_identifier(station_id, connector_id)},
        parent_device_id=dr.async_get_device_id_by_identifier(
            coordinator.hass,
            station_identifier(station_id),
            config_entry_id=coordinator.config_entry.entry_id,
        ),
        translation_key="connector",
        translation_placeholders={"number": str(connector_id)},
    )
