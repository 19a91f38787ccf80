"""Every command in the words of 2.x, and what its answer then means."""

from decimal import Decimal
from typing import Any

import pytest

from custom_components.chargestead.csms.v2.adapter import BUILDERS
from custom_components.chargestead.model import commands
from custom_components.chargestead.model.commands import (
    ClearCache,
    ClearChargingProfile,
    ClearDisplayMessage,
    Command,
    GetCompositeSchedule,
    GetCustomerInformation,
    GetReport,
    GetTransactionStatus,
    MonitoringBase,
    RawCall,
    ReportBase,
    Restart,
    RestartKind,
    SetAvailability,
    SetChargingProfile,
    SetMonitoringBase,
    SetMonitoringLevel,
    ShowCost,
    StartSession,
    StopSession,
    TransferData,
    Trigger,
    Unlock,
)
from custom_components.chargestead.model.errors import (
    CallFailedError,
    CommandRefusedError,
    NoSessionError,
)
from custom_components.chargestead.model.limit import LimitState
from custom_components.chargestead.model.money import Cost
from tests.simulator import Json, ManualClock

from .house import House, Wire
from .test_transactions import CARD, START, STORY, event, meter, stamp

PROFILE: Json = {
    "id": 7,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": [
        {
            "id": 1,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
        }
    ],
}
ACCEPTED: Json = {"status": "Accepted"}

COST = Cost(
    currency="EUR",
    before_taxes=Decimal("3.20"),
    taxes=Decimal("0.61"),
    after_taxes=Decimal("3.81"),
)

REQUEST_ID = 189_388_800
"""The first id of a request on the first of January 2026: seconds since 2020."""

CASES: list[tuple[Command, str, Json, Json]] = [
    (
        StopSession(transaction_id="tx-9"),
        "RequestStopTransaction",
        {"transactionId": "tx-9"},
        ACCEPTED,
    ),
    (
        GetTransactionStatus(transaction_id="tx-9"),
        "GetTransactionStatus",
        {"transactionId": "tx-9"},
        {"ongoingIndicator": False, "messagesInQueue": True},
    ),
    (GetTransactionStatus(), "GetTransactionStatus", {}, {"messagesInQueue": False}),
    (
        Unlock(connector_id=2, evse_connector_id=3),
        "UnlockConnector",
        {"evseId": 2, "connectorId": 3},
        {"status": "Unlocked"},
    ),
    (
        SetAvailability(connector_id=1, operative=False, evse_connector_id=2),
        "ChangeAvailability",
        {"operationalStatus": "Inoperative", "evse": {"id": 1, "connectorId": 2}},
        ACCEPTED,
    ),
    (
        Trigger(message="MeterValues", connector_id=1, evse_connector_id=2),
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "evse": {"id": 1, "connectorId": 2}},
        ACCEPTED,
    ),
    (
        SetMonitoringBase(base=MonitoringBase.HARD_WIRED_ONLY),
        "SetMonitoringBase",
        {"monitoringBase": "HardWiredOnly"},
        ACCEPTED,
    ),
    (SetMonitoringLevel(severity=4), "SetMonitoringLevel", {"severity": 4}, ACCEPTED),
    (ClearDisplayMessage(message_id=7), "ClearDisplayMessage", {"id": 7}, ACCEPTED),
    (
        GetCustomerInformation(report=False, clear=True, customer_identifier="C-7"),
        "CustomerInformation",
        {"requestId": REQUEST_ID, "report": False, "clear": True, "customerIdentifier": "C-7"},
        ACCEPTED,
    ),
    (
        Unlock(connector_id=2),
        "UnlockConnector",
        {"evseId": 2, "connectorId": 1},
        {"status": "Unlocked"},
    ),
    (
        SetAvailability(operative=False),
        "ChangeAvailability",
        {"operationalStatus": "Inoperative"},
        {"status": "Scheduled"},
    ),
    (
        SetAvailability(connector_id=1, operative=True),
        "ChangeAvailability",
        {"operationalStatus": "Operative", "evse": {"id": 1}},
        ACCEPTED,
    ),
    (Restart(), "Reset", {"type": "Immediate"}, ACCEPTED),
    (Restart(kind=RestartKind.HARD), "Reset", {"type": "Immediate"}, ACCEPTED),
    (
        Restart(kind=RestartKind.ON_IDLE, evse_id=2),
        "Reset",
        {"type": "OnIdle", "evseId": 2},
        {"status": "Scheduled"},
    ),
    (
        Trigger(message="StatusNotification", connector_id=1),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}},
        ACCEPTED,
    ),
    (
        Trigger(message="MeterValues", connector_id=2),
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "evse": {"id": 2}},
        ACCEPTED,
    ),
    (
        Trigger(message="SignChargePointCertificate", extended=True),
        "TriggerMessage",
        {"requestedMessage": "SignChargingStationCertificate"},
        ACCEPTED,
    ),
    (
        SetChargingProfile(connector_id=1, profile=PROFILE),
        "SetChargingProfile",
        {"evseId": 1, "chargingProfile": PROFILE},
        ACCEPTED,
    ),
    (
        ClearChargingProfile(profile_id=7),
        "ClearChargingProfile",
        {"chargingProfileId": 7},
        ACCEPTED,
    ),
    (
        ClearChargingProfile(connector_id=1, purpose="TxProfile", stack_level=0),
        "ClearChargingProfile",
        {
            "chargingProfileCriteria": {
                "evseId": 1,
                "chargingProfilePurpose": "TxProfile",
                "stackLevel": 0,
            }
        },
        ACCEPTED,
    ),
    (ClearChargingProfile(), "ClearChargingProfile", {}, ACCEPTED),
    (
        GetCompositeSchedule(connector_id=1, duration_s=600, charging_rate_unit="A"),
        "GetCompositeSchedule",
        {"evseId": 1, "duration": 600, "chargingRateUnit": "A"},
        ACCEPTED,
    ),
    (ClearCache(), "ClearCache", {}, ACCEPTED),
    (
        TransferData(vendor_id="maker", message_id="m", data={"a": [1]}),
        "DataTransfer",
        {"vendorId": "maker", "messageId": "m", "data": {"a": [1]}},
        ACCEPTED,
    ),
    (
        ShowCost(transaction_id="tx-1", cost=COST, energy_mwh=1_000_000, at=START),
        "CostUpdated",
        {"totalCost": 3.81, "transactionId": "tx-1"},
        {},
    ),
    (
        RawCall(action="GetLocalListVersion"),
        "GetLocalListVersion",
        {},
        {"versionNumber": 3},
    ),
]


