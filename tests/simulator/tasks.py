"""Background work that is never lost and never fails unseen."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

from .clock import Clock
from .frames import Signal
from .link import OfflineError


class Tasks:
    """Everything a station does beside everything else."""

    def __init__(self, clock: Clock, signal: Signal) -> None:
        """Begin with nothing to do."""
        self.failures: list[Exception] = []
        self._clock = clock
        self._signal = signal
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[None]:
        """Run something; losing the connection ends it quietly."""
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        self._clock.touch()
        return task

    async def cancel_all(self) -> None:
        """End everything and wait until it has ended."""
        tasks = tuple(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def raise_failures(self) -> None:
        """Raise what has gone wrong so far."""
        if self.failures:
            message = "the simulated station failed"
            raise ExceptionGroup(message, self.failures)

    async def _guarded(self, work: Awaitable[Any]) -> None:
        try:
            await work
        except OfflineError:
            return
        except Exception as error:  # noqa: BLE001
            self.failures.append(error)
            self._signal.notify()
