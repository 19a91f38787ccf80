"""A limit set in Home Assistant, and what is left of it when Home Assistant is gone."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.simulator import Car, SimulatedStation

from .house import SAMPLE_S, House

pytestmark = pytest.mark.usefixtures("quiet")


async def _limit(house: House, amperes: float) -> None:
    await house.hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": house.entity_id("number", "maximum_current"), "value": amperes},
        blocking=True,
    )


@pytest.fixture
async def charging(house: House, garage: SimulatedStation) -> SimulatedStation:
    """Return the station GARAGE-1 with a car that charges."""
    garage.plug_in(1, Car(capacity_kwh=80, soc=20))
    garage.present_card(1, "04AABBCC")
    await house.pass_time(2 * SAMPLE_S)
    assert garage.current_a() == 16
    return garage


async def test_a_limit_is_obeyed_and_seen_to_be(house: House, charging: SimulatedStation) -> None:
    await _limit(house, 8)
    await house.pass_time(2 * SAMPLE_S)
    assert charging.current_a() == 8
    assert house.number("current") == pytest.approx(8, abs=0.2)
    assert house.state("limit_state") == "obeyed"
    assert len(charging.requests("SetChargingProfile")) == 1


async def test_the_limit_stays_on_the_station_when_home_assistant_is_gone(
    house: House, charging: SimulatedStation
) -> None:
    await _limit(house, 8)
    await house.pass_time(SAMPLE_S)
    await house.down()
    await house.clock.advance(6 * 3600)
    assert charging.current_a() == 8, "the fuse is as safe as it was"
    assert charging.status() == "Charging"
    charging.unplug(1)
    await house.clock.advance(60)
    charging.plug_in(1, Car(capacity_kwh=80, soc=20))
    charging.present_card(1, "04AABBCC")
    await house.clock.advance(600)
    assert charging.current_a() == 8, "the next session obeys it too"


async def test_a_pause_outlives_home_assistant_and_is_ended_by_it(
    house: House, charging: SimulatedStation, hass: HomeAssistant
) -> None:
    switch = {"entity_id": house.entity_id("switch", "charging")}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    await house.pass_time(SAMPLE_S)
    paused = charging.current_a() == 0
    assert paused
    await house.down()
    await house.clock.advance(600)
    await house.up()
    await house.until(lambda: charging.at_rest, within=300)
    await house.pass_time(SAMPLE_S)
    assert charging.current_a() == 0
    await hass.services.async_call("switch", "turn_on", switch, blocking=True)
    await house.pass_time(3 * SAMPLE_S)
    assert charging.current_a() == 16
    assert house.state("status") == "charging"


async def test_a_refused_limit_is_told_to_whoever_set_it_and_the_old_one_stays_shown(
    house: House, charging: SimulatedStation
) -> None:
    await _limit(house, 10)
    await house.pass_time(SAMPLE_S)
    charging.overrides["SetChargingProfile"] = {"status": "Rejected"}
    with pytest.raises(HomeAssistantError):
        await _limit(house, 6)
    assert house.number("limit") == 10
    assert charging.current_a() == 10
