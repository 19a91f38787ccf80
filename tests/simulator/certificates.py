"""Keys and certificates of a station (security whitepaper, A02, L01, M03 to M05)."""

import base64
import binascii
import hashlib
import ssl
import tempfile
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from .schedule import Json

ALGORITHMS: Final = {"SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}


class CertificateStore:
    """Installed root certificates, and the station's own key and certificate."""

    def __init__(self, capacity: int) -> None:
        """Begin with no certificate."""
        self.own: x509.Certificate | None = None
        self._capacity = capacity
        self._roots: list[tuple[str, x509.Certificate]] = []
        self._key: ec.EllipticCurvePrivateKey | None = None
        self._identity: str | None = None

    def install(self, use: str, pem: str) -> str:
        """Answer an InstallCertificate: a CertificateStatus."""
        certificate = _read(pem)
        if certificate is None or len(self._roots) >= self._capacity:
            return "Rejected"
        if (use, certificate) not in self._roots:
            self._roots.append((use, certificate))
        return "Accepted"

    def installed(self, use: str) -> list[Json]:
        """Return the hash data of the certificates of one use."""
        return [
            _hash_data(certificate, "SHA256") for each, certificate in self._roots if each == use
        ]

    @property
    def uses(self) -> list[str]:
        """Return what certificates are installed for, each use once."""
        return list(dict.fromkeys(use for use, _ in self._roots))

    @property
    def roots(self) -> list[x509.Certificate]:
        """Return the installed certificates."""
        return [certificate for _, certificate in self._roots]

    def delete(self, wanted: Json) -> str:
        """Answer a DeleteCertificate: a DeleteCertificateStatus."""
        algorithm = str(wanted.get("hashAlgorithm"))
        if algorithm not in ALGORITHMS:
            return "Failed"
        needle = {key: str(value).lower() for key, value in wanted.items()}
        for entry in self._roots:
            data = _hash_data(entry[1], algorithm)
            if {key: value.lower() for key, value in data.items()} == needle:
                self._roots.remove(entry)
                return "Accepted"
        return "NotFound"

    def request(self, station_id: str, organisation: str) -> str:
        """Make a new key, which waits for its certificate, and return the signing request for it, as PEM."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.COMMON_NAME, station_id)]
        if organisation:
            names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
        builder = x509.CertificateSigningRequestBuilder(x509.Name(names))
        request = builder.sign(self._key, hashes.SHA256())
        return request.public_bytes(serialization.Encoding.PEM).decode()

    def take(self, chain: str) -> bool:
        """Take over a signed certificate; return whether it fits the key."""
        certificate = _read(chain)
        if certificate is None or self._key is None:
            return False
        mine = self._key.public_key().public_numbers()
        theirs = certificate.public_key()
        if not isinstance(theirs, ec.EllipticCurvePublicKey):
            return False
        if theirs.public_numbers() != mine:
            return False
        self.own = certificate
        self._identity = chain + _private(self._key)
        return True

    def show(self, context: ssl.SSLContext | None) -> None:
        """Show the certificate from the next TLS handshake on."""
        if context is None or self._identity is None:
            return
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(self._identity)
            file.flush()
            context.load_cert_chain(file.name)


def certificate_is_readable(pem: str) -> bool:
    """Return whether a text is a certificate."""
    return _read(pem) is not None


def signature_is_good(content: bytes, signature: str, pem: str) -> bool:
    """Return whether a firmware bears the signature of a certificate's key."""
    certificate = _read(pem)
    if certificate is None:
        return False
    try:
        raw = base64.b64decode(signature, validate=True)
    except binascii.Error:
        return False
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
            key.verify(raw, content, pss, hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, content, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _private(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _read(pem: str) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return None


def _hash_data(certificate: x509.Certificate, algorithm: str) -> dict[str, str]:
    """Return CertificateHashData; a root is its own issuer."""
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    name = hashlib.new(ALGORITHMS[algorithm], certificate.issuer.public_bytes())
    digest = hashlib.new(ALGORITHMS[algorithm], _key_bits(key))
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": name.hexdigest(),
        "issuerKeyHash": digest.hexdigest(),
        "serialNumber": f"{certificate.serial_number:X}",
    }


def _key_bits(info: bytes) -> bytes:
    """Return the bits of a SubjectPublicKeyInfo, without tag, length and unused count."""
    body = _contents(info)
    algorithm_length = len(body) - len(_rest(body))
    return _contents(body[algorithm_length:])[1:]


def _header(der: bytes) -> tuple[int, int]:
    """Return the sizes of a DER element's header and of its contents."""
    length = der[1]
    if length < 0x80:
        return 2, length
    count = length & 0x7F
    return 2 + count, int.from_bytes(der[2 : 2 + count])


def _contents(der: bytes) -> bytes:
    header, length = _header(der)
    return der[header : header + length]


def _rest(der: bytes) -> bytes:
    header, length = _header(der)
    return der[header + length :]
