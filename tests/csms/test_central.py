"""The whole: who may take whose place, and how it starts and ends."""

import asyncio
from dataclasses import replace
import time

import pytest
from websockets.exceptions import InvalidStatus

from custom_components.chargestead.csms.bounds import Bounds
from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.csms.refusal import Refused
from custom_components.chargestead.csms.security.admission import Admission, Approach
from custom_components.chargestead.model.commands import RawCall
from custom_components.chargestead.model.config import StationConfig
from custom_components.chargestead.model.errors import StationOfflineError
from custom_components.chargestead.model.events import StationConnected, StationDisconnected

from .wire_fixtures import START, House, Peer, assert_no_errors

BOUNDS = Bounds()
ELSEWHERE = ("127.0.0.2", 0)


async def answering(house: House, station: Peer) -> asyncio.Task[None]:
    """Read a socket in the background, as the peer of a ping has to."""

    async def read() -> None:
        async for _ in station.socket:
            pass

    await house.until(lambda: house.central.stations["CP1"].connected)
    return asyncio.create_task(read())


async def test_a_stranger_cannot_take_the_place_of_a_station_that_is_alive() -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            reading = await answering(house, station)
            assert await house.refused(local_addr=ELSEWHERE) == 409
            assert known.connection is not None
            assert known.connection.address == "127.0.0.1"
            assert house.told(StationDisconnected) == 0
            reading.cancel()
            assert house.diagnostics()["server"] == {"takeover_refused": 1}


async def test_many_strangers_at_once_cannot_either(caplog: pytest.LogCaptureFixture) -> None:
    async with House(replace(BOUNDS, takeover_probe_s=10)) as house:
        known = house.add()
        async with house.dial() as station:
            reading = await answering(house, station)
            connection = known.connection
            outcomes = await asyncio.gather(
                *(house.open(local_addr=(f"127.0.0.{number}", 0)) for number in range(2, 12)),
                return_exceptions=True,
            )
            assert [type(each) for each in outcomes] == [InvalidStatus] * 10
            assert known.connection is connection
            reading.cancel()
    assert caplog.text.count("while that station is connected") == 10
    warnings = [record for record in caplog.records if "while that station" in record.message]
    assert [record.levelname for record in warnings].count("WARNING") == 1


async def test_a_station_that_moved_takes_the_place_of_its_dead_socket() -> None:
    async with House(replace(BOUNDS, takeover_probe_s=0.05)) as house:
        known = house.add()
        dead = await house.open()
        dead.socket.transport.pause_reading()
        async with house.dial(local_addr=ELSEWHERE) as station:
            assert await station.alive()
            assert known.state.address == "127.0.0.2"
            assert house.told(StationConnected) == 1
        dead.socket.transport.abort()


async def test_a_probe_during_which_the_old_socket_ends_lets_the_station_in() -> None:
    async with House() as house:
        known = house.add()
        dead = await house.open()
        dead.socket.transport.pause_reading()
        dialling = asyncio.create_task(house.open(local_addr=ELSEWHERE))
        connection = known.connection
        assert connection is not None
        await house.until(lambda: connection._awaited_pong is not None)
        dead.socket.transport.abort()
        station = await dialling
        assert await station.alive()
        await station.socket.close()


async def test_a_station_with_its_password_takes_its_place_from_anywhere_at_once() -> None:
    async with House() as house:
        house.add(password="right")
        old = await house.open(login=("CP1", "right"))
        async with house.dial(login=("CP1", "right"), local_addr=ELSEWHERE) as station:
            assert await station.alive()
            assert await old.gone() == 1001


async def test_a_wrong_password_neither_probes_nor_evicts() -> None:
    async with House() as house:
        known = house.add(password="right")
        async with house.dial(login=("CP1", "right")) as station:
            assert await house.refused(login=("CP1", "wrong"), local_addr=ELSEWHERE) == 401
            assert known.connection is not None
            assert known.connection._probe is None
            assert await station.alive()


async def test_the_user_beside_a_password_counts_in_later_versions_only() -> None:
    later = ("ocpp2.0.1",)
    async with House() as house:
        known = house.add(password="right")
        assert await house.refused(login=("CP2", "right"), versions=later) == 401
        assert known.counters["user_wrong"] == 1
        for login, versions in (
            (("cp1", "right"), later),
            (("CP2", "right"), ("ocpp1.6",)),
        ):
            async with house.dial(login=login, versions=versions):
                await house.until(lambda: known.connection is not None)


async def test_an_id_in_another_case_is_the_same_station_to_a_stranger_too() -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            reading = await answering(house, station)
            assert await house.refused("/cp1", local_addr=ELSEWHERE) == 409
            assert known.counters["id_case_differs"] == 1
            assert list(house.central.pending) == []
            reading.cancel()


