"""A stage for every case."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
import sys

from homeassistant.core import HomeAssistant
import pytest
import pytest_socket

from tests.simulator import ManualClock
from tests.system.house import MORNING, complaints, on_clock, without_fsync

from .scene import Scene, scene_in

type Stage = Callable[..., AbstractAsyncContextManager[Scene]]


@pytest.fixture(autouse=True)
def _loopback() -> None:
    """Allow sockets to this machine."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load ours."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def complaint() -> str | None:
    """Return what the log must complain of, a part of it; a case that goes wrong on purpose has one of its own."""
    return None


@pytest.fixture(autouse=True)
def _nothing_else_to_warn_of(
    caplog: pytest.LogCaptureFixture, complaint: str | None
) -> Iterator[None]:
    """Prove that no case gives the integration anything to warn of but what it is about."""
    yield
    said = complaints(caplog)
    assert len(said) == (complaint is not None), said
    assert all(complaint in text for text in said if complaint is not None)


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give each case a configuration folder, and so a ledger, of its own."""
    return hass_tmp_config_dir


@pytest.fixture
def beginning() -> datetime:
    """Return when a case begins; OpenSSL believes no clock but the machine's, so some begin now."""
    return MORNING


@pytest.fixture
def clock(beginning: datetime) -> Iterator[ManualClock]:
    """Return the clock of the house and of its stations; it stands still until it is moved."""
    clock = ManualClock(beginning)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # so that the spinning loop leaves the ledger's thread its turn
    with on_clock(clock), without_fsync():
        yield clock
    sys.setswitchinterval(interval)


@pytest.fixture
def stage(hass: HomeAssistant, clock: ManualClock) -> Stage:
    """Return what sets the stage for a case that needs something of its own."""
    return partial(scene_in, hass, clock)


@pytest.fixture
async def scene(stage: Stage) -> AsyncIterator[Scene]:
    """Return a house with one station, connected and got to know, that has one connector."""
    async with stage() as scene:
        yield scene
