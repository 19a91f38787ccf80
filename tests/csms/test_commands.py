"""Every command on the wire: exact, complete, valid by the schemas, and nothing that is None."""
# ruff: noqa: F401, F811 - fixtures are imported by their names

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from pathlib import Path
from typing import Any

import jsonschema
import ocpp.v16
import pytest

from custom_components.chargestead.csms.fields import on_wire
from custom_components.chargestead.csms.limit_forms import ladder
from custom_components.chargestead.csms.v16.adapter import BUILDERS
from custom_components.chargestead.csms.v16.smart_charging import limit_profile
from custom_components.chargestead.model.commands import (
    CancelReservation,
    CertificateUse,
    ClearCache,
    ClearChargingProfile,
    ClearDisplayMessage,
    ClearTariffs,
    Command,
    DeleteCertificate,
    GetCompositeSchedule,
    GetConfiguration,
    GetCustomerInformation,
    GetInstalledCertificates,
    GetLocalListVersion,
    GetMonitoringReport,
    GetReport,
    GetTransactionStatus,
    InstallCertificate,
    LocalListEntry,
    LogKind,
    RawCall,
    RequestLog,
    Reserve,
    Restart,
    RestartKind,
    SendLocalList,
    SendSignedCertificate,
    SetAvailability,
    SetChargingProfile,
    SetConfiguration,
    SetMonitoringLevel,
    ShowCost,
    StartSession,
    StopSession,
    TransferData,
    Trigger,
    Unlock,
    UpdateFirmware,
)
from custom_components.chargestead.model.errors import (
    CallFailedError,
    CommandRefusedError,
    FieldNeededError,
    FieldNotSupportedError,
    NoSessionError,
    NotSupportedByVersionError,
)
from custom_components.chargestead.model.money import Cost
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.model.station import (
    ConfigurationValue,
    ConnectorState,
    StationState,
)
from tests.simulator import CallError, Json, ManualClock

from .limit_fixtures import House, asked, clock, expected_lingering_timers, house

SCHEMAS = Path(ocpp.v16.__file__).parent / "schemas"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PROFILE: dict[str, Any] = {
    "chargingProfileId": 7,
    "transactionId": None,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validFrom": NOON,
    "validTo": None,
    "chargingSchedule": {
        "duration": 3600,
        "startSchedule": NOON,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": (
            {"startPeriod": 0, "limit": 6.5, "numberPhases": None},
            {"startPeriod": 60, "limit": 10, "numberPhases": 1},
        ),
        "minChargingRate": None,
    },
}
ON_WIRE: dict[str, Any] = {
    "chargingProfileId": 7,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validFrom": "2026-01-01T12:00:00.000Z",
    "chargingSchedule": {
        "duration": 3600,
        "startSchedule": "2026-01-01T12:00:00.000Z",
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 6.5},
            {"startPeriod": 60, "limit": 10, "numberPhases": 1},
        ],
    },
}

COST = Cost(
    currency="EUR",
    before_taxes=Decimal("2.65"),
    taxes=Decimal("0.56"),
    after_taxes=Decimal("3.21"),
)

FIRMWARE = UpdateFirmware(request_id=1, location="http://house/f.bin", retrieve_at=NOON)

