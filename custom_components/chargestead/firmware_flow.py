"""Uploading firmware for a charging station."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers import selector
import probatio

from .const import CONF_STATION_ID
from .coordinator import ChargesteadConfigEntry
from .csms.files.firmware_offers import NewFirmware
from .csms.station import ChargingStation
from .firmware_source import async_offer_upload
from .flow_schemas import without_blanks
from .history import async_station_names
from .model.errors import FileRefusal, FileRefusedError

CONF_FILE: Final = "file"
CONF_VERSION: Final = "version"
CONF_SIGNING_CERTIFICATE: Final = "signing_certificate"
CONF_SIGNATURE: Final = "signature"

_LINES: Final = selector.TextSelector(selector.TextSelectorConfig(multiline=True))


def firmware_schema(stations: Mapping[str, str]) -> probatio.Schema:
    """Return the form for a file; one of the stations (id to name) is to be chosen."""
    options = [selector.SelectOptionDict(value=key, label=name) for key, name in stations.items()]
    return probatio.Schema(
        {
            probatio.Required(CONF_STATION_ID): selector.SelectSelector(
                selector.SelectSelectorConfig(
                    options=options, mode=selector.SelectSelectorMode.DROPDOWN
                )
            ),
            probatio.Required(CONF_FILE): selector.FileSelector(
                selector.FileSelectorConfig(accept="*/*")
            ),
            probatio.Required(CONF_VERSION): selector.TextSelector(),
            probatio.Optional(CONF_SIGNING_CERTIFICATE): _LINES,
            probatio.Optional(CONF_SIGNATURE): _LINES,
        }
    )


class FirmwareFlow(ConfigSubentryFlow):
    """Take a file and offer it; nothing is added to the entry."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for the station, the file and its version."""
        entry: ChargesteadConfigEntry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        names = async_station_names(entry)
        if not names:
            return self.async_abort(reason="no_stations")
        errors: dict[str, str] = {}
        if user_input is not None:
            data = without_blanks(user_input)
            station = entry.runtime_data.site.stations.get(data[CONF_STATION_ID])
            if station is None:
                errors[CONF_STATION_ID] = "station_gone"
            elif not data.get(CONF_VERSION):
                errors[CONF_VERSION] = "version_missing"
            elif problem := await self._offer(station, data):
                errors[CONF_FILE] = problem
            else:
                return self.async_abort(
                    reason="firmware_offered",
                    description_placeholders={
                        "version": data[CONF_VERSION],
                        "station": names[data[CONF_STATION_ID]],
                    },
                )
        # A file that was uploaded is gone, whatever became of it.
        shown = {key: value for key, value in (user_input or {}).items() if key != CONF_FILE}
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(firmware_schema(names), shown),
            errors=errors,
        )

    async def _offer(self, station: ChargingStation, data: Mapping[str, Any]) -> str | None:
        """Offer the file; returns what is wrong with it."""
        new = NewFirmware(
            version=data[CONF_VERSION],
            file_name="",
            source="upload",
            signing_certificate=data.get(CONF_SIGNING_CERTIFICATE),
            signature=data.get(CONF_SIGNATURE),
        )
        try:
            await async_offer_upload(self.hass, station, new, data[CONF_FILE])
        except FileRefusedError as refusal:
            return _refusal_problem(refusal.reason)
        return None


def _refusal_problem(reason: FileRefusal) -> str:
    match reason:
        case FileRefusal.EMPTY:
            return "file_empty"
        case FileRefusal.TOO_LARGE:
            return "file_too_large"
        case FileRefusal.WEB_PAGE:
            return "file_web_page"
        case FileRefusal.DISK_FULL:
            return "file_disk_full"
        case FileRefusal.NOT_FOUND:
            return "file_not_found"
    return "file_disk_failed"
