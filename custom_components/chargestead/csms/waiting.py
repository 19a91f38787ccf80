"""Waiting for a station to be in some state, for a bounded time."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .station import ChargingStation


async def wait_until(
    station: ChargingStation, condition: Callable[[], bool], seconds: float
) -> bool:
    """Return whether a condition on a station came true, looked at with each change, within so many seconds."""
    if condition() or seconds <= 0:
        return condition()
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end() -> None:
        if not over.done():
            over.set_result(None)

    unsubscribe = station.subscribe(lambda _state: end() if condition() else None)
    timer = station.clock.call_later(seconds, end)
    try:
        await over
    finally:
        unsubscribe()
        timer.cancel()
    return condition()
