"""OCPI tariffs are read strictly and written back as they came."""

from decimal import Decimal
import json
from typing import cast

import pytest

from custom_components.chargestead.billing.tariffs import (
    Dimension,
    FixedPrice,
    OcpiTariff,
    OcpiVersion,
    PriceComponent,
    Tariff,
    TariffElement,
    TariffError,
    Terms,
    Window,
    dynamic_tariff,
    fixed_tariff,
    parse_tariff,
    tariff_to_ocpi,
    time_of_use_tariff,
    to_json,
)
from custom_components.chargestead.billing.tariffs.home import Formula
from custom_components.chargestead.billing.tariffs.restrictions import Season

WHOLE = """{
  "country_code": "DE", "party_id": "ALL", "id": "14", "currency": "EUR", "type": "REGULAR",
  "tariff_alt_text": [{"language": "de", "text": "Preis je kWh"}],
  "tariff_alt_url": "https://example.com/14",
  "min_price": {"before_taxes": 0.50, "after_taxes": 0.55},
  "max_price": {"before_taxes": 10.00},
  "elements": [
    {"price_components": [
      {"type": "ENERGY", "price": 0.2500, "vat": 5.2, "step_size": 100},
      {"type": "FLAT", "price": 0.1, "step_size": 1}],
     "restrictions": {"start_time": "22:00", "end_time": "00:00", "start_date": "2026-01-01",
       "end_date": "2027-01-01", "min_kwh": 1.5, "max_kwh": 20, "min_current": 6, "max_current": 32.5,
       "min_power": 1.38, "max_power": 11, "min_duration": 60, "max_duration": 7200,
       "day_of_week": ["MONDAY", "SUNDAY"], "reservation": "RESERVATION"}},
    {"price_components": [{"type": "TIME", "price": 1, "vat": 0.0, "step_size": 60}]}],
  "tax_included": "NO", "start_date_time": "2026-01-01T00:00:00Z",
  "end_date_time": "2026-12-31T23:00:00.500000Z", "last_updated": "2025-12-01T10:00:00Z"}"""


def changed(path: str, value: object) -> dict[str, object]:
    """Return the tariff with one field set, or removed where the value is `...`."""
    whole = json.loads(WHOLE, parse_float=Decimal)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = whole
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return cast("dict[str, object]", whole)


def test_a_tariff_is_written_back_as_it_came() -> None:
    read = parse_tariff(WHOLE, OcpiVersion.V230)
    written = tariff_to_ocpi(read, OcpiVersion.V230)
    assert json.loads(to_json(written), parse_float=str) == json.loads(WHOLE, parse_float=str)
    assert parse_tariff(to_json(written), OcpiVersion.V230) == read


def test_limits_have_other_names_in_2_2_1() -> None:
    read = parse_tariff(WHOLE, OcpiVersion.V230)
    written = tariff_to_ocpi(read, OcpiVersion.V221)
    assert written["min_price"] == {"excl_vat": Decimal("0.50"), "incl_vat": Decimal("0.55")}
    assert "tax_included" not in written
    assert parse_tariff(to_json(written), OcpiVersion.V221) == read


def test_numbers_stay_as_they_were_written() -> None:
    element = parse_tariff(WHOLE, OcpiVersion.V230).tariff.elements[0]
    assert element.components[0].price == FixedPrice(Decimal("0.2500"))
    parsed = json.loads(WHOLE)
    parsed["elements"][0]["price_components"][0]["price"] = 0.1
    first = parse_tariff(parsed, OcpiVersion.V230).tariff.elements[0].components[0]
    assert first.price == FixedPrice(Decimal("0.1"))


def test_no_vat_is_not_a_vat_of_zero() -> None:
    elements = parse_tariff(WHOLE, OcpiVersion.V230).tariff.elements
    assert elements[0].components[1].vat is None
    assert elements[1].components[0].vat == 0


