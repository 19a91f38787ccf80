"""Files, firmware, logs and certificates, with a real web server."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import ssl

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID
import pytest

from tests.simulator import Json, ManualClock, SimulatedStation

from .central import TinyCentral

FIRMWARE = b"new firmware"


@dataclass
class Depot:
    """A web server that gives firmware and takes logs."""

    url: str
    uploads: dict[str, bytes] = field(default_factory=dict)


@pytest.fixture
async def depot(socket_enabled: None) -> AsyncIterator[Depot]:  # noqa: ARG001
    """Return a running web server."""
    depot = Depot("")

    async def give(_: web.Request) -> web.Response:
        return web.Response(body=FIRMWARE)

    async def take(request: web.Request) -> web.Response:
        depot.uploads[request.path] = await request.read()
        return web.Response()

    app = web.Application()
    app.router.add_get("/firmware.bin", give)
    app.router.add_put("/{name:logs/.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    depot.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield depot
    await runner.cleanup()


def authority(
    name: str = "Root", address: str | None = None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """Return a key and its self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if address is not None:
        names = [x509.IPAddress(ip_address(address))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(4095)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def told(central: TinyCentral, action: str) -> list[str]:
    """Return the statuses told under an action."""
    return [payload["status"] for payload in central.said(action)]


async def test_diagnostics_are_uploaded_and_told(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation, depot: Depot
) -> None:
    """The file is named in the answer and really arrives."""
    answer = await central.ask("GetDiagnostics", {"location": f"{depot.url}/logs/"})
    await clock.advance(30)
    assert answer == {"fileName": "SIM-1-diagnostics.log"}
    assert told(central, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"]
    assert b"BootNotification" in depot.uploads["/logs/SIM-1-diagnostics.log"]
    await central.ask("GetDiagnostics", {"location": f"{depot.url}/nowhere"})
    await clock.advance(30)
    assert told(central, "DiagnosticsStatusNotification")[-1] == "UploadFailed"
    assert central.violations == []
    assert station.online


async def test_a_log_is_uploaded_with_its_request_id(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation, depot: Depot
) -> None:
    """N01: exactly to the URL given."""
    answer = await central.ask(
        "GetLog",
        {
            "logType": "DiagnosticsLog",
            "requestId": 7,
            "log": {"remoteLocation": f"{depot.url}/logs/token-1"},
        },
    )
    await clock.advance(30)
    assert answer == {"status": "Accepted", "filename": "token-1"}
    assert central.said("LogStatusNotification") == [
        {"status": "Uploading", "requestId": 7},
        {"status": "Uploaded", "requestId": 7},
    ]
    assert list(depot.uploads) == ["/logs/token-1"]
    assert central.violations == []
    assert not station.files.uploading


async def test_a_second_log_request_cancels_the_first(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation, depot: Depot
) -> None:
    """N01.FR.11: AcceptedCanceled."""

    async def ask(number: int) -> Json:
        location = {"remoteLocation": f"{depot.url}/logs/{number}"}
        request = {"logType": "SecurityLog", "requestId": number, "log": location}
        return await central.ask("GetLog", request)

    await ask(1)
    await clock.advance(1)
    assert (await ask(2))["status"] == "AcceptedCanceled"
    await clock.advance(30)
    assert list(depot.uploads) == ["/logs/2"]
    assert station.files.log_status == "Idle"


async def test_new_firmware_is_fetched_installed_and_shown_at_the_next_boot(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation, depot: Depot
) -> None:
    """Not before its date, not during a session, and with a reboot in between."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(1)
    await central.ask(
        "UpdateFirmware",
        {"location": f"{depot.url}/firmware.bin", "retrieveDate": "2026-01-01T00:10:00Z"},
    )
    await clock.advance(598)
    assert told(central, "FirmwareStatusNotification") == []
    await clock.advance(60)
    assert told(central, "FirmwareStatusNotification") == ["Downloading", "Downloaded"]
    assert station.files.downloaded == FIRMWARE
    station.unplug(1)
    await clock.advance(90)
    assert told(central, "FirmwareStatusNotification")[2:] == ["Installing", "Installed"]
    assert central.said("BootNotification")[-1]["firmwareVersion"] == "1.0.1"
    assert central.violations == []


@pytest.mark.parametrize(
    ("fails", "last"),
    [("download", "DownloadFailed"), ("install", "InstallationFailed")],
)
async def test_an_update_can_fail(
    central: TinyCentral,
    clock: ManualClock,
    station: SimulatedStation,
    depot: Depot,
    fails: str,
    last: str,
) -> None:
    """The version stays."""
    station.files.fails = fails
    request = {"location": f"{depot.url}/firmware.bin", "retrieveDate": "2026-01-01T00:00:00Z"}
    await central.ask("UpdateFirmware", request)
    await clock.advance(120)
    assert told(central, "FirmwareStatusNotification")[-1] == last
    assert station.firmware == "1.0.0"


async def test_signed_firmware_is_verified(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation, depot: Depot
) -> None:
    """L01: a good signature installs, a wrong one is a security event."""
    key, certificate = authority("Maker")
    for number, content in enumerate((FIRMWARE, b"something else"), start=1):
        signature = base64.b64encode(key.sign(content, ec.ECDSA(hashes.SHA256())))
        answer = await central.ask(
            "SignedUpdateFirmware",
            {
                "requestId": number,
                "firmware": {
                    "location": f"{depot.url}/firmware.bin",
                    "retrieveDateTime": "2026-01-01T00:00:00Z",
                    "signingCertificate": pem(certificate),
                    "signature": signature.decode(),
                },
            },
        )
        assert answer == {"status": "Accepted"}
        await clock.advance(120)
    statuses = central.said("SignedFirmwareStatusNotification")
    assert [s["status"] for s in statuses if s["requestId"] == 1] == [
        "Downloading",
        "Downloaded",
        "SignatureVerified",
        "Installing",
        "InstallRebooting",
        "Installed",
    ]
    assert [s["status"] for s in statuses if s["requestId"] == 2][-1] == "InvalidSignature"
    assert [event["type"] for event in central.said("SecurityEventNotification")] == [
        "FirmwareUpdated",
        "InvalidFirmwareSignature",
    ]
    assert station.firmware == "1.0.1"
    assert central.violations == []


async def test_a_signing_certificate_that_is_none_is_refused(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """InvalidCertificate, and a security event."""
    answer = await central.ask(
        "SignedUpdateFirmware",
        {
            "requestId": 1,
            "firmware": {
                "location": "http://127.0.0.1/x",
                "retrieveDateTime": "2026-01-01T00:00:00Z",
                "signingCertificate": "no certificate",
                "signature": "",
            },
        },
    )
    await clock.advance(1)
    assert answer == {"status": "InvalidCertificate"}
    (event,) = central.said("SecurityEventNotification")
    assert event["type"] == "InvalidFirmwareSigningCertificate"
    assert not station.files.updating


async def test_root_certificates_are_installed_listed_and_deleted(
    central: TinyCentral, station: SimulatedStation
) -> None:
    """M03 to M05, with hashes as RFC 6960 wants them."""
    _, certificate = authority()
    use = "CentralSystemRootCertificate"
    install = {"certificateType": use, "certificate": pem(certificate)}
    listing = {"certificateType": use}
    assert await central.ask("GetInstalledCertificateIds", listing) == {"status": "NotFound"}
    assert await central.ask("InstallCertificate", install) == {"status": "Accepted"}
    bad = install | {"certificate": "no certificate"}
    assert await central.ask("InstallCertificate", bad) == {"status": "Rejected"}
    answer = await central.ask("GetInstalledCertificateIds", listing)
    (data,) = answer["certificateHashData"]
    assert data["serialNumber"] == "FFF"
    builder = ocsp.OCSPRequestBuilder()
    reference = builder.add_certificate(certificate, certificate, hashes.SHA256()).build()
    assert data["issuerKeyHash"] == reference.issuer_key_hash.hex()
    assert data["issuerNameHash"] == reference.issuer_name_hash.hex()
    other = {**data, "serialNumber": "FF"}
    for wanted, status in ((other, "NotFound"), (data, "Accepted"), (data, "NotFound")):
        request = {"certificateHashData": wanted}
        assert await central.ask("DeleteCertificate", request) == {"status": status}
    assert central.violations == []
    assert station.online


async def test_the_station_gets_a_certificate_for_its_key(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """A02: triggered, requested, signed, taken; another one is refused with an event."""
    key, root = authority()
    station.configuration.assign("CpoName", "Home")
    trigger = {"requestedMessage": "SignChargePointCertificate"}
    assert await central.ask("ExtendedTriggerMessage", trigger) == {"status": "Accepted"}
    await clock.advance(1)
    request = x509.load_pem_x509_csr(central.said("SignCertificate")[0]["csr"].encode())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "O=Home,CN=SIM-1"
    signed = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(root.subject)
        .public_key(request.public_key())
        .serial_number(1)
        .not_valid_before(root.not_valid_before_utc)
        .not_valid_after(root.not_valid_after_utc)
        .sign(key, hashes.SHA256())
    )
    assert await central.ask("CertificateSigned", {"certificateChain": pem(root)}) == {
        "status": "Rejected"
    }
    await clock.advance(1)
    (event,) = central.said("SecurityEventNotification")
    assert event["type"] == "InvalidChargePointCertificate"
    chain = pem(signed) + pem(root)
    assert await central.ask("CertificateSigned", {"certificateChain": chain}) == {
        "status": "Accepted"
    }
    assert station.certificates.own == signed
    assert central.violations == []


async def test_the_central_system_is_checked_over_tls(
    clock: ManualClock,
    tmp_path: Path,
    socket_enabled: None,  # noqa: ARG001
) -> None:
    """Security profile 2: a trusted certificate connects, an unknown one does not."""
    key, certificate = authority("localhost", address="127.0.0.1")
    chain = tmp_path / "chain.pem"
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, *private)
    chain.write_bytes(secret + pem(certificate).encode())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    trusting = ssl.create_default_context(cadata=pem(certificate))
    _, stranger = authority("stranger", address="127.0.0.1")
    doubting = ssl.create_default_context(cadata=pem(stranger))
    async with TinyCentral(clock, server) as central:
        async with SimulatedStation(url=central.url, clock=clock, ssl=trusting) as station:
            assert station.online
        station = SimulatedStation(url=central.url, clock=clock, ssl=doubting)
        await station.start(wait=False)
        await clock.advance(10)
        assert not station.online
        assert "CERTIFICATE_VERIFY_FAILED" in (station.link.refused or "")
        await station.stop()


async def test_time_waits_for_a_slow_download(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Simulated time stands still while a file really travels."""

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(0.2)
        return web.Response(body=FIRMWARE)

    app = web.Application()
    app.router.add_get("/firmware.bin", slow)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/firmware.bin"
    request = {"location": url, "retrieveDate": "2026-01-01T00:00:00Z"}
    await central.ask("UpdateFirmware", request)
    await clock.advance(6)
    assert station.files.downloaded == FIRMWARE
    await runner.cleanup()