FRAMES: list[tuple[Command, str, Json]] = [
    (StartSession(), "RemoteStartTransaction", {"idTag": "CHARGESTEAD"}),
    (
        StartSession(id_token="any Tag/äß", connector_id=99, charging_profile=PROFILE),
        "RemoteStartTransaction",
        {"connectorId": 99, "idTag": "any Tag/äß", "chargingProfile": ON_WIRE},
    ),
    (StopSession(transaction_id="12"), "RemoteStopTransaction", {"transactionId": 12}),
    (
        StopSession(transaction_id="-16", connector_id=4),
        "RemoteStopTransaction",
        {"transactionId": -16},
    ),
    (Unlock(connector_id=99), "UnlockConnector", {"connectorId": 99}),
    (Unlock(connector_id=0), "UnlockConnector", {"connectorId": 0}),
    (
        SetAvailability(operative=False),
        "ChangeAvailability",
        {"connectorId": 0, "type": "Inoperative"},
    ),
    (
        SetAvailability(connector_id=5, operative=True),
        "ChangeAvailability",
        {"connectorId": 5, "type": "Operative"},
    ),
    (Restart(), "Reset", {"type": "Soft"}),
    (Restart(kind=RestartKind.HARD), "Reset", {"type": "Hard"}),
    (Trigger(message="Heartbeat"), "TriggerMessage", {"requestedMessage": "Heartbeat"}),
    (
        Trigger(message="MeterValues", connector_id=9),
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "connectorId": 9},
    ),
    (
        Trigger(message="StatusNotification", connector_id=0),
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "connectorId": 0},
    ),
    (
        Trigger(message="LogStatusNotification", connector_id=1, extended=True),
        "ExtendedTriggerMessage",
        {"requestedMessage": "LogStatusNotification", "connectorId": 1},
    ),
    (GetConfiguration(), "GetConfiguration", {}),
    (GetConfiguration(keys=("A", "B c")), "GetConfiguration", {"key": ["A", "B c"]}),
    (
        SetConfiguration(key="HeartbeatInterval", value="60"),
        "ChangeConfiguration",
        {"key": "HeartbeatInterval", "value": "60"},
    ),
    (
        SetConfiguration(key="CpoName", value=""),
        "ChangeConfiguration",
        {"key": "CpoName", "value": ""},
    ),
    (
        SetChargingProfile(connector_id=0, profile=PROFILE),
        "SetChargingProfile",
        {"connectorId": 0, "csChargingProfiles": ON_WIRE},
    ),
    (ClearChargingProfile(), "ClearChargingProfile", {}),
    (
        ClearChargingProfile(
            profile_id=3, connector_id=0, purpose="ChargePointMaxProfile", stack_level=0
        ),
        "ClearChargingProfile",
        {
            "id": 3,
            "connectorId": 0,
            "chargingProfilePurpose": "ChargePointMaxProfile",
            "stackLevel": 0,
        },
    ),
    (
        GetCompositeSchedule(connector_id=0, duration_s=600),
        "GetCompositeSchedule",
        {"connectorId": 0, "duration": 600},
    ),
    (
        GetCompositeSchedule(connector_id=2, duration_s=0, charging_rate_unit="W"),
        "GetCompositeSchedule",
        {"connectorId": 2, "duration": 0, "chargingRateUnit": "W"},
    ),
    (ClearCache(), "ClearCache", {}),
    (TransferData(vendor_id="com.example"), "DataTransfer", {"vendorId": "com.example"}),
    (
        TransferData(vendor_id="com.example", message_id="m", data="text"),
        "DataTransfer",
        {"vendorId": "com.example", "messageId": "m", "data": "text"},
    ),
    (
        TransferData(vendor_id="com.example", data={"a": [1, None]}),
        "DataTransfer",
        {"vendorId": "com.example", "data": '{"a":[1,null]}'},
    ),
    (
        ShowCost(
            transaction_id="12",
            cost=COST,
            energy_mwh=10_500_999,
            at=NOON,
            register_mwh=1_234_567_890,
            idle=True,
        ),
        "DataTransfer",
        {
            "vendorId": "org.openchargealliance.costmsg",
            "messageId": "RunningCost",
            "data": (
                '{"transactionId":12,"cost":3.21,"timestamp":"2026-01-01T12:00:00.000Z",'
                '"meterValue":1234567,"state":"Idle"}'
            ),
        },
    ),
    (
        ShowCost(transaction_id="12", cost=COST, energy_mwh=10_500_999, at=NOON, final=True),
        "DataTransfer",
        {
            "vendorId": "org.openchargealliance.costmsg",
            "messageId": "FinalCost",
            "data": '{"transactionId":12,"cost":3.21,"priceText":"3.21 EUR / 10.50 kWh"}',
        },
    ),
    (GetLocalListVersion(), "GetLocalListVersion", {}),
    (SendLocalList(version=1), "SendLocalList", {"listVersion": 1, "updateType": "Full"}),
    (
        SendLocalList(version=2, entries=()),
        "SendLocalList",
        {"listVersion": 2, "localAuthorizationList": [], "updateType": "Full"},
    ),
    (
        SendLocalList(
            version=3,
            full=False,
            entries=(
                LocalListEntry(id_token="04AA"),
                LocalListEntry(
                    id_token="04BB",
                    id_token_type="ISO14443",
                    status="Accepted",
                    expires_at=NOON,
                    parent_id_token="FAMILY",
                    parent_id_token_type="Central",
                ),
                LocalListEntry(id_token="04CC", info={"status": "Blocked", "expiryDate": None}),
                LocalListEntry(id_token="04DD", expires_at=NOON),
            ),
        ),
        "SendLocalList",
        {
            "listVersion": 3,
            "localAuthorizationList": [
                {"idTag": "04AA"},
                {
                    "idTag": "04BB",
                    "idTagInfo": {
                        "expiryDate": "2026-01-01T12:00:00.000Z",
                        "parentIdTag": "FAMILY",
                        "status": "Accepted",
                    },
                },
                {"idTag": "04CC", "idTagInfo": {"status": "Blocked"}},
                {"idTag": "04DD"},
            ],
            "updateType": "Differential",
        },
    ),
    (
        Reserve(reservation_id=5, id_token="04AA", expires_at=NOON),
        "ReserveNow",
        {
            "connectorId": 0,
            "expiryDate": "2026-01-01T12:00:00.000Z",
            "idTag": "04AA",
            "reservationId": 5,
        },
    ),
    (
        Reserve(
            reservation_id=-6,
            id_token="04AA",
            expires_at=NOON,
            connector_id=99,
            id_token_type="ISO14443",
            parent_id_token="FAMILY",
            parent_id_token_type="Central",
        ),
        "ReserveNow",
        {
            "connectorId": 99,
            "expiryDate": "2026-01-01T12:00:00.000Z",
            "idTag": "04AA",
            "parentIdTag": "FAMILY",
            "reservationId": -6,
        },
    ),
    (CancelReservation(reservation_id=0), "CancelReservation", {"reservationId": 0}),
    (CancelReservation(reservation_id=-1), "CancelReservation", {"reservationId": -1}),
    (
        UpdateFirmware(request_id=1, location="http://house/f.bin", retrieve_at=NOON),
        "UpdateFirmware",
        {"location": "http://house/f.bin", "retrieveDate": "2026-01-01T12:00:00.000Z"},
    ),
    (
        UpdateFirmware(
            request_id=1,
            location="ftp://house/f.bin",
            retrieve_at=NOON,
            retries=0,
            retry_interval_s=30,
        ),
        "UpdateFirmware",
        {
            "location": "ftp://house/f.bin",
            "retries": 0,
            "retrieveDate": "2026-01-01T12:00:00.000Z",
            "retryInterval": 30,
        },
    ),
    (
        UpdateFirmware(
            request_id=7,
            location="https://house/f.bin",
            retrieve_at=NOON,
            install_at=NOON + timedelta(hours=1),
            signing_certificate="PEM",
            signature="c2ln",
            retries=3,
            retry_interval_s=0,
        ),
        "SignedUpdateFirmware",
        {
            "requestId": 7,
            "retries": 3,
            "retryInterval": 0,
            "firmware": {
                "location": "https://house/f.bin",
                "retrieveDateTime": "2026-01-01T12:00:00.000Z",
                "installDateTime": "2026-01-01T13:00:00.000Z",
                "signingCertificate": "PEM",
                "signature": "c2ln",
            },
        },
    ),
    (
        RequestLog(request_id=1, location="http://house/"),
        "GetDiagnostics",
        {"location": "http://house/"},
    ),
    (
        RequestLog(
            request_id=1,
            location="http://house/",
            oldest_at=NOON,
            latest_at=NOON + timedelta(days=1),
            retries=1,
            retry_interval_s=2,
        ),
        "GetDiagnostics",
        {
            "location": "http://house/",
            "retries": 1,
            "retryInterval": 2,
            "startTime": "2026-01-01T12:00:00.000Z",
            "stopTime": "2026-01-02T12:00:00.000Z",
        },
    ),
    (
        RequestLog(request_id=8, location="http://house/", extended=True),
        "GetLog",
        {
            "log": {"remoteLocation": "http://house/"},
            "logType": "DiagnosticsLog",
            "requestId": 8,
        },
    ),
    (
        RequestLog(
            request_id=9,
            location="http://house/",
            kind=LogKind.SECURITY,
            oldest_at=NOON,
            latest_at=NOON,
            retries=0,
            retry_interval_s=60,
        ),
        "GetLog",
        {
            "log": {
                "remoteLocation": "http://house/",
                "oldestTimestamp": "2026-01-01T12:00:00.000Z",
                "latestTimestamp": "2026-01-01T12:00:00.000Z",
            },
            "logType": "SecurityLog",
            "requestId": 9,
            "retries": 0,
            "retryInterval": 60,
        },
    ),
    (
        InstallCertificate(use=CertificateUse.CSMS_ROOT, certificate="PEM"),
        "InstallCertificate",
        {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"},
    ),
    (
        GetInstalledCertificates(uses=(CertificateUse.MANUFACTURER_ROOT,)),
        "GetInstalledCertificateIds",
        {"certificateType": "ManufacturerRootCertificate"},
    ),
    (
        DeleteCertificate(
            hash_algorithm="SHA256",
            issuer_name_hash="aa",
            issuer_key_hash="bb",
            serial_number="0c",
        ),
        "DeleteCertificate",
        {
            "certificateHashData": {
                "hashAlgorithm": "SHA256",
                "issuerNameHash": "aa",
                "issuerKeyHash": "bb",
                "serialNumber": "0c",
            }
        },
    ),
    (
        SendSignedCertificate(certificate_chain="PEM"),
        "CertificateSigned",
        {"certificateChain": "PEM"},
    ),
]


