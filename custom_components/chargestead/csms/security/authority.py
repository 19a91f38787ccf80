"""The house's own certificate authority: one root, in a folder that only its owner can read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import threading
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ...model.clock import Clock
from ...model.errors import AuthorityError
from . import pem

ROOT_DAYS: Final = 30 * 365
STATION_DAYS: Final = 365
SERVER_DAYS: Final = 397
RENEW_DAYS: Final = 30
_BACKDATED: Final = timedelta(days=1)
_NAME: Final = "Chargestead"
_LONGEST_NAME: Final = 64

type ServerKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate that was made; `chain` is PEM, its own first, `serial` hexadecimal."""

    certificate: str
    chain: str
    serial: str
    not_after: datetime


class Authority:
    """Makes certificates; all of it touches files, so call it off the loop.

    The root is made on first need. One that cannot be read any more is an AuthorityError and stays where it is: making
    another would lock out every station that trusts the first.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Keep keys in a folder, which is made on first need."""
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._root: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None = None

    @property
    def exists(self) -> bool:
        """Tell whether there is a root yet."""
        return self._path.exists()

    def root(self) -> x509.Certificate:
        """Return the root certificate."""
        return self._signer()[1]

    def sign(self, request: x509.CertificateSigningRequest) -> Issued:
        """Sign a station's request, which was found good (security whitepaper A02; OCPP 2.0.1 part 2 A02).

        Of what it asks only the key and the subject's name and organisation are taken over.
        """
        wanted = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        subject = [
            item for oid in wanted for item in request.subject.get_attributes_for_oid(oid)[:1]
        ]
        builder = self._builder(x509.Name(subject), request.public_key(), STATION_DAYS)
        return self._issue(
            builder.add_extension(_usage(), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        )

    def server_files(self, names: Iterable[str]) -> tuple[Path, ...]:
        """Return PEM files with key and chain for host names and addresses, made anew where they will not do for long.

        One is for stations that know elliptic curves, one for those that know RSA only.
        """
        wanted = tuple(names)
        made = (self._folder / "server-ec.pem", self._folder / "server-rsa.pem")
        with self._making:
            for path in made:
                if not self._serves(path, wanted):
                    self._make_server(path, wanted)
        return made

    def _serves(self, path: Path, names: tuple[str, ...]) -> bool:
        """Tell whether there is a certificate of our root for all names, which holds for a while."""
        root = self.root()
        try:
            content = path.read_bytes()
            load_pem_private_key(content, None)
            certificate = x509.load_pem_x509_certificate(content)
            certificate.verify_directly_issued_by(root)
            present = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, a new one is made
            return False
        lasts = certificate.not_valid_after_utc - self._clock.now()
        return list(present.value) == _alternative(names) and lasts > timedelta(days=RENEW_DAYS)

    def _make_server(self, path: Path, names: tuple[str, ...]) -> None:
        key: ServerKey = (
            rsa.generate_private_key(65537, 2048)
            if path.stem.endswith("rsa")
            else ec.generate_private_key(ec.SECP256R1())
        )
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:_LONGEST_NAME])])
        builder = self._builder(subject, key.public_key(), SERVER_DAYS)
        issued = self._issue(
            builder.add_extension(_usage(), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(_alternative(names)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        )
        self._write(path, pem.of_key(key) + issued.chain)

    def _builder(
        self, subject: x509.Name, key: CertificatePublicKeyTypes, days: int
    ) -> x509.CertificateBuilder:
        _, root = self._signer()
        now = self._clock.now().replace(microsecond=0)
        identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(min(now + timedelta(days=days), root.not_valid_after_utc))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
                critical=False,
            )
        )

    def _issue(self, builder: x509.CertificateBuilder) -> Issued:
        key, root = self._signer()
        certificate = builder.sign(key, hashes.SHA256())
        own = pem.of_certificate(certificate)
        return Issued(
            certificate=own,
            chain=own + pem.of_certificate(root),
            serial=f"{certificate.serial_number:X}",
            not_after=certificate.not_valid_after_utc,
        )

    @property
    def _path(self) -> Path:
        return self._folder / "root.pem"

    def _signer(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        with self._lock:
            if self._root is None:
                self._root = self._read() if self.exists else self._make()
            return self._root

    def _read(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        try:
            content = self._path.read_bytes()
            key = load_pem_private_key(content, None)
            certificate = x509.load_pem_x509_certificate(content)
        except (OSError, ValueError, TypeError) as err:
            raise AuthorityError(str(self._path), str(err)) from err
        if (
            not isinstance(key, ec.EllipticCurvePrivateKey)
            or key.public_key() != certificate.public_key()
        ):
            raise AuthorityError(str(self._path), "key and certificate do not belong together")
        return key, certificate

    def _make(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        serial = x509.random_serial_number()
        # Two houses, or a house begun anew, must not have roots of one name.
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, f"{_NAME} root {serial % 2**32:08X}"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, _NAME),
            ]
        )
        now = self._clock.now().replace(microsecond=0)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(now + timedelta(days=ROOT_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        self._write(self._path, pem.of_key(key) + pem.of_certificate(certificate))
        return key, certificate

    def _write(self, path: Path, content: str) -> None:
        try:
            pem.write_private(path, content)
        except OSError as err:
            raise AuthorityError(str(path), str(err)) from err


def _alternative(names: Iterable[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _usage(*, signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        # What stations that exchange keys by RSA look for.
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
