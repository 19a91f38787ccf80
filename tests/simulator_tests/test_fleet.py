"""Fleets, scenarios, and the command line."""

import asyncio
from itertools import islice
import json
import os
from pathlib import Path
import signal
import sys

import pytest

from tests.simulator import Car, ManualClock
from tests.simulator.__main__ import parser, plans
from tests.simulator.fleet import Fleet, FleetOptions
from tests.simulator.scenario import (
    InvalidScenarioError,
    StationPlan,
    personality_named,
    read_scenario,
)
from tests.simulator.visits import visits

from .central import TinyCentral

ROOT = Path(__file__).parents[2]


async def run_for(fleet: Fleet, clock: ManualClock, seconds: float) -> None:
    """Run a fleet for a while, and stop it."""
    stop = asyncio.Event()
    running = asyncio.create_task(fleet.run(stop))
    await clock.advance(seconds)
    stop.set()
    await running


def test_visits_are_the_same_for_a_seed_and_others_for_another() -> None:
    """So that a demo can be told about."""

    def first(seed: str) -> list[object]:
        stream = visits(seed=seed, id_tags=["A", "B"], day=1200, first_gap=4)
        return list(islice(stream, 20))

    assert first("1") == first("1")
    assert first("1") != first("2")


def test_a_visit_is_over_in_minutes() -> None:
    """Every car of a demo is full within its stay."""
    stream = visits(seed="x", id_tags=["A"], day=1200, first_gap=4)
    for visit in islice(stream, 200):
        volts = (230.0,) * visit.car.phases
        seconds = visit.car.seconds_to_target(32, volts)
        assert seconds is not None
        assert 30 < seconds < visit.longest_stay
        assert visit.gap < 300


async def test_a_household_day_shows_sessions_that_begin_and_end(
    central: TinyCentral, clock: ManualClock
) -> None:
    """Within seconds a car is there, within an hour several have come and gone."""
    options = FleetOptions(url=central.url)
    fleet = Fleet(options, [StationPlan(station_id="GARAGE", connectors=2)], clock)
    stop = asyncio.Event()
    running = asyncio.create_task(fleet.run(stop))
    await clock.advance(12)
    assert fleet.stations[0].status(1) == "Charging"
    await clock.advance(3600)
    stop.set()
    await running
    starts, stops = central.said("StartTransaction"), central.said("StopTransaction")
    assert {s["connectorId"] for s in starts} == {1, 2}
    assert len(stops) >= 6
    assert {s["reason"] for s in stops} == {"EVDisconnected"}
    assert central.violations == []


async def test_a_second_run_goes_on_with_the_meters_of_the_first(
    central: TinyCentral, clock: ManualClock, tmp_path: Path
) -> None:
    """Also for the session that was cut off by the end of the first run."""
    state = tmp_path / "fleet.json"
    options = FleetOptions(url=central.url, plug_in_now=True, state_file=state)
    plan = [StationPlan(station_id="GARAGE")]
    first = Fleet(options, plan, clock)
    await run_for(first, clock, 60)
    register = first.stations[0].register_wh()
    assert json.loads(state.read_text())["GARAGE"]["transactions"]
    await clock.advance(100)
    second = Fleet(options, plan, clock)
    assert second.stations[0].register_wh() == register
    await run_for(second, clock, 60)
    stop, start = central.said("StopTransaction")[0], central.said("StartTransaction")[1]
    assert (stop["reason"], stop["meterStop"]) == ("PowerLoss", register)
    assert start["meterStart"] >= register


