"""Money in trouble: two sessions at once, late news, turns of the month, other currencies, stations that go."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.billing.tariffs.home import Terms, fixed_tariff
from custom_components.chargestead.model.events import PriceChanged
from custom_components.chargestead.site.costs import CostConfig, Total
from tests.billing.stories import NOON, STATION, ManualClock, after

from .test_costing import KWH, ZONE, House, dynamic, fixed, hours, session_at


@pytest.fixture
async def house(ledger: Ledger, clock: ManualClock) -> AsyncIterator[House]:
    """Return a house with a fixed price of 30 ct."""
    house = await House(clock=clock, ledger=ledger, config=fixed()).begin()
    yield house
    await house.costing.stop()


def total(amount: str, *, provisional: bool = False) -> Total:
    """Return a total."""
    return Total(Decimal(amount), provisional)


async def test_two_open_sessions_of_a_connector_both_count(house: House) -> None:
    first, second = session_at(1), session_at(30, 110)
    await house.start(first)
    await house.read(first, 1200, 110 * KWH)
    await house.start(second)
    await house.read(second, 2400, 115 * KWH)
    await house.pass_time(2400)

    for restarted in (False, True):
        if restarted:
            await house.restart()
        assert house.amount() == Decimal("1.50"), "the newer one is shown"
        assert house.costing.total_cost(STATION, 1) == total("4.50", provisional=True)
        assert house.costing.month_cost() == total("4.50", provisional=True)


async def test_a_session_delivered_late_does_not_take_the_place_of_a_newer_one(
    house: House,
) -> None:
    newer = session_at(600)
    await house.start(newer)
    await house.end(newer, 600 * 60 + 1200, 110 * KWH)
    older = session_at(10, 50)
    await house.start(older)
    older = await house.end(older, 3600, 100 * KWH)

    assert house.amount() == Decimal("3.00")
    assert house.costing.cost_of(older) is None
    assert house.costing.total_cost(STATION, 1) == total("18.00")


async def test_prices_that_mend_an_old_session_leave_the_newest_one_shown(house: House) -> None:
    house.config = dynamic()
    house.costing.configure(house.config)
    house.costing.learn_prices("spot", "EUR", hours(5, "0.20"))
    older, newer = replace(session_at(), started_at=NOON), session_at(301, 110)
    await house.start(older)
    await house.end(older, 3600, 110 * KWH)
    await house.start(newer)
    await house.end(newer, 301 * 60 + 600, 111 * KWH)

    house.costing.learn_prices("spot", "EUR", hours(0, "0.40"))
    await house.settle()

    assert house.amount() == Decimal("0.30")
    assert house.costing.total_cost(STATION, 1) == total("5.30")


async def test_no_look_at_the_sums_finds_a_session_missing_or_counted_twice(house: House) -> None:
    seen: list[tuple[Total | None, Total | None]] = []
    house.costing.subscribe(
        lambda _station: seen.append(
            (house.costing.total_cost(STATION, 1), house.costing.month_cost())
        )
    )
    session = session_at()
    await house.start(session)
    session = await house.read(session, 600, 110 * KWH)
    await house.pass_time(600)
    await house.end(session, 1200, 110 * KWH)

    amounts = [one.amount for pair in seen for one in pair if one is not None]
    assert amounts == sorted(amounts)
    assert seen[-1] == (total("3.00"), total("3.00"))


@pytest.mark.parametrize(
    ("month", "midnight"),
    [
        pytest.param(3, datetime(2026, 3, 31, 22, tzinfo=UTC), id="in summer time"),
        pytest.param(10, datetime(2026, 10, 31, 23, tzinfo=UTC), id="back in winter time"),
    ],
)
async def test_the_month_turns_at_local_midnight(
    house: House, clock: ManualClock, month: int, midnight: datetime
) -> None:
    clock.seconds = (midnight - NOON).total_seconds() - 3600
    session = replace(session_at(), started_at=clock.now())
    await house.pass_time(900)
    await house.start(session)
    await house.end(session, clock.seconds + 60, 110 * KWH)
    assert house.costing.month_cost() == total("3.00")
    assert house.costing.sums is not None
    assert house.costing.sums.month_start.astimezone(ZONE).month == month

    await house.pass_time(2700 + 6)

    assert house.costing.month_cost() == total("0")
    assert house.costing.sums.month_start == midnight
    assert house.costing.total_cost(STATION, 1) == total("3.00")


async def test_amounts_of_another_currency_are_never_added(house: House) -> None:
    session = session_at()
    await house.start(session)
    await house.end(session, 600, 110 * KWH)
    running = session_at(20, 110)
    await house.start(running)
    await house.read(running, 1800, 120 * KWH)
    await house.pass_time(1800)

    crowns = fixed_tariff(Terms(id="home", currency="SEK"), Decimal(2))
    house.config = CostConfig(tariffs={"home": crowns}, default="home", zone=ZONE)
    house.costing.configure(house.config)
    await house.settle()

    assert house.costing.sums is not None
    assert house.costing.sums.currency == "SEK"
    assert house.costing.month_cost() == total("0")
    assert house.costing.total_cost(STATION, 1) == total("0")
    assert house.amount() == Decimal("3.00"), "the running session keeps its euros"


async def test_negative_prices_bring_the_total_down(house: House) -> None:
    session = session_at()
    await house.start(session)
    await house.end(session, 600, 110 * KWH)
    house.config = fixed("-0.10")
    house.costing.configure(house.config)
    second = session_at(20, 110)
    await house.start(second)
    await house.end(second, 1800, 120 * KWH)

    assert house.amount() == Decimal("-1.00")
    assert house.costing.total_cost(STATION, 1) == total("2.00")


async def test_a_removed_station_counts_as_after_a_restart(house: House) -> None:
    session = session_at()
    await house.start(session)
    await house.end(session, 600, 110 * KWH)
    running = session_at(20, 110)
    await house.start(running)
    running = await house.read(running, 1800, 120 * KWH)
    await house.ledger.checkpoint()

    house.costing.forget(STATION)
    await house.settle()

    assert house.costing.month_cost() == total("3.00")
    assert house.costing.total_cost(STATION, 1) is None
    assert house.costing.session_cost(STATION, 1) is None

    house.costing.resume(running)
    house.costing.follow(STATION, 1)
    await house.settle()
    assert house.costing.total_cost(STATION, 1) == total("6.00", provisional=True)


async def test_a_session_left_unrated_for_weeks_is_rated_at_last(
    house: House, clock: ManualClock
) -> None:
    session = session_at()
    await house.start(session)
    await house.costing.stop()
    await house.end(session, 600, 110 * KWH)
    clock.seconds += timedelta(days=20).total_seconds()

    await house.begin()

    assert house.costing.total_cost(STATION, 1) == total("3.00")


async def test_a_running_session_is_told_that_its_price_changed(house: House) -> None:
    house.config = dynamic(vat=Decimal(21), tax_included=False)
    house.costing.configure(house.config)
    house.costing.learn_prices("spot", "EUR", hours(0, "0.20", "0.40", "0.40"))
    session = session_at()
    await house.start(session)
    await house.restart()
    assert [event for event in house.told if isinstance(event, PriceChanged)] == []

    for _ in range(3):
        await house.pass_time(3600 + 6)

    assert [event for event in house.told if isinstance(event, PriceChanged)] == [
        PriceChanged(
            station_id=STATION,
            at=after(3606),
            connector_id=1,
            session_id=session.id,
            currency="EUR",
            price=Decimal("0.6050"),
        )
    ]


async def test_prices_ahead_are_told_with_taxes_and_joined_where_they_are_the_same(
    house: House,
) -> None:
    house.config = dynamic(vat=Decimal(21), tax_included=False)
    house.costing.configure(house.config)
    house.costing.learn_prices("spot", "EUR", hours(0, "0.20", "0.40", "0.40", "-0.30"))
    await house.settle()

    assert [(slot.start, slot.end, str(slot.price)) for slot in house.costing.prices_ahead] == [
        (NOON, after(3600), "0.3630"),
        (after(3600), after(3 * 3600), "0.6050"),
        (after(3 * 3600), after(4 * 3600), "-0.2420"),
    ]