OF_LATER_VERSIONS = {
    (Reserve, "connector_type"),
    (SendSignedCertificate, "request_id"),
    (SendSignedCertificate, "use"),
    (SetAvailability, "evse_connector_id"),
    (Trigger, "custom"),
    (Trigger, "evse_connector_id"),
    (Unlock, "evse_connector_id"),
}


def check(action: str, payload: Json) -> None:
    """Raise unless a request is valid by the schema of its action."""
    schema = json.loads((SCHEMAS / f"{action}.json").read_text("utf-8-sig"))
    jsonschema.validate(payload, schema)


def without_null(value: object) -> bool:
    """Tell whether nothing is null at any depth."""
    if isinstance(value, dict):
        return all(without_null(item) for item in value.values())
    if isinstance(value, list):
        return all(without_null(item) for item in value)
    return value is not None


@pytest.fixture
async def deaf(house: House) -> Any:  # noqa: ANN401
    """Return a station that accepts whatever it is told and does nothing."""
    simulated = await house.install()
    for action in {action for _, action, _ in FRAMES}:
        simulated.overrides[action] = {"status": "Accepted"}
    return simulated


@pytest.mark.parametrize(
    ("command", "action", "payload"), FRAMES, ids=lambda item: getattr(type(item), "__name__", "")
)
async def test_a_command_goes_out_exactly_as_it_was_asked(
    house: House,
    deaf: Any,  # noqa: ANN401
    command: Command,
    action: str,
    payload: Json,
) -> None:
    """Valid, complete, compact, and without anything that is null."""
    since = deaf.frames.total
    result = await house.station().command(command)
    assert result.status == "Accepted"
    (frame,) = deaf.frames.find(sent=False, kind=2, since=since)
    assert (frame.action, frame.payload) == (action, payload)
    assert without_null(frame.payload)
    assert frame.text == json.dumps(
        json.loads(frame.text), separators=(",", ":"), ensure_ascii=False
    )
    check(action, frame.payload)


