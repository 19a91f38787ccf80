"""Stops of ours open the contactor without load, where the station does what limits say."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest
import pytest_socket

from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.commands import Restart, RestartKind, StopSession
from custom_components.chargestead.model.errors import CommandRefusedError
from custom_components.chargestead.model.events import SessionEnded, StopAsked
from tests.simulator import Json, ManualClock, Personality, SimulatedStation
from tests.simulator.frames import CALL
from tests.simulator.later.profiles import tell_needs

from .v2.house import STATION, House
from .v2.simulated import charge, connector, simulated


@pytest.fixture(autouse=True)
def _loopback() -> None:
    """Allow sockets to this machine, those of a file included."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Allow the heartbeat timer of a web socket that was torn off, which fires once into the void."""
    return True


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at 2026-01-01T00:00Z."""
    return ManualClock()


@pytest.fixture
async def house(clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house that knows one station."""
    house = House(clock, tmp_path)
    await house.open()
    await house.know(STATION)
    yield house
    await house.close()


@pytest.fixture(params=("1.6", "2.0.1", "2.1"))
def version(request: pytest.FixtureRequest) -> str:
    """Return the version spoken."""
    name: str = request.param
    return name


STOPS = ("RemoteStopTransaction", "RequestStopTransaction")


def sent(station: SimulatedStation, *actions: str) -> list[Json]:
    """Return the requests of some kinds that a station got."""
    return [
        frame.payload
        for frame in station.frames.find(sent=False, kind=CALL)
        if frame.action in actions
    ]


def limits_sent(station: SimulatedStation) -> list[float]:
    """Return the limits a station was told, in order."""
    found = []
    for payload in sent(station, "SetChargingProfile"):
        profile = payload.get("csChargingProfiles") or payload["chargingProfile"]
        schedule = profile["chargingSchedule"]
        schedule = schedule[0] if isinstance(schedule, list) else schedule
        found.append(schedule["chargingSchedulePeriod"][0]["limit"])
    return found


async def proven(
    house: House, station: SimulatedStation, clock: ManualClock, amps: float = 12
) -> ChargingStation:
    """Charge under a limit that is seen to be obeyed."""
    await charge(station, clock)
    ours = house.station()
    await ours.set_limit(1, amps)
    await clock.advance(45)
    assert connector(house).limit is not None
    assert station.current_a() == min(amps, 16)
    return ours


async def run(clock: ManualClock, work: Awaitable[object], seconds: float = 20) -> float:
    """Turn the clock until something is done; return how long that took."""
    task = asyncio.ensure_future(work)
    began = clock.now()
    await clock.settle()
    while not task.done() and (clock.now() - began).total_seconds() < seconds:
        await clock.advance(0.5)
    assert task.done()
    await task
    return (clock.now() - began).total_seconds()


