"""A station in a process of its own that sends as fast as its peer takes it."""

import asyncio
from dataclasses import dataclass
import multiprocessing
from multiprocessing.connection import Connection
import time

import aiohttp


def frame(number: int, transaction_id: int) -> str:
    """Return a MeterValues message with nine samples, a millisecond after the one before."""
    stamp = f"2026-01-01T00:00:{number // 1000:02}.{number % 1000:03}Z"
    samples = ",".join(
        [
            f'{{"value":"{1_000_000 + number // 100}","measurand":"Energy.Active.Import.Register","unit":"Wh"}}',
            '{"value":"11040.5","measurand":"Power.Active.Import","unit":"W"}',
            '{"value":"16.0","measurand":"Current.Offered","unit":"A"}',
            *(
                f'{{"value":"15.{phase}","measurand":"Current.Import","unit":"A","phase":"L{phase}"}}'
                for phase in (1, 2, 3)
            ),
            *(
                f'{{"value":"23{phase}.4","measurand":"Voltage","unit":"V","phase":"L{phase}-N"}}'
                for phase in (1, 2, 3)
            ),
        ]
    )
    return (
        f'[2,"{number}","MeterValues",{{"connectorId":1,"transactionId":{transaction_id},'
        f'"meterValue":[{{"timestamp":"{stamp}","sampledValue":[{samples}]}}]}}]'
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """What serving messages took: messages a second, and processor time of the serving process for each."""

    rate: float
    cost_us: float


async def _drive(url: str, frames: list[str], window: int) -> float:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, protocols=["ocpp1.6"], compress=0) as socket,
    ):
        free = asyncio.Semaphore(window)

        async def read() -> None:
            for _ in frames:
                await socket.receive()
                free.release()

        reader, watch = asyncio.create_task(read()), asyncio.create_task(_stay_awake())
        started = time.perf_counter()
        for frame in frames:
            await free.acquire()
            await socket.send_str(frame)
        await reader
        seconds = time.perf_counter() - started
        watch.cancel()
        return seconds


async def _stay_awake() -> None:
    """Spin, so that no contender pays for waking the driver, which costs more than many a message."""
    while True:  # noqa: ASYNC110 - nothing is waited for
        await asyncio.sleep(0)


def _main(pipe: Connection, url: str, count: int, transaction_id: int, window: int) -> None:
    frames = [frame(number, transaction_id) for number in range(count)]
    pipe.send(None)
    pipe.send(asyncio.run(_drive(url, frames, window)))


async def drive(url: str, *, count: int, transaction_id: int = 1, window: int = 64) -> Measured:
    """Have messages sent from another process to this one, at most `window` of them unanswered."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_main, args=(theirs, url, count, transaction_id, window)
    )
    process.start()
    try:
        await asyncio.to_thread(ours.recv)
        began = time.process_time()
        seconds = await asyncio.to_thread(ours.recv)
        cost = time.process_time() - began
    finally:
        await asyncio.to_thread(process.join, 10)
    return Measured(rate=count / seconds, cost_us=cost / count * 1e6)