@pytest.mark.parametrize(("command", "action", "payload", "answer"), CASES)
async def test_a_command_goes_out_in_the_words_of_the_version(
    wire: Wire, house: House, command: Command, action: str, payload: Json, answer: Json
) -> None:
    wire.answers[action] = answer
    result = await house.station().command(command)
    assert await wire.request(action) == payload
    assert result.answer == answer


async def test_every_command_there_is_has_words_in_2_x() -> None:
    known = {
        value
        for value in vars(commands).values()
        if isinstance(value, type) and issubclass(value, Command) and value is not Command
    }
    assert known == set(BUILDERS)


@pytest.mark.parametrize(
    ("command", "action", "answer"),
    [
        (
            SetMonitoringBase(base=MonitoringBase.ALL),
            "SetMonitoringBase",
            {"status": "NotSupported"},
        ),
        (ClearDisplayMessage(message_id=1), "ClearDisplayMessage", {"status": "Unknown"}),
        (GetReport(base=ReportBase.SUMMARY_INVENTORY), "GetBaseReport", {"status": "Rejected"}),
        (GetCustomerInformation(), "CustomerInformation", {"status": "Invalid"}),
        (Unlock(connector_id=1), "UnlockConnector", {"status": "OngoingAuthorizedTransaction"}),
        (Unlock(connector_id=9), "UnlockConnector", {"status": "UnknownConnector"}),
        (StartSession(connector_id=1), "RequestStartTransaction", {"status": "Rejected"}),
        (Restart(), "Reset", {"status": "Rejected"}),
        (Trigger(message="Heartbeat"), "TriggerMessage", {"status": "NotImplemented"}),
        (ClearChargingProfile(profile_id=1), "ClearChargingProfile", {"status": "Unknown"}),
    ],
)
async def test_a_refusal_comes_back_to_who_asked(
    wire: Wire, house: House, command: Command, action: str, answer: Json
) -> None:
    wire.answers[action] = answer
    with pytest.raises(CommandRefusedError) as caught:
        await house.station().command(command)
    assert (caught.value.action, caught.value.status) == (action, answer["status"])


