"""The waiting room: bounded, calm, and nobody's to fill."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from custom_components.chargestead.csms.bounds import Bounds
from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.csms.pending import PendingStations
from custom_components.chargestead.csms.rpc import Call
from custom_components.chargestead.model.config import StationConfig
from custom_components.chargestead.model.events import (
    SessionStarted,
    StationConnected,
    StationPending,
)
from custom_components.chargestead.model.station import OcppVersion, PendingStation, StationIdentity
from tests.simulator import ManualClock

from .wire_fixtures import START, House, assert_no_errors

BOUNDS = Bounds()
BOOT = {"chargePointVendor": "Vendor", "chargePointModel": "Model"}


async def test_a_stranger_is_announced_and_told_to_wait() -> None:
    async with House() as house, house.dial("/NEW") as station:
        answer = await station.ask("BootNotification", BOOT)
        assert answer[2]["status"] == "Pending"
        assert answer[2]["interval"] == 60
        pending = house.central.pending["NEW"]
        assert pending.identity == StationIdentity(vendor="Vendor", model="Model")
        assert (pending.address, pending.version) == ("127.0.0.1", "ocpp1.6")
        assert house.told(StationPending) == 2
        await station.ask("BootNotification", BOOT)
        assert house.told(StationPending) == 2


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("Authorize", {"idTagInfo": {"status": "Invalid"}}),
        ("StatusNotification", {}),
        ("MeterValues", {}),
        ("SecurityEventNotification", {}),
    ],
)
async def test_a_stranger_is_kept_calm(action: str, answer: dict[str, object]) -> None:
    async with House() as house, house.dial("/NEW") as station:
        assert (await station.ask(action))[2] == answer
        assert await station.alive()


@pytest.mark.parametrize(
    "action", ["StartTransaction", "StopTransaction", "DataTransfer", "Unheard"]
)
async def test_what_a_stranger_must_keep_for_later_is_refused_and_nothing_of_it_stays(
    action: str,
) -> None:
    async with House() as house, house.dial("/NEW") as station:
        assert (await station.ask(action, START))[:3] == [4, "q1", "SecurityError"]
        assert house.told(SessionStarted) == 0
        assert house.diagnostics()["pending"] == {"refused_SecurityError": 1}


async def test_a_stranger_sends_garbage_and_answers_to_nobody_without_harm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with House() as house, house.dial("/NEW") as station:
        for garbage in ("hello", "[2]", '[3,"x",{}]', b"\xff", '[2,[[1]],"BootNotification",{}]'):
            await station.say(garbage)
        assert await station.alive()
        assert house.diagnostics()["pending"] == {"frame_malformed": 4, "answer_unexpected": 1}
    assert_no_errors(caplog)


async def test_a_confirmed_stranger_is_served_over_the_socket_it_waits_with() -> None:
    async with House() as house, house.dial("/NEW") as station:
        await station.ask("BootNotification", BOOT)
        known = house.add("NEW")
        assert known.connected
        assert known.state.identity.vendor == "Vendor"
        assert known.memory.identity.vendor == "Vendor"
        assert list(house.central.pending) == []
        assert house.told(StationConnected) == 1
        assert (await station.ask("BootNotification", BOOT))[2]["status"] == "Accepted"
        assert (await station.ask("StartTransaction", START))[0] == 3


async def test_a_stranger_that_gets_a_password_has_to_dial_in_again_and_show_it() -> None:
    async with House() as house:
        station = await house.open("/NEW")
        await station.ask("BootNotification", BOOT)
        known = house.add("NEW", password="right")
        assert not known.connected
        assert await station.gone() == 1013
        assert known.memory.identity.vendor == "Vendor"
        assert await house.refused("/NEW") == 401
        async with house.dial("/NEW", login=("NEW", "right")) as again:
            assert await again.alive()
            assert known.connected


async def test_confirming_a_stranger_that_left_keeps_what_it_said_of_itself() -> None:
    async with House() as house:
        async with house.dial("/NEW") as station:
            await station.ask("BootNotification", BOOT)
        await house.until(lambda: house.diagnostics()["open_sockets"] == 0)
        known = house.add("NEW")
        assert not known.connected
        assert known.state.identity.vendor == "Vendor"


async def test_a_stranger_that_never_said_who_it_is_does_not_erase_what_was_known() -> None:
    async with House() as house, house.dial("/NEW") as station:
        assert await station.alive()
        identity = StationIdentity(vendor="Vendor")
        known = house.central.add(
            StationConfig(station_id="NEW", configure=False),
            Memory(identity=identity, configured_firmware="Vendor||"),
        )
        house.central.adopt(known)
        assert known.memory.identity == identity
        assert known.state.identity == identity


async def test_a_stranger_that_reconnects_replaces_only_itself() -> None:
    async with House() as house:
        old = await house.open("/NEW")
        await old.ask("BootNotification", BOOT)
        first_seen = house.central.pending["NEW"].first_seen
        await house.clock.advance(60)
        async with house.dial("/NEW") as new:
            assert await new.alive()
            assert await old.gone() == 1001
            pending = house.central.pending["NEW"]
            assert (pending.first_seen, pending.identity.vendor) == (first_seen, "Vendor")
            assert pending.last_seen > first_seen
            assert await new.alive()


async def test_the_room_forgets_those_who_left_first() -> None:
    async with House(replace(BOUNDS, pending_stations=3)) as house:
        for number in range(3):
            async with house.dial(f"/NEW{number}") as station:
                assert await station.alive()
            await house.clock.advance(1)
        await house.until(lambda: house.diagnostics()["open_sockets"] == 0)
        async with house.dial("/NEW3") as station:
            assert await station.alive()
            assert list(house.central.pending) == ["NEW1", "NEW2", "NEW3"]


async def test_a_full_room_turns_strangers_away_but_no_station_of_ours() -> None:
    async with House(replace(BOUNDS, pending_stations=3)) as house:
        house.add()
        strangers = [await house.open(f"/NEW{number}") for number in range(3)]
        assert await house.refused("/NEW3") == 503
        assert len(house.central.pending) == 3
        async with house.dial() as station, house.dial("/NEW0") as again:
            assert await station.alive()
            assert await again.alive()
        found = house.diagnostics()
        assert found["server"] == {"pending_full": 1}
        assert found["pending"] == {"pending_full": 1}
        for stranger in strangers:
            await stranger.socket.close()


@pytest.mark.parametrize("ids", ["{}", "x{}", "\U0001f50c{}", "{}" + "y" * 60])
async def test_thousands_of_strangers_grow_nothing(ids: str) -> None:
    async with House(replace(BOUNDS, pending_stations=4)) as house:
        for number in range(100):
            async with house.dial("/" + ids.format(number)) as stranger:
                assert await stranger.alive()
        assert len(house.central.pending) <= 4
        await house.until(lambda: house.diagnostics()["open_sockets"] == 0)
        assert house.central._pending._sockets == set()
        assert house.central._pending._connections == {}


async def test_a_crowd_from_one_address_makes_room_for_a_station_from_another() -> None:
    async with House(replace(BOUNDS, pending_stations=3)) as house:
        crowd = []
        for number in range(3):
            crowd.append(await house.open(f"/CROWD{number}"))
            await house.clock.advance(1)
        async with house.dial("/NEW", local_addr=("127.0.0.2", 0)) as station:
            assert await station.alive()
            assert list(house.central.pending) == ["CROWD0", "CROWD1", "NEW"]
            assert await crowd[2].gone() == 1013
            assert await house.refused("/CROWD3") == 503
            async with house.dial("/NEW2", local_addr=("127.0.0.3", 0)) as other:
                assert await other.alive()
                assert list(house.central.pending) == ["CROWD0", "NEW", "NEW2"]
        assert house.diagnostics()["pending"]["pending_thinned_out"] == 2
        for stranger in crowd:
            await stranger.socket.close()


async def test_a_stranger_that_redials_without_end_cannot_take_the_sockets_of_others() -> None:
    bounds = replace(BOUNDS, pending_stations=2, connections=100, close_s=30)
    async with House(bounds) as house:
        house.add()
        dialled = []
        for _ in range(4):
            stranger = await house.open("/NEW")
            assert await stranger.alive()
            stranger.socket.transport.pause_reading()
            dialled.append(stranger)
        assert house.diagnostics()["open_sockets"] >= 1
        async with house.dial() as station:
            assert await station.alive()
        for stranger in dialled:
            stranger.socket.transport.abort()
        await house.until(lambda: house.diagnostics()["open_sockets"] == 0)


async def test_letters_in_another_case_are_another_stranger() -> None:
    async with House() as house, house.dial("/new") as one, house.dial("/NEW") as other:
        assert await one.alive()
        assert await other.alive()
        assert sorted(house.central.pending) == ["NEW", "new"]


@dataclass(eq=False)
class Socket:
    """What the waiting room asks of a connection."""

    station_id: str
    address: str = "10.0.0.1"
    version: OcppVersion = OcppVersion.V16
    closed: list[str] = field(default_factory=list)

    async def close(self, _: int, reason: str) -> None:
        """Close."""
        self.closed.append(reason)


async def test_sockets_of_strangers_are_bounded_even_while_they_are_being_closed() -> None:
    bounds = replace(BOUNDS, pending_stations=2)
    room = PendingStations(ManualClock(), bounds, lambda _: None)
    sockets = [Socket("NEW") for _ in range(4)]
    for number, socket in enumerate(sockets):
        assert room.has_room("NEW", "10.0.0.1")
        older = room.entered(socket)  # type: ignore[arg-type]
        assert older is (sockets[number - 1] if number else None)
    assert not room.has_room("NEW", "10.0.0.1")
    assert room.counters.as_dict() == {"pending_sockets_full": 1}
    room.left(sockets[0])  # type: ignore[arg-type]
    assert room.has_room("NEW", "10.0.0.1")
    assert room.connections()


async def test_one_that_was_sent_away_is_no_longer_listened_to() -> None:
    announced: list[PendingStation] = []
    room = PendingStations(ManualClock(), replace(BOUNDS, pending_stations=2), announced.append)
    crowd = [Socket("ONE"), Socket("TWO")]
    for socket in crowd:
        room.entered(socket)  # type: ignore[arg-type]
    assert room.has_room("NEW", "10.0.0.9")
    assert list(room.stations) == ["TWO"]
    answer = room.receive(crowd[0], Call("1", "BootNotification", BOOT))  # type: ignore[arg-type]
    assert answer["status"] == "Pending"  # type: ignore[index]
    assert list(room.stations) == ["TWO"]
    assert len(announced) == 2
    await asyncio.sleep(0)
    assert crowd[0].closed == ["no room"]
    assert room.release("GONE") == (None, None)
