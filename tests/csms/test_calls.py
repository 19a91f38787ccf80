"""Outgoing calls: one in flight, in order, each with its own patience."""

import asyncio
from collections.abc import Awaitable, Callable
import gc
import json
from typing import Any

import pytest

from custom_components.chargestead.csms.calls import OutgoingCalls
from custom_components.chargestead.csms.counters import Counters
from custom_components.chargestead.csms.rpc import CallError, CallResult, Payload
from custom_components.chargestead.model.commands import Command, RawCall
from custom_components.chargestead.model.errors import (
    CallFailedError,
    ChargesteadError,
    NotSupportedByVersionError,
    StationOfflineError,
    StationTimeoutError,
)
from tests.simulator import ManualClock

from .wire_fixtures import House, assert_no_errors


class Wire:
    """Takes what is sent, and fails or blocks when told to."""

    def __init__(self) -> None:
        """Take everything."""
        self.sent: list[list[Any]] = []
        self.broken = False
        self.blocked: asyncio.Event | None = None

    async def send(self, text: str) -> None:
        """Take one message."""
        if self.blocked is not None:
            await self.blocked.wait()
        if self.broken:
            raise ConnectionResetError
        self.sent.append(json.loads(text))


class Bench:
    """Calls on a wire."""

    def __init__(self) -> None:
        """Start with nothing in flight."""
        self.wire = Wire()
        self.clock = ManualClock()
        self.counters = Counters()
        self.calls = OutgoingCalls("CP1", self.wire.send, self.clock, self.counters)

    def call(self, action: str = "ClearCache", seconds: float = 30) -> asyncio.Task[Payload]:
        """Call in the background."""
        return asyncio.create_task(self.calls.call(action, {}, seconds))

    def answer(self, status: str = "Accepted") -> None:
        """Answer what was sent last."""
        self.calls.answered(CallResult(self.wire.sent[-1][1], {"status": status}))

    def actions(self) -> list[str]:
        """Return what was sent."""
        return [frame[2] for frame in self.wire.sent]


@pytest.fixture
def bench() -> Bench:
    """Return a wire with nothing on it."""
    return Bench()


async def test_one_call_is_in_flight_and_the_others_follow_in_order(bench: Bench) -> None:
    tasks = [bench.call(f"Call{number}") for number in range(4)]
    for number in range(4):
        await bench.clock.settle()
        assert bench.actions() == [f"Call{each}" for each in range(number + 1)]
        bench.answer(str(number))
    assert [(await task)["status"] for task in tasks] == ["0", "1", "2", "3"]
    assert len({frame[1] for frame in bench.wire.sent}) == 4


async def test_ids_of_calls_fit_the_36_characters_of_the_specification(bench: Bench) -> None:
    task = bench.call()
    await bench.clock.settle()
    assert len(bench.wire.sent[0][1]) <= 36
    bench.answer()
    await task


async def test_a_station_that_never_answers_gets_its_next_call_after_the_timeout(
    bench: Bench,
) -> None:
    first, second = bench.call("First", 30), bench.call("Second", 60)
    await bench.clock.advance(29)
    assert bench.actions() == ["First"]
    await bench.clock.advance(2)
    assert bench.actions() == ["First", "Second"]
    with pytest.raises(StationTimeoutError, match="did not answer First within 30 s"):
        await first
    bench.answer()
    assert await second == {"status": "Accepted"}


async def test_a_late_answer_is_dropped_and_counted_and_not_taken_for_that_of_the_next(
    bench: Bench,
) -> None:
    first, second = bench.call("First"), bench.call("Second")
    await bench.clock.advance(31)
    late = bench.wire.sent[0][1]
    bench.calls.answered(CallResult(late, {"status": "Rejected"}))
    assert not second.done()
    bench.answer("Accepted")
    assert (await second)["status"] == "Accepted"
    bench.calls.answered(CallError(late, "GenericError", "", {}))
    assert bench.counters.as_dict() == {"answer_unexpected": 2}
    with pytest.raises(StationTimeoutError):
        await first


async def test_an_answer_twice_counts_once(bench: Bench) -> None:
    task = bench.call()
    await bench.clock.settle()
    bench.answer("Accepted")
    bench.answer("Rejected")
    assert (await task)["status"] == "Accepted"


