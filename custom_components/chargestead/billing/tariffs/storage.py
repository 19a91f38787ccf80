"""Tariffs as text that keeps them exactly: what a session was priced by can be read back for ever."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
import json
from typing import Final

from .errors import TariffError
from .fields import Fields, as_fields
from .ocpi import read_restrictions
from .ocpi_writing import present, write_instant, write_restrictions
from .price import FixedPrice, FormulaPrice, Price, TablePrice
from .restrictions import UNRESTRICTED, Restrictions, Season
from .tariff import (
    Dimension,
    PriceComponent,
    PriceLimit,
    SolarPrice,
    Tariff,
    TariffElement,
    TaxIncluded,
)

_VERSION: Final = 1


def dump_tariff(tariff: Tariff) -> dict[str, object]:
    """Return a tariff as JSON data in which numbers are texts."""
    return {
        name: _texts(value)
        for name, value in present(
            {
                "version": _VERSION,
                "id": tariff.id,
                "currency": tariff.currency,
                "elements": [_element(one) for one in tariff.elements],
                "min_price": _limit(tariff.min_price),
                "max_price": _limit(tariff.max_price),
                "tax_included": tariff.tax_included,
                "valid_from": write_instant(tariff.valid_from),
                "valid_until": write_instant(tariff.valid_until),
                "solar": None if tariff.solar is None else _solar(tariff.solar),
                "idle_grace_us": tariff.idle_grace // timedelta(microseconds=1),
            }
        ).items()
    }


def dumps_tariff(tariff: Tariff) -> str:
    """Return a tariff as JSON text; equal tariffs give equal text."""
    return json.dumps(dump_tariff(tariff), sort_keys=True, separators=(",", ":"))


def load_tariff(source: str | bytes | Mapping[str, object]) -> Tariff:
    """Read back what was dumped; raises TariffError where it is damaged or of a later version."""
    if isinstance(source, str | bytes):
        try:
            source = json.loads(source, parse_float=Decimal)
        except ValueError, RecursionError:
            raise TariffError("not_json") from None
    fields = as_fields(source)
    if fields.whole("version") != _VERSION:
        raise fields.error("unknown_version", "version")
    return Tariff(
        id=fields.required(fields.text, "id"),
        currency=fields.required(fields.text, "currency"),
        elements=tuple(_read_element(one) for one in fields.nested_list("elements")),
        min_price=_read_limit(fields.nested("min_price")),
        max_price=_read_limit(fields.nested("max_price")),
        tax_included=fields.required(lambda name: fields.choice(TaxIncluded, name), "tax_included"),
        valid_from=fields.instant("valid_from"),
        valid_until=fields.instant("valid_until"),
        solar=_read_solar(fields.nested("solar")),
        idle_grace=timedelta(microseconds=fields.whole("idle_grace_us") or 0),
    )


def _texts(value: object) -> object:
    """Return data with its decimal numbers as texts."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: _texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_texts(one) for one in value]
    return value


def _element(element: TariffElement) -> dict[str, object]:
    dumped: dict[str, object] = {"components": [_component(one) for one in element.components]}
    if element.restrictions != UNRESTRICTED:
        dumped["restrictions"] = _restrictions(element.restrictions)
    return dumped


def _restrictions(restrictions: Restrictions) -> dict[str, object]:
    dumped = write_restrictions(restrictions)
    if (season := restrictions.season) is not None:
        dumped["season"] = {
            "first": {"month": season.first[0], "day": season.first[1]},
            "last": {"month": season.last[0], "day": season.last[1]},
        }
    return dumped


def _component(component: PriceComponent) -> dict[str, object]:
    return present(
        {
            "dimension": component.dimension,
            "price": _price(component.price),
            "vat": component.vat,
            "step_size": component.step_size,
        }
    )


def _solar(solar: SolarPrice) -> dict[str, object]:
    return present({"price": _price(solar.price), "vat": solar.vat})


def _limit(limit: PriceLimit | None) -> dict[str, object] | None:
    if limit is None:
        return None
    return present({"before_taxes": limit.before_taxes, "after_taxes": limit.after_taxes})


def _price(price: Price) -> dict[str, object]:
    match price:
        case FixedPrice(amount):
            return {"fixed": amount}
        case TablePrice(source):
            return {"table": source}
        case FormulaPrice():
            return present(
                {
                    "formula": price.source,
                    "factor": price.factor,
                    "surcharge": price.surcharge,
                    "floor": price.floor,
                    "cap": price.cap,
                    "source_vat": price.source_vat,
                }
            )


def _read_element(fields: Fields) -> TariffElement:
    restrictions = fields.nested("restrictions")
    return TariffElement(
        tuple(_read_component(one) for one in fields.nested_list("components")),
        UNRESTRICTED if restrictions is None else _read_restrictions(restrictions),
    )


def _read_restrictions(fields: Fields) -> Restrictions:
    season = fields.nested("season")
    if season is None:
        return read_restrictions(fields)
    first, last = (
        (day.required(day.whole, "month"), day.required(day.whole, "day"))
        for day in (season.required(season.nested, "first"), season.required(season.nested, "last"))
    )
    try:
        return replace(read_restrictions(fields), season=Season(first, last))
    except ValueError:
        raise TariffError("not_a_season", season.path) from None


def _read_component(fields: Fields) -> PriceComponent:
    return PriceComponent(
        dimension=fields.required(lambda name: fields.choice(Dimension, name), "dimension"),
        price=_read_price(fields.required(fields.nested, "price")),
        vat=fields.vat("vat"),
        step_size=fields.whole("step_size") or 0,
    )


def _read_solar(fields: Fields | None) -> SolarPrice | None:
    if fields is None:
        return None
    return SolarPrice(
        price=_read_price(fields.required(fields.nested, "price")), vat=fields.vat("vat")
    )


def _read_limit(fields: Fields | None) -> PriceLimit | None:
    if fields is None:
        return None
    return PriceLimit(
        before_taxes=fields.number("before_taxes"), after_taxes=fields.number("after_taxes")
    )


def _read_price(fields: Fields) -> Price:
    if fields.get("fixed") is not None:
        return FixedPrice(fields.required(fields.number, "fixed"))
    if fields.get("table") is not None:
        return TablePrice(fields.required(fields.text, "table"))
    try:
        return FormulaPrice(
            source=fields.required(fields.text, "formula"),
            factor=fields.required(fields.number, "factor"),
            surcharge=fields.required(fields.number, "surcharge"),
            floor=fields.number("floor"),
            cap=fields.number("cap"),
            source_vat=fields.required(fields.number, "source_vat"),
        )
    except ValueError:
        raise TariffError("impossible_formula", fields.path) from None
