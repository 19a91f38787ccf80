"""Stations of later versions are asked to tell their faults by themselves."""

from homeassistant.core import HomeAssistant
import pytest

from tests.simulator import Json, SimulatedStation
from tests.simulator.later.monitoring import Place
from tests.simulator.later.parts import parts_of

from .fault_fixtures import issues
from .house import GARAGE, House

RCD = Place(component="RCD", evse=1, variable="Tripped")
LID = Place(component="CaseAccessSensor", variable="Tripped")
FAN = Place(component="Fan", variable="Problem")


def with_parts(station: SimulatedStation) -> SimulatedStation:
    """Give a station parts that nobody watches yet."""
    parts_of(station).monitoring.values.update(dict.fromkeys((RCD, LID, FAN), "false"))
    return station


def asked_for(station: SimulatedStation) -> list[Json]:
    """Return the monitors a station was asked to set."""
    return [
        item
        for payload in station.requests("SetVariableMonitoring")
        for item in payload["setMonitoringData"]
    ]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_what_tells_a_fault_and_is_not_watched_is_watched_from_then_on(
    house: House, hass: HomeAssistant, version: str
) -> None:
    async with with_parts(house.simulated(version=version)) as station:
        await house.pass_time(120)
        assert [
            (item["component"]["name"], item["variable"]["name"], item["type"], item["severity"])
            for item in asked_for(station)
        ] == [
            ("RCD", "Tripped", "Delta", 2),
            ("CaseAccessSensor", "Tripped", "Delta", 6),
        ]
        for place, kind in ((RCD, "ground_failure"), (LID, "case_opened")):
            station.component_value(place, "true")
            await house.pass_time(10)
            assert set(issues(hass)) == {kind}
            station.component_value(place, "false")
            await house.pass_time(2)
            assert issues(hass) == {}


async def test_a_station_is_asked_once_for_each_firmware(house: House) -> None:
    async with with_parts(house.simulated(version="2.0.1")) as station:
        await house.pass_time(120)
        assert len(asked_for(station)) == 2
        for _ in range(2):
            station.go_offline()
            await house.pass_time(5)
            station.go_online()
            await house.until(lambda: station.at_rest, within=300)
            await house.pass_time(120)
        await house.down()
        await house.up()
        await house.until(lambda: station.at_rest, within=300)
        await house.pass_time(120)
        assert len(asked_for(station)) == 2
        parts_of(station).monitoring.monitors.clear()
        station.firmware = "9.9"
        station.reboot()
        await house.until(lambda: station.at_rest, within=600)
        await house.pass_time(300)
        again = [item["component"]["name"] for item in asked_for(station)[2:]]
        assert {"RCD", "CaseAccessSensor"} < set(again), "now also what was watched before"


@pytest.mark.parametrize("answer", [None, {"status": "NotSupported"}])
async def test_a_station_that_has_no_monitors_is_left_in_peace(
    house: House, answer: Json | None
) -> None:
    station = with_parts(house.simulated(version="2.0.1"))
    station.overrides["SetVariableMonitoring"] = lambda payload: {
        "setMonitoringResult": [
            {
                "status": "Rejected",
                "type": item["type"],
                "severity": item["severity"],
                "component": item["component"],
                "variable": item["variable"],
            }
            for item in payload["setMonitoringData"]
        ]
    }
    if answer is not None:
        station.overrides["GetMonitoringReport"] = answer
    async with station:
        await house.pass_time(120)
        station.go_offline()
        await house.pass_time(5)
        station.go_online()
        await house.until(lambda: station.at_rest, within=300)
        await house.pass_time(120)
        assert len(station.requests("SetVariableMonitoring")) == 1
        assert house.station(GARAGE).counters["monitors_refused"] >= 1


async def test_a_station_of_1_6_is_asked_nothing(house: House, garage: SimulatedStation) -> None:
    await house.pass_time(200)
    assert garage.requests("SetVariableMonitoring") == []
    assert garage.requests("GetMonitoringReport") == []
