"""OCPP 1.6 Firmware Management (sections 4.4, 4.5, 5.9 and 5.19).

Signed updates and logs of a kind are of the security whitepaper edition 2 (use cases L01 and N01).
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import Command, LogKind, RequestLog, UpdateFirmware
from ...model.errors import FieldNeededError, FieldNotSupportedError
from ...model.station import OcppVersion
from ..adapter import Request
from ..connection import Reply
from ..fields import on_wire
from ..file_progress import firmware_step, log_step
from ..rpc import Payload

if TYPE_CHECKING:
    from ..station import ChargingStation


def firmware_status(station: ChargingStation, payload: Payload) -> Reply:
    """Take a step of a firmware update (section 4.5; of a signed one, L01)."""
    firmware_step(station, payload)
    return {}


def log_status(station: ChargingStation, payload: Payload) -> Reply:
    """Take a step of a diagnostics (section 4.4) or log upload (N01)."""
    log_step(station, payload)
    return {}


HANDLERS: Final[Mapping[str, Callable[[ChargingStation, Payload], Reply]]] = {
    "FirmwareStatusNotification": firmware_status,
    "DiagnosticsStatusNotification": log_status,
}


def _update(station: ChargingStation, command: UpdateFirmware) -> Request:
    if command.signing_certificate is not None or command.signature is not None:
        return _signed_update(station, command)
    if command.install_at is not None:
        raise FieldNotSupportedError(
            station.station_id, "UpdateFirmware", "install_at", OcppVersion.V16
        )
    return Request(
        "UpdateFirmware",
        on_wire(
            location=command.location,
            retries=command.retries,
            retrieveDate=command.retrieve_at,
            retryInterval=command.retry_interval_s,
        ),
    )


def _signed_update(station: ChargingStation, command: UpdateFirmware) -> Request:
    for name in ("signing_certificate", "signature"):
        if getattr(command, name) is None:
            raise FieldNeededError(station.station_id, "SignedUpdateFirmware", name)
    return Request(
        "SignedUpdateFirmware",
        on_wire(
            retries=command.retries,
            retryInterval=command.retry_interval_s,
            requestId=command.request_id,
            firmware={
                "location": command.location,
                "retrieveDateTime": command.retrieve_at,
                "installDateTime": command.install_at,
                "signingCertificate": command.signing_certificate,
                "signature": command.signature,
            },
        ),
    )


_LOG_TYPES: Final[Mapping[LogKind, str]] = {
    LogKind.DIAGNOSTICS: "DiagnosticsLog",
    LogKind.SECURITY: "SecurityLog",
}


def _log(station: ChargingStation, command: RequestLog) -> Request:
    if command.kind is LogKind.DIAGNOSTICS and not command.extended:
        return Request(
            "GetDiagnostics",
            on_wire(
                location=command.location,
                retries=command.retries,
                retryInterval=command.retry_interval_s,
                startTime=command.oldest_at,
                stopTime=command.latest_at,
            ),
        )
    log_type = _LOG_TYPES.get(command.kind)
    if log_type is None:
        raise FieldNotSupportedError(station.station_id, "GetLog", command.kind, OcppVersion.V16)
    return Request(
        "GetLog",
        on_wire(
            log={
                "remoteLocation": command.location,
                "oldestTimestamp": command.oldest_at,
                "latestTimestamp": command.latest_at,
            },
            logType=log_type,
            requestId=command.request_id,
            retries=command.retries,
            retryInterval=command.retry_interval_s,
        ),
    )


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    UpdateFirmware: _update,
    RequestLog: _log,
}
