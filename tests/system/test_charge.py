"""One charge in a house, from the plug to the statistics."""

from datetime import UTC, datetime, timedelta

from homeassistant.components.energy import data as energy_data, validate
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
    statistics_during_period,
)

from custom_components.chargestead.model.events import SessionEnded, SessionStarted
from tests.simulator import Car, ManualClock, SimulatedStation

from .house import SAMPLE_S, House, house_in

pytestmark = pytest.mark.usefixtures("quiet")


async def test_a_car_charges_to_full_and_the_ledger_has_its_register_delta(
    house: House, garage: SimulatedStation
) -> None:
    assert house.state("status") == "available"
    car = garage.plug_in(1, Car(capacity_kwh=40, soc=50, phases=3))
    garage.present_card(1, "04AABBCC")
    begin = garage.register_wh()
    await house.pass_time(600)
    assert house.state("status") == "charging"
    assert house.number("power") == pytest.approx(3 * 16 * 230, rel=0.05)
    assert house.number("current") == pytest.approx(16, abs=0.5)
    assert house.number("session_energy") == pytest.approx(house.number("power") / 6000, rel=0.05)
    full_power = house.number("power")
    await house.until(lambda: car.soc > 95)
    await house.pass_time(SAMPLE_S)
    assert 0 < house.number("power") < full_power / 2, "the car tapers"
    await house.until(lambda: garage.status() == "SuspendedEV")
    await house.pass_time(SAMPLE_S)
    assert house.state("status") == "suspended_ev"
    assert house.number("power") == 0
    garage.unplug(1)
    await house.pass_time(5)

    (session,) = await house.sessions()
    delta_wh = garage.register_wh() - begin
    assert session.energy_mwh == delta_wh * 1000
    assert session.register_stop_mwh == garage.register_wh() * 1000
    assert not session.flags
    assert session.stop_reason == "EVDisconnected"
    assert house.number("session_energy") == pytest.approx(delta_wh / 1000)
    assert house.number("energy") == pytest.approx(garage.register_wh() / 1000)
    assert house.number("power") == 0
    assert house.state("status") == "available"
    assert len(house.told(SessionStarted)) == len(house.told(SessionEnded)) == 1
    readings = await house.ledger.readings(session.id)
    registers = [reading.register_mwh for reading in readings]
    assert registers == sorted(registers)
    assert registers[-1] - registers[0] == delta_wh * 1000


def _five_minutes(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0)


async def test_the_energy_dashboard_takes_what_was_charged(
    recorder_mock: Recorder, hass: HomeAssistant, clock: ManualClock
) -> None:
    assert recorder_mock.hass is hass
    assert await async_setup_component(hass, "sensor", {})
    assert await async_setup_component(hass, "energy", {})
    async with house_in(hass, clock) as house, house.simulated() as station:
        await house.pass_time(20)
        station.plug_in(1, Car(capacity_kwh=40, soc=50))
        await house.pass_time(SAMPLE_S)
        station.present_card(1, "04AABBCC")
        begin = station.register_wh()
        await house.pass_time(3600)
        station.unplug(1)
        await house.pass_time(5)
        await async_wait_recording_done(hass)
        start = _five_minutes(datetime.now(UTC)) - timedelta(minutes=5)
        for minutes in (0, 5):
            do_adhoc_statistics(hass, start=start + timedelta(minutes=minutes))
        await async_wait_recording_done(hass)
        energy, power = house.entity_id("sensor", "energy"), house.entity_id("sensor", "power")
        statistics = statistics_during_period(hass, start, period="5minute")
        charged_kwh = (station.register_wh() - begin) / 1000
        assert charged_kwh > 10
        assert statistics[energy][-1]["sum"] == pytest.approx(charged_kwh)
        manager = await energy_data.async_get_manager(hass)
        await manager.async_update(
            {
                "energy_sources": [],
                "device_consumption": [{"stat_consumption": energy, "stat_rate": power}],
            }
        )
        issues = (await validate.async_validate(hass)).as_dict()
        assert issues["device_consumption"] == [[]]
