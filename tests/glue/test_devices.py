"""Devices, and entities that appear as a station tells more of itself."""

from collections.abc import AsyncIterator
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from .entity_fixtures import NOW, House, house_with

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected."""
    freezer.move_to(NOW)
    async with house_with(
        hass, Platform.SENSOR, Platform.SWITCH, Platform.EVENT, Platform.BUTTON
    ) as house:
        yield house


def entity_ids(house: House, device_id: str) -> set[str]:
    """Return the entities of a device."""
    return {
        entry.entity_id
        for entry in er.async_entries_for_device(
            er.async_get(house.hass), device_id, include_disabled_entities=True
        )
    }


async def test_a_station_with_one_connector_is_one_device(
    house: House, device_registry: dr.DeviceRegistry
) -> None:
    await house.connect()
    device = device_registry.async_get(house.device_id("GARAGE-1"))
    assert isinstance(device, dr.DeviceEntry)
    of_the_entry = dr.async_entries_for_config_entry(device_registry, house.entry.entry_id)
    assert {one.name for one in of_the_entry} == {"Garage", "Chargestead"}
    assert device.name == "Garage"
    assert dr.async_child_entries_for_config_entry(device_registry, house.entry.entry_id) == []
    assert {"switch.garage", "sensor.garage_status", "event.garage_session"} <= entity_ids(
        house, device.id
    )


async def test_each_of_several_connectors_is_a_device_below_the_stations(
    house: House, device_registry: dr.DeviceRegistry
) -> None:
    await house.connect(connectors=(1, 2))
    station = house.device_id("GARAGE-1")
    for connector_id in (1, 2):
        device = device_registry.async_get(house.device_id("GARAGE-1", connector_id))
        assert isinstance(device, dr.ChildDeviceEntry)
        assert device.parent_device_id == station
        assert device.name == f"Connector {connector_id}"
        ids = entity_ids(house, device.id)
        assert f"switch.garage_connector_{connector_id}" in ids
        assert f"sensor.garage_connector_{connector_id}_power" in ids
    left = entity_ids(house, station)
    assert {"event.garage_card_presented", "switch.garage_available"} <= left
    assert not {
        entity_id for entity_id in left if "power" in entity_id or "status" in entity_id
    } - {"sensor.garage_firmware_status"}


async def test_a_connector_that_is_found_soon_gets_the_first_one_a_name_to_match(
    house: House,
) -> None:
    await house.connect()
    assert house.entity_id("switch", "charging") == "switch.garage"
    await house.change_connector(2)
    assert house.entity_id("switch", "charging", 1) == "switch.garage_connector_1"
    assert house.entity_id("switch", "charging", 2) == "switch.garage_connector_2"
    assert house.state("switch", "charging", 1) == "on"


async def test_a_connector_that_is_found_late_leaves_names_in_use_alone(
    house: House, freezer: FrozenDateTimeFactory
) -> None:
    await house.connect()
    freezer.tick(timedelta(days=1))
    await house.change_connector(2)
    assert house.entity_id("switch", "charging", 1) == "switch.garage"
    assert house.entity_id("switch", "charging", 2) == "switch.garage_connector_2"
    device = house.device_id("GARAGE-1", 1)
    assert "switch.garage" in entity_ids(house, device)
    state = house.hass.states.get("switch.garage")
    assert state is not None
    assert state.attributes["friendly_name"] == "Connector 1"


async def test_a_name_somebody_chose_is_kept(
    house: House, entity_registry: er.EntityRegistry
) -> None:
    await house.connect()
    entity_registry.async_update_entity("switch.garage", new_entity_id="switch.carport")
    await house.settle()
    await house.change_connector(2)
    assert house.entity_id("switch", "charging", 1) == "switch.carport"


async def test_connectors_that_turn_up_one_by_one_after_a_restart_keep_their_devices(
    house: House,
) -> None:
    await house.connect(connectors=(1, 2))
    before = house.device_id("GARAGE-1", 1)
    house.station().memory.connectors = 1
    await house.hass.config_entries.async_reload(house.entry.entry_id)
    await house.settle()
    assert list(house.station().state.connectors) == [1]
    assert "switch.garage_connector_1" in entity_ids(house, before)


async def test_stations_do_not_share_unique_ids_whatever_they_are_called(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    stations = [{"station_id": name} for name in ("A", "A_1", "A_1_0")]
    async with house_with(hass, Platform.SWITCH, Platform.SENSOR, stations=stations) as house:
        for name in ("A", "A_1", "A_1_0"):
            await house.connect(name, connectors=(1, 2))
        assert "does not generate unique IDs" not in caplog.text
        devices = dr.async_get(hass)
        assert len(dr.async_entries_for_config_entry(devices, house.entry.entry_id)) == 3
        children = dr.async_child_entries_for_config_entry(devices, house.entry.entry_id)
        assert len(children) == 6
