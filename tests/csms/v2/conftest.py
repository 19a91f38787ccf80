"""A house with one known station, and wires to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_socket

from tests.simulator import ManualClock

from .house import STATION, House, Wire

type Dial = Callable[[], Awaitable[Wire]]


@pytest.fixture(autouse=True)
def _loopback() -> None:
    """Allow sockets to this machine, those of a file included."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at 2026-01-01T00:00Z."""
    return ManualClock()


@pytest.fixture(params=["2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    """Return the version spoken."""
    name: str = request.param
    return name


@pytest.fixture
async def house(clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    """Return a house that listens and knows one station."""
    house = House(clock, tmp_path)
    await house.open()
    await house.know(STATION)
    yield house
    await house.close()


@pytest.fixture
async def dial(house: House, version: str) -> AsyncIterator[Dial]:
    """Return how to dial in; wires are closed, and checked, at the end."""
    wires: list[Wire] = []

    async def make() -> Wire:
        wire = await Wire.dial(house, version)
        wires.append(wire)
        return wire

    yield make
    for wire in wires:
        await wire.close()


@pytest.fixture
async def wire(dial: Dial) -> Wire:
    """Return an open wire."""
    return await dial()


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Allow the heartbeat timer of a web socket that was torn off, which fires once into the void."""
    return True
