"""The clocks."""

import asyncio
from datetime import UTC, datetime, timedelta
import threading
import time
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest

from tests.simulator import ClockStalledError, ManualClock, RealClock


async def test_timers_fire_in_the_order_of_their_times(clock: ManualClock) -> None:
    """Timers fire in the order in which they fall due, each at its own moment."""
    fired: list[tuple[str, float]] = []
    clock.call_later(30, lambda: fired.append(("late", clock.monotonic())))
    clock.call_later(10, lambda: fired.append(("early", clock.monotonic())))
    clock.call_later(10, lambda: fired.append(("second", clock.monotonic())))
    await clock.advance(29)
    assert fired == [("early", 10), ("second", 10)]
    await clock.advance(1)
    assert fired[-1] == ("late", 30)


async def test_a_timer_set_by_a_timer_fires_in_the_same_move(clock: ManualClock) -> None:
    """A chain of timers runs through in one move, each at its own time."""
    seen: list[datetime] = []

    def again() -> None:
        seen.append(clock.now())
        clock.call_later(60, again)

    clock.call_later(60, again)
    await clock.advance(600)
    assert seen == [clock.now() - timedelta(seconds=60 * n) for n in range(9, -1, -1)]


async def test_a_cancelled_timer_never_fires(clock: ManualClock) -> None:
    """Cancelling works, also from an earlier timer at the same instant."""
    fired: list[str] = []
    victim = clock.call_later(10, lambda: fired.append("victim"))
    clock.call_later(5, victim.cancel)
    await clock.advance(20)
    assert fired == []


async def test_sleepers_wake_at_their_time(clock: ManualClock) -> None:
    """A task that sleeps runs on before time moves past its waking."""
    woken: list[float] = []

    async def sleeper() -> None:
        for _ in range(3):
            await clock.sleep(7)
            woken.append(clock.monotonic())

    task = asyncio.create_task(sleeper())
    await clock.advance(21)
    assert woken == [7, 14, 21]
    await task


async def test_time_stands_still_while_somebody_waits_for_the_network(
    clock: ManualClock,
) -> None:
    """A busy mark holds time, until the work in real time is done."""
    seen: list[float] = []

    async def exchange() -> None:
        with clock.busy("exchange"):
            await asyncio.sleep(0.05)
            seen.append(clock.monotonic())

    task = asyncio.create_task(exchange())
    await clock.advance(100)
    assert seen == [0]
    await task


async def test_somebody_who_stays_busy_is_named() -> None:
    """Time that cannot move says who holds it."""
    clock = ManualClock(patience=0.05)
    with clock.busy("the slow one"), pytest.raises(ClockStalledError, match="the slow one"):
        await clock.advance(1)


async def test_somebody_who_stays_busy_is_named_also_where_the_clocks_of_the_machine_are_frozen(
    freezer: FrozenDateTimeFactory,  # noqa: ARG001
) -> None:
    """Or the test would wait for ever."""
    clock = ManualClock(patience=0.05)
    with (
        # Where the event loop's time is frozen too, nobody may sleep.
        patch("tests.simulator.clock.SPIN_POLLS", 1_000_000_000),
        clock.busy("the slow one"),
        pytest.raises(ClockStalledError, match="the slow one"),
    ):
        await clock.advance(1)


async def test_somebody_who_stays_busy_can_be_forgiven() -> None:
    """With forgiveness time goes on without them."""
    clock = ManualClock(forgive_after=0.02)
    with clock.busy("the silent one"):
        await clock.advance(90)
    assert clock.monotonic() == 90


async def test_a_probe_holds_time_too(clock: ManualClock) -> None:
    """Work elsewhere, such as in a thread, can be made known."""
    pending = [1]
    clock.add_probe("writer", lambda: bool(pending))
    asyncio.get_running_loop().call_later(0.05, pending.clear)
    await clock.advance(5)
    assert not pending


async def test_time_stands_still_while_a_thread_works_for_the_loop(clock: ManualClock) -> None:
    """However long a disk takes, it takes no simulated time."""
    began, go_on = threading.Event(), threading.Event()
    seen: list[float] = []

    def work() -> None:
        began.set()
        go_on.wait(10)

    async def read() -> None:
        await asyncio.to_thread(work)
        await asyncio.to_thread(began.wait)
        seen.append(clock.monotonic())

    await clock.settle()
    task = asyncio.create_task(read())
    moving = asyncio.create_task(clock.advance(100))
    await asyncio.to_thread(began.wait, 10)
    assert clock.monotonic() == 0
    go_on.set()
    await moving
    assert seen == [0]
    await task


async def test_advance_until_stops_at_the_first_moment_that_fits(clock: ManualClock) -> None:
    """Time stops where the condition becomes true, and a hopeless one is an error."""
    ticks: list[int] = []

    def tick() -> None:
        ticks.append(1)
        clock.call_later(1, tick)

    clock.call_later(1, tick)
    await clock.advance_until(lambda: len(ticks) == 42)
    assert clock.monotonic() == 42
    with pytest.raises(TimeoutError, match="within 10"):
        await clock.advance_until(lambda: False, within=10)


async def test_time_does_not_run_backwards(clock: ManualClock) -> None:
    """Neither a negative move nor a time of day in the past is obeyed."""
    await clock.advance_to(datetime(2026, 1, 2, tzinfo=UTC))
    with pytest.raises(RuntimeError):
        await clock.advance_to(datetime(2026, 1, 1, tzinfo=UTC))


async def test_a_fast_real_clock_runs_by_its_factor() -> None:
    """Speed applies to reading, sleeping and timers alike."""
    before = time.monotonic()
    clock = RealClock(speed=1000)
    began, began_real = clock.now(), time.monotonic()
    fired = asyncio.Event()
    clock.call_later(20, fired.set)
    await clock.sleep(30)
    ended_real = time.monotonic()
    passed = (clock.now() - began).total_seconds()
    assert ended_real - began_real < 20, "not as long as it says"
    assert fired.is_set()
    assert passed >= 30
    assert (ended_real - began_real) * 1000 <= passed <= (time.monotonic() - before) * 1000
