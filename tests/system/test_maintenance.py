"""Maintenance of a real station over a real socket, across restarts."""

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
import pytest

from custom_components.chargestead.maintenance.availability import Uptime
from tests.simulator import Car, SimulatedStation

from .house import GARAGE, House

pytestmark = pytest.mark.usefixtures("quiet")

HOUR = 3600


def uptime(house: House) -> Uptime:
    """Return what the last 30 days of the connector come to."""
    found = house.site.upkeep.uptimes.uptime(GARAGE, 1, 30)
    assert found is not None
    return found


async def switch(hass: HomeAssistant, house: House, *, on: bool) -> None:
    """Put the station in or out of service."""
    await hass.services.async_call(
        "switch",
        f"turn_{'on' if on else 'off'}",
        {ATTR_ENTITY_ID: house.entity_id("switch", "available", 0)},
        blocking=True,
    )
    await house.pass_time(1)


async def test_a_charge_counts_as_one_plug_and_a_good_beginning(
    house: House, garage: SimulatedStation
) -> None:
    garage.plug_in(1, Car(capacity_kwh=40, soc=50))
    await house.pass_time(20)
    garage.present_card(1, "04AABBCC")
    await house.pass_time(600)
    garage.unplug(1)
    await house.pass_time(5)
    assert house.number("plug_cycles") == 1
    assert house.number("first_time_success") == 100
    assert house.number("availability_30_days") == 100
    await house.down()
    await house.up()
    await house.until(lambda: garage.at_rest and garage.status() == "Available")
    await house.pass_time(120)
    assert house.number("plug_cycles") == 1
    assert house.number("first_time_success") == 100
    assert house.site.upkeep.schedule.usage(GARAGE).sessions == 1
    assert house.site.upkeep.schedule.usage(GARAGE).energy_mwh > 0


async def test_what_a_person_switches_off_does_not_count_and_what_breaks_does(
    hass: HomeAssistant, house: House, garage: SimulatedStation
) -> None:
    await switch(hass, house, on=False)
    assert garage.status() == "Unavailable"
    await house.pass_time(HOUR)
    off = uptime(house)
    assert off.outage == off.excluded
    assert off.outage.total_seconds() == pytest.approx(HOUR, abs=60)
    await switch(hass, house, on=True)
    await house.pass_time(60)
    before = uptime(house)
    await garage.stop()
    await house.pass_time(HOUR)
    after = uptime(house)
    assert after.excluded == before.excluded
    assert (after.outage - before.outage).total_seconds() == pytest.approx(HOUR, abs=300)
