"""Tariffs as OCPI writes them (2.2.1 and 2.3.0, mod_tariffs, Tariff object)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
import json

from .errors import TariffError
from .fields import Fields, as_fields
from .price import FixedPrice
from .restrictions import UNRESTRICTED, ReservationRestriction, Restrictions, Weekday
from .tariff import Dimension, PriceComponent, PriceLimit, Tariff, TariffElement, TaxIncluded


class OcpiVersion(StrEnum):
    """The versions of OCPI that are read and written."""

    V221 = "2.2.1"
    V230 = "2.3.0"


class TariffType(StrEnum):
    """What sort of charging a tariff is for."""

    AD_HOC_PAYMENT = "AD_HOC_PAYMENT"
    PROFILE_CHEAP = "PROFILE_CHEAP"
    PROFILE_FAST = "PROFILE_FAST"
    PROFILE_GREEN = "PROFILE_GREEN"
    REGULAR = "REGULAR"


@dataclass(frozen=True, slots=True)
class DisplayText:
    """A text in one language."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OcpiTariff:
    """A tariff with what OCPI says around it; nothing of that changes what a session costs."""

    tariff: Tariff
    country_code: str
    party_id: str
    last_updated: datetime
    type: TariffType | None = None
    alt_text: tuple[DisplayText, ...] = ()
    alt_url: str | None = None


def parse_tariff(source: str | bytes | Mapping[str, object], version: OcpiVersion) -> OcpiTariff:
    """Read a tariff; raises TariffError that names the first part which is wrong.

    JSON text keeps numbers as they are written; in data that was parsed elsewhere a float stands for what it prints.
    """
    fields = as_fields(_loaded(source))
    elements = tuple(_element(one) for one in fields.nested_list("elements"))
    if not elements:
        raise fields.error("no_elements", "elements")
    return OcpiTariff(
        tariff=Tariff(
            id=fields.required(lambda name: fields.text(name, 36), "id"),
            currency=_currency(fields),
            elements=elements,
            min_price=_limit(fields.nested("min_price"), version),
            max_price=_limit(fields.nested("max_price"), version),
            tax_included=_tax_included(fields, version),
            valid_from=fields.instant("start_date_time"),
            valid_until=fields.instant("end_date_time"),
        ),
        country_code=fields.required(lambda name: fields.text(name, 2), "country_code"),
        party_id=fields.required(lambda name: fields.text(name, 3), "party_id"),
        last_updated=fields.required(fields.instant, "last_updated"),
        type=fields.choice(TariffType, "type"),
        alt_text=tuple(_display_text(one) for one in fields.nested_list("tariff_alt_text")),
        alt_url=fields.text("tariff_alt_url"),
    )


def _loaded(source: str | bytes | Mapping[str, object]) -> object:
    if not isinstance(source, str | bytes):
        return source
    try:
        return json.loads(source, parse_float=Decimal)
    except ValueError, RecursionError:
        raise TariffError("not_json") from None


def _currency(fields: Fields) -> str:
    currency = fields.required(lambda name: fields.text(name, 3), "currency")
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise fields.error("not_a_currency", "currency")
    return currency.upper()


def _tax_included(fields: Fields, version: OcpiVersion) -> TaxIncluded:
    if version is OcpiVersion.V221:
        return TaxIncluded.NO
    return fields.required(lambda name: fields.choice(TaxIncluded, name), "tax_included")


def _limit(fields: Fields | None, version: OcpiVersion) -> PriceLimit | None:
    if fields is None:
        return None
    before, after = LIMIT_NAMES[version]
    return PriceLimit(
        before_taxes=fields.required(fields.number, before), after_taxes=fields.number(after)
    )


LIMIT_NAMES = {
    OcpiVersion.V221: ("excl_vat", "incl_vat"),
    OcpiVersion.V230: ("before_taxes", "after_taxes"),
}


def _display_text(fields: Fields) -> DisplayText:
    return DisplayText(
        fields.required(lambda name: fields.text(name, 2), "language"),
        fields.required(lambda name: fields.text(name, 512), "text"),
    )


def _element(fields: Fields) -> TariffElement:
    components = tuple(_component(one) for one in fields.nested_list("price_components"))
    if not components:
        raise fields.error("no_price_components", "price_components")
    dimensions = [component.dimension for component in components]
    if len(set(dimensions)) < len(dimensions):
        raise TariffError("dimension_repeated", fields.path_of("price_components"))
    restrictions = fields.nested("restrictions")
    if restrictions is None:
        return TariffElement(components)
    return TariffElement(components, read_restrictions(restrictions))


def _component(fields: Fields) -> PriceComponent:
    return PriceComponent(
        dimension=fields.required(lambda name: fields.choice(Dimension, name), "type"),
        price=FixedPrice(fields.required(fields.number, "price")),
        vat=fields.vat("vat"),
        step_size=fields.required(fields.whole, "step_size"),
    )


def read_restrictions(fields: Fields) -> Restrictions:
    """Read restrictions, each bound in its field of OCPI."""
    restrictions = Restrictions(
        start_time=fields.time("start_time"),
        end_time=fields.time("end_time"),
        start_date=fields.date("start_date"),
        end_date=fields.date("end_date"),
        days=frozenset(fields.choices(Weekday, "day_of_week")),
        min_kwh=fields.number("min_kwh"),
        max_kwh=fields.number("max_kwh"),
        min_current=fields.number("min_current"),
        max_current=fields.number("max_current"),
        min_power=fields.number("min_power"),
        max_power=fields.number("max_power"),
        min_duration=fields.whole("min_duration"),
        max_duration=fields.whole("max_duration"),
        reservation=fields.choice(ReservationRestriction, "reservation"),
    )
    return UNRESTRICTED if restrictions == UNRESTRICTED else restrictions
