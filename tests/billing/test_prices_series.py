"""A price series knows what it knows, and nothing else."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.chargestead.model.price import NO_PRICES, PriceSeries, PriceSlot

T0 = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: int) -> datetime:
    return T0 + minutes * MINUTE


def slot(start: int, end: int, price: str) -> PriceSlot:
    return PriceSlot(at(start), at(end), Decimal(price))


def series(*slots: tuple[int, int, str]) -> PriceSeries:
    return PriceSeries(tuple(slot(*one) for one in slots))


@st.composite
def some_series(draw: st.DrawFn) -> PriceSeries:
    moments = sorted(draw(st.sets(st.integers(0, 60), max_size=16)))
    pairs = [(a, b) for a, b in pairwise(moments) if draw(st.booleans())]
    return PriceSeries(tuple(slot(a, b, str(draw(st.integers(-5, 5)))) for a, b in pairs))


def minute_by_minute(prices: PriceSeries) -> list[Decimal | None]:
    """Look a price up the slow way, by comparing with each slot."""
    return [
        next((one.price for one in prices.slots if one.start <= at(m) < one.end), None)
        for m in range(62)
    ]


def test_a_slot_holds_at_its_start_and_no_longer_at_its_end() -> None:
    prices = series((0, 15, "0.1"), (15, 30, "0.2"))
    assert prices.price_at(at(0)) == Decimal("0.1")
    assert prices.price_at(at(15) - timedelta(microseconds=1)) == Decimal("0.1")
    assert prices.price_at(at(15)) == Decimal("0.2")
    assert prices.price_at(at(30)) is None
    assert prices.price_at(at(0) - MINUTE) is None


def test_nothing_is_known_of_an_empty_series() -> None:
    assert NO_PRICES.price_at(T0) is None
    assert NO_PRICES.start is None
    assert NO_PRICES.end is None
    assert NO_PRICES.edges(at(0), at(60)) == ()
    assert [span.price for span in NO_PRICES.spans(at(0), at(60))] == [None]


def test_edges_include_where_a_gap_starts_and_count_a_shared_edge_once() -> None:
    prices = series((0, 15, "1"), (15, 30, "2"), (45, 60, "3"))
    assert prices.edges(at(0), at(60)) == (at(0), at(15), at(30), at(45))
    assert prices.edges(at(15), at(45)) == (at(15), at(30))
    assert prices.edges(at(30), at(31)) == (at(30),)
    assert prices.edges(at(60), at(61)) == (at(60),)
    assert prices.edges(at(5), at(5)) == ()


def test_a_piece_of_a_series_is_cut_to_size() -> None:
    prices = series((0, 15, "1"), (15, 30, "2"), (45, 60, "3"))
    assert prices.between(at(10), at(50)) == series((10, 15, "1"), (15, 30, "2"), (45, 50, "3"))


def test_spans_leave_nothing_out() -> None:
    prices = series((0, 15, "1"), (45, 60, "3"))
    spans = list(prices.spans(at(-5), at(70)))
    assert [(s.start, s.end, s.price) for s in spans] == [
        (at(-5), at(0), None),
        (at(0), at(15), Decimal(1)),
        (at(15), at(45), None),
        (at(45), at(60), Decimal(3)),
        (at(60), at(70), None),
    ]
    assert prices.covers(at(0), at(15))
    assert not prices.covers(at(0), at(16))


def test_newer_slots_cut_older_ones() -> None:
    prices = series((0, 60, "1")).with_slots(series((15, 30, "2")))
    assert prices == series((0, 15, "1"), (15, 30, "2"), (30, 60, "1"))


@pytest.mark.parametrize(
    ("start", "end", "price"),
    [
        (at(1), at(1), Decimal(1)),
        (at(1), at(0), Decimal(1)),
        (at(0), at(1), Decimal("NaN")),
        (at(0), at(1), Decimal("Infinity")),
        (at(0).replace(tzinfo=None), at(1).replace(tzinfo=None), Decimal(1)),
    ],
)
def test_what_nothing_can_be_priced_by_is_refused(
    start: datetime, end: datetime, price: Decimal
) -> None:
    with pytest.raises(ValueError, match=r"slot|price"):
        PriceSlot(start, end, price)


def test_overlapping_and_unordered_slots_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        series((0, 16, "1"), (15, 30, "2"))
    with pytest.raises(ValueError, match="out of order"):
        series((15, 30, "2"), (0, 15, "1"))


@given(older=some_series(), newer=some_series())
def test_laying_over_is_the_newer_price_else_the_older(
    older: PriceSeries, newer: PriceSeries
) -> None:
    wanted = [
        old if new is None else new
        for old, new in zip(minute_by_minute(older), minute_by_minute(newer), strict=True)
    ]
    laid = older.with_slots(newer)
    assert minute_by_minute(laid) == wanted
    assert [laid.price_at(at(m)) for m in range(62)] == wanted


@given(prices=some_series(), start=st.integers(-2, 61), length=st.integers(1, 62))
def test_spans_tile_the_time_and_agree_with_looking_up(
    prices: PriceSeries, start: int, length: int
) -> None:
    spans = list(prices.spans(at(start), at(start + length)))
    assert spans[0].start == at(start)
    assert spans[-1].end == at(start + length)
    assert all(one.end == two.start for one, two in pairwise(spans))
    for span in spans:
        assert span.price == prices.price_at(span.start)
        assert span.price == prices.price_at(span.end - timedelta(microseconds=1))
    starts = {span.start for span in spans}
    edges = set(prices.edges(at(start), at(start + length)))
    assert starts - {at(start)} <= edges
    assert edges <= starts