def test_every_builder_is_proven_here() -> None:
    """No command without a frame, and no optional field without a value in one of them."""
    proven = {type(command) for command, _, _ in FRAMES} | {RawCall}
    assert proven == set(BUILDERS)
    for kind in proven - {RawCall, Restart}:
        for field in fields(kind):
            if (kind, field.name) in OF_LATER_VERSIONS:
                continue
            values = [getattr(item, field.name) for item, _, _ in FRAMES if type(item) is kind]
            assert any(value not in (None, ()) for value in values), (kind, field.name)


def test_every_form_of_a_limit_is_a_valid_profile() -> None:
    """With and without a transaction, for one connector and several."""
    session = Session(id="s", station_id="S", connector_id=1, transaction_id="44", started_at=NOON)
    state = StationState(
        station_id="S",
        connectors={1: ConnectorState(connector_id=1)},
        configuration={"ChargeProfileMaxStackLevel": ConfigurationValue(value="5")},
    )
    for form in ladder(state):
        for amount in (0.0, 6.0, 13.5, 4140.0):
            profile = limit_profile(form, profile_id=1, limit=amount, session=session, now=NOON)
            assert profile is not None
            payload = {"connectorId": 1, "csChargingProfiles": dict(profile)}
            check("SetChargingProfile", payload)
            assert without_null(payload)
            assert ("transactionId" in profile) is (form.purpose == "transaction")
            assert "numberPhases" not in json.dumps(payload)


