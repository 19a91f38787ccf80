"""Sessions as a table in CSV, the way spreadsheets of a language read it."""

from collections.abc import Callable, Iterable, Mapping
import csv
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
import io
from typing import Final

from ..ledger import KeptSession

# Languages whose numbers have a decimal comma (CLDR), and the regions that differ.
_COMMA_LANGUAGES: Final = (
    "af az be bg bs ca cs da de el es et eu fi fo fr gl hr hu hy id is it ka kk ky lb lt lv mk nb "
    "nl nn no pl pt ro ru sk sl sq sr sv tr uk uz vi"
)
_COMMA: Final = frozenset(_COMMA_LANGUAGES.split(" "))
_POINT_REGIONS: Final = frozenset(
    {"de-ch", "de-li", "it-ch", "gsw-ch", "es-mx", "es-us", "es-pr", "es-gt", "es-pa", "es-pe"}
)
_SEMICOLON_REGIONS: Final = frozenset({"de-ch", "de-li", "it-ch", "gsw-ch"})
_COMMA_REGIONS: Final = frozenset({"en-za"})
_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How formulas begin, also in full width."""
_MARK: Final = "\ufeff"
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStyle:
    """How a table is written: what stands between fields, the decimal mark, and the zone of its times."""

    delimiter: str
    decimal: str
    zone: tzinfo

    def number(self, value: Decimal | None) -> str:
        """Return a number in full."""
        return "" if value is None else f"{value:f}".replace(".", self.decimal)

    def time(self, at: datetime | None) -> str:
        """Return a local time in the one form that every spreadsheet takes for a time."""
        return "" if at is None else f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def offset(self, at: datetime) -> str:
        """Return how far local time is from UTC, which tells an hour from the same hour an hour later."""
        return f"{at.astimezone(self.zone):%:z}"


def table_style(language: str, zone: tzinfo) -> TableStyle:
    """Return how tables are written in a language (BCP 47, such as `de-AT`)."""
    tag = language.replace("_", "-").lower()
    base = tag.split("-", maxsplit=1)[0]
    comma = (base in _COMMA or tag in _COMMA_REGIONS) and tag not in _POINT_REGIONS
    semicolon = comma or tag in _SEMICOLON_REGIONS
    return TableStyle(delimiter=";" if semicolon else ",", decimal="," if comma else ".", zone=zone)


type _Cell = Callable[[KeptSession, Mapping[str, str], TableStyle], str]


def _kwh(energy_mwh: int | None) -> Decimal | None:
    return None if energy_mwh is None else Decimal(energy_mwh) / 1_000_000


def _hours(kept: KeptSession) -> Decimal | None:
    session = kept.session
    if session.ended_at is None:
        return None
    hours = Decimal((session.ended_at - session.started_at) // timedelta(microseconds=1))
    return (hours / (_HOUR // timedelta(microseconds=1))).quantize(Decimal("0.0001"))


def _amount(name: str) -> _Cell:
    return lambda kept, _names, style: style.number(
        getattr(kept.cost.cost, name) if kept.cost else None
    )


def safe(text: str | None) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    plain = (text or "").replace("\0", "")
    return f"'{plain}" if plain.lstrip().startswith(_FORMULA) else plain


_CELLS: Final[Mapping[str, _Cell]] = {
    "start": lambda kept, _, style: style.time(kept.session.started_at),
    "end": lambda kept, _, style: style.time(kept.session.ended_at),
    "utc_offset": lambda kept, _, style: f"UTC{style.offset(kept.session.started_at)}",
    "duration": lambda kept, _, style: style.number(_hours(kept)),
    "station": lambda kept, names, _: safe(
        names.get(kept.session.station_id, kept.session.station_id)
    ),
    "connector": lambda kept, _names, _style: str(kept.session.connector_id),
    "energy": lambda kept, _, style: style.number(_kwh(kept.session.energy_mwh)),
    "solar_energy": lambda kept, _, style: style.number(
        _kwh(kept.cost.solar_mwh) if kept.cost else None
    ),
    "cost_net": _amount("before_taxes"),
    "cost_tax": _amount("taxes"),
    "cost_gross": _amount("after_taxes"),
    "currency": lambda kept, _names, _style: kept.cost.cost.currency if kept.cost else "",
    "average_price": lambda kept, _, style: style.number(
        kept.cost.average_price if kept.cost else None
    ),
    "reasons": lambda kept, _names, _style: (
        " ".join(sorted(kept.cost.provisional)) if kept.cost else ""
    ),
    "driver": lambda kept, names, _: safe(names.get(kept.driver_id or "", kept.driver_id or "")),
    "vehicle": lambda kept, names, _: safe(names.get(kept.vehicle_id or "", kept.vehicle_id or "")),
    "id_token": lambda kept, _names, _style: safe(kept.session.id_token),
    "stop_reason": lambda kept, _names, _style: safe(kept.session.stop_reason),
    "flags": lambda kept, _names, _style: " ".join(sorted(kept.session.flags)),
    "register_start": lambda kept, _, style: style.number(_kwh(kept.session.register_start_mwh)),
    "register_stop": lambda kept, _, style: style.number(_kwh(kept.session.register_stop_mwh)),
    "transaction_id": lambda kept, _names, _style: safe(kept.session.transaction_id),
    "session_id": lambda kept, _names, _style: safe(kept.session.id),
}

COLUMNS: Final = tuple(_CELLS)


def sessions_table(
    sessions: Iterable[KeptSession],
    *,
    headers: Mapping[str, str],
    names: Mapping[str, str],
    style: TableStyle,
) -> str:
    """Return a table (RFC 4180, with a byte order mark, without which spreadsheets garble accents).

    `headers` names each of COLUMNS, `names` stations, drivers and vehicles by their ids. Energy is in kWh, duration in
    hours, times are local. A text that begins like a formula gets an apostrophe before it.
    """
    text = io.StringIO()
    text.write(_MARK)
    writer = csv.writer(text, delimiter=style.delimiter, lineterminator="\r\n")
    writer.writerow([safe(headers[column]) for column in COLUMNS])
    for kept in sessions:
        writer.writerow([cell(kept, names, style) for cell in _CELLS.values()])
    return text.getvalue()
