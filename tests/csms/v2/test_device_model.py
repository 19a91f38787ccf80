"""The device model: its names, the reports that bring it, and what is written into it."""

import asyncio

from hypothesis import given, strategies as st
import pytest

from custom_components.chargestead.csms.v2.device_model import KEYS, Variable, names, parse
from custom_components.chargestead.csms.v2.reports import MOST_VARIABLES
from custom_components.chargestead.model.commands import GetConfiguration, SetConfiguration
from custom_components.chargestead.model.errors import CommandRefusedError, StationOfflineError
from tests.simulator import Json, ManualClock

from .conftest import Dial
from .house import House, Wire

AT = "2026-01-01T00:00:00Z"
WANTED = (
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,Current.Offered,SoC"
)
REGISTER = "Energy.Active.Import.Register"
ACCEPTED: Json = {"status": "Accepted"}


def entry(
    component: str,
    variable: str,
    value: str,
    *,
    instance: str | None = None,
    evse: Json | None = None,
    readonly: bool = False,
    choices: str | None = None,
) -> Json:
    """Return an entry of a report."""
    where: Json = {"name": component}
    if evse is not None:
        where["evse"] = evse
    what: Json = {"name": variable}
    if instance is not None:
        what["instance"] = instance
    characteristics: Json = {"dataType": "string", "supportsMonitoring": False}
    if choices is not None:
        characteristics["valuesList"] = choices
    return {
        "component": where,
        "variable": what,
        "variableAttribute": [
            {"type": "Target", "value": "not this one"},
            {"value": value, "mutability": "ReadOnly" if readonly else "ReadWrite"},
        ],
        "variableCharacteristics": characteristics,
    }


def inventory(interval: str = "10", measurands: str = WANTED) -> list[Json]:
    """Return the device model of a station with two EVSEs."""
    return [
        entry("SampledDataCtrlr", "TxUpdatedInterval", interval),
        entry("SampledDataCtrlr", "TxUpdatedMeasurands", measurands),
        entry("SampledDataCtrlr", "TxStartedMeasurands", REGISTER),
        entry("SampledDataCtrlr", "TxEndedMeasurands", REGISTER),
        entry("SmartChargingCtrlr", "RateUnit", "A,W", readonly=True),
        entry("SmartChargingCtrlr", "ProfileStackLevel", "5", readonly=True),
        entry("OCPPCommCtrlr", "MessageAttempts", "3", instance="TransactionEvent"),
        entry("EVSE", "AvailabilityState", "Available", evse={"id": 1}),
        entry("Connector", "AvailabilityState", "Available", evse={"id": 2, "connectorId": 1}),
    ]


async def report(
    wire: Wire, request_id: int, entries: list[Json], number: int = 0, *, more: bool = False
) -> None:
    """Send one part of a report."""
    payload: Json = {
        "requestId": request_id,
        "generatedAt": AT,
        "seqNo": number,
        "tbc": more,
    }
    if entries:
        payload["reportData"] = entries
    await wire.call("NotifyReport", payload)


async def _get_to_know(wire: Wire, clock: ManualClock, entries: list[Json]) -> None:
    wire.answers["GetBaseReport"] = ACCEPTED
    await wire.boot()
    await clock.advance(2)
    asked = await wire.request("GetBaseReport")
    assert asked["reportBase"] == "FullInventory"
    half = len(entries) // 2
    await report(wire, asked["requestId"], entries[:half], 0, more=True)
    await report(wire, asked["requestId"], entries[half:], 1)


async def test_a_new_station_is_asked_for_its_inventory_once_per_firmware(
    house: House, dial: Dial, clock: ManualClock
) -> None:
    wire = await dial()
    await _get_to_know(wire, clock, inventory())
    await clock.settle()
    configuration = house.station().state.configuration
    assert configuration["SampledDataCtrlr.TxUpdatedInterval"].value == "10"
    assert configuration["MeterValueSampleInterval"].value == "10"
    assert configuration["OCPPCommCtrlr.MessageAttempts.TransactionEvent"].value == "3"
    assert configuration["Connector@2:1.AvailabilityState"].value == "Available"
    assert configuration["SmartChargingCtrlr.RateUnit"].readonly
    assert set(house.station().state.connectors) == {1, 2}
    assert wire.asked == []
    again = await dial()
    await again.boot()
    await clock.advance(4)
    assert again.asked == []
    newer = await dial()
    await newer.boot("2.0")
    await clock.advance(2)
    await newer.request("GetBaseReport")


