"""Actions, over a real socket: what is asked, what goes on the wire, what comes back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
import math
from typing import Any

from homeassistant.auth.models import User
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
    UnknownUser,
)
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.helpers.translation import async_get_translations
import pytest
import voluptuous as vol

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.model.limit import LimitReason
from custom_components.chargestead.services import ACTIONS, ENTRY_ACTIONS, StationAction
from tests.simulator import Personality, SimulatedStation

from .entity_fixtures import House, dialled_in, house_with, received

pytestmark = pytest.mark.usefixtures("socket_enabled")

PROFILE = {
    "chargingProfileId": 7,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.5}],
    },
}

MONITOR = {"variable": "EVSE@1.Power", "type": "delta", "value": 100, "severity": 5}
NETWORK = {"slot": 1, "url": "ws://house/", "security_profile": 1, "interface": "Wired0"}


ABOUT_WHAT_IS_OFFERED = {"install_firmware", "offer_firmware", "withdraw_firmware"}
"""What asks nothing of the station, or only when something is offered to it; see test_firmware."""


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected."""
    async with house_with(hass, Platform.SWITCH) as house:
        yield house


async def ask(
    house: House,
    action: str,
    fields: dict[str, Any] | None = None,
    *,
    device: tuple[str | int, ...] = ("GARAGE-1",),
    context: Context | None = None,
) -> dict[str, Any]:
    """Perform an action on a device and return its response."""
    response = await house.hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": house.device_id(*device), **(fields or {})},
        blocking=True,
        return_response=True,
        context=context,
    )
    assert response is not None
    return response


async def start_charging(house: House, station: SimulatedStation) -> None:
    """Let a session begin at the first connector."""
    station.present_card(1, "CARD-7")
    await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
    await house.settle()