async def test_people_wait_until_their_station_works_and_come_when_the_scenario_says(
    central: TinyCentral, clock: ManualClock, tmp_path: Path
) -> None:
    """A car that waits at a broken lock charges once that is released; the other one comes later."""
    path = tmp_path / "scenario.json"
    fault = {"at": 0, "do": "fault", "connector": 1, "error_code": "ConnectorLockFailure"}
    stations = [
        {"id": "BROKEN", "visits": True, "steps": [fault | {"mended_by": ["unlock"]}]},
        {"id": "LATER", "first_visit": 100},
    ]
    path.write_text(json.dumps({"stations": stations}))
    options = FleetOptions(url=central.url, plug_in_now=True)
    fleet = Fleet(options, read_scenario(path), clock)
    stop = asyncio.Event()
    running = asyncio.create_task(fleet.run(stop))
    await clock.advance(90)
    broken, later = fleet.stations
    assert (broken.status(), later.status()) == ("Faulted", "Available")
    assert broken.connector().car is not None
    broken.sessions.mend(broken.connector(), "unlock")
    await clock.advance(30)
    assert (broken.status(), later.status()) == ("Charging", "Charging")
    stop.set()
    await running


async def test_a_scenario_is_played(
    central: TinyCentral, clock: ManualClock, tmp_path: Path
) -> None:
    """Steps happen at their times, in the order of the times."""
    path = tmp_path / "scenario.json"
    steps = [
        {"at": 30, "do": "fault", "connector": 1, "error_code": "GroundFailure"},
        {"at": 5, "do": "plug_in", "connector": 1, "car": {"soc": 50, "phases": 1}},
        {"at": 8, "do": "present_card", "connector": 1, "id_tag": "X"},
        {"at": 60, "do": "reboot", "cold": True},
    ]
    plan = {"id": "S", "personality": "alfen", "configuration": {"CpoName": "Me"}}
    path.write_text(json.dumps({"stations": [plan | {"steps": steps}]}))
    plans = read_scenario(path)
    assert plans[0].steps[0].arguments["car"] == Car(soc=50, phases=1)
    fleet = Fleet(FleetOptions(url=central.url), plans, clock)
    await run_for(fleet, clock, 120)
    assert central.said("StartTransaction")[0]["timestamp"] == "2026-01-01T00:00:08.000Z"
    assert central.said("StopTransaction")[0]["timestamp"] == "2026-01-01T00:00:30.000Z"
    assert len(central.said("BootNotification")) == 2
    assert central.said("BootNotification")[0]["chargePointVendor"] == "Alfen BV"


@pytest.mark.parametrize(
    "plan",
    [{"id": "S", "personality": "perfect"}, {"id": "S", "steps": [{"at": 1, "do": "stop"}]}],
)
def test_a_scenario_with_unknown_words_is_refused(tmp_path: Path, plan: dict[str, object]) -> None:
    """And the known words are listed."""
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"stations": [plan]}))
    with pytest.raises(InvalidScenarioError, match="there are"):
        read_scenario(path)


def test_the_command_line_describes_stations() -> None:
    """Ids with connectors, a personality, keys."""
    words = "--url ws://x --station A:2 --station B --personality etrel --set CpoName=a=b"
    first, second = plans(parser().parse_args(words.split()))
    assert (first.station_id, first.connectors) == ("A", 2)
    assert (second.station_id, second.connectors) == ("B", 1)
    assert first.personality == personality_named("etrel")
    assert first.configuration == {"CpoName": "a=b"}
    assert [p.station_id for p in plans(parser().parse_args(["--url", "x"]))] == ["GARAGE"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_command_runs_and_ends_cleanly_on_a_signal(
    central: TinyCentral, tmp_path: Path, number: signal.Signals
) -> None:
    """A process of its own, faster than real time; the state file is whole."""
    state = tmp_path / "state.json"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.simulator", "--url", central.url, "--speed", "20"),
        *("--plug-in-now", "--state", str(state), "--station", "DEMO"),
        cwd=ROOT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(60):
            await central.heard("StartTransaction")
            process.send_signal(number)
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
    assert "DEMO 1: Charging" in output.decode()
    assert "Traceback" not in output.decode()
    assert json.loads(state.read_text())["DEMO"]["registers"][0] >= 10_000
