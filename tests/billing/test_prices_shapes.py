"""Each shape in which a source tells its prices is read for what it means."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from custom_components.chargestead.billing.prices import FindingKind, PriceHints, read_prices
from custom_components.chargestead.billing.prices.units import PriceUnit, parse_unit

from .price_samples import SAMPLES, Sample, local


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_source_is_read_exactly(sample: Sample) -> None:
    hints = PriceHints(zone=sample.zone, **sample.hints)  # type: ignore[arg-type]
    reading = read_prices(sample.content, hints, local(sample.zone, 14))
    slots = reading.series.slots[: len(sample.prices)]
    assert [slot.price for slot in slots] == [Decimal(price) for price in sample.prices]
    step = timedelta(minutes=sample.step)
    midnight = local(sample.zone).astimezone(UTC)
    assert [(slot.start, slot.end) for slot in slots] == [
        (midnight + n * step, midnight + (n + 1) * step) for n in range(len(slots))
    ]
    assert reading.currency == sample.currency
    means = {FindingKind.OVERLAP} if "means" in sample.name else set()
    assert {finding.kind for finding in reading.findings} - {FindingKind.UNIT_GUESSED} == means


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("EUR/kWh", PriceUnit(Decimal(1), "EUR")),
        ("€/MWh", PriceUnit(Decimal("0.001"), "EUR")),
        ("ct/kWh", PriceUnit(Decimal("0.01"))),
        ("Cents/kWh", PriceUnit(Decimal("0.01"))),
        ("c€/kWh", PriceUnit(Decimal("0.01"), "EUR")),
        ("Öre/kWh", PriceUnit(Decimal("0.01"))),
        ("SEK/kWh", PriceUnit(Decimal(1), "SEK")),
        ("kr/kWh", PriceUnit()),
        ("$/kWh", PriceUnit()),
        ("AUD/MWh", PriceUnit(Decimal("0.001"), "AUD")),
        ("p/kWh", PriceUnit(Decimal("0.01"), "GBP")),
        ("GBP/kWh", PriceUnit(Decimal(1), "GBP")),
        ("€ per kWh", PriceUnit(Decimal(1), "EUR")),
        ("EUR/Wh", PriceUnit(Decimal(1000), "EUR")),
        ("kWh", None),
        ("EUR", None),
        ("EUR/m³", None),
        ("m/s", None),
        ("/kWh", None),
        ("", None),
        (None, None),
        (3, None),
    ],
)
def test_units_are_recognised(text: object, unit: PriceUnit | None) -> None:
    assert parse_unit(text) == unit


def test_the_unit_set_up_holds_against_all_that_is_told() -> None:
    content = {
        "data": [
            {
                "start_time": local(SAMPLES[0].zone),
                "end_time": local(SAMPLES[0].zone, 1),
                "price_per_kwh": 95,
            }
        ],
        "unit_of_measurement": "€/kWh",
    }
    hints = PriceHints(zone=SAMPLES[0].zone, unit=PriceUnit(Decimal("0.001"), "EUR"))
    reading = read_prices(content, hints, datetime(2026, 11, 25, 12, tzinfo=UTC))
    assert [slot.price for slot in reading.series] == [Decimal("0.095")]
