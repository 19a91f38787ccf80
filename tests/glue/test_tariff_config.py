"""What the person enters becomes a tariff, to the last digit."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from custom_components.chargestead.billing.rating import (
    Metered,
    Pricing,
    QuotedPrices,
    TariffVersion,
    rate,
)
from custom_components.chargestead.billing.tariffs import Tariff, TariffError
from custom_components.chargestead.model.price import PriceSeries, PriceSlot
from custom_components.chargestead.model.reading import MeterReading
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.price_source import PriceSourceConfig
from custom_components.chargestead.tariff_config import (
    as_text,
    make_tariff,
    price_source_of,
    source_id,
)

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
SOURCE = PriceSourceConfig(action="nordpool", entry_id="abc", box="SE3")
KWH = 1_000_000


def tariff(**data: Any) -> Tariff:  # noqa: ANN401 - whatever a subentry may hold
    """Return the tariff of a subentry."""
    return make_tariff(data, tariff_id="home", currency="EUR")


def cost(priced_by: Tariff, at: datetime = NOON, quoted: str = "0.10") -> Decimal:
    """Return what a kWh within a minute comes to, taxes included."""
    end = at + timedelta(minutes=1)
    session = Session(
        id="s",
        station_id="CP-1",
        connector_id=1,
        transaction_id="1",
        started_at=at,
        ended_at=end,
        register_start_mwh=0,
        register_stop_mwh=100 * KWH,
    )
    readings = (MeterReading(at=at, register_mwh=0), MeterReading(at=end, register_mwh=100 * KWH))
    slot = PriceSlot(at - timedelta(hours=1), at + timedelta(hours=1), Decimal(quoted))
    pricing = Pricing(
        tariffs=(TariffVersion(priced_by),),
        prices={source: QuotedPrices("EUR", PriceSeries((slot,))) for source in priced_by.sources},
        zone=UTC,
    )
    return rate(Metered(session=session, readings=readings), pricing, end).cost.after_taxes


def test_a_fixed_price_is_taken_as_it_was_typed() -> None:
    assert cost(tariff(kind="fixed", price="0.3217")) == Decimal("32.17")
    assert cost(tariff(kind="fixed", price="0.10", vat="21", amounts_with_vat=False)) == Decimal(
        "12.10"
    )


@pytest.mark.parametrize(
    ("value", "text"), [(0.1, "0.1"), (3.0, "3"), (2, "2"), ("0.10", "0.10"), (1e-07, "1e-07")]
)
def test_numbers_are_kept_as_they_were_typed(value: float | str, text: str) -> None:
    assert as_text(value) == text
    assert Fraction(Decimal(as_text(value))) == Fraction(str(value))


@pytest.mark.parametrize(
    ("source_with_vat", "amounts_with_vat", "expected"),
    [
        # (0.10 + 0.05) and 21 % on both; then the source, the surcharge, or both have it already.
        (False, False, "18.15"),
        # The second is 13.2645 net: lines are rounded first, and VAT is reckoned on 13.26.
        (True, False, "16.04"),
        (False, True, "17.10"),
        (True, True, "15.00"),
    ],
)
def test_vat_is_added_to_what_has_none(
    source_with_vat: bool,  # noqa: FBT001
    amounts_with_vat: bool,  # noqa: FBT001
    expected: str,
) -> None:
    made = tariff(
        kind="dynamic",
        source=SOURCE.as_dict(),
        source_with_vat=source_with_vat,
        amounts_with_vat=amounts_with_vat,
        surcharge="0.05",
        vat="21",
    )
    assert made.sources == {source_id(SOURCE)}
    assert cost(made) == Decimal(expected)


def test_a_dynamic_price_is_scaled_bounded_and_has_grid_fees_by_time() -> None:
    data: dict[str, Any] = {
        "kind": "dynamic",
        "source": SOURCE.as_dict(),
        "factor": "2",
        "surcharge": "0.01",
        "floor": "0.05",
        "cap": "0.30",
        "grid_fees": [{"price": "0.08", "start": "11:00:00", "end": "13:00:00"}],
    }
    assert cost(tariff(**data)) == Decimal("29.00")
    assert cost(tariff(**data), NOON + timedelta(hours=6)) == Decimal("21.00")
    assert cost(tariff(**data), quoted="-1") == Decimal("5.00")
    assert cost(tariff(**data), quoted="5") == Decimal("30.00")


def test_a_source_keeps_its_name_whatever_else_changes() -> None:
    stored = price_source_of({"source": SOURCE.as_dict(), "vat": "21"})
    assert stored == SOURCE
    assert source_id(stored) == source_id(SOURCE)
    assert source_id(PriceSourceConfig(action="nordpool", entry_id="abc", box="SE4")) != source_id(
        SOURCE
    )
    assert price_source_of({"kind": "fixed"}) is None


def test_windows_hold_on_their_days_hours_and_season() -> None:
    made = tariff(
        kind="time_of_use",
        windows=[
            {
                "label": "Summer noon",
                "price": "0.05",
                "days": ["wednesday"],
                "start": "11:00:00",
                "end": "13:00:00",
                "season_start": "2026-05-15",
                "season_end": "2026-09-30",
            },
            {"price": "0.20", "start": "22:00:00", "end": "06:00:00"},
        ],
        otherwise="0.40",
    )
    assert cost(made) == Decimal("5.00")
    assert cost(made, NOON + timedelta(days=1)) == Decimal("40.00")
    assert cost(made, NOON + timedelta(weeks=26)) == Decimal("40.00")
    assert cost(made, NOON + timedelta(hours=11)) == Decimal("20.00")


OCPI = (
    '{"id": "T", "currency": "EUR", "country_code": "NL", "party_id": "ABC",'
    ' "last_updated": "2026-01-01T00:00:00Z",'
    ' "elements": [{"price_components": [{"type": "ENERGY", "price": 0.2500, "step_size": 1}]}]}'
)


def test_an_ocpi_tariff_may_have_a_solar_price_and_grace() -> None:
    made = tariff(
        kind="ocpi",
        ocpi=OCPI,
        ocpi_version="2.2.1",
        solar="amount",
        solar_price="0.06",
        idle_grace="15",
    )
    assert made.id == "home"
    assert made.idle_grace == timedelta(minutes=15)
    assert made.solar is not None
    assert cost(made) == Decimal("25.00")


FIXED: dict[str, Any] = {"kind": "fixed", "price": "0.3"}
DYNAMIC: dict[str, Any] = {"kind": "dynamic", "source": SOURCE.as_dict()}
BY_TIME: dict[str, Any] = {"kind": "time_of_use", "otherwise": "0.3"}


@pytest.mark.parametrize(
    ("data", "code", "path"),
    [
        ({}, "unknown_choice", "kind"),
        ({"kind": "barter"}, "unknown_choice", "kind"),
        ({"kind": "fixed"}, "missing", "price"),
        ({"kind": "fixed", "price": "dear"}, "not_a_number", "price"),
        ({"kind": "fixed", "price": "NaN"}, "not_a_number", "price"),
        ({"kind": "fixed", "price": "1e12"}, "not_a_number", "price"),
        ({**FIXED, "vat": "101"}, "not_a_vat", "vat"),
        ({**FIXED, "solar": "amount"}, "solar_price_missing", "solar_price"),
        ({**FIXED, "solar": "moon"}, "unknown_choice", "solar"),
        ({**FIXED, "least": "2", "most": "1"}, "limits_reversed", "most"),
        ({**FIXED, "idle_grace": "-1"}, "not_a_number", "idle_grace"),
        ({"kind": "dynamic"}, "missing", "source"),
        ({**DYNAMIC, "floor": "2", "cap": "1"}, "floor_above_cap", "cap"),
        ({**DYNAMIC, "grid_fees": "none"}, "not_a_list", "grid_fees"),
        ({**DYNAMIC, "grid_fees": [{}]}, "missing", "grid_fees[0].price"),
        ({"kind": "time_of_use", "windows": []}, "windows_leave_gap", "windows"),
        ({**BY_TIME, "windows": ["x"]}, "not_an_object", "windows[0]"),
        ({**BY_TIME, "windows": [{"price": "1", "start": "25:00"}]}, "not_a_time", "windows[0].start"),
        ({**BY_TIME, "windows": [{"price": "1", "end": 5}]}, "not_a_time", "windows[0].end"),
        ({**BY_TIME, "windows": [{"price": "1", "days": ["pay day"]}]}, "unknown_choice", "windows[0].days"),
        ({**BY_TIME, "windows": [{"price": "1", "season_start": "2026-05-01"}]}, "half_a_season", "windows[0]"),
        (
            {**BY_TIME, "windows": [{"price": "1", "season_start": "May", "season_end": "2026-05-01"}]},
            "not_a_date",
            "windows[0]",
        ),
        ({"kind": "ocpi", "ocpi_version": "2.2.1"}, "missing", "ocpi"),
        ({"kind": "ocpi", "ocpi": OCPI, "ocpi_version": "1.0"}, "unknown_choice", "ocpi_version"),
        ({"kind": "ocpi", "ocpi": "{", "ocpi_version": "2.2.1"}, "not_json", "ocpi"),
        (
            {"kind": "ocpi", "ocpi": OCPI.replace("0.2500", '"?"'), "ocpi_version": "2.2.1"},
            "not_a_number",
            "ocpi.elements[0].price_components[0].price",
        ),
        (
            {"kind": "ocpi", "ocpi": OCPI.replace("EUR", "SEK"), "ocpi_version": "2.2.1"},
            "other_currency",
            "ocpi.currency",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(data: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(TariffError) as caught:
        make_tariff(data, tariff_id="home", currency="EUR")
    assert (caught.value.code, caught.value.path) == (code, path)
