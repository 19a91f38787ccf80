"""Reading the signing requests that stations send, and judging them."""

import base64
import binascii
from collections.abc import Collection
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

LONGEST: Final = 5500
"""Characters of a request (CiString5500Type)."""

_RSA_BITS: Final = range(2048, 8193)
_CURVE_BITS: Final = range(224, 522)
_HASHES: Final = frozenset({"sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"})
_LONGEST_NAME: Final = 64


class RequestRefusedError(Exception):
    """A request that is not signed; the text is the reason, which is counted."""


def read_request(
    text: object, names: Collection[str], organisation: str | None
) -> x509.CertificateSigningRequest:
    """Return a request that may be signed for a station that goes by any of `names`.

    The key must be RSA of 2048 bits or more, or on a curve of 224 bits or more, as OCPP asks for (security whitepaper
    section 3.3; 2.0.1 part 2, A00.FR.5xx). The organisation is compared where both sides name one. Raises
    RequestRefusedError.
    """
    request = _parsed(text)
    try:
        sound = request.is_signature_valid
        algorithm = request.signature_hash_algorithm
        key = request.public_key()
        subject = request.subject
        common = [str(item.value) for item in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        owners = [
            str(item.value) for item in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        ]
    except (ValueError, TypeError, UnsupportedAlgorithm) as err:
        raise RequestRefusedError("csr_unreadable") from err
    if not sound:
        raise RequestRefusedError("csr_signature_bad")
    if algorithm is None or algorithm.name not in _HASHES or not _strong(key):
        raise RequestRefusedError("csr_weak")
    known = {name.casefold() for name in names}
    if len(common) != 1 or len(common[0]) > _LONGEST_NAME or common[0].casefold() not in known:
        raise RequestRefusedError("csr_name_wrong")
    if len(owners) > 1 or any(len(owner) > _LONGEST_NAME for owner in owners):
        raise RequestRefusedError("csr_organisation_wrong")
    if organisation and owners and owners[0].casefold() != organisation.casefold():
        raise RequestRefusedError("csr_organisation_wrong")
    return request


def _parsed(text: object) -> x509.CertificateSigningRequest:
    if not isinstance(text, str) or not text.strip():
        raise RequestRefusedError("csr_missing")
    if len(text) > LONGEST:
        raise RequestRefusedError("csr_too_long")
    try:
        if "-----BEGIN" in text:
            return x509.load_pem_x509_csr(text.replace("\\n", "\n").encode())
        # Some stations leave the frame of PEM out.
        return x509.load_der_x509_csr(base64.b64decode("".join(text.split()), validate=True))
    except (
        ValueError,
        TypeError,
        binascii.Error,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
    ) as err:
        raise RequestRefusedError("csr_unreadable") from err


def _strong(key: object) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size in _RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size in _CURVE_BITS
