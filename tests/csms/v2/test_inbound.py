"""Everything a station may say is answered, and well-formed in the version spoken."""

import json
from pathlib import Path

import pytest

from custom_components.chargestead.model.config import SiteConfig, StationConfig
from custom_components.chargestead.model.driver import Driver, DriverToken
from custom_components.chargestead.model.events import (
    CardPresented,
    DataReceived,
    FaultCleared,
    FaultRaised,
    FirmwareProgress,
    LogProgress,
    NoticeReceived,
    SecurityEvent,
    StationBooted,
)
from custom_components.chargestead.model.station import ConnectorStatus
from tests.simulator import Json, ManualClock

from .house import House, Wire
from .payloads import INBOUND, INBOUND_LATER, fullest, smallest

AT = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("size", [smallest, fullest])
async def test_every_message_a_station_may_send_is_answered_as_the_schema_wants(
    wire: Wire, version: str, size: object, house: House
) -> None:
    """Send each message in its smallest and in its fullest form."""
    actions = INBOUND + (INBOUND_LATER if version == "2.1" else ())
    for action in actions:
        await wire.call(action, size(action, version))  # type: ignore[operator]
    counters = house.station().counters.as_dict()
    assert "internal_error" not in counters
    assert "action_unknown" not in counters


@pytest.mark.parametrize("action", [*INBOUND_LATER, "MakeCoffee", "StartTransaction"])
async def test_an_action_the_version_does_not_know_is_not_implemented(
    wire: Wire, version: str, action: str, house: House
) -> None:
    if version == "2.1" and action in INBOUND_LATER:
        return
    assert await wire.refused(action, {}) == "NotImplemented"
    assert house.station().counters["action_unknown"] == 1
    await wire.call("Heartbeat", {})


async def test_a_missing_essential_is_refused_with_the_spelling_of_the_version(wire: Wire) -> None:
    assert await wire.refused("DataTransfer", {}) == "OccurrenceConstraintViolation"
    assert await wire.refused("Authorize", {}) == "OccurrenceConstraintViolation"
    assert await wire.refused("TransactionEvent", {}) == "OccurrenceConstraintViolation"


async def test_text_that_is_no_frame_is_answered_and_hurts_nobody(wire: Wire, house: House) -> None:
    answer = await wire.raw("{nonsense", "-1")
    assert answer[:3] == [4, "-1", "RpcFrameworkError"]
    answer = await wire.raw('[2,"x7","Heartbeat",[]]', "x7")
    assert answer[:3] == [4, "x7", "FormatViolation"]
    assert house.station().counters["frame_malformed"] == 2
    await wire.call("Heartbeat", {})


async def test_a_message_that_wants_no_answer_gets_none(house: House) -> None:
    wire = await Wire.dial(house, "2.1")
    data = {"id": 1, "pending": 0, "basetime": AT, "data": [{"t": 1, "v": "2"}]}
    await wire.socket.send(json.dumps([6, "s1", "NotifyPeriodicEventStream", data]))
    await wire.socket.send(json.dumps([6, "s2", "TransactionEvent", {"eventType": "Started"}]))
    await wire.socket.send(json.dumps([5, "s3", "FormatViolation", "", {}]))
    answer = await wire.exchange("Heartbeat", {})
    assert answer[0] == 3
    assert house.station().counters["stream_unasked"] == 1
    assert house.station().counters["answer_disputed"] == 1
    await wire.close()


async def test_a_boot_tells_who_it_is(wire: Wire, house: House) -> None:
    answer = await wire.call(
        "BootNotification",
        {
            "reason": "FirmwareUpdate",
            "chargingStation": {
                "vendorName": "Maker",
                "model": "Box",
                "serialNumber": "S1",
                "firmwareVersion": "2.3",
                "modem": {"iccid": "89", "imsi": "26"},
            },
        },
    )
    assert (answer["status"], answer["currentTime"]) == ("Accepted", "2026-01-01T00:00:00.000Z")
    identity = house.station().state.identity
    assert (identity.vendor, identity.model, identity.serial_number) == ("Maker", "Box", "S1")
    assert (identity.firmware_version, identity.iccid) == ("2.3", "89")
    assert [event.reason for event in house.happened(StationBooted)] == ["FirmwareUpdate"]


async def test_a_token_is_decided_on_in_one_place(wire: Wire, house: House) -> None:
    token = {"idToken": "04AABB", "type": "ISO14443"}
    answer = await wire.call("Authorize", {"idToken": token})
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    (card,) = house.happened(CardPresented)
    assert (card.id_token, card.accepted) == ("04AABB", True)
    nobody = {"idToken": "", "type": "NoAuthorization"}
    answer = await wire.call("Authorize", {"idToken": nobody})
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    assert len(house.happened(CardPresented)) == 1


