"""Stations that go away and come back."""

from collections.abc import AsyncIterator
import logging

from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.chargestead.const import DOMAIN

from .entity_fixtures import House, everything_enabled, house_with

pytestmark = pytest.mark.usefixtures("socket_enabled")

KEPT = {
    "binary_sensor": {"connected", "problem"},
    "event": {"card", "maintenance", "session", "station"},
    "number": {"maximum_current"},
    "sensor": {
        "availability_30_days",
        "availability_365_days",
        "condition",
        "contactor_wear",
        "driver",
        "energy",
        "last_fault",
        "first_time_success",
        "last_seen",
        "limit",
        "limit_reason",
        "limit_state",
        "plug_cycles",
        "session_duration",
        "session_energy",
        "session_start",
    },
}


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station and all there is of it."""
    with everything_enabled():
        async with house_with(
            hass,
            Platform.BINARY_SENSOR,
            Platform.BUTTON,
            Platform.EVENT,
            Platform.NUMBER,
            Platform.SENSOR,
            Platform.SWITCH,
        ) as house:
            yield house


def states(house: House) -> dict[tuple[str, str], str]:
    """Return the states of all entities by platform and key."""
    found = {}
    for entry in er.async_entries_for_config_entry(er.async_get(house.hass), house.entry.entry_id):
        state = house.hass.states.get(entry.entity_id)
        assert state is not None
        key = entry.unique_id.removeprefix("GARAGE-1_").partition("_")[2]
        found[entry.domain, key] = state.state
    return found


async def test_only_what_we_keep_ourselves_is_shown_while_the_station_is_away(
    house: House,
) -> None:
    await house.connect()
    assert STATE_UNAVAILABLE not in states(house).values()
    await house.change(connected=False)
    for (platform, key), state in states(house).items():
        assert (state != STATE_UNAVAILABLE) == (key in KEPT.get(platform, set())), (platform, key)
    await house.change(connected=True)
    assert STATE_UNAVAILABLE not in states(house).values()


async def test_there_is_an_entity_for_all_that_can_be_known(house: House) -> None:
    await house.connect()
    assert {
        ("sensor", key)
        for key in (
            "status",
            "power",
            "current",
            "current_l1",
            "current_l2",
            "current_l3",
            "voltage_l1",
            "voltage_l2",
            "voltage_l3",
            "energy",
            "session_energy",
            "session_duration",
            "session_start",
            "current_offered",
            "limit",
            "limit_reason",
            "temperature",
            "state_of_charge",
            "firmware_status",
            "latency",
            "last_seen",
        )
    } | {
        ("binary_sensor", "plugged_in"),
        ("binary_sensor", "charging"),
        ("binary_sensor", "problem"),
        ("binary_sensor", "connected"),
        ("switch", "charging"),
        ("switch", "available"),
        ("number", "maximum_current"),
        ("button", "restart"),
        ("button", "unlock"),
        ("button", "refresh"),
        ("event", "session"),
        ("event", "card"),
        ("event", "station"),
    } <= set(states(house))


async def test_going_and_coming_is_one_line_each_in_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.connect()
    caplog.clear()
    with caplog.at_level(logging.INFO, "custom_components.chargestead"):
        await house.change(connected=False)
        await house.change(latency_s=1)
        await house.change(connected=True)
        await house.change(latency_s=2)
        await house.change_connector(operative=False)
    lines = [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name.startswith(f"custom_components.{DOMAIN}")
    ]
    assert lines == [("INFO", "GARAGE-1 is not connected"), ("INFO", "GARAGE-1 is connected")]


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("start_session", {}),
        ("stop_session", {"transaction_id": "41"}),
        ("pause", {}),
        ("resume", {}),
        ("set_limit", {"current": 10}),
        ("clear_limit", {}),
        ("unlock", {}),
        ("set_availability", {"operative": True}),
        ("restart_station", {}),
        ("trigger_message", {"message": "Heartbeat"}),
    ],
)
async def test_an_action_is_not_swallowed_although_the_entities_are_not_available(
    house: House, action: str, fields: dict[str, object]
) -> None:
    await house.connect()
    await house.change(connected=False)
    with pytest.raises(HomeAssistantError) as error:
        await house.hass.services.async_call(
            DOMAIN, action, {"device_id": house.device_id("GARAGE-1"), **fields}, blocking=True
        )
    assert error.value.translation_key == "station_offline"
