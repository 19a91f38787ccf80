"""Functional block N: logs, monitors, events and what is known of customers."""

from collections.abc import AsyncIterator

import pytest

from custom_components.chargestead.model.events import ComponentEvent
from custom_components.chargestead.model.station import ConfigurationValue
from tests.conformance.scene import CARD, Scene
from tests.conformance.shelf import Shelf, shelf_open
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Json
from tests.simulator.later.monitoring import Place
from tests.simulator.later.parts import parts_of

TEMPERATURE = Place(component="EVSE", evse=1, variable="Temperature")
POWER = Place(component="EVSE", evse=1, variable="Power")
HOT = {"variable": "EVSE@1.Temperature", "type": "upper_threshold", "value": 80, "severity": 4}
EVSE_1: Json = {"name": "EVSE", "evse": {"id": 1}}


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    """Return a shelf."""
    async with shelf_open() as shelf:
        yield shelf


async def _set(scene: Scene, *monitors: dict[str, object]) -> list[Json]:
    answer = await scene.ask("set_variable_monitoring", monitors=list(monitors))
    results = answer["answer"]["setMonitoringResult"]
    assert isinstance(results, list)
    return results


def _events(scene: Scene) -> list[tuple[str, str | None, bool, int | None]]:
    """Return what was passed on of the events of components."""
    return [
        (event.variable, event.value, event.cleared, event.severity)
        for event in scene.house.events
        if isinstance(event, ComponentEvent)
    ]


# Monitors


async def test_tc_n_01_02_03_47_60_monitors_are_reported_by_what_is_asked(scene: Scene) -> None:
    power = {"variable": "EVSE@1.Power", "type": "delta", "value": 100, "severity": 7}
    await _set(scene, HOT, power)
    whole: Json = {"component": EVSE_1}
    one: Json = {"component": EVSE_1, "variable": {"name": "Power"}}
    for fields, request, found in (
        (
            {"criteria": ["threshold"]},
            {"monitoringCriteria": ["ThresholdMonitoring"]},
            ["EVSE@1.Temperature"],
        ),
        (
            {"variables": ["EVSE@1.Power"]},
            {"componentVariable": [one], "monitoringCriteria": ABSENT},
            ["EVSE@1.Power"],
        ),
        (
            {"criteria": ["threshold"], "components": ["EVSE@1"]},
            {"monitoringCriteria": ["ThresholdMonitoring"], "componentVariable": [whole]},
            ["EVSE@1.Temperature"],
        ),
        (
            {"criteria": ["delta"], "variables": ["EVSE@1.Power", "EVSE@1.Temperature"]},
            {
                "monitoringCriteria": ["DeltaMonitoring"],
                "componentVariable": [
                    one,
                    {"component": EVSE_1, "variable": {"name": "Temperature"}},
                ],
            },
            ["EVSE@1.Power"],
        ),
    ):
        scene.from_here()
        answer = await scene.ask("get_monitoring_report", **fields)
        assert [item["variable"] for item in answer["answer"]["monitors"]] == found
        scene.went(
            is_asked("GetMonitoringReport", **request, answer={"status": "Accepted"}),
            says("NotifyMonitoringReport", answer={}),
        )
    scene.from_here()
    every = await scene.ask("get_monitoring_report")
    assert every["answer"]["complete"] is True
    assert len(every["answer"]["monitors"]) == len(parts_of(scene.station).monitoring.monitors)
    (asked,) = scene.calls("GetMonitoringReport")
    assert set(asked.request) == {"requestId"}


async def test_tc_n_05_the_monitors_to_begin_with_are_chosen(scene: Scene) -> None:
    await _set(scene, HOT)
    kept = len(parts_of(scene.station).monitoring.monitors)
    for base, word, left in (
        ("all", "All", kept),
        ("factory_default", "FactoryDefault", kept - 1),
        ("hard_wired_only", "HardWiredOnly", kept - 1),
    ):
        scene.from_here()
        assert (await scene.ask("set_monitoring_base", base=base))["status"] == "Accepted"
        scene.went(
            is_asked("SetMonitoringBase", monitoringBase=word, answer={"status": "Accepted"})
        )
        assert len(parts_of(scene.station).monitoring.monitors) == left


async def test_tc_n_08_09_monitors_are_set_one_or_several_at_a_time(scene: Scene) -> None:
    scene.from_here()
    (first,) = await _set(scene, HOT)
    assert first["status"] == "Accepted"
    results = await _set(
        scene,
        {"variable": "EVSE@1.Power", "type": "delta", "value": 100, "severity": 7},
        {"variable": "Kettle.Power", "type": "delta", "value": 1, "severity": 7},
    )
    assert [item["status"] for item in results] == ["Accepted", "UnknownComponent"]
    one, two = scene.calls("SetVariableMonitoring")
    assert one.request["setMonitoringData"] == [
        {
            "value": 80,
            "type": "UpperThreshold",
            "severity": 4,
            "component": EVSE_1,
            "variable": {"name": "Temperature"},
        }
    ]
    assert [item["component"]["name"] for item in two.request["setMonitoringData"]] == [
        "EVSE",
        "Kettle",
    ]


