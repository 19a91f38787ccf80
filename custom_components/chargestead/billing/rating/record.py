"""A rating as it is written down: every period with its prices, so that anyone can add it up again."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
import json
from typing import Any, Final

from .result import Boundary, Charge, Line, Period, RatedSession, TaxLine

RATING_VERSION: Final = "1"
"""Changes whenever the same input may come to another result."""


def record(rated: RatedSession) -> str:
    """Return a rating in JSON.

    Fractions are "n/d" or "n", decimals as they are printed, times RFC 3339 in UTC, energy in mWh, durations in
    microseconds. What is null or empty is left out.
    """
    return json.dumps(
        _bare(
            {
                "currency": rated.currency,
                "start": _time(rated.start),
                "end": _time(rated.end),
                "tariffs": list(rated.tariff_ids),
                "solar_method": rated.solar_method,
                "uncertainty": str(rated.uncertainty) if rated.uncertainty else None,
                "printed_with_tax": rated.printed_with_tax,
                "net": str(rated.totals.net),
                "gross": str(rated.totals.gross),
                "lines": [_line(line) for line in rated.lines],
                "taxes": [_tax(tax) for tax in rated.taxes],
                "periods": [_period(period) for period in rated.periods],
            }
        ),
        separators=(",", ":"),
    )


def _line(line: Line) -> dict[str, Any]:
    return _bare(
        {
            "kind": line.kind,
            "vat": _decimal(line.vat),
            "volume": line.volume,
            "rounding": line.rounding or None,
            "net": str(line.net),
            "gross": str(line.gross),
            "printed": str(line.printed),
        }
    )


def _tax(tax: TaxLine) -> dict[str, Any]:
    return _bare(
        {
            "vat": _decimal(tax.vat),
            "net": str(tax.net),
            "tax": str(tax.tax),
            "gross": str(tax.gross),
        }
    )


def _period(period: Period) -> dict[str, Any]:
    return _bare(
        {
            "start": _time(period.start),
            "end": _time(period.end),
            "activity": period.activity,
            "energy": period.energy_mwh,
            "solar": period.solar_mwh or None,
            "boundary": _boundary(period.starts),
            "charges": [_charge(charge) for charge in period.charges],
        }
    )


def _boundary(boundary: Boundary) -> dict[str, Any]:
    return _bare(
        {
            "kind": boundary.kind,
            "energy_error": boundary.energy_error_mwh or None,
            "worst_cost": str(boundary.worst_cost) if boundary.worst_cost else None,
        }
    )


def _charge(charge: Charge) -> dict[str, Any]:
    return _bare(
        {
            "kind": charge.kind,
            "tariff": charge.tariff_id,
            "volume": charge.volume,
            "rounding": charge.rounding or None,
            "price": None if charge.price is None else str(charge.price),
            "vat": _decimal(charge.vat),
            "source": charge.source,
        }
    )


def _bare(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value is not None and value != []}


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def read_periods(content: str) -> list[tuple[datetime, datetime, int, int, Fraction]]:
    """Return what a record says of its periods: start, end, energy and solar energy in mWh, cost after taxes.

    Limits on the whole session are no part of any period. Raises ValueError for what is no record.
    """
    units = {"energy": 1_000_000, "solar": 1_000_000, "flat": 1, "reservation_flat": 1}
    periods = []
    for period in json.loads(content).get("periods", ()):
        gross = Fraction(0)
        for charge in period.get("charges", ()):
            if "price" in charge:
                net = Fraction(charge["price"]) * charge["volume"]
                net /= units.get(charge["kind"], 3_600_000_000)
                gross += net * (1 + Fraction(charge.get("vat", "0")) / 100)
        periods.append(
            (
                datetime.fromisoformat(period["start"]),
                datetime.fromisoformat(period["end"]),
                period["energy"],
                period.get("solar", 0),
                gross,
            )
        )
    return periods