@pytest.mark.parametrize(
    ("action", "fields", "request_name", "payload"),
    [
        pytest.param(
            "start_session",
            {},
            "RemoteStartTransaction",
            {"idTag": "CHARGESTEAD", "connectorId": 1},
            id="start",
        ),
        pytest.param(
            "start_session",
            {"id_token": "ANYBODY", "connector_id": 99, "charging_profile": PROFILE},
            "RemoteStartTransaction",
            {"idTag": "ANYBODY", "connectorId": 99, "chargingProfile": PROFILE},
            id="start with everything",
        ),
        pytest.param(
            "start_session",
            {"id_token": 4711, "connector_id": None, "charging_profile": None},
            "RemoteStartTransaction",
            {"idTag": "4711"},
            id="start with nulls",
        ),
        pytest.param(
            "stop_session",
            {"transaction_id": 99999},
            "RemoteStopTransaction",
            {"transactionId": 99999},
            id="stop any transaction",
        ),
        pytest.param("unlock", {}, "UnlockConnector", {"connectorId": 1}, id="unlock"),
        pytest.param(
            "unlock", {"connector_id": 99}, "UnlockConnector", {"connectorId": 99}, id="unlock 99"
        ),
        pytest.param(
            "set_availability",
            {"operative": False},
            "ChangeAvailability",
            {"connectorId": 0, "type": "Inoperative"},
            id="whole station out of service",
        ),
        pytest.param(
            "set_availability",
            {"operative": True, "connector_id": 5},
            "ChangeAvailability",
            {"connectorId": 5, "type": "Operative"},
            id="any connector in service",
        ),
        pytest.param("restart_station", {}, "Reset", {"type": "Soft"}, id="restart"),
        pytest.param(
            "restart_station",
            {"kind": None, "evse_id": None},
            "Reset",
            {"type": "Soft"},
            id="restart with nulls",
        ),
        pytest.param("restart_station", {"kind": "hard"}, "Reset", {"type": "Hard"}, id="hard"),
        pytest.param(
            "trigger_message",
            {"message": "Heartbeat"},
            "TriggerMessage",
            {"requestedMessage": "Heartbeat"},
            id="trigger",
        ),
        pytest.param(
            "trigger_message",
            {"message": "StatusNotification", "connector_id": 0},
            "TriggerMessage",
            {"requestedMessage": "StatusNotification", "connectorId": 0},
            id="trigger on 0",
        ),
        pytest.param(
            "trigger_message",
            {"message": "Heartbeat", "connector_id": None, "extended": None},
            "TriggerMessage",
            {"requestedMessage": "Heartbeat"},
            id="trigger with nulls",
        ),
        pytest.param(
            "trigger_message",
            {"message": "LogStatusNotification", "extended": True},
            "ExtendedTriggerMessage",
            {"requestedMessage": "LogStatusNotification"},
            id="extended trigger",
        ),
        pytest.param(
            "get_configuration",
            {"keys": ["HeartbeatInterval", "Nonsense"]},
            "GetConfiguration",
            {"key": ["HeartbeatInterval", "Nonsense"]},
            id="some of the configuration",
        ),
        pytest.param(
            "get_configuration", {"keys": None}, "GetConfiguration", {}, id="all configuration"
        ),
        pytest.param(
            "set_configuration",
            {"key": "LocalPreAuthorize", "value": True},
            "ChangeConfiguration",
            {"key": "LocalPreAuthorize", "value": "true"},
            id="a truth in the configuration",
        ),
        pytest.param(
            "set_configuration",
            {"key": "MeterValuesAlignedData", "value": ["Voltage", "SoC"]},
            "ChangeConfiguration",
            {"key": "MeterValuesAlignedData", "value": "Voltage,SoC"},
            id="a list in the configuration",
        ),
        pytest.param(
            "set_charging_profile",
            {"charging_profile": PROFILE},
            "SetChargingProfile",
            {"connectorId": 0, "csChargingProfiles": PROFILE},
            id="profile",
        ),
        pytest.param(
            "set_charging_profile",
            {
                "connector_id": 1,
                "charging_profile": PROFILE
                | {
                    "transactionId": None,
                    "validFrom": datetime(2026, 10, 5, 20, 30, tzinfo=UTC),
                    "validTo": "2026-12-24T18:00:00Z",
                },
            },
            "SetChargingProfile",
            {
                "connectorId": 1,
                "csChargingProfiles": PROFILE
                | {"validFrom": "2026-10-05T20:30:00Z", "validTo": "2026-12-24T18:00:00Z"},
            },
            id="profile with instants and nulls",
        ),
        pytest.param(
            "get_composite_schedule",
            {"duration": 3600, "charging_rate_unit": "W", "connector_id": 1},
            "GetCompositeSchedule",
            {"connectorId": 1, "duration": 3600, "chargingRateUnit": "W"},
            id="composite schedule",
        ),
        pytest.param("clear_cache", {}, "ClearCache", {}, id="cache"),
    ],
)
async def test_an_action_says_what_ocpp_can_say(
    house: House,
    action: str,
    fields: dict[str, Any],
    request_name: str,
    payload: dict[str, Any],
) -> None:
    async with dialled_in(house) as station:
        for name in ("RemoteStartTransaction", "Reset", "RemoteStopTransaction"):
            station.overrides[name] = {"status": "Accepted"}
        for name in ("UnlockConnector",):
            station.overrides[name] = {"status": "Unlocked"}
        station.overrides["ChangeAvailability"] = {"status": "Accepted"}
        asked_before = len(received(station, request_name))
        response = await ask(house, action, fields)
        assert received(station, request_name)[asked_before:] == [payload]
        answer = station.frames.find(request_name, sent=True)[-1].payload
        assert (response["status"], response["answer"]) == (answer.get("status"), answer)


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        ({}, {}),
        (
            {"profile_id": None, "purpose": None, "stack_level": None, "connector_id": None},
            {},
        ),
        ({"profile_id": -3}, {"id": -3}),
        (
            {"connector_id": 0, "purpose": "TxDefaultProfile", "stack_level": 2},
            {
                "connectorId": 0,
                "chargingProfilePurpose": "TxDefaultProfile",
                "stackLevel": 2,
            },
        ),
    ],
)
async def test_charging_profiles_are_cleared_by_any_criteria(
    house: House, fields: dict[str, Any], payload: dict[str, Any]
) -> None:
    async with dialled_in(house) as station:
        station.overrides["ClearChargingProfile"] = {"status": "Accepted"}
        response = await ask(house, "clear_charging_profile", fields)
        assert received(station, "ClearChargingProfile") == [payload]
        assert response["status"] == "Accepted"


