"""One car, one meter, three protocols: whatever is spoken, people see the same and pay the same."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_socket

from custom_components.chargestead.model.events import (
    SessionEnded,
    SessionStarted,
    StationBooted,
    StatusChanged,
)
from custom_components.chargestead.model.limit import LimitState
from custom_components.chargestead.model.session import Session, SessionFlag
from custom_components.chargestead.model.station import ConnectorState, ConnectorStatus
from tests.simulator import Car, ManualClock, Personality, SimulatedStation

from .v2.house import STATION, House

VERSIONS = ("1.6", "2.0.1", "2.1")
CARD = "04AABBCC"

type Make = Callable[..., SimulatedStation]


@pytest.fixture(autouse=True)
def _loopback() -> None:
    """Allow sockets to this machine, those of a file included."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Expect the heartbeat of a socket that was cut off, which aiohttp leaves to find out for itself."""
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


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Return the version spoken."""
    name: str = request.param
    return name


@pytest.fixture
async def make(house: House, clock: ManualClock, version: str) -> AsyncIterator[Make]:
    """Return how to build a station; all are switched off at the end."""
    made: list[SimulatedStation] = []

    def build(**options: Any) -> SimulatedStation:  # noqa: ANN401
        station = SimulatedStation(
            url=house.url, station_id=STATION, clock=clock, version=version, **options
        )
        made.append(station)
        return station

    yield build
    for station in made:
        await station.stop()


@pytest.fixture
async def station(make: Make, clock: ManualClock) -> SimulatedStation:
    """Return a plain station that has been got to know."""
    station = await make().start()
    await clock.advance(12)
    return station


def connector(house: House, number: int = 1) -> ConnectorState:
    """Return what entities see of a connector."""
    return house.station().state.connectors[number]


async def last_session(house: House) -> Session:
    """Return the newest session in the ledger."""
    return (await house.sessions())[-1]


async def charge(station: SimulatedStation, clock: ManualClock, seconds: float = 600) -> None:
    """Plug in, present a card and charge for a while."""
    station.plug_in(1, Car())
    station.present_card(1, CARD)
    await clock.advance(seconds)


async def test_a_station_boots_and_is_got_to_know(
    station: SimulatedStation, house: House, version: str
) -> None:
    state = house.station().state
    assert state.version == f"ocpp{version}"
    assert (state.identity.vendor, state.identity.serial_number) == (
        "Simulated Stations",
        "SIM-0001",
    )
    assert len(house.happened(StationBooted)) == 1
    assert connector(house).status is ConnectorStatus.AVAILABLE
    assert state.configuration["MeterValueSampleInterval"].value == "10"
    assert station.configuration.text("MeterValueSampleInterval") == "10"
    assert "Power.Active.Import" in station.configuration.items("MeterValuesSampledData")
    assert "Current.Import" in station.configuration.items("MeterValuesSampledData")


async def test_a_known_station_that_comes_back_is_left_alone(
    station: SimulatedStation, clock: ManualClock
) -> None:
    heard = len(station.inbox)
    for _ in range(2):
        station.reboot(cold=True, off_for=10)
        await clock.advance(60)
    asked = [frame.action for frame in station.inbox[heard:] if frame.kind == 2]
    assert asked == []


async def test_a_session_is_the_same_in_every_version(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    began = station.register_wh()
    station.plug_in(1, Car())
    await clock.advance(5)
    assert connector(house).status is ConnectorStatus.PREPARING
    assert connector(house).plugged_in
    station.present_card(1, CARD)
    await clock.advance(605)
    live = connector(house)
    assert live.status is ConnectorStatus.CHARGING
    assert live.session is not None
    assert live.session.id_token == CARD
    assert live.measurements.power_w == pytest.approx(3 * 230 * 16, rel=0.02)
    assert live.measurements.max_current_a == pytest.approx(16, abs=0.1)
    assert live.measurements.state_of_charge is not None
    station.present_card(1, CARD)
    await clock.advance(5)
    ended = station.register_wh()
    assert connector(house).status is ConnectorStatus.FINISHING
    assert connector(house).measurements.power_w == 0
    assert connector(house).session is None
    station.unplug(1)
    await clock.advance(5)
    assert connector(house).status is ConnectorStatus.AVAILABLE
    session = await last_session(house)
    assert session.energy_mwh == (ended - began) * 1000
    assert session.register_start_mwh == began * 1000
    assert (session.id_token, session.stop_id_token) == (CARD, CARD)
    assert session.stop_reason == "Local"
    assert session.flags == frozenset()
    assert connector(house).register_mwh == ended * 1000
    statuses = [event.status for event in house.happened(StatusChanged)]
    assert statuses == [
        ConnectorStatus.AVAILABLE,
        ConnectorStatus.PREPARING,
        *([ConnectorStatus.SUSPENDED_EVSE] if statuses[2] == "suspended_evse" else []),
        ConnectorStatus.CHARGING,
        ConnectorStatus.FINISHING,
        ConnectorStatus.AVAILABLE,
    ]
    assert len(house.happened(SessionStarted)) == len(house.happened(SessionEnded)) == 1


async def test_a_person_starts_and_stops_from_afar(
    station: SimulatedStation, house: House, clock: ManualClock, version: str
) -> None:
    station.plug_in(1, Car())
    await clock.advance(5)
    await house.station().start_session(1)
    await clock.advance(60)
    session = connector(house).session
    assert session is not None
    assert session.id_token == "CHARGESTEAD"
    assert (session.remote_start_id is not None) is (version != "1.6")
    assert connector(house).status is ConnectorStatus.CHARGING
    await house.station().stop_session(1)
    await clock.advance(5)
    assert connector(house).session is None
    assert (await last_session(house)).stop_reason == "Remote"


async def test_a_limit_is_obeyed_and_seen_to_be(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    await charge(station, clock, 60)
    await house.station().set_limit(1, 10)
    await clock.advance(45)
    assert station.current_a() == pytest.approx(10)
    limit = connector(house).limit
    assert limit is not None
    assert limit.state is LimitState.OBEYED
    assert connector(house).measurements.current_offered_a == 10
    await house.station().clear_limit(1)
    await clock.advance(5)
    assert station.current_a() == pytest.approx(16)


async def test_a_limit_in_force_holds_through_a_restart_of_the_station(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    await house.station().set_limit(1, 8)
    station.profiles.clear()
    station.reboot(cold=True, off_for=10)
    await clock.advance(60)
    await charge(station, clock, 60)
    assert station.current_a() == pytest.approx(8)


async def test_a_pause_holds_charging_back_without_ending_the_session(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    await charge(station, clock, 60)
    before = connector(house).session
    assert before is not None
    await house.station().pause(1)
    await clock.advance(30)
    assert station.current_a() == 0
    assert connector(house).status is ConnectorStatus.SUSPENDED_EVSE
    await house.station().resume(1)
    await clock.advance(60)
    assert station.current_a() > 0
    assert connector(house).status is ConnectorStatus.CHARGING
    after = connector(house).session
    assert after is not None
    assert after.id == before.id


async def test_a_lost_network_in_the_middle_costs_no_energy(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    began = station.register_wh()
    await charge(station, clock, 300)
    station.go_offline()
    await clock.advance(300)
    assert not house.station().connected
    station.go_online()
    await clock.advance(120)
    session = connector(house).session
    assert session is not None
    station.present_card(1, CARD)
    await clock.advance(5)
    session = await last_session(house)
    assert session.energy_mwh == (station.register_wh() - began) * 1000
    assert len(await house.sessions()) == 1
    assert not session.flags - {SessionFlag.OFFLINE}


async def test_a_restart_of_ours_in_the_middle_costs_no_energy(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    began = station.register_wh()
    await charge(station, clock, 300)
    before = connector(house).session
    assert before is not None
    await house.restart()
    await clock.advance(180)
    after = connector(house).session
    assert after is not None
    assert after.id == before.id
    station.present_card(1, CARD)
    await clock.advance(5)
    session = await last_session(house)
    assert session.energy_mwh == (station.register_wh() - began) * 1000
    assert len(await house.sessions()) == 1


async def test_a_whole_session_made_offline_arrives_as_it_was(
    station: SimulatedStation, house: House, clock: ManualClock
) -> None:
    await charge(station, clock, 60)
    station.present_card(1, CARD)
    await clock.advance(5)
    station.unplug(1)
    await clock.advance(5)
    station.go_offline()
    await clock.advance(5)
    began, started_at = station.register_wh(), clock.now()
    await charge(station, clock, 600)
    station.present_card(1, CARD)
    ended_at = clock.now()
    await clock.advance(5)
    station.unplug(1)
    await clock.advance(3600)
    station.go_online()
    await clock.advance(60)
    session = await last_session(house)
    assert len(await house.sessions()) == 2
    assert session.energy_mwh == (station.register_wh() - began) * 1000
    assert (session.started_at, session.ended_at) == (started_at, ended_at)
    assert session.flags == {SessionFlag.OFFLINE}
    assert connector(house).session is None
    assert house.happened(SessionEnded)[-1].replayed


async def test_messages_that_come_twice_count_once(
    make: Make, house: House, clock: ManualClock
) -> None:
    station = await make(personality=Personality(duplicates_transaction_messages=True)).start()
    await clock.advance(12)
    began = station.register_wh()
    await charge(station, clock, 120)
    station.present_card(1, CARD)
    await clock.advance(5)
    (session,) = await house.sessions()
    assert session.energy_mwh == (station.register_wh() - began) * 1000
    assert session.flags == frozenset()
    counters = house.station().counters
    assert counters["start_repeated"] == counters["stop_repeated"] == 1


async def test_a_power_cut_ends_the_session_at_the_register_of_that_moment(
    station: SimulatedStation, make: Make, house: House, clock: ManualClock
) -> None:
    began = station.register_wh()
    await charge(station, clock, 305)
    memory, cut_at = station.remember(), station.register_wh()
    station.go_offline()
    await clock.advance(1)
    await station.stop()
    await clock.advance(600)
    reborn = await make(remembered=memory).start()
    await clock.advance(30)
    (session,) = await house.sessions()
    assert session.energy_mwh == (cut_at - began) * 1000
    assert session.stop_reason == "PowerLoss"
    assert reborn.register_wh() == cut_at


async def test_two_connectors_charge_side_by_side(
    make: Make, house: House, clock: ManualClock
) -> None:
    station = await make(connectors=2).start()
    await clock.advance(12)
    for number in (1, 2):
        station.plug_in(number, Car())
        station.present_card(number, f"CARD{number}")
        await clock.advance(90)
    sessions = {number: connector(house, number).session for number in (1, 2)}
    assert {number: item and item.id_token for number, item in sessions.items()} == {
        1: "CARD1",
        2: "CARD2",
    }
    await house.station().stop_session(2)
    await clock.advance(5)
    assert connector(house, 1).session is not None
    assert connector(house, 2).session is None
    assert connector(house, 2).last_session is not None
