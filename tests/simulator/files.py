"""Firmware updates and log uploads, step by step (OCPP 1.6 sections 5.9 and 5.19)."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from .certificates import signature_is_good
from .link import CallError, OfflineError, UnansweredError
from .schedule import Json, read_time
from .transfer import TransferError, download, upload

if TYPE_CHECKING:
    from .station import SimulatedStation

STEP: Final = 5.0
INSTALLATION: Final = 30.0


class FileJobs:
    """The one firmware job and the one upload job a station can have."""

    def __init__(self, station: SimulatedStation) -> None:
        """Begin idle."""
        self.firmware_status = "Idle"
        self.log_status = "Idle"
        self.diagnostics_status = "Idle"
        self.log_request: int | None = None
        self.firmware_request: int | None = None
        self.next_firmware: str | None = None
        self.fails: str | None = None
        self.downloaded: bytes | None = None
        self._station = station
        self._firmware: asyncio.Task[None] | None = None
        self._upload: asyncio.Task[None] | None = None

    @property
    def updating(self) -> bool:
        """Return whether a firmware update runs."""
        return self._firmware is not None and not self._firmware.done()

    @property
    def uploading(self) -> bool:
        """Return whether a log is on its way."""
        return self._upload is not None and not self._upload.done()

    def update_firmware(self, url: str, retrieve_at: str, firmware: Json | None) -> None:
        """Begin an update; `firmware` is the object of a signed one."""
        self._cancel(self._firmware)
        self._firmware = self._station.tasks.spawn(self._update(url, retrieve_at, firmware))

    def upload_diagnostics(self, url: str, name: str) -> None:
        """Begin to upload diagnostics, reported by DiagnosticsStatusNotification."""
        self._begin_upload(self._diagnostics(_place(url, name)))

    def upload_log(self, url: str, name: str, request_id: int) -> None:
        """Begin to upload a log, reported by LogStatusNotification."""
        self.log_request = request_id
        self._begin_upload(self._log(_place(url, name), request_id))

    def content(self) -> bytes:
        """Return the log: the frames as they went over the wire."""
        return (self._station.frames.transcript(500) + "\n").encode()

    async def tell_firmware(self) -> None:
        """Send the present firmware status."""
        payload: Json = {"status": self.firmware_status}
        if self.firmware_request is None:
            await self._tell("FirmwareStatusNotification", payload)
            return
        payload["requestId"] = self.firmware_request
        await self._tell("SignedFirmwareStatusNotification", payload)

    async def tell_diagnostics(self) -> None:
        """Send the present status of a diagnostics upload."""
        payload = {"status": self.diagnostics_status}
        await self._tell("DiagnosticsStatusNotification", payload)

    async def tell_log(self) -> None:
        """Send the present status of a log upload."""
        payload: Json = {"status": self.log_status}
        if self.log_request is not None:
            payload["requestId"] = self.log_request
        await self._tell("LogStatusNotification", payload)

    async def _update(self, url: str, retrieve_at: str, firmware: Json | None) -> None:
        station = self._station
        self.firmware_request = None if firmware is None else firmware["requestId"]
        moment = read_time(retrieve_at) or station.time()
        wait = (moment - station.time()).total_seconds()
        if wait > 0 and firmware is not None:
            await self._firmware_is("DownloadScheduled")
        await station.clock.sleep(wait)
        await self._firmware_is("Downloading")
        await station.clock.sleep(STEP)
        try:
            self.downloaded = await download(url, station.clock, station.ssl)
        except TransferError:
            self.downloaded = None
        if self.downloaded is None or self.fails == "download":
            await self._firmware_is("DownloadFailed", last=True)
            return
        await self._firmware_is("Downloaded")
        if firmware is not None and "signature" in firmware and not await self._verified(firmware):
            return
        await station.power.when_idle()
        await self._firmware_is("Installing")
        await station.clock.sleep(INSTALLATION)
        if self.fails == "install":
            await self._firmware_is("InstallationFailed", last=True)
            return
        if firmware is not None:
            await self._firmware_is("InstallRebooting")
        station.firmware = self.next_firmware or _next_version(station.firmware)
        await station.power.restart("Reboot")
        await self._firmware_is("Installed", last=True)
        if firmware is not None:
            await station.security_event("FirmwareUpdated")

    async def _verified(self, firmware: Json) -> bool:
        good = signature_is_good(
            self.downloaded or b"",
            firmware["signature"],
            firmware["signingCertificate"],
        )
        if not good or self.fails == "signature":
            await self._firmware_is("InvalidSignature", last=True)
            await self._station.security_event("InvalidFirmwareSignature")
            return False
        await self._firmware_is("SignatureVerified")
        install_at = read_time(firmware.get("installDateTime"))
        if install_at is not None and install_at > self._station.time():
            await self._firmware_is("InstallScheduled")
            wait = install_at - self._station.time()
            await self._station.clock.sleep(wait.total_seconds())
        return True

    async def _diagnostics(self, url: str) -> None:
        self.diagnostics_status = "Uploading"
        await self.tell_diagnostics()
        delivered = await self._deliver(url)
        self.diagnostics_status = "Uploaded" if delivered else "UploadFailed"
        await self.tell_diagnostics()
        self.diagnostics_status = "Idle"

    async def _log(self, url: str, request_id: int) -> None:
        self.log_request = request_id
        self.log_status = "Uploading"
        await self.tell_log()
        delivered = await self._deliver(url)
        self.log_status = "Uploaded" if delivered else "UploadFailure"
        await self.tell_log()
        self.log_status = "Idle"
        self.log_request = None

    async def _deliver(self, url: str) -> bool:
        await self._station.clock.sleep(STEP)
        try:
            await upload(url, self.content(), self._station.clock, self._station.ssl)
        except TransferError:
            return False
        return self.fails != "upload"

    async def _firmware_is(self, status: str, *, last: bool = False) -> None:
        self.firmware_status = status
        await self.tell_firmware()
        if last:
            self.firmware_status = "Idle"
            self.firmware_request = None

    async def _tell(self, action: str, payload: Json) -> None:
        try:
            await self._station.call(action, payload)
        except CallError, OfflineError, UnansweredError:
            return

    def _begin_upload(self, work: Coroutine[Any, Any, None]) -> None:
        self._cancel(self._upload)
        self._upload = self._station.tasks.spawn(work)

    def _cancel(self, task: asyncio.Task[None] | None) -> None:
        if task is not None:
            task.cancel()


def _place(url: str, name: str) -> str:
    """Return where a file goes: into what a URL names as a folder, else right there."""
    return urljoin(url, name) if url[-1:] == "/" else url


def file_name(url: str) -> str:
    """Return the last part of a URL's path."""
    return urlsplit(url).path.rpartition("/")[2]


def _next_version(version: str) -> str:
    """Return the version that follows: 1.0.0, 1.0.1."""
    head, dot, last = version.rpartition(".")
    return f"{head}{dot}{int(last) + 1}" if last.isdecimal() else f"{version}.1"
