"""Buttons."""

from collections.abc import AsyncIterator, Iterator

from homeassistant.components.button.const import DOMAIN as BUTTON_DOMAIN, SERVICE_PRESS
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from tests.simulator.personality import Personality

from .entity_fixtures import House, dialled_in, everything_enabled, house_with, received

pytestmark = pytest.mark.usefixtures("socket_enabled", "all_enabled")


@pytest.fixture
def all_enabled() -> Iterator[None]:
    """Enable what is disabled by default."""
    with everything_enabled():
        yield


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected."""
    async with house_with(hass, Platform.BUTTON) as house:
        yield house


async def press(house: House, key: str, connector_id: int = 0) -> None:
    """Press a button."""
    await house.hass.services.async_call(
        BUTTON_DOMAIN,
        SERVICE_PRESS,
        {ATTR_ENTITY_ID: house.entity_id("button", key, connector_id)},
        blocking=True,
    )


async def test_buttons_of_a_charging_station(
    house: House, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    await house.connect()
    await snapshot_platform(house.hass, entity_registry, snapshot, house.entry.entry_id)


async def test_buttons_are_unavailable_while_the_station_is_away(house: House) -> None:
    await house.connect()
    await house.change(connected=False)
    assert house.state("button", "unlock") == STATE_UNAVAILABLE
    assert house.state("button", "restart", 0) == STATE_UNAVAILABLE


@pytest.mark.parametrize(
    ("key", "connector_id", "requests"),
    [
        ("unlock", 1, {"UnlockConnector": [{"connectorId": 1}]}),
        ("restart", 0, {"Reset": [{"type": "Soft"}]}),
        (
            "refresh",
            0,
            {
                "TriggerMessage": [
                    {"requestedMessage": "StatusNotification"},
                    {"requestedMessage": "MeterValues"},
                ]
            },
        ),
    ],
)
async def test_a_button_asks_the_station(
    house: House, key: str, connector_id: int, requests: dict[str, list[dict[str, object]]]
) -> None:
    async with dialled_in(house) as station:
        station.overrides["Reset"] = {"status": "Accepted"}
        await press(house, key, connector_id)
        for action, payloads in requests.items():
            assert received(station, action) == payloads


async def test_a_cable_that_stays_locked_is_an_error(house: House) -> None:
    stuck = Personality(refuses={"UnlockConnector": "UnlockFailed"})
    async with dialled_in(house, personality=stuck):
        with pytest.raises(HomeAssistantError) as error:
            await press(house, "unlock", 1)
        assert error.value.translation_key == "command_refused"
        assert error.value.translation_placeholders == {
            "station": "Garage",
            "action": "UnlockConnector",
            "status": "UnlockFailed",
        }
