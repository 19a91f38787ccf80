"""Setting monitors at stations that say nothing to it, or of which new ones come all the time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.chargestead.csms import write_budget
from tests.csms.v2.house import STATION, House
from tests.simulator import ManualClock, Personality, SimulatedStation
from tests.simulator.later.monitoring import Place
from tests.simulator.later.parts import parts_of

RCD = Place(component="RCD", evse=1, variable="Tripped")


@pytest.fixture
def clock() -> ManualClock:  # type: ignore[override]
    """Return the clock of house and station."""
    return ManualClock()


@pytest.fixture
async def home(clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house that knows one station."""
    house = await House(clock, tmp_path).open()
    await house.know(STATION)
    yield house
    await house.close()


def with_rcd(home: House, clock: ManualClock, *never_answers: str) -> SimulatedStation:
    """Return a station with a residual current device that nobody watches, and what it never answers."""
    station = SimulatedStation(
        url=home.url,
        station_id=STATION,
        clock=clock,
        version="2.0.1",
        personality=Personality(never_answers=frozenset(never_answers)),
    )
    parts_of(station).monitoring.values[RCD] = "false"
    return station


async def come_again(station: SimulatedStation, clock: ManualClock) -> None:
    """Let a station lose its network for a moment, and pass the time after which it is looked at."""
    station.go_offline()
    await clock.advance(1)
    station.go_online()
    await clock.advance(130)


@pytest.mark.parametrize("action", ["GetMonitoringReport", "SetVariableMonitoring"])
async def test_a_station_that_did_not_answer_is_asked_when_it_comes_again(
    home: House, clock: ManualClock, action: str
) -> None:
    async with with_rcd(home, clock, action) as station:
        await clock.advance(130)
        asked = len(station.requests(action))
        await clock.advance(600)
        assert len(station.requests(action)) == asked
        assert home.station().counters["monitors_timeout"] == 1
        await come_again(station, clock)
        assert len(station.requests(action)) == asked + 1


async def test_no_more_is_written_than_a_station_bears(
    home: House, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_budget, "_BURST", 1)
    async with with_rcd(home, clock) as station:
        await clock.advance(100)
        assert len(station.requests("SetVariableMonitoring")) == 1
        for version in ("1.0.1", "1.0.2"):
            station.firmware = version
            parts_of(station).monitoring.monitors.clear()
            station.reboot()
            await clock.advance(130)
        assert len(station.requests("SetVariableMonitoring")) == 2
        assert home.station().counters["monitor_write_postponed"] == 1
