"""What vehicles need and what others limit, as people see it; and stops that wait for nothing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.diagnostics import async_get_config_entry_diagnostics
from tests.simulator.later.profiles import limit_externally, release_externally, tell_needs

from .entity_fixtures import House, dialled_in, house_with, received

pytestmark = pytest.mark.usefixtures("socket_enabled")

NEEDS = {
    "requestedEnergyTransfer": "DC",
    "departureTime": "2036-01-01T07:00:00Z",
    "dcChargingParameters": {
        "evMaxCurrent": 125,
        "evMaxVoltage": 400,
        "energyAmount": 30_500,
        "stateOfCharge": 42,
        "fullSoC": 95,
    },
}
NEW = ("departure_time", "energy_requested", "vehicle_target")


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected."""
    async with house_with(hass, Platform.SENSOR, Platform.SWITCH) as house:
        yield house


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_sensors_of_a_vehicle_come_when_it_says_something_and_are_empty_without(
    house: House, version: str
) -> None:
    registry = er.async_get(house.hass)
    async with dialled_in(house, version=version) as station:
        for key in NEW:
            assert not registry.async_get_entity_id("sensor", DOMAIN, f"GARAGE-1_1_{key}")
        station.present_card(1, "CARD-7")
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        await tell_needs(station, 1, NEEDS)
        await house.settle()
        assert house.state("sensor", "departure_time") == "2036-01-01T07:00:00+00:00"
        assert float(house.state("sensor", "energy_requested")) == 30.5
        assert float(house.state("sensor", "vehicle_target")) == 95
        station.unplug(1)
        await station.wait_for(lambda: station.status() == "Available" and station.at_rest)
        await house.settle()
        assert {house.state("sensor", key) for key in NEW} == {STATE_UNKNOWN}
    await house.settle()
    assert {house.state("sensor", key) for key in NEW} == {STATE_UNAVAILABLE}


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_limit_of_others_is_the_one_shown_with_who_set_it(
    house: House, version: str
) -> None:
    async with dialled_in(house, version=version) as station:
        before = datetime.now(UTC).replace(microsecond=0)
        schedule = {
            "chargingRateUnit": "A",
            "startSchedule": before.isoformat().replace("+00:00", "Z"),
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}],
        }
        await limit_externally(station, schedule, source="SO", isGridCritical=True)
        await house.settle()
        assert float(house.state("sensor", "limit")) == 8
        state = house.hass.states.get(house.entity_id("sensor", "limit_reason"))
        assert state is not None
        assert state.state == "external"
        told = dict(state.attributes)
        assert (told["external_source"], told["external_limit"]) == ("SO", 8)
        assert (told["grid_critical"], told["local_generation"]) == (True, False)
        assert datetime.fromisoformat(told["external_since"]) >= before
        await release_externally(station, "SO")
        await house.settle()
        assert house.state("sensor", "limit_reason") == "none"
        state = house.hass.states.get(house.entity_id("sensor", "limit_reason"))
        assert state is not None
        assert "external_source" not in state.attributes


@pytest.mark.parametrize(
    ("action", "fields", "request_name"),
    [
        ("stop_session", {"connector_id": 1, "at_once": True}, "RemoteStopTransaction"),
        ("stop_session", {"at_once": None}, "RemoteStopTransaction"),
        ("restart_station", {"kind": "soft", "at_once": True}, "Reset"),
    ],
)
async def test_a_stop_at_once_lowers_nothing(
    house: House, action: str, fields: dict[str, object], request_name: str
) -> None:
    async with dialled_in(house) as station:
        station.present_card(1, "CARD-7")
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        await house.settle()
        station.overrides[request_name] = {"status": "Accepted"}
        response = await house.hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": house.device_id("GARAGE-1"), **fields},
            blocking=True,
            return_response=True,
        )
        assert response == {"status": "Accepted", "answer": {"status": "Accepted"}}
        assert len(received(station, request_name)) == 1
        assert received(station, "SetChargingProfile") == []
        told = await async_get_config_entry_diagnostics(house.hass, house.entry)
        (found,) = told["stations"].values()
        stops = {key: n for key, n in found["counters"].items() if key.startswith("stop_")}
        assert stops in ({"stop_under_load": 1}, {"stop_unloaded": 1})
        assert found["vehicle_schedules"] == {}
