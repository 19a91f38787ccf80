"""A clock moved by hand, a central system, and stations that are switched off afterwards."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.simulator import ManualClock, SimulatedStation

from .central import TinyCentral

type StationMaker = Callable[..., Awaitable[SimulatedStation]]

MEASURANDS = (
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,"
    "Current.Offered,Power.Offered,SoC,Temperature"
)


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at 2026-01-01T00:00Z."""
    return ManualClock()


@pytest.fixture
async def central(
    clock: ManualClock,
    socket_enabled: None,  # noqa: ARG001
) -> AsyncIterator[TinyCentral]:
    """Return a listening central system."""
    async with TinyCentral(clock) as central:
        yield central


@pytest.fixture
async def make(clock: ManualClock, central: TinyCentral) -> AsyncIterator[StationMaker]:
    """Return a function that makes and starts stations."""
    stations: list[SimulatedStation] = []

    async def make_one(
        *,
        wait: bool = True,
        **options: Any,  # noqa: ANN401
    ) -> SimulatedStation:
        options.setdefault("clock", clock)
        options.setdefault("url", central.url)
        options["configuration"] = {
            "MeterValueSampleInterval": "10",
            "MeterValuesSampledData": MEASURANDS,
        } | options.get("configuration", {})
        station = SimulatedStation(**options)
        stations.append(station)
        return await station.start(wait=wait)

    yield make_one
    for station in stations:
        await station.stop()


@pytest.fixture
async def station(make: StationMaker) -> SimulatedStation:
    """Return a plain station, online and at rest."""
    return await make()
