"""One socket: answers in order, nothing blocks, nothing is lost silently."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
import gc
import time

import pytest
from websockets.exceptions import ConnectionClosed

from custom_components.chargestead.csms.bounds import Bounds
from custom_components.chargestead.csms.rpc import Call, CallRefusal
from custom_components.chargestead.model.commands import RawCall
from custom_components.chargestead.model.errors import LedgerError, StationOfflineError
from custom_components.chargestead.model.events import StationConnected, StationDisconnected

from .wire_fixtures import PATIENCE_S, START, House, assert_no_errors

BOUNDS = Bounds()


def start(number: int) -> list[object]:
    """Return a start of a transaction unlike any other."""
    return [2, f"s{number}", "StartTransaction", {**START, "meterStart": number}]


async def test_answers_come_in_the_order_of_their_calls_although_some_wait_for_the_ledger() -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:
            house.holding = True
            for number in range(5):
                await station.say(start(number))
                await station.say([2, f"h{number}", "Heartbeat", {}])
                await station.say([2, f"x{number}", "Unheard", {}])
                await station.say(f'[2,"m{number}","Heartbeat",[]]')
            await house.until(lambda: len(house.held) >= 10)
            house.release()
            order = [(await station.answer())[:2] for _ in range(20)]
    assert order == [
        [kind, f"{letter}{number}"]
        for number in range(5)
        for kind, letter in ((3, "s"), (3, "h"), (4, "x"), (4, "m"))
    ]


async def test_a_station_is_read_while_an_answer_waits_for_the_ledger() -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            house.holding = True
            await station.say(start(1))
            command = asyncio.create_task(known.command(RawCall(action="ClearCache", payload={})))
            call = await station.call()
            await station.say([3, call[1], {"status": "Accepted"}])
            assert (await command).status == "Accepted"
            await station.say(
                [2, "2", "StatusNotification", {"connectorId": 1, "status": "Charging"}]
            )
            await house.until(lambda: known.state.connectors[1].status == "charging")
            house.release()
            assert [(await station.answer())[1] for _ in range(2)] == ["s1", "2"]


async def test_a_ledger_that_fails_is_told_to_the_station_and_the_next_message_works(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            house.error = LedgerError("disk full")
            await station.say(start(1))
            assert (await station.answer())[:3] == [4, "s1", "InternalError"]
            house.error = None
            await station.say(start(1))
            assert (await station.answer())[:2] == [3, "s1"]
        assert known.counters["not_kept"] == 1
    assert_no_errors(caplog)


async def test_an_answer_whose_keeping_was_given_up_is_an_error_and_those_behind_it_go_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:
            house.holding = True
            await station.say(start(1))
            await station.say([2, "h", "Heartbeat", {}])
            await house.until(lambda: len(house.held) == 2)
            house.held[-1].cancel()
            assert (await station.answer())[:3] == [4, "s1", "InternalError"]
            assert (await station.answer())[:2] == [3, "h"]
        assert house.diagnostics()["stations"]["CP1"]["counters"]["not_kept"] == 1
    assert_no_errors(caplog)


async def test_a_socket_that_breaks_off_gives_up_nothing_that_others_wait_for_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with House() as house:
        known = house.add()
        station = await house.open()
        house.holding = True
        await station.say(start(1))
        await house.until(lambda: len(house.held) == 2)
        station.socket.transport.abort()
        await house.until(lambda: known.counters["answer_lost"] == 1 and not known.connected)
        assert not any(kept.done() for kept in house.held)
        house.held[0].set_exception(LedgerError("full"))
        house.held[1].set_result(None)
        await house.until(lambda: house.diagnostics()["open_sockets"] == 0)
    assert_no_errors(caplog)


async def test_a_fault_of_ours_is_an_internal_error_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            house.error = ZeroDivisionError()
            await station.say(start(1))
            assert (await station.answer())[:3] == [4, "s1", "InternalError"]
            house.clock = None  # type: ignore[assignment]
            known.clock = None  # type: ignore[assignment]
            assert (await station.ask("Heartbeat"))[2] == "InternalError"
            known.clock = known.around.clock
            assert await station.alive()
        assert known.counters["internal_error"] == 2
    assert caplog.text.count("Unexpected error in") == 2


async def test_an_answer_that_json_cannot_carry_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            monkeypatch.setattr(known, "receive", lambda *_: {"number": 2**70})
            assert (await station.ask("Heartbeat"))[2] == "InternalError"
            monkeypatch.undo()
            assert await station.alive()


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "hello",
        "{}",
        "[2]",
        '[2,"1"',
        '[3,"nobody asked",{}]',
        '[4,"nobody asked","GenericError","",{}]',
        "[7,1,2,3]",
        "[" * 2000 + "]" * 2000,
        "[2," + "[" * 900 + "]" * 900 + ',"Heartbeat",{}]',
        b"\x00\xff\xfe",
        b"\xff" * 5000,
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_garbage_leaves_the_socket_open_and_is_counted(
    garbage: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            await station.say(garbage)
            await station.say([2, "end", "Heartbeat", {}])
            while (answer := await station.answer())[1] != "end":
                assert answer[:3] == [4, "1", "FormationViolation"]
            assert answer[0] == 3
        counted = known.counters.as_dict()
        assert counted.get("frame_malformed", 0) + counted.get("answer_unexpected", 0) == 1
    assert_no_errors(caplog)


async def test_a_cut_off_call_is_refused_by_its_id() -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:
            await station.say('[2,"17","MeterValues",{"connectorId":1,"meterVal')
            assert (await station.answer())[:3] == [4, "17", "FormationViolation"]


async def test_a_binary_frame_counts_like_text() -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:
            await station.say(b'[2,"1","Heartbeat",{}]')
            assert (await station.answer())[:2] == [3, "1"]


async def test_a_repeated_id_is_answered_each_time() -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:
            for _ in range(3):
                await station.say([2, "same", "Heartbeat", {}])
            assert [(await station.answer())[:2] for _ in range(3)] == [[3, "same"]] * 3


async def test_a_message_in_fragments_is_one_message() -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:
            await station.socket.send(['[2,"1",', '"Heartbeat"', ",{}]"])
            assert (await station.answer())[:2] == [3, "1"]


async def test_pings_of_a_station_are_answered_with_what_they_carry() -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:
            async with asyncio.timeout(PATIENCE_S):
                await (await station.socket.ping("content"))
                for _ in range(500):
                    waiter = await station.socket.ping()
                await waiter
            assert await station.alive()


async def test_a_message_larger_than_a_mebibyte_closes_the_socket_and_only_that() -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            most = '[2,"1","DataTransfer",{"vendorId":"V","data":"%s"}]'
            await station.say(most % ("x" * (1024 * 1024 - len(most) + 1)))
            assert (await station.answer())[:2] == [3, "1"]
            await station.say("x" * (1024 * 1024 + 1))
            assert await station.gone() == 1009
        await house.until(lambda: not known.connected)
        assert known.counters["socket_error"] == 1
        async with house.dial() as station:
            assert await station.alive()


async def test_fragments_that_never_end_are_a_message_too_large() -> None:
    async with House() as house:
        house.add()
        async with house.dial() as station:

            def endless() -> Iterator[str]:
                for _ in range(40):
                    yield "x" * 65536

            with suppress(ConnectionClosed):
                await station.socket.send(endless())
            assert await station.gone() == 1009


async def test_a_flood_is_slowed_down_but_loses_nothing() -> None:
    async with House(replace(BOUNDS, messages_burst=16, messages_per_second=100)) as house:
        house.add()
        began = time.monotonic()
        async with house.dial() as station:
            for number in range(64):
                await station.say([2, str(number), "Heartbeat", {}])
            answers = [(await station.answer())[1] for _ in range(64)]
            assert time.monotonic() - began >= (64 - 16 - 16) / 100
        assert answers == [str(number) for number in range(64)]


async def test_large_messages_are_slowed_down_as_many_small_ones_are() -> None:
    async with House(replace(BOUNDS, messages_burst=300, messages_per_second=1000)) as house:
        house.add()
        began = time.monotonic()
        async with house.dial() as station:
            for _ in range(3):
                await station.ask("DataTransfer", {"vendorId": "V", "data": "x" * 1_000_000})
            assert await station.alive()
            assert time.monotonic() - began >= (3 * 1_000_000 / 4096 - 300) / 1000


async def test_a_flood_while_the_ledger_is_stuck_is_held_back_and_loses_nothing() -> None:
    async with House(replace(BOUNDS, unanswered=8)) as house:
        known = house.add()
        async with house.dial() as station:
            house.holding = True
            for number in range(100):
                await station.say(
                    [2, str(number), "StartTransaction", {**START, "meterStart": number}]
                )
            await house.until(lambda: known.counters["backlog_full"])
            started = len(house.sessions)
            assert started == 9
            assert await known.connection.probe(0) is True  # type: ignore[union-attr]
            house.release()
            answers = [(await station.answer())[:2] for _ in range(100)]
        assert answers == [[3, str(number)] for number in range(100)]


async def test_a_new_socket_replaces_the_old_one_whose_end_changes_nothing() -> None:
    async with House() as house:
        known = house.add()
        old = await house.open()
        assert await old.alive()
        async with house.dial() as new:
            assert await new.alive()
            state = known.state
            assert await old.gone() == 1001
            assert await new.alive()
            assert known.connected
            assert known.state.connected_since == state.connected_since
            assert house.told(StationConnected) == 1
            assert house.told(StationDisconnected) == 0
        await house.until(lambda: not known.connected)
        assert house.told(StationDisconnected) == 1


async def test_a_new_socket_serves_before_the_old_one_is_gone() -> None:
    async with House() as house:
        known = house.add()
        old = await house.open()
        old.socket.transport.pause_reading()
        async with house.dial() as new:
            assert await new.alive()
            assert known.connected
            old.socket.transport.resume_reading()
            await old.gone()


async def test_what_the_old_socket_still_says_is_answered_and_counted() -> None:
    async with House() as house:
        known = house.add()
        old = await house.open()
        assert await old.alive()
        first = known.connection
        async with house.dial() as new:
            assert await new.alive()
            assert first is not None
            assert first is not known.connection
            assert "currentTime" in known.receive(first, Call("1", "Heartbeat", {}))  # type: ignore[operator]
            assert known.counters["replaced_socket_spoke"] == 1
        await old.gone()


async def test_a_call_in_flight_fails_at_once_when_its_socket_is_replaced() -> None:
    async with House() as house:
        known = house.add()
        old = await house.open()
        command = asyncio.create_task(known.command(RawCall(action="ClearCache", payload={})))
        call = await old.call()
        async with house.dial() as new:
            with pytest.raises(StationOfflineError):
                await command
            await new.say([3, call[1], {"status": "Accepted"}])
            assert await new.alive()
            assert known.counters["answer_unexpected"] == 1
        await old.gone()


async def test_a_station_that_hangs_up_during_an_answer_leaves_nothing_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with House() as house:
        known = house.add()
        station = await house.open()
        house.holding = True
        for number in range(10):
            await station.say(start(number))
        await house.until(lambda: len(house.held) >= 10)
        station.socket.transport.abort()
        await house.until(lambda: not known.connected)
        house.release()
        async with house.dial() as again:
            await again.say(start(3))
            answer = await again.answer()
            assert answer[:2] == [3, "s3"]
            assert known.counters["start_repeated"] == 1
    assert_no_errors(caplog)


async def test_answers_to_a_socket_that_just_closed_are_counted_as_lost() -> None:
    async with House() as house:
        known = house.add()
        station = await house.open()
        house.holding = True
        await station.say(start(1))
        await station.say([2, "h", "Heartbeat", {}])
        await house.until(lambda: len(house.held) == 2)
        connection = known.connection
        assert connection is not None
        closing = asyncio.create_task(connection.close())
        await asyncio.sleep(0)
        house.release()
        await station.gone()
        await closing
        assert known.counters["answer_lost"] >= 1


async def test_a_peer_that_is_dead_without_a_word_is_noticed() -> None:
    async with House(replace(BOUNDS, ping_interval_s=0.05)) as house:
        known = house.add()
        station = await house.open()
        station.socket.transport.pause_reading()
        await house.until(lambda: not known.connected)
        assert known.counters["peer_silent"] == 1
        station.socket.transport.abort()


async def test_a_peer_that_does_not_read_is_cut_off_and_blocks_nobody(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with House(replace(BOUNDS, ping_interval_s=1)) as house:
        known = house.add()
        house.add("CP2")
        stuck = await house.open()
        stuck.socket.transport.pause_reading()
        monkeypatch.setattr(known, "receive", lambda *_: {"much": "x" * 20_000_000})
        await stuck.say([2, "1", "Heartbeat", {}])
        async with house.dial("/CP2") as station:
            await house.until(lambda: house.diagnostics()["server"].get("peer_stuck"))
            assert await station.alive()
            await house.until(lambda: not known.connected)
            await house.until(lambda: house.diagnostics()["open_sockets"] == 1)
        stuck.socket.transport.abort()
    assert_no_errors(caplog)


async def test_a_refusal_that_takes_its_time_is_a_refusal_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with House() as house:
        known = house.add()

        async def refuse() -> dict[str, object]:
            raise CallRefusal("SecurityError", "no")

        async with house.dial() as station:
            monkeypatch.setattr(known, "receive", lambda *_: refuse())
            assert (await station.ask("Heartbeat"))[2:4] == ["SecurityError", "no"]
            assert known.counters["refused_SecurityError"] == 1


async def test_answers_that_were_never_begun_end_with_their_socket(
    caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    async with House() as house:
        known = house.add()
        station = await house.open()
        house.holding = True
        for number in range(5):
            await station.say([2, str(number), "StopTransaction", {"transactionId": 900 + number}])
        connection = known.connection
        assert connection is not None
        await house.until(lambda: len(connection._answers) == 5)
        await station.socket.close()
        await house.until(lambda: not known.connected)
        assert known.counters["answer_lost"] == 5
        gc.collect()
    assert not [each for each in recwarn if "_stop_unknown" in str(each.message)]
    assert_no_errors(caplog)


async def test_a_socket_that_is_closed_answers_no_probe_and_takes_no_message() -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            assert await station.alive()
            connection = known.connection
            assert connection is not None
        await house.until(lambda: not known.connected)
        assert await connection.probe(1) is False
        await connection._send_quietly("too late")
        assert known.counters["answer_lost"] == 1
        with pytest.raises(StationOfflineError):
            await connection.calls.call("ClearCache", {}, 30)


async def test_stopping_does_not_wait_for_a_peer_that_does_not_read() -> None:
    async with House(replace(BOUNDS, messages_burst=10**9, close_s=0.1)) as house:
        known = house.add()
        stuck = await house.open()
        stuck.socket.transport.pause_reading()
        connection = known.connection
        assert connection is not None
        sending = asyncio.create_task(connection._send("x" * 20_000_000))
        await house.until(lambda: connection._socket._req.protocol.writing_paused)  # type: ignore[union-attr]
        async with asyncio.timeout(1.5):
            await house.central.stop()
        assert known.counters["close_unanswered"] == 1
        await asyncio.wait([sending])
        stuck.socket.transport.abort()
