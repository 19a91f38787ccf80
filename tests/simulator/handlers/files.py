"""Firmware Management, and logs and signed firmware of the security extension."""

from typing import TYPE_CHECKING

from ..certificates import certificate_is_readable
from ..files import file_name
from ..link import Reply
from ..schedule import Json
from .common import optional, required

if TYPE_CHECKING:
    from ..station import SimulatedStation


def get_diagnostics(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetDiagnostics (section 5.9)."""
    url = required(payload, "location", str)
    name = f"{station.station_id}-diagnostics.log"
    return Reply({"fileName": name}, lambda: station.files.upload_diagnostics(url, name))


def update_firmware(station: SimulatedStation, payload: Json) -> Reply:
    """Answer UpdateFirmware (section 5.19)."""
    url = required(payload, "location", str)
    moment = required(payload, "retrieveDate", str)
    return Reply({}, lambda: station.files.update_firmware(url, moment, None))


def get_log(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetLog (security whitepaper N01)."""
    request_id = required(payload, "requestId", int)
    url = required(required(payload, "log", dict), "remoteLocation", str)
    again = station.files.uploading
    name = file_name(url) or f"{station.station_id}.log"
    return Reply(
        {"status": "AcceptedCanceled" if again else "Accepted", "filename": name},
        lambda: station.files.upload_log(url, name, request_id),
    )


def signed_update_firmware(station: SimulatedStation, payload: Json) -> Reply:
    """Answer SignedUpdateFirmware (security whitepaper L01)."""
    request_id = required(payload, "requestId", int)
    firmware = required(payload, "firmware", dict)
    required(firmware, "signature", str)
    required(firmware, "signingCertificate", str)
    return install_firmware(station, request_id, firmware)


def install_firmware(station: SimulatedStation, request_id: int, firmware: Json) -> Reply:
    """Answer a request for firmware that is signed, or at least may be."""
    certificate = optional(firmware, "signingCertificate", str)
    url = required(firmware, "location", str)
    moment = required(firmware, "retrieveDateTime", str)
    if certificate is not None and not certificate_is_readable(certificate):
        event = "InvalidFirmwareSigningCertificate"
        return Reply(
            {"status": "InvalidCertificate"},
            lambda: station.go(station.security_event(event)),
        )
    again = station.files.updating
    job = {**firmware, "requestId": request_id}
    return Reply(
        {"status": "AcceptedCanceled" if again else "Accepted"},
        lambda: station.files.update_firmware(url, moment, job),
    )