async def test_a_station_that_does_not_know_a_request_says_so(wire: Wire, house: House) -> None:
    assert wire.answers == {}
    with pytest.raises(CallFailedError) as caught:
        await house.station().command(ClearCache())
    assert caught.value.code == "NotSupported"


async def test_a_start_is_known_again_by_its_number(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    wire.answers["RequestStartTransaction"] = {"status": "Accepted", "transactionId": "tx-7"}
    await house.station().start_session(1, "04AABBCC")
    asked = await wire.request("RequestStartTransaction")
    assert asked["evseId"] == 1
    assert asked["idToken"] == {"idToken": "04AABBCC", "type": "Central"}
    started = event(
        "Started",
        0,
        1,
        meter(1, 500, "Transaction.Begin"),
        transaction="tx-7",
        trigger="RemoteStart",
        token=CARD,
        info={"remoteStartId": asked["remoteStartId"]},
    )
    await clock.advance(1)
    await wire.call("TransactionEvent", started)
    (session,) = await house.sessions()
    assert session.remote_start_id == asked["remoteStartId"]
    await house.station().start_session(1)
    assert (await wire.request("RequestStartTransaction"))["remoteStartId"] != asked[
        "remoteStartId"
    ]


async def test_a_stop_means_the_session_of_the_connector(wire: Wire, house: House) -> None:
    wire.answers["RequestStopTransaction"] = ACCEPTED
    with pytest.raises(NoSessionError):
        await house.station().stop_session(1)
    await wire.call("TransactionEvent", STORY[0])
    await house.station().stop_session(1)
    assert await wire.request("RequestStopTransaction") == {"transactionId": "tx-1"}


async def _limit(wire: Wire, house: House, **refusals: Any) -> list[Json]:  # noqa: ANN401
    """Set a limit of 10 A and return the profiles that were sent."""
    wire.answers["SetChargingProfile"] = refusals.get("answer", ACCEPTED)
    await house.station().set_limit(1, 10)
    return [payload for action, payload in wire.asked if action == "SetChargingProfile"]


async def test_a_limit_is_a_default_profile_of_the_evse(wire: Wire, house: House) -> None:
    (profile,) = await _limit(wire, house)
    assert profile == {
        "evseId": 1,
        "chargingProfile": {
            "id": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": [
                {
                    "id": 1,
                    "startSchedule": "2025-12-31T23:59:00.000Z",
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
                }
            ],
        },
    }
    limit = house.station().state.connectors[1].limit
    assert limit is not None
    assert limit.state is LimitState.ACCEPTED


async def test_every_form_of_a_limit_is_well_formed(wire: Wire, house: House) -> None:
    """Refuse them all: what was tried is checked against the schema."""
    await wire.call("TransactionEvent", STORY[0])
    with pytest.raises(CommandRefusedError):
        await _limit(wire, house, answer={"status": "Rejected"})
    profiles = [
        payload["chargingProfile"]
        for action, payload in wire.asked
        if action == "SetChargingProfile"
    ]
    purposes = {item["chargingProfilePurpose"] for item in profiles}
    assert purposes == {"TxDefaultProfile", "TxProfile", "ChargingStationMaxProfile"}
    assert all(
        item.get("transactionId")
        == ("tx-1" if item["chargingProfilePurpose"] == "TxProfile" else None)
        for item in profiles
    )


async def test_a_limit_in_force_is_sent_again_after_a_boot(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await _limit(wire, house)
    wire.asked.clear()
    wire.answers["GetBaseReport"] = {"status": "NotSupported"}
    wire.answers["GetVariables"] = {"getVariableResult": [_unknown_variable()]}
    await wire.boot()
    await clock.advance(2)
    profile = await wire.request("SetChargingProfile")
    assert profile["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 10}
    ]


async def test_meter_values_outside_a_session_move_the_register(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await clock.advance(60)
    await wire.call("MeterValues", {"evseId": 1, "meterValue": [meter(60, 7_000, "Sample.Clock")]})
    await wire.call("MeterValues", {"evseId": 0, "meterValue": [meter(60, 9_000, "Sample.Clock")]})
    assert house.station().state.connectors[1].register_mwh == 7_000_000
    assert await wire.refused("MeterValues", {"evseId": 99}) == "PropertyConstraintViolation"
    await wire.status("Available", stamp(60))


def _unknown_variable() -> Json:
    return {
        "attributeStatus": "UnknownComponent",
        "component": {"name": "SmartChargingCtrlr"},
        "variable": {"name": "RateUnit"},
    }
