"""What must hold of every rating, whatever happens.

Failing examples print a line that reproduces them.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import cast
from zoneinfo import ZoneInfo

from hypothesis import Phase, example, given, settings, strategies as st

from custom_components.chargestead.billing.rating import (
    ChargeKind,
    Metered,
    Pricing,
    QuotedPrices,
    Reason,
    SolarShare,
    SolarShares,
    StateChange,
    TariffVersion,
    rate,
)
from custom_components.chargestead.billing.tariffs import (
    Dimension,
    FixedPrice,
    FormulaPrice,
    Price,
    PriceComponent,
    PriceLimit,
    Restrictions,
    Season,
    SolarPrice,
    TablePrice,
    Tariff,
    TariffElement,
    TaxIncluded,
    Weekday,
    dumps_tariff,
    load_tariff,
)
from custom_components.chargestead.model.price import PriceSeries, PriceSlot
from custom_components.chargestead.model.reading import MeterReading, ReadingContext
from custom_components.chargestead.model.session import Session, SessionFlag
from custom_components.chargestead.model.station import ConnectorStatus

from .minute_by_minute import Minutes, net_cost
from .pricing_stories import NOON, REGISTER_MWH, check_sums

RATED = settings(max_examples=60, phases=[phase for phase in Phase if phase is not Phase.explain])

ZONES = {
    "Europe/Amsterdam": [
        datetime(2026, 3, 28, 22, tzinfo=UTC),
        datetime(2026, 10, 24, 22, tzinfo=UTC),
    ],
    "America/New_York": [datetime(2026, 3, 8, 3, tzinfo=UTC), datetime(2026, 11, 1, 2, tzinfo=UTC)],
    "America/Santiago": [datetime(2026, 4, 5, 0, tzinfo=UTC), datetime(2026, 9, 6, 1, tzinfo=UTC)],
    "Australia/Lord_Howe": [
        datetime(2026, 4, 4, 12, tzinfo=UTC),
        datetime(2026, 10, 3, 12, tzinfo=UTC),
    ],
    "Asia/Kolkata": [datetime(2026, 12, 31, 16, tzinfo=UTC)],
    "UTC": [datetime(2026, 2, 28, 20, tzinfo=UTC)],
}
STATUSES = [
    ConnectorStatus.CHARGING,
    ConnectorStatus.SUSPENDED_EV,
    ConnectorStatus.SUSPENDED_EVSE,
    ConnectorStatus.FINISHING,
]

zones = st.sampled_from(list(ZONES))
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 0, 15, 30, 59]))
maybe_times = st.none() | times | st.just(time())
amounts = st.decimals("-2", "20", places=4)
days = st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 2))
seasons = st.none() | st.builds(
    lambda one, other: Season((one.month, one.day), (other.month, other.day)),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
FIELDS: dict[str, st.SearchStrategy[object]] = {
    "start_time": maybe_times,
    "end_time": maybe_times,
    "start_date": days,
    "end_date": days,
    "days": st.just(frozenset()) | st.frozensets(st.sampled_from(Weekday), min_size=3),
    "min_kwh": st.none() | st.decimals(0, 12, places=3),
    "max_kwh": st.none() | st.decimals(0, 30, places=3),
    "min_current": st.none() | st.decimals(0, 40, places=1),
    "max_current": st.none() | st.decimals(0, 60, places=1),
    "min_power": st.none() | st.decimals(0, 8, places=1),
    "max_power": st.none() | st.decimals(0, 12, places=1),
    "min_duration": st.none() | st.integers(0, 600).map(lambda minutes: minutes * 60),
    "max_duration": st.none() | st.integers(0, 1500).map(lambda minutes: minutes * 60),
    "season": seasons,
}
TOGETHER = [
    ("start_time", "end_time"),
    ("start_time", "end_time"),
    ("start_time", "end_time", "days"),
    ("days",),
    ("start_date", "end_date"),
    ("min_kwh",),
    ("max_kwh",),
    ("min_kwh", "max_kwh"),
    ("min_current",),
    ("max_current",),
    ("min_power",),
    ("max_power",),
    ("min_duration",),
    ("max_duration",),
    ("season",),
]
chosen_fields = st.lists(st.sampled_from(TOGETHER), max_size=2)


@st.composite
def few_restrictions(draw: st.DrawFn) -> Restrictions:
    """Return restrictions of what goes together, or none."""
    names = dict.fromkeys(name for group in draw(chosen_fields) for name in group)
    return Restrictions(**cast("dict[str, None]", {name: draw(FIELDS[name]) for name in names}))


fixed_prices = amounts.map(FixedPrice)
energy_prices = (
    fixed_prices
    | st.just(TablePrice("spot"))
    | st.builds(
        FormulaPrice,
        source=st.just("spot"),
        factor=st.decimals("0.5", "2", places=2),
        surcharge=st.decimals("0", "0.3", places=3),
        floor=st.none() | st.just(Decimal("-0.05")),
        cap=st.none() | st.just(Decimal("0.9")),
    )
)
dimensions = st.sampled_from(Dimension)
rates_of_vat = st.sampled_from([None, Decimal(0), Decimal(7), Decimal(19), Decimal("5.2")])

EXACT = st.just(0)


@st.composite
def components(draw: st.DrawFn, step_sizes: st.SearchStrategy[int]) -> PriceComponent:
    """Return a component; only energy has a price that depends on the time."""
    dimension = draw(dimensions)
    prices: st.SearchStrategy[Price] = (
        energy_prices if dimension is Dimension.ENERGY else fixed_prices
    )
    return PriceComponent(
        dimension=dimension,
        price=draw(prices),
        vat=draw(rates_of_vat),
        step_size=draw(step_sizes),
    )


def tariffs(step_sizes: st.SearchStrategy[int] = EXACT) -> st.SearchStrategy[Tariff]:
    element = st.builds(
        TariffElement,
        st.lists(components(step_sizes), min_size=1, max_size=3).map(tuple),
        few_restrictions(),
    )
    return st.builds(
        Tariff,
        id=st.just("T"),
        currency=st.just("EUR"),
        elements=st.lists(element, min_size=1, max_size=6).map(tuple),
        idle_grace=st.sampled_from([timedelta(), timedelta(minutes=15)]),
    )


legs = st.lists(
    st.builds(
        Minutes,
        st.integers(1, 240),
        st.sampled_from([0, 0, 7, 20_000, 60_000, 123_456, 183_333]),
        st.sampled_from(STATUSES),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
).map(tuple)


@st.composite
def starts(draw: st.DrawFn, zone: str) -> datetime:
    """Return a start near a time at which something happens to the clock."""
    base: datetime = draw(st.sampled_from(ZONES[zone]))
    return base - timedelta(minutes=draw(st.integers(0, 600)))


def metered_of(start: datetime, told: tuple[Minutes, ...]) -> Metered:
    """Return a session with a reading wherever the power changes."""
    at, register = start, REGISTER_MWH
    readings, states = [MeterReading(at=at, register_mwh=register)], []
    for leg in told:
        states.append(StateChange(at, leg.status, leg.held))
        at += timedelta(minutes=leg.minutes)
        register += leg.minutes * leg.mwh_per_minute
        readings.append(MeterReading(at=at, register_mwh=register))
    session = Session(
        id="session",
        station_id="CP-1",
        connector_id=1,
        transaction_id="1",
        started_at=start,
        register_start_mwh=REGISTER_MWH,
        ended_at=at,
        register_stop_mwh=register,
    )
    return Metered(session=session, readings=tuple(readings), states=tuple(states))


def quarter_hours(start: datetime, numbers: list[int]) -> PriceSeries:
    """Return price slots in hundredths from the quarter-hour before the start on."""
    first = start.replace(minute=start.minute - start.minute % 15, second=0, microsecond=0)
    length = timedelta(minutes=15)
    return PriceSeries(
        tuple(
            PriceSlot(first + number * length, first + (number + 1) * length, Decimal(price) / 100)
            for number, price in enumerate(numbers)
        )
    )


quoted = st.lists(st.integers(-20, 90), min_size=1, max_size=15).map(
    lambda numbers: [numbers[index % len(numbers)] for index in range(110)]
)


def priced(tariff: Tariff, zone: str, series: PriceSeries) -> Pricing:
    return Pricing(
        tariffs=(TariffVersion(tariff),),
        prices={"spot": QuotedPrices("EUR", series)},
        zone=ZoneInfo(zone),
    )


@settings(RATED, max_examples=200)
@given(st.data(), zones, legs, tariffs(), quoted)
def test_a_rating_agrees_with_one_made_minute_by_minute(
    data: st.DataObject, zone: str, told: tuple[Minutes, ...], tariff: Tariff, numbers: list[int]
) -> None:
    start = data.draw(starts(zone))
    series = quarter_hours(start, numbers)
    rated = rate(metered_of(start, told), priced(tariff, zone, series))
    check_sums(rated)
    expected = net_cost(start, told, tariff, ZoneInfo(zone), series)
    kinds = {
        Dimension.ENERGY: ChargeKind.ENERGY,
        Dimension.TIME: ChargeKind.TIME,
        Dimension.PARKING_TIME: ChargeKind.PARKING_TIME,
        Dimension.FLAT: ChargeKind.FLAT,
    }
    for dimension, kind in kinds.items():
        found = sum((line.net for line in rated.lines if line.kind is kind), Fraction(0))
        # Energy is exact; the instant at which a kWh is reached is told in whole microseconds.
        near = 0 if dimension in (Dimension.ENERGY, Dimension.FLAT) else Fraction(1, 10**5)
        assert abs(found - expected[dimension]) <= near, dimension


@RATED
@given(st.data(), zones, legs, tariffs(st.sampled_from([0, 1, 300, 1000])), quoted)
def test_readings_in_between_change_nothing(
    data: st.DataObject, zone: str, told: tuple[Minutes, ...], tariff: Tariff, numbers: list[int]
) -> None:
    start = data.draw(starts(zone))
    plain = metered_of(start, told)
    pricing = priced(tariff, zone, quarter_hours(start, numbers))
    chance, often = Random(data.draw(st.integers(0, 2**32))), data.draw(st.floats(0, 0.2))
    sliced: list[MeterReading] = []
    at, register = start, REGISTER_MWH
    for leg in told:
        for _ in range(leg.minutes):
            if chance.random() < often:
                sliced.append(MeterReading(at=at, register_mwh=register))
            at += timedelta(minutes=1)
            register += leg.mwh_per_minute
    shuffled = [*plain.readings, *sliced]
    chance.shuffle(shuffled)
    more = replace(plain, readings=(*plain.readings, *sliced, *shuffled))
    one, other = rate(plain, pricing), rate(more, pricing)
    assert one.totals == other.totals
    assert one.provisional - {Reason.GAP} == other.provisional - {Reason.GAP}
    assert [line.volume for line in one.lines] == [line.volume for line in other.lines]
    assert other.uncertainty <= one.uncertainty


@RATED
@given(st.data(), zones, legs, tariffs(), quoted)
def test_the_parts_of_a_session_cost_what_it_costs(
    data: st.DataObject, zone: str, told: tuple[Minutes, ...], tariff: Tariff, numbers: list[int]
) -> None:
    """Where prices do not depend on what happened before, a session can be split at any reading."""
    stateless = replace(
        tariff,
        idle_grace=timedelta(),
        elements=tuple(
            TariffElement(
                tuple(one for one in element.components if one.dimension is not Dimension.FLAT)
                or (PriceComponent(dimension=Dimension.TIME, price=FixedPrice(Decimal(1))),),
                replace(
                    element.restrictions,
                    min_kwh=None,
                    max_kwh=None,
                    min_duration=None,
                    max_duration=None,
                ),
            )
            for element in tariff.elements
        ),
    )
    start = data.draw(starts(zone))
    pricing = priced(stateless, zone, quarter_hours(start, numbers))
    split = data.draw(st.integers(0, len(told)))
    middle = start + timedelta(minutes=sum(leg.minutes for leg in told[:split]))
    parts = [
        rate(metered_of(start, told[:split]), pricing),
        rate(metered_of(middle, told[split:]), pricing),
    ]
    whole = rate(metered_of(start, told), pricing)
    assert sum((part.totals.net for part in parts), Fraction(0)) == whole.totals.net
    assert sum((part.totals.gross for part in parts), Fraction(0)) == whole.totals.gross
    assert sum(part.energy_mwh for part in parts) == whole.energy_mwh


@RATED
@given(st.data(), zones, legs, tariffs(), quoted)
def test_cost_never_falls_while_prices_are_not_negative(
    data: st.DataObject, zone: str, told: tuple[Minutes, ...], tariff: Tariff, numbers: list[int]
) -> None:
    def positive(one: PriceComponent) -> PriceComponent:
        if isinstance(one.price, FixedPrice):
            return replace(one, price=FixedPrice(abs(one.price.amount)))
        return replace(one, price=FormulaPrice(source="spot", floor=Decimal(0)))

    lenient = replace(
        tariff,
        elements=tuple(
            replace(element, components=tuple(positive(one) for one in element.components))
            for element in tariff.elements
        ),
    )
    start = data.draw(starts(zone))
    pricing = priced(lenient, zone, quarter_hours(start, numbers))
    complete = metered_of(start, told)
    session = complete.session
    assert session is not None
    spent = Fraction(0)
    for reading in complete.readings:
        running = replace(session, ended_at=None, register_stop_mwh=None)
        seen = tuple(one for one in complete.readings if one.at <= reading.at)
        live = rate(replace(complete, session=running, readings=seen), pricing, now=reading.at)
        assert Reason.OPEN in live.provisional
        if Reason.UNKNOWN_POWER in live.provisional:
            continue
        assert live.totals.net >= spent
        spent = live.totals.net
    assert rate(complete, pricing).totals.net == spent


@RATED
@given(st.data(), zones, legs, tariffs(st.sampled_from([1, 7, 60, 300, 900, 1000])))
def test_steps_add_less_than_one_step_and_only_at_the_end(
    data: st.DataObject, zone: str, told: tuple[Minutes, ...], tariff: Tariff
) -> None:
    start = data.draw(starts(zone))
    series = quarter_hours(start, [10] * 110)
    rated = rate(metered_of(start, told), priced(tariff, zone, series))
    check_sums(rated)
    exact = replace(
        tariff,
        elements=tuple(
            replace(
                element,
                components=tuple(replace(one, step_size=0) for one in element.components),
            )
            for element in tariff.elements
        ),
    )
    plain = rate(metered_of(start, told), priced(exact, zone, series))
    units = {
        ChargeKind.ENERGY: 1000,
        ChargeKind.TIME: 1_000_000,
        ChargeKind.PARKING_TIME: 1_000_000,
    }
    parked = any(line.kind is ChargeKind.PARKING_TIME for line in rated.lines)
    for kind, unit in units.items():
        charges = [one for period in rated.periods for one in period.charges if one.kind is kind]
        added = sum(charge.rounding for charge in charges)
        before = sum(line.volume for line in plain.lines if line.kind is kind)
        assert sum(charge.volume for charge in charges) == before + added
        assert all(not charge.rounding for charge in charges[:-1])
        if kind is ChargeKind.TIME and parked:
            assert added == 0
        elif charges:
            step = charges[-1].step_size * unit
            assert (before + added) % step == 0
            assert 0 <= added < step


@RATED
@given(
    st.data(),
    zones,
    legs,
    tariffs(),
    st.lists(st.none() | st.fractions(0, 1, max_denominator=7), min_size=30, max_size=30),
    amounts,
)
def test_solar_and_grid_make_up_the_whole(
    data: st.DataObject,
    zone: str,
    told: tuple[Minutes, ...],
    tariff: Tariff,
    shares: list[Fraction | None],
    price: Decimal,
) -> None:
    start = data.draw(starts(zone))
    piece = timedelta(minutes=47)
    solar = SolarShares(
        tuple(
            SolarShare(start + number * piece, start + (number + 1) * piece, share)
            for number, share in enumerate(shares)
            if share is not None
        ),
        "test",
    )
    sunny = replace(tariff, solar=SolarPrice(price=FixedPrice(price)))
    metered = replace(metered_of(start, told), solar=solar)
    series = quarter_hours(start, [10] * 110)
    rated = rate(metered, priced(sunny, zone, series))
    check_sums(rated)
    minutes = [leg.mwh_per_minute for leg in told for _ in range(leg.minutes)]
    share_of = [share or Fraction(0) for share in shares for _ in range(47)]
    exact = sum(
        (share * energy for share, energy in zip(share_of, minutes, strict=False)), Fraction(0)
    )
    assert 0 <= exact - rated.solar_mwh < 1
    plain = rate(metered, priced(tariff, zone, series))
    assert plain.solar_mwh == rated.solar_mwh
    billed = sum(
        line.volume for line in rated.lines if line.kind in (ChargeKind.ENERGY, ChargeKind.SOLAR)
    )
    assert billed == sum(line.volume for line in plain.lines if line.kind is ChargeKind.ENERGY)
    sun = sum(line.volume for line in rated.lines if line.kind is ChargeKind.SOLAR)
    assert sum(line.net for line in rated.lines if line.kind is ChargeKind.SOLAR) == (
        Fraction(price) * sun / 1_000_000
    )


@RATED
@given(st.data(), zones, legs, tariffs(st.sampled_from([0, 300])), amounts, amounts)
def test_limits_bind_before_and_after_taxes(
    data: st.DataObject,
    zone: str,
    told: tuple[Minutes, ...],
    tariff: Tariff,
    one: Decimal,
    other: Decimal,
) -> None:
    start = data.draw(starts(zone))
    low, high = sorted((one, other))
    bounded = replace(
        tariff,
        tax_included=data.draw(st.sampled_from(TaxIncluded)),
        min_price=PriceLimit(before_taxes=low, after_taxes=low),
        max_price=PriceLimit(before_taxes=high, after_taxes=high),
    )
    rated = rate(metered_of(start, told), priced(bounded, zone, quarter_hours(start, [10] * 110)))
    check_sums(rated)
    assert low <= rated.totals.net <= high
    assert low <= rated.totals.gross <= high
    cent = Decimal("0.01")
    for printed in (rated.totals.printed_net, rated.totals.printed_gross):
        assert low - cent / 2 <= printed <= high + cent / 2


@RATED
@given(tariff=tariffs(st.integers(0, 4000)), price=amounts, solar=st.booleans())
def test_a_tariff_is_kept_exactly(tariff: Tariff, price: Decimal, *, solar: bool) -> None:
    whole = replace(
        tariff,
        solar=SolarPrice(price=FixedPrice(price), vat=Decimal("7.0")) if solar else None,
        min_price=PriceLimit(after_taxes=price),
        valid_until=datetime(2027, 1, 1, 1, 2, 3, 4, tzinfo=UTC),
    )
    kept = load_tariff(dumps_tariff(whole))
    assert kept == whole
    assert dumps_tariff(kept) == dumps_tariff(whole)


in_utc = st.just(UTC)
anything = st.datetimes(timezones=in_utc) | st.datetimes(
    NOON.replace(tzinfo=None), NOON.replace(tzinfo=None) + timedelta(days=2), timezones=in_utc
)
any_register = st.integers(-(10**12), 10**15) | st.integers(0, 20_000_000)
any_readings = st.lists(
    st.builds(
        MeterReading,
        at=anything,
        register_mwh=any_register,
        context=st.sampled_from(ReadingContext),
    ),
    max_size=12,
).map(tuple)
any_sessions = st.builds(
    Session,
    id=st.just("s"),
    station_id=st.just("CP-1"),
    connector_id=st.just(1),
    transaction_id=st.just("1"),
    started_at=anything,
    register_start_mwh=st.none() | any_register,
    register_last_mwh=st.none() | any_register,
    register_last_at=st.none() | anything,
    ended_at=st.none() | anything,
    register_stop_mwh=st.none() | any_register,
    flags=st.frozensets(st.sampled_from(SessionFlag)),
)
any_states = st.lists(
    st.builds(StateChange, anything, st.none() | st.sampled_from(ConnectorStatus), st.booleans()),
    max_size=8,
).map(tuple)
any_solar = st.none() | st.builds(
    SolarShares,
    st.lists(st.builds(SolarShare, anything, anything, st.fractions(-1, 2)), max_size=5).map(tuple),
)


_MILLENNIUM = datetime(2000, 1, 1, tzinfo=UTC)
SESSION_REPLACED = Session(
    id="s",
    station_id="CP-1",
    connector_id=1,
    transaction_id="1",
    started_at=_MILLENNIUM,
    ended_at=_MILLENNIUM + timedelta(minutes=1),
    register_start_mwh=1,
    register_stop_mwh=1,
    flags=frozenset({SessionFlag.REGISTER_REPLACED}),
)
"""Its start stands on the count of the last register already, so that its delta is its energy."""


@example(
    SESSION_REPLACED,
    tuple(
        MeterReading(at=at, register_mwh=register_mwh)
        for at, register_mwh in ((_MILLENNIUM, 0), (_MILLENNIUM + timedelta(seconds=1), 2))
    ),
    (),
    None,
    [],
    None,
    "Europe/Amsterdam",
)
@settings(RATED, max_examples=300)
@given(
    any_sessions,
    any_readings,
    any_states,
    any_solar,
    st.lists(
        st.builds(TariffVersion, tariffs(st.integers(0, 900)), st.none() | anything), max_size=3
    ),
    st.none() | anything,
    zones,
)
def test_no_data_makes_it_raise_and_the_sums_always_hold(
    session: Session,
    readings: tuple[MeterReading, ...],
    states: tuple[StateChange, ...],
    solar: SolarShares | None,
    versions: list[TariffVersion],
    now: datetime | None,
    zone: str,
) -> None:
    series = quarter_hours(datetime(2026, 3, 1, tzinfo=UTC), list(range(-3, 1400, 25)))
    rated = rate(
        Metered(session=session, readings=readings, states=states, solar=solar),
        Pricing(
            tariffs=tuple(versions),
            prices={"spot": QuotedPrices("EUR", series)},
            zone=ZoneInfo(zone),
        ),
        now,
    )
    check_sums(rated)
    assert rated.energy_mwh >= 0
    assert all(before.end == after.start for before, after in pairwise(rated.periods))
    start, stop = session.register_start_mwh, session.register_stop_mwh
    if start is not None and stop is not None and session.ended_at is not None and start <= stop:
        assert rated.energy_mwh == stop - start
