"""The maintenance log as actions and files tell of it."""

from collections.abc import Callable, Iterable, Mapping
import csv
from datetime import datetime
import io
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .billing.export import TableStyle, safe, table_style
from .const import DOMAIN
from .history import async_station_names
from .maintenance.schedule import Record
from .wording import kilowatt_hours

_MARK: Final = "\ufeff"

type _Cell = Callable[[Record, Mapping[str, str], TableStyle], str]

_CELLS: Final[Mapping[str, _Cell]] = {
    "when": lambda record, _, style: style.time(record.at),
    "task": lambda record, _names, _style: safe(record.title),
    "station": lambda record, names, _: safe(
        names.get(record.station_id or "", record.station_id or "")
    ),
    "result": lambda record, _names, _style: record.result.value,
    "who": lambda record, _names, _style: safe(record.who),
    "note": lambda record, _names, _style: safe(record.note),
    "withdrawn": lambda record, _names, _style: "x" if record.withdrawn else "",
    "record_id": lambda record, _names, _style: record.uid,
}

LOG_COLUMNS: Final = tuple(_CELLS)


def record_report(record: Record, entry: ConfigEntry) -> dict[str, Any]:
    """Return all there is to say of a record; energy in kWh, times in UTC."""
    return {
        "record_id": record.uid,
        "at": _time(record.at),
        "task": record.task,
        "name": record.title,
        "station_id": record.station_id,
        "station": async_station_names(entry).get(record.station_id or ""),
        "who": record.who,
        "result": record.result.value,
        "note": record.note,
        "withdrawn": record.withdrawn,
        "energy": kilowatt_hours(record.usage.energy_mwh),
        "sessions": record.usage.sessions,
        "plug_cycles": record.usage.plug_cycles,
    }


async def async_log_table(
    hass: HomeAssistant, entry: ConfigEntry, records: Iterable[Record], language: str | None
) -> str:
    """Return a table (RFC 4180) as spreadsheets of a language, or that of Home Assistant, read it."""
    language = language or hass.config.language
    words = await async_get_translations(hass, language.split("-")[0], "common", [DOMAIN])
    style = table_style(language, dt_util.get_default_time_zone())
    names = async_station_names(entry)
    text = io.StringIO()
    text.write(_MARK)
    writer = csv.writer(text, delimiter=style.delimiter, lineterminator="\r\n")
    writer.writerow(
        [safe(words[f"component.{DOMAIN}.common.log_{column}"]) for column in LOG_COLUMNS]
    )
    for record in records:
        writer.writerow([cell(record, names, style) for cell in _CELLS.values()])
    return text.getvalue()


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
