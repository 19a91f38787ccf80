"""Functional block L: firmware, signed, for the station itself and for others."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.conformance.scene import Scene
from tests.conformance.shelf import Shelf, shelf_open
from tests.conformance.trust import identity
from tests.conformance.wire import is_asked, says
from tests.simulator import Json

from .tale import raw, stamp

FIRMWARE = b"new and better" * 100


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    """Return a shelf."""
    async with shelf_open() as shelf:
        yield shelf


def _steps(scene: Scene, number: int) -> list[str]:
    """Return the steps of an update as they were told."""
    return [
        event["status"]
        for event in scene.events("station", "firmware")
        if event["request_id"] == number
    ]


def _order(shelf: Shelf, **more: object) -> dict[str, Any]:
    """Return what is asked for, with a good signature."""
    maker = identity("maker")
    return {
        "location": shelf.put("firmware.bin", FIRMWARE),
        "signing_certificate": maker.pem,
        "signature": maker.sign(FIRMWARE),
        **more,
    }


async def _update(scene: Scene, order: dict[str, Any], answer: str = "Accepted") -> int:
    """Have firmware installed, and let it happen; return the number of the request."""
    scene.from_here()
    number = (await scene.ask("update_firmware", **order))["request_id"]
    assert isinstance(number, int)
    scene.went(
        is_asked(
            "UpdateFirmware",
            requestId=number,
            firmware={
                "location": order["location"],
                "signingCertificate": order["signing_certificate"],
                "signature": order["signature"],
            },
            answer={"status": answer},
        )
    )
    return number


def _went(scene: Scene, number: int, *steps: str) -> None:
    scene.went(
        *(
            says("FirmwareStatusNotification", status=step, requestId=number, answer={})
            for step in steps
        )
    )


async def test_tc_l_01_signed_firmware_is_verified_and_installed(
    scene: Scene, shelf: Shelf
) -> None:
    number = await _update(scene, _order(shelf))
    await scene.moment(120)
    scene.went(
        *(
            says("FirmwareStatusNotification", status=step, requestId=number, answer={})
            for step in ("Downloading", "Downloaded", "SignatureVerified", "Installing")
        ),
        says("FirmwareStatusNotification", status="InstallRebooting", requestId=number),
        says(
            "BootNotification",
            chargingStation={"firmwareVersion": "1.0.1"},
            answer={"status": "Accepted"},
        ),
        says("FirmwareStatusNotification", status="Installed", requestId=number),
        says("SecurityEventNotification", type="FirmwareUpdated", answer={}),
    )
    assert scene.station.files.downloaded == FIRMWARE
    assert _steps(scene, number) == [
        "downloading",
        "downloaded",
        "signature_verified",
        "installing",
        "install_rebooting",
        "installed",
    ]
    (booted,) = scene.events("station", "booted")
    assert booted["firmware_version"] == "1.0.1"


async def test_tc_l_02_03_firmware_is_fetched_and_installed_at_their_times(
    scene: Scene, shelf: Shelf
) -> None:
    now = scene.house.clock.now()
    fetch_at, install_at = now + timedelta(minutes=10), now + timedelta(minutes=30)
    order = _order(shelf, retrieve_at=fetch_at, install_at=install_at)
    number = await _update(scene, order)
    scene.went(
        is_asked(
            "UpdateFirmware",
            firmware={"retrieveDateTime": stamp(fetch_at), "installDateTime": stamp(install_at)},
        )
    )
    assert _steps(scene, number) == ["download_scheduled"]
    await scene.moment(900)
    assert _steps(scene, number)[-1] == "install_scheduled"
    await scene.moment(1200)
    _went(
        scene,
        number,
        "DownloadScheduled",
        "Downloading",
        "Downloaded",
        "SignatureVerified",
        "InstallScheduled",
        "Installing",
        "Installed",
    )
    assert _steps(scene, number)[-1] == "installed"


async def test_tc_l_04_05_firmware_of_a_certificate_that_is_not_good_is_refused(
    scene: Scene, shelf: Shelf
) -> None:
    order = _order(shelf, signing_certificate="nonsense")
    scene.from_here()
    told = await scene.is_refused("update_firmware", **order)
    assert (told["error"], told["action"], told["status"]) == (
        "command_refused",
        "UpdateFirmware",
        "InvalidCertificate",
    )
    scene.went(says("SecurityEventNotification", type="InvalidFirmwareSigningCertificate"))
    (event,) = scene.events("station", "security")
    assert event["kind"] == "InvalidFirmwareSigningCertificate"
    scene.station.overrides["UpdateFirmware"] = {"status": "RevokedCertificate"}
    assert (await scene.is_refused("update_firmware", **_order(shelf)))["status"] == (
        "RevokedCertificate"
    )
    scene.never("FirmwareStatusNotification")


async def test_tc_l_06_firmware_with_a_wrong_signature_is_not_installed(
    scene: Scene, shelf: Shelf
) -> None:
    number = await _update(scene, _order(shelf, signature=identity("maker").sign(b"another")))
    await scene.moment(120)
    _went(scene, number, "Downloading", "Downloaded", "InvalidSignature")
    scene.went(says("SecurityEventNotification", type="InvalidFirmwareSignature", answer={}))
    scene.never("BootNotification")
    assert _steps(scene, number)[-1] == "invalid_signature"


async def test_tc_l_07_firmware_that_cannot_be_fetched_is_told(scene: Scene, shelf: Shelf) -> None:
    number = await _update(scene, _order(shelf, location=shelf.url + "nothing.bin"))
    await scene.moment(120)
    _went(scene, number, "Downloading", "DownloadFailed")
    assert _steps(scene, number) == ["downloading", "download_failed"]


async def test_tc_l_08_09_an_installation_that_fails_is_told(scene: Scene, shelf: Shelf) -> None:
    scene.station.files.fails = "install"
    number = await _update(scene, _order(shelf))
    await scene.moment(120)
    _went(scene, number, "SignatureVerified", "Installing", "InstallationFailed")
    assert _steps(scene, number)[-1] == "installation_failed"
    scene.never("BootNotification")
    payload = {"status": "InstallVerificationFailed", "requestId": number}
    assert await scene.station.send("FirmwareStatusNotification", payload) == {}
    await scene.moment()
    assert _steps(scene, number)[-1] == "install_verification_failed"


async def test_tc_l_10_11_a_second_update_takes_the_place_of_the_first_or_is_refused(
    scene: Scene, shelf: Shelf
) -> None:
    later = scene.house.clock.now() + timedelta(hours=1)
    first = await _update(scene, _order(shelf, retrieve_at=later))
    second = await _update(scene, _order(shelf), "AcceptedCanceled")
    assert first != second
    scene.station.overrides["UpdateFirmware"] = {"status": "Rejected"}
    told = await scene.is_refused("update_firmware", **_order(shelf))
    assert (told["action"], told["status"]) == ("UpdateFirmware", "Rejected")
    await scene.moment(120)
    assert _steps(scene, second)[-1] == "installed"
    assert "installed" not in _steps(scene, first)


async def test_tc_l_13_an_update_waits_for_the_session_to_end(scene: Scene, shelf: Shelf) -> None:
    await scene.charge()
    number = await _update(scene, _order(shelf))
    await scene.moment(600)
    assert _steps(scene, number)[-1] == "signature_verified"
    assert scene.shows("status") == "charging"
    scene.station.unplug(1)
    await scene.moment(120)
    scene.went(
        says("FirmwareStatusNotification", status="Installing", requestId=number),
        says("FirmwareStatusNotification", status="Installed", requestId=number),
    )
    scene.went(says("TransactionEvent", eventType="Ended", answer={}))
    assert _steps(scene, number)[-1] == "installed"


async def test_tc_l_17_19_20_24_firmware_for_others_is_published_and_its_steps_are_taken(
    scene: Scene,
) -> None:
    scene.station.overrides["PublishFirmware"] = {"status": "Accepted"}
    order: Json = {"location": "http://house/firmware.bin", "checksum": "0" * 32}
    for number, steps in enumerate(
        (
            ["Downloading", "Downloaded", "ChecksumVerified", "Published"],
            ["Downloading", "Downloaded", "InvalidChecksum"],
            ["Downloading", "Downloaded", "ChecksumVerified", "PublishFailed"],
            ["Downloading", "DownloadFailed"],
        )
    ):
        scene.from_here()
        answer = await raw(scene, "PublishFirmware", {**order, "requestId": number})
        assert answer["answer"] == {"status": "Accepted"}
        scene.went(is_asked("PublishFirmware", **order, requestId=number))
        for step in steps:
            told: Json = {"status": step, "requestId": number}
            if step == "Published":
                told["location"] = ["http://station/firmware.bin"]
            assert await scene.station.send("PublishFirmwareStatusNotification", told) == {}


async def test_tc_l_21_22_23_firmware_for_others_is_withdrawn(scene: Scene) -> None:
    for status in ("Unpublished", "NoFirmware", "DownloadOngoing"):
        scene.station.overrides["UnpublishFirmware"] = {"status": status}
        scene.from_here()
        answer = await raw(scene, "UnpublishFirmware", {"checksum": "0" * 32})
        assert answer["answer"] == {"status": status}
        scene.went(is_asked("UnpublishFirmware", checksum="0" * 32, answer={"status": status}))


async def test_firmware_without_a_signature_is_installed(scene: Scene, shelf: Shelf) -> None:
    scene.from_here()
    answer = await scene.ask("update_firmware", location=shelf.put("firmware.bin", FIRMWARE))
    (asked,) = scene.calls("UpdateFirmware")
    assert set(asked.request["firmware"]) == {"location", "retrieveDateTime"}
    await scene.moment(120)
    assert "SignatureVerified" not in {
        item.request["status"] for item in scene.calls("FirmwareStatusNotification")
    }
    assert _steps(scene, answer["request_id"])[-1] == "installed"