COMPONENT = "elements.0.price_components.0"
RESTRICTIONS = "elements.0.restrictions"


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("id", ..., "missing", "id"),
        ("id", None, "missing", "id"),
        ("id", "x" * 37, "too_long", "id"),
        ("id", 7, "not_text", "id"),
        ("id", "a\nb", "not_text", "id"),
        ("country_code", ..., "missing", "country_code"),
        ("party_id", "LONG", "too_long", "party_id"),
        ("currency", "EU", "not_a_currency", "currency"),
        ("currency", "€€€", "not_a_currency", "currency"),
        ("type", "CHEAP", "unknown_choice", "type"),
        ("tax_included", ..., "missing", "tax_included"),
        ("tax_included", "MAYBE", "unknown_choice", "tax_included"),
        ("elements", [], "no_elements", "elements"),
        ("elements", "all", "not_a_list", "elements"),
        ("elements.0", 5, "not_an_object", "elements[0]"),
        ("elements.1.price_components", [], "no_price_components", "elements[1].price_components"),
        (
            "elements.0.price_components.1.type",
            "ENERGY",
            "dimension_repeated",
            "elements[0].price_components",
        ),
        (f"{COMPONENT}.type", "POWER", "unknown_choice", "elements[0].price_components[0].type"),
        (f"{COMPONENT}.price", ..., "missing", "elements[0].price_components[0].price"),
        (f"{COMPONENT}.price", "dear", "not_a_number", "elements[0].price_components[0].price"),
        (f"{COMPONENT}.price", True, "not_a_number", "elements[0].price_components[0].price"),
        (
            f"{COMPONENT}.price",
            float("nan"),
            "not_a_number",
            "elements[0].price_components[0].price",
        ),
        (
            f"{COMPONENT}.price",
            Decimal("1e12"),
            "not_a_number",
            "elements[0].price_components[0].price",
        ),
        (f"{COMPONENT}.vat", -1, "not_a_vat", "elements[0].price_components[0].vat"),
        (
            f"{COMPONENT}.step_size",
            Decimal("1.5"),
            "not_whole",
            "elements[0].price_components[0].step_size",
        ),
        (f"{COMPONENT}.step_size", -1, "not_whole", "elements[0].price_components[0].step_size"),
        (
            f"{RESTRICTIONS}.start_time",
            "24:00",
            "not_a_time",
            "elements[0].restrictions.start_time",
        ),
        (f"{RESTRICTIONS}.end_time", "7:00", "not_a_time", "elements[0].restrictions.end_time"),
        (
            f"{RESTRICTIONS}.start_date",
            "2026-02-30",
            "not_a_date",
            "elements[0].restrictions.start_date",
        ),
        (
            f"{RESTRICTIONS}.end_date",
            "01.02.2026",
            "not_a_date",
            "elements[0].restrictions.end_date",
        ),
        (
            f"{RESTRICTIONS}.min_duration",
            "soon",
            "not_a_number",
            "elements[0].restrictions.min_duration",
        ),
        (
            f"{RESTRICTIONS}.day_of_week",
            ["MON"],
            "unknown_choice",
            "elements[0].restrictions.day_of_week[0]",
        ),
        (
            f"{RESTRICTIONS}.reservation",
            "YES",
            "unknown_choice",
            "elements[0].restrictions.reservation",
        ),
        ("min_price.before_taxes", ..., "missing", "min_price.before_taxes"),
        ("min_price", 5, "not_an_object", "min_price"),
        ("last_updated", "yesterday", "not_an_instant", "last_updated"),
        ("last_updated", "0001-01-01T00:00:00+14:00", "not_an_instant", "last_updated"),
        ("tariff_alt_text.0.language", "german", "too_long", "tariff_alt_text[0].language"),
    ],
)
def test_what_is_wrong_is_named(path: str, value: object, code: str, where: str) -> None:
    with pytest.raises(TariffError) as caught:
        parse_tariff(changed(path, value), OcpiVersion.V230)
    assert (caught.value.code, caught.value.path) == (code, where)


@pytest.mark.parametrize("source", ["", "{", "[1", b"\xff\xfe\x00", "[" * 100_000])
def test_what_is_no_json_is_told(source: str | bytes) -> None:
    with pytest.raises(TariffError, match="not_json"):
        parse_tariff(source, OcpiVersion.V230)


@pytest.mark.parametrize("source", ["[]", "null", "7", '"tariff"'])
def test_what_is_no_object_is_told(source: str) -> None:
    with pytest.raises(TariffError, match="not_an_object"):
        parse_tariff(source, OcpiVersion.V230)


def around(tariff: Tariff) -> OcpiTariff:
    outer = parse_tariff(WHOLE, OcpiVersion.V230)
    return OcpiTariff(
        tariff=tariff,
        country_code=outer.country_code,
        party_id=outer.party_id,
        last_updated=outer.last_updated,
    )


@pytest.mark.parametrize(
    ("tariff", "version", "code", "path"),
    [
        (
            dynamic_tariff(Terms(id="T", currency="EUR"), Formula(source="spot")),
            OcpiVersion.V230,
            "dynamic_price_not_in_ocpi",
            "elements[0].price_components[0].price",
        ),
        (
            fixed_tariff(Terms(id="T", currency="EUR", solar=Decimal(0)), Decimal(1)),
            OcpiVersion.V230,
            "solar_price_not_in_ocpi",
            "solar",
        ),
        (
            fixed_tariff(Terms(id="T", currency="EUR", least=Decimal(1)), Decimal(1)),
            OcpiVersion.V230,
            "limit_before_taxes_missing",
            "min_price",
        ),
        (
            fixed_tariff(Terms(id="T", currency="EUR"), Decimal(1)),
            OcpiVersion.V221,
            "tax_included_not_in_ocpi",
            "tax_included",
        ),
        (
            time_of_use_tariff(
                Terms(id="T", currency="EUR"),
                [Window(amount=Decimal(1), season=Season((1, 1), (3, 31)))],
                Decimal(2),
            ),
            OcpiVersion.V230,
            "season_not_in_ocpi",
            "elements[0].restrictions",
        ),
    ],
)
def test_what_ocpi_has_no_words_for_is_refused(
    tariff: Tariff, version: OcpiVersion, code: str, path: str
) -> None:
    with pytest.raises(TariffError) as caught:
        tariff_to_ocpi(around(tariff), version)
    assert (caught.value.code, caught.value.path) == (code, path)


def test_an_exact_step_is_written_as_the_least_one() -> None:
    element = TariffElement(
        (
            PriceComponent(dimension=Dimension.ENERGY, price=FixedPrice(Decimal("0.3"))),
            PriceComponent(dimension=Dimension.FLAT, price=FixedPrice(Decimal(1))),
        )
    )
    written = tariff_to_ocpi(
        around(Tariff(id="T", currency="EUR", elements=(element,))), OcpiVersion.V230
    )
    elements = cast("list[dict[str, list[dict[str, object]]]]", written["elements"])
    assert [one["step_size"] for one in elements[0]["price_components"]] == [1, 0]
