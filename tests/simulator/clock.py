"""Time for simulated stations: real, sped up, or moved by hand."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import heapq
import itertools
import time
from typing import Any, Final, Protocol, override

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
SPIN_POLLS: Final = 300


class TimerHandle(Protocol):
    """A timer that can be called off."""

    def cancel(self) -> None:
        """Never fire."""


class Clock(Protocol):
    """What a simulated station asks of time."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> TimerHandle:
        """Call back once, `delay` seconds from now."""

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""

    def busy(self, label: str) -> AbstractContextManager[None]:
        """Mark a span in which time must not be moved by hand."""

    def touch(self) -> None:
        """Tell that something was sent, received or changed."""


class ClockStalledError(RuntimeError):
    """Somebody stayed busy in real time, so that simulated time could not move."""


class RealClock:
    """The wall clock, optionally running `speed` times as fast."""

    def __init__(self, speed: float = 1.0) -> None:
        """Start at the present."""
        self.speed = speed
        self._started = datetime.now(UTC)
        self._origin = time.monotonic()

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        if self.speed == 1.0:
            return datetime.now(UTC)
        return self._started + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return simulated seconds since the clock was made."""
        return (time.monotonic() - self._origin) * self.speed

    def call_later(self, delay: float, callback: Callable[[], object]) -> TimerHandle:
        """Call back once, `delay` simulated seconds from now."""
        loop = asyncio.get_running_loop()
        return loop.call_later(max(delay, 0) / self.speed, callback)

    async def sleep(self, seconds: float) -> None:
        """Let simulated seconds pass."""
        await asyncio.sleep(max(seconds, 0) / self.speed)

    @contextmanager
    def busy(self, label: str) -> Iterator[None]:  # noqa: ARG002
        """Do nothing: real time waits for nobody."""
        yield

    def touch(self) -> None:
        """Do nothing: real time needs no telling."""


@dataclass(order=True, slots=True)
class _Timer:
    due: float
    number: int
    callback: Callable[[], object] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Never fire."""
        self.cancelled = True


class ManualClock:
    """A clock that stands still until a test moves it.

    Between two timers it lets real loopback sockets come to rest: nobody is busy, no thread
    works for the event loop, and nothing was sent or received for `idle_polls` of its turns.
    Somebody who stays busy for `patience` real seconds is an error, unless `forgive_after` real
    seconds says to go on without them (for a central system that is meant not to answer).
    """

    def __init__(
        self,
        start: datetime = EPOCH,
        *,
        patience: float = 20.0,
        forgive_after: float | None = None,
        idle_polls: int = 12,
    ) -> None:
        """Stand still at `start`."""
        self.patience = patience
        self.forgive_after = forgive_after
        self._start = start
        self._elapsed = 0.0
        self._idle_polls = idle_polls
        self._timers: list[_Timer] = []
        self._numbers = itertools.count()
        self._busy: dict[int, tuple[str, float]] = {}
        self._probes: dict[str, Callable[[], bool]] = {}
        self._watched: asyncio.AbstractEventLoop | None = None
        self._activity = 0
        self._moving = False

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Return simulated seconds since the clock was made."""
        return self._elapsed

    def call_later(self, delay: float, callback: Callable[[], object]) -> TimerHandle:
        """Call back once, when the clock has been moved by `delay` seconds."""
        timer = _Timer(self._elapsed + max(delay, 0.0), next(self._numbers), callback)
        heapq.heappush(self._timers, timer)
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved by `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: _wake(woken))
        try:
            await woken
        finally:
            timer.cancel()

    @contextmanager
    def busy(self, label: str) -> Iterator[None]:
        """Hold simulated time still while the caller waits for the network."""
        number = next(self._numbers)
        self._busy[number] = (label, _real_seconds())
        try:
            yield
        finally:
            del self._busy[number]
            self.touch()

    def add_probe(self, label: str, is_busy: Callable[[], bool]) -> None:
        """Also hold time still while `is_busy()` (a writer thread with work, say)."""
        self._probes[label] = is_busy

    def touch(self) -> None:
        """Tell that something was sent, received or changed."""
        self._activity += 1

    async def advance(self, seconds: float) -> None:
        """Move on by `seconds`, firing every timer that falls due, in order."""
        await self._move(self._elapsed + seconds, None)

    async def advance_to(self, moment: datetime) -> None:
        """Move on to a time of day that is not in the past."""
        await self._move((moment - self._start).total_seconds(), None)

    async def advance_until(
        self, condition: Callable[[], object], *, within: float = 86_400.0
    ) -> None:
        """Move on, timer by timer, until the condition holds.

        Raises TimeoutError when it still does not after `within` simulated seconds.
        """
        if not await self._move(self._elapsed + within, condition):
            message = f"not so within {within:g} simulated seconds"
            raise TimeoutError(message)

    async def settle(self) -> None:
        """Let the sockets come to rest without moving time."""
        self._watch_threads()
        began = quiet_since = _real_seconds()
        polls = quiet = 0
        while quiet < self._idle_polls:
            seen = self._activity
            await asyncio.sleep(0 if polls < SPIN_POLLS else 0.0005)
            polls += 1
            instant = _real_seconds()
            if self._activity != seen:
                quiet = 0
                quiet_since = instant
            elif waiting := self._waiting(instant):
                quiet = 0
                if instant - quiet_since > self.patience:
                    message = f"still busy: {', '.join(waiting)}"
                    raise ClockStalledError(message)
            else:
                quiet += 1
            if instant - began > 3 * self.patience:
                message = "the sockets do not come to rest"
                raise ClockStalledError(message)

    def _watch_threads(self) -> None:
        """Hold time still while a thread does something for the event loop."""
        loop = asyncio.get_running_loop()
        if loop is self._watched:
            return
        self._watched = loop
        running: set[asyncio.Future[Any]] = set()
        run = loop.run_in_executor

        def run_in_executor(*args: Any) -> asyncio.Future[Any]:  # noqa: ANN401
            future: asyncio.Future[Any] = run(*args)
            running.add(future)
            future.add_done_callback(running.discard)
            return future

        loop.run_in_executor = run_in_executor  # type: ignore[method-assign,assignment]
        self.add_probe("a thread", lambda: bool(running))

    def _waiting(self, instant: float) -> list[str]:
        limit = self.forgive_after
        labels = [
            label
            for label, since in self._busy.values()
            if limit is None or instant - since < limit
        ]
        labels.extend(label for label, is_busy in self._probes.items() if is_busy())
        return labels

    async def _move(self, target: float, condition: Callable[[], object] | None) -> bool:
        if self._moving or target < self._elapsed:
            message = "time moves forward, and is moved by one task at a time"
            raise RuntimeError(message)
        self._moving = True
        try:
            while True:
                await self.settle()
                if condition is not None and condition():
                    return True
                if not self._fire_next(target):
                    break
            self._elapsed = target
            return False
        finally:
            self._moving = False

    def _fire_next(self, target: float) -> bool:
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        if not self._timers or self._timers[0].due > target:
            return False
        self._elapsed = self._timers[0].due
        while self._timers and self._timers[0].due <= self._elapsed:
            timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                timer.callback()
        return True

    @override
    def __repr__(self) -> str:
        """Show the time."""
        return f"ManualClock({self.now().isoformat()})"


def _real_seconds() -> float:
    """Return seconds that pass also where a test has frozen the clocks that Python code asks."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
