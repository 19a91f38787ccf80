"""Binary sensors."""

from collections.abc import AsyncIterator

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.chargestead.model.station import ConnectorFault, ConnectorStatus

from .entity_fixtures import House, house_with

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected."""
    async with house_with(hass, Platform.BINARY_SENSOR) as house:
        yield house


async def test_binary_sensors_of_a_charging_station(
    house: House, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    await house.connect()
    await snapshot_platform(house.hass, entity_registry, snapshot, house.entry.entry_id)


async def test_a_station_that_leaves_is_shown_as_disconnected_and_the_rest_is_unavailable(
    house: House,
) -> None:
    await house.connect()
    await house.change(connected=False)
    assert house.state("binary_sensor", "connected", 0) == STATE_OFF
    for key in ("plugged_in", "charging"):
        assert house.state("binary_sensor", key) == STATE_UNAVAILABLE
    assert house.state("binary_sensor", "problem") == STATE_OFF, "what is wrong stays to be seen"


@pytest.mark.parametrize(
    ("status", "plugged_in", "charging"),
    [
        (ConnectorStatus.AVAILABLE, STATE_OFF, STATE_OFF),
        (ConnectorStatus.PREPARING, STATE_ON, STATE_OFF),
        (ConnectorStatus.CHARGING, STATE_ON, STATE_ON),
        (ConnectorStatus.SUSPENDED_EV, STATE_ON, STATE_OFF),
        (ConnectorStatus.SUSPENDED_EVSE, STATE_ON, STATE_OFF),
        (ConnectorStatus.FINISHING, STATE_ON, STATE_OFF),
        (ConnectorStatus.RESERVED, STATE_OFF, STATE_OFF),
        (ConnectorStatus.UNAVAILABLE, STATE_UNKNOWN, STATE_OFF),
        (None, STATE_UNKNOWN, STATE_UNKNOWN),
    ],
)
async def test_plugged_in_and_charging_follow_the_status(
    house: House, status: ConnectorStatus | None, plugged_in: str, charging: str
) -> None:
    await house.connect()
    await house.change_connector(status=status, session=None)
    assert house.state("binary_sensor", "plugged_in") == plugged_in
    assert house.state("binary_sensor", "charging") == charging


async def test_a_fault_of_the_connector_is_a_problem(house: House) -> None:
    await house.connect()
    assert house.state("binary_sensor", "problem") == STATE_OFF
    await house.change_connector(fault=ConnectorFault(code="GroundFailure"))
    assert house.state("binary_sensor", "problem") == STATE_ON


async def test_a_fault_of_the_station_is_a_problem_of_its_connectors(house: House) -> None:
    await house.connect()
    await house.change(fault=ConnectorFault(code="HighTemperature"))
    assert house.state("binary_sensor", "problem") == STATE_ON


async def test_a_faulted_connector_without_a_code_is_a_problem(house: House) -> None:
    await house.connect()
    await house.change_connector(status=ConnectorStatus.FAULTED)
    assert house.state("binary_sensor", "problem") == STATE_ON
