"""Local lists, reservations, files and certificates in the words of 2.x."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from custom_components.chargestead.model.commands import (
    CancelReservation,
    CertificateUse,
    Command,
    DeleteCertificate,
    GetInstalledCertificates,
    GetLocalListVersion,
    InstallCertificate,
    LocalListEntry,
    LogKind,
    RequestLog,
    Reserve,
    SendLocalList,
    SendSignedCertificate,
    UpdateFirmware,
)
from custom_components.chargestead.model.errors import CommandRefusedError, FieldNotSupportedError
from custom_components.chargestead.model.events import (
    FirmwareProgress,
    LogProgress,
    NoticeReceived,
    ReservationChanged,
)
from tests.simulator import Json, ManualClock

from .house import House, Wire
from .test_transactions import START, STORY, stamp

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ACCEPTED: Json = {"status": "Accepted"}
FIRMWARE = UpdateFirmware(request_id=4, location="http://house/f", retrieve_at=NOON)
LOG = RequestLog(request_id=5, location="http://house/")

CASES: list[tuple[Command, str, Json, Json]] = [
    (GetLocalListVersion(), "GetLocalListVersion", {}, {"versionNumber": 3}),
    (
        SendLocalList(version=1, entries=()),
        "SendLocalList",
        {"versionNumber": 1, "updateType": "Full"},
        ACCEPTED,
    ),
    (
        SendLocalList(
            version=2,
            full=False,
            entries=(
                LocalListEntry(id_token="04AABBCC"),
                LocalListEntry(
                    id_token="Anna",
                    id_token_type="KeyCode",
                    status="Accepted",
                    expires_at=NOON,
                    parent_id_token="FAMILY",
                    info={"chargingPriority": 3, "evseId": [1]},
                ),
                LocalListEntry(
                    id_token="04AABBCCDDEEFF",
                    status="Blocked",
                    parent_id_token="HOUSE",
                    parent_id_token_type="Local",
                ),
            ),
        ),
        "SendLocalList",
        {
            "versionNumber": 2,
            "updateType": "Differential",
            "localAuthorizationList": [
                {"idToken": {"idToken": "04AABBCC", "type": "ISO14443"}},
                {
                    "idToken": {"idToken": "Anna", "type": "KeyCode"},
                    "idTokenInfo": {
                        "chargingPriority": 3,
                        "evseId": [1],
                        "status": "Accepted",
                        "cacheExpiryDateTime": "2026-01-01T12:00:00.000Z",
                        "groupIdToken": {"idToken": "FAMILY", "type": "Central"},
                    },
                },
                {
                    "idToken": {"idToken": "04AABBCCDDEEFF", "type": "ISO14443"},
                    "idTokenInfo": {
                        "status": "Blocked",
                        "groupIdToken": {"idToken": "HOUSE", "type": "Local"},
                    },
                },
            ],
        },
        ACCEPTED,
    ),
    (
        Reserve(reservation_id=1, id_token="Anna", expires_at=NOON),
        "ReserveNow",
        {
            "id": 1,
            "expiryDateTime": "2026-01-01T12:00:00.000Z",
            "idToken": {"idToken": "Anna", "type": "Central"},
        },
        ACCEPTED,
    ),
    (
        Reserve(
            reservation_id=2,
            id_token="04AABBCC",
            id_token_type="ISO15693",
            expires_at=NOON,
            connector_id=2,
            connector_type="cType2",
            parent_id_token="FAMILY",
            parent_id_token_type="Local",
        ),
        "ReserveNow",
        {
            "id": 2,
            "expiryDateTime": "2026-01-01T12:00:00.000Z",
            "connectorType": "cType2",
            "idToken": {"idToken": "04AABBCC", "type": "ISO15693"},
            "evseId": 2,
            "groupIdToken": {"idToken": "FAMILY", "type": "Local"},
        },
        ACCEPTED,
    ),
    (
        CancelReservation(reservation_id=0),
        "CancelReservation",
        {"reservationId": 0},
        ACCEPTED,
    ),
    (
        FIRMWARE,
        "UpdateFirmware",
        {
            "requestId": 4,
            "firmware": {
                "location": "http://house/f",
                "retrieveDateTime": "2026-01-01T12:00:00.000Z",
            },
        },
        {"status": "AcceptedCanceled"},
    ),
    (
        replace(
            FIRMWARE,
            install_at=NOON + timedelta(hours=1),
            signing_certificate="PEM",
            signature="c2ln",
            retries=0,
            retry_interval_s=30,
        ),
        "UpdateFirmware",
        {
            "requestId": 4,
            "retries": 0,
            "retryInterval": 30,
            "firmware": {
                "location": "http://house/f",
                "retrieveDateTime": "2026-01-01T12:00:00.000Z",
                "installDateTime": "2026-01-01T13:00:00.000Z",
                "signingCertificate": "PEM",
                "signature": "c2ln",
            },
        },
        ACCEPTED,
    ),
    (
        LOG,
        "GetLog",
        {
            "log": {"remoteLocation": "http://house/"},
            "logType": "DiagnosticsLog",
            "requestId": 5,
        },
        {"status": "Accepted", "filename": "log"},
    ),
    (
        replace(
            LOG,
            kind=LogKind.SECURITY,
            oldest_at=NOON,
            latest_at=NOON,
            retries=1,
            retry_interval_s=0,
        ),
        "GetLog",
        {
            "log": {
                "remoteLocation": "http://house/",
                "oldestTimestamp": "2026-01-01T12:00:00.000Z",
                "latestTimestamp": "2026-01-01T12:00:00.000Z",
            },
            "logType": "SecurityLog",
            "requestId": 5,
            "retries": 1,
            "retryInterval": 0,
        },
        ACCEPTED,
    ),
    (
        InstallCertificate(use=CertificateUse.CSMS_ROOT, certificate="PEM"),
        "InstallCertificate",
        {"certificateType": "CSMSRootCertificate", "certificate": "PEM"},
        ACCEPTED,
    ),
    (
        GetInstalledCertificates(),
        "GetInstalledCertificateIds",
        {},
        {"status": "NotFound"},
    ),
    (
        GetInstalledCertificates(uses=(CertificateUse.V2G_CHAIN, CertificateUse.MO_ROOT)),
        "GetInstalledCertificateIds",
        {"certificateType": ["V2GCertificateChain", "MORootCertificate"]},
        {"status": "NotFound"},
    ),
    (
        DeleteCertificate(
            hash_algorithm="SHA384",
            issuer_name_hash="aa",
            issuer_key_hash="bb",
            serial_number="0c",
        ),
        "DeleteCertificate",
        {
            "certificateHashData": {
                "hashAlgorithm": "SHA384",
                "issuerNameHash": "aa",
                "issuerKeyHash": "bb",
                "serialNumber": "0c",
            }
        },
        ACCEPTED,
    ),
    (
        SendSignedCertificate(certificate_chain="PEM"),
        "CertificateSigned",
        {"certificateChain": "PEM"},
        ACCEPTED,
    ),
    (
        SendSignedCertificate(certificate_chain="PEM", use="V2GCertificate"),
        "CertificateSigned",
        {"certificateChain": "PEM", "certificateType": "V2GCertificate"},
        ACCEPTED,
    ),
]

LATER: list[tuple[Command, str, Json]] = [
    (
        replace(LOG, kind=LogKind.DATA_COLLECTOR),
        "GetLog",
        {
            "log": {"remoteLocation": "http://house/"},
            "logType": "DataCollectorLog",
            "requestId": 5,
        },
    ),
    (
        InstallCertificate(use=CertificateUse.OEM_ROOT, certificate="PEM"),
        "InstallCertificate",
        {"certificateType": "OEMRootCertificate", "certificate": "PEM"},
    ),
    (
        GetInstalledCertificates(uses=(CertificateUse.OEM_ROOT,)),
        "GetInstalledCertificateIds",
        {"certificateType": ["OEMRootCertificate"]},
    ),
    (
        SendSignedCertificate(certificate_chain="PEM", request_id=7),
        "CertificateSigned",
        {"certificateChain": "PEM", "requestId": 7},
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


@pytest.mark.parametrize(("command", "action", "payload"), LATER)
async def test_what_only_2_1_can_say_is_refused_by_us_before(
    wire: Wire, house: House, version: str, command: Command, action: str, payload: Json
) -> None:
    wire.answers[action] = ACCEPTED
    if version == "2.1":
        await house.station().command(command)
        assert await wire.request(action) == payload
        return
    with pytest.raises(FieldNotSupportedError) as error:
        await house.station().command(command)
    assert error.value.version == "ocpp2.0.1"
    assert wire.asked == []


async def test_a_chain_cannot_be_installed_as_a_root(wire: Wire, house: House) -> None:
    with pytest.raises(FieldNotSupportedError):
        await house.station().command(
            InstallCertificate(use=CertificateUse.V2G_CHAIN, certificate="PEM")
        )
    assert wire.asked == []


async def _reserve(wire: Wire, house: House, number: int = 12) -> None:
    wire.answers["ReserveNow"] = ACCEPTED
    await house.station().reservations.reserve(
        Reserve(
            reservation_id=number,
            id_token="04AABBCC",
            connector_id=1,
            expires_at=START + timedelta(hours=9),
        )
    )


def _states(house: House) -> list[str]:
    return [event.reservation.state.value for event in house.happened(ReservationChanged)]


@pytest.mark.parametrize(
    ("word", "state"),
    [("Expired", "expired"), ("Removed", "removed")],
)
async def test_a_station_tells_the_end_of_a_reservation(
    wire: Wire, house: House, word: str, state: str
) -> None:
    await _reserve(wire, house)
    update = {"reservationId": 12, "reservationUpdateStatus": word}
    for _ in range(2):
        await wire.call("ReservationStatusUpdate", update)
    assert _states(house) == ["accepted", state]
    assert len(house.happened(NoticeReceived)) == 2


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"reservationId": "x", "reservationUpdateStatus": "Expired"},
        {"reservationId": 12},
        {"reservationId": 4711, "reservationUpdateStatus": "Expired"},
    ],
)
async def test_an_end_that_cannot_be_read_ends_nothing(
    wire: Wire, house: House, payload: dict[str, Any]
) -> None:
    await _reserve(wire, house)
    await wire.exchange("ReservationStatusUpdate", payload, valid=False)
    assert _states(house) == ["accepted"]


async def test_a_transaction_uses_the_reservation_it_names(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await _reserve(wire, house)
    await clock.advance(60)
    for message in STORY:
        await wire.call("TransactionEvent", message | {"reservationId": 12})
    assert _states(house) == ["accepted", "used"]
    (held,) = house.station().reservations.all
    (session,) = await house.sessions()
    assert held.transaction_id == session.transaction_id


async def test_a_cable_that_is_plugged_in_does_not_use_a_reservation(
    wire: Wire, house: House
) -> None:
    await _reserve(wire, house)
    await wire.status("Reserved", stamp(0))
    await wire.call("TransactionEvent", STORY[0])
    assert _states(house) == ["accepted"]


async def test_a_reserved_evse_that_is_free_again_is_so_no_more(
    wire: Wire, house: House, clock: ManualClock
) -> None:
    await _reserve(wire, house)
    await wire.status("Reserved", stamp(0))
    await clock.advance(60)
    await wire.status("Available", stamp(60))
    assert _states(house) == ["accepted", "removed"]


async def test_a_list_gets_the_next_version_and_a_conflict_is_told(
    wire: Wire, house: House
) -> None:
    wire.answers["GetLocalListVersion"] = {"versionNumber": 8}
    wire.answers["SendLocalList"] = {"status": "VersionMismatch"}
    local_list = house.station().local_list
    with pytest.raises(CommandRefusedError) as refusal:
        await local_list.send([LocalListEntry(id_token="04AABBCC")], full=False)
    assert refusal.value.status == "VersionMismatch"
    assert (await wire.request("SendLocalList"))["versionNumber"] == 9
    wire.answers["GetLocalListVersion"] = {"versionNumber": 20}
    wire.answers["SendLocalList"] = ACCEPTED
    version, _ = await local_list.send([], full=True)
    assert version == 21


async def test_progress_of_files_comes_with_the_id_of_the_request(wire: Wire, house: House) -> None:
    await wire.call("FirmwareStatusNotification", {"status": "SignatureVerified", "requestId": 4})
    await wire.call("LogStatusNotification", {"status": "AcceptedCanceled", "requestId": 5})
    (firmware,), (log,) = house.happened(FirmwareProgress), house.happened(LogProgress)
    assert (firmware.status, firmware.request_id) == ("SignatureVerified", 4)
    assert (log.status, log.request_id) == ("AcceptedCanceled", 5)
    state = house.station().state
    assert (state.firmware_status, state.diagnostics_status) == (
        "SignatureVerified",
        "AcceptedCanceled",
    )
    for action in ("FirmwareStatusNotification", "LogStatusNotification"):
        await wire.exchange(action, {}, valid=False)
    assert house.station().state == state
    assert len(house.happened(FirmwareProgress)) == len(house.happened(LogProgress)) == 1
    counters = house.station().counters
    assert counters["firmware_status_missing"] == counters["log_status_missing"] == 1