@pytest.mark.parametrize(
    "command",
    [
        Restart(kind=RestartKind.ON_IDLE),
        Restart(evse_id=1),
        Restart(kind=RestartKind.HARD, evse_id=0),
        Restart(kind=RestartKind.RESUME),
        ClearDisplayMessage(message_id=1),
        ClearTariffs(),
        GetCustomerInformation(id_token="04AA"),
        GetMonitoringReport(),
        GetReport(),
        GetTransactionStatus(),
        SetMonitoringLevel(severity=3),
    ],
)
async def test_what_the_version_cannot_say_is_refused_by_us(house: House, command: Command) -> None:
    """There is no such message in 1.6, so nothing goes out."""
    simulated = await house.install()
    since = simulated.frames.total
    with pytest.raises(NotSupportedByVersionError):
        await house.station().command(command)
    assert asked(simulated, since=since) == []


@pytest.mark.parametrize(
    ("command", "action", "field"),
    [
        (
            SetAvailability(connector_id=1, operative=True, evse_connector_id=1),
            "ChangeAvailability",
            "evse_connector_id",
        ),
        (Trigger(message="Heartbeat", custom="x"), "TriggerMessage", "custom"),
        (
            Trigger(message="Heartbeat", extended=True, evse_connector_id=2),
            "ExtendedTriggerMessage",
            "evse_connector_id",
        ),
        (Unlock(connector_id=1, evse_connector_id=2), "UnlockConnector", "evse_connector_id"),
        (
            Reserve(reservation_id=1, id_token="04AA", expires_at=NOON, connector_type="cType2"),
            "ReserveNow",
            "connector_type",
        ),
        (replace(FIRMWARE, install_at=NOON), "UpdateFirmware", "install_at"),
        (
            RequestLog(request_id=1, location="http://house/", kind=LogKind.DATA_COLLECTOR),
            "GetLog",
            "data_collector",
        ),
        (
            InstallCertificate(use=CertificateUse.V2G_ROOT, certificate="PEM"),
            "InstallCertificate",
            "v2g_root",
        ),
        (
            GetInstalledCertificates(uses=(CertificateUse.V2G_CHAIN,)),
            "GetInstalledCertificateIds",
            "v2g_chain",
        ),
        (
            SendSignedCertificate(certificate_chain="PEM", use="V2GCertificate"),
            "CertificateSigned",
            "use",
        ),
        (
            SendSignedCertificate(certificate_chain="PEM", request_id=1),
            "CertificateSigned",
            "request_id",
        ),
    ],
)
async def test_a_field_the_version_does_not_have_is_refused_by_us(
    house: House, command: Command, action: str, field: str
) -> None:
    """It would mean something else without it."""
    simulated = await house.install()
    since = simulated.frames.total
    with pytest.raises(FieldNotSupportedError) as error:
        await house.station().command(command)
    assert (error.value.action, error.value.field) == (action, field)
    assert asked(simulated, since=since) == []


