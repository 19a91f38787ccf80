"""What the ledger keeps besides what stations tell."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
import random

import pytest
from sqlalchemy import Connection, create_engine, event

from custom_components.chargestead.billing.ledger import (
    Activity,
    CostSum,
    KeptSession,
    Ledger,
    PricesLearned,
    SessionAssigned,
    SessionCost,
    SessionFilter,
    SessionPriced,
    SolarLearned,
    TariffUsed,
    fact_queries,
)
from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.money import Cost
from custom_components.chargestead.model.price import NO_PRICES, PriceSeries, PriceSlot
from custom_components.chargestead.model.session import SessionFlag
from custom_components.chargestead.model.station import ConnectorStatus

from .stories import (
    NOON,
    STATION,
    ManualClock,
    after,
    ended,
    keep,
    make_session,
    tell_end,
    tell_start,
)


def slot(start: float, end: float, price: str) -> PriceSlot:
    """Return a slot between two seconds after noon."""
    return PriceSlot(after(start), after(end), Decimal(price))


def learned(*slots: PriceSlot, currency: str = "EUR", source: str = "spot") -> PricesLearned:
    """Return that a source quotes prices."""
    return PricesLearned(at=NOON, source=source, currency=currency, slots=slots)


def amounts(net: str, gross: str, currency: str = "EUR") -> Cost:
    """Return a printed cost."""
    return Cost(
        currency=currency,
        before_taxes=Decimal(net),
        taxes=Decimal(gross) - Decimal(net),
        after_taxes=Decimal(gross),
    )


def costing(net: str = "1.00", gross: str = "1.21", **changes: object) -> SessionCost:
    """Return what a session of 10 kWh, 4 of them solar, costs."""
    base = SessionCost(
        cost=amounts(net, gross),
        digits=2,
        energy_mwh=10_000_000,
        solar_mwh=4_000_000,
        unpriced_mwh=0,
        provisional=frozenset(),
        method="1",
        content='{"periods":[]}',
        rated_at=after(9),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def priced(
    cost: SessionCost, session_id: str = "session-1", tariff: str | None = "home:1"
) -> SessionPriced:
    """Return that a session was rated."""
    return SessionPriced(at=after(9), session_id=session_id, tariff_uid=tariff, cost=cost)


def provisional(cost: SessionCost, *reasons: str) -> SessionCost:
    """Return a cost that may still change."""
    return replace(cost, provisional=frozenset(reasons), cost=replace(cost.cost, provisional=True))


async def kept(ledger: Ledger, session_id: str = "session-1") -> KeptSession:
    """Return a session that is there."""
    found = await ledger.kept_session(session_id)
    assert found is not None
    return found


async def test_a_cost_comes_back_to_the_cent_after_a_restart(url: str, clock: ManualClock) -> None:
    ledger = await Ledger.open(url, clock=clock)
    session = ended(make_session(), 900, 15_000_000)
    keep(ledger, tell_end(session))
    await keep(ledger, priced(costing("-0.03", "-0.04", unpriced_mwh=7)))
    await ledger.close()

    ledger = await Ledger.open(url, clock=clock)
    found = await kept(ledger)
    await ledger.close()

    assert found.session == session
    assert found.tariff_uid == "home:1"
    assert found.cost == costing("-0.03", "-0.04", unpriced_mwh=7, revision=1)
    assert found.cost is not None
    assert found.cost.average_price == Decimal("-0.0040")
    assert found.cost.solar_share == Fraction(2, 5)


async def test_a_session_never_rated_has_no_cost(ledger: Ledger) -> None:
    await keep(ledger, tell_start(make_session()))

    assert (await kept(ledger)).cost is None
    assert costing(energy_mwh=0).average_price is None
    assert await ledger.kept_session("nobody") is None
    assert await ledger.cost_sums() == []


async def test_a_provisional_cost_is_overwritten_and_an_exact_one_superseded(
    ledger: Ledger,
) -> None:
    keep(ledger, tell_end(ended(make_session(), 900, 15_000_000)))
    first, second, third = costing("1.00", "1.00"), costing("2.00", "2.00"), costing("3.00", "3.00")
    keep(ledger, priced(provisional(first, "open")))
    await keep(ledger, priced(second))
    assert (await kept(ledger)).cost == replace(second, revision=1)
    assert await ledger.past_costs("session-1") == []

    await keep(ledger, priced(third))

    assert (await kept(ledger)).cost == replace(third, revision=2)
    assert await ledger.past_costs("session-1") == [replace(second, revision=1)]


async def test_rating_the_same_again_supersedes_nothing(ledger: Ledger) -> None:
    keep(ledger, tell_end(ended(make_session(), 900, 15_000_000)))
    for seconds in range(3):
        await keep(ledger, priced(costing(rated_at=after(seconds))))

    assert (await kept(ledger)).cost == costing(rated_at=after(0), revision=1)
    assert await ledger.past_costs("session-1") == []


async def test_the_cost_of_a_session_nobody_knows_is_refused_and_harms_no_other(
    ledger: Ledger,
) -> None:
    bad = keep(ledger, priced(costing(), "nobody"))
    good = keep(ledger, tell_start(make_session()))

    with pytest.raises(LedgerError, match="nobody"):
        await bad
    await good
    assert ledger.diagnostics()["refused"] == 1
    assert ledger.healthy


async def test_an_amount_finer_than_its_currency_is_refused_rather_than_rounded(
    ledger: Ledger,
) -> None:
    keep(ledger, tell_start(make_session()))
    with pytest.raises(LedgerError, match="decimals"):
        await keep(ledger, priced(costing("1.005", "1.005")))
    assert (await kept(ledger)).cost is None


async def test_costs_add_up_by_currency_and_month(ledger: Ledger) -> None:
    for number, cost in enumerate(
        (
            costing("0.10", "0.12"),
            provisional(costing("0.20", "0.24"), "unknown_price"),
            replace(costing(), cost=amounts("100", "120", "JPY"), digits=0),
        ),
        start=1,
    ):
        keep(ledger, tell_end(ended(make_session(number), 60 * number + 600, 15_000_000)))
        await keep(ledger, priced(cost, f"session-{number}"))

    assert await ledger.cost_sums() == [
        CostSum(
            currency="EUR",
            sessions=2,
            provisional=1,
            before_taxes=Decimal("0.30"),
            after_taxes=Decimal("0.36"),
            energy_mwh=20_000_000,
            solar_mwh=8_000_000,
        ),
        CostSum(
            currency="JPY",
            sessions=1,
            provisional=0,
            before_taxes=Decimal(100),
            after_taxes=Decimal(120),
            energy_mwh=10_000_000,
            solar_mwh=4_000_000,
        ),
    ]
    first = SessionFilter(ended_from=after(600), ended_before=after(661))
    assert [item.after_taxes for item in await ledger.cost_sums(first)] == [Decimal("0.12")]
    unpriced = frozenset({"unknown_price"})
    assert [
        [item.session.id for item in await ledger.provisional_sessions(reasons, since)]
        for reasons, since in (
            (unpriced, NOON),
            (unpriced | {"unknown_solar"}, NOON),
            (frozenset({"unknown_solar"}), NOON),
            (unpriced, after(9000)),
        )
    ] == [["session-2"], ["session-2"], [], []]


async def test_sessions_come_with_their_costs_newest_first_and_in_pages(ledger: Ledger) -> None:
    for number in (1, 2, 3):
        keep(ledger, tell_start(make_session(number)))
    await keep(ledger, priced(costing(), "session-2"))

    page = await ledger.kept_sessions(limit=2, offset=1)

    assert [(item.session.id, item.cost is not None) for item in page] == [
        ("session-2", True),
        ("session-1", False),
    ]


async def test_who_charged_can_be_said_later_and_the_trail_is_kept(ledger: Ledger) -> None:
    keep(ledger, tell_start(make_session(1, flags=frozenset({SessionFlag.ORPHAN}))))
    trail = [
        SessionAssigned(
            at=after(1), session_id="session-1", driver_id="anna", vehicle_id=None, actor="me"
        ),
        SessionAssigned(at=after(1), session_id="session-1", driver_id=None, vehicle_id="car"),
    ]
    for fact in trail:
        await keep(ledger, fact)

    assert await ledger.assignments("session-1") == trail
    found = await kept(ledger)
    assert (found.driver_id, found.vehicle_id) == (None, "car")
    assert len(await ledger.kept_sessions(SessionFilter(vehicle_id="car"))) == 1
    assert await ledger.kept_sessions(SessionFilter(driver_id="anna")) == []


async def test_what_a_connector_did_is_told_from_before_the_start_on(ledger: Ledger) -> None:
    def doing(
        seconds: float, status: ConnectorStatus | None, *, held: bool = False, connector: int = 1
    ) -> Activity:
        return Activity(
            at=after(seconds), station_id=STATION, connector_id=connector, status=status, held=held
        )

    story = [
        doing(0, ConnectorStatus.AVAILABLE),
        doing(10, ConnectorStatus.CHARGING),
        doing(20, ConnectorStatus.SUSPENDED_EVSE, held=True),
        doing(30, None),
        doing(40, ConnectorStatus.FINISHING),
    ]
    for fact in (*story, doing(15, ConnectorStatus.FAULTED, connector=2), *story):
        await keep(ledger, fact)

    assert await ledger.activities(STATION, 1, after(15), after(40)) == story[1:4]
    assert await ledger.activities(STATION, 1, after(-9), after(-5)) == []
    corrected = doing(20, ConnectorStatus.SUSPENDED_EV)
    await keep(ledger, corrected)
    assert await ledger.activities(STATION, 1, after(20), after(25)) == [corrected]


async def test_a_tariff_once_used_is_never_changed(ledger: Ledger) -> None:
    await keep(ledger, TariffUsed(at=NOON, uid="home:1", content="{}"))
    await keep(ledger, TariffUsed(at=NOON, uid="home:1", content='{"other":1}'))

    assert await ledger.tariff("home:1") == "{}"
    assert await ledger.tariff("home:2") is None


async def test_finer_prices_replace_coarse_ones_only_where_they_say_something(
    ledger: Ledger,
) -> None:
    await keep(ledger, learned(slot(0, 3600, "0.20"), slot(3600, 7200, "0.30")))
    await keep(ledger, learned(slot(900, 1800, "-0.05"), slot(1800, 2700, "0.1999999")))

    found = await ledger.prices("spot", after(0), after(7200))

    assert found == {
        "EUR": PriceSeries(
            (
                slot(0, 900, "0.20"),
                slot(900, 1800, "-0.05"),
                slot(1800, 2700, "0.1999999"),
                slot(2700, 3600, "0.20"),
                slot(3600, 7200, "0.30"),
            )
        )
    }
    assert await ledger.prices("other", after(0), after(7200)) == {}


async def test_a_change_of_currency_is_kept_apart(ledger: Ledger) -> None:
    await keep(ledger, learned(slot(0, 3600, "1"), currency="BGN"))
    await keep(ledger, learned(slot(1800, 5400, "2")))
    await keep(ledger, learned())

    assert await ledger.prices("spot", after(0), after(9000)) == {
        "BGN": PriceSeries((slot(0, 1800, "1"),)),
        "EUR": PriceSeries((slot(1800, 5400, "2"),)),
    }


async def test_prices_laid_over_each_other_end_as_a_series_of_them_would(ledger: Ledger) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)

    def some() -> Iterable[PriceSlot]:
        at = chance.randrange(0, 50)
        for _ in range(chance.randrange(1, 6)):
            at += chance.randrange(0, 3)
            length = chance.randrange(1, 10)
            yield slot(at, at + length, str(chance.randrange(-9, 9)))
            at += length

    series = NO_PRICES
    for _ in range(60):
        fact = learned(*some())
        series = series.with_slots(fact.slots)
        await keep(ledger, fact)
        if chance.random() < 0.3:
            await keep(ledger, fact)

    found = (await ledger.prices("spot", after(-100), after(1000)))["EUR"]
    for second in range(120):
        assert found.price_at(after(second)) == series.price_at(after(second)), second


async def test_solar_shares_are_corrected_not_added(ledger: Ledger) -> None:
    def share(start: float, end: float, part: Fraction) -> SolarLearned:
        return SolarLearned(
            at=after(end), start=after(start), end=after(end), share=part, method="1"
        )

    for fact in (
        share(0, 900, Fraction(1, 3)),
        share(900, 1800, Fraction(1)),
        share(0, 900, Fraction(2, 3)),
        share(0, 900, Fraction(2, 3)),
    ):
        await keep(ledger, fact)

    assert await ledger.solar(after(0), after(9000)) == [
        share(0, 900, Fraction(2, 3)),
        share(900, 1800, Fraction(1)),
    ]
    assert await ledger.solar(after(1800), after(9000)) == []


async def test_learning_the_same_again_writes_nothing(ledger: Ledger) -> None:
    keep(ledger, tell_start(make_session()))
    facts = [
        learned(slot(0, 3600, "0.20"), slot(3600, 7200, "0.30")),
        SolarLearned(at=NOON, start=after(0), end=after(900), share=Fraction(1, 3), method="1"),
        TariffUsed(at=NOON, uid="home:1", content="{}"),
        Activity(at=NOON, station_id=STATION, connector_id=1, status=None),
        priced(costing()),
    ]
    for fact in facts:
        await keep(ledger, fact)
    written: list[str] = []
    event.listen(
        ledger._database.writer,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: written.append(statement.split()[0]),
    )

    for fact in facts:
        await keep(ledger, fact)

    assert set(written) == {"BEGIN", "SELECT"}


_DAY = (NOON, NOON + timedelta(days=1))


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda c: fact_queries.kept_session(c, "x"), "(uid=?)"),
        (
            lambda c: fact_queries.provisional_sessions(c, frozenset({"gap"}), NOON, 10),
            "(ended_at>?)",
        ),
        (lambda c: fact_queries.past_costs(c, "x"), "(session_id=?)"),
        (lambda c: fact_queries.activities(c, "x", 1, *_DAY), "(station_id=? AND connector_id=?"),
        (lambda c: fact_queries.prices(c, "x", *_DAY), "(source=? AND starts_at<?)"),
        (lambda c: fact_queries.solar(c, *_DAY), "(starts_at<?)"),
        (lambda c: fact_queries.tariff(c, "x"), "(uid=?)"),
        (lambda c: fact_queries.assignments(c, "x"), "(session_id=?)"),
        (
            lambda c: fact_queries.kept_sessions(
                c, SessionFilter(ended_from=NOON, ended_before=after(9)), None, 0
            ),
            "(ended_at>? AND ended_at<?)",
        ),
        (
            lambda c: fact_queries.cost_sums(
                c, SessionFilter(ended_from=NOON, ended_before=after(9))
            ),
            "(ended_at>? AND ended_at<?)",
        ),
    ],
)
async def test_every_question_about_money_is_answered_from_an_index(
    ledger: Ledger, url: str, ask: Callable[[Connection], object], index: str
) -> None:
    await ledger.checkpoint()
    engine = create_engine(url)
    asked: list[tuple[str, object]] = []
    with engine.connect() as connection:
        event.listen(
            engine,
            "before_cursor_execute",
            lambda _c, _u, statement, parameters, *_: asked.append((statement, parameters)),
        )
        ask(connection)
        plans = " ".join(
            str(row[3])
            for text, values in list(asked)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)  # type: ignore[arg-type]
        )
    engine.dispose()

    assert index in plans
    assert "SCAN" not in plans
