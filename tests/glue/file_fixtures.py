"""Stations that bring logs and fetch firmware in a hurry, and whoever follows a link."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant
import pytest

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.model.events import Event
from tests.simulator import Personality, SimulatedStation
from tests.simulator.clock import RealClock

from .entity_fixtures import House, house_with

VERSIONS = ("1.6", "2.0.1", "2.1")
PROTOCOLS = ("http", "ftp")
HURRY = 200
"""How many times as fast as life stations go about their files."""


@asynccontextmanager
async def hurried(
    house: House,
    version: str = "1.6",
    *,
    personality: Personality | None = None,
    configuration: Mapping[str, str] | None = None,
    **options: Any,  # noqa: ANN401
) -> AsyncIterator[SimulatedStation]:
    """Let the station GARAGE-1 dial in, which knows its way with files and takes no time over it.

    For answers it waits as long as any: they come as fast as they come.
    """
    station = SimulatedStation(
        url=f"ws://127.0.0.1:{house.port}",
        station_id="GARAGE-1",
        clock=RealClock(speed=HURRY),
        personality=personality,
        version=version,
        configuration={"MessageTimeout": str(30 * HURRY), **(configuration or {})},
        **options,
    )
    async with station:
        await house.settle()
        yield station


async def ask(
    house: House,
    action: str,
    fields: dict[str, Any] | None = None,
    *,
    context: Context | None = None,
) -> dict[str, Any]:
    """Perform an action on the station and return its response."""
    response = await house.hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": house.device_id("GARAGE-1"), **(fields or {})},
        blocking=True,
        return_response=True,
        context=context,
    )
    assert response is not None
    return response


def heard(house: House, *kinds: type[Event]) -> list[Event]:
    """Return a list that fills with what happens at the site, of some kinds."""
    events: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, kinds):
            events.append(event)

    house.entry.runtime_data.site.subscribe(listen)
    return events


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected."""
    async with house_with(hass, Platform.EVENT, Platform.UPDATE) as house:
        yield house
