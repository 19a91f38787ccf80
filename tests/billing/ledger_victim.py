"""A process that keeps events at full speed and says which are kept, until somebody kills it.

It reads "url round" lines and answers each in a child of its own: "pid N", then "kept N" for each event that the ledger
says is kept, and, once the child is gone, "over". Forking spares the time it takes to import everything.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
import os
import sys

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.billing.ledger.store import KeptEvent

from .stories import (
    ManualClock,
    ended,
    make_session,
    metered,
    reading,
    tell_end,
    tell_start,
    tell_update,
)

READINGS = 6
IN_FLIGHT = 64


def story(number: int) -> Iterator[tuple[int, KeptEvent]]:
    """Tell sessions of one round without end, each event with its number."""
    count = 0
    while True:
        session = make_session(
            count, id=f"{number}-{count}", station_id=f"CP-{number}", transaction_id=str(count + 1)
        )
        first = 60 * count
        yield count, tell_start(session)
        for step in range(1, READINGS + 1):
            second = first + step
            going = metered(session, second, second)
            signed = "x" * (200 * step)
            yield count + step, tell_update(going, [reading(second, second, signed=signed)])
        yield count + READINGS + 1, tell_end(ended(session, first + 50, first + 50))
        count += READINGS + 2


async def run(url: str, number: int) -> None:
    """Keep the story of a round, never more than a few events ahead of the disk."""
    ledger = await Ledger.open(url, clock=ManualClock())
    room = asyncio.Semaphore(IN_FLIGHT)

    def kept(event_number: int, future: asyncio.Future[None]) -> None:
        error = future.exception()
        if error is not None:
            # Nobody would ever hear of another event; whoever counts them is told by the end.
            os.write(2, f"event {event_number}: {error!r}\n".encode())
            os._exit(1)
        os.write(1, b"kept %d\n" % event_number)
        room.release()

    for event_number, event in story(number):
        await room.acquire()
        future = ledger.keep(event)
        if future is None:
            raise TypeError(event)
        future.add_done_callback(partial(kept, event_number))


def main() -> None:
    """Fork a child for every line that comes in."""
    for line in sys.stdin:
        url, number = line.split()
        child = os.fork()
        if child == 0:
            asyncio.run(run(url, int(number)))
            os._exit(1)
        os.write(1, b"pid %d\n" % child)
        os.waitpid(child, 0)
        os.write(1, b"over\n")