@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        ({"vendor_id": "acme"}, {"vendorId": "acme"}),
        (
            {"vendor_id": "acme", "message_id": "led", "data": "off"},
            {"vendorId": "acme", "messageId": "led", "data": "off"},
        ),
        (
            {"vendor_id": "acme", "message_id": None, "data": None},
            {"vendorId": "acme"},
        ),
    ],
)
async def test_vendor_data_is_transferred_with_what_is_given(
    house: House, fields: dict[str, Any], payload: dict[str, Any]
) -> None:
    async with dialled_in(house) as station:
        station.overrides["DataTransfer"] = {"status": "Accepted", "data": "done"}
        response = await ask(house, "data_transfer", fields)
        assert received(station, "DataTransfer") == [payload]
        assert response == {
            "status": "Accepted",
            "answer": {"status": "Accepted", "data": "done"},
        }


async def test_any_request_can_be_called_and_its_answer_is_never_judged(house: House) -> None:
    async with dialled_in(house) as station:
        station.overrides["CancelReservation"] = {"status": "Rejected"}
        response = await ask(
            house,
            "call",
            {
                "action": "CancelReservation",
                "payload": {
                    "reservationId": 5,
                    "until": date(2026, 10, 5),
                    "nothing": None,
                    "list": [1, None, {"a": None}],
                },
            },
        )
        (payload,) = received(station, "CancelReservation")
        assert payload["reservationId"] == 5
        assert payload["until"].startswith("2026-10-0")
        assert payload["until"].endswith("Z")
        assert payload["list"] == [1, {}]
        assert "nothing" not in payload
        assert response == {"status": "Rejected", "answer": {"status": "Rejected"}}


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("call", {"action": "ClearCache", "payload": {"type": {1, 2}}}),
        ("call", {"action": "ClearCache", "payload": [1]}),
        ("call", {"action": "ClearCache", "payload": {"limit": math.nan}}),
        ("data_transfer", {"vendor_id": "acme", "data": {"when": object()}}),
        ("set_limit", {"current": math.inf}),
        ("set_limit", {"current": "much"}),
    ],
)
async def test_what_json_cannot_carry_is_not_sent(
    house: House, action: str, fields: dict[str, Any]
) -> None:
    async with dialled_in(house) as station:
        said = station.frames.total
        with pytest.raises(vol.Invalid):
            await ask(house, action, fields)
        assert station.frames.total == said


async def test_frames_are_compact(house: House) -> None:
    async with dialled_in(house) as station:
        await ask(house, "call", {"action": "ClearCache", "payload": {}})
        (frame,) = station.frames.find("ClearCache", sent=False)
        assert frame.text.endswith(',"ClearCache",{}]')


async def test_a_session_is_started_paused_resumed_and_stopped(house: House) -> None:
    async with dialled_in(house) as station:
        await ask(house, "start_session", {"id_token": "CARD-7"})
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        await house.settle()

        await ask(house, "pause")
        await station.wait_for(lambda: station.offered_a() == 0)
        assert received(station, "RemoteStopTransaction") == []
        limit = house.station().state.connectors[1].limit
        assert limit is not None
        assert limit.reason is LimitReason.PAUSED

        await ask(house, "resume")
        await station.wait_for(lambda: station.offered_a() > 0)

        await ask(house, "stop_session")
        await station.wait_for(lambda: station.status() == "Finishing")


async def test_a_limit_is_set_and_cleared(house: House) -> None:
    async with dialled_in(house) as station:
        await start_charging(house, station)
        response = await ask(house, "set_limit", {"current": 8.5})
        assert response["status"] == "accepted"
        await station.wait_for(lambda: station.offered_a() == pytest.approx(8.5))
        await ask(house, "clear_limit")
        await station.wait_for(lambda: station.offered_a() > 8.5)
        assert house.station().state.connectors[1].limit is None


