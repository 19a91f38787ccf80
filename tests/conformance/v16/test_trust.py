"""Passwords that are changed, and stations that prove who they are by certificates of the house."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
import ssl
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from homeassistant.const import CONF_PASSWORD
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from custom_components.chargestead.const import (
    CONF_CERTIFICATE_NAMES,
    CONF_LEAST_PROFILE,
    CONF_OWN_CERTIFICATE,
    DOMAIN,
)
from tests.conformance.conftest import Stage
from tests.conformance.scene import Scene
from tests.conformance.trust import identity
from tests.conformance.wire import ABSENT, is_asked, says
from tests.system.house import GARAGE

PASSWORD = "0123456789abcdef"
ENCRYPTED = {CONF_OWN_CERTIFICATE: True, CONF_CERTIFICATE_NAMES: ["127.0.0.1"]}


@pytest.fixture
def beginning() -> datetime:
    """Return the present, at which the certificates are in force."""
    return datetime.now(UTC).replace(microsecond=0)


@asynccontextmanager
async def _house_of_trust(stage: Stage) -> AsyncIterator[Scene]:
    """Set the stage with a house that makes its own certificates, and a station that trusts them (profile 2)."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with stage(
        server=ENCRYPTED,
        settings={CONF_PASSWORD: PASSWORD},
        password=PASSWORD,
        configuration={"SecurityProfile": "2"},
        ssl=trusting,
        switched_on=False,
    ) as scene:
        trusting.load_verify_locations(cadata=await _root(scene))
        await scene.station.start()
        await scene.moment(20)
        yield scene


async def _root(scene: Scene) -> str:
    answer = await scene.hass.services.async_call(
        DOMAIN, "get_root_certificate", blocking=True, return_response=True
    )
    assert isinstance(answer, dict)
    return str(answer["certificate"])


async def _certify(scene: Scene) -> None:
    """Have the station get a certificate."""
    await scene.ask("install_root_certificate")
    await scene.ask("request_certificate")
    await scene.station.wait_for(
        lambda: scene.calls("CertificateSigned") and scene.calls("CertificateSigned")[0].answer
    )
    await scene.moment()


async def _ask_for_profile_3(scene: Scene) -> None:
    """Let the station in with a certificate only."""
    (subentry,) = scene.house.entry.subentries.values()
    scene.hass.config_entries.async_update_subentry(
        scene.house.entry, subentry, data={**subentry.data, CONF_LEAST_PROFILE: "3"}
    )
    await scene.moment()


