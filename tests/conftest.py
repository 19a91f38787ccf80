"""What all tests share."""

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
import pytest
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension

# Imported before Home Assistant starts, which would otherwise find another folder of that name first.
import custom_components.chargestead.const  # noqa: F401

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


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
def enable_event_loop_debug() -> None:
    """Leave the event loop as it is: that it is watched takes a third of all time; scripts/soak has it watched."""