async def test_the_device_of_a_connector_implies_its_number(house: House) -> None:
    async with dialled_in(house, connectors=2) as station:
        station.overrides["UnlockConnector"] = {"status": "Unlocked"}
        station.overrides["ChangeAvailability"] = {"status": "Accepted"}
        await ask(house, "unlock", device=("GARAGE-1", 2))
        await ask(house, "unlock", {"connector_id": 1}, device=("GARAGE-1", 2))
        assert received(station, "UnlockConnector") == [{"connectorId": 2}, {"connectorId": 1}]
        await ask(house, "set_availability", {"operative": True}, device=("GARAGE-1", 2))
        assert received(station, "ChangeAvailability") == [{"connectorId": 2, "type": "Operative"}]
        trigger = {"message": "MeterValues"}
        await ask(house, "trigger_message", trigger, device=("GARAGE-1", 2))
        await ask(
            house, "trigger_message", trigger | {"connector_id": None}, device=("GARAGE-1", 2)
        )
        assert received(station, "TriggerMessage") == [
            {"requestedMessage": "MeterValues", "connectorId": 2},
            {"requestedMessage": "MeterValues"},
        ]


@pytest.mark.parametrize("action", ["unlock", "pause", "resume", "clear_limit"])
async def test_one_of_several_connectors_has_to_be_chosen(house: House, action: str) -> None:
    async with dialled_in(house, connectors=2):
        with pytest.raises(ServiceValidationError) as error:
            await ask(house, action)
        assert error.value.translation_key == "connector_needed"
        assert error.value.translation_placeholders == {"station": "Garage"}


