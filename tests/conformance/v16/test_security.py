"""Passwords, certificates, logs and firmware that can be trusted."""

from collections.abc import AsyncIterator
from pathlib import Path
import ssl

from homeassistant.const import CONF_PASSWORD
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.typing import Subprotocol

from custom_components.chargestead.const import CONF_TLS_CERTIFICATE, CONF_TLS_KEY
from tests.conformance.conftest import Stage
from tests.conformance.scene import Scene
from tests.conformance.shelf import Shelf, shelf_open
from tests.conformance.trust import Identity, identity
from tests.conformance.wire import is_asked, says
from tests.system.house import GARAGE

PASSWORD = "0123456789abcdef"
FIRMWARE = b"new and better" * 100


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    """Return a shelf."""
    async with shelf_open() as shelf:
        yield shelf


async def _is_welcome(scene: Scene) -> None:
    scene.went(
        says("BootNotification", answer={"status": "Accepted"}),
        says("StatusNotification", connectorId=0, status="Available"),
        says("StatusNotification", connectorId=1, status="Available"),
    )
    assert scene.shows("connected", 0, platform="binary_sensor") == "on"


async def _installs(scene: Scene, use: str, word: str) -> None:
    certificate = identity(use)
    scene.from_here()
    answer = await scene.ask("install_certificate", use=use, certificate=certificate.pem)
    assert answer["status"] == "Accepted"
    installed = await scene.ask("get_installed_certificates", use=use)
    scene.went(
        is_asked(
            "InstallCertificate",
            certificateType=word,
            certificate=certificate.pem,
            answer={"status": "Accepted"},
        ),
        is_asked("GetInstalledCertificateIds", certificateType=word, answer={"status": "Accepted"}),
    )
    (hashes,) = installed["answer"]["certificateHashData"]
    assert hashes["serialNumber"] == f"{certificate.certificate.serial_number:X}"


async def test_tc_075_1_a_manufacturers_root_is_installed(scene: Scene) -> None:
    await _installs(scene, "manufacturer_root", "ManufacturerRootCertificate")


async def test_tc_075_2_a_root_of_the_central_system_is_installed(scene: Scene) -> None:
    await _installs(scene, "csms_root", "CentralSystemRootCertificate")


async def test_tc_076_a_certificate_is_deleted_by_its_hashes(scene: Scene) -> None:
    await _installs(scene, "csms_root", "CentralSystemRootCertificate")
    installed = await scene.ask("get_installed_certificates", use="csms_root")
    (hashes,) = installed["answer"]["certificateHashData"]
    scene.from_here()
    wanted = {
        "hash_algorithm": hashes["hashAlgorithm"],
        "issuer_name_hash": hashes["issuerNameHash"],
        "issuer_key_hash": hashes["issuerKeyHash"],
        "serial_number": hashes["serialNumber"],
    }
    assert (await scene.ask("delete_certificate", **wanted))["status"] == "Accepted"
    scene.went(
        is_asked("DeleteCertificate", certificateHashData=hashes, answer={"status": "Accepted"})
    )
    installed = await scene.ask("get_installed_certificates", use="csms_root")
    assert installed["answer"] == {"status": "NotFound"}
    told = await scene.is_refused("delete_certificate", **wanted)
    assert (told["error"], told["status"]) == ("command_refused", "NotFound")


async def test_tc_078_an_invalid_root_is_refused_and_the_event_shown(scene: Scene) -> None:
    scene.from_here()
    told = await scene.is_refused("install_certificate", use="csms_root", certificate="nonsense")
    assert told == {
        "error": "command_refused",
        "station": GARAGE,
        "action": "InstallCertificate",
        "status": "Rejected",
    }
    await scene.station.security_event("InvalidCentralSystemCertificate")
    await scene.moment()
    scene.went(
        is_asked(
            "InstallCertificate",
            certificateType="CentralSystemRootCertificate",
            answer={"status": "Rejected"},
        ),
        says("SecurityEventNotification", type="InvalidCentralSystemCertificate", answer={}),
    )
    (event,) = scene.events("station", "security")
    assert event["kind"] == "InvalidCentralSystemCertificate"


async def test_tc_079_the_security_log_is_brought(scene: Scene, shelf: Shelf) -> None:
    scene.from_here()
    location = shelf.url + "security.log"
    answer = await scene.ask("request_logs", location=location, kind="security")
    await scene.moment(60)
    number = answer["request_id"]
    scene.went(
        is_asked(
            "GetLog",
            logType="SecurityLog",
            requestId=number,
            log={"remoteLocation": location},
            answer={"status": "Accepted", "filename": "security.log"},
        ),
        says("LogStatusNotification", status="Uploading", requestId=number, answer={}),
        says("LogStatusNotification", status="Uploaded", requestId=number, answer={}),
    )
    assert b"BootNotification" in shelf.brought["security.log"]
    told = [(event["status"], event["request_id"]) for event in scene.events("station", "log")]
    assert told == [("uploading", number), ("uploaded", number)]


