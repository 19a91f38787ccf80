"""Numbers."""

from collections.abc import AsyncIterator

from homeassistant.components.number.const import (
    ATTR_VALUE,
    DOMAIN as NUMBER_DOMAIN,
    SERVICE_SET_VALUE,
)
from homeassistant.const import ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.chargestead.model.limit import Limit, LimitReason
from tests.simulator.personality import Personality

from .entity_fixtures import House, dialled_in, house_with, received

pytestmark = pytest.mark.usefixtures("socket_enabled")

NUMBER = "number.garage_maximum_current"


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station that may draw 20 A, not yet connected."""
    stations = [{"station_id": "GARAGE-1", "max_current": 20}]
    async with house_with(hass, Platform.NUMBER, stations=stations) as house:
        yield house


async def set_value(house: House, value: float) -> None:
    """Set the maximum current."""
    await house.hass.services.async_call(
        NUMBER_DOMAIN,
        SERVICE_SET_VALUE,
        {ATTR_ENTITY_ID: NUMBER, ATTR_VALUE: value},
        blocking=True,
    )
    await house.settle()


async def test_numbers_of_a_charging_station(
    house: House, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    await house.connect()
    await snapshot_platform(house.hass, entity_registry, snapshot, house.entry.entry_id)


async def test_without_a_limit_the_maximum_is_what_the_cable_allows(house: House) -> None:
    await house.connect()
    await house.change_connector(limit=None)
    assert house.state("number", "maximum_current") == "20.0"


async def test_the_limit_is_shown_while_the_station_is_away(house: House) -> None:
    await house.connect()
    await house.change(connected=False)
    assert house.state("number", "maximum_current") == "16"


async def test_a_pause_is_a_maximum_of_zero(house: House) -> None:
    await house.connect()
    await house.change_connector(limit=Limit(current_a=0, reason=LimitReason.PAUSED))
    assert house.state("number", "maximum_current") == "0"


async def test_setting_it_limits_what_the_station_offers(house: House) -> None:
    async with dialled_in(house) as station:
        await set_value(house, 13)
        profile = received(station, "SetChargingProfile")[0]["csChargingProfiles"]
        assert profile["chargingSchedule"]["chargingSchedulePeriod"] == [
            {"startPeriod": 0, "limit": 13}
        ]
        assert house.state("number", "maximum_current") == "13.0"


async def test_more_than_the_cable_allows_is_not_set(house: House) -> None:
    await house.connect()
    with pytest.raises(ServiceValidationError):
        await set_value(house, 21)


async def test_setting_it_while_the_station_is_away_says_so(house: House) -> None:
    await house.connect()
    await house.change(connected=False)
    with pytest.raises(HomeAssistantError) as error:
        await set_value(house, 10)
    assert error.value.translation_key == "station_offline"
    assert house.state("number", "maximum_current") == "16"


async def test_a_station_that_takes_no_limit_is_shown_to_refuse(house: House) -> None:
    async with dialled_in(
        house, personality=Personality(refuses={"SetChargingProfile": "NotSupported"})
    ):
        with pytest.raises(HomeAssistantError) as error:
            await set_value(house, 10)
        assert error.value.translation_key == "command_refused"
        assert error.value.translation_placeholders == {
            "station": "Garage",
            "action": "SetChargingProfile",
            "status": "NotSupported",
        }