async def _stands_outside(
    scene: Scene, context: ssl.SSLContext | None, password: str | None
) -> None:
    """Prove that whoever dials in like this is not let in."""
    headers = {}
    if password is not None:
        login = b64encode(f"{GARAGE}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    url = f"{scene.house.url}/{GARAGE}"
    with pytest.raises((InvalidHandshake, ssl.SSLError, ConnectionResetError)) as refusal:
        await connect(url, additional_headers=headers, ssl=context, proxy=None)
    if isinstance(refusal.value, InvalidStatus):
        assert refusal.value.response.status_code == 401


async def test_tc_073_a_new_password_is_given_and_only_it_opens_the_door(stage: Stage) -> None:
    async with stage(settings={CONF_PASSWORD: PASSWORD}, password=PASSWORD) as scene:
        scene.from_here()
        dials = scene.station.link.dials
        answer = await scene.ask("change_password")
        new = answer["password"]
        assert len(bytes.fromhex(new)) in range(16, 21)
        scene.went(
            is_asked(
                "ChangeConfiguration",
                key="AuthorizationKey",
                value=new,
                answer={"status": "Accepted"},
            )
        )
        await scene.moment(60)
        assert scene.station.link.dials == dials + 1
        assert scene.station.configuration.text("AuthorizationKey") == new
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"
        (subentry,) = scene.house.entry.subentries.values()
        assert subentry.data[CONF_PASSWORD] == new
        for password in (PASSWORD, None):
            await _stands_outside(scene, None, password)


async def test_tc_074_a_station_gets_a_certificate_for_its_own_key(stage: Stage) -> None:
    async with _house_of_trust(stage) as scene:
        scene.from_here()
        await _certify(scene)
        root = await _root(scene)
        scene.went(
            is_asked(
                "InstallCertificate",
                certificateType="CentralSystemRootCertificate",
                certificate=root,
                answer={"status": "Accepted"},
            ),
            is_asked(
                "ExtendedTriggerMessage",
                requestedMessage="SignChargePointCertificate",
                connectorId=ABSENT,
                answer={"status": "Accepted"},
            ),
            says("SignCertificate", answer={"status": "Accepted"}),
            is_asked("CertificateSigned", answer={"status": "Accepted"}),
        )
        (asked,), (signed,) = scene.calls("SignCertificate"), scene.calls("CertificateSigned")
        own, *_ = x509.load_pem_x509_certificates(signed.request["certificateChain"].encode())
        wish = x509.load_pem_x509_csr(asked.request["csr"].encode())
        assert own.public_key() == wish.public_key()
        assert isinstance(own.public_key(), ec.EllipticCurvePublicKey)
        (name,) = own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert name.value == GARAGE
        own.verify_directly_issued_by(x509.load_pem_x509_certificate(root.encode()))
        assert own.not_valid_before_utc < scene.house.clock.now() < own.not_valid_after_utc
        assert scene.station.certificates.own == own


@pytest.mark.parametrize("complaint", ["does not take its certificate"])
async def test_tc_077_a_certificate_the_station_does_not_take_is_told(stage: Stage) -> None:
    async with _house_of_trust(stage) as scene:
        scene.from_here()
        with patch.object(scene.station.certificates, "take", return_value=False):
            await _certify(scene)
        scene.went(
            says("SignCertificate", answer={"status": "Accepted"}),
            is_asked("CertificateSigned", answer={"status": "Rejected"}),
            says("SecurityEventNotification", type="InvalidChargePointCertificate", answer={}),
        )
        (event,) = scene.events("station", "security")
        assert event["kind"] == "InvalidChargePointCertificate"
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"


async def test_tc_083_a_station_is_raised_to_a_higher_security_profile(stage: Stage) -> None:
    async with _house_of_trust(stage) as scene:
        await _certify(scene)
        scene.from_here()
        await scene.ask("set_configuration", key="SecurityProfile", value="3")
        await scene.house.until(lambda: scene.station.at_rest, within=600)
        await scene.ask("restart_station", kind="hard")
        await scene.moment(60)
        scene.went(
            is_asked(
                "ChangeConfiguration",
                key="SecurityProfile",
                value="3",
                answer={"status": "Accepted"},
            ),
            is_asked("Reset", type="Hard", answer={"status": "Accepted"}),
            says("BootNotification", answer={"status": "Accepted"}),
            says("StatusNotification", connectorId=0, status="Available"),
            says("StatusNotification", connectorId=1, status="Available"),
        )
        await _ask_for_profile_3(scene)
        await _stands_outside(scene, _trusting(await _root(scene)), PASSWORD)
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"


async def test_tc_087_a_station_with_a_certificate_of_the_house_is_let_in_and_no_other(
    stage: Stage, tmp_path: Path
) -> None:
    async with _house_of_trust(stage) as scene:
        await _certify(scene)
        scene.station.configuration.assign("SecurityProfile", "3")
        await _ask_for_profile_3(scene)
        scene.from_here()
        scene.station.reboot(cold=True)
        await scene.moment(60)
        scene.went(
            says("BootNotification", answer={"status": "Accepted"}),
            says("StatusNotification", connectorId=1, status="Available"),
        )
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"
        root = await _root(scene)
        await _stands_outside(scene, _trusting(root), PASSWORD)
        stranger = _trusting(root)
        stranger.load_cert_chain(*identity(GARAGE).save(tmp_path))
        await _stands_outside(scene, stranger, PASSWORD)
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"


def _trusting(root: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=root)