@pytest.mark.parametrize(
    ("command", "action", "field"),
    [
        (replace(FIRMWARE, signature="c2ln"), "SignedUpdateFirmware", "signing_certificate"),
        (replace(FIRMWARE, signing_certificate="PEM"), "SignedUpdateFirmware", "signature"),
        (GetInstalledCertificates(), "GetInstalledCertificateIds", "use"),
        (
            GetInstalledCertificates(
                uses=(CertificateUse.CSMS_ROOT, CertificateUse.MANUFACTURER_ROOT)
            ),
            "GetInstalledCertificateIds",
            "use",
        ),
    ],
)
async def test_what_the_version_cannot_do_without_is_asked_for(
    house: House, command: Command, action: str, field: str
) -> None:
    """Half a request is none."""
    simulated = await house.install()
    since = simulated.frames.total
    with pytest.raises(FieldNeededError) as error:
        await house.station().command(command)
    assert (error.value.action, error.value.field) == (action, field)
    assert asked(simulated, since=since) == []


async def test_a_command_of_another_version_is_refused_by_us(house: House) -> None:
    """A command without a builder never reaches the wire."""

    class FromTheFuture(Command):
        """Nothing 1.6 knows."""

    await house.install()
    with pytest.raises(NotSupportedByVersionError, match="FromTheFuture"):
        await house.station().command(FromTheFuture())


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (Unlock(connector_id=99), "NotSupported"),
        (SetAvailability(connector_id=99, operative=True), "Rejected"),
        (StopSession(transaction_id="999"), "Rejected"),
        (StartSession(connector_id=99), "Rejected"),
        (Trigger(message="MeterValues", connector_id=99), "Rejected"),
        (GetCompositeSchedule(connector_id=99, duration_s=60), "Rejected"),
        (SetConfiguration(key="NoSuchKey", value="1"), "NotSupported"),
        (TransferData(vendor_id="nobody"), "UnknownVendorId"),
        (ClearChargingProfile(profile_id=99), "Unknown"),
        (CancelReservation(reservation_id=99), "Rejected"),
        (Reserve(reservation_id=1, id_token="A", expires_at=NOON, connector_id=99), "Rejected"),
        (InstallCertificate(use=CertificateUse.CSMS_ROOT, certificate="no PEM"), "Rejected"),
        (
            DeleteCertificate(
                hash_algorithm="SHA256",
                issuer_name_hash="aa",
                issuer_key_hash="bb",
                serial_number="0c",
            ),
            "NotFound",
        ),
        (SendSignedCertificate(certificate_chain="no PEM"), "Rejected"),
        (
            replace(FIRMWARE, signing_certificate="no PEM", signature="c2ln"),
            "InvalidCertificate",
        ),
    ],
)
async def test_the_station_refuses_and_its_words_come_back(
    house: House, command: Command, status: str
) -> None:
    """Whether a connector exists or a key is known is not ours to say."""
    simulated = await house.install()
    since = simulated.frames.total
    with pytest.raises(CommandRefusedError) as refusal:
        await house.station().command(command)
    assert refusal.value.status == status
    assert refusal.value.answer == {"status": status}
    assert len(asked(simulated, since=since)) == 1


async def test_a_callerror_comes_back_with_all_it_says(house: House) -> None:
    """Code, description and the request it was for."""
    simulated = await house.install()
    simulated.overrides["Reset"] = CallError("SecurityError", "not you")
    with pytest.raises(CallFailedError) as failure:
        await house.station().command(Restart())
    assert (failure.value.action, failure.value.code, failure.value.description) == (
        "Reset",
        "SecurityError",
        "not you",
    )


