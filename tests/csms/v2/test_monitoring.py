"""Monitors: set, removed, reported in parts, and what their events then mean."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from custom_components.chargestead.csms.monitors import MOST_MONITORS
from custom_components.chargestead.model.commands import (
    ClearVariableMonitoring,
    Command,
    CommandResult,
    GetMonitoringReport,
    MonitoringCriterion,
    MonitorSetting,
    MonitorType,
    SetConfiguration,
    SetVariableMonitoring,
)
from custom_components.chargestead.model.errors import (
    CallFailedError,
    CommandRefusedError,
    FieldNotSupportedError,
    StationOfflineError,
)
from custom_components.chargestead.model.events import ComponentEvent, FaultRaised, NoticeReceived
from custom_components.chargestead.model.monitor import Monitor
from tests.simulator import Json, ManualClock

from .house import House, Wire
from .test_device_model import AT, entry

ACCEPTED: Json = {"status": "Accepted"}
ALL = GetMonitoringReport()
LATER = {MonitorType.TARGET_DELTA, MonitorType.TARGET_DELTA_RELATIVE}
HOT = MonitorSetting(
    variable="EVSE@1.Temperature", type=MonitorType.UPPER_THRESHOLD, value=80, severity=4
)
HOT_ON_WIRE: Json = {
    "value": 80,
    "type": "UpperThreshold",
    "severity": 4,
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "Temperature"},
}
HOT_MONITOR = Monitor(
    id=7,
    variable="EVSE@1.Temperature",
    type="upper_threshold",
    value=80,
    severity=4,
    kind="custom_monitor",
)


def result(setting: Json, status: str = "Accepted", number: int | None = None) -> Json:
    """Return what a station says of one monitor it was told to set."""
    told = {key: setting[key] for key in ("type", "severity", "component", "variable")}
    return told | {"status": status} | ({} if number is None else {"id": number})


def monitored(number: int, *monitors: Json, variable: str = "Temperature") -> Json:
    """Return an entry of a report of monitors."""
    return {
        "component": {"name": "EVSE", "evse": {"id": number}},
        "variable": {"name": variable},
        "variableMonitoring": list(monitors),
    }


def monitor(number: int, severity: int = 4, **more: object) -> Json:
    """Return a monitor of a report, without its origin, which only 2.1 tells."""
    return {
        "id": number,
        "transaction": False,
        "value": 80.5,
        "type": "UpperThreshold",
        "severity": severity,
        **more,
    }


async def part(
    wire: Wire,
    request_id: int,
    entries: list[Json],
    number: int = 0,
    *,
    more: bool | None = None,
) -> None:
    """Send one part of a report."""
    payload: Json = {"requestId": request_id, "generatedAt": AT, "seqNo": number}
    if more is not None:
        payload["tbc"] = more
    origin = {"eventNotificationType": "HardWiredMonitor"} if wire.version == "2.1" else {}
    if entries:
        payload["monitor"] = [
            item | {"variableMonitoring": [origin | one for one in item["variableMonitoring"]]}
            for item in entries
        ]
    await wire.call("NotifyMonitoringReport", payload)


async def asked(
    wire: Wire, house: House, command: Command = ALL
) -> tuple[Json, asyncio.Task[CommandResult]]:
    """Ask for a report; return the request and what will come of it."""
    wire.answers.setdefault("GetMonitoringReport", ACCEPTED)
    ask: Coroutine[Any, Any, CommandResult] = house.station().command(command)
    task = asyncio.create_task(ask)
    return await wire.request("GetMonitoringReport"), task


@pytest.mark.parametrize("kind", MonitorType)
async def test_each_kind_of_monitor_is_set_in_the_versions_that_have_it(
    wire: Wire, house: House, version: str, kind: MonitorType
) -> None:
    setting = replace(HOT, type=kind, id=3, transaction=True)
    if kind in LATER and version == "2.0.1":
        with pytest.raises(FieldNotSupportedError) as caught:
            await house.station().command(SetVariableMonitoring(monitors=(setting,)))
        assert caught.value.field == kind
        assert wire.asked == []
        return
    words = {"TargetDelta", "TargetDeltaRelative", "UpperThreshold", "LowerThreshold", "Delta"}
    words |= {"Periodic", "PeriodicClockAligned"}
    (word,) = (word for word in words if word.lower() == kind.replace("_", ""))
    on_wire = HOT_ON_WIRE | {"type": word, "id": 3, "transaction": True}
    wire.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result(on_wire, number=3)]}
    told = await house.station().command(SetVariableMonitoring(monitors=(setting,)))
    assert await wire.request("SetVariableMonitoring") == {"setMonitoringData": [on_wire]}
    assert told.status == "Accepted"
    (kept,) = house.station().monitors.all
    assert (kept.id, kept.type, kept.transaction) == (3, kind, True)


async def test_what_is_set_is_known_until_it_is_removed(wire: Wire, house: House) -> None:
    wire.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result(HOT_ON_WIRE, number=7)]}
    await house.station().command(SetVariableMonitoring(monitors=(HOT,)))
    assert house.station().monitors.all == (HOT_MONITOR,)
    await house.restart()
    assert house.station().monitors.all == (HOT_MONITOR,)


async def test_of_several_monitors_those_the_station_took_are_known(
    wire: Wire, house: House
) -> None:
    odd = replace(HOT, variable="Kettle.Temperature")
    odd_on_wire = HOT_ON_WIRE | {"component": {"name": "Kettle"}}
    wire.answers["SetVariableMonitoring"] = {
        "setMonitoringResult": [
            result(odd_on_wire, "UnknownComponent"),
            result(HOT_ON_WIRE, number=7),
        ]
    }
    told = await house.station().command(SetVariableMonitoring(monitors=(HOT, odd)))
    assert told.status == "Accepted"
    assert house.station().monitors.all == (HOT_MONITOR,)


@pytest.mark.parametrize("status", ["UnknownComponent", "UnsupportedMonitorType", "Duplicate"])
async def test_a_monitor_the_station_does_not_take_is_an_error(
    wire: Wire, house: House, status: str
) -> None:
    wire.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result(HOT_ON_WIRE, status)]}
    with pytest.raises(CommandRefusedError) as caught:
        await house.station().command(SetVariableMonitoring(monitors=(HOT,)))
    assert caught.value.status == status
    assert house.station().monitors.all == ()


async def test_a_list_too_long_for_one_message_goes_out_in_several(
    wire: Wire, house: House
) -> None:
    await bounded(wire, house, "MonitoringCtrlr.ItemsPerMessage.SetVariableMonitoring", "2")
    settings = tuple(replace(HOT, severity=number) for number in range(5))
    wire.answers["SetVariableMonitoring"] = {"setMonitoringResult": [result(HOT_ON_WIRE, number=7)]}
    wire.asked.clear()
    told = await house.station().command(SetVariableMonitoring(monitors=settings))
    sizes = [len(payload["setMonitoringData"]) for _, payload in wire.asked]
    assert sizes == [2, 2, 1]
    assert len(told.answer["setMonitoringResult"]) == 3  # type: ignore[arg-type]


async def test_a_list_too_large_for_one_message_is_cut_by_bytes(wire: Wire, house: House) -> None:
    await bounded(wire, house, "MonitoringCtrlr.BytesPerMessage.ClearVariableMonitoring", "110")
    wire.answers["ClearVariableMonitoring"] = {
        "clearMonitoringResult": [{"status": "Accepted", "id": 10_001}]
    }
    wire.asked.clear()
    await house.station().command(ClearVariableMonitoring(ids=(10_001, 10_002, 10_003)))
    assert [payload["id"] for _, payload in wire.asked] == [[10_001], [10_002], [10_003]]


async def bounded(wire: Wire, house: House, name: str, value: str) -> None:
    """Let a station tell a bound."""
    component, variable, instance = name.split(".")
    wire.answers["SetVariables"] = {
        "setVariableResult": [
            {
                "attributeStatus": "Accepted",
                "component": {"name": component},
                "variable": {"name": variable, "instance": instance},
            }
        ]
    }
    await house.station().command(SetConfiguration(key=name, value=value))


async def test_monitors_are_removed(wire: Wire, house: House) -> None:
    house.station().monitors.told(
        [replace(HOT_MONITOR, id=number) for number in (1, 2, 3)], all_of_them=True
    )
    wire.answers["ClearVariableMonitoring"] = {
        "clearMonitoringResult": [
            {"status": "Rejected", "id": 1},
            {"status": "Accepted", "id": 2},
            {"status": "NotFound", "id": 3},
        ]
    }
    told = await house.station().command(ClearVariableMonitoring(ids=(1, 2, 3)))
    assert told.status == "Accepted"
    assert [item.id for item in house.station().monitors.all] == [1]
    wire.answers["ClearVariableMonitoring"] = {
        "clearMonitoringResult": [{"status": "NotFound", "id": 99}]
    }
    with pytest.raises(CommandRefusedError) as caught:
        await house.station().command(ClearVariableMonitoring(ids=(99,)))
    assert caught.value.status == "NotFound"


async def test_a_report_comes_in_parts_and_replaces_what_was_known(
    wire: Wire, house: House, version: str
) -> None:
    house.station().monitors.told([replace(HOT_MONITOR, id=99)], all_of_them=True)
    request, task = await asked(wire, house)
    assert set(request) == {"requestId"}
    await part(wire, request["requestId"], [monitored(1, monitor(1), monitor(2, 8))], more=True)
    await part(wire, request["requestId"], [monitored(2, monitor(3))], 1)
    answer = (await task).answer
    assert answer["complete"] is True
    assert [item.id for item in house.station().monitors.all] == [1, 2, 3]
    assert answer["monitors"][1] == {  # type: ignore[index]
        "id": 2,
        "variable": "EVSE@1.Temperature",
        "type": "upper_threshold",
        "value": 80.5,
        "severity": 8,
        "transaction": False,
        "kind": "hard_wired_monitor" if version == "2.1" else None,
    }


async def test_a_report_about_some_leaves_the_others_known(wire: Wire, house: House) -> None:
    house.station().monitors.told([replace(HOT_MONITOR, id=99)], all_of_them=True)
    command = GetMonitoringReport(
        criteria=(MonitoringCriterion.THRESHOLD, MonitoringCriterion.PERIODIC),
        components=("Meter.main@2:1", "TiltSensor"),
        variables=("EVSE@1.Temperature",),
    )
    request, task = await asked(wire, house, command)
    assert request["monitoringCriteria"] == ["ThresholdMonitoring", "PeriodicMonitoring"]
    assert request["componentVariable"] == [
        {
            "component": {
                "name": "Meter",
                "instance": "main",
                "evse": {"id": 2, "connectorId": 1},
            }
        },
        {"component": {"name": "TiltSensor"}},
        {
            "component": {"name": "EVSE", "evse": {"id": 1}},
            "variable": {"name": "Temperature"},
        },
    ]
    await part(wire, request["requestId"], [monitored(1, monitor(1))])
    await task
    assert [item.id for item in house.station().monitors.all] == [1, 99]


async def test_that_there_are_no_monitors_is_no_error(wire: Wire, house: House) -> None:
    house.station().monitors.told([HOT_MONITOR], all_of_them=True)
    wire.answers["GetMonitoringReport"] = {"status": "EmptyResultSet"}
    answer = (await house.station().command(GetMonitoringReport())).answer
    assert (answer["monitors"], answer["complete"]) == ([], True)
    assert house.station().monitors.all == ()


async def test_a_refused_report_is_not_waited_for(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    wire.answers["GetMonitoringReport"] = {"status": "NotSupported"}
    with pytest.raises(CommandRefusedError):
        await house.station().command(GetMonitoringReport())
    del wire.answers["GetMonitoringReport"]
    with pytest.raises(CallFailedError):
        await house.station().command(GetMonitoringReport())
    await clock.advance(700)
    counters = house.station().counters
    assert counters["report_unfinished"] == counters["report_incomplete"] == 0


async def test_an_oversized_report_of_monitors_is_cut_off(wire: Wire, house: House) -> None:
    request, task = await asked(wire, house)
    many = [monitor(number) for number in range(500)]
    for number in range(MOST_MONITORS // 500 + 2):
        shifted = [item | {"id": item["id"] + 500 * number} for item in many]
        await part(wire, request["requestId"], [monitored(1, *shifted)], number, more=True)
    await part(wire, request["requestId"], [], MOST_MONITORS // 500 + 2)
    assert (await task).answer["complete"] is False
    assert 0 < len(house.station().monitors.all) <= MOST_MONITORS
    assert house.station().counters["report_oversized"] == 1
    await wire.call("Heartbeat", {})


async def test_a_report_of_monitors_that_never_ends_is_given_up(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    request, task = await asked(wire, house)
    await part(wire, request["requestId"], [monitored(1, monitor(1))], more=True)
    await clock.advance(61)
    assert (await task).answer["complete"] is False
    assert [item.id for item in house.station().monitors.all] == [1]
    await part(wire, request["requestId"], [monitored(1, monitor(2))], 1)
    assert [item.id for item in house.station().monitors.all] == [1]
    assert house.station().counters["report_unasked"] == 1


@pytest.mark.parametrize("numbers", [(0, 2), (0, 0, 2), (1, 2), (-1, 0)])
async def test_parts_that_are_missing_or_repeated_make_a_report_incomplete(
    wire: Wire, house: House, numbers: tuple[int, ...]
) -> None:
    request, task = await asked(wire, house)
    for index, number in enumerate(numbers):
        payload: Json = {
            "requestId": request["requestId"],
            "generatedAt": AT,
            "seqNo": number,
            "tbc": index < len(numbers) - 1,
            "monitor": [monitored(1, monitor(index))],
        }
        await wire.exchange("NotifyMonitoringReport", payload, valid=False)
    assert (await task).answer["complete"] is False
    assert house.station().counters["report_incomplete"] == 1


async def test_monitors_nobody_can_read_are_counted_and_the_others_kept(
    wire: Wire, house: House
) -> None:
    request, task = await asked(wire, house)
    odd = [
        monitor(1) | {"type": "FullMoon", "eventNotificationType": "Oracle"},
        monitor(2) | {"value": "much"},
        {"id": 3},
        monitor(4) | {"severity": None},
    ]
    payload = {
        "requestId": request["requestId"],
        "generatedAt": AT,
        "seqNo": 0,
        "monitor": [monitored(1, *odd), {"variableMonitoring": [monitor(5)]}, "nonsense"],
    }
    await wire.exchange("NotifyMonitoringReport", payload, valid=False)
    assert (await task).answer["complete"] is True
    (kept,) = house.station().monitors.all
    assert (kept.type, kept.kind) == ("full_moon", "oracle")
    assert house.station().counters["monitor_unreadable"] == 4


async def test_a_lost_socket_ends_the_wait_for_monitors(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    _, task = await asked(wire, house)
    await wire.socket.close()
    await clock.settle()
    with pytest.raises(StationOfflineError):
        await task


async def test_a_report_that_a_raw_request_asked_for_is_passed_on(wire: Wire, house: House) -> None:
    await part(wire, 4711, [monitored(1, monitor(1))])
    await wire.call(
        "NotifyReport",
        {
            "requestId": 4712,
            "generatedAt": AT,
            "seqNo": 0,
            "reportData": [entry("EVSE", "Power", "1")],
        },
    )
    assert [
        (item.action, item.content["requestId"]) for item in house.happened(NoticeReceived)
    ] == [
        ("NotifyMonitoringReport", 4711),
        ("NotifyReport", 4712),
    ]
    assert house.station().monitors.all == ()


def event(number: int = 1, **more: object) -> Json:
    """Return an event about the temperature of an EVSE."""
    return {
        "eventId": number,
        "timestamp": AT,
        "trigger": "Alerting",
        "actualValue": "81.5",
        "eventNotificationType": "CustomMonitor",
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "Temperature"},
        **more,
    }


async def tell(wire: Wire, *events: Json, valid: bool = True) -> None:
    """Send events."""
    payload = {"generatedAt": AT, "seqNo": 0, "eventData": list(events)}
    await wire.call("NotifyEvent", payload, valid=valid)


async def test_an_event_is_told_with_all_it_says(wire: Wire, house: House) -> None:
    await tell(
        wire,
        event(
            5,
            cause=4,
            techCode="E7",
            techInfo="fan stuck",
            cleared=True,
            transactionId="tx-1",
            component={
                "name": "Meter",
                "instance": "main",
                "evse": {"id": 1, "connectorId": 2},
            },
            variable={"name": "Temperature", "instance": "inlet"},
        ),
    )
    assert house.happened(ComponentEvent) == [
        ComponentEvent(
            station_id="GARAGE",
            at=house.clock.now(),
            component="Meter",
            instance="main",
            evse_id=1,
            connector_id=2,
            variable="Temperature",
            variable_instance="inlet",
            value="81.5",
            trigger="Alerting",
            kind="CustomMonitor",
            cleared=True,
            tech_code="E7",
            tech_info="fan stuck",
            event_id=5,
            cause=4,
            transaction_id="tx-1",
        )
    ]


async def test_an_event_has_the_severity_of_its_monitor(
    wire: Wire, house: House, version: str
) -> None:
    house.station().monitors.told([HOT_MONITOR], all_of_them=True)
    await tell(wire, event(variableMonitoringId=7))
    own = {"severity": 2} if version == "2.1" else {}
    await tell(wire, event(variableMonitoringId=7, **own))
    assert [item.severity for item in house.happened(ComponentEvent)] == [
        4,
        2 if version == "2.1" else 4,
    ]
    assert wire.asked == []


async def test_monitors_an_event_refers_to_are_asked_for_once(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    """Ids may change with a restart: one that now watches something else tells no severity."""
    house.station().monitors.told(
        [replace(HOT_MONITOR, variable="EVSE@2.Temperature")], all_of_them=True
    )
    wire.answers["GetMonitoringReport"] = ACCEPTED
    await tell(wire, event(variableMonitoringId=7), event(variableMonitoringId=7))
    request = await wire.request("GetMonitoringReport")
    await part(wire, request["requestId"], [monitored(1, monitor(7, 3))])
    await clock.settle()
    await tell(wire, event(variableMonitoringId=7), event(variableMonitoringId=8))
    assert [item.severity for item in house.happened(ComponentEvent)] == [None, None, 3, None]
    assert [action for action, _ in wire.asked] == []


async def test_old_news_says_so(wire: Wire, house: House, clock: ManualClock) -> None:
    await clock.advance(3600)
    await tell(wire, event(), event(timestamp="2026-01-01T00:59:50Z"))
    assert [item.replayed for item in house.happened(ComponentEvent)] == [True, False]


async def test_events_nobody_can_read_are_counted_and_the_others_told(
    wire: Wire, house: House
) -> None:
    await tell(
        wire,
        event() | {"component": "EVSE"},
        event() | {"variable": {}},
        event(trigger="Whim", eventNotificationType="Dream", severity="high", actualValue=None),
        {},
        valid=False,
    )
    (told,) = house.happened(ComponentEvent)
    assert (told.trigger, told.kind, told.severity, told.value) == ("Whim", "Dream", None, None)
    assert house.station().counters["event_unreadable"] == 3
    assert house.happened(FaultRaised) == []


async def test_a_station_with_monitors_is_asked_for_them_when_it_is_got_to_know(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    wire.answers |= {"GetBaseReport": ACCEPTED, "GetMonitoringReport": ACCEPTED}
    await wire.boot()
    await clock.advance(2)
    report = await wire.request("GetBaseReport")
    await wire.call(
        "NotifyReport",
        {
            "requestId": report["requestId"],
            "generatedAt": AT,
            "seqNo": 0,
            "reportData": [
                entry("MonitoringCtrlr", "Available", "true"),
                entry("SampledDataCtrlr", "TxUpdatedInterval", "10"),
                *(
                    entry("SampledDataCtrlr", f"Tx{when}Measurands", "Voltage")
                    for when in ("Updated", "Started", "Ended")
                ),
                entry("SmartChargingCtrlr", "RateUnit", "A"),
                entry("SmartChargingCtrlr", "ProfileStackLevel", "1"),
            ],
        },
    )
    request = await wire.request("GetMonitoringReport")
    await part(wire, request["requestId"], [monitored(1, monitor(7, 3))])
    await clock.settle()
    assert [item.severity for item in house.station().monitors.all] == [3]
