"""Functional block A: passwords, encryption, certificates and security profiles."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
import ssl
from unittest.mock import patch

from cryptography import x509
from cryptography.x509.oid import NameOID
from homeassistant.const import CONF_PASSWORD
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

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
PROFILE_1 = {"settings": {CONF_PASSWORD: PASSWORD}, "password": PASSWORD}
KEY = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}


@pytest.fixture
def beginning() -> datetime:
    """Return the present, at which the certificates are in force."""
    return datetime.now(UTC).replace(microsecond=0)


@asynccontextmanager
async def _house_of_trust(stage: Stage) -> AsyncIterator[Scene]:
    """Set the stage with a house that makes its own certificates, and a station that trusts them (profile 2)."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with stage(
        **PROFILE_1,
        server=ENCRYPTED,
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
    scene: Scene,
    context: ssl.SSLContext | None = None,
    password: str | None = PASSWORD,
    user: str = GARAGE,
) -> None:
    """Prove that whoever dials in like this is not let in."""
    headers = {}
    if password is not None:
        login = b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    with pytest.raises((InvalidHandshake, ssl.SSLError, ConnectionResetError)) as refusal:
        await connect(
            f"{scene.house.url}/{GARAGE}",
            additional_headers=headers,
            ssl=context,
            proxy=None,
            subprotocols=[Subprotocol("ocpp2.0.1")],
        )
    if isinstance(refusal.value, InvalidStatus):
        assert refusal.value.response.status_code == 401


def _is_welcome(scene: Scene) -> None:
    scene.went(
        says("BootNotification", answer={"status": "Accepted"}),
        says("StatusNotification", evseId=1, connectorStatus="Available", answer={}),
    )
    assert scene.shows("connected", 0, platform="binary_sensor") == "on"


def _trusting(root: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=root)


async def test_tc_a_01_02_03_only_the_right_password_of_this_station_opens_the_door(
    stage: Stage,
) -> None:
    async with stage(**PROFILE_1) as scene:
        _is_welcome(scene)
        await _stands_outside(scene, password="no" + PASSWORD)
        await _stands_outside(scene, password=None)
        scene.from_here()
        await _stands_outside(scene, user="GARAGE-2")
        await scene.moment()
        (event,) = scene.events("station", "security")
        assert (event["kind"], event["detail"]) == ("WrongUser", "127.0.0.1")
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_tc_a_04_06_a_station_that_trusts_our_certificate_connects_over_tls_1_2_or_better(
    stage: Stage,
) -> None:
    async with _house_of_trust(stage) as scene:
        _is_welcome(scene)
        old = _trusting(await _root(scene))
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ConnectionResetError, ssl.SSLError)) as refused:
            await connect(f"{scene.house.url}/{GARAGE}", ssl=old, proxy=None)
        assert "NO_PROTOCOLS" not in str(refused.value), "it was the house that refused"
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(
                f"{scene.house.url}/{GARAGE}", ssl=identity("other").trusted(), proxy=None
            )


async def test_tc_a_07_08_19_a_station_raised_to_profile_3_is_let_in_by_its_certificate_alone(
    stage: Stage, tmp_path: Path
) -> None:
    async with _house_of_trust(stage) as scene:
        await _certify(scene)
        scene.station.overrides["SetVariables"] = lambda asked: {
            "setVariableResult": [
                {
                    "attributeStatus": "Accepted",
                    "component": item["component"],
                    "variable": item["variable"],
                }
                for item in asked["setVariableData"]
            ]
        }
        scene.from_here()
        url = f"{scene.house.url}/"
        await scene.ask(
            "set_network_profile",
            slot=1,
            url=url,
            security_profile=3,
            interface="Wired0",
            priority=[1, 0],
        )
        scene.station.configuration.assign("SecurityProfile", "3")
        await scene.ask("restart_station", kind="hard")
        await scene.moment(60)
        scene.went(
            is_asked(
                "SetNetworkProfile",
                configurationSlot=1,
                connectionData={"securityProfile": 3, "ocppCsmsUrl": url},
                answer={"status": "Accepted"},
            ),
            is_asked(
                "SetVariables",
                setVariableData=[
                    {
                        "attributeValue": "1,0",
                        "component": {"name": "OCPPCommCtrlr"},
                        "variable": {"name": "NetworkConfigurationPriority"},
                    }
                ],
            ),
            is_asked("Reset", type="Immediate", answer={"status": "Accepted"}),
        )
        _is_welcome(scene)
        await _ask_for_profile_3(scene)
        root = await _root(scene)
        await _stands_outside(scene, _trusting(root))
        stranger = _trusting(root)
        stranger.load_cert_chain(*identity(GARAGE).save(tmp_path))
        await _stands_outside(scene, stranger)
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"