async def test_a_session_can_be_started_without_naming_one_of_several_connectors(
    house: House,
) -> None:
    async with dialled_in(house, connectors=2) as station:
        station.overrides["RemoteStartTransaction"] = {"status": "Accepted"}
        await ask(house, "start_session", {"id_token": "CARD-7"})
        assert received(station, "RemoteStartTransaction") == [{"idTag": "CARD-7"}]


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("start_session", {}),
        ("stop_session", {"transaction_id": "5"}),
        ("pause", {}),
        ("resume", {}),
        ("set_limit", {"current": 10}),
        ("clear_limit", {}),
        ("unlock", {}),
        ("set_availability", {"operative": True}),
        ("restart_station", {}),
        ("trigger_message", {"message": "Heartbeat"}),
        ("get_configuration", {}),
        ("set_configuration", {"key": "a", "value": "b"}),
        ("set_charging_profile", {"charging_profile": PROFILE}),
        ("clear_charging_profile", {}),
        ("get_charging_profiles", {}),
        ("get_composite_schedule", {"duration": 60}),
        ("data_transfer", {"vendor_id": "acme"}),
        ("clear_cache", {}),
        ("call", {"action": "Heartbeat"}),
        ("reserve", {"id_token": "CARD-7", "expires_at": "2036-01-01T12:00:00Z"}),
        ("cancel_reservation", {"reservation_id": 1}),
        ("update_firmware", {"location": "http://house/f.bin"}),
        ("request_logs", {"location": "http://house/"}),
        ("send_local_list", {}),
        ("get_local_list_version", {}),
        ("install_certificate", {"use": "csms_root", "certificate": "PEM"}),
        ("get_installed_certificates", {"use": "csms_root"}),
        (
            "delete_certificate",
            {
                "hash_algorithm": "SHA256",
                "issuer_name_hash": "aa",
                "issuer_key_hash": "bb",
                "serial_number": "0c",
            },
        ),
        ("change_password", {}),
        ("install_root_certificate", {}),
        ("request_certificate", {}),
        ("set_monitoring_base", {"base": "all"}),
        ("set_monitoring_level", {"severity": 3}),
        ("set_variable_monitoring", {"monitors": MONITOR}),
        ("clear_variable_monitoring", {"ids": [1]}),
        ("get_monitoring_report", {}),
        ("get_report", {"base": "summary_inventory"}),
        ("set_network_profile", NETWORK),
        ("customer_information", {"id_token": "04AA"}),
        ("set_default_tariff", {"tariff": {"tariffId": "a"}}),
        ("clear_tariffs", {}),
        ("change_transaction_tariff", {"tariff": {"tariffId": "a"}}),
        ("get_transaction_status", {}),
        ("set_display_message", {"message": "Hello"}),
        ("get_display_messages", {}),
        ("clear_display_message", {"message_id": 1}),
        ("get_tariffs", {}),
    ],
)
async def test_a_station_that_is_away_is_said_to_be(
    house: House, action: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(HomeAssistantError) as error:
        await ask(house, action, fields)
    assert error.value.translation_key == "station_offline"
    assert error.value.translation_placeholders == {"station": "Garage"}


async def test_the_table_above_leaves_no_action_out() -> None:
    (mark,) = (
        mark
        for mark in test_a_station_that_is_away_is_said_to_be.pytestmark
        if mark.name == "parametrize"
    )
    asked = {action.name for action in ACTIONS} - ABOUT_WHAT_IS_OFFERED
    assert {action for action, _ in mark.args[1]} == asked


@pytest.mark.parametrize(
    ("personality", "action", "fields", "key", "placeholders"),
    [
        (
            Personality(refuses={"ClearCache": "Rejected"}),
            "clear_cache",
            {},
            "command_refused",
            {"action": "ClearCache", "status": "Rejected"},
        ),
        (
            Personality(not_implemented=frozenset({"GetCompositeSchedule"})),
            "get_composite_schedule",
            {"duration": 60},
            "call_failed",
            {"action": "GetCompositeSchedule", "code": "NotImplemented"},
        ),
        (
            Personality(),
            "restart_station",
            {"kind": "on_idle"},
            "not_supported_by_version",
            {"version": "ocpp1.6"},
        ),
        (
            Personality(),
            "restart_station",
            {"evse_id": 1},
            "not_supported_by_version",
            {"version": "ocpp1.6"},
        ),
        (Personality(), "stop_session", {}, "no_session_on_connector", {"connector": "1"}),
    ],
)
async def test_what_goes_wrong_is_said_in_words(
    house: House,
    personality: Personality,
    action: str,
    fields: dict[str, Any],
    key: str,
    placeholders: dict[str, str],
) -> None:
    async with dialled_in(house, personality=personality):
        with pytest.raises(HomeAssistantError) as error:
            await ask(house, action, fields)
        assert error.value.translation_key == key
        shown = error.value.translation_placeholders
        assert shown is not None
        assert shown == shown | {"station": "Garage"} | placeholders


async def test_a_station_that_does_not_answer_in_time_is_said_not_to(hass: HomeAssistant) -> None:
    silent = Personality(never_answers=frozenset({"ClearCache"}))
    async with house_with(hass) as house, dialled_in(house, personality=silent):
        known = house.station()
        # Only now: one that has taken longer than that over anything is given longer from then on.
        known.reconfigure(replace(known.config, response_timeout_s=0.2))
        with pytest.raises(HomeAssistantError) as error:
            await ask(house, "clear_cache")
        assert error.value.translation_key == "station_timeout"
        assert error.value.translation_placeholders == {
            "station": "Garage",
            "action": "ClearCache",
            "seconds": "0.2",
        }


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("restart_station", {"kind": "hard"}),
        ("get_configuration", {}),
        ("set_configuration", {"key": "a", "value": "b"}),
        ("data_transfer", {"vendor_id": "acme"}),
        ("call", {"action": "Heartbeat"}),
        ("update_firmware", {"location": "http://house/f.bin"}),
        ("request_logs", {"location": "http://house/"}),
        ("send_local_list", {}),
        ("install_certificate", {"use": "csms_root", "certificate": "PEM"}),
        ("get_installed_certificates", {"use": "csms_root"}),
        (
            "delete_certificate",
            {
                "hash_algorithm": "SHA256",
                "issuer_name_hash": "aa",
                "issuer_key_hash": "bb",
                "serial_number": "0c",
            },
        ),
        ("change_password", {}),
        ("install_root_certificate", {}),
        ("request_certificate", {}),
        ("set_monitoring_base", {"base": "all"}),
        ("set_monitoring_level", {"severity": 3}),
        ("set_variable_monitoring", {"monitors": MONITOR}),
        ("clear_variable_monitoring", {"ids": [1]}),
        ("get_monitoring_report", {}),
        ("get_report", {"base": "summary_inventory"}),
        ("set_network_profile", NETWORK),
        ("customer_information", {"id_token": "04AA"}),
        ("set_default_tariff", {"tariff": {"tariffId": "a"}}),
        ("clear_tariffs", {}),
        ("change_transaction_tariff", {"tariff": {"tariffId": "a"}}),
    ],
)
async def test_some_actions_are_for_administrators(
    house: House, hass_read_only_user: User, action: str, fields: dict[str, Any]
) -> None:
    async with dialled_in(house) as station:
        said = len(station.frames)
        with pytest.raises(Unauthorized):
            await ask(house, action, fields, context=Context(user_id=hass_read_only_user.id))
        assert len(station.frames) == said


