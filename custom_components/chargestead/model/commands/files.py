"""Firmware and logs: what a station fetches from, or takes to, an address it is given."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFirmware(Command):
    """Fetch firmware and install it (UpdateFirmware; in 1.6 SignedUpdateFirmware where it is signed).

    `signing_certificate` is PEM, `signature` Base64. `request_id` returns in the station's progress where its version
    has one.
    """

    request_id: int
    location: str
    retrieve_at: datetime
    install_at: datetime | None = None
    signing_certificate: str | None = None
    signature: str | None = None
    retries: int | None = None
    retry_interval_s: int | None = None


class LogKind(StrEnum):
    """What a log tells of."""

    DIAGNOSTICS = "diagnostics"
    SECURITY = "security"
    DATA_COLLECTOR = "data_collector"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLog(Command):
    """Upload a log (GetLog; in 1.6 GetDiagnostics for diagnostics, unless the `extended` request is wanted).

    `request_id` returns in the station's progress where its message has one.
    """

    request_id: int
    location: str
    kind: LogKind = LogKind.DIAGNOSTICS
    oldest_at: datetime | None = None
    latest_at: datetime | None = None
    retries: int | None = None
    retry_interval_s: int | None = None
    extended: bool = False
