"""Payloads that a schema allows, made from the schema itself."""

from typing import Any, Final

from ocpp.messages import get_validator

from tests.simulator import Json

INBOUND: Final = (
    "Authorize",
    "BootNotification",
    "ClearedChargingLimit",
    "DataTransfer",
    "FirmwareStatusNotification",
    "Get15118EVCertificate",
    "GetCertificateStatus",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEVChargingNeeds",
    "NotifyEVChargingSchedule",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "NotifyReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReservationStatusUpdate",
    "SecurityEventNotification",
    "SignCertificate",
    "StatusNotification",
    "TransactionEvent",
)
INBOUND_LATER: Final = (
    "BatterySwap",
    "ClosePeriodicEventStream",
    "GetCertificateChainStatus",
    "NotifyDERAlarm",
    "NotifyDERStartStop",
    "NotifyPriorityCharging",
    "NotifySettlement",
    "NotifyWebPaymentStarted",
    "OpenPeriodicEventStream",
    "PullDynamicScheduleUpdate",
    "ReportDERControl",
    "VatNumberValidation",
)


def schema_of(action: str, version: str) -> Json:
    """Return the schema of a request."""
    schema: Json = get_validator(2, action, version).schema
    return schema


def smallest(action: str, version: str) -> Json:
    """Return a payload with the required fields only."""
    schema = schema_of(action, version)
    payload: Json = _value(schema, schema.get("definitions", {}), full=False)
    return payload


def fullest(action: str, version: str) -> Json:
    """Return a payload with every field there is."""
    schema = schema_of(action, version)
    payload: Json = _value(schema, schema.get("definitions", {}), full=True)
    return payload


def _value(schema: Json, definitions: Json, *, full: bool) -> Any:  # noqa: ANN401
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            required = schema.get("required", [])
            return {
                name: _value(inner, definitions, full=full)
                for name, inner in schema.get("properties", {}).items()
                if name != "customData" and (full or name in required)
            }
        case "array":
            return [_value(schema["items"], definitions, full=full)]
    return _scalar(schema)


def _scalar(schema: Json) -> Any:  # noqa: ANN401
    lowest, highest = schema.get("minimum", 1), schema.get("maximum", 10**6)
    match schema.get("type"):
        case "integer":
            return int(min(max(1, lowest), highest))
        case "number":
            return float(min(max(1.5, lowest), highest))
        case "boolean":
            return False
    if schema.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    return "AB"[: schema.get("maxLength", 2)]
