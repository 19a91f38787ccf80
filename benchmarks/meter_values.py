"""How many 9-sample MeterValues a second: ours, the `ocpp` package's ChargePoint loop, and a bare echo.

Run with `python -m benchmarks.meter_values`. All take the same frames from the same client in another process and
answer each. Ours reads, judges, updates the model and hands each reading to the ledger's queue; once more with a
ledger that commits each before its answer goes out, as in a house.

The contenders take turns, and the ratios are medians over the rounds. They compare what a message costs the serving
process in processor time: that of a bare echo is less than a driver can keep up with, and whatever else runs on this
machine slows the clock on the wall, not this one.

First with many messages on their way at once, so that nothing but the work on them counts; then one at a time, each
sent when the one before was answered, which is what a station does (OCPP-J 1.6 section 4.1.1).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
import tempfile
import threading
import time
from typing import Final, override

from aiohttp import WSMsgType, web
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
import orjson
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from custom_components.chargestead.billing.ledger import Fact, Ledger
from custom_components.chargestead.csms.bounds import Bounds
from custom_components.chargestead.model.config import ServerConfig, SiteConfig, StationConfig
from custom_components.chargestead.model.events import Event, SessionStarted
from custom_components.chargestead.model.journal import JournalEntry, JournalPruned
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.site import Site

from .driver import Measured, drive
from .support import MemoryInMind, WallClock

_ROUNDS: Final = 5
_OURS: Final = 20_000
_THEIRS: Final = 1_000
_MANY: Final = 64
_UNHURRIED: Final = Bounds(messages_per_second=1e9, messages_burst=10**9)


class _QueueOnly(Ledger):
    """A ledger that answers do not wait for: the measured way ends at its queue, which is worked off afterwards."""

    @override
    def keep(self, event: Event | Fact | JournalEntry | JournalPruned) -> None:
        super().keep(event)

    def hold_queue(self) -> threading.Event:
        """Let everything wait in the queue until the event is set."""
        release = threading.Event()

        def wait() -> None:
            release.wait()

        self._writer.perform(wait)
        return release


async def ours(window: int = _MANY, *, durable: bool = False) -> Measured:
    """Measure socket, model and ledger queue; with `durable`, answers wait for the commit as they do in a house."""
    with tempfile.TemporaryDirectory() as folder:
        clock = WallClock(datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC))
        kind = Ledger if durable else _QueueOnly
        ledger = await kind.open(f"sqlite:///{Path(folder) / 'ledger.db'}", clock=clock)
        session = Session(
            id="bench", station_id="bench", connector_id=1, transaction_id="1",
            started_at=datetime(2026, 1, 1, tzinfo=UTC), register_start_mwh=1_000_000_000,
        )  # fmt: skip
        kept = Ledger.keep(
            ledger, SessionStarted(station_id="bench", at=session.started_at, session=session)
        )
        if kept is not None:
            await kept
        site = Site(
            clock=clock, ledger=ledger, memory=MemoryInMind(), config=SiteConfig(),
            bounds=_UNHURRIED,
        )  # fmt: skip
        await site.start(ServerConfig(port=0, bind_address="127.0.0.1"))
        station = await site.add_station(StationConfig(station_id="bench"))
        release = ledger.hold_queue() if isinstance(ledger, _QueueOnly) else threading.Event()
        try:
            measured = await drive(f"ws://127.0.0.1:{site.port}/bench", count=_OURS, window=window)
        finally:
            release.set()
        await site.stop()
        await ledger.checkpoint()
        readings = len(await ledger.readings("bench"))
        if readings != _OURS:
            msg = f"{readings} readings kept of {_OURS}: {station.counters.as_dict()}"
            raise RuntimeError(msg)
        await ledger.close()
    return measured


class _TheirChargePoint(ChargePoint):  # type: ignore[misc]
    @on("MeterValues")  # type: ignore[untyped-decorator]
    def on_meter_values(self, **_: object) -> object:
        return call_result.MeterValues()


async def theirs(window: int = _MANY) -> Measured:
    """Measure the `ocpp` package's own loop on its usual server."""

    async def handle(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await _TheirChargePoint("bench", socket).start()

    async with serve(
        handle, "127.0.0.1", 0, subprotocols=[Subprotocol("ocpp1.6")], compression=None
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        return await drive(f"ws://127.0.0.1:{port}/bench", count=_THEIRS, window=window)


async def echo(window: int = _MANY) -> Measured:
    """Measure what aiohttp and orjson cost alone."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("ocpp1.6",), compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                frame = orjson.loads(message.data)
                await socket.send_str(orjson.dumps([3, frame[1], {}]).decode())
        return socket

    application = web.Application()
    application.router.add_get("/bench", handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    measured = await drive(f"ws://127.0.0.1:{port}/bench", count=_OURS, window=window)
    await runner.cleanup()
    return measured


async def main() -> None:
    """Print rates, costs and ratios."""
    started = time.perf_counter()
    contenders: dict[str, Callable[[], Awaitable[Measured]]] = {
        "ours": ours,
        "ours, committed": partial(ours, durable=True),
        "ocpp package": theirs,
        "bare echo": echo,
        "ours, one by one": partial(ours, 1),
        "ocpp package, one by one": partial(theirs, 1),
        "bare echo, one by one": partial(echo, 1),
    }
    measured: dict[str, list[Measured]] = {name: [] for name in contenders}
    for _ in range(_ROUNDS):
        for name, contender in contenders.items():
            measured[name].append(await contender())
    for name, rounds in measured.items():
        rate, cost_us = (
            median(getattr(item, part) for item in rounds) for part in ("rate", "cost_us")
        )
        print(f"{name:>24}: {cost_us:6.1f} us of processor time a message, {rate:7.0f} messages/s")

    def ratio(other: str, name: str) -> float:
        pairs = zip(measured[other], measured[name], strict=True)
        return median(theirs.cost_us / ours.cost_us for theirs, ours in pairs)

    for name, pace in (("ours", ""), ("ours, committed", ""), ("ours, one by one", ", one by one")):
        print(
            f"{name:>24}: {ratio(f'ocpp package{pace}', name):5.1f} times the ocpp package"
            f" and {ratio(f'bare echo{pace}', name):5.2f} of a bare echo"
        )
    print(f"{'wanted':>24}: at least 20 times and 0.40, both to the ledger's queue")
    print(f"took {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    asyncio.run(main())
