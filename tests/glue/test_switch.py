"""Switches."""

from collections.abc import AsyncIterator

from homeassistant.components.switch.const import DOMAIN as SWITCH_DOMAIN
from homeassistant.const import (
    ATTR_ENTITY_ID,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    Platform,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.chargestead.model.limit import Limit, LimitReason
from tests.simulator.personality import Personality

from .entity_fixtures import House, dialled_in, house_with, received

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected."""
    async with house_with(hass, Platform.SWITCH) as house:
        yield house


async def turn(house: House, service: str, entity_id: str = "switch.garage") -> None:
    """Turn a switch on or off."""
    await house.hass.services.async_call(
        SWITCH_DOMAIN, service, {ATTR_ENTITY_ID: entity_id}, blocking=True
    )
    await house.settle()


async def test_switches_of_a_charging_station(
    house: House, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    await house.connect()
    await snapshot_platform(house.hass, entity_registry, snapshot, house.entry.entry_id)


async def test_each_connector_of_several_can_be_put_out_of_service(house: House) -> None:
    await house.connect(connectors=(1, 2))
    await house.change_connector(2, operative=False)
    assert house.state("switch", "available", 0) == STATE_ON
    assert house.state("switch", "available", 1) == STATE_ON
    assert house.state("switch", "available", 2) == STATE_OFF


async def test_charging_is_on_while_a_session_runs(house: House) -> None:
    await house.connect()
    assert house.state("switch", "charging") == STATE_ON
    await house.change_connector(session=None)
    assert house.state("switch", "charging") == STATE_OFF


async def test_a_paused_session_is_off(house: House) -> None:
    await house.connect()
    await house.change_connector(limit=Limit(current_a=0, reason=LimitReason.PAUSED))
    assert house.state("switch", "charging") == STATE_OFF


async def test_switches_are_unavailable_while_the_station_is_away(house: House) -> None:
    await house.connect()
    await house.change(connected=False)
    assert house.state("switch", "charging") == STATE_UNAVAILABLE
    assert house.state("switch", "available", 0) == STATE_UNAVAILABLE


async def test_turning_charging_on_starts_a_session_and_off_stops_it(house: House) -> None:
    async with dialled_in(house) as station:
        await turn(house, SERVICE_TURN_ON)
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        await house.settle()
        assert received(station, "RemoteStartTransaction")[0]["connectorId"] == 1
        assert house.state("switch", "charging") == STATE_ON

        await turn(house, SERVICE_TURN_OFF)
        await station.wait_for(lambda: station.status() == "Finishing" and station.at_rest)
        await house.settle()
        assert len(received(station, "RemoteStopTransaction")) == 1
        assert house.state("switch", "charging") == STATE_OFF


async def test_turning_on_what_is_on_and_off_what_is_off_asks_nothing(house: House) -> None:
    async with dialled_in(house) as station:
        await turn(house, SERVICE_TURN_OFF)
        assert received(station, "RemoteStopTransaction") == []
        await turn(house, SERVICE_TURN_ON)
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        await house.settle()
        await turn(house, SERVICE_TURN_ON)
        assert len(received(station, "RemoteStartTransaction")) == 1


async def test_turning_a_paused_session_on_resumes_it(house: House) -> None:
    async with dialled_in(house) as station:
        await turn(house, SERVICE_TURN_ON)
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        await house.station().pause(1)
        await station.wait_for(lambda: station.offered_a() == 0)
        await house.settle()
        assert house.state("switch", "charging") == STATE_OFF

        await turn(house, SERVICE_TURN_ON)
        await station.wait_for(lambda: station.offered_a() > 0)
        assert house.state("switch", "charging") == STATE_ON
        assert len(received(station, "RemoteStartTransaction")) == 1


async def test_turning_a_paused_session_off_stops_it(house: House) -> None:
    async with dialled_in(house) as station:
        await turn(house, SERVICE_TURN_ON)
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        await house.station().pause(1)
        await turn(house, SERVICE_TURN_OFF)
        await station.wait_for(lambda: station.status() == "Finishing")
        assert len(received(station, "RemoteStopTransaction")) == 1


async def test_putting_the_station_out_of_service_and_back(house: House) -> None:
    async with dialled_in(house) as station:
        await turn(house, SERVICE_TURN_OFF, "switch.garage_available")
        assert house.state("switch", "available", 0) == STATE_OFF
        await turn(house, SERVICE_TURN_ON, "switch.garage_available")
        assert house.state("switch", "available", 0) == STATE_ON
        assert received(station, "ChangeAvailability") == [
            {"connectorId": 0, "type": "Inoperative"},
            {"connectorId": 0, "type": "Operative"},
        ]


async def test_a_refusal_is_shown(house: House) -> None:
    refusing = Personality(refuses={"RemoteStartTransaction": "Rejected"})
    async with dialled_in(house, personality=refusing):
        with pytest.raises(HomeAssistantError) as error:
            await turn(house, SERVICE_TURN_ON)
        assert error.value.translation_key == "command_refused"
        assert error.value.translation_placeholders == {
            "station": "Garage",
            "action": "RemoteStartTransaction",
            "status": "Rejected",
        }


async def test_a_station_that_left_unnoticed_is_not_connected(house: House) -> None:
    await house.connect()
    with pytest.raises(HomeAssistantError) as error:
        await turn(house, SERVICE_TURN_OFF)
    assert error.value.translation_key == "station_offline"
    assert error.value.translation_placeholders == {"station": "Garage"}
