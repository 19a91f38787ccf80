"""Sensors."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.chargestead.model.limit import Limit, LimitReason
from custom_components.chargestead.model.reading import Measurements
from custom_components.chargestead.model.station import ConnectorStatus

from .entity_fixtures import NOW, SESSION, House, everything_enabled, house_with

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
def all_enabled() -> Iterator[None]:
    """Enable what is disabled by default."""
    with everything_enabled():
        yield


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected."""
    freezer.move_to(NOW)
    async with house_with(hass, Platform.SENSOR) as house:
        yield house


@pytest.mark.usefixtures("all_enabled")
async def test_sensors_of_a_charging_station(
    house: House, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    await house.connect()
    await snapshot_platform(house.hass, entity_registry, snapshot, house.entry.entry_id)


async def test_what_is_rarely_wanted_is_disabled(
    house: House, entity_registry: er.EntityRegistry
) -> None:
    await house.connect()
    disabled = {
        entry.unique_id.removeprefix("GARAGE-1_")
        for entry in er.async_entries_for_config_entry(entity_registry, house.entry.entry_id)
        if entry.disabled_by
    }
    assert disabled == {
        "0_clock_offset",
        "0_firmware_status",
        "0_last_seen",
        "0_latency",
        "1_availability_365_days",
        "1_current_l1",
        "1_current_l2",
        "1_current_l3",
        "1_power_offered",
        "1_voltage_l1",
        "1_voltage_l2",
        "1_voltage_l3",
    }


@pytest.mark.parametrize("status", list(ConnectorStatus))
async def test_every_status_is_shown(house: House, status: ConnectorStatus) -> None:
    await house.connect()
    await house.change_connector(status=status)
    assert house.state("sensor", "status") == status.value


async def test_a_station_that_leaves_takes_its_live_values_along(house: House) -> None:
    await house.connect()
    await house.change(connected=False)
    for key in ("status", "power", "current", "current_offered", "state_of_charge"):
        assert house.state("sensor", key) == STATE_UNAVAILABLE


async def test_what_we_keep_stays_while_the_station_is_away(house: House) -> None:
    await house.connect()
    await house.change(connected=False)
    assert house.state("sensor", "energy") == "1006.25"
    assert house.state("sensor", "session_energy") == "6.25"
    assert house.state("sensor", "session_duration") == "90"
    assert house.state("sensor", "session_start") == "2026-10-05T16:59:40+00:00"
    assert house.state("sensor", "limit") == "16"


async def test_a_connected_station_that_says_nothing_has_unknown_values(house: House) -> None:
    await house.connect()
    await house.change_connector(measurements=Measurements())
    assert house.state("sensor", "power") == STATE_UNKNOWN
    assert house.state("sensor", "current") == STATE_UNKNOWN


async def test_the_current_is_that_of_the_most_loaded_phase(house: House) -> None:
    await house.connect()
    await house.change_connector(measurements=Measurements(current_a=(5.0, None, 15.9)))
    assert house.state("sensor", "current") == "15.9"


async def test_the_last_session_is_shown_until_the_next(house: House) -> None:
    await house.connect()
    ended = replace(
        SESSION,
        ended_at=SESSION.started_at + timedelta(hours=2),
        register_stop_mwh=1_011_000_000,
    )
    await house.change_connector(session=None, last_session=ended)
    assert house.state("sensor", "session_energy") == "11.0"
    assert house.state("sensor", "session_duration") == "120"


async def test_without_any_session_there_is_none_to_show(house: House) -> None:
    await house.connect()
    await house.change_connector(session=None, last_session=None)
    for key in ("session_energy", "session_duration", "session_start"):
        assert house.state("sensor", key) == STATE_UNKNOWN


async def test_the_duration_goes_on_between_the_messages_of_the_station(
    house: House, freezer: FrozenDateTimeFactory
) -> None:
    await house.connect()
    freezer.tick(timedelta(minutes=5))
    async_fire_time_changed(house.hass)
    await house.settle()
    assert house.state("sensor", "session_duration") == "95"


async def test_a_pause_shows_as_a_limit_of_zero(house: House) -> None:
    await house.connect()
    await house.change_connector(limit=Limit(current_a=0, reason=LimitReason.PAUSED))
    assert house.state("sensor", "limit") == "0"
    assert house.state("sensor", "limit_reason") == "paused"
    assert house.state("sensor", "limit_state") == "pending"


async def test_without_a_limit_of_ours_none_is_shown(house: House) -> None:
    await house.connect()
    await house.change_connector(limit=None)
    assert house.state("sensor", "limit") == STATE_UNKNOWN
    assert house.state("sensor", "limit_reason") == "none"


async def test_state_of_charge_appears_with_the_first_vehicle_that_tells(
    house: House, entity_registry: er.EntityRegistry
) -> None:
    await house.change(connected=True)
    await house.change_connector(status=ConnectorStatus.CHARGING)
    unique_id = "GARAGE-1_1_state_of_charge"
    assert entity_registry.async_get_entity_id("sensor", "chargestead", unique_id) is None
    await house.change_connector(measurements=Measurements(state_of_charge=12))
    assert house.state("sensor", "state_of_charge") == "12"


async def test_state_of_charge_once_known_is_there_after_a_restart(house: House) -> None:
    await house.connect()
    await house.hass.config_entries.async_reload(house.entry.entry_id)
    await house.change(connected=True)
    await house.change_connector(status=ConnectorStatus.AVAILABLE)
    assert house.state("sensor", "state_of_charge") == STATE_UNKNOWN


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("reported", "shown"),
    [
        ("Installed", "installed"),
        ("DownloadFailed", "download_failed"),
        ("InstallVerificationFailed", "install_verification_failed"),
        ("Dancing", STATE_UNKNOWN),
        (None, STATE_UNKNOWN),
    ],
)
async def test_the_firmware_status_is_one_of_the_known_or_unknown(
    house: House, reported: str | None, shown: str
) -> None:
    await house.connect()
    await house.change(firmware_status=reported)
    assert house.state("sensor", "firmware_status", 0) == shown
