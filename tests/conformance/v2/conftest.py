"""The stage for stations of OCPP 2.0.1."""

from functools import partial

from homeassistant.core import HomeAssistant
import pytest

from tests.conformance.conftest import Stage
from tests.conformance.scene import scene_in
from tests.simulator import ManualClock


@pytest.fixture
def stage(hass: HomeAssistant, clock: ManualClock) -> Stage:
    """Return what sets the stage for a station that speaks 2.0.1."""
    return partial(scene_in, hass, clock, version="2.0.1")