async def test_events_and_progress_reach_those_who_listen(wire: Wire, house: House) -> None:
    await wire.call(
        "SecurityEventNotification", {"type": "TamperDetectionActivated", "timestamp": AT}
    )
    await wire.call("FirmwareStatusNotification", {"status": "Downloading", "requestId": 7})
    await wire.call("LogStatusNotification", {"status": "Uploaded", "requestId": 8})
    data = {"vendorId": "maker", "messageId": "m", "data": {"a": 1}}
    assert await wire.call("DataTransfer", data) == {"status": "UnknownVendorId"}
    await wire.call(
        "NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "EMS"}, "evseId": 1}
    )
    assert [event.kind for event in house.happened(SecurityEvent)] == ["TamperDetectionActivated"]
    assert [(e.status, e.request_id) for e in house.happened(FirmwareProgress)] == [
        ("Downloading", 7)
    ]
    assert [(e.status, e.request_id) for e in house.happened(LogProgress)] == [("Uploaded", 8)]
    assert [event.data for event in house.happened(DataReceived)] == [{"a": 1}]
    (notice,) = house.happened(NoticeReceived)
    assert notice.action == "NotifyChargingLimit"
    assert notice.content["evseId"] == 1


async def test_a_problem_that_an_event_tells_of_is_a_fault_until_it_is_cleared(
    wire: Wire, house: House
) -> None:
    def event(number: int, value: str, **more: object) -> dict[str, object]:
        return {
            "generatedAt": AT,
            "seqNo": 0,
            "eventData": [
                {
                    "eventId": number,
                    "timestamp": AT,
                    "trigger": "Alerting",
                    "actualValue": value,
                    "eventNotificationType": "HardWiredNotification",
                    "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
                    "variable": {"name": "Problem"},
                    **more,
                }
            ],
        }

    await wire.call("NotifyEvent", event(1, "true", techCode="E7", techInfo="relay welded"))
    fault = house.station().state.connectors[1].fault
    assert fault is not None
    assert (fault.code, fault.info, fault.vendor_error_code) == (
        "Connector.Problem",
        "relay welded",
        "E7",
    )
    await wire.status("Faulted", AT)
    assert house.station().state.connectors[1].fault == fault
    await wire.call("NotifyEvent", event(2, "false", cleared=True))
    await wire.status("Available", AT)
    assert house.station().state.connectors[1].fault is None
    assert len(house.happened(FaultRaised)) == 2
    assert [item.fault.code for item in house.happened(FaultCleared)] == [
        "Connector.Problem",
        "OtherError",
    ]


async def test_availability_may_come_as_an_event(wire: Wire, house: House) -> None:
    data = {
        "eventId": 1,
        "timestamp": AT,
        "trigger": "Delta",
        "actualValue": "Occupied",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "AvailabilityState"},
    }
    await wire.call("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": [data]})
    assert house.station().state.connectors[1].status is ConnectorStatus.PREPARING


async def test_an_evse_with_two_connectors_shows_the_one_in_use(wire: Wire, house: House) -> None:
    await wire.status("Available", AT, evse=1, connector=1)
    await wire.status("Available", AT, evse=1, connector=2)
    await wire.status("Occupied", "2026-01-01T00:00:01Z", evse=1, connector=2)
    await wire.status("Unavailable", "2026-01-01T00:00:02Z", evse=1, connector=1)
    assert set(house.station().state.connectors) == {1}
    assert house.station().state.connectors[1].status is ConnectorStatus.PREPARING


async def test_an_unknown_status_leaves_the_last_as_it_was(wire: Wire, house: House) -> None:
    await wire.status("Available", AT)
    payload = {"timestamp": AT, "connectorStatus": "Dancing", "evseId": 1, "connectorId": 1}
    await wire.call("StatusNotification", payload, valid=False)
    assert house.station().state.connectors[1].status is ConnectorStatus.AVAILABLE
    assert house.station().counters["status_unknown"] == 1


async def test_an_evse_there_cannot_be_is_counted_and_changes_nothing(
    wire: Wire, house: House
) -> None:
    await wire.status("Available", AT, evse=999_999)
    assert set(house.station().state.connectors) == {1}
    assert house.station().counters["connector_out_of_bounds"] == 1


async def test_a_station_nobody_confirmed_waits_calmly(house: House, version: str) -> None:
    wire = await Wire.dial(house, version, "STRANGER")
    answer = await wire.boot()
    assert answer["status"] == "Pending"
    assert await wire.refused("Heartbeat", {}) == "SecurityError", "B02.FR.09"
    assert await wire.refused("TransactionEvent", {}) == "SecurityError"
    config = StationConfig(station_id="STRANGER")
    await house.site.add_station(config)
    assert house.station("STRANGER").state.identity.vendor == "Maker"
    await wire.close()


