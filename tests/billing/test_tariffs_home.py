"""What a person enters becomes the tariff that was meant."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from custom_components.chargestead.billing.rating import rate
from custom_components.chargestead.billing.tariffs import (
    Season,
    Tariff,
    TariffError,
    TaxIncluded,
    Terms,
    Weekday,
    Window,
    dump_tariff,
    dumps_tariff,
    dynamic_tariff,
    fixed_tariff,
    load_tariff,
    time_of_use_tariff,
)
from custom_components.chargestead.billing.tariffs.home import Formula

from .pricing_stories import AMSTERDAM, FULL, NOON, Leg, check_sums, pricing, slots, story

TERMS = Terms(id="home", currency="EUR", vat=Decimal(19))
NET = replace(TERMS, tax_included=TaxIncluded.NO)
WORKDAYS = frozenset(Weekday) - {Weekday.SATURDAY, Weekday.SUNDAY}


def price_at(tariff: Tariff, *local: int) -> Fraction:
    """Return the price of a kWh after taxes at a local time."""
    year, month, day, hour, minute = local
    start = datetime(year, month, day, hour, minute, tzinfo=AMSTERDAM).astimezone(UTC)
    rated = rate(story(Leg(1, "1"), start=start), pricing(tariff))
    check_sums(rated)
    return rated.totals.gross


def test_a_fixed_price_with_tax() -> None:
    rated = rate(story(Leg(60, "10")), pricing(fixed_tariff(TERMS, Decimal("0.30"))))
    assert rated.totals.gross == 3
    assert rated.average_price == Fraction("0.30")
    assert rated.cost.currency == "EUR"


def test_a_start_fee_an_idle_fee_and_grace() -> None:
    terms = replace(
        TERMS, start_fee=Decimal("0.50"), idle=Decimal(6), idle_grace=timedelta(minutes=30)
    )
    rated = rate(
        story(Leg(60, "10"), Leg(45, "0", FULL)), pricing(fixed_tariff(terms, Decimal("0.30")))
    )
    assert rated.totals.gross == Fraction("3.00") + Fraction("0.50") + Fraction("1.50")


def test_times_of_use() -> None:
    tariff = time_of_use_tariff(
        TERMS,
        [
            Window(
                amount=Decimal("0.50"),
                days=WORKDAYS,
                start=time(17),
                end=time(21),
                season=Season((11, 1), (3, 31)),
            ),
            Window(amount=Decimal("0.20"), start=time(23), end=time(6)),
        ],
        otherwise=Decimal("0.30"),
    )
    assert price_at(tariff, 2026, 1, 5, 18, 0) == Fraction("0.50")
    assert price_at(tariff, 2026, 1, 4, 18, 0) == Fraction("0.30")
    assert price_at(tariff, 2026, 6, 1, 18, 0) == Fraction("0.30")
    assert price_at(tariff, 2026, 3, 31, 20, 59) == Fraction("0.50")
    assert price_at(tariff, 2026, 3, 31, 21, 0) == Fraction("0.30")
    assert price_at(tariff, 2026, 6, 1, 23, 0) == Fraction("0.20")
    assert price_at(tariff, 2026, 6, 1, 5, 59) == Fraction("0.20")
    assert price_at(tariff, 2026, 6, 1, 6, 0) == Fraction("0.30")


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    """Monday's night runs on to Tuesday morning, and Monday morning is still Sunday's."""
    tariff = time_of_use_tariff(
        TERMS,
        [
            Window(
                amount=Decimal("0.20"),
                days=frozenset({Weekday.MONDAY, Weekday.SUNDAY}),
                start=time(22),
                end=time(6),
            )
        ],
        otherwise=Decimal("0.30"),
    )
    cheap = Fraction("0.20")
    assert price_at(tariff, 2026, 6, 1, 23, 0) == cheap  # Monday evening
    assert price_at(tariff, 2026, 6, 2, 5, 59) == cheap
    assert price_at(tariff, 2026, 6, 2, 23, 0) == Fraction("0.30")
    assert price_at(tariff, 2026, 6, 7, 23, 0) == cheap  # Sunday evening
    assert price_at(tariff, 2026, 6, 8, 5, 0) == cheap
    assert price_at(tariff, 2026, 6, 7, 5, 0) == Fraction("0.30")  # Sunday morning


@pytest.mark.parametrize(
    "windows",
    [
        [],
        [Window(amount=Decimal(1), start=time(6), end=time(22))],
        [Window(amount=Decimal(1), days=WORKDAYS)],
        [Window(amount=Decimal(1), season=Season((3, 1), (2, 28)))],
        [
            Window(amount=Decimal(1), days=WORKDAYS, start=time(22), end=time(6)),
            Window(amount=Decimal(1), start=time(6), end=time(22)),
        ],
    ],
)
def test_windows_that_leave_a_gap_are_refused(windows: list[Window]) -> None:
    with pytest.raises(TariffError) as caught:
        time_of_use_tariff(TERMS, windows)
    assert caught.value.code == "windows_leave_gap"
    assert caught.value.value


@pytest.mark.parametrize(
    "windows",
    [
        [Window(amount=Decimal(1))],
        [
            Window(amount=Decimal(1), start=time(22), end=time(6)),
            Window(amount=Decimal(2), start=time(6), end=time(22)),
        ],
        [
            Window(amount=Decimal(1), season=Season((10, 1), (3, 31))),
            Window(amount=Decimal(2), season=Season((4, 1), (9, 30))),
        ],
        [
            Window(amount=Decimal(1), days=frozenset(Weekday), start=time(22), end=time(6)),
            Window(amount=Decimal(2), days=frozenset(Weekday), start=time(6), end=time(22)),
        ],
    ],
)
def test_windows_without_a_gap_need_no_other_price(windows: list[Window]) -> None:
    assert time_of_use_tariff(TERMS, windows).elements


def test_a_dynamic_price_with_grid_fees_and_tax() -> None:
    formula = Formula(source="spot", factor=Decimal("1.1"), surcharge=Decimal("0.02"))
    peak = Window(amount=Decimal("0.10"), start=time(17), end=time(20))
    tariff = dynamic_tariff(NET, formula, [peak])
    start = datetime(2026, 6, 1, 16, tzinfo=AMSTERDAM).astimezone(UTC)
    series = slots(start, 60, "0.10", "0.30", "-0.05")
    rated = rate(
        story(Leg(60, "1"), Leg(60, "1"), Leg(60, "1"), start=start),
        pricing(tariff, series=series),
    )
    check_sums(rated)
    expected = [
        Fraction("1.1") * Fraction(spot) + Fraction("0.02") + Fraction(fee)
        for spot, fee in (("0.10", "0"), ("0.30", "0.10"), ("-0.05", "0.10"))
    ]
    assert [period.charges[0].price for period in rated.periods] == expected
    assert rated.totals.gross == sum(expected) * Fraction("1.19")
    assert tariff.sources == {"spot"}
    assert {one.source for period in rated.periods for one in period.charges} == {"spot"}


def test_an_impossible_formula_is_refused() -> None:
    with pytest.raises(TariffError, match="impossible_formula"):
        dynamic_tariff(NET, Formula(source="spot", floor=Decimal(1), cap=Decimal(0)))


@pytest.mark.parametrize(
    "tariff",
    [
        fixed_tariff(replace(TERMS, solar=Decimal("0.08"), most=Decimal(10)), Decimal("0.30")),
        dynamic_tariff(
            NET,
            Formula(source="spot", cap=Decimal("0.9"), source_vat=Decimal(25)),
            [Window(amount=Decimal(1), season=Season((12, 1), (2, 29)), days=WORKDAYS)],
        ),
    ],
)
def test_a_tariff_is_kept_and_read_back(tariff: Tariff) -> None:
    assert load_tariff(dumps_tariff(tariff)) == tariff
    assert load_tariff(dump_tariff(tariff)) == tariff


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{", "not_json"),
        ("[]", "not_an_object"),
        ('{"version": 2}', "unknown_version"),
        ("{}", "unknown_version"),
        ('{"version": 1}', "missing"),
    ],
)
def test_what_is_not_a_kept_tariff_is_told(source: str, code: str) -> None:
    with pytest.raises(TariffError) as caught:
        load_tariff(source)
    assert caught.value.code == code


def test_a_damaged_formula_or_season_is_told() -> None:
    tariff = dynamic_tariff(
        NET,
        Formula(source="spot", floor=Decimal(0), cap=Decimal(1)),
        [Window(amount=Decimal(1), season=Season((12, 1), (2, 29)))],
    )
    text = dumps_tariff(tariff)
    for old, new, code in (
        ('"cap":"1"', '"cap":"-1"', "impossible_formula"),
        ('"month":12', '"month":13', "not_a_season"),
    ):
        with pytest.raises(TariffError) as caught:
            load_tariff(text.replace(old, new))
        assert caught.value.code == code


def test_periods_follow_each_other_without_a_hole() -> None:
    tariff = time_of_use_tariff(
        TERMS, [Window(amount=Decimal("0.20"), start=time(23), end=time(6))], Decimal("0.30")
    )
    rated = rate(story(Leg(3000, "10"), start=NOON), pricing(tariff))
    assert all(one.end == other.start for one, other in pairwise(rated.periods))
