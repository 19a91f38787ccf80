"""Actions on firmware we host: offer it, have it installed, see what became of it."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceCall
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .coordinator import ChargesteadConfigEntry
from .csms.files import Protocol
from .csms.files.firmware_offers import NewFirmware
from .entry_action import EntryAction
from .errors import invalid
from .firmware_source import async_offer_path, async_offer_url
from .history import async_station_names
from .model.errors import NoFirmwareError
from .model.firmware import FirmwareOffer, FirmwareUpdate
from .service_fields import nullable, number
from .service_target import ActionTarget, async_get_target
from .site.firmware_history import KIND
from .station_action import Fields, Response, StationAction, always

_DEFAULT_NAME: Final = "firmware.bin"
_LONGEST: Final = 100
_MOST_ENTRIES: Final = 1000


async def _offer(target: ActionTarget, fields: Fields) -> Response:
    url, path = fields.get("url"), fields.get("path")
    if (url is None) == (path is None):
        raise invalid("one_source_needed", station=target.name)
    place = urlsplit(url).path if url is not None else str(path)
    new = NewFirmware(
        version=fields["version"].strip(),
        file_name=fields.get("file_name") or Path(unquote(place)).name or _DEFAULT_NAME,
        source=str(url or path),
        offered_by=target.user_id,
        signing_certificate=fields.get("signing_certificate"),
        signature=fields.get("signature"),
    )
    if url is not None:
        offer = await async_offer_url(target.hass, target.station, new, url)
    elif not await target.hass.async_add_executor_job(
        target.hass.config.is_allowed_path, str(path)
    ):
        raise invalid("path_not_allowed", station=target.name, path=str(path))
    else:
        offer = await async_offer_path(target.station, new, Path(str(path)))
    return _offer_report(offer)


async def _install(target: ActionTarget, fields: Fields) -> Response:
    update = await target.station.firmware.install(
        by=target.user_id,
        force=bool(fields.get("force")),
        when_idle=bool(fields.get("when_idle")),
        protocol=fields.get("protocol"),
    )
    return _update_report(update)


async def _withdraw(target: ActionTarget, _: Fields) -> Response:
    firmware = target.station.firmware
    running, offered = firmware.running, firmware.offer
    if running is None and offered is None:
        raise NoFirmwareError(target.station.station_id)
    if running is not None:
        firmware.give_up()
    if offered is not None:
        firmware.withdraw()
    return {}


def _offer_report(offer: FirmwareOffer) -> Response:
    return {
        "version": offer.version,
        "file_name": offer.file_name,
        "size": offer.size,
        "sha256": offer.sha256,
        "signed": offer.signature is not None,
    }


def _update_report(update: FirmwareUpdate) -> Response:
    return {
        **_offer_report(update.offer),
        "stage": update.stage.value,
        "previous_version": update.previous,
        "request_id": update.request_id,
    }


async def _history(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    station_id = None
    if (device_id := call.data.get(ATTR_DEVICE_ID)) is not None:
        station_id = async_get_target(call.hass, device_id).station.station_id
    entries = await entry.runtime_data.ledger.journal(
        KIND, station_id=station_id, limit=call.data["limit"]
    )
    names = async_station_names(entry)
    return {
        "history": [
            {
                "station_id": item.station_id,
                "station": names.get(item.station_id or ""),
                **item.content,
            }
            for item in entries
        ]
    }


FIRMWARE_ACTIONS: tuple[StationAction, ...] = (
    StationAction(
        name="offer_firmware",
        fields={
            vol.Required("version"): vol.All(cv.string, vol.Length(min=1, max=_LONGEST)),
            vol.Optional("url"): nullable(cv.url),
            vol.Optional("path"): nullable(cv.string),
            vol.Optional("file_name"): nullable(cv.string),
            vol.Optional("signing_certificate"): nullable(cv.string),
            vol.Optional("signature"): nullable(cv.string),
        },
        admin_fn=always,
        send=_offer,
    ),
    StationAction(
        name="install_firmware",
        fields={
            vol.Optional("when_idle"): nullable(cv.boolean),
            vol.Optional("force"): nullable(cv.boolean),
            vol.Optional("protocol"): nullable(vol.Coerce(Protocol)),
        },
        admin_fn=always,
        send=_install,
    ),
    StationAction(
        name="withdraw_firmware",
        fields={},
        admin_fn=always,
        send=_withdraw,
    ),
)

GET_FIRMWARE_HISTORY: Final = EntryAction(
    name="get_firmware_history",
    perform=_history,
    fields={
        vol.Optional(ATTR_DEVICE_ID): nullable(cv.string),
        vol.Optional("limit", default=100): vol.All(number, vol.Range(min=1, max=_MOST_ENTRIES)),
    },
    admin=True,
)
