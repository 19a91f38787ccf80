"""How long it takes to rate a long session by ten years of quarter-hourly prices.

Run with `python -m benchmarks.rating`. A day's charging with a reading every ten seconds, as the final bill and as
the running session; and the same with a tariff whose price flips with the power at every reading, which is the worst
that can happen.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time as time_of_day, timedelta
from decimal import Decimal
from fractions import Fraction
import statistics
import time
from zoneinfo import ZoneInfo

from custom_components.chargestead.billing.rating import (
    Metered,
    Pricing,
    QuotedPrices,
    SolarShare,
    SolarShares,
    StateChange,
    TariffVersion,
    rate,
)
from custom_components.chargestead.billing.tariffs import (
    Dimension,
    FixedPrice,
    Formula,
    PriceComponent,
    Restrictions,
    Tariff,
    TariffElement,
    Terms,
    Window,
    dynamic_tariff,
)
from custom_components.chargestead.model.price import PriceSeries, PriceSlot
from custom_components.chargestead.model.reading import MeterReading
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.model.station import ConnectorStatus

START = datetime(2026, 10, 24, 16, tzinfo=UTC)
READINGS = 8640
YEARS = 10
RUNS = 21
BUDGET_S = 0.05


def ten_years() -> PriceSeries:
    """Return prices for every quarter of an hour of the last years and the next day."""
    length = timedelta(minutes=15)
    first = START - timedelta(days=365 * YEARS)
    return PriceSeries(
        tuple(
            PriceSlot(
                first + number * length,
                first + (number + 1) * length,
                Decimal(number * 7919 % 4000) / 10000,
            )
            for number in range((365 * YEARS + 2) * 96)
        )
    )


def a_day() -> Metered:
    """Return a session of 24 hours whose power changes with every reading."""
    register = 5_000_000
    readings = []
    for number in range(READINGS + 1):
        readings.append(
            MeterReading(at=START + timedelta(seconds=10 * number), register_mwh=register)
        )
        register += 29_000 + 4_000 * (number % 2)
    session = Session(
        id="session",
        station_id="CP-1",
        connector_id=1,
        transaction_id="1",
        started_at=readings[0].at,
        register_start_mwh=readings[0].register_mwh,
        ended_at=readings[-1].at,
        register_stop_mwh=readings[-1].register_mwh,
    )
    return Metered(
        session=session,
        readings=tuple(readings),
        states=tuple(
            StateChange(
                START + timedelta(minutes=10 * number),
                ConnectorStatus.SUSPENDED_EV if number % 2 else ConnectorStatus.CHARGING,
            )
            for number in range(144)
        ),
    )


def dynamic() -> Tariff:
    """Return a dynamic tariff with grid fees at certain times, an own solar price and an idle fee."""
    peak = Window(amount=Decimal("0.12"), start=time_of_day(17), end=time_of_day(21))
    night = Window(amount=Decimal("0.02"), start=time_of_day(23), end=time_of_day(6))
    terms = Terms(
        id="dynamic",
        currency="EUR",
        vat=Decimal(19),
        solar=Decimal("0.08"),
        idle=Decimal(1),
        idle_grace=timedelta(minutes=5),
    )
    formula = Formula(source="spot", factor=Decimal("1.03"), surcharge=Decimal("0.15"))
    return dynamic_tariff(terms, formula, [peak, night])


def by_power() -> Tariff:
    """Return a tariff whose price depends on the power."""
    return Tariff(
        id="power",
        currency="EUR",
        elements=(
            TariffElement((_energy("0.30"),), Restrictions(max_power=Decimal(11))),
            TariffElement((_energy("0.40"),)),
        ),
    )


def _energy(price: str) -> PriceComponent:
    return PriceComponent(dimension=Dimension.ENERGY, price=FixedPrice(Decimal(price)))


def milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return the median and the longest of some runs."""
    took = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took), max(took)


def main() -> None:
    """Measure, and fail where the budget is exceeded."""
    started = time.perf_counter()
    series = ten_years()
    print(f"{len(series)} prices made ready in {time.perf_counter() - started:.1f} s, once")
    metered = a_day()
    quarter = timedelta(minutes=15)
    sunny = replace(
        metered,
        solar=SolarShares(
            tuple(
                SolarShare(START + n * quarter, START + (n + 1) * quarter, Fraction(n % 7, 7))
                for n in range(96)
            ),
            "benchmark",
        ),
    )
    session = metered.session
    running = replace(
        sunny,
        session=None
        if session is None
        else replace(session, ended_at=None, register_stop_mwh=None),
    )
    zone = ZoneInfo("Europe/Berlin")
    pricing = Pricing(
        tariffs=(TariffVersion(dynamic()),),
        prices={"spot": QuotedPrices("EUR", series)},
        zone=zone,
    )
    powered = Pricing(tariffs=(TariffVersion(by_power()),), zone=zone)
    end = START + timedelta(days=1)
    median, longest = milliseconds(lambda: rate(sunny, pricing))
    print(f"bill          {median:6.1f} ms median, {longest:6.1f} ms longest")
    live, live_longest = milliseconds(lambda: rate(running, pricing, end))
    print(f"running       {live:6.1f} ms median, {live_longest:6.1f} ms longest")
    worst, worst_longest = milliseconds(lambda: rate(metered, powered))
    print(f"price by power{worst:6.1f} ms median, {worst_longest:6.1f} ms longest (no budget)")
    if max(median, live) > BUDGET_S * 1000:
        raise SystemExit(f"more than {BUDGET_S * 1000:.0f} ms")


if __name__ == "__main__":
    main()