async def test_a_stop_lowers_the_current_first_and_puts_the_limit_back(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        flowing: list[float] = []
        stop = ours.stop_session(1)
        before = station.sessions.stop

        def note(*args: object) -> None:
            flowing.append(station.current_a())
            before(*args)  # type: ignore[arg-type]

        station.sessions.stop = note  # type: ignore[method-assign]
        took = await run(clock, stop)
        await clock.advance(3)
        assert 0 < took <= 15
        assert flowing == [0]
        assert limits_sent(station) == [12, 6, 0, 12]
        assert connector(house).session is None
        limit = connector(house).limit
        assert limit is not None
        assert limit.current_a == 12
        assert house.station().memory.lowered == []
    (asked,) = house.happened(StopAsked)
    assert (asked.current_a, asked.softened, asked.connector_id) == (0, True, 1)
    (ended,) = house.happened(SessionEnded)
    assert asked.session_id == ended.session.id
    counters = house.station().counters
    assert (counters["stop_soft"], counters["stop_under_load"]) == (1, 0)


async def test_where_there_was_no_limit_there_is_none_afterwards(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        await ours.clear_limit(1)
        await clock.advance(10)
        assert station.current_a() == 16
        await run(clock, ours.stop_session(1))
        await clock.advance(3)
        assert limits_sent(station) == [12, 6, 0]
        assert len(station.profiles) == 0
        assert connector(house).limit is None


async def test_at_once_means_at_once(house: House, clock: ManualClock, version: str) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        assert await run(clock, ours.stop_session(1, at_once=True)) == 0
        assert limits_sent(station) == [12]
    (asked,) = house.happened(StopAsked)
    assert (asked.current_a, asked.softened) == (pytest.approx(12, abs=0.1), False)
    assert house.station().counters["stop_under_load"] == 1


async def test_who_asks_again_gets_one_stop_and_whoever_is_in_a_hurry_gets_it_now(
    house: House, clock: ManualClock, version: str
) -> None:
    never_falls = Personality(lowest_applied_limit=6)
    async with simulated(house, clock, version, personality=never_falls) as station:
        ours = await proven(house, station, clock)
        first, second = (asyncio.ensure_future(ours.stop_session(1)) for _ in range(2))
        await clock.advance(7)
        assert sent(station, *STOPS) == []
        assert await run(clock, ours.stop_session(1, at_once=True)) == 0
        await asyncio.gather(first, second)
        assert len(sent(station, *STOPS)) == 1
        await clock.advance(3)
        assert house.station().memory.lowered == []
    assert house.station().counters["stop_under_load"] == 1


async def test_a_current_that_does_not_fall_delays_the_stop_a_quarter_of_a_minute_at_most(
    house: House, clock: ManualClock, version: str
) -> None:
    never_falls = Personality(lowest_applied_limit=6)
    async with simulated(house, clock, version, personality=never_falls) as station:
        ours = await proven(house, station, clock)
        assert 10 <= await run(clock, ours.stop_session(1)) <= 15.5
    (asked,) = house.happened(StopAsked)
    assert (asked.current_a, asked.softened) == (pytest.approx(6, abs=0.1), False)


@pytest.mark.parametrize("disobeys", [True, False])
async def test_a_station_that_is_not_known_to_obey_is_stopped_as_ever(
    house: House, clock: ManualClock, version: str, *, disobeys: bool
) -> None:
    personality = Personality(ignores_profiles=True)
    async with simulated(house, clock, version, personality=personality) as station:
        await charge(station, clock)
        ours = house.station()
        if disobeys:
            await ours.set_limit(1, 8)
            await clock.advance(100)
            assert not ours.limits.is_obeyed(1)
        before = limits_sent(station)
        assert await run(clock, ours.stop_session(1)) == 0
        assert limits_sent(station) == before
    assert house.station().counters["stop_under_load"] == 1


async def test_a_stop_where_nothing_flows_needs_no_softening(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        await ours.pause(1)
        await clock.advance(15)
        assert await run(clock, ours.stop_session(1)) == 0
    (asked,) = house.happened(StopAsked)
    assert (asked.current_a, asked.softened) == (0, False)
    assert house.station().counters["stop_unloaded"] == 1


async def test_a_refused_stop_lets_the_vehicle_charge_on(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        for action in STOPS:
            station.overrides[action] = {"status": "Rejected"}
        with pytest.raises(CommandRefusedError):
            await run(clock, ours.stop_session(1))
        await clock.advance(15)
        assert station.current_a() == 12
        assert house.station().memory.lowered == []


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_vehicle_with_a_profile_of_its_own_is_brought_down_and_up_as_well(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        parameters = {"energyAmount": 9, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}
        needs = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": parameters}
        await tell_needs(station, 1, needs)
        await clock.advance(5)
        await ours.clear_limit(1)
        await clock.advance(10)
        assert station.current_a() == 16
        station.overrides["RequestStopTransaction"] = {"status": "Rejected"}
        with pytest.raises(CommandRefusedError):
            await run(clock, ours.stop_session(1), 30)
        await clock.advance(15)
        assert station.current_a() == 16
        del station.overrides["RequestStopTransaction"]
        await run(clock, ours.stop_session(1), 30)
    assert house.happened(StopAsked)[-1].softened


async def test_what_somebody_wants_meanwhile_holds(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        stop = asyncio.ensure_future(ours.stop_session(1))
        await clock.settle()
        await ours.set_limit(1, 9)
        await run(clock, stop)
        await clock.advance(3)
        limit = connector(house).limit
        assert limit is not None
        assert limit.current_a == 9
        assert limits_sent(station)[-1] == 9


async def test_a_session_that_ends_by_itself_meanwhile_is_stopped(
    house: House, clock: ManualClock, version: str
) -> None:
    never_falls = Personality(lowest_applied_limit=6)
    async with simulated(house, clock, version, personality=never_falls) as station:
        ours = await proven(house, station, clock)
        stop = asyncio.ensure_future(ours.soft_stop.stop(StopSession(connector_id=1)))
        await clock.advance(3)
        station.unplug(1)
        await clock.advance(1)
        assert (await stop).status is None
        await clock.advance(3)
        assert limits_sent(station)[-1] == 12
        assert house.station().memory.lowered == []


async def test_a_restart_of_the_station_is_soft_and_the_limit_is_back_afterwards(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        took = await run(clock, ours.soft_stop.restart(Restart()))
        assert 0 < took <= 15
        assert station.current_a() == 0
        await clock.advance(60)
        assert limits_sent(station) == [12, 6, 0, 12]
        assert house.station().memory.lowered == []
    (asked,) = house.happened(StopAsked)
    assert asked.softened


@pytest.mark.parametrize("kind", [RestartKind.HARD, RestartKind.SOFT])
async def test_a_hard_restart_and_one_at_once_are_not_delayed(
    house: House, clock: ManualClock, version: str, kind: RestartKind
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        at_once = kind is RestartKind.SOFT
        assert await run(clock, ours.soft_stop.restart(Restart(kind=kind), at_once=at_once)) == 0
        assert limits_sent(station) == [12]
        await clock.advance(60)


async def test_a_limit_lowered_when_we_went_away_is_put_back_when_we_return(
    house: House, clock: ManualClock, version: str
) -> None:
    never_falls = Personality(lowest_applied_limit=6)
    async with simulated(house, clock, version, personality=never_falls) as station:
        ours = await proven(house, station, clock)
        await ours.clear_limit(1)
        await clock.advance(10)
        stop = asyncio.ensure_future(ours.stop_session(1))
        await clock.advance(8)
        assert len(station.profiles) == 1
        stopping = asyncio.ensure_future(house.restart())
        await clock.advance(1)
        await stopping
        with pytest.raises(asyncio.CancelledError):
            await stop
        assert house.station().memory.lowered == [1]
        await clock.advance(90)
        assert house.station().memory.lowered == []
        assert len(station.profiles) == 0


@pytest.mark.parametrize("version", ["1.6"])
async def test_a_session_that_ends_while_the_current_falls_needs_no_stop(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        stop = asyncio.ensure_future(ours.soft_stop.stop(StopSession(connector_id=1)))
        await clock.settle()
        station.unplug(1)
        await clock.advance(2)
        assert (await stop).status is None
        assert sent(station, *STOPS) == []
    assert house.happened(StopAsked) == []


async def test_a_limit_that_is_not_taken_does_not_keep_a_session_from_being_stopped(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        station.overrides["SetChargingProfile"] = {"status": "Rejected"}
        assert await run(clock, ours.stop_session(1)) == 0
        assert len(sent(station, *STOPS)) == 1
    assert house.station().counters["stop_not_softened"] == 1


async def test_a_refused_restart_lets_the_vehicle_charge_on(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        ours = await proven(house, station, clock)
        station.overrides["Reset"] = {"status": "Rejected"}
        restart = ours.soft_stop.restart(Restart(kind=RestartKind.SOFT))
        with pytest.raises(CommandRefusedError):
            await run(clock, restart)
        await clock.advance(15)
        assert station.current_a() == 12
        assert house.station().memory.lowered == []