async def test_a_token_may_be_written_as_plain_text(wire: Wire, house: House) -> None:
    answer = await wire.call("Authorize", {"idToken": "04AABB"}, valid=False)
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    assert [card.id_token for card in house.happened(CardPresented)] == ["04AABB"]


@pytest.mark.parametrize("version", ["2.1"])
async def test_a_vat_number_is_rejected_and_told_and_one_that_cannot_be_is_refused(
    wire: Wire, house: House
) -> None:
    given = {"vatNumber": "NL123456789B01", "evseId": 1}
    answer = await wire.call("VatNumberValidation", given)
    assert answer == {**given, "status": "Rejected"}
    (notice,) = house.happened(NoticeReceived)
    assert (notice.action, notice.content) == ("VatNumberValidation", given)
    for odd, code in (
        ({}, "OccurrenceConstraintViolation"),
        ({"vatNumber": "9" * 21}, "PropertyConstraintViolation"),
    ):
        assert await wire.refused("VatNumberValidation", odd) == code
    assert len(house.happened(NoticeReceived)) == 1


async def test_a_group_too_long_for_the_version_is_left_out(
    clock: ManualClock, tmp_path: Path, version: str
) -> None:
    token = DriverToken(id_token="04AABB", group="G" * 37)
    driver = Driver(driver_id="anna", name="Anna", tokens=(token,))
    house = await House(clock, tmp_path, SiteConfig(drivers=(driver,))).open()
    await house.know()
    wire = await Wire.dial(house, version)
    answer = await wire.call("Authorize", {"idToken": {"idToken": "04AABB", "type": "ISO14443"}})
    group = {"groupIdToken": {"idToken": token.group, "type": "Central"}}
    assert answer["idTokenInfo"] == {"status": "Accepted"} | (group if version == "2.1" else {})
    await wire.close()
    await house.close()


def availability(component: str, value: str, at: str = AT) -> Json:
    """Return an event that tells how available something is."""
    event = {
        "eventId": 1,
        "timestamp": at,
        "trigger": "Delta",
        "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": component},
        "variable": {"name": "AvailabilityState"},
    }
    return {"generatedAt": at, "seqNo": 0, "eventData": [event]}


async def test_a_station_may_tell_of_itself_as_a_whole_that_it_is_out_of_service(
    wire: Wire, house: House
) -> None:
    for value, operative in (("Unavailable", False), ("Available", True)):
        await wire.call("NotifyEvent", availability("ChargingStation", value))
        assert house.station().state.operative is operative
    assert set(house.station().state.connectors) == {1}
    await wire.call("NotifyEvent", availability("Kettle", "Unavailable"))
    assert house.station().state.operative


async def test_a_status_that_was_overtaken_changes_nothing(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await clock.advance(30)
    await wire.status("Occupied", "2026-01-01T00:00:20Z")
    await wire.status("Available", "2026-01-01T00:00:10Z")
    assert house.station().state.connectors[1].status is ConnectorStatus.PREPARING
    assert house.station().counters["status_old"] == 1


async def test_an_alert_of_an_evse_there_cannot_be_is_counted_and_changes_nothing(
    wire: Wire, house: House
) -> None:
    told = availability("EVSE", "true")
    (event,) = told["eventData"]
    event |= {"component": {"name": "EVSE", "evse": {"id": 999_999}}, "trigger": "Alerting"}
    event |= {"variable": {"name": "Problem"}}
    await wire.call("NotifyEvent", told)
    assert house.happened(FaultRaised) == []
    assert house.station().counters["connector_out_of_bounds"] >= 1


@pytest.mark.parametrize("version", ["2.1"])
async def test_a_chain_whose_certificates_are_not_named_is_refused(wire: Wire) -> None:
    named = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "aa",
        "issuerKeyHash": "bb",
        "serialNumber": "01",
    }
    request = {"source": "OCSP", "urls": ["http://x"], "certificateHashData": named}
    answer = await wire.call(
        "GetCertificateChainStatus", {"certificateStatusRequests": [request]}, valid=True
    )
    (told,) = answer["certificateStatus"]
    assert (told["certificateHashData"], told["status"]) == (named, "Failed")
    for odd in (
        [],
        [{"source": "OCSP"}],
        [{**request, "certificateHashData": "sha"}],
        [{**request, "certificateHashData": {**named, "serialNumber": None}}],
    ):
        refused = await wire.refused(
            "GetCertificateChainStatus", {"certificateStatusRequests": odd}
        )
        assert refused == "OccurrenceConstraintViolation"
