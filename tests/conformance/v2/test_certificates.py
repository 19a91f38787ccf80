"""Functional block M: certificates on a station, and those of vehicles."""

from tests.conformance.scene import Scene
from tests.conformance.trust import identity
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Json

USES = {
    "csms_root": "CSMSRootCertificate",
    "manufacturer_root": "ManufacturerRootCertificate",
    "v2g_root": "V2GRootCertificate",
    "mo_root": "MORootCertificate",
}


def serial(use: str) -> str:
    """Return the serial number of the certificate made for a use."""
    return f"{identity(use).certificate.serial_number:X}"


async def _installs(scene: Scene, *uses: str) -> None:
    for use in uses:
        answer = await scene.ask("install_certificate", use=use, certificate=identity(use).pem)
        assert answer["status"] == "Accepted"
        scene.went(
            is_asked(
                "InstallCertificate",
                certificateType=USES[use],
                certificate=identity(use).pem,
                answer={"status": "Accepted"},
            )
        )


async def _listed(scene: Scene, uses: list[str] | None) -> dict[str, str]:
    """Return the serial numbers of the certificates that are listed, by their uses on the wire."""
    scene.from_here()
    fields = {} if uses is None else {"use": uses}
    answer = await scene.ask("get_installed_certificates", **fields)
    words = [USES.get(use, "V2GCertificateChain") for use in uses or ()]
    scene.went(is_asked("GetInstalledCertificateIds", certificateType=words if uses else ABSENT))
    return {
        item["certificateType"]: item["certificateHashData"]["serialNumber"]
        for item in answer["answer"].get("certificateHashDataChain", [])
    }


async def test_tc_m_01_02_03_04_12_13_14_16_17_18_roots_are_installed_and_listed(
    scene: Scene,
) -> None:
    scene.from_here()
    await _installs(scene, *USES)
    every = {word: serial(use) for use, word in USES.items()}
    for use, word in USES.items():
        assert await _listed(scene, [use]) == {word: every[word]}
    both = ["csms_root", "manufacturer_root"]
    assert await _listed(scene, both) == {USES[use]: serial(use) for use in both}
    assert await _listed(scene, None) == every


async def test_tc_m_05_a_root_the_station_cannot_take_is_told(scene: Scene) -> None:
    for status, certificate in (("Rejected", "nonsense"), ("Failed", identity("csms_root").pem)):
        if status == "Failed":
            scene.station.overrides["InstallCertificate"] = {"status": status}
        scene.from_here()
        told = await scene.is_refused(
            "install_certificate", use="csms_root", certificate=certificate
        )
        assert (told["error"], told["action"], told["status"]) == (
            "command_refused",
            "InstallCertificate",
            status,
        )
        scene.went(is_asked("InstallCertificate", answer={"status": status}))


async def test_tc_m_15_a_chain_with_its_children_is_listed(scene: Scene) -> None:
    hashes: Json = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "aa",
        "issuerKeyHash": "bb",
        "serialNumber": "0c",
    }
    chain = {
        "certificateType": "V2GCertificateChain",
        "certificateHashData": hashes,
        "childCertificateHashData": [{**hashes, "serialNumber": "0d"}],
    }
    scene.station.overrides["GetInstalledCertificateIds"] = {
        "status": "Accepted",
        "certificateHashDataChain": [chain],
    }
    answer = await scene.ask("get_installed_certificates", use="v2g_chain")
    scene.went(is_asked("GetInstalledCertificateIds", certificateType=["V2GCertificateChain"]))
    assert answer["answer"]["certificateHashDataChain"] == [chain]


async def test_tc_m_19_that_there_is_no_such_certificate_is_no_error(scene: Scene) -> None:
    scene.from_here()
    answer = await scene.ask("get_installed_certificates", use="mo_root")
    assert answer["answer"] == {"status": "NotFound"}
    scene.went(is_asked("GetInstalledCertificateIds", answer={"status": "NotFound"}))


async def test_tc_m_20_21_a_certificate_is_deleted_by_its_hashes(scene: Scene) -> None:
    scene.from_here()
    await _installs(scene, "csms_root")
    answer = await scene.ask("get_installed_certificates", use="csms_root")
    (found,) = answer["answer"]["certificateHashDataChain"]
    hashes = found["certificateHashData"]
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
    assert await _listed(scene, ["csms_root"]) == {}
    assert (await scene.is_refused("delete_certificate", **wanted))["status"] == "NotFound"
    scene.station.overrides["DeleteCertificate"] = {"status": "Failed"}
    told = await scene.is_refused("delete_certificate", **wanted)
    assert (told["action"], told["status"]) == ("DeleteCertificate", "Failed")


async def test_questions_to_authorities_outside_the_house_are_answered_in_proper_form(
    scene: Scene,
) -> None:
    ocsp = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "aa",
        "issuerKeyHash": "bb",
        "serialNumber": "0c",
        "responderURL": "http://ocsp",
    }
    scene.from_here()
    answer = await scene.station.send("GetCertificateStatus", {"ocspRequestData": ocsp})
    assert answer == {"status": "Failed"}
    for action in ("Install", "Update"):
        contract = {
            "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
            "action": action,
            "exiRequest": "AA==",
        }
        answer = await scene.station.send("Get15118EVCertificate", contract)
        assert answer == {"status": "Failed", "exiResponse": ""}
    scene.went(says("GetCertificateStatus"), says("Get15118EVCertificate"))
