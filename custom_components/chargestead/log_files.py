"""Logs that stations brought: listed, with links that work for an hour, and served."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web
from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .const import DOMAIN
from .coordinator import ChargesteadConfigEntry
from .csms.files import StoredFile
from .csms.files.shelf import Shelf, folder_name
from .csms.station import ChargingStation
from .entry_action import EntryAction
from .history import async_station_names
from .model.commands import RequestLog
from .model.errors import CommandRefusedError, StationTimeoutError
from .service_fields import nullable
from .service_target import async_get_target

_URL: Final = f"/api/{DOMAIN}/logs"
_LINK_WORKS: Final = timedelta(hours=1)
_LOG_S: Final = 300


@callback
def async_setup_logs(hass: HomeAssistant) -> None:
    """Serve the logs."""
    hass.http.register_view(LogView())


@callback
def async_shelf(hass: HomeAssistant) -> Shelf:
    """Return where logs lie."""
    return Shelf(Path(hass.config.path(DOMAIN, "logs")))


@callback
def async_log_report(hass: HomeAssistant, file: StoredFile) -> dict[str, Any]:
    """Return all there is to say of a log, with a link that works for an hour."""
    path = f"{_URL}/{quote(file.folder)}/{quote(file.name)}"
    return {
        "name": file.name,
        "size": file.size,
        "at": _time(file.at.isoformat()),
        "file": str(async_shelf(hass).root / file.folder / file.name),
        "url": async_sign_path(hass, path, _LINK_WORKS),
        "url_expires_at": _time((dt_util.utcnow() + _LINK_WORKS).isoformat()),
    }


async def async_fetch_log(station: ChargingStation) -> StoredFile:
    """Have a station bring its diagnostics, and wait for them a while; raises a ChargesteadError."""
    command = RequestLog(request_id=station.request_ids.next(), location="")
    order = await station.logs.order(command)
    try:
        async with asyncio.timeout(_LOG_S):
            outcome = await asyncio.shield(order.outcome)
    except TimeoutError:
        outcome = None
    if isinstance(outcome, StoredFile):
        return outcome
    if outcome is None:
        raise StationTimeoutError(station.station_id, "log upload", _LOG_S)
    raise CommandRefusedError(station.station_id, "log upload", outcome, {})


def _time(text: str) -> str:
    return text.replace("+00:00", "Z")


async def _get_logs(call: ServiceCall, entry: ChargesteadConfigEntry) -> dict[str, Any]:
    station_id = None
    if (device_id := call.data.get(ATTR_DEVICE_ID)) is not None:
        station_id = async_get_target(call.hass, device_id).station.station_id
    files = entry.runtime_data.site.central.files
    found = await files.disk.run(files.logs.files, station_id)
    stations = _stations(async_station_names(entry))
    return {
        "logs": [
            {**stations.get(file.folder, {}), **async_log_report(call.hass, file)} for file in found
        ]
    }


def _stations(names: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {
        folder_name(station_id): {"station_id": station_id, "station": name}
        for station_id, name in names.items()
    }


GET_LOGS: Final = EntryAction(
    name="get_logs",
    perform=_get_logs,
    fields={vol.Optional(ATTR_DEVICE_ID): nullable(cv.string)},
    admin=True,
)


class LogView(HomeAssistantView):
    """Serves logs to administrators, and to whoever has a signed link."""

    url = f"{_URL}/{{folder}}/{{name}}"
    name = f"api:{DOMAIN}:logs"

    async def get(self, request: web.Request, folder: str, name: str) -> web.StreamResponse:
        """Return a file."""
        hass = request.app[KEY_HASS]
        user = request[KEY_HASS_USER]
        # A link signed for nobody in particular comes in as a user that the system made.
        if not user.is_admin and not user.system_generated:
            raise Unauthorized
        path = await hass.async_add_executor_job(async_shelf(hass).find, folder, name)
        if path is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.FileResponse(
            path,
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f'attachment; filename="{name}"',
                "X-Content-Type-Options": "nosniff",
            },
        )