async def test_tc_n_16_17_how_bad_an_event_must_be_is_chosen(scene: Scene) -> None:
    scene.from_here()
    assert (await scene.ask("set_monitoring_level", severity=4))["status"] == "Accepted"
    scene.went(is_asked("SetMonitoringLevel", severity=4, answer={"status": "Accepted"}))
    assert parts_of(scene.station).monitoring.level == 4
    scene.station.overrides["SetMonitoringLevel"] = {"status": "Rejected"}
    told = await scene.is_refused("set_monitoring_level", severity=9)
    assert (told["action"], told["status"]) == ("SetMonitoringLevel", "Rejected")


async def test_tc_n_18_44_monitors_are_removed_in_messages_the_station_can_take(
    scene: Scene,
) -> None:
    station = scene.house.station()
    most = {
        "MonitoringCtrlr.ItemsPerMessage.ClearVariableMonitoring": ConfigurationValue(value="2")
    }
    station.set_configuration({**station.state.configuration, **most})
    made = await _set(
        scene, *({**HOT, "severity": severity, "value": 80 + severity} for severity in range(3))
    )
    numbers = [item["id"] for item in made]
    scene.from_here()
    answer = await scene.ask("clear_variable_monitoring", ids=[*numbers, 9999])
    sent = [item.request["id"] for item in scene.calls("ClearVariableMonitoring")]
    assert sent == [numbers[:2], [numbers[2], 9999]]
    results = answer["answer"]["clearMonitoringResult"]
    assert [item["status"] for item in results] == ["Accepted"] * 3 + ["NotFound"]
    told = await scene.is_refused("clear_variable_monitoring", ids=[1])
    assert (told["action"], told["status"]) == ("ClearVariableMonitoring", "Rejected")


async def test_tc_n_21_24_48_50_events_are_passed_on_with_their_severity(scene: Scene) -> None:
    periodic = {"variable": "EVSE@1.Power", "type": "periodic", "value": 30, "severity": 8}
    made = await _set(scene, HOT, periodic)
    scene.house.events.clear()
    scene.from_here()
    scene.station.component_value(TEMPERATURE, "85.0")
    await scene.moment(31)
    scene.station.component_value(TEMPERATURE, "40.0")
    problem = Place(component="EVSE", evse=1, variable="Problem")
    for value in ("true", "false"):
        scene.station.component_value(problem, value)
        await scene.moment()
    secret = Place(component="SecurityCtrlr", variable="BasicAuthPassword")
    scene.station.component_event(secret, "", trigger="Delta")
    await scene.moment()
    assert _events(scene) == [
        ("Temperature", "85.0", False, 4),
        ("Power", "0", False, 8),
        ("Temperature", "40.0", True, 4),
        ("Problem", "true", False, 1),
        ("Problem", "false", True, 1),
        ("BasicAuthPassword", "", False, None),
    ]
    told = [item.request["eventData"][0] for item in scene.calls("NotifyEvent")]
    assert [item.get("variableMonitoringId") for item in told[:3]] == [
        made[0]["id"],
        made[1]["id"],
        made[0]["id"],
    ]
    assert all(item.answer == {} for item in scene.calls("NotifyEvent"))
    assert scene.shows("problem", platform="binary_sensor") == "off"


async def test_tc_n_49_an_alert_is_taken_back_after_a_restart(scene: Scene) -> None:
    await _set(scene, HOT)
    scene.station.component_value(TEMPERATURE, "85.0")
    await scene.moment()
    assert scene.shows("problem", platform="binary_sensor") == "on"
    scene.station.reboot(cold=True)
    await scene.house.until(lambda: scene.station.at_rest, within=120)
    assert scene.shows("problem", platform="binary_sensor") == "on"
    scene.house.events.clear()
    scene.from_here()
    scene.station.component_value(TEMPERATURE, "40.0")
    await scene.moment()
    assert _events(scene) == [("Temperature", "40.0", True, 4)]
    scene.went(says("NotifyEvent", eventData=lambda told: told[0]["cleared"] is True, answer={}))
    assert scene.shows("problem", platform="binary_sensor") == "off"


# Logs


