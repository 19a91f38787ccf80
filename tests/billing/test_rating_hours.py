"""Ratings by the hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
import itertools
import json
import random

import pytest

from custom_components.chargestead.billing.rating.hours import HourShare, by_hour, hour_of
from custom_components.chargestead.model.reading import MeterReading
from tests.billing.stories import NOON, after

KWH = 1_000_000
HOUR = timedelta(hours=1)


def content(*periods: tuple[float, float, int, str], solar: int = 0) -> str:
    """Return a written rating: seconds after noon of start and end, energy in mWh, price per kWh."""
    return json.dumps(
        {
            "periods": [
                {
                    "start": after(start).isoformat(),
                    "end": after(end).isoformat(),
                    "energy": energy,
                    "solar": solar,
                    "charges": [{"kind": "energy", "price": price, "volume": energy}],
                }
                for start, end, energy, price in periods
            ]
        }
    )


def reading(seconds: float, kwh: float) -> MeterReading:
    """Return a reading of a register of so many kWh."""
    return MeterReading(at=after(seconds), register_mwh=round(kwh * KWH))


def test_a_session_within_an_hour_is_in_that_hour() -> None:
    shares = by_hour(content((60, 1800, 5 * KWH, "3/10")), (), Decimal("1.50"), after(1800))
    assert shares == {NOON: HourShare(5 * KWH, 0, Fraction(3, 2))}


def test_energy_is_split_by_what_the_register_read() -> None:
    readings = [reading(0, 100), reading(3600, 109), reading(7200, 110)]
    shares = by_hour(
        content((0, 7200, 10 * KWH, "3/10"), solar=KWH), readings, Decimal("3.00"), after(7200)
    )
    assert shares == {
        NOON: HourShare(9 * KWH, 900_000, Fraction(27, 10)),
        after(3600): HourShare(KWH, 100_000, Fraction(3, 10)),
    }


@pytest.mark.parametrize(
    "readings",
    [
        [],
        [reading(0, 100)],
        [reading(0, 100), reading(3600, 90), reading(7200, 110)],
        [reading(9000, 100), reading(9100, 110)],
    ],
    ids=["none", "one", "replaced register", "elsewhere"],
)
def test_without_a_register_that_tells_energy_is_split_by_time(
    readings: list[MeterReading],
) -> None:
    shares = by_hour(content((1800, 7200, 3 * KWH, "1")), readings, Decimal("3.00"), after(7200))
    assert shares == {
        NOON: HourShare(KWH, 0, Fraction(1)),
        after(3600): HourShare(2 * KWH, 0, Fraction(2)),
    }


def test_time_costs_without_energy_are_split_by_time() -> None:
    hour = 3_600_000_000
    text = json.dumps(
        {
            "periods": [
                {
                    "start": after(1800).isoformat(),
                    "end": after(5400).isoformat(),
                    "energy": 0,
                    "charges": [{"kind": "parking_time", "price": "6", "volume": hour}],
                }
            ]
        }
    )
    shares = by_hour(text, [reading(0, 1), reading(9000, 1)], Decimal("6.00"), after(5400))
    assert {hour: share.cost for hour, share in shares.items()} == {
        NOON: Fraction(3),
        after(3600): Fraction(3),
    }


def test_limits_and_rounding_belong_to_the_last_hour() -> None:
    shares = by_hour(content((0, 7200, 2 * KWH, "1/3")), (), Decimal("0.50"), after(7200))
    assert [share.cost for share in shares.values()] == [Fraction(1, 3), Fraction(1, 6)]


def test_a_minimum_price_without_any_period_is_in_the_hour_of_the_end() -> None:
    shares = by_hour("{}", (), Decimal("1.00"), after(4000))
    assert shares == {after(3600): HourShare(cost=Fraction(1))}


def test_nothing_is_after_the_end() -> None:
    shares = by_hour(content((0, 10800, 3 * KWH, "1")), (), Decimal("3.00"), after(3599))
    assert shares == {NOON: HourShare(3 * KWH, 0, Fraction(3))}


def test_a_moment_without_duration_has_its_hour() -> None:
    shares = by_hour(content((10, 10, KWH, "1")), (), Decimal(1), after(10))
    assert shares == {NOON: HourShare(KWH, 0, Fraction(1))}


def test_what_is_no_rating_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        by_hour("nonsense", (), Decimal(0), NOON)


def test_hours_always_add_up() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    for _ in range(300):
        edges = sorted(rng.uniform(0, 200_000) for _ in range(rng.randint(2, 8)))
        periods = [
            (start, end, rng.randint(0, 20 * KWH), f"{rng.randint(-50, 90)}/{rng.randint(1, 99)}")
            for start, end in itertools.pairwise(edges)
        ]
        readings, register = [], 0.0
        for at in sorted(rng.uniform(0, 200_000) for _ in range(rng.randint(0, 20))):
            register += rng.uniform(0, 3)
            readings.append(reading(at, register))
        printed = Decimal(rng.randint(-5000, 5000)) / 100
        shares = by_hour(content(*periods), readings, printed, after(edges[-1]))
        assert sum(share.energy_mwh for share in shares.values()) == sum(
            energy for _, _, energy, _ in periods
        )
        assert sum(share.cost for share in shares.values()) == Fraction(printed)
        assert all(share.energy_mwh >= 0 for share in shares.values())
        assert all(hour_of(hour) == hour for hour in shares)


def test_the_hours_of_a_day_with_25_of_them_are_all_there() -> None:
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    seconds = (start - NOON).total_seconds()
    shares = by_hour(
        content((seconds, seconds + 25 * 3600, 25 * KWH, "1")), (), Decimal(25), start + 25 * HOUR
    )
    assert list(shares) == [start + number * HOUR for number in range(25)]
    assert {share.energy_mwh for share in shares.values()} == {KWH}
