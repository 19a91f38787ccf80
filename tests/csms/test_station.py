"""The version-neutral station: its commands, what it remembers, and how it ends."""
# ruff: noqa: F401, F811 - fixtures are imported by their names

import asyncio
from dataclasses import replace
import json
import logging

import pytest

from custom_components.chargestead.csms.counters import Counters
from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.model.commands import (
    GetConfiguration,
    SetAvailability,
    SetConfiguration,
    Trigger,
    Unlock,
)
from custom_components.chargestead.model.errors import StationOfflineError, StationTimeoutError
from custom_components.chargestead.model.events import StationConnected, StationDisconnected
from custom_components.chargestead.model.station import (
    ConfigurationValue,
    ConnectorStatus,
    OcppVersion,
    StationIdentity,
    StationState,
)
from tests.simulator import ManualClock, Personality

from .limit_fixtures import STATION, House, asked, clock, expected_lingering_timers, house


async def test_an_accepted_setting_is_shown_and_remembered(house: House) -> None:
    """A known key keeps its flag, a new one is writable."""
    simulated = await house.install()
    station = house.station()
    await station.command(SetConfiguration(key="HeartbeatInterval", value="77"))
    simulated.overrides["ChangeConfiguration"] = {"status": "Accepted"}
    await station.command(SetConfiguration(key="NumberOfConnectors", value="1"))
    await station.command(SetConfiguration(key="New", value="x"))
    shown = station.state.configuration
    assert shown["HeartbeatInterval"] == ConfigurationValue(value="77")
    assert shown["NumberOfConnectors"] == ConfigurationValue(value="1", readonly=True)
    assert shown["New"] == ConfigurationValue(value="x")
    await house.restart()
    assert house.station().state.configuration == shown


@pytest.mark.parametrize("status", ["Accepted", "Scheduled"])
async def test_an_accepted_availability_is_shown_and_remembered(house: House, status: str) -> None:
    """Of the station, of a connector, and of none that does not exist."""
    simulated = await house.install(connectors=2)
    simulated.overrides["ChangeAvailability"] = {"status": status}
    station = house.station()
    await station.command(SetAvailability(operative=False))
    assert not station.state.operative
    await station.command(SetAvailability(connector_id=2, operative=False))
    await station.command(SetAvailability(connector_id=9, operative=False))
    operative = {number: item.operative for number, item in station.state.connectors.items()}
    assert operative == {1: True, 2: False}
    simulated.go_offline()
    await house.restart()
    station = house.station()
    assert not station.state.operative
    assert [item.operative for item in station.state.connectors.values()] == [True, False]
    saves = house.memory.saves
    station.statuses.made_available(2, operative=False)
    assert house.memory.saves == saves
    station.statuses.made_available(2, operative=True)
    assert house.memory.saves == saves + 1
    assert station.state.connectors[2].operative


async def test_the_station_itself_decides_what_becomes_of_its_availability(
    house: House, clock: ManualClock
) -> None:
    """Its status is what counts in the end."""
    simulated = await house.install()
    station = house.station()
    await station.command(SetAvailability(connector_id=1, operative=False))
    await clock.advance(1)
    assert station.state.connectors[1].status is ConnectorStatus.UNAVAILABLE
    assert not station.state.connectors[1].operative
    await station.command(SetAvailability(connector_id=1, operative=True))
    await clock.advance(1)
    assert station.state.connectors[1].status is ConnectorStatus.AVAILABLE
    assert station.state.connectors[1].operative
    assert len(asked(simulated, "ChangeAvailability")) == 2


async def test_a_call_is_given_up_in_time_and_the_next_one_gets_its_turn(
    house: House, clock: ManualClock
) -> None:
    """A silent station is waited for; once it was late, a minute; the others keep their order."""
    simulated = await house.install()
    station = house.station()
    simulated.overrides["UnlockConnector"] = None
    first = asyncio.ensure_future(station.command(Unlock(connector_id=1)))
    second = asyncio.ensure_future(station.command(GetConfiguration(keys=("CpoName",))))
    await clock.advance(29)
    assert not first.done()
    await clock.advance(2)
    with pytest.raises(StationTimeoutError, match="30 s"):
        await first
    assert (await second).answer["configurationKey"]
    assert station.state.latency_s is not None

    late = asyncio.ensure_future(station.command(Unlock(connector_id=1)))
    await clock.advance(31)
    with pytest.raises(StationTimeoutError, match="30 s"):
        await late
    slow = asyncio.ensure_future(station.command(Unlock(connector_id=1)))
    await clock.advance(59)
    assert not slow.done()
    await clock.advance(2)
    with pytest.raises(StationTimeoutError, match="60 s"):
        await slow


async def test_a_station_that_was_late_once_is_waited_for_longer_from_then_on(
    house: House, clock: ManualClock
) -> None:
    """Answers after 45 s are answers, after the first was missed."""
    await house.install(Personality(answer_delay=45))
    await clock.advance(400)
    station = house.station()
    assert station.counters["answer_unexpected"] == 1
    asking = asyncio.ensure_future(station.command(Trigger(message="Heartbeat")))
    await clock.advance(46)
    assert (await asking).status == "Accepted"
    assert station.state.latency_s == 45


