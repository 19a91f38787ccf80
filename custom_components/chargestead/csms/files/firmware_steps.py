"""What the statuses of a firmware update mean, in all versions.

OCPP 1.6 section 7.25; security whitepaper edition 2 and 2.0.1 part 2, FirmwareStatusEnumType.
"""

from collections.abc import Mapping
from typing import Final

from ...model.firmware import FirmwareFailure, FirmwareStage

STAGES: Final[Mapping[str, FirmwareStage]] = {
    "downloadscheduled": FirmwareStage.SCHEDULED,
    "downloading": FirmwareStage.DOWNLOADING,
    "downloadpaused": FirmwareStage.PAUSED,
    "downloaded": FirmwareStage.DOWNLOADED,
    "signatureverified": FirmwareStage.VERIFIED,
    "installscheduled": FirmwareStage.VERIFIED,
    "installing": FirmwareStage.INSTALLING,
    "installrebooting": FirmwareStage.RESTARTING,
    "installed": FirmwareStage.INSTALLED,
}

FAILURES: Final[Mapping[str, FirmwareFailure]] = {
    "downloadfailed": FirmwareFailure.DOWNLOAD,
    "invalidsignature": FirmwareFailure.SIGNATURE,
    "invalidcertificate": FirmwareFailure.CERTIFICATE,
    "revokedcertificate": FirmwareFailure.CERTIFICATE,
    "installverificationfailed": FirmwareFailure.CHECKSUM,
    "installationfailed": FirmwareFailure.INSTALLATION,
}

PERCENT: Final[Mapping[FirmwareStage, int]] = {
    FirmwareStage.DOWNLOADED: 60,
    FirmwareStage.VERIFIED: 65,
    FirmwareStage.INSTALLING: 70,
    FirmwareStage.RESTARTING: 90,
    FirmwareStage.INSTALLED: 95,
    FirmwareStage.CONFIRMED: 100,
}
"""How far a stage counts for; downloading is what has been fetched of the first 60."""

DOWNLOAD_SHARE: Final = 0.6

ORDER: Final = tuple(FirmwareStage)


def same_version(one: str | None, other: str | None) -> bool:
    """Tell whether two names mean the same version: `v1.02` and `V1.02` do."""
    return one is not None and other is not None and _plain(one) == _plain(other)


def _plain(version: str) -> str:
    return version.strip().casefold().removeprefix("v").strip()
