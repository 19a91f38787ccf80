"""How much memory a connected station takes.

Run with `python -m benchmarks.memory`. Five hundred stations dial in from another process, boot, report their
status and send meter values; what this process grew by, divided by five hundred, is what one takes.
"""

import asyncio
import gc
import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path
import tempfile

import aiohttp

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.model.config import ServerConfig, SiteConfig, StationConfig
from custom_components.chargestead.site import Site

from .driver import frame
from .support import MemoryInMind, WallClock

_STATIONS = 500
_BATCH = 50
_BOOT = '[2,"b","BootNotification",{"chargePointVendor":"Bench","chargePointModel":"B1"}]'
_STATUS = '[2,"s","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Charging"}]'
_NO_CONFIGURATION = '[3,"{}",{{"configurationKey":[],"unknownKey":[]}}]'


async def _station(session: aiohttp.ClientSession, url: str, leave: asyncio.Event) -> None:
    async with session.ws_connect(url, protocols=["ocpp1.6"]) as socket:
        for message in (_BOOT, _STATUS, frame(1, 1)):
            await socket.send_str(message)
        answered = 0
        while answered < 3:
            content = (await socket.receive_json())[:2]
            if content[0] == 3:
                answered += 1
            else:
                await socket.send_str(_NO_CONFIGURATION.format(content[1]))
        await leave.wait()


async def _dial(pipe: Connection, port: int) -> None:
    leave = asyncio.Event()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = []
        for first in range(0, _STATIONS, _BATCH):
            tasks += [
                asyncio.create_task(
                    _station(session, f"ws://127.0.0.1:{port}/bench-{number}", leave)
                )
                for number in range(first, first + _BATCH)
            ]
            await asyncio.sleep(0.3)
        await asyncio.sleep(3)
        pipe.send("connected")
        await asyncio.to_thread(pipe.recv)
        leave.set()
        await asyncio.gather(*tasks)


def _main(pipe: Connection, port: int) -> None:
    asyncio.run(_dial(pipe, port))


def _resident_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


async def main() -> None:
    """Print what one connected station takes."""
    with tempfile.TemporaryDirectory() as folder:
        clock = WallClock()
        ledger = await Ledger.open(f"sqlite:///{Path(folder) / 'ledger.db'}", clock=clock)
        site = Site(clock=clock, ledger=ledger, memory=MemoryInMind(), config=SiteConfig())
        await site.start(ServerConfig(port=0, bind_address="127.0.0.1"))
        gc.collect()
        before = _resident_kib()
        for number in range(_STATIONS):
            await site.add_station(StationConfig(station_id=f"bench-{number}"))
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=_main, args=(theirs, site.port)
        )
        process.start()
        await asyncio.to_thread(ours.recv)
        gc.collect()
        connected = sum(station.connected for station in site.stations.values())
        each = (_resident_kib() - before) / _STATIONS
        ours.send("leave")
        await asyncio.to_thread(process.join, 20)
        await site.stop()
        await ledger.close()
    print(f"{connected} stations connected, {each:.0f} KiB each (wanted: at most 200)")


if __name__ == "__main__":
    asyncio.run(main())