async def test_listeners_hear_of_changes_until_they_ask_not_to(
    house: House, clock: ManualClock
) -> None:
    """One call per turn of the loop, however much changed."""
    simulated = await house.install()
    seen: list[StationState] = []
    unsubscribe = house.station().subscribe(seen.append)
    simulated.plug_in(1)
    await clock.advance(1)
    assert [state.connectors[1].status for state in seen][-1] == "preparing"
    unsubscribe()
    unsubscribe()
    heard = len(seen)
    simulated.unplug(1)
    await clock.advance(1)
    assert len(seen) == heard


async def test_settings_are_changed_without_a_disconnect(house: House, clock: ManualClock) -> None:
    """The largest current and the phases hold from the next limit on."""
    simulated = await house.install()
    dials = simulated.link.dials
    station = house.station()
    house.site.update_station(replace(station.config, max_current_a=16, phases=1))
    assert (station.limits.max_current_a, station.limits.phases) == (16, 1)
    await clock.advance(5)
    assert simulated.link.dials == dials
    assert simulated.online


async def test_connecting_and_leaving_are_told_once(house: House, clock: ManualClock) -> None:
    """A replaced socket is no disconnect."""
    simulated = await house.install()
    simulated.go_offline()
    await clock.advance(2)
    simulated.go_online()
    await clock.advance(5)
    told = [
        type(event)
        for event in house.events
        if isinstance(event, StationConnected | StationDisconnected)
    ]
    assert told == [StationConnected, StationDisconnected, StationConnected]


async def test_background_work_that_fails_is_counted_and_harms_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Offline is expected, anything else is logged with its name."""
    await house.install()
    station = house.station()

    async def offline() -> None:
        raise StationOfflineError(STATION)

    async def broken() -> None:
        raise RuntimeError("broken")

    station.spawn(offline(), "one")
    station.spawn(broken(), "another")
    await house.clock.settle()
    assert station.counters["background_offline"] == 1
    assert station.counters["background_failed"] == 1
    (record,) = [item for item in caplog.records if item.levelno == logging.ERROR]
    assert "another" in record.getMessage()
    caplog.clear()


async def test_a_removed_station_is_disconnected_and_its_work_ends(
    house: House, clock: ManualClock
) -> None:
    """A wish that still waits is told that the station is gone."""
    simulated = await house.install()
    station = house.station()
    simulated.overrides["SetChargingProfile"] = None
    wish = asyncio.ensure_future(station.set_limit(1, 8))
    station.spawn(_for_ever(), "for ever")
    await clock.settle()
    await house.site.remove_station(STATION)
    with pytest.raises(StationOfflineError):
        await wish
    assert not station.connected
    assert STATION not in house.site.stations
    await house.site.remove_station(STATION)
    with pytest.raises(StationOfflineError):
        await station.command(Unlock(connector_id=1))
    simulated.go_offline()


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def test_diagnostics_show_counters_and_memory(house: House) -> None:
    """All of it can be written as JSON."""
    await house.install()
    station = house.station()
    await station.set_limit(1, 8)
    shown = json.loads(json.dumps(station.diagnostics()))
    assert shown["connected"] is True
    assert shown["version"] == "ocpp1.6"
    assert shown["memory"]["limits"] == {"1": [8, "user"]}
    assert isinstance(shown["counters"], dict)
    assert station.state.version is OcppVersion.V16


def test_the_memory_reads_what_it_wrote() -> None:
    """Through JSON and back."""
    memory = Memory(
        identity=StationIdentity(vendor="V", firmware_version="1"),
        version="ocpp1.6",
        connectors=2,
        configured_firmware="V||1",
        configuration={"A": ["1", True], "B": [None, False]},
        limits={"1": [0, "paused", 10, "user"]},
        limit_form={"firmware": "V||1"},
        boots_when_asked=True,
        operative={"0": False},
    )
    assert Memory.from_dict(json.loads(json.dumps(memory.as_dict()))) == memory


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"identity": 5, "version": 5, "connectors": "two", "configured_firmware": []},
        {"identity": {"vendor": 5, "nobody": "x"}, "connectors": True},
        {"configuration": [], "limits": None, "operative": "yes", "limit_form": []},
        {"configuration": {"A": 5, "B": ["1"]}, "limits": {"1": 6}, "operative": {"1": "no"}},
        {"boots_when_asked": "yes", "connectors": -4},
        {"unknown": 1},
    ],
)
def test_a_memory_of_another_shape_is_as_good_as_none(content: dict[str, object]) -> None:
    """Nothing in it can break a start."""
    assert Memory.from_dict(content) == Memory()


def test_counters_are_bounded() -> None:
    """Names beyond the bound share one."""
    counters = Counters()
    for number in range(500):
        counters.add(f"name {number}")
    assert len(counters.as_dict()) <= 201
    assert counters["other"] >= 299
