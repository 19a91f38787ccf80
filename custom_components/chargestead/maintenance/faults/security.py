"""Faults that security events tell of (security whitepaper edition 3, section 4; OCPP 2.0.1 part 2, appendix 1)."""

from collections.abc import Mapping
from typing import Final

from ...model.events import SecurityEvent
from ...model.fault import FaultKind, FaultSource
from .report import Report

KINDS: Final[Mapping[str, FaultKind | None]] = {
    "AttemptedReplayAttacks": FaultKind.SUSPICIOUS_MESSAGES,
    "CentralSystemFailedToAuthenticate": FaultKind.CERTIFICATE_REFUSED,
    "CsmsFailedToAuthenticate": FaultKind.CERTIFICATE_REFUSED,
    "CSMSFailedToAuthenticate": FaultKind.CERTIFICATE_REFUSED,
    "FailedToAuthenticateAtCentralSystem": FaultKind.SIGN_IN_FAILED,
    "FailedToAuthenticateAtCsms": FaultKind.SIGN_IN_FAILED,
    "FirmwareUpdated": None,
    "InvalidCentralSystemCertificate": FaultKind.CERTIFICATE_REFUSED,
    "InvalidChargePointCertificate": FaultKind.CERTIFICATE_REFUSED,
    "InvalidChargingStationCertificate": FaultKind.CERTIFICATE_REFUSED,
    "InvalidCsmsCertificate": FaultKind.CERTIFICATE_REFUSED,
    "InvalidFirmwareSignature": FaultKind.FIRMWARE_SIGNATURE,
    "InvalidFirmwareSigningCertificate": FaultKind.FIRMWARE_SIGNATURE,
    "InvalidMessages": FaultKind.SUSPICIOUS_MESSAGES,
    "InvalidTLSCipherSuite": FaultKind.WEAK_ENCRYPTION,
    "InvalidTLSVersion": FaultKind.WEAK_ENCRYPTION,
    "MaintenanceLoginAccepted": None,
    "MaintenanceLoginFailed": FaultKind.SIGN_IN_FAILED,
    "MemoryExhaustion": FaultKind.MEMORY_FULL,
    "ReconfigurationOfSecurityParameters": None,
    "ResetOrReboot": None,
    "SecurityLogWasCleared": FaultKind.SECURITY_LOG_CLEARED,
    "SettingSystemTime": None,
    "StartupOfTheDevice": None,
    "TamperDetectionActivated": FaultKind.TAMPERING,
}
"""What is wrong when such an event comes; None for what belongs to the everyday life of a station."""

_FOLDED: Final = {name.casefold(): kind for name, kind in KINDS.items()}


def security_report(event: SecurityEvent) -> Report | None:
    """Return the report of a security event, None where nothing is wrong."""
    kind = _FOLDED.get(event.kind.casefold(), FaultKind.SECURITY_EVENT)
    if kind is None:
        return None
    return Report(kind=kind, source=FaultSource.SECURITY, code=event.kind, info=event.detail).cut()
