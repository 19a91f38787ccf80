"""Functional block B: boot, device model, restart and the way to the central system."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Subprotocol

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.model.station import ConfigurationValue
from tests.conformance.conftest import Stage
from tests.conformance.scene import Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import CallError, Json
from tests.system.house import GARAGE

from .tale import raw, stamp

INTERVAL = "SampledDataCtrlr.TxUpdatedInterval"
HEARTBEAT = "OCPPCommCtrlr.HeartbeatInterval"
NETWORK: Json = {
    "slot": 1,
    "url": "ws://house:9000/",
    "security_profile": 1,
    "interface": "Wired0",
}


def data(name: str, **more: str) -> Json:
    """Return a variable as it is asked for."""
    component, _, variable = name.partition(".")
    return {"component": {"name": component}, "variable": {"name": variable}, **more}


async def test_tc_b_01_a_cold_boot_is_accepted_and_heartbeats_are_answered(scene: Scene) -> None:
    scene.went(
        says(
            "BootNotification",
            reason="PowerUp",
            answer={
                "status": "Accepted",
                "interval": 300,
                "currentTime": stamp(scene.house.clock.now().replace(second=0)),
            },
        ),
        says("StatusNotification", evseId=1, connectorId=1, connectorStatus="Available", answer={}),
    )
    assert scene.shows("connected", 0, platform="binary_sensor") == "on"
    assert scene.shows("status") == "available"
    scene.from_here()
    await scene.moment(300)
    scene.went(says("Heartbeat", answer={"currentTime": lambda text: text.startswith("2026-10-")}))


async def test_tc_b_02_30_31_a_station_nobody_confirmed_waits_and_is_asked_to_boot_again(
    stage: Stage,
) -> None:
    async with stage(switched_on=False, station_id="GARAGE-2") as scene:
        await scene.station.start(wait=False)
        await scene.moment()
        scene.went(says("BootNotification", answer={"status": "Pending", "interval": 60}))
        status = {
            "timestamp": stamp(scene.house.clock.now()),
            "connectorStatus": "Available",
            "evseId": 1,
            "connectorId": 1,
        }
        event = {
            "generatedAt": status["timestamp"],
            "seqNo": 0,
            "eventData": [
                {
                    "eventId": 1,
                    "timestamp": status["timestamp"],
                    "trigger": "Delta",
                    "actualValue": "Available",
                    "eventNotificationType": "HardWiredNotification",
                    "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
                    "variable": {"name": "AvailabilityState"},
                }
            ],
        }
        scene.errors.add("SecurityError")
        for action, payload in (("StatusNotification", status), ("NotifyEvent", event)):
            with pytest.raises(CallError) as refusal:
                await scene.station.send(action, payload)
            assert refusal.value.code == "SecurityError"
        (card,) = scene.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        assert card["context"]["unique_id"] == "GARAGE-2"
        scene.from_here()
        await scene.hass.config_entries.flow.async_configure(
            card["flow_id"],
            {
                "name": "Carport",
                "max_current": 32,
                "phases": "3",
                "configure": True,
                "response_timeout": 30,
            },
        )
        await scene.hass.async_block_till_done()
        await scene.moment(20)
        scene.went(
            is_asked(
                "TriggerMessage",
                requestedMessage="BootNotification",
                evse=ABSENT,
                answer={"status": "Accepted"},
            ),
            says("BootNotification", answer={"status": "Accepted"}),
            says("StatusNotification", evseId=1, connectorStatus="Available", answer={}),
            is_asked("GetBaseReport", answer={"status": "Accepted"}),
            is_asked("SetVariables"),
        )
        assert scene.house.state("status", station_id="GARAGE-2") == "available"


async def test_tc_b_06_07_variables_are_read(scene: Scene) -> None:
    scene.from_here()
    one = await scene.ask("get_configuration", keys=[INTERVAL])
    two = await scene.ask("get_configuration", keys=[INTERVAL, HEARTBEAT])
    first, second = scene.calls("GetVariables")
    assert first.request == {"getVariableData": [data(INTERVAL)]}
    assert second.request == {"getVariableData": [data(INTERVAL), data(HEARTBEAT)]}
    assert {item["key"]: item["value"] for item in one["answer"]["configurationKey"]}[
        INTERVAL
    ] == scene.station.configuration.text("MeterValueSampleInterval")
    values = {item["key"]: item["value"] for item in two["answer"]["configurationKey"]}
    assert values[HEARTBEAT] == "300"
    unknown = await scene.ask("get_configuration", keys=["Kettle.Power"])
    assert unknown["answer"]["unknownKey"] == ["Kettle.Power"]


async def test_tc_b_08_more_variables_than_fit_into_a_message_are_read_in_several(
    scene: Scene,
) -> None:
    station = scene.house.station()
    most = {"DeviceDataCtrlr.ItemsPerMessage.GetVariables": ConfigurationValue(value="2")}
    station.set_configuration({**station.state.configuration, **most})
    scene.from_here()
    names = [
        INTERVAL,
        HEARTBEAT,
        "AuthCtrlr.LocalPreAuthorize",
        "TxCtrlr.EVConnectionTimeOut",
        "AuthCacheCtrlr.Enabled",
    ]
    answer = await scene.ask("get_configuration", keys=names)
    sent = [item.request["getVariableData"] for item in scene.calls("GetVariables")]
    assert [len(part) for part in sent] == [2, 2, 1]
    assert [item for part in sent for item in part] == [data(name) for name in names]
    assert set(names) <= {item["key"] for item in answer["answer"]["configurationKey"]}


async def test_tc_b_09_a_variable_is_written(scene: Scene) -> None:
    scene.from_here()
    answer = await scene.ask("set_configuration", key=INTERVAL, value="120")
    assert answer["status"] == "Accepted"
    scene.went(
        is_asked(
            "SetVariables",
            setVariableData=[data(INTERVAL, attributeValue="120")],
            answer={"setVariableResult": lambda found: len(found) == 1},
        )
    )
    assert scene.station.configuration.number("MeterValueSampleInterval") == 120
    assert scene.house.station().state.configuration[INTERVAL].value == "120"
    for key, status in (
        ("Kettle.Power", "UnknownComponent"),
        ("SmartChargingCtrlr.ProfileStackLevel", "Rejected"),
    ):
        told = await scene.is_refused("set_configuration", key=key, value="1")
        assert (told["error"], told["action"], told["status"]) == (
            "command_refused",
            "SetVariables",
            status,
        )


async def test_tc_b_10_several_variables_are_written_at_once(scene: Scene) -> None:
    scene.from_here()
    wanted = [data(INTERVAL, attributeValue="90"), data(HEARTBEAT, attributeValue="600")]
    answer = await raw(scene, "SetVariables", {"setVariableData": wanted})
    scene.went(is_asked("SetVariables", setVariableData=wanted))
    results = answer["answer"]["setVariableResult"]
    assert [item["attributeStatus"] for item in results] == ["Accepted", "Accepted"]
    assert scene.station.configuration.number("MeterValueSampleInterval") == 90
    assert scene.station.configuration.number("HeartbeatInterval") == 600


async def test_tc_b_12_13_14_base_reports_come_whole_or_are_refused(scene: Scene) -> None:
    scene.from_here()
    for base, word in (
        ("configuration_inventory", "ConfigurationInventory"),
        ("full_inventory", "FullInventory"),
    ):
        answer = await scene.ask("get_report", base=base)
        assert answer["answer"]["complete"] is True
        assert len(answer["answer"]["reportData"]) > 20
        asked = scene.calls("GetBaseReport")[-1]
        assert (asked.request["reportBase"], asked.answer) == (word, {"status": "Accepted"})
        parts = [
            item.request
            for item in scene.calls("NotifyReport")
            if item.request["requestId"] == asked.request["requestId"]
        ]
        assert [part["seqNo"] for part in parts] == list(range(len(parts)))
        assert sum(len(part["reportData"]) for part in parts) == len(answer["answer"]["reportData"])
    told = await scene.is_refused("get_report", base="summary_inventory")
    assert (told["action"], told["status"]) == ("GetBaseReport", "NotSupported")
    scene.went(is_asked("GetBaseReport", reportBase="SummaryInventory"))


async def test_tc_b_18_a_custom_report_names_criteria_and_variables(scene: Scene) -> None:
    scene.from_here()
    answer = await scene.ask(
        "get_report",
        criteria=["active", "available"],
        components=["EVSE@1"],
        variables=["TxCtrlr.EVConnectionTimeOut"],
    )
    scene.went(
        is_asked(
            "GetReport",
            componentCriteria=["Active", "Available"],
            componentVariable=[
                {"component": {"name": "EVSE", "evse": {"id": 1}}},
                {"component": {"name": "TxCtrlr"}, "variable": {"name": "EVConnectionTimeOut"}},
            ],
            answer={"status": "Accepted"},
        ),
        says("NotifyReport", answer={}),
    )
    found = {item["component"]["name"] for item in answer["answer"]["reportData"]}
    assert found == {"EVSE", "TxCtrlr"}
    none = await scene.ask("get_report", components=["Kettle"])
    assert (none["status"], none["answer"]["reportData"]) == ("EmptyResultSet", [])


async def _is_welcome_again(scene: Scene) -> None:
    await scene.moment(30)
    scene.went(
        says("BootNotification", answer={"status": "Accepted"}),
        says("StatusNotification", evseId=1, answer={}),
    )
    assert scene.shows("connected", 0, platform="binary_sensor") == "on"


async def test_tc_b_20_an_idle_station_restarts_at_once(scene: Scene) -> None:
    scene.from_here()
    answer = await scene.ask("restart_station", kind="on_idle")
    assert answer["status"] == "Accepted"
    scene.went(is_asked("Reset", type="OnIdle", evseId=ABSENT, answer={"status": "Accepted"}))
    assert scene.shows("connected", 0, platform="binary_sensor") == "off"
    await _is_welcome_again(scene)


async def test_tc_b_21_a_station_in_use_restarts_when_it_is_idle(scene: Scene) -> None:
    await scene.charge()
    scene.from_here()
    assert (await scene.ask("restart_station", kind="on_idle"))["status"] == "Scheduled"
    scene.went(is_asked("Reset", type="OnIdle", answer={"status": "Scheduled"}))
    assert scene.shows("status") == "charging"
    scene.station.unplug(1)
    await scene.moment()
    scene.went(
        says(
            "TransactionEvent",
            eventType="Ended",
            transactionInfo={"stoppedReason": "EVDisconnected"},
        )
    )
    await _is_welcome_again(scene)


async def test_tc_b_22_a_restart_at_once_ends_the_session(scene: Scene) -> None:
    await scene.charge()
    scene.from_here()
    assert (await scene.ask("restart_station", kind="hard"))["status"] == "Accepted"
    scene.went(
        is_asked("Reset", type="Immediate", answer={"status": "Accepted"}),
        says(
            "TransactionEvent",
            eventType="Ended",
            triggerReason="ResetCommand",
            transactionInfo={"stoppedReason": "ImmediateReset"},
        ),
    )
    await _is_welcome_again(scene)
    (session,) = await scene.house.sessions()
    assert (session.is_open, session.stop_reason) == (False, "ImmediateReset")


async def test_tc_b_25_26_27_an_evse_is_restarted_alone(scene: Scene) -> None:
    for kind, word, status in (
        ("on_idle", "OnIdle", "Accepted"),
        ("on_idle", "OnIdle", "Scheduled"),
        ("hard", "Immediate", "Accepted"),
    ):
        scene.station.overrides["Reset"] = {"status": status}
        scene.from_here()
        answer = await scene.ask("restart_station", kind=kind, evse_id=1)
        assert answer["status"] == status
        scene.went(is_asked("Reset", type=word, evseId=1, answer={"status": status}))
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"
    del scene.station.overrides["Reset"]
    told = await scene.is_refused("restart_station", kind="hard", evse_id=1)
    assert (told["error"], told["action"], told["status"]) == (
        "command_refused",
        "Reset",
        "Rejected",
    )


async def test_tc_b_42_44_a_way_to_a_central_system_is_described(scene: Scene) -> None:
    scene.from_here()
    assert (await scene.ask("set_network_profile", **NETWORK))["status"] == "Accepted"
    scene.went(
        is_asked(
            "SetNetworkProfile",
            configurationSlot=1,
            connectionData={
                "ocppCsmsUrl": "ws://house:9000/",
                "securityProfile": 1,
                "ocppInterface": "Wired0",
                "ocppTransport": "JSON",
                "ocppVersion": "OCPP20",
                "messageTimeout": 30,
            },
            answer={"status": "Accepted"},
        )
    )
    scene.station.overrides["SetNetworkProfile"] = {"status": "Failed"}
    told = await scene.is_refused("set_network_profile", **NETWORK)
    assert told == {
        "error": "command_refused",
        "station": GARAGE,
        "action": "SetNetworkProfile",
        "status": "Failed",
    }


async def test_tc_b_58_of_the_versions_offered_the_one_we_know_is_chosen(stage: Stage) -> None:
    async with stage(switched_on=False) as scene:
        url = f"{scene.house.url}/{GARAGE}"
        unknown, known = Subprotocol("ocpp0.1"), Subprotocol("ocpp2.0.1")
        async with connect(url, subprotocols=[unknown], proxy=None) as refused:
            assert refused.subprotocol is None
            with pytest.raises(ConnectionClosedError):
                await refused.recv()
            assert refused.close_code == 1002
        async with connect(url, subprotocols=[unknown, known], proxy=None) as accepted:
            assert accepted.subprotocol == known
            await scene.moment()
            assert scene.shows("connected", 0, platform="binary_sensor") == "on"