async def test_tc_a_09_a_new_password_is_given_and_only_it_opens_the_door(stage: Stage) -> None:
    async with stage(**PROFILE_1) as scene:
        scene.from_here()
        new = (await scene.ask("change_password"))["password"]
        scene.went(
            is_asked("SetVariables", setVariableData=[{"attributeValue": new, **KEY}]),
        )
        await scene.moment(60)
        assert scene.station.configuration.text("AuthorizationKey") == new
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"
        (subentry,) = scene.house.entry.subentries.values()
        assert subentry.data[CONF_PASSWORD] == new
        for password in (PASSWORD, None):
            await _stands_outside(scene, password=password)


async def test_tc_a_10_a_password_the_station_does_not_take_leaves_the_old_one(
    stage: Stage,
) -> None:
    async with stage(**PROFILE_1) as scene:
        scene.station.overrides["SetVariables"] = {
            "setVariableResult": [{"attributeStatus": "Rejected", **KEY}]
        }
        scene.from_here()
        told = await scene.is_refused("change_password", password="fedcba9876543210")
        assert told["error"].startswith("password")
        (subentry,) = scene.house.entry.subentries.values()
        assert subentry.data[CONF_PASSWORD] == PASSWORD
        scene.station.reboot(cold=True)
        await scene.moment(60)
        _is_welcome(scene)
        await _stands_outside(scene, password="fedcba9876543210")


async def test_tc_a_11_a_station_gets_a_certificate_for_its_own_key(stage: Stage) -> None:
    async with _house_of_trust(stage) as scene:
        scene.from_here()
        await _certify(scene)
        root = await _root(scene)
        scene.went(
            is_asked(
                "InstallCertificate",
                certificateType="CSMSRootCertificate",
                certificate=root,
                answer={"status": "Accepted"},
            ),
            is_asked(
                "TriggerMessage",
                requestedMessage="SignChargingStationCertificate",
                evse=ABSENT,
                answer={"status": "Accepted"},
            ),
            says(
                "SignCertificate",
                certificateType="ChargingStationCertificate",
                answer={"status": "Accepted"},
            ),
            is_asked(
                "CertificateSigned",
                certificateType="ChargingStationCertificate",
                answer={"status": "Accepted"},
            ),
        )
        (asked,), (signed,) = scene.calls("SignCertificate"), scene.calls("CertificateSigned")
        own, *_ = x509.load_pem_x509_certificates(signed.request["certificateChain"].encode())
        wish = x509.load_pem_x509_csr(asked.request["csr"].encode())
        assert own.public_key() == wish.public_key()
        (name,) = own.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert name.value == GARAGE
        own.verify_directly_issued_by(x509.load_pem_x509_certificate(root.encode()))
        assert scene.station.certificates.own == own


@pytest.mark.parametrize("complaint", ["does not take its certificate"])
async def test_tc_a_14_a_certificate_the_station_does_not_take_is_told(stage: Stage) -> None:
    async with _house_of_trust(stage) as scene:
        scene.from_here()
        with patch.object(scene.station.certificates, "take", return_value=False):
            await _certify(scene)
        scene.went(
            says("SignCertificate", answer={"status": "Accepted"}),
            is_asked("CertificateSigned", answer={"status": "Rejected"}),
            says("SecurityEventNotification", answer={}),
        )
        (event,) = scene.events("station", "security")
        assert event["kind"].startswith("InvalidChargePointCertificate")
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"


async def test_a_certificate_for_vehicles_is_not_signed_here(scene: Scene) -> None:
    wish = {"csr": "PEM", "certificateType": "V2GCertificate"}
    assert await scene.station.send("SignCertificate", wish) == {"status": "Rejected"}
    scene.never("CertificateSigned")
