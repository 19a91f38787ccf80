"""Nothing a price source tells makes the reader fail, and nothing doubtful becomes a price."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, override
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.chargestead.billing.prices import (
    FindingKind,
    PriceHints,
    PriceReading,
    read_prices,
)
from custom_components.chargestead.billing.prices.shapes import END_KEYS, START_KEYS, VALUE_KEYS

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
T0 = datetime(2026, 11, 25, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENDS_OF_TIME = (datetime.min, datetime.max)  # noqa: DTZ901 - a source may tell naive ones


def hours(*prices: object, start: datetime = T0) -> list[dict[str, object]]:
    return [
        {"start": start + n * HOUR, "end": start + (n + 1) * HOUR, "price": price}
        for n, price in enumerate(prices)
    ]


def read(content: object, **hints: Any) -> PriceReading:  # noqa: ANN401 - any hint there is
    return read_prices(content, PriceHints(zone=BERLIN, **({"unit_text": "EUR/kWh"} | hints)), NOW)


def kinds(reading: PriceReading) -> dict[FindingKind, int]:
    return {finding.kind: finding.count for finding in reading.findings}


def prices(reading: PriceReading) -> list[str]:
    return [str(slot.price) for slot in reading.series]


def test_negative_and_zero_prices_are_prices() -> None:
    reading = read(hours(-0.5, 0, -0.0, "-0,001"))
    assert prices(reading) == ["-0.5", "0", "0", "-0.001"]
    assert kinds(reading) == {}


@pytest.mark.parametrize("absurd", [1000, -26, 25.01, "99999", 5000])
def test_a_price_no_kilowatt_hour_ever_had_stays_unknown(absurd: object) -> None:
    reading = read(hours(0.1, absurd, 0.3))
    assert reading.series.price_at(T0 + HOUR) is None
    assert prices(reading) == ["0.1", "0.3"]
    assert kinds(reading) == {FindingKind.PRICE_ABSURD: 1, FindingKind.GAP: 1}


def test_what_is_absurd_depends_on_the_currency() -> None:
    reading = read(hours(38.5, 41), unit_text="HUF/kWh")
    assert prices(reading) == ["38.5", "41"]
    assert reading.currency == "HUF"


@pytest.mark.parametrize("value", [None, "unknown", "unavailable", "", "n/a"])
def test_a_price_that_is_not_there_yet_is_a_gap(value: object) -> None:
    reading = read(hours(0.1, value, 0.3))
    assert prices(reading) == ["0.1", "0.3"]
    assert kinds(reading) == {FindingKind.PRICE_MISSING: 1, FindingKind.GAP: 1}


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        "NaN",
        "-Infinity",
        "cheap",
        True,
        [],
        {"x": 1},
        "1e999999",
        10**30,
        b"1",
        "0x1F",
    ],
    ids=repr,
)
def test_a_price_that_is_no_number_is_a_gap(value: object) -> None:
    reading = read(hours(0.1, value, 0.3))
    assert prices(reading) == ["0.1", "0.3"]
    assert kinds(reading) == {FindingKind.PRICE_UNREADABLE: 1, FindingKind.GAP: 1}


class Unspeakable:
    """A value that cannot even be shown."""

    @override
    def __repr__(self) -> str:
        """Fail."""
        raise RuntimeError("unspeakable")


def test_a_value_that_cannot_be_shown_is_told_of_by_its_error() -> None:
    reading = read(hours(0.1, Unspeakable()))
    assert [(f.kind, f.detail) for f in reading.findings] == [
        (FindingKind.PRICE_UNREADABLE, "RuntimeError")
    ]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, 2, 30)),  # noqa: DTZ001 - skipped by the clock
        (datetime(2026, 3, 29), datetime.max),  # noqa: DTZ001, DTZ901 - out of all reason
        (datetime(2026, 3, 29, tzinfo=UTC), datetime.max.replace(tzinfo=BERLIN)),
    ],
)
def test_an_end_that_never_comes_is_none(start: datetime, end: datetime) -> None:
    reading = read([{"start": start, "end": end, "price": 0.1}])
    assert not reading.series.slots
    assert kinds(reading) == {FindingKind.NO_END: 1, FindingKind.NO_PRICES: 1}


def test_of_many_that_start_together_each_holds_where_no_shorter_one_does() -> None:
    entries = [
        {"start": T0, "end": T0 + n * HOUR / 4, "price": Decimal(n) / 100} for n in range(40, 0, -1)
    ]
    reading = read(entries)
    assert [(s.start, s.price) for s in reading.series] == [
        (T0 + (n - 1) * HOUR / 4, Decimal(n) / 100) for n in range(1, 41)
    ]
    assert kinds(reading) == {FindingKind.OVERLAP: 39}


def test_decimals_are_taken_as_written() -> None:
    reading = read(hours(0.1 + 0.2, 0.07, "0.1234567890123456", Decimal("0.30"), 1e-05))
    assert prices(reading) == [
        "0.30000000000000004",
        "0.07",
        "0.1234567890123456",
        "0.30",
        "0.00001",
    ]


def test_a_gap_stays_unknown_though_no_ends_are_told() -> None:
    starts = [T0 + n * HOUR for n in (0, 1, 2, 5, 6)]
    reading = read([{"start": at, "price": 0.1} for at in starts])
    assert reading.series.price_at(T0 + 3 * HOUR) is None
    assert reading.series.price_at(T0 + 2.99 * HOUR) == Decimal("0.1")
    assert [f.at for f in reading.findings] == [T0 + 3 * HOUR]
    assert kinds(reading) == {FindingKind.GAP: 1}


def test_the_later_told_of_two_prices_for_the_same_hour_holds() -> None:
    reading = read(hours(0.1, 0.2) + hours(0.15))
    assert prices(reading) == ["0.15", "0.2"]
    assert kinds(reading) == {FindingKind.OVERLAP: 1}


def test_repetition_is_nothing_to_tell_of() -> None:
    reading = read(hours(0.1, 0.2) + hours(0.1, 0.2))
    assert prices(reading) == ["0.1", "0.2"]
    assert kinds(reading) == {}


def test_the_finer_of_two_overlapping_prices_holds_whichever_came_first() -> None:
    quarter = {"start": T0 + HOUR / 4, "end": T0 + HOUR / 2, "price": 0.9}
    for content in ([quarter, *hours(0.1)], [*hours(0.1), quarter]):
        reading = read(content)
        assert prices(reading) == ["0.1", "0.9", "0.1"]
        assert kinds(reading) == {FindingKind.OVERLAP: 1}


def test_a_slot_ends_where_the_next_as_long_starts() -> None:
    reading = read(hours(0.1) + hours(0.2, start=T0 + HOUR / 2))
    assert [(s.start, s.end) for s in reading.series] == [
        (T0, T0 + HOUR / 2),
        (T0 + HOUR / 2, T0 + 1.5 * HOUR),
    ]
    assert kinds(reading) == {FindingKind.OVERLAP: 1}


@pytest.mark.parametrize("end", [T0, T0 - HOUR, T0 + timedelta(days=400), "soon", None])
def test_a_lone_price_without_a_sensible_end_is_not_believed(end: object) -> None:
    reading = read([{"start": T0, "end": end, "price": 0.1}])
    assert not reading.series.slots
    assert kinds(reading) == {FindingKind.NO_END: 1, FindingKind.NO_PRICES: 1}


@pytest.mark.parametrize(
    "start",
    [None, "", "tomorrow", "2026-13-01T00:00:00Z", -5, 1e300, [], *ENDS_OF_TIME],
    ids=repr,
)
def test_a_time_that_is_none_costs_its_own_price_only(start: object) -> None:
    reading = read([{"start": start, "end": T0 + HOUR, "price": 0.5}, *hours(0.1, 0.2)])
    assert prices(reading) == ["0.1", "0.2"]
    assert kinds(reading) == {FindingKind.TIME_UNREADABLE: 1}


def test_times_of_different_zones_are_put_in_one_order() -> None:
    told = [
        (T0 + HOUR).astimezone(BERLIN),
        T0.isoformat(),
        (T0 + 3 * HOUR).astimezone(ZoneInfo("America/New_York")).isoformat(),
        (T0 + 2 * HOUR).astimezone(BERLIN).replace(tzinfo=None),
    ]
    reading = read([{"start": at, "price": n / 10} for n, at in enumerate(told)])
    assert [slot.start for slot in reading.series] == [T0 + n * HOUR for n in range(4)]
    assert prices(reading) == ["0.1", "0", "0.3", "0.2"]
    assert kinds(reading) == {}


def test_prices_in_another_currency_are_not_taken() -> None:
    reading = read(hours(0.1), unit_text="SEK/kWh", currency="EUR")
    assert not reading.series.slots
    assert reading.currency == "EUR"
    found = {finding.kind: finding.detail for finding in reading.findings}
    assert found[FindingKind.CURRENCY_DIFFERS] == "SEK, EUR"


def test_a_currency_that_changes_between_lists_is_told() -> None:
    reading = read(
        {
            "raw_today": {"currency": "EUR", "prices": hours(0.1, 0.2)},
            "raw_tomorrow": {"currency": "SEK", "prices": hours(1.1, start=T0 + 24 * HOUR)},
        },
        unit_text=None,
    )
    assert reading.currency == "EUR"
    assert prices(reading) == ["0.1", "0.2"]
    assert kinds(reading)[FindingKind.CURRENCY_DIFFERS] == 1


def test_without_a_unit_a_plausible_price_is_per_kilowatt_hour_and_that_is_told() -> None:
    reading = read(hours(0.1, 0.2), unit_text=None)
    assert prices(reading) == ["0.1", "0.2"]
    assert kinds(reading) == {FindingKind.UNIT_GUESSED: 1}


def test_without_a_unit_what_could_be_cents_or_megawatt_hours_stays_unknown() -> None:
    reading = read(hours(30.5, 28.1), unit_text=None)
    assert not reading.series.slots
    assert kinds(reading) == {FindingKind.UNIT_UNKNOWN: 1, FindingKind.NO_PRICES: 1}


def test_one_of_several_series_is_taken_and_the_choice_is_told() -> None:
    content = {"SE3": hours(0.1), "SE4": hours(0.9)}
    reading = read(content)
    assert prices(reading) == ["0.1"]
    assert [f.detail for f in reading.findings] == ["SE3, SE4"]
    chosen = read(content, box="se4")
    assert prices(chosen) == ["0.9"]
    assert kinds(chosen) == {}


def test_prices_of_other_things_are_not_taken() -> None:
    content = {"gas_prices": hours(1.2), "export_rates": hours(0.05), "prices": hours(0.3)}
    assert prices(read(content)) == ["0.3"]
    assert prices(read(content, box="export_rates")) == ["0.05"]


def test_a_chosen_value_is_taken_of_entries_with_several() -> None:
    entries = [{**hour, "price_excl_tax": 0.01} for hour in hours(0.3, 0.4)]
    assert prices(read(entries, value_key="price_excl_tax")) == ["0.01", "0.01"]


def test_more_than_any_source_has_is_cut_off_and_told() -> None:
    reading = read([{"start": T0 + n * HOUR, "price": 0.1} for n in range(6000)])
    assert len(reading.series) == 5000
    assert kinds(reading) == {FindingKind.TOO_MUCH: 1}


def test_depth_without_end_is_cut_off() -> None:
    content: dict[str, object] = {}
    content["prices"] = content
    assert FindingKind.TOO_MUCH in kinds(read(content))
    assert FindingKind.NO_PRICES in kinds(read("[" * 100_000))


@pytest.mark.parametrize(
    "content",
    [None, 0, "", "unavailable", b"[]", [], {}, [[]], [None], {"today": []}, {"today": [None] * 24}, object(),
     {"today": ["a"] * 24}, {"prices": {"today": None}}, {1: 2, None: None}, [1, [2, 3], {}]],
)  # fmt: skip
def test_nothing_in_nothing_out(content: object) -> None:
    reading = read(content)
    assert not reading.series.slots
    assert FindingKind.NO_PRICES in kinds(reading)


_MOMENTS = st.one_of(
    st.datetimes(),
    st.datetimes(timezones=st.sampled_from([UTC, BERLIN, ZoneInfo("Asia/Kathmandu")])),
    st.datetimes(datetime(2026, 10, 24), datetime(2026, 10, 26)),  # noqa: DTZ001 - naive is the point
    st.datetimes(datetime(2026, 10, 24), datetime(2026, 10, 26)).map(str),  # noqa: DTZ001 - likewise
    st.integers(-(10**15), 10**15),
    st.floats(),
    st.dates(),
)
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(max_size=12), st.binary(max_size=4)
)  # fmt: skip
_ENTRIES = st.dictionaries(
    st.sampled_from([*START_KEYS, *END_KEYS, *VALUE_KEYS, "date", "currency", "unit"]),
    st.one_of(_MOMENTS, _SCALARS, st.floats(-1, 1), st.just("EUR"), st.just("ct/kWh")),
    max_size=6,
)
_CONTENT = st.recursive(
    st.one_of(_SCALARS, _MOMENTS, _ENTRIES, st.lists(_ENTRIES, max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.dictionaries(
            st.one_of(
                st.sampled_from(["prices", "raw_today", "tomorrow", "SE3", "price_02h_d", "price_next_day_00h"]),
                st.text(max_size=5), st.integers(), _MOMENTS.filter(lambda one: one == one),  # noqa: PLR0124 - no NaN
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(
    content=_CONTENT,
    unit_text=st.sampled_from([None, "EUR/kWh", "ct/kWh", "SEK/MWh", "x"]),
    day=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
)
def test_any_content_gives_ordered_disjoint_finite_slots(
    content: object, unit_text: str | None, day: date
) -> None:
    now = datetime.combine(day, datetime.min.time(), UTC)
    reading = read_prices(content, PriceHints(zone=BERLIN, unit_text=unit_text), now)
    for slot in reading.series:
        assert slot.start < slot.end
        assert slot.price.is_finite()
        assert abs(slot.price) <= 25 * 1500
    for before, after in pairwise(reading.series.slots):
        assert before.end <= after.start
    for finding in reading.findings:
        assert finding.count >= 1
        assert len(finding.detail) <= 80


@settings(max_examples=300, deadline=None)
@given(
    told=st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(-3, 3)),
        min_size=1,
        max_size=25,
    )
)
def test_of_overlapping_slots_the_shorter_then_the_later_holds(
    told: list[tuple[int, int, int]],
) -> None:
    quarter = timedelta(minutes=15)
    series = read(
        [
            {"start": T0 + start * quarter, "end": T0 + (start + length) * quarter, "price": price}
            for start, length, price in told
        ]
    ).series
    for n in range(53):
        holding = [
            (length, -start, -order, price)
            for order, (start, length, price) in enumerate(told)
            if start <= n < start + length
        ]
        wanted = Decimal(min(holding)[-1]) if holding else None
        assert series.price_at(T0 + n * quarter) == wanted


@settings(max_examples=300, deadline=None)
@given(
    told=st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(-3, 3)),
        min_size=1,
        max_size=25,
    )
)
def test_the_order_of_a_list_decides_between_equals_only(told: list[tuple[int, int, int]]) -> None:
    quarter = timedelta(minutes=15)

    def content(order: list[tuple[int, int, int]]) -> list[dict[str, object]]:
        return [
            {"start": T0 + start * quarter, "end": T0 + (start + length) * quarter, "price": price}
            for start, length, price in order
        ]

    once = {(start, length): (start, length, price) for start, length, price in told}
    assert read(content(told)).series == read(content(list(once.values()))).series
    forth, back = sorted(once.values()), sorted(once.values(), reverse=True)
    assert read(content(forth)).series == read(content(back)).series
