"""Certificates (security whitepaper A02, M03 to M05)."""

from typing import TYPE_CHECKING

from ..link import Reply
from ..schedule import Json
from .common import required, status

if TYPE_CHECKING:
    from ..station import SimulatedStation


def install_certificate(station: SimulatedStation, payload: Json) -> Reply:
    """Answer InstallCertificate."""
    use = required(payload, "certificateType", str)
    return status(station.certificates.install(use, required(payload, "certificate", str)))


def delete_certificate(station: SimulatedStation, payload: Json) -> Reply:
    """Answer DeleteCertificate."""
    wanted = required(payload, "certificateHashData", dict)
    return status(station.certificates.delete(wanted))


def get_installed_certificate_ids(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetInstalledCertificateIds."""
    found = station.certificates.installed(required(payload, "certificateType", str))
    if not found:
        return status("NotFound")
    return Reply({"status": "Accepted", "certificateHashData": found})


def certificate_signed(station: SimulatedStation, payload: Json) -> Reply:
    """Answer CertificateSigned."""
    if station.certificates.take(required(payload, "certificateChain", str)):
        return Reply({"status": "Accepted"}, station.use_new_certificate)
    event = "InvalidChargePointCertificate"
    return Reply({"status": "Rejected"}, lambda: station.go(station.security_event(event)))
