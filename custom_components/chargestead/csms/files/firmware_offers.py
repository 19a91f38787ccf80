"""Firmware the person offers: taken in, looked at, and kept until it is installed or another is offered."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
import uuid

from ...model.errors import FileRefusal, FileRefusedError
from ...model.firmware import FirmwareOffer
from .shelf import safe, stamped

if TYPE_CHECKING:
    from ..station import ChargingStation

_WEB_PAGES: Final = (b"<!doctype html", b"<html")
_BLOCK: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFirmware:
    """What the person says of a file; `file_name` is what the station is to call it."""

    version: str
    file_name: str
    source: str
    offered_by: str | None = None
    signing_certificate: str | None = None
    signature: str | None = None


async def take_in(
    station: ChargingStation, new: NewFirmware, content: AsyncIterator[bytes]
) -> FirmwareOffer:
    """Keep a file that is to be offered.

    Raises FileRefusedError for one that is empty, too large or a web page, and where there is no room for it.
    """
    files = station.around.files
    intake = files.intake(files.firmware.folder(station.station_id), files.bounds.firmware_bytes)
    try:
        await intake.open()
        async for chunk in content:
            await intake.write(chunk)
        if intake.size == 0:
            raise FileRefusedError(FileRefusal.EMPTY)
        if intake.head.lstrip().lower().startswith(_WEB_PAGES):
            raise FileRefusedError(FileRefusal.WEB_PAGE)
        path = await intake.keep(stamped(station.clock.now(), new.file_name))
    finally:
        intake.drop()
    return FirmwareOffer(
        uid=uuid.uuid4().hex,
        version=new.version,
        folder=path.parent.name,
        name=path.name,
        file_name=safe(new.file_name),
        size=intake.size,
        sha256=intake.sha256,
        source=new.source,
        offered_at=station.clock.now(),
        offered_by=new.offered_by,
        signing_certificate=new.signing_certificate,
        signature=new.signature,
    )


async def content_of(station: ChargingStation, path: Path) -> AsyncIterator[bytes]:
    """Yield what is in a file; raises FileRefusedError where there is none."""
    disk = station.around.files.disk
    try:
        file = await disk.run(path.open, "rb")
    except OSError as error:
        raise FileRefusedError(FileRefusal.NOT_FOUND, str(error)) from error
    try:
        while block := await disk.run(file.read, _BLOCK):
            yield block
    except OSError as error:
        raise FileRefusedError(FileRefusal.DISK_FAILED, str(error)) from error
    finally:
        disk.later(file.close)


def discard(station: ChargingStation, keep: set[str]) -> Callable[[], None]:
    """Return how to delete the firmware of a station but for some files; blocks, raises nothing."""
    files, station_id = station.around.files, station.station_id

    def work() -> None:
        shelf = files.firmware
        for file in shelf.files(station_id):
            if file.name not in keep and (path := shelf.find(file.folder, file.name)):
                shelf.remove(path)

    return work
