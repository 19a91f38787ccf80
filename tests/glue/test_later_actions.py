"""Actions that only stations of OCPP 2.x understand, over a real socket."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
import json
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
import voluptuous as vol

from custom_components.chargestead.billing.tariffs import (
    Formula,
    Terms,
    dynamic_tariff,
    fixed_tariff,
)
from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.site.costs import CostConfig
from tests.simulator import SimulatedStation
from tests.simulator.frames import CALL
from tests.simulator.later.parts import parts_of

from .entity_fixtures import House, house_with

pytestmark = pytest.mark.usefixtures("socket_enabled")

type Ask = Callable[..., Any]

MESSAGE = {"message": "Hello"}
TARIFF = {"tariffId": "a", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.3}]}}
CERTIFICATE = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa",
    "issuerKeyHash": "bb",
    "serialNumber": "0c",
}


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected, whose clocks show Dutch time."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    async with house_with(hass, Platform.EVENT) as house:
        yield house


@asynccontextmanager
async def dialled_in(house: House, version: str = "2.1") -> AsyncIterator[SimulatedStation]:
    """Let the station GARAGE-1 dial in."""
    station = SimulatedStation(
        url=f"ws://127.0.0.1:{house.port}", station_id="GARAGE-1", version=version
    )
    async with station:
        await house.settle()
        yield station


async def ask(house: House, action: str, **fields: object) -> dict[str, Any]:
    """Perform an action on the station and return its response."""
    response = await house.hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": house.device_id("GARAGE-1"), **fields},
        blocking=True,
        return_response=True,
    )
    assert isinstance(response, dict)
    json.dumps(response)
    return response


SAID: list[Any] = [
    pytest.param(
        "set_display_message",
        {
            "message": "<b>Hi</b>",
            "format": "html",
            "language": "en",
            "further_messages": [{"message": "Hoi", "language": "nl", "format": None}],
            "priority": "in_front",
            "state": "suspended",
            "starts_at": "2036-07-01 14:00:00",
            "ends_at": None,
            "transaction_id": None,
            "display": "Display@1",
            "message_id": 7,
        },
        "SetDisplayMessage",
        {
            "message": {
                "id": 7,
                "priority": "InFront",
                "state": "Suspended",
                "startDateTime": "2036-07-01T12:00:00.000Z",
                "message": {"format": "HTML", "language": "en", "content": "<b>Hi</b>"},
                "messageExtra": [{"format": "UTF8", "language": "nl", "content": "Hoi"}],
                "display": {"name": "Display", "evse": {"id": 1}},
            }
        },
        id="message",
    ),
    pytest.param(
        "get_display_messages",
        {"message_ids": 7, "priority": "normal_cycle", "state": "idle"},
        "GetDisplayMessages",
        {"id": [7], "priority": "NormalCycle", "state": "Idle", "requestId": ...},
        id="messages",
    ),
    pytest.param(
        "set_monitoring_base",
        {"base": "factory_default"},
        "SetMonitoringBase",
        {"monitoringBase": "FactoryDefault"},
        id="base",
    ),
    pytest.param(
        "set_monitoring_level", {"severity": 4}, "SetMonitoringLevel", {"severity": 4}, id="level"
    ),
    pytest.param(
        "set_variable_monitoring",
        {
            "monitors": {
                "variable": "EVSE@1.Temperature",
                "type": "upper_threshold",
                "value": 80,
                "severity": 4,
                "id": None,
                "transaction": True,
            }
        },
        "SetVariableMonitoring",
        {
            "setMonitoringData": [
                {
                    "transaction": True,
                    "value": 80.0,
                    "type": "UpperThreshold",
                    "severity": 4,
                    "component": {"name": "EVSE", "evse": {"id": 1}},
                    "variable": {"name": "Temperature"},
                }
            ]
        },
        id="monitor",
    ),
    pytest.param(
        "get_monitoring_report",
        {"criteria": "threshold", "components": "EVSE@1", "variables": ["EVSE@1.Power"]},
        "GetMonitoringReport",
        {
            "requestId": ...,
            "monitoringCriteria": ["ThresholdMonitoring"],
            "componentVariable": [
                {"component": {"name": "EVSE", "evse": {"id": 1}}},
                {
                    "component": {"name": "EVSE", "evse": {"id": 1}},
                    "variable": {"name": "Power"},
                },
            ],
        },
        id="monitors",
    ),
    pytest.param(
        "get_report",
        {"base": None, "criteria": ["problem", "enabled"], "components": None},
        "GetReport",
        {"requestId": ..., "componentCriteria": ["Problem", "Enabled"]},
        id="report",
    ),
    pytest.param(
        "get_report",
        {"base": "full_inventory"},
        "GetBaseReport",
        {"requestId": ..., "reportBase": "FullInventory"},
        id="base report",
    ),
    pytest.param(
        "set_network_profile",
        {
            "slot": 1,
            "url": "wss://house:9000/",
            "security_profile": 2,
            "interface": "Any",
            "message_timeout": None,
            "ocpp_version": "OCPP21",
            "transport": None,
            "apn": {"apn": "internet", "apnAuthentication": "AUTO"},
            "vpn": None,
            "identity": "GARAGE-1",
            "password": "secret-secret-16",
            "priority": None,
        },
        "SetNetworkProfile",
        {
            "configurationSlot": 1,
            "connectionData": {
                "ocppVersion": "OCPP21",
                "ocppTransport": "JSON",
                "ocppCsmsUrl": "wss://house:9000/",
                "messageTimeout": 30,
                "securityProfile": 2,
                "ocppInterface": "Any",
                "identity": "GARAGE-1",
                "basicAuthPassword": "secret-secret-16",
                "apn": {"apn": "internet", "apnAuthentication": "AUTO"},
            },
        },
        id="network",
    ),
    pytest.param(
        "get_transaction_status",
        {"transaction_id": None},
        "GetTransactionStatus",
        {},
        id="waiting messages",
    ),
    pytest.param(
        "customer_information",
        {"certificate": CERTIFICATE, "report": True, "clear": None},
        "CustomerInformation",
        {"requestId": ..., "report": True, "clear": False, "customerCertificate": CERTIFICATE},
        id="customer",
    ),
    pytest.param(
        "set_default_tariff",
        {"connector_id": 1, "tariff": TARIFF},
        "SetDefaultTariff",
        {"evseId": 1, "tariff": TARIFF},
        id="tariff",
    ),
    pytest.param("get_tariffs", {}, "GetTariffs", {"evseId": 0}, id="tariffs"),
    pytest.param(
        "trigger_message",
        {"message": "CustomTrigger", "custom": "dance", "connector_id": 1, "evse_connector_id": 1},
        "TriggerMessage",
        {
            "requestedMessage": "CustomTrigger",
            "customTrigger": "dance",
            "evse": {"id": 1, "connectorId": 1},
        },
        id="trigger",
    ),
    pytest.param(
        "set_availability",
        {"connector_id": 1, "evse_connector_id": 1, "operative": True},
        "ChangeAvailability",
        {"operationalStatus": "Operative", "evse": {"id": 1, "connectorId": 1}},
        id="availability",
    ),
    pytest.param(
        "restart_station", {"kind": "resume"}, "Reset", {"type": "ImmediateAndResume"}, id="restart"
    ),
    pytest.param(
        "unlock",
        {"evse_connector_id": 1},
        "UnlockConnector",
        {"evseId": 1, "connectorId": 1},
        id="unlock",
    ),
]


@pytest.mark.parametrize(("action", "fields", "request_name", "payload"), SAID)
async def test_an_action_says_what_ocpp_can_say(
    house: House,
    action: str,
    fields: dict[str, object],
    request_name: str,
    payload: dict[str, object],
) -> None:
    async with dialled_in(house) as station:
        if request_name in {"TriggerMessage", "Reset", "UnlockConnector"}:
            station.overrides[request_name] = {"status": "Accepted"}
        since = station.frames.total
        await ask(house, action, **fields)
        (frame,) = station.frames.find(request_name, sent=False, kind=CALL, since=since)
        sent = {
            key: ... if payload.get(key) is ... else value for key, value in frame.payload.items()
        }
        assert sent == payload


async def test_a_message_without_a_number_gets_one(house: House) -> None:
    async with dialled_in(house) as station:
        first = await ask(house, "set_display_message", **MESSAGE)
        second = await ask(house, "set_display_message", **MESSAGE)
        assert first["message_id"] != second["message_id"]
        assert set(parts_of(station).screen.messages) == {
            first["message_id"],
            second["message_id"],
        }
        await ask(house, "clear_display_message", message_id=first["message_id"])
        shown = await ask(house, "get_display_messages")
        assert [item["id"] for item in shown["answer"]["messageInfo"]] == [second["message_id"]]


async def test_monitors_are_set_listed_and_removed(house: House) -> None:
    async with dialled_in(house):
        made = await ask(
            house,
            "set_variable_monitoring",
            monitors=[
                {"variable": "EVSE@1.Power", "type": "delta", "value": 100, "severity": 7},
                {"variable": "Kettle.Power", "type": "delta", "value": 100, "severity": 7},
            ],
        )
        results = made["answer"]["setMonitoringResult"]
        assert [item["status"] for item in results] == ["Accepted", "UnknownComponent"]
        listed = await ask(house, "get_monitoring_report", variables="EVSE@1.Power")
        (monitor,) = listed["answer"]["monitors"]
        assert (monitor["id"], monitor["severity"]) == (results[0]["id"], 7)
        await ask(house, "clear_variable_monitoring", ids=monitor["id"])
        again = await ask(house, "get_monitoring_report", variables="EVSE@1.Power")
        assert again["answer"]["monitors"] == []


async def test_the_order_of_slots_is_written_after_the_slot(house: House) -> None:
    async with dialled_in(house) as station:
        since = station.frames.total
        network = {"slot": 1, "url": "ws://h/", "security_profile": 1, "interface": "Wired0"}
        station.overrides["SetVariables"] = {
            "setVariableResult": [
                {
                    "attributeStatus": "RebootRequired",
                    "component": {"name": "OCPPCommCtrlr"},
                    "variable": {"name": "NetworkConfigurationPriority"},
                }
            ]
        }
        response = await ask(house, "set_network_profile", **network, priority=[1, 0])
        sent = list(station.frames.find(sent=False, kind=CALL, since=since))
        assert [frame.action for frame in sent] == ["SetNetworkProfile", "SetVariables"]
        assert sent[1].payload["setVariableData"][0]["attributeValue"] == "1,0"
        assert response["priority"]["status"] == "RebootRequired"
        station.overrides["SetNetworkProfile"] = {"status": "Rejected"}
        since = station.frames.total
        with pytest.raises(HomeAssistantError):
            await ask(house, "set_network_profile", **network, priority=[1, 0])
        assert len(station.frames.find(sent=False, kind=CALL, since=since)) == 1


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("set_monitoring_base", {"base": "whatever"}),
        ("set_variable_monitoring", {"monitors": []}),
        (
            "set_variable_monitoring",
            {"monitors": [{"variable": "A.B", "type": "moon", "value": 1, "severity": 1}]},
        ),
        (
            "set_variable_monitoring",
            {"monitors": [{"variable": "A.B", "type": "delta", "value": "NaN", "severity": 1}]},
        ),
        ("clear_variable_monitoring", {"ids": []}),
        ("get_report", {"criteria": ["nice"]}),
        ("set_display_message", {"message": "x", "priority": "loud"}),
        ("set_display_message", {"message": "x", "starts_at": "soon"}),
    ],
)
async def test_a_word_nobody_knows_is_not_sent(
    house: House, action: str, fields: dict[str, object]
) -> None:
    async with dialled_in(house) as station:
        since = station.frames.total
        with pytest.raises(vol.Invalid):
            await ask(house, action, **fields)
        assert station.frames.find(sent=False, kind=CALL, since=since) == []


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_what_the_version_does_not_have_is_refused_in_words(
    house: House, version: str
) -> None:
    async with dialled_in(house, version) as station:
        since = station.frames.total
        with pytest.raises(ServiceValidationError) as caught:
            await ask(house, "get_tariffs")
        assert caught.value.translation_key == "not_supported_by_version"
        shown = caught.value.translation_placeholders
        assert shown == {
            "station": "Garage",
            "version": f"ocpp{version}",
            "command": "GetTariffs",
        }
        assert station.frames.find(sent=False, kind=CALL, since=since) == []


async def test_without_a_tariff_none_can_be_sent(house: House) -> None:
    async with dialled_in(house):
        with pytest.raises(ServiceValidationError) as caught:
            await ask(house, "set_default_tariff")
        assert caught.value.translation_key == "no_tariff_at_station"


async def test_our_own_tariff_is_sent_where_a_station_can_reckon_with_it(house: House) -> None:
    costing = house.entry.runtime_data.site.costing
    terms = Terms(id="home", currency="EUR")
    async with dialled_in(house) as station:
        costing.configure(
            CostConfig(tariffs={"t": fixed_tariff(terms, Decimal("0.30"))}, default="t")
        )
        await ask(house, "set_default_tariff")
        assert parts_of(station).tariffs.default[1]["energy"] == {"prices": [{"priceKwh": 0.3}]}
        moving = dynamic_tariff(terms, Formula(source="spot"))
        costing.configure(CostConfig(tariffs={"t": moving}, default="t"))
        with pytest.raises(ServiceValidationError) as caught:
            await ask(house, "set_default_tariff")
        assert caught.value.translation_key == "tariff_not_for_stations"
        await costing.settled()
