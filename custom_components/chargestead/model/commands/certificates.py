"""The certificates a station trusts, and the one it shows."""

from dataclasses import dataclass
from enum import StrEnum

from .base import Command


class CertificateUse(StrEnum):
    """What an installed certificate is for; 1.6 knows the first two, 2.0.1 all but that of the vehicle's maker."""

    CSMS_ROOT = "csms_root"
    MANUFACTURER_ROOT = "manufacturer_root"
    V2G_ROOT = "v2g_root"
    MO_ROOT = "mo_root"
    V2G_CHAIN = "v2g_chain"
    OEM_ROOT = "oem_root"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallCertificate(Command):
    """Install a root certificate, given as PEM (InstallCertificate)."""

    use: CertificateUse
    certificate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GetInstalledCertificates(Command):
    """List the installed certificates of some uses (GetInstalledCertificateIds).

    No use named means all of them in 2.x; 1.6 can ask for one at a time. That there are none is no error.
    """

    uses: tuple[CertificateUse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCertificate(Command):
    """Delete the certificate with these hashes, as the station lists them (DeleteCertificate)."""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSignedCertificate(Command):
    """Hand over the certificate a station asked for, as a PEM chain with its own first (CertificateSigned).

    `use` (CertificateSigningUseEnumType) and the `request_id` of the question are of 2.x.
    """

    certificate_chain: str
    use: str | None = None
    request_id: int | None = None
