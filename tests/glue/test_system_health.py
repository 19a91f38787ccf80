"""System health."""

from pathlib import Path

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.chargestead.const import CONF_STATION_ID, DOMAIN

from .entity_fixtures import house_with

pytestmark = pytest.mark.usefixtures("socket_enabled")

STATIONS = ({CONF_STATION_ID: "GARAGE-1"}, {CONF_STATION_ID: "YARD"})


def size_of(hass: HomeAssistant) -> int:
    """Return the size of the ledger's file."""
    return Path(hass.config.path("chargestead.db")).stat().st_size


async def test_it_tells_how_many_stations_are_there_and_how_the_ledger_is(
    hass: HomeAssistant,
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    async with house_with(hass, Platform.SENSOR, stations=STATIONS) as house:
        await house.connect()
        info = await get_system_health_info(hass, DOMAIN)
        size = size_of(hass)
        assert info == {
            "port": house.port,
            "stations_known": 2,
            "stations_connected": 1,
            "stations_pending": 0,
            "ocpp_versions": "ocpp1.6",
            "ledger_healthy": True,
            "ledger_queued": 0,
            "ledger_size": f"{size / 2**20:.1f} MiB",
        }


@pytest.mark.parametrize(
    "url", ["postgresql://house@database/chargestead", "sqlite:////nowhere/ledger.db"]
)
async def test_the_size_is_left_out_where_there_is_no_file(hass: HomeAssistant, url: str) -> None:
    assert await async_setup_component(hass, "system_health", {})
    async with house_with(hass, stations=()) as house:
        house.entry.runtime_data.database_url = url
        info = await get_system_health_info(hass, DOMAIN)
        assert "ledger_size" not in info
        assert info["ocpp_versions"] == ""


async def test_without_a_house_there_is_not_much_to_tell(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "system_health", {})
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    assert await get_system_health_info(hass, DOMAIN) == {"stations_known": 0}