@pytest.mark.parametrize(
    "status",
    [
        "Accepted",
        "accepted",
        " ACCEPTED ",
        "Scheduled",
        "RebootRequired",
        "Unlocked",
        "AcceptedCanceled",
    ],
)
async def test_success_is_recognised_in_whatever_case(house: House, status: str) -> None:
    """An accepting answer is no refusal for its spelling."""
    simulated = await house.install()
    simulated.overrides["UnlockConnector"] = {"status": status}
    result = await house.station().command(Unlock(connector_id=1))
    assert result.status == status


@pytest.mark.parametrize("answer", [{}, {"status": None}, {"status": 5}, {"other": "Rejected"}])
async def test_an_answer_without_a_status_is_taken_as_one(house: House, answer: Json) -> None:
    """The station answered, and did not refuse."""
    simulated = await house.install()
    simulated.overrides["ClearCache"] = answer
    result = await house.station().command(ClearCache())
    assert result.status is None
    assert result.answer == answer


async def test_having_no_certificates_is_an_answer(house: House) -> None:
    """Who only asks is not refused."""
    await house.install()
    result = await house.station().command(
        GetInstalledCertificates(uses=(CertificateUse.MANUFACTURER_ROOT,))
    )
    assert result.status == "NotFound"


async def test_a_raw_call_goes_out_as_it_is_and_is_never_judged(house: House) -> None:
    """Any action, any payload, any answer."""
    simulated = await house.install()
    simulated.overrides["Vendor.Thing"] = {"status": "Rejected", "why": [1]}
    payload = {"a": None, "b": [1, {"c": "ü"}]}
    result = await house.station().command(RawCall(action="Vendor.Thing", payload=payload))
    assert result.answer == {"status": "Rejected", "why": [1]}
    assert asked(simulated, "Vendor.Thing") == [("Vendor.Thing", payload)]
    with pytest.raises(CallFailedError, match="NotImplemented"):
        await house.station().command(RawCall(action="NoSuchThing"))


async def test_a_remote_start_uses_the_token_asked_for_then_the_stations_then_the_houses(
    house: House,
) -> None:
    """The narrowest setting wins."""
    simulated = await house.install()
    simulated.overrides["RemoteStartTransaction"] = {"status": "Accepted"}
    station = house.station()
    await station.start_session(1)
    station.reconfigure(replace(station.config, default_id_token="GARAGE-TAG"))
    await station.start_session(1)
    await station.start_session(1, "04AA")
    assert [payload for _, payload in asked(simulated, "RemoteStartTransaction")] == [
        {"connectorId": 1, "idTag": "CHARGESTEAD"},
        {"connectorId": 1, "idTag": "GARAGE-TAG"},
        {"connectorId": 1, "idTag": "04AA"},
    ]


async def test_a_stop_without_a_transaction_means_the_one_that_runs(
    house: House, clock: ManualClock
) -> None:
    """That of the connector, or the only one; where that is not clear, nothing is stopped."""
    simulated = await house.install(connectors=2)
    station = house.station()
    for connector_id in (None, 1):
        with pytest.raises(NoSessionError):
            await station.command(StopSession(connector_id=connector_id))
    with pytest.raises(NoSessionError):
        await station.command(StopSession(transaction_id="not a number"))
    await house.charge(simulated, 1)
    await house.charge(simulated, 2)
    with pytest.raises(NoSessionError):
        await station.command(StopSession())
    await station.stop_session(2)
    await clock.advance(5)
    assert [item.transaction is None for item in simulated.connectors] == [False, True]
    await station.command(StopSession())
    await clock.advance(5)
    assert simulated.connector(1).transaction is None


def test_nothing_that_is_none_goes_on_the_wire_at_any_depth() -> None:
    """Falsy values do."""
    assert on_wire(
        a=None, b=0, c="", d=False, e={"f": None, "g": {}}, h=[None, 1, {"i": None}], j=NOON
    ) == {
        "b": 0,
        "c": "",
        "d": False,
        "e": {"g": {}},
        "h": [1, {}],
        "j": "2026-01-01T12:00:00.000Z",
    }