async def test_somebody_who_is_not_known_any_more_is_no_administrator(house: House) -> None:
    await house.connect()
    with pytest.raises(UnknownUser):
        await ask(house, "call", {"action": "Heartbeat"}, context=Context(user_id="gone"))


async def test_a_device_whose_station_is_being_removed_is_said_not_to_be_one(house: House) -> None:
    await house.entry.runtime_data.site.remove_station("GARAGE-1")
    with pytest.raises(ServiceValidationError) as error:
        await ask(house, "clear_cache")
    assert error.value.translation_key == "not_a_station"
    assert error.value.translation_placeholders == {"device": "Garage"}


async def test_everyone_at_home_may_unlock_and_restart_softly(
    house: House, hass_read_only_user: User, hass_admin_user: User
) -> None:
    async with dialled_in(house) as station:
        station.overrides["UnlockConnector"] = {"status": "Unlocked"}
        station.overrides["Reset"] = {"status": "Accepted"}
        anyone = Context(user_id=hass_read_only_user.id)
        await ask(house, "unlock", context=anyone)
        await ask(house, "restart_station", context=anyone)
        await ask(
            house,
            "restart_station",
            {"kind": "hard"},
            context=Context(user_id=hass_admin_user.id),
        )
        assert received(station, "Reset") == [{"type": "Soft"}, {"type": "Hard"}]


async def test_without_a_house_an_action_says_so(house: House) -> None:
    device_id = house.device_id("GARAGE-1")
    await house.hass.config_entries.async_unload(house.entry.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await house.hass.services.async_call(
            DOMAIN, "clear_cache", {"device_id": device_id}, blocking=True
        )
    assert error.value.translation_key == "service_config_entry_not_loaded"
    await house.hass.config_entries.async_setup(house.entry.entry_id)


async def test_every_action_is_described_with_all_its_fields(house: House) -> None:
    described = (await async_get_all_descriptions(house.hass))[DOMAIN]
    words = await async_get_translations(house.hass, "en", "services", [DOMAIN])
    assert set(described) == {action.name for action in (*ACTIONS, *ENTRY_ACTIONS)}
    for action in ACTIONS:
        fields = described[action.name]["fields"]
        assert set(fields) == {"device_id", *(str(field) for field in action.fields)}
        for path in ("", *(f"fields.{field}." for field in fields)):
            for word in ("name", "description"):
                assert words[f"component.{DOMAIN}.services.{action.name}.{path}{word}"]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
async def test_what_only_reads_has_to_be_given_its_answer(action: StationAction) -> None:
    reads = action.name.startswith("get_")
    assert (action.response is SupportsResponse.ONLY) is reads
    assert (action.response is SupportsResponse.OPTIONAL) is not reads
