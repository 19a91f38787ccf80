"""Contracts of vehicles (ISO 15118): nobody outside the house is asked, and nothing unproven is believed."""

import pytest

from custom_components.chargestead.model.events import CardPresented
from tests.simulator import Json

from .house import House, Wire

TOKEN = {"idToken": "DE8AAA123456", "type": "eMAID"}
HASH: Json = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa",
    "issuerKeyHash": "bb",
    "serialNumber": "0c",
}


async def test_a_contract_that_the_station_verified_counts_by_its_token(
    wire: Wire, house: House
) -> None:
    """Whether it was revoked cannot be said; the station decides what that is worth to it."""
    asked = {**HASH, "responderURL": "http://ocsp"}
    answer = await wire.call(
        "Authorize", {"idToken": TOKEN, "iso15118CertificateHashData": [asked]}
    )
    assert answer == {
        "idTokenInfo": {"status": "Accepted"},
        "certificateStatus": "NoCertificateAvailable",
    }
    assert [item.accepted for item in house.happened(CardPresented)] == [True]


async def test_a_contract_that_nobody_verified_is_not_believed(wire: Wire, house: House) -> None:
    answer = await wire.call("Authorize", {"idToken": TOKEN, "certificate": "PEM"})
    assert answer == {
        "idTokenInfo": {"status": "Invalid"},
        "certificateStatus": "CertChainError",
    }
    assert [item.accepted for item in house.happened(CardPresented)] == [False]


@pytest.mark.parametrize("action", ["Install", "Update"])
async def test_a_vehicle_gets_no_contract_from_us(wire: Wire, house: House, action: str) -> None:
    answer = await wire.call(
        "Get15118EVCertificate",
        {"iso15118SchemaVersion": "urn:iso:15118:2:2013", "action": action, "exiRequest": "AA=="},
    )
    assert answer == {"status": "Failed", "exiResponse": ""}
    asked = {**HASH, "responderURL": "http://ocsp"}
    assert await wire.call("GetCertificateStatus", {"ocspRequestData": asked}) == {
        "status": "Failed"
    }
    counters = house.station().counters
    assert counters["certificate_not_signed"] == counters["certificate_not_checked"] == 1
