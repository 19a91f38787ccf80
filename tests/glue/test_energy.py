"""Long-term statistics and the Energy dashboard."""

from collections.abc import AsyncIterator
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy import data as energy_data, validate
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
    statistics_during_period,
)

from .entity_fixtures import MEASUREMENTS, NOW, SESSION, House, house_with

pytestmark = pytest.mark.usefixtures("recorder_mock", "socket_enabled")

ENERGY = "sensor.garage_lifetime_energy"
POWER = "sensor.garage_power"
MWH_PER_KWH = 1_000_000


@pytest.fixture
async def house(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
) -> AsyncIterator[House]:
    """Return a recorded house with one station, not yet connected."""
    freezer.move_to(NOW)
    assert await async_setup_component(hass, "sensor", {})
    assert await async_setup_component(hass, "energy", {})
    async with house_with(hass, Platform.SENSOR) as house:
        yield house


async def test_the_energy_dashboard_takes_energy_and_power_of_a_station(house: House) -> None:
    await house.connect()
    await async_wait_recording_done(house.hass)
    do_adhoc_statistics(house.hass, start=NOW)
    await async_wait_recording_done(house.hass)
    manager = await energy_data.async_get_manager(house.hass)
    await manager.async_update(
        {
            "energy_sources": [],
            "device_consumption": [
                {"stat_consumption": ENERGY, "stat_rate": POWER},
                {"stat_consumption": "sensor.garage_session_energy"},
            ],
        }
    )
    issues = (await validate.async_validate(house.hass)).as_dict()
    assert issues["device_consumption"] == [[], []]


async def test_the_energy_dashboard_has_no_complaint_while_the_station_is_away(
    house: House,
) -> None:
    await house.connect()
    await async_wait_recording_done(house.hass)
    do_adhoc_statistics(house.hass, start=NOW)
    await house.change(connected=False)
    await async_wait_recording_done(house.hass)
    manager = await energy_data.async_get_manager(house.hass)
    await manager.async_update(
        {"energy_sources": [], "device_consumption": [{"stat_consumption": ENERGY}]}
    )
    issues = (await validate.async_validate(house.hass)).as_dict()
    assert issues["device_consumption"] == [[]]


async def test_energy_and_power_are_on_the_same_device(
    house: House, entity_registry: er.EntityRegistry
) -> None:
    await house.connect(connectors=(1, 2))
    for connector_id in (1, 2):
        devices = {
            entity_registry.entities[house.entity_id("sensor", key, connector_id)].device_id
            for key in ("energy", "power")
        }
        assert devices == {house.device_id("GARAGE-1", connector_id)}


async def test_statistics_add_up_over_an_absence_of_the_station(
    house: House, freezer: FrozenDateTimeFactory
) -> None:
    await house.connect()
    start = NOW
    register = SESSION.register_last_mwh
    assert register is not None
    for _ in range(3):
        freezer.tick(timedelta(minutes=1))
        register += MWH_PER_KWH
        await house.change_connector(register_mwh=register)
    await house.change(connected=False)
    freezer.tick(timedelta(seconds=10))
    register += 2 * MWH_PER_KWH
    await house.change(connected=True)
    await house.change_connector(register_mwh=register, measurements=MEASUREMENTS)
    await async_wait_recording_done(house.hass)

    do_adhoc_statistics(house.hass, start=start)
    await async_wait_recording_done(house.hass)
    statistics = statistics_during_period(house.hass, start, period="5minute")
    (energy,) = statistics[ENERGY]
    assert energy["state"] == pytest.approx(1011.25)
    assert energy["sum"] == pytest.approx(5.0)
    (power,) = statistics[POWER]
    assert power["mean"] == pytest.approx(7360.4)
