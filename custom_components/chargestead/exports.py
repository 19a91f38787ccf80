"""Sessions written for others: in the answer of an action, or in a file with a link that works for an hour."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
import re
import secrets
from typing import Any, Final

from aiohttp import web
from homeassistant.components.http.auth import async_sign_path
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .billing.export import (
    COLUMNS,
    CdrPlace,
    SessionRecords,
    cdrs_of,
    cdrs_to_json,
    sessions_table,
    table_style,
)
from .billing.export.countries import country_codes
from .billing.ledger import KeptSession
from .billing.tariffs import Tariff, TariffError
from .billing.tariffs.storage import load_tariff
from .const import CONF_PHASES, CONF_STATION_ID, DOMAIN, LOGGER, SUBENTRY_CHARGING_STATION
from .coordinator import ChargesteadConfigEntry
from .history import async_station_names

TABLE: Final = "csv"
RECORDS: Final = "ocpi_cdr"
SUFFIXES: Final = {TABLE: "csv", RECORDS: "json"}

_FOLDER: Final = "exports"
_URL: Final = f"/api/{DOMAIN}/exports"
_LINK_WORKS: Final = timedelta(hours=1)
_FILE_NAME: Final = re.compile(r"(sessions|maintenance)-[0-9a-f-]+\.(csv|json)")
_TYPES: Final = {"csv": "text/csv", "json": "application/json"}
_PARTY: Final = "CHS"


async def async_table(
    hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    sessions: Iterable[KeptSession],
    language: str | None,
) -> str:
    """Return a table as spreadsheets of a language, or that of Home Assistant, read it."""
    language = language or hass.config.language
    words = await async_get_translations(hass, language.split("-")[0], "common", [DOMAIN])
    return sessions_table(
        sessions,
        headers={column: words[f"component.{DOMAIN}.common.export_{column}"] for column in COLUMNS},
        names={**async_station_names(entry), **entry.runtime_data.drivers.names},
        style=table_style(language, dt_util.get_default_time_zone()),
    )


async def async_records(
    hass: HomeAssistant, entry: ChargesteadConfigEntry, sessions: Iterable[KeptSession]
) -> tuple[str, int]:
    """Return charge detail records, and how many sessions have none because they were never rated."""
    ledger = entry.runtime_data.ledger
    place = CdrPlace(
        country=country_codes(hass.config.country),
        party_id=_PARTY,
        name=hass.config.location_name,
        latitude=hass.config.latitude,
        longitude=hass.config.longitude,
    )
    phases = _phases(entry)
    tariffs: dict[str, Tariff | None] = {}
    found: list[dict[str, object]] = []
    skipped = 0
    for kept in sessions:
        uid = kept.tariff_uid or ""
        if uid not in tariffs:
            tariffs[uid] = _read_tariff(await ledger.tariff(uid))
        if kept.cost is None:
            skipped += 1
            continue
        records = SessionRecords(
            kept=kept,
            cost=kept.cost,
            readings=await ledger.readings(kept.session.id),
            tariff=tariffs[uid],
            past=await ledger.past_costs(kept.session.id),
            phases=phases.get(kept.session.station_id, 3),
        )
        try:
            found += cdrs_of(records, place)
        except ValueError as err:
            LOGGER.warning("Session %s cannot be exported: %s", kept.session.id, err)
            skipped += 1
    return cdrs_to_json(found), skipped


def _phases(entry: ChargesteadConfigEntry) -> Mapping[str, int]:
    return {
        subentry.data[CONF_STATION_ID]: int(subentry.data.get(CONF_PHASES, 3))
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_CHARGING_STATION
    }


def _read_tariff(content: str | None) -> Tariff | None:
    if content is None:
        return None
    try:
        return load_tariff(content)
    except TariffError as err:
        LOGGER.warning("A tariff of the ledger cannot be read: %s", err)
        return None


async def async_write_file(
    hass: HomeAssistant, content: str, suffix: str, what: str = "sessions"
) -> dict[str, Any]:
    """Write an export below the configuration folder; returns where it is, and a link that works for an hour."""
    name = f"{what}-{dt_util.utcnow():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}.{suffix}"
    path = _folder(hass) / name
    try:
        await hass.async_add_executor_job(_write, path, content)
    except OSError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="export_failed",
            translation_placeholders={"reason": str(err)},
        ) from err
    return {
        "file": str(path),
        "url": async_sign_path(hass, f"{_URL}/{name}", _LINK_WORKS),
        "url_expires_at": _until(dt_util.utcnow()),
    }


def _until(now: datetime) -> str:
    return (now + _LINK_WORKS).isoformat().replace("+00:00", "Z")


def _folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(DOMAIN, _FOLDER))


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Lines end as they were written: a table has the ends that RFC 4180 asks for.
    path.write_text(content, encoding="utf-8", newline="")
    path.chmod(0o600)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@callback
def async_setup_downloads(hass: HomeAssistant) -> None:
    """Serve what was exported."""
    hass.http.register_view(ExportView())


class ExportView(HomeAssistantView):
    """Serves exports to administrators, and to whoever has a signed link."""

    url = f"{_URL}/{{name}}"
    name = f"api:{DOMAIN}:exports"

    async def get(self, request: web.Request, name: str) -> web.Response:
        """Return a file."""
        hass = request.app[KEY_HASS]
        user = request[KEY_HASS_USER]
        # A link signed for nobody in particular comes in as a user that the system made.
        if not user.is_admin and not user.system_generated:
            raise Unauthorized
        if not _FILE_NAME.fullmatch(name):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        content = await hass.async_add_executor_job(_read, _folder(hass) / name)
        if content is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(
            body=content,
            content_type=_TYPES[name.rpartition(".")[2]],
            charset="utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "X-Content-Type-Options": "nosniff",
            },
        )