async def test_only_what_differs_is_written(wire: Wire, house: House, clock: ManualClock) -> None:
    wire.answers["SetVariables"] = {
        "setVariableResult": [
            {
                "attributeStatus": "Accepted",
                "component": {"name": "SampledDataCtrlr"},
                "variable": {"name": "TxUpdatedInterval"},
            }
        ]
    }
    await _get_to_know(wire, clock, inventory(interval="900", measurands=f"{REGISTER},Voltage"))
    await clock.settle()
    written = {
        f"{data['component']['name']}.{data['variable']['name']}": data["attributeValue"]
        for action, payload in wire.asked
        if action == "SetVariables"
        for data in payload["setVariableData"]
    }
    assert written == {
        "SampledDataCtrlr.TxUpdatedInterval": "10",
        "SampledDataCtrlr.TxUpdatedMeasurands": (
            f"{REGISTER},Voltage,Power.Active.Import,Current.Import,Current.Offered,SoC"
        ),
    }
    configuration = house.station().state.configuration
    assert configuration["MeterValueSampleInterval"].value == "10"
    assert configuration["SampledDataCtrlr.TxUpdatedInterval"].value == "10"


async def test_only_measurands_that_the_station_knows_are_asked_of_it(
    wire: Wire, clock: ManualClock
) -> None:
    choices = f"{REGISTER},Power.Active.Import"
    entries = [
        entry("SampledDataCtrlr", "TxUpdatedMeasurands", REGISTER, choices=choices),
        *inventory()[2:],
    ]
    await _get_to_know(wire, clock, entries)
    await clock.settle()
    (written,) = [payload for action, payload in wire.asked if action == "SetVariables"]
    assert written["setVariableData"][0]["attributeValue"] == choices


async def test_a_station_without_reports_is_asked_by_name(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    wire.answers["GetBaseReport"] = {"status": "NotSupported"}
    wire.answers["GetVariables"] = {
        "getVariableResult": [
            {
                "attributeStatus": "Accepted",
                "attributeValue": "10",
                "component": {"name": "SampledDataCtrlr"},
                "variable": {"name": "TxUpdatedInterval"},
            },
            {
                "attributeStatus": "UnknownComponent",
                "component": {"name": "SmartChargingCtrlr"},
                "variable": {"name": "RateUnit"},
            },
        ]
    }
    await wire.boot()
    await clock.advance(2)
    await wire.request("GetVariables")
    await clock.settle()
    configuration = house.station().state.configuration
    assert configuration["MeterValueSampleInterval"].value == "10"
    assert "SmartChargingCtrlr.RateUnit" not in configuration


async def test_variables_are_read_by_name_or_by_key(wire: Wire, house: House) -> None:
    wire.answers["GetVariables"] = {
        "getVariableResult": [
            {
                "attributeStatus": "Accepted",
                "attributeValue": "240",
                "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "HeartbeatInterval"},
            },
            {
                "attributeStatus": "UnknownVariable",
                "component": {"name": "EVSE", "evse": {"id": 2}},
                "variable": {"name": "Colour"},
            },
        ]
    }
    result = await house.station().command(
        GetConfiguration(keys=("HeartbeatInterval", "EVSE@2.Colour", "nonsense"))
    )
    assert await wire.request("GetVariables") == {
        "getVariableData": [
            {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}},
            {"component": {"name": "EVSE", "evse": {"id": 2}}, "variable": {"name": "Colour"}},
            {"component": {"name": "nonsense"}, "variable": {"name": "-"}},
        ]
    }
    assert result.answer["unknownKey"] == ["EVSE@2.Colour"]
    assert house.station().state.configuration["HeartbeatInterval"].value == "240"
    assert house.station().state.configuration["OCPPCommCtrlr.HeartbeatInterval"].value == "240"


@pytest.mark.parametrize(
    ("key", "status"), [("HeartbeatInterval", "Accepted"), ("AuthorizationKey", "RebootRequired")]
)
async def test_a_variable_is_written_and_a_secret_is_not_remembered(
    wire: Wire, house: House, key: str, status: str
) -> None:
    variable = parse(key)
    assert variable is not None
    wire.answers["SetVariables"] = {
        "setVariableResult": [{"attributeStatus": status, **variable.on_wire()}]
    }
    result = await house.station().command(SetConfiguration(key=key, value="secret-or-not-0001"))
    assert result.status == status
    asked = await wire.request("SetVariables")
    assert asked["setVariableData"][0]["attributeValue"] == "secret-or-not-0001"
    configuration = house.station().state.configuration
    assert (key in configuration) is (key == "HeartbeatInterval")


async def test_a_refused_write_comes_back_to_who_asked(wire: Wire, house: House) -> None:
    wire.answers["SetVariables"] = {
        "setVariableResult": [
            {
                "attributeStatus": "UnknownComponent",
                "component": {"name": "Kettle"},
                "variable": {"name": "Temperature"},
            }
        ]
    }
    with pytest.raises(CommandRefusedError) as caught:
        await house.station().command(SetConfiguration(key="Kettle.Temperature", value="90"))
    assert caught.value.status == "UnknownComponent"
    assert "Kettle.Temperature" not in house.station().state.configuration


