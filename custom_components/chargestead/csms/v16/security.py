"""OCPP 1.6 security extension: events and certificates (security whitepaper edition 2, section 4).

Certificates are managed as in its use cases A02 and M03 to M05.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import (
    CertificateUse,
    Command,
    DeleteCertificate,
    GetInstalledCertificates,
    InstallCertificate,
    SendSignedCertificate,
)
from ...model.errors import FieldNeededError, FieldNotSupportedError
from ...model.events import SecurityEvent
from ...model.station import OcppVersion
from ..adapter import Request
from ..connection import Reply
from ..fields import instant, text
from ..moments import moment
from ..rpc import Payload
from .firmware import firmware_status, log_status

if TYPE_CHECKING:
    from ..station import ChargingStation


def security_event(station: ChargingStation, payload: Payload) -> Reply:
    """Take a security event."""
    at, _ = moment(station, instant(payload, "timestamp"), station.clock.now())
    station.publish(
        SecurityEvent(
            station_id=station.station_id,
            at=at,
            kind=text(payload, "type") or "unknown",
            detail=text(payload, "techInfo"),
        )
    )
    return {}


def sign_certificate(station: ChargingStation, payload: Payload) -> Reply:
    """Take a request for a certificate (A02); the certificate follows."""
    accepted = station.certificates.asked(payload.get("csr"))
    return {"status": "Accepted" if accepted else "Rejected"}


HANDLERS: Final[Mapping[str, Callable[[ChargingStation, Payload], Reply]]] = {
    "SecurityEventNotification": security_event,
    "SignCertificate": sign_certificate,
    "LogStatusNotification": log_status,
    "SignedFirmwareStatusNotification": firmware_status,
}

_USES: Final[Mapping[CertificateUse, str]] = {
    CertificateUse.CSMS_ROOT: "CentralSystemRootCertificate",
    CertificateUse.MANUFACTURER_ROOT: "ManufacturerRootCertificate",
}


def _use(station: ChargingStation, action: str, use: CertificateUse) -> str:
    word = _USES.get(use)
    if word is None:
        raise FieldNotSupportedError(station.station_id, action, use, OcppVersion.V16)
    return word


def _install(station: ChargingStation, command: InstallCertificate) -> Request:
    return Request(
        "InstallCertificate",
        {
            "certificateType": _use(station, "InstallCertificate", command.use),
            "certificate": command.certificate,
        },
    )


def _installed(station: ChargingStation, command: GetInstalledCertificates) -> Request:
    """Ask for certificates; NotFound only tells that there are none."""
    action = "GetInstalledCertificateIds"
    if len(command.uses) != 1:
        raise FieldNeededError(station.station_id, action, "use")
    return Request(
        action, {"certificateType": _use(station, action, command.uses[0])}, judged=False
    )


def _delete(_: ChargingStation, command: DeleteCertificate) -> Request:
    return Request(
        "DeleteCertificate",
        {
            "certificateHashData": {
                "hashAlgorithm": command.hash_algorithm,
                "issuerNameHash": command.issuer_name_hash,
                "issuerKeyHash": command.issuer_key_hash,
                "serialNumber": command.serial_number,
            }
        },
    )


def _signed(station: ChargingStation, command: SendSignedCertificate) -> Request:
    action = "CertificateSigned"
    for name in ("use", "request_id"):
        if getattr(command, name) is not None:
            raise FieldNotSupportedError(station.station_id, action, name, OcppVersion.V16)
    return Request(action, {"certificateChain": command.certificate_chain})


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    InstallCertificate: _install,
    GetInstalledCertificates: _installed,
    DeleteCertificate: _delete,
    SendSignedCertificate: _signed,
}
