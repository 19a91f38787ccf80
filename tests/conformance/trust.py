"""Keys and certificates made for a case."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
import ipaddress
from pathlib import Path
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Identity:
    """A certificate that vouches for itself, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """Return the certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def sign(self, content: bytes) -> str:
        """Return the signature of some content, in Base64."""
        return base64.b64encode(self.key.sign(content, ec.ECDSA(hashes.SHA256()))).decode()

    def save(self, folder: Path) -> tuple[str, str]:
        """Write certificate and key as PEM files; return their paths."""
        certificate, key = folder / "house.pem", folder / "house.key"
        certificate.write_text(self.pem)
        key.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return str(certificate), str(key)

    def trusted(self) -> ssl.SSLContext:
        """Return what a station connects with that trusts this certificate and no other."""
        return ssl.create_default_context(cadata=self.pem)


@cache
def identity(name: str) -> Identity:
    """Return an identity by its name, valid for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Identity(certificate, key)
