"""Firmware and diagnostics."""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.scene import Scene
from tests.conformance.shelf import Shelf, shelf_open
from tests.conformance.wire import ABSENT, is_asked, says

FIRMWARE = b"new and better" * 100


@pytest.fixture
async def shelf() -> AsyncIterator[Shelf]:
    """Return a shelf."""
    async with shelf_open() as shelf:
        yield shelf


def _steps(scene: Scene, kind: str) -> list[str]:
    return [event["status"] for event in scene.events("station", kind)]


async def _update(scene: Scene, location: str) -> None:
    scene.from_here()
    await scene.ask("update_firmware", location=location)
    scene.went(
        is_asked(
            "UpdateFirmware", location=location, retrieveDate="2026-10-05T06:00:20.000Z", answer={}
        )
    )
    await scene.moment(120)


async def test_tc_044_1_firmware_is_fetched_and_installed(scene: Scene, shelf: Shelf) -> None:
    await _update(scene, shelf.put("firmware.bin", FIRMWARE))
    scene.went(
        says("FirmwareStatusNotification", status="Downloading"),
        says("FirmwareStatusNotification", status="Downloaded"),
        says("FirmwareStatusNotification", status="Installing"),
        says("BootNotification", firmwareVersion="1.0.1", answer={"status": "Accepted"}),
        says("FirmwareStatusNotification", status="Installed"),
    )
    scene.went(
        says("BootNotification"),
        says("StatusNotification", connectorId=0, status="Available"),
        says("StatusNotification", connectorId=1, status="Available"),
    )
    assert scene.station.files.downloaded == FIRMWARE
    assert _steps(scene, "firmware") == ["downloading", "downloaded", "installing", "installed"]
    (booted,) = scene.events("station", "booted")
    assert booted["firmware_version"] == "1.0.1"
    assert scene.house.station().state.firmware_status == "Installed"


async def test_tc_044_2_firmware_that_cannot_be_fetched_is_told(scene: Scene, shelf: Shelf) -> None:
    await _update(scene, shelf.url + "nothing.bin")
    scene.went(
        says("FirmwareStatusNotification", status="Downloading"),
        says("FirmwareStatusNotification", status="DownloadFailed"),
    )
    scene.never("BootNotification")
    assert _steps(scene, "firmware") == ["downloading", "download_failed"]


async def test_tc_044_3_an_installation_that_fails_is_told(scene: Scene, shelf: Shelf) -> None:
    scene.station.files.fails = "install"
    await _update(scene, shelf.put("firmware.bin", FIRMWARE))
    scene.station.reboot()
    await scene.moment(60)
    scene.went(
        says("FirmwareStatusNotification", status="Downloading"),
        says("FirmwareStatusNotification", status="Downloaded"),
        says("FirmwareStatusNotification", status="Installing"),
        says("FirmwareStatusNotification", status="InstallationFailed"),
        says("BootNotification", firmwareVersion="1.0.0", answer={"status": "Accepted"}),
        says("StatusNotification", connectorId=1, status="Available"),
    )
    assert _steps(scene, "firmware")[-1] == "installation_failed"


async def test_tc_045_1_diagnostics_are_brought(scene: Scene, shelf: Shelf) -> None:
    scene.from_here()
    answer = await scene.ask("request_logs", location=shelf.url)
    await scene.moment(60)
    scene.went(
        is_asked(
            "GetDiagnostics",
            location=shelf.url,
            startTime=ABSENT,
            answer={"fileName": "GARAGE-1-diagnostics.log"},
        ),
        says("DiagnosticsStatusNotification", status="Uploading"),
        says("DiagnosticsStatusNotification", status="Uploaded"),
    )
    assert b"BootNotification" in shelf.brought[answer["answer"]["fileName"]]
    assert _steps(scene, "log") == ["uploading", "uploaded"]


async def test_tc_045_2_diagnostics_that_cannot_be_brought_are_told(
    scene: Scene, shelf: Shelf
) -> None:
    scene.station.files.fails = "upload"
    scene.from_here()
    await scene.ask("request_logs", location=shelf.url)
    await scene.moment(60)
    scene.went(
        is_asked("GetDiagnostics", location=shelf.url),
        says("DiagnosticsStatusNotification", status="Uploading"),
        says("DiagnosticsStatusNotification", status="UploadFailed"),
    )
    assert _steps(scene, "log") == ["uploading", "upload_failed"]
