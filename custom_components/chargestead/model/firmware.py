"""Firmware: what the person offers a station, and how its installation goes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FirmwareStage(StrEnum):
    """How far an update has come."""

    WAITING = "waiting"
    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    DOWNLOADING = "downloading"
    PAUSED = "paused"
    DOWNLOADED = "downloaded"
    VERIFIED = "verified"
    INSTALLING = "installing"
    RESTARTING = "restarting"
    INSTALLED = "installed"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class FirmwareFailure(StrEnum):
    """Why an update failed."""

    DOWNLOAD = "download"
    SIGNATURE = "signature"
    CERTIFICATE = "certificate"
    CHECKSUM = "checksum"
    INSTALLATION = "installation"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NOT_STARTED = "not_started"
    SILENT = "silent"
    UNCHANGED = "unchanged"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareOffer:
    """Firmware that can be installed: a file of ours, of `size` bytes, in the folder of its station.

    `source` is where it came from, `offered_by` the id of the user who offered it. `signing_certificate` is PEM,
    `signature` Base64.
    """

    uid: str
    version: str
    folder: str
    name: str
    file_name: str
    size: int
    sha256: str
    source: str
    offered_at: datetime
    offered_by: str | None = None
    signing_certificate: str | None = None
    signature: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareUpdate:
    """An installation, running or over.

    `previous` is the version before, `found` the one the station names after. `percent` is None while nobody can tell.
    `status` is what the station said last.
    """

    uid: str
    offer: FirmwareOffer
    stage: FirmwareStage
    started_at: datetime
    changed_at: datetime
    started_by: str | None = None
    previous: str | None = None
    found: str | None = None
    request_id: int = 0
    percent: int | None = None
    status: str | None = None
    failure: FirmwareFailure | None = None
    detail: str | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will come of it."""
        return self.stage in (FirmwareStage.CONFIRMED, FirmwareStage.FAILED)
