"""From what the person entered about a tariff to the tariff itself.

A tariff subentry holds texts: amounts exactly as they were typed, and nothing that the form left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
import hashlib
import json
from typing import Any, Final

from .billing.tariffs import (
    FixedPrice,
    Formula,
    OcpiVersion,
    Season,
    SolarPrice,
    Tariff,
    TariffError,
    TaxIncluded,
    Terms,
    Weekday,
    Window,
    dynamic_tariff,
    fixed_tariff,
    parse_tariff,
    time_of_use_tariff,
)
from .billing.tariffs.price import check_number
from .price_source import PriceSourceConfig

CONF_KIND: Final = "kind"
CONF_PRICE: Final = "price"
CONF_WINDOWS: Final = "windows"
CONF_OTHERWISE: Final = "otherwise"
CONF_LABEL: Final = "label"
CONF_DAYS: Final = "days"
CONF_FROM: Final = "start"
CONF_TO: Final = "end"
CONF_SEASON_FROM: Final = "season_start"
CONF_SEASON_TO: Final = "season_end"
CONF_SOURCE: Final = "source"
CONF_SOURCE_LABEL: Final = "source_label"
CONF_SOURCE_WITH_VAT: Final = "source_with_vat"
CONF_FACTOR: Final = "factor"
CONF_SURCHARGE: Final = "surcharge"
CONF_FLOOR: Final = "floor"
CONF_CAP: Final = "cap"
CONF_GRID_FEES: Final = "grid_fees"
CONF_VAT: Final = "vat"
CONF_AMOUNTS_WITH_VAT: Final = "amounts_with_vat"
CONF_SOLAR: Final = "solar"
CONF_SOLAR_PRICE: Final = "solar_price"
CONF_START_FEE: Final = "start_fee"
CONF_IDLE_FEE: Final = "idle_fee"
CONF_IDLE_GRACE: Final = "idle_grace"
CONF_LEAST: Final = "least"
CONF_MOST: Final = "most"
CONF_OCPI: Final = "ocpi"
CONF_OCPI_VERSION: Final = "ocpi_version"

AMOUNTS: Final = frozenset(
    {
        CONF_CAP,
        CONF_FACTOR,
        CONF_FLOOR,
        CONF_IDLE_FEE,
        CONF_IDLE_GRACE,
        CONF_LEAST,
        CONF_MOST,
        CONF_OTHERWISE,
        CONF_PRICE,
        CONF_SOLAR_PRICE,
        CONF_START_FEE,
        CONF_SURCHARGE,
        CONF_VAT,
    }
)
"""The fields that are kept as texts and typed as numbers."""

_FULL_DAY: Final = time()
_HUNDRED: Final = Decimal(100)


class TariffKind(StrEnum):
    """The ways to enter a tariff."""

    FIXED = "fixed"
    TIME_OF_USE = "time_of_use"
    DYNAMIC = "dynamic"
    OCPI = "ocpi"


class SolarPricing(StrEnum):
    """What own solar energy costs: as much as from the grid, nothing, or an amount."""

    GRID = "grid"
    FREE = "free"
    AMOUNT = "amount"


def make_tariff(data: Mapping[str, Any], *, tariff_id: str, currency: str) -> Tariff:
    """Return the tariff that a subentry holds.

    Raises TariffError whose path begins with the field that is wrong, and leads on into a pasted text.
    """
    match _choice(TariffKind, data, CONF_KIND):
        case TariffKind.FIXED:
            return fixed_tariff(_terms(data, tariff_id, currency), _required(data, CONF_PRICE))
        case TariffKind.TIME_OF_USE:
            return time_of_use_tariff(
                _terms(data, tariff_id, currency),
                _windows(data, CONF_WINDOWS),
                _amount(data, CONF_OTHERWISE),
            )
        case TariffKind.DYNAMIC:
            return _dynamic(data, tariff_id, currency)
        case TariffKind.OCPI:
            return _ocpi(data, tariff_id, currency)


def price_source_of(data: Mapping[str, Any]) -> PriceSourceConfig | None:
    """Return the price source that a subentry names, None where it needs none."""
    source = data.get(CONF_SOURCE)
    return PriceSourceConfig.from_dict(source) if isinstance(source, Mapping) else None


def source_id(config: PriceSourceConfig) -> str:
    """Return the name that prices of a source go by in the ledger; the same choice always has the same."""
    content = json.dumps(config.as_dict(), sort_keys=True, separators=(",", ":"))
    kind = config.action or "entity"
    return f"{kind}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def as_text(value: float | str | Decimal) -> str:
    """Return a number as it was typed: 0.1 stays 0.1."""
    text = str(value)
    return text.removesuffix(".0") if isinstance(value, float) else text


def _terms(data: Mapping[str, Any], tariff_id: str, currency: str) -> Terms:
    least, most = _amount(data, CONF_LEAST), _amount(data, CONF_MOST)
    if least is not None and most is not None and least > most:
        raise TariffError("limits_reversed", CONF_MOST, most)
    with_vat = data.get(CONF_AMOUNTS_WITH_VAT, True)
    return Terms(
        id=tariff_id,
        currency=currency,
        vat=_vat(data),
        tax_included=TaxIncluded.YES if with_vat else TaxIncluded.NO,
        solar=_solar(data),
        start_fee=_amount(data, CONF_START_FEE),
        idle=_amount(data, CONF_IDLE_FEE),
        idle_grace=_grace(data),
        least=least,
        most=most,
    )


def _vat(data: Mapping[str, Any]) -> Decimal | None:
    vat = _amount(data, CONF_VAT)
    if vat is not None and not 0 <= vat <= _HUNDRED:
        raise TariffError("not_a_vat", CONF_VAT, vat)
    return vat


def _solar(data: Mapping[str, Any]) -> Decimal | None:
    if CONF_SOLAR not in data:
        return None
    match _choice(SolarPricing, data, CONF_SOLAR):
        case SolarPricing.GRID:
            return None
        case SolarPricing.FREE:
            return Decimal(0)
        case SolarPricing.AMOUNT:
            amount = _amount(data, CONF_SOLAR_PRICE)
            if amount is None:
                raise TariffError("solar_price_missing", CONF_SOLAR_PRICE)
            return amount


def _grace(data: Mapping[str, Any]) -> timedelta:
    minutes = _amount(data, CONF_IDLE_GRACE) or Decimal(0)
    if not 0 <= minutes <= 24 * 60:
        raise TariffError("not_a_number", CONF_IDLE_GRACE, minutes)
    return timedelta(seconds=int(minutes * 60))


def _dynamic(data: Mapping[str, Any], tariff_id: str, currency: str) -> Tariff:
    """Return a tariff that follows a source; where one of source and amounts has VAT, the other is brought to it."""
    config = price_source_of(data)
    if config is None:
        raise TariffError("missing", CONF_SOURCE)
    terms = _terms(data, tariff_id, currency)
    floor, cap = _amount(data, CONF_FLOOR), _amount(data, CONF_CAP)
    if floor is not None and cap is not None and floor > cap:
        raise TariffError("floor_above_cap", CONF_CAP, cap)
    factor = _amount(data, CONF_FACTOR)
    factor = Decimal(1) if factor is None else factor
    vat = terms.vat or Decimal(0)
    with_vat = terms.tax_included is TaxIncluded.YES
    source_with_vat = bool(data.get(CONF_SOURCE_WITH_VAT, False))
    if with_vat and not source_with_vat:
        factor = factor * (_HUNDRED + vat) / _HUNDRED
    formula = Formula(
        source=source_id(config),
        factor=factor,
        surcharge=_amount(data, CONF_SURCHARGE) or Decimal(0),
        floor=floor,
        cap=cap,
        source_vat=vat if source_with_vat and not with_vat else Decimal(0),
    )
    return dynamic_tariff(terms, formula, _windows(data, CONF_GRID_FEES))


def _ocpi(data: Mapping[str, Any], tariff_id: str, currency: str) -> Tariff:
    source = data.get(CONF_OCPI)
    if not isinstance(source, str | Mapping):
        raise TariffError("missing", CONF_OCPI)
    version = _choice(OcpiVersion, data, CONF_OCPI_VERSION)
    try:
        tariff = parse_tariff(source, version).tariff
    except TariffError as err:
        raise TariffError(err.code, f"{CONF_OCPI}.{err.path}".rstrip("."), err.value) from err
    if tariff.currency != currency:
        raise TariffError("other_currency", f"{CONF_OCPI}.currency", tariff.currency)
    solar = _solar(data)
    return replace(
        tariff,
        id=tariff_id,
        idle_grace=_grace(data),
        solar=None if solar is None else SolarPrice(price=FixedPrice(solar), vat=_vat(data)),
    )


def _windows(data: Mapping[str, Any], name: str) -> list[Window]:
    rows = data.get(name) or []
    if not isinstance(rows, list | tuple):
        raise TariffError("not_a_list", name, rows)
    return [_window(row, f"{name}[{number}]") for number, row in enumerate(rows)]


def _window(row: object, path: str) -> Window:
    if not isinstance(row, Mapping):
        raise TariffError("not_an_object", path, row)
    return Window(
        amount=_required(row, CONF_PRICE, path),
        days=_days(row.get(CONF_DAYS) or (), f"{path}.{CONF_DAYS}"),
        start=_time(row, CONF_FROM, path),
        end=_time(row, CONF_TO, path),
        season=_season(row, path),
    )


def _days(names: Iterable[str], path: str) -> frozenset[Weekday]:
    try:
        return frozenset(Weekday[name.upper()] for name in names)
    except KeyError as err:
        raise TariffError("unknown_choice", path, err.args[0]) from None


def _time(row: Mapping[str, Any], name: str, path: str) -> time:
    text = row.get(name)
    if text is None:
        return _FULL_DAY
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0)
    except ValueError, TypeError:
        raise TariffError("not_a_time", f"{path}.{name}", text) from None


def _season(row: Mapping[str, Any], path: str) -> Season | None:
    first, last = row.get(CONF_SEASON_FROM), row.get(CONF_SEASON_TO)
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise TariffError("half_a_season", path)
    try:
        days = [date.fromisoformat(text) for text in (first, last)]
    except ValueError, TypeError:
        raise TariffError("not_a_date", path, f"{first} {last}") from None
    return Season((days[0].month, days[0].day), (days[1].month, days[1].day))


def _required(data: Mapping[str, Any], name: str, path: str = "") -> Decimal:
    amount = _amount(data, name, path)
    if amount is None:
        raise TariffError("missing", f"{path}.{name}" if path else name)
    return amount


def _amount(data: Mapping[str, Any], name: str, path: str = "") -> Decimal | None:
    value = data.get(name)
    if value is None:
        return None
    where = f"{path}.{name}" if path else name
    try:
        amount = check_number(Decimal(as_text(value)))
    except InvalidOperation, ValueError:
        raise TariffError("not_a_number", where, value) from None
    return amount


def _choice[E: StrEnum](kind: type[E], data: Mapping[str, Any], name: str) -> E:
    try:
        return kind(data.get(name, ""))
    except ValueError:
        raise TariffError("unknown_choice", name, data.get(name)) from None
