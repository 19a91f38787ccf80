"""Loopback for whole systems, and a house in Home Assistant."""

from collections.abc import AsyncIterator, Iterator
import sys

from homeassistant.core import HomeAssistant
import pytest
import pytest_socket

from tests.simulator import ManualClock, SimulatedStation

from .house import MORNING, House, complaints, house_in, on_clock, without_fsync


@pytest.fixture(autouse=True)
def _loopback() -> None:
    """Allow sockets to this machine, those of a file included."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load ours; a recorder has to be there before Home Assistant is."""
    if "hass" not in request.fixturenames:
        return
    if "recorder_mock" in request.fixturenames:
        request.getfixturevalue("recorder_mock")
    request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give each test a configuration folder, and so a ledger, of its own."""
    return hass_tmp_config_dir


@pytest.fixture
def clock() -> Iterator[ManualClock]:
    """Return the clock of the house and of its stations; it stands still until it is moved."""
    clock = ManualClock(MORNING)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(
        1e-4
    )  # the loop spins while it waits, and would starve the ledger's thread
    with on_clock(clock), without_fsync():
        yield clock
    sys.setswitchinterval(interval)


@pytest.fixture
async def house(hass: HomeAssistant, clock: ManualClock) -> AsyncIterator[House]:
    """Return a house with one station, GARAGE-1, which has not dialled in yet."""
    async with house_in(hass, clock) as house:
        yield house


@pytest.fixture
async def garage(house: House) -> AsyncIterator[SimulatedStation]:
    """Return the station GARAGE-1, connected and got to know."""
    async with house.simulated() as station:
        await house.pass_time(20)
        yield station


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Prove that the integration had nothing to warn of."""
    yield
    assert complaints(caplog) == []