async def test_tc_n_25_35_logs_are_brought(scene: Scene, shelf: Shelf) -> None:
    for kind, word in (("diagnostics", "DiagnosticsLog"), ("security", "SecurityLog")):
        scene.from_here()
        location = f"{shelf.url}{kind}.log"
        answer = await scene.ask("request_logs", location=location, kind=kind)
        number = answer["request_id"]
        await scene.moment(60)
        scene.went(
            is_asked(
                "GetLog",
                logType=word,
                requestId=number,
                log={"remoteLocation": location},
                answer={"status": "Accepted"},
            ),
            says("LogStatusNotification", status="Uploading", requestId=number, answer={}),
            says("LogStatusNotification", status="Uploaded", requestId=number, answer={}),
        )
        assert b"BootNotification" in shelf.brought[f"{kind}.log"]
        assert [
            (event["status"], event["request_id"]) for event in scene.events("station", "log")
        ] == [("uploading", number), ("uploaded", number)]


async def test_tc_n_34_a_log_that_is_not_there_is_told(scene: Scene, shelf: Shelf) -> None:
    scene.station.overrides["GetLog"] = {"status": "Rejected"}
    told = await scene.is_refused("request_logs", location=shelf.url + "a.log")
    assert (told["error"], told["action"], told["status"]) == (
        "command_refused",
        "GetLog",
        "Rejected",
    )


async def test_tc_n_36_a_second_log_takes_the_place_of_the_first(
    scene: Scene, shelf: Shelf
) -> None:
    scene.from_here()
    first = await scene.ask("request_logs", location=shelf.url + "first.log")
    second = await scene.ask("request_logs", location=shelf.url + "second.log")
    assert second["status"] == "AcceptedCanceled"
    assert first["request_id"] != second["request_id"]
    number = first["request_id"]
    payload = {"status": "AcceptedCanceled", "requestId": number}
    assert await scene.station.send("LogStatusNotification", payload) == {}
    await scene.moment(60)
    assert "first.log" not in shelf.brought
    assert "second.log" in shelf.brought
    assert [(event["status"], event["request_id"]) for event in scene.events("station", "log")] == [
        ("uploading", number),
        ("uploading", second["request_id"]),
        ("accepted_canceled", number),
        ("uploaded", second["request_id"]),
    ]


# Customers


async def test_tc_n_27_28_29_what_is_known_of_a_customer_is_told(scene: Scene) -> None:
    customers = parts_of(scene.station).customers
    customers.known[CARD] = "charged " * 100
    scene.from_here()
    answer = await scene.ask("customer_information", id_token=CARD, report=True)
    assert answer["answer"]["information"] == "charged " * 100
    assert answer["answer"]["complete"] is True
    scene.went(
        is_asked(
            "CustomerInformation",
            report=True,
            clear=False,
            idToken={"idToken": CARD, "type": "ISO14443"},
            answer={"status": "Accepted"},
        ),
        says("NotifyCustomerInformation", seqNo=0, tbc=True, answer={}),
        says("NotifyCustomerInformation", seqNo=1, tbc=False, answer={}),
    )
    nothing = await scene.ask("customer_information", id_token="04DDEEFF", report=True)
    assert nothing["answer"]["information"] == "No data."
    scene.station.overrides["CustomerInformation"] = {"status": "Rejected"}
    told = await scene.is_refused("customer_information", id_token=CARD, report=True)
    assert (told["action"], told["status"]) == ("CustomerInformation", "Rejected")


async def test_tc_n_30_31_32_62_63_what_is_known_of_a_customer_is_forgotten(scene: Scene) -> None:
    customers = parts_of(scene.station).customers
    certificate = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "aa",
        "issuerKeyHash": "bb",
        "serialNumber": "0c",
    }
    for known, fields, request, report in (
        (CARD, {"id_token": CARD}, {"idToken": {"idToken": CARD, "type": "ISO14443"}}, True),
        (None, {"id_token": CARD}, {"idToken": {"idToken": CARD, "type": "ISO14443"}}, True),
        (CARD, {"id_token": CARD}, {"idToken": {"idToken": CARD, "type": "ISO14443"}}, False),
        ("Anna", {"customer_identifier": "Anna"}, {"customerIdentifier": "Anna"}, True),
        (
            str(certificate),
            {"certificate": certificate},
            {"customerCertificate": certificate},
            True,
        ),
    ):
        customers.known.clear()
        if known is not None:
            customers.known[known] = "charged"
        scene.from_here()
        answer = await scene.ask("customer_information", report=report, clear=True, **fields)
        scene.went(
            is_asked(
                "CustomerInformation",
                report=report,
                clear=True,
                answer={"status": "Accepted"},
                **request,
            )
        )
        assert customers.known == {}
        if report:
            text = "No data." if known is None else "charged"
            assert answer["answer"]["information"] == text
        else:
            scene.never("NotifyCustomerInformation")
