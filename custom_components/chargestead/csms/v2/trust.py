"""Functional blocks A and M, to the station: certificates."""

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
from ...model.errors import FieldNotSupportedError
from ..adapter import Request
from ..fields import on_wire

if TYPE_CHECKING:
    from .adapter import Adapter2

_USES: Final[Mapping[CertificateUse, str]] = {
    CertificateUse.CSMS_ROOT: "CSMSRootCertificate",
    CertificateUse.MANUFACTURER_ROOT: "ManufacturerRootCertificate",
    CertificateUse.V2G_ROOT: "V2GRootCertificate",
    CertificateUse.MO_ROOT: "MORootCertificate",
    CertificateUse.V2G_CHAIN: "V2GCertificateChain",
    CertificateUse.OEM_ROOT: "OEMRootCertificate",
}


def _use(adapter: Adapter2, action: str, use: CertificateUse) -> str:
    if use is CertificateUse.OEM_ROOT and not adapter.is_later:
        raise FieldNotSupportedError(adapter.station.station_id, action, use, adapter.version)
    return _USES[use]


def _install(adapter: Adapter2, command: InstallCertificate) -> Request:
    """Install a root certificate (M05)."""
    action = "InstallCertificate"
    if command.use is CertificateUse.V2G_CHAIN:
        raise FieldNotSupportedError(
            adapter.station.station_id, action, command.use, adapter.version
        )
    use = _use(adapter, action, command.use)
    return Request(action, {"certificateType": use, "certificate": command.certificate})


def _installed(adapter: Adapter2, command: GetInstalledCertificates) -> Request:
    """Ask for certificates (M03); NotFound only tells that there are none."""
    action = "GetInstalledCertificateIds"
    uses = [_use(adapter, action, use) for use in command.uses]
    return Request(action, on_wire(certificateType=uses or None), judged=False)


def _delete(_: Adapter2, command: DeleteCertificate) -> Request:
    """Delete a certificate (M04)."""
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


def _signed(adapter: Adapter2, command: SendSignedCertificate) -> Request:
    """Hand a certificate over (A02); the id of the question is of 2.1."""
    action = "CertificateSigned"
    if command.request_id is not None and not adapter.is_later:
        raise FieldNotSupportedError(
            adapter.station.station_id, action, "request_id", adapter.version
        )
    return Request(
        action,
        on_wire(
            certificateChain=command.certificate_chain,
            certificateType=command.use,
            requestId=command.request_id,
        ),
    )


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    InstallCertificate: _install,
    GetInstalledCertificates: _installed,
    DeleteCertificate: _delete,
    SendSignedCertificate: _signed,
}