async def _asked_for(wire: Wire, house: House) -> tuple[int, asyncio.Task[Json]]:
    """Ask for the inventory; return the request id and what will come of it."""
    wire.answers["GetBaseReport"] = ACCEPTED

    async def ask() -> Json:
        result = await house.station().command(GetConfiguration())
        return dict(result.answer)

    task = asyncio.create_task(ask())
    asked = await wire.request("GetBaseReport")
    return asked["requestId"], task


async def test_an_oversized_report_is_cut_off_and_everything_else_goes_on(
    wire: Wire, house: House
) -> None:
    request_id, task = await _asked_for(wire, house)
    part = 500
    for number in range(MOST_VARIABLES // part + 2):
        entries = [entry("Zoo", f"V{number}x{index}", "1") for index in range(part)]
        await report(wire, request_id, entries, number, more=True)
    await report(wire, request_id, [], MOST_VARIABLES // part + 2)
    answer = await task
    assert answer["complete"] is False
    assert 0 < len(house.station().state.configuration) <= MOST_VARIABLES
    assert house.station().counters["report_oversized"] == 1
    await wire.call("Heartbeat", {})


async def test_a_report_that_never_ends_is_given_up(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    request_id, task = await _asked_for(wire, house)
    await report(wire, request_id, inventory(), 0, more=True)
    await clock.advance(61)
    assert (await task)["complete"] is False
    assert house.station().counters["report_unfinished"] == 1
    assert house.station().state.configuration["MeterValueSampleInterval"].value == "10"
    await report(wire, request_id, inventory("20"), 1)
    assert house.station().counters["report_unasked"] == 1
    assert house.station().state.configuration["MeterValueSampleInterval"].value == "10"


async def test_a_report_that_drips_for_ever_is_given_up_too(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    request_id, task = await _asked_for(wire, house)
    for number in range(15):
        await report(wire, request_id, inventory(), number, more=True)
        await clock.advance(45)
    assert (await task)["complete"] is False
    assert house.station().counters["report_unfinished"] >= 1


async def test_missing_and_repeated_parts_are_counted(wire: Wire, house: House) -> None:
    request_id, task = await _asked_for(wire, house)
    await report(wire, request_id, inventory()[:2], 0, more=True)
    await report(wire, request_id, inventory()[:2], 0, more=True)
    await report(wire, request_id, inventory()[3:], 2)
    assert (await task)["complete"] is False
    counters = house.station().counters
    assert counters["report_part_repeated"] == 1
    assert counters["report_incomplete"] == 1


async def test_a_lost_socket_ends_the_wait_for_a_report(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    request_id, task = await _asked_for(wire, house)
    await report(wire, request_id, inventory(), 0, more=True)
    await wire.socket.close()
    await clock.settle()
    with pytest.raises(StationOfflineError):
        await task


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("OCPPCommCtrlr.HeartbeatInterval", Variable("OCPPCommCtrlr", "HeartbeatInterval")),
        ("heartbeatinterval", Variable("OCPPCommCtrlr", "HeartbeatInterval")),
        ("EVSE@1.Power", Variable("EVSE", "Power", evse_id=1)),
        ("Connector@1:2.Available", Variable("Connector", "Available", evse_id=1, connector_id=2)),
        (
            "TransactionMessageAttempts",
            Variable("OCPPCommCtrlr", "MessageAttempts", variable_instance="TransactionEvent"),
        ),
        ("A.b@3.C.d", Variable("A", "C", instance="b", evse_id=3, variable_instance="d")),
        ("A.b.C.d", Variable("A", "C", instance="b", variable_instance="d")),
        ("A", None),
        ("", None),
        (".", None),
        ("A..B", None),
    ],
)
def test_a_variable_has_one_name(text: str, variable: Variable | None) -> None:
    assert parse(text) == variable
    if variable is not None:
        assert parse(variable.name) == variable


def test_three_parts_mean_an_instance_of_the_component_where_the_station_has_that() -> None:
    known = ["Meter.main.Power.L1", "Meter.main.Voltage"]
    assert parse("Meter.main.Voltage", known) == Variable("Meter", "Voltage", instance="main")
    assert parse("Meter.main.Voltage") == Variable("Meter", "main", variable_instance="Voltage")


_WORD = st.text("abcXYZ019-_ ", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(st.builds(Variable, _WORD, _WORD, _WORD, st.integers(1, 9), st.none(), st.none() | _WORD))
def test_what_is_written_reads_back(variable: Variable) -> None:
    assert parse(variable.name) == variable


@given(st.text(max_size=60))
def test_any_text_is_a_variable_or_none(text: str) -> None:
    assert parse(text) is None or isinstance(parse(text), Variable)
    assert names(text)


def test_no_two_keys_share_a_variable() -> None:
    assert len(set(KEYS.values())) == len(KEYS)