async def test_a_removed_station_is_hung_up_on_and_a_stranger_from_then_on() -> None:
    async with House() as house:
        known = house.add()
        station = await house.open()
        assert await station.alive()
        await house.central.remove("CP1")
        assert await station.gone() == 1001
        assert not known.connected
        with pytest.raises(StationOfflineError):
            await known.command(RawCall(action="ClearCache", payload={}))
        async with house.dial() as again:
            assert (await again.ask("BootNotification", {}))[2]["status"] == "Pending"
        await house.central.remove("CP1")


async def test_adopting_a_station_twice_keeps_the_socket_that_serves() -> None:
    async with House() as house:
        waiting = await house.open("/NEW")
        assert await waiting.alive()
        known = house.add("NEW")
        serving = known.connection
        house.central.adopt(known)
        assert known.connection is serving
        assert await waiting.alive()
        await waiting.socket.close()


async def test_a_station_that_dialled_in_anew_before_it_was_adopted_keeps_its_newer_socket() -> (
    None
):
    async with House() as house:
        waiting = await house.open("/NEW")
        assert await waiting.alive()
        known = house.central.add(
            StationConfig(station_id="NEW", configure=False), Memory(configured_firmware="||")
        )
        async with house.dial("/NEW") as newer:
            assert await newer.alive()
            serving = known.connection
            assert serving is not None
            house.central.adopt(known)
            assert known.connection is serving
            assert await waiting.gone() == 1013
            assert await newer.alive()


async def test_stopping_hangs_up_on_everybody_and_frees_the_port(
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = House()
    house.add()
    async with house:
        station, stranger = await house.open(), await house.open("/NEW")
        assert await station.alive()
        assert await stranger.alive()
        house.holding = True
        await station.say([2, "s", "StartTransaction", START])
        await house.until(lambda: house.held)
        port = house.central.port
    assert await station.gone() == 1001
    assert await stranger.gone() == 1001
    assert house.told(StationDisconnected) == 1
    assert house.diagnostics()["open_sockets"] == 0
    (await asyncio.start_server(lambda *_: None, "127.0.0.1", port)).close()
    assert_no_errors(caplog)


async def test_peers_that_do_not_answer_hold_no_stop_up() -> None:
    house = House(replace(BOUNDS, close_s=0.1))
    house.add()
    async with house:
        station, stranger = await house.open(), await house.open("/NEW")
        await house.until(lambda: house.diagnostics()["open_sockets"] == 2)
        for peer in (station, stranger):
            peer.socket.transport.pause_reading()
        started = time.monotonic()
        await house.central.stop()
        assert time.monotonic() - started < 5
    for peer in (station, stranger):
        peer.socket.transport.abort()


async def test_a_station_that_dials_in_while_we_stop_is_turned_away() -> None:
    async with House(replace(BOUNDS, takeover_probe_s=0.3, close_s=1)) as house:
        known = house.add()
        present = await house.open()
        present.socket.transport.pause_reading()
        dialling = asyncio.create_task(house.open(local_addr=ELSEWHERE))
        connection = known.connection
        assert connection is not None
        await house.until(lambda: connection._awaited_pong is not None)
        stopping = asyncio.create_task(house.central.stop())
        with pytest.raises(InvalidStatus, match="503"):
            await dialling
        await stopping
        assert not known.connected
        with pytest.raises(OSError):  # noqa: PT011 - which one differs
            await house.open()
        with pytest.raises(Refused, match="stopping"):
            await house.central._admit(Approach(dialled="CP1"))
        present.socket.transport.abort()


async def test_a_stranger_that_took_its_time_over_the_handshake_is_counted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with House(replace(BOUNDS, pending_stations=1)) as house, house.dial("/ONE") as one:
        assert await one.alive()

        async def admit(approach: Approach) -> Admission:
            return Admission(station_id=approach.dialled)

        monkeypatch.setattr(house.central._server, "_admit", admit)
        two = await house.open("/TWO")
        await two.gone()
        assert list(house.central.pending) == ["ONE"]
        assert house.diagnostics()["server"] == {"turned_back": 1}
        assert await one.alive()


async def test_everything_that_was_dropped_can_be_looked_up() -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:
            for text in ("garbage", '[3,"x",{}]', ',[2,"1","Heartbeat",{}]', '[2,"2","Heartbeat"]'):
                await station.say(text)
            assert [(await station.answer())[1] for _ in range(2)] == ["1", "2"]
            await station.ask("Unheard")
            await station.ask("Authorize")
            found = house.diagnostics()
        assert found["port"] == house.central.port
        assert found["open_sockets"] == 1
        assert found["stations"]["CP1"]["connected"] is True
        assert found["stations"]["CP1"]["counters"] == {
            "action_unknown": 1,
            "answer_unexpected": 1,
            "frame_malformed": 1,
            "json_repaired": 1,
            "payload_missing": 1,
            "refused_NotImplemented": 1,
            "refused_OccurenceConstraintViolation": 1,
        }