async def test_a_call_error_keeps_what_the_station_said(bench: Bench) -> None:
    task = bench.call()
    await bench.clock.settle()
    bench.calls.answered(CallError(bench.wire.sent[0][1], "NotSupported", "sorry", {"a": 1}))
    with pytest.raises(CallFailedError) as error:
        await task
    assert (error.value.code, error.value.description) == ("NotSupported", "sorry")
    assert error.value.details == {"a": 1}


async def test_the_end_of_the_socket_fails_the_call_in_flight_and_all_that_wait(
    bench: Bench,
) -> None:
    tasks = [bench.call() for _ in range(3)]
    await bench.clock.settle()
    bench.calls.close()
    for task in [*tasks, bench.call()]:
        with pytest.raises(StationOfflineError):
            await task
    assert len(bench.wire.sent) == 1


async def test_a_call_that_is_given_up_makes_room_for_the_next(bench: Bench) -> None:
    first, second, third = bench.call("First"), bench.call("Second"), bench.call("Third")
    await bench.clock.settle()
    second.cancel()
    first.cancel()
    await bench.clock.settle()
    assert bench.actions() == ["First", "Third"]
    bench.calls.answered(CallResult(bench.wire.sent[0][1], {}))
    assert bench.counters["answer_unexpected"] == 1
    bench.answer()
    assert await third == {"status": "Accepted"}


async def test_a_broken_wire_is_a_station_that_is_offline(bench: Bench) -> None:
    bench.wire.broken = True
    with pytest.raises(StationOfflineError):
        await bench.call()
    bench.wire.broken = False
    task = bench.call()
    await bench.clock.settle()
    bench.answer()
    assert await task == {"status": "Accepted"}


@pytest.mark.parametrize("end", [OutgoingCalls.close, None])
async def test_a_wire_that_breaks_after_the_call_was_over_leaves_no_error_behind(
    bench: Bench, end: Callable[[OutgoingCalls], None] | None, caplog: pytest.LogCaptureFixture
) -> None:
    bench.wire.blocked, bench.wire.broken = asyncio.Event(), True
    task = bench.call(seconds=10)
    await bench.clock.settle()
    if end is not None:
        end(bench.calls)
    else:
        await bench.clock.advance(11)
    bench.wire.blocked.set()
    with pytest.raises(ChargesteadError):
        await task
    del task
    gc.collect()
    await bench.clock.settle()
    assert_no_errors(caplog)


@pytest.mark.parametrize("content", [2**70, {1, 2}, object()])
async def test_what_json_cannot_carry_fails_and_holds_nobody_up(
    bench: Bench, content: object
) -> None:
    with pytest.raises(CallFailedError, match="cannot be written as JSON"):
        await bench.calls.call("DataTransfer", {"data": content}, 30)
    task = bench.call()
    await bench.clock.settle()
    bench.answer()
    assert await task == {"status": "Accepted"}


async def test_the_order_of_commands_holds_on_a_real_socket_with_a_station_that_stalls() -> None:
    async with House() as house:
        known = house.add(response_timeout_s=20)

        def command(action: str) -> Awaitable[object]:
            return asyncio.create_task(known.command(RawCall(action=action, payload={})))  # type: ignore[arg-type]

        async with house.dial() as station:
            first, second = command("First"), command("Second")
            unanswered = await station.call()
            assert unanswered[2] == "First"
            timer = asyncio.create_task(house.clock.advance(21))
            call = await station.call()
            assert call[2] == "Second"
            await station.say([3, unanswered[1], {"status": "Late"}])
            await station.say([3, call[1], {"status": "Accepted"}])
            assert (await second).status == "Accepted"  # type: ignore[attr-defined]
            with pytest.raises(StationTimeoutError):
                await first
            await timer
        assert known.counters["answer_unexpected"] == 1


async def test_nobody_can_be_called_who_is_not_there() -> None:
    async with House() as house:
        with pytest.raises(StationOfflineError):
            await house.add().command(RawCall(action="ClearCache", payload={}))


class Unspeakable(Command):
    """A command no version has a message for."""


async def test_a_command_the_version_has_no_message_for_is_refused_before_it_is_sent() -> None:
    async with House() as house:
        known = house.add()
        async with house.dial() as station:
            with pytest.raises(NotSupportedByVersionError, match=r"ocpp1\.6"):
                await known.command(Unspeakable())
            assert await station.alive()
            assert station.calls == []
