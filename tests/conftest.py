"""What all tests share."""

import asyncio
from collections.abc import Callable
import logging
import threading
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
import pytest
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension

# Imported before Home Assistant starts, which would otherwise find another folder of that name first.
import custom_components.chargestead.const  # noqa: F401

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

# Home Assistant's test plugin has every statement and its parameters logged, which takes longer than the statement.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

# How long an example takes tells of the machine, not of what is tested.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Write snapshots the way Home Assistant's own tests do."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Have the event loop refuse what another thread asks of it, and spare the rest of its debug mode.

    The rest, the stack of whoever made a future or a task, takes a third of all time; scripts/soak has it.
    """
    loop = asyncio.get_running_loop()
    thread = threading.get_ident()

    def guarded[**P, R](schedule: Callable[P, R]) -> Callable[P, R]:
        def scheduled(*args: P.args, **options: P.kwargs) -> R:
            if threading.get_ident() != thread:
                raise RuntimeError("Another thread than the event loop's asked something of it")
            return schedule(*args, **options)

        return scheduled

    loop.call_soon = guarded(loop.call_soon)  # type: ignore[method-assign]
    loop.call_at = guarded(loop.call_at)  # type: ignore[method-assign]
