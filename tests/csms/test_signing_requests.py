"""Signing requests: which are signed, and what becomes of garbage."""

import base64
import random

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, strategies as st
import pytest

from custom_components.chargestead.csms.security.requests import (
    LONGEST,
    RequestRefusedError,
    read_request,
)

from .trust_fixtures import a_csr, a_request, subject

NAMES = ("CP1", "SN-7")


def refused(csr: object, organisation: str | None = None) -> str:
    """Return why a request is refused."""
    with pytest.raises(RequestRefusedError) as refusal:
        read_request(csr, NAMES, organisation)
    return str(refusal.value)


@pytest.mark.parametrize("name", ["CP1", "cp1", "SN-7"])
@pytest.mark.parametrize(
    "make_key",
    [
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: ec.generate_private_key(ec.SECP384R1()),
        lambda: rsa.generate_private_key(65537, 2048),
    ],
)
def test_a_request_in_the_name_of_the_station_is_good(name: str, make_key: object) -> None:
    key = make_key()  # type: ignore[operator]
    request = read_request(a_csr(name, key=key), NAMES, None)
    assert request.public_key() == key.public_key()


def test_a_request_is_read_however_it_is_wrapped() -> None:
    request = a_request("CP1")
    plain = request.public_bytes(Encoding.PEM).decode()
    bare = base64.b64encode(request.public_bytes(Encoding.DER)).decode()
    for text in (
        plain,
        plain.replace("\n", "\r\n"),
        plain.replace("\n", "\\n"),
        bare,
        f" {bare}\n",
    ):
        assert read_request(text, NAMES, None) == request


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("CP2",), "csr_name_wrong"),
        (("*",), "csr_name_wrong"),
        ((), "csr_name_wrong"),
        (("CP1", "CP2"), "csr_name_wrong"),
        (("CP1 ",), "csr_name_wrong"),
    ],
)
def test_a_request_in_another_name_is_refused(names: tuple[str, ...], reason: str) -> None:
    assert refused(a_csr(*names)) == reason


def test_the_organisation_has_to_be_the_one_that_was_set() -> None:
    assert refused(a_csr("CP1", organisation="Other"), "Home") == "csr_organisation_wrong"
    for organisation in ("Home", "HOME", None):
        read_request(a_csr("CP1", organisation=organisation), NAMES, "Home")
    read_request(a_csr("CP1", organisation="Any"), NAMES, None)


def test_weak_keys_and_kinds_that_ocpp_does_not_know_are_refused() -> None:
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    assert refused(a_csr("CP1", key=small)) == "csr_weak"
    key = ed25519.Ed25519PrivateKey.generate()
    request = x509.CertificateSigningRequestBuilder(subject("CP1")).sign(key, None)
    assert refused(request.public_bytes(Encoding.PEM).decode()) == "csr_weak"


def test_a_request_that_was_not_signed_by_its_own_key_is_refused() -> None:
    one, other = (a_request("CP1").public_bytes(Encoding.DER) for _ in range(2))
    # The key of one with the signature of the other.
    forged = one[:-64] + other[-64:]
    assert refused(base64.b64encode(forged).decode()) in {"csr_signature_bad", "csr_unreadable"}
    request = a_request("CP1")
    signature = request.signature
    changed = bytes([signature[-1] ^ 1])
    der = request.public_bytes(Encoding.DER)[:-1] + changed
    assert refused(base64.b64encode(der).decode()) == "csr_signature_bad"


@pytest.mark.parametrize("csr", [None, "", "   ", 7, [], {}, True])
def test_what_is_no_text_is_refused(csr: object) -> None:
    assert refused(csr) == "csr_missing"


def test_a_request_is_not_longer_than_ocpp_allows() -> None:
    assert refused(a_csr("CP1").ljust(LONGEST + 1)) == "csr_too_long"
    assert refused("A" * 10_000_000) == "csr_too_long"


@given(st.text(max_size=400))
def test_any_text_is_judged(text: str) -> None:
    assert refused(text).startswith("csr_")
    framed = f"-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n"
    assert refused(framed).startswith("csr_")


def test_a_request_with_any_byte_changed_is_refused_or_still_in_the_name_of_the_station() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    der = a_request("CP1").public_bytes(Encoding.DER)
    refusals = 0
    for position in range(len(der)):
        changed = bytearray(der)
        changed[position] ^= chance.randrange(1, 256)
        text = base64.b64encode(changed).decode()
        try:
            read_request(text, NAMES, None)
        except RequestRefusedError:
            refusals += 1
    assert refusals == len(der)


def test_longer_hashes_are_good() -> None:
    csr = a_csr("CP1", algorithm=hashes.SHA512())
    assert read_request(csr, NAMES, None).is_signature_valid