async def _signed_update(scene: Scene, shelf: Shelf, signature: str) -> int:
    maker = identity("maker")
    location = shelf.put("firmware.bin", FIRMWARE)
    scene.from_here()
    answer = await scene.ask(
        "update_firmware",
        location=location,
        signing_certificate=maker.pem,
        signature=signature,
    )
    await scene.moment(120)
    number = answer["request_id"]
    assert isinstance(number, int)
    scene.went(
        is_asked(
            "SignedUpdateFirmware",
            requestId=number,
            firmware={
                "location": location,
                "retrieveDateTime": "2026-10-05T06:00:20.000Z",
                "signature": signature,
                "signingCertificate": maker.pem,
            },
            answer={"status": "Accepted"},
        )
    )
    return number


def _told(scene: Scene) -> list[tuple[str, int]]:
    events = scene.events("station", "firmware")
    return [(event["status"], event["request_id"]) for event in events]


async def test_tc_080_signed_firmware_is_verified_and_installed(scene: Scene, shelf: Shelf) -> None:
    number = await _signed_update(scene, shelf, identity("maker").sign(FIRMWARE))
    steps = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting"]
    scene.went(
        *(
            says("SignedFirmwareStatusNotification", status=step, requestId=number, answer={})
            for step in steps
        ),
        says("BootNotification", firmwareVersion="1.0.1", answer={"status": "Accepted"}),
        says("SignedFirmwareStatusNotification", status="Installed", requestId=number),
        says("SecurityEventNotification", type="FirmwareUpdated", answer={}),
    )
    assert _told(scene) == [
        (word, number)
        for word in (
            "downloading",
            "downloaded",
            "signature_verified",
            "installing",
            "install_rebooting",
            "installed",
        )
    ]
    (event,) = scene.events("station", "security")
    assert event["kind"] == "FirmwareUpdated"


async def test_tc_081_firmware_with_a_wrong_signature_is_not_installed(
    scene: Scene, shelf: Shelf
) -> None:
    number = await _signed_update(scene, shelf, identity("maker").sign(b"something else"))
    scene.went(
        says("SignedFirmwareStatusNotification", status="Downloading", requestId=number),
        says("SignedFirmwareStatusNotification", status="Downloaded", requestId=number),
        says("SignedFirmwareStatusNotification", status="InvalidSignature", requestId=number),
        says("SecurityEventNotification", type="InvalidFirmwareSignature", answer={}),
    )
    scene.never("BootNotification")
    assert _told(scene)[-1] == ("invalid_signature", number)
    (event,) = scene.events("station", "security")
    assert event["kind"] == "InvalidFirmwareSignature"


async def test_tc_085_the_right_password_opens_the_door_and_a_wrong_one_does_not(
    stage: Stage,
) -> None:
    settings = {CONF_PASSWORD: PASSWORD}
    async with stage(settings=settings, switched_on=False, password="no" + PASSWORD) as scene:
        await scene.station.start(wait=False)
        await scene.moment()
        assert scene.exchanges == []
        assert "401" in (scene.station.link.refused or "")
        scene.station.configuration.assign("AuthorizationKey", PASSWORD)
        scene.station.use_new_password()
        await scene.moment(60)
        await _is_welcome(scene)


def _speaking(house: Identity, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return a context that trusts the house and speaks one version of TLS, however old."""
    context = house.trusted()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_tc_086_a_station_that_trusts_our_certificate_connects_over_tls(
    stage: Stage, tmp_path: Path
) -> None:
    house = identity("house")
    certificate, key = house.save(tmp_path)
    server = {CONF_TLS_CERTIFICATE: certificate, CONF_TLS_KEY: key}
    context = house.trusted()
    async with stage(
        server=server, settings={CONF_PASSWORD: PASSWORD}, password=PASSWORD, ssl=context
    ) as scene:
        await _is_welcome(scene)
        url = f"{scene.house.url}/{GARAGE}"
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with pytest.raises(InvalidStatus, match="401"):
                await connect(url, ssl=_speaking(house, version), proxy=None)
        with pytest.raises((ConnectionResetError, ssl.SSLError)) as refused:
            await connect(url, ssl=_speaking(house, ssl.TLSVersion.TLSv1_1), proxy=None)
        assert "NO_PROTOCOLS" not in str(refused.value), "it was the house that refused"
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(
                f"{scene.house.url}/{GARAGE}", ssl=identity("other").trusted(), proxy=None
            )
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"


async def test_tc_088_of_the_versions_offered_the_one_we_know_is_chosen(stage: Stage) -> None:
    async with stage(switched_on=False) as scene:
        url = f"{scene.house.url}/{GARAGE}"
        unknown, known = Subprotocol("ocpp0.1"), Subprotocol("ocpp1.6")
        async with connect(url, subprotocols=[unknown], proxy=None) as refused:
            assert refused.subprotocol is None
            with pytest.raises(ConnectionClosedError):
                await refused.recv()
            assert refused.close_code == 1002
        assert scene.shows("connected", 0, platform="binary_sensor") == "off"
        async with connect(url, subprotocols=[unknown, known], proxy=None) as accepted:
            assert accepted.subprotocol == known
            assert accepted.response is not None
            assert accepted.response.headers["Sec-WebSocket-Protocol"] == "ocpp1.6"
            await scene.moment()
            assert scene.shows("connected", 0, platform="binary_sensor") == "on"
