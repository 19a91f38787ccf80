"""A central system in a process of its own, to be killed."""

import asyncio
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.support import MemoryInMind, WallClock
from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.model.config import ServerConfig, SiteConfig, StationConfig
from custom_components.chargestead.site import Site


async def _serve(pipe: Connection, database: Path, station_id: str) -> None:
    clock = WallClock()
    ledger = await Ledger.open(f"sqlite:///{database}", clock=clock)
    site = Site(clock=clock, ledger=ledger, memory=MemoryInMind(), config=SiteConfig())
    await site.prepare()
    await site.add_station(StationConfig(station_id=station_id, configure=False))
    await site.start(ServerConfig(port=0, bind_address="127.0.0.1"))
    pipe.send(site.port)
    await asyncio.Event().wait()


def main(pipe: Connection, database: Path, station_id: str) -> None:
    """Serve until killed."""
    asyncio.run(_serve(pipe, database, station_id))
