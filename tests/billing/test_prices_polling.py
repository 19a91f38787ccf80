"""Sources are asked when there is something to learn, and left alone otherwise."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from custom_components.chargestead.billing.prices import PollRhythm, next_poll, tomorrow_is_known
from custom_components.chargestead.billing.prices.moments import local_day
from custom_components.chargestead.model.price import NO_PRICES, PriceSeries, PriceSlot

BERLIN = ZoneInfo("Europe/Berlin")
LISBON = ZoneInfo("Europe/Lisbon")
TODAY = date(2026, 11, 25)
RHYTHM = PollRhythm()


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 25, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def known(*days: date, zone: ZoneInfo = BERLIN) -> PriceSeries:
    return PriceSeries(tuple(PriceSlot(*local_day(day, zone), Decimal(1)) for day in days))


ONLY_TODAY = known(TODAY)
BOTH = known(TODAY, TODAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("now", "series", "expected"),
    [
        (at(3), ONLY_TODAY, at(4)),
        (at(12, 30), ONLY_TODAY, at(13)),
        (at(12, 59), ONLY_TODAY, at(13)),
        (at(13), ONLY_TODAY, at(13, 10)),
        (at(14, 55), ONLY_TODAY, at(15, 5)),
        (at(15), ONLY_TODAY, at(16)),
        (at(13), NO_PRICES, at(13, 10)),
        (at(13), BOTH, at(14)),
        (at(12, 30), BOTH, at(13, 30)),
        (at(23, 30), BOTH, at(23, 30) + timedelta(hours=1)),
    ],
)
def test_tomorrow_is_asked_for_often_only_while_it_is_due(
    now: datetime, series: PriceSeries, expected: datetime
) -> None:
    assert next_poll(now, series, 0, BERLIN, RHYTHM) == expected


def test_a_source_that_fails_is_asked_ever_less_often() -> None:
    waits = [
        (next_poll(at(13), ONLY_TODAY, failures, BERLIN, RHYTHM) - at(13)).total_seconds() / 60
        for failures in (1, 2, 3, 4, 5, 6, 7, 8, 100_000)
    ]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_houses_do_not_ask_in_the_same_second() -> None:
    rhythm = PollRhythm(spread=timedelta(seconds=37))
    assert next_poll(at(12, 30), ONLY_TODAY, 0, BERLIN, rhythm) == at(13) + timedelta(seconds=37)
    assert next_poll(at(3), ONLY_TODAY, 1, BERLIN, rhythm) == at(3, 1) + timedelta(seconds=37)


def test_a_source_without_a_tomorrow_is_asked_in_its_own_rhythm() -> None:
    rhythm = PollRhythm(usual=timedelta(minutes=15), day_ahead=False)
    assert next_poll(at(13), ONLY_TODAY, 0, BERLIN, rhythm) == at(13, 15)


def test_tomorrow_is_known_though_the_market_day_is_not_the_house_day() -> None:
    market = known(TODAY, TODAY + timedelta(days=1))
    assert tomorrow_is_known(at(14), market, LISBON)
    assert not tomorrow_is_known(at(14), ONLY_TODAY, LISBON)


def test_tomorrow_with_a_hole_is_not_known() -> None:
    start, end = local_day(TODAY + timedelta(days=1), BERLIN)
    noon = start + timedelta(hours=12)
    holed = PriceSeries(
        (
            PriceSlot(start, noon, Decimal(1)),
            PriceSlot(noon + timedelta(hours=1), end, Decimal(1)),
        )
    )
    assert not tomorrow_is_known(at(14), holed, BERLIN)


@pytest.mark.parametrize("day", [date(2026, 10, 24), date(2026, 3, 28)], ids=str)
def test_the_day_before_the_clock_is_changed_is_no_exception(day: date) -> None:
    now = datetime(day.year, day.month, day.day, 14, tzinfo=BERLIN).astimezone(UTC)
    assert tomorrow_is_known(now, known(day + timedelta(days=1)), BERLIN)
    assert next_poll(now, known(day), 0, BERLIN, RHYTHM) == now + timedelta(minutes=10)
