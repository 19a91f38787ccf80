"""Where firmware comes from: an address, a file of this machine, or one that was uploaded."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import ClientError, ClientTimeout
from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .csms.files.firmware_offers import NewFirmware, content_of
from .csms.station import ChargingStation
from .model.errors import FileRefusal, FileRefusedError
from .model.firmware import FirmwareOffer

_TIMES: Final = ClientTimeout(total=3600, connect=30, sock_read=60)
_BLOCK: Final = 256 * 1024


async def async_offer_url(
    hass: HomeAssistant, station: ChargingStation, new: NewFirmware, url: str
) -> FirmwareOffer:
    """Fetch firmware and offer it; raises FileRefusedError."""
    return await station.firmware.take(new, _fetched(hass, url))


async def _fetched(hass: HomeAssistant, url: str) -> AsyncIterator[bytes]:
    session = async_get_clientsession(hass)
    try:
        async with session.get(url, timeout=_TIMES) as response:
            if response.status != HTTPStatus.OK:
                raise FileRefusedError(FileRefusal.UNREACHABLE, f"HTTP {response.status}")
            if response.content_type == "text/html":
                raise FileRefusedError(FileRefusal.WEB_PAGE)
            async for chunk in response.content.iter_chunked(_BLOCK):
                yield chunk
    except (ClientError, TimeoutError, ValueError) as error:
        raise FileRefusedError(
            FileRefusal.UNREACHABLE, str(error) or type(error).__name__
        ) from error


async def async_offer_path(station: ChargingStation, new: NewFirmware, path: Path) -> FirmwareOffer:
    """Offer a file of this machine; raises FileRefusedError."""
    return await station.firmware.take(new, content_of(station, path))


async def async_offer_upload(
    hass: HomeAssistant, station: ChargingStation, new: NewFirmware, file_id: str
) -> FirmwareOffer:
    """Offer a file that was uploaded to Home Assistant, where it does not stay; raises FileRefusedError."""
    uploaded = process_uploaded_file(hass, file_id)
    try:
        path = await hass.async_add_executor_job(uploaded.__enter__)
    except ValueError as error:
        raise FileRefusedError(FileRefusal.NOT_FOUND, str(error)) from error
    try:
        return await station.firmware.take(_named(new, path), content_of(station, path))
    finally:
        await hass.async_add_executor_job(uploaded.__exit__, None, None, None)


def _named(new: NewFirmware, path: Path) -> NewFirmware:
    return NewFirmware(
        version=new.version,
        file_name=path.name,
        source=new.source,
        offered_by=new.offered_by,
        signing_certificate=new.signing_certificate,
        signature=new.signature,
    )
