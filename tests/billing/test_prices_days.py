"""Days of 23 and 25 hours, by the hour and by the quarter, however their times are told."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from custom_components.chargestead.billing.prices import FindingKind, PriceHints, read_prices
from custom_components.chargestead.billing.prices.moments import local_day
from custom_components.chargestead.model.price import PriceSeries

BERLIN = ZoneInfo("Europe/Berlin")
MADRID = ZoneInfo("Europe/Madrid")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
LONG_DAY = date(2026, 10, 25)
SHORT_DAY = date(2026, 3, 29)
USUAL_DAY = date(2026, 11, 25)
DAYS = pytest.mark.parametrize("day", [LONG_DAY, SHORT_DAY, USUAL_DAY], ids=str)
STEPS = pytest.mark.parametrize("minutes", [15, 30, 60])


def instants(day: date, minutes: int, zone: ZoneInfo = BERLIN) -> list[datetime]:
    start, end = local_day(day, zone)
    step = timedelta(minutes=minutes)
    return [start + n * step for n in range(int((end - start) / step))]


def read(content: object, day: date, zone: ZoneInfo = BERLIN) -> PriceSeries:
    """Read content told at noon, and expect nothing to be odd but a missing unit."""
    now = datetime.combine(day, datetime.min.time(), zone).astimezone(UTC) + timedelta(hours=12)
    reading = read_prices(content, PriceHints(zone=zone), now)
    assert {finding.kind for finding in reading.findings} <= {FindingKind.UNIT_GUESSED}
    return reading.series


def expect_whole_day(series: PriceSeries, day: date, minutes: int, zone: ZoneInfo = BERLIN) -> None:
    starts = instants(day, minutes, zone)
    assert [slot.start for slot in series] == starts
    assert [slot.price for slot in series] == [Decimal(n) / 1000 for n in range(len(starts))]
    assert {slot.duration for slot in series} == {timedelta(minutes=minutes)}
    assert series.covers(*local_day(day, zone))


@DAYS
@STEPS
def test_local_times_without_a_zone_fill_the_day_once(day: date, minutes: int) -> None:
    naive = [at.astimezone(BERLIN).replace(tzinfo=None) for at in instants(day, minutes)]
    content = [{"start": at.isoformat(), "price": n / 1000} for n, at in enumerate(naive)]
    expect_whole_day(read(content, day), day, minutes)


@DAYS
@STEPS
def test_local_ends_without_a_zone_do_not_stretch_a_slot(day: date, minutes: int) -> None:
    step = timedelta(minutes=minutes)
    content = [
        {
            "start": at.astimezone(BERLIN).replace(tzinfo=None),
            "end": (at + step).astimezone(BERLIN).replace(tzinfo=None),
            "value": n / 1000,
        }
        for n, at in enumerate(instants(day, minutes))
    ]
    expect_whole_day(read({"raw_today": content}, day), day, minutes)


@DAYS
@STEPS
def test_times_with_an_offset_fill_the_day_once(day: date, minutes: int) -> None:
    content = [
        {"start": at.astimezone(BERLIN).isoformat(), "price": n / 1000}
        for n, at in enumerate(instants(day, minutes))
    ]
    expect_whole_day(read(content, day), day, minutes)


@DAYS
@STEPS
def test_bare_numbers_fill_the_day(day: date, minutes: int) -> None:
    count = len(instants(day, minutes))
    expect_whole_day(read({"today": [n / 1000 for n in range(count)]}, day), day, minutes)


@DAYS
def test_bare_numbers_of_tomorrow_are_of_the_day_after(day: date) -> None:
    count = len(instants(day, 60))
    series = read({"raw_tomorrow": [n / 1000 for n in range(count)]}, day - timedelta(days=1))
    expect_whole_day(series, day, 60)


@DAYS
def test_one_attribute_per_hour_fills_the_day(day: date) -> None:
    attributes: dict[str, object] = {"unit_of_measurement": "€/kWh"}
    for n, at in enumerate(instants(day, 60, MADRID)):
        local = at.astimezone(MADRID)
        attributes[f"price_{local.hour:02}h{'_d' if local.fold else ''}"] = n / 1000
    expect_whole_day(read(attributes, day, MADRID), day, 60, MADRID)


@DAYS
def test_one_attribute_per_hour_of_the_next_day(day: date) -> None:
    attributes: dict[str, object] = {}
    for n, at in enumerate(instants(day, 60, MADRID)):
        local = at.astimezone(MADRID)
        attributes[f"price_next_day_{local.hour:02}h{'_d' if local.fold else ''}"] = n / 1000
    expect_whole_day(read(attributes, day - timedelta(days=1), MADRID), day, 60, MADRID)


@pytest.mark.parametrize("day", [SHORT_DAY, LONG_DAY], ids=str)
def test_twenty_four_numbers_do_not_fit_a_day_that_has_not_twenty_four_hours(day: date) -> None:
    now = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)
    reading = read_prices({"today": [0.1] * 24}, PriceHints(zone=BERLIN), now)
    assert not reading.series.slots
    assert FindingKind.UNDATED in {finding.kind for finding in reading.findings}


def test_an_hour_the_clock_jumps_over_is_left_out_and_told() -> None:
    content = [{"start": f"2026-03-29T{hour:02}:00:00", "price": hour / 1000} for hour in range(24)]
    now = datetime(2026, 3, 29, 12, tzinfo=UTC)
    reading = read_prices(content, PriceHints(zone=BERLIN), now)
    assert [slot.price for slot in reading.series] == [
        Decimal(hour) / 1000 for hour in range(24) if hour != 2
    ]
    assert reading.series.covers(*local_day(SHORT_DAY, BERLIN))
    skipped = [f for f in reading.findings if f.kind is FindingKind.TIME_SKIPPED]
    assert [(f.count, f.detail) for f in skipped] == [(1, "2026-03-29 02:00:00")]


def test_a_clock_that_moves_by_half_an_hour_is_no_exception() -> None:
    day = date(2026, 4, 5)
    assert len(instants(day, 30, LORD_HOWE)) == 49
    content = [
        {"start": at.astimezone(LORD_HOWE).replace(tzinfo=None), "price": n / 1000}
        for n, at in enumerate(instants(day, 30, LORD_HOWE))
    ]
    expect_whole_day(read(content, day, LORD_HOWE), day, 30, LORD_HOWE)


def test_hours_and_quarters_may_follow_each_other() -> None:
    hours, quarters = instants(USUAL_DAY, 60), instants(USUAL_DAY + timedelta(days=1), 15)
    content = [{"start": at.isoformat(), "price": 0.25} for at in (*hours, *quarters)]
    series = read(content, USUAL_DAY)
    assert [slot.duration for slot in series] == (
        [timedelta(hours=1)] * 24 + [timedelta(minutes=15)] * 96
    )
