"""Clocks, calendars and boundaries: where a price changes, and how sure the register there is."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from custom_components.chargestead.billing.rating import (
    Activity,
    BoundaryKind,
    ChargeKind,
    Metered,
    Reason,
    rate,
)
from custom_components.chargestead.billing.tariffs import (
    Dimension,
    Season,
    TablePrice,
    Tariff,
    TariffElement,
    Terms,
    Weekday,
    fixed_tariff,
)
from custom_components.chargestead.model.reading import MeterReading, ReadingContext
from custom_components.chargestead.model.station import ConnectorStatus

from .pricing_stories import (
    AMSTERDAM,
    FULL,
    NOON,
    REGISTER_MWH,
    Leg,
    check_sums,
    component,
    energy,
    mwh,
    pricing,
    slots,
    story,
    tariff,
)

NEW_YORK = ZoneInfo("America/New_York")
SANTIAGO = ZoneInfo("America/Santiago")


def local(*at: int, zone: ZoneInfo = AMSTERDAM, fold: int = 0) -> datetime:
    year, month, day, hour, minute = at
    return datetime(year, month, day, hour, minute, tzinfo=zone, fold=fold).astimezone(UTC)


def ten_per_hour(start: datetime, hours: int) -> Metered:
    """Return a session of 10 kWh per hour with a reading every five minutes."""
    metered = story(Leg(hours * 60, str(hours * 10)), start=start)
    readings = tuple(
        MeterReading(
            at=start + timedelta(minutes=5 * number),
            register_mwh=REGISTER_MWH + mwh("10") * number // 12,
        )
        for number in range(hours * 12 + 1)
    )
    return replace(metered, readings=readings)


def kwh_at(metered: Metered, what: Tariff, zone: ZoneInfo = AMSTERDAM) -> dict[Fraction, Fraction]:
    """Return how much energy was charged at which price."""
    rated = rate(metered, pricing(what, zone=zone))
    check_sums(rated)
    found: dict[Fraction, Fraction] = {}
    for charge in (one for period in rated.periods for one in period.charges):
        assert charge.price is not None
        found[charge.price] = found.get(charge.price, Fraction(0)) + charge.volume
    return {price: volume / 1_000_000 for price, volume in found.items()}


@pytest.mark.parametrize(
    ("start", "hours", "cheap"),
    [
        (local(2026, 3, 28, 12, 0), 23, 60),  # the clock skips from 02:00 to 03:00
        (local(2026, 6, 1, 12, 0), 24, 70),
        (local(2026, 10, 24, 12, 0), 25, 80),  # 02:00 to 03:00 comes twice
    ],
)
def test_a_night_has_six_seven_or_eight_hours(start: datetime, hours: int, cheap: int) -> None:
    night = tariff(energy("0.20", start_time=time(23), end_time=time(6)), energy("0.30"))
    assert kwh_at(ten_per_hour(start, hours), night) == {
        Fraction("0.20"): cheap,
        Fraction("0.30"): hours * 10 - cheap,
    }


def test_a_half_hour_within_the_repeated_hour_comes_twice() -> None:
    half = tariff(energy("0.20", start_time=time(2, 30), end_time=time(3)), energy("0.30"))
    metered = ten_per_hour(local(2026, 10, 25, 1, 0), 4)
    assert kwh_at(metered, half)[Fraction("0.20")] == 10
    rated = rate(metered, pricing(half))
    starts = [period.start for period in rated.periods]
    assert starts == [
        local(2026, 10, 25, 1, 0),
        local(2026, 10, 25, 2, 30),
        local(2026, 10, 25, 2, 0, fold=1),
        local(2026, 10, 25, 2, 30, fold=1),
        local(2026, 10, 25, 3, 0),
    ]


def test_a_half_hour_within_the_skipped_hour_never_comes() -> None:
    half = tariff(energy("0.20", start_time=time(2, 30), end_time=time(3)), energy("0.30"))
    assert kwh_at(ten_per_hour(local(2026, 3, 29, 0, 0), 4), half) == {Fraction("0.30"): 40}


def test_a_window_that_begins_in_the_skipped_hour_begins_after_it() -> None:
    window = tariff(energy("0.20", start_time=time(2, 30), end_time=time(4)), energy("0.30"))
    metered = ten_per_hour(local(2026, 3, 29, 0, 0), 4)
    assert kwh_at(metered, window)[Fraction("0.20")] == 10
    rated = rate(metered, pricing(window))
    assert rated.periods[1].start == local(2026, 3, 29, 3, 0)


def test_a_day_that_begins_at_one() -> None:
    """In Santiago the clock skips from 00:00 to 01:00."""
    sunday = tariff(energy("0.20", days=frozenset({Weekday.SUNDAY})), energy("0.30"))
    metered = ten_per_hour(local(2026, 9, 5, 22, 0, zone=SANTIAGO), 4)
    assert kwh_at(metered, sunday, SANTIAGO) == {Fraction("0.20"): 20, Fraction("0.30"): 20}


def test_prices_in_slots_do_not_care_for_the_clock() -> None:
    start = local(2026, 10, 24, 23, 0)
    series = slots(start, 15, *(str(Decimal(n) / 100) for n in range(20)))
    rated = rate(ten_per_hour(start, 5), pricing(tariff(energy(TablePrice("spot"))), series=series))
    check_sums(rated)
    assert rated.provisional == frozenset()
    assert rated.totals.net == sum(Fraction(n, 100) * Fraction(5, 2) for n in range(20))


@pytest.mark.parametrize(
    ("since", "until", "cheap_hours"),
    [
        (time(22), time(6), 8),
        (time(22), time(0), 2),
        (time(0), time(6), 6),
        (time(0), time(0), 24),
        (None, time(0), 24),
        (time(0), None, 24),
        (time(18), None, 6),
        (None, time(6), 6),
        (time(8), time(8), 24),
    ],
)
def test_windows_of_a_day(since: time | None, until: time | None, cheap_hours: int) -> None:
    window = tariff(energy("0.20", start_time=since, end_time=until), energy("0.30"))
    metered = ten_per_hour(local(2026, 6, 1, 12, 0), 24)
    assert kwh_at(metered, window).get(Fraction("0.20")) == cheap_hours * 10


def test_dates_include_the_first_day_and_exclude_the_last() -> None:
    dated = tariff(
        energy("0.20", start_date=date(2026, 6, 2), end_date=date(2026, 6, 3)), energy("0.30")
    )
    metered = ten_per_hour(local(2026, 6, 1, 12, 0), 48)
    assert kwh_at(metered, dated)[Fraction("0.20")] == 240


def test_a_session_across_months_and_years() -> None:
    winter = tariff(energy("0.40", season=Season((11, 1), (12, 31))), energy("0.30"))
    assert kwh_at(ten_per_hour(local(2026, 10, 31, 20, 0), 8), winter) == {
        Fraction("0.40"): 40,
        Fraction("0.30"): 40,
    }
    assert kwh_at(ten_per_hour(local(2026, 12, 31, 20, 0), 8), winter) == {
        Fraction("0.40"): 40,
        Fraction("0.30"): 40,
    }
    turning = tariff(energy("0.40", season=Season((12, 1), (1, 1))), energy("0.30"))
    assert kwh_at(ten_per_hour(local(2026, 12, 31, 20, 0), 30), turning) == {
        Fraction("0.40"): 280,
        Fraction("0.30"): 20,
    }


def test_days_of_the_week_change_at_local_midnight() -> None:
    weekend = tariff(
        energy("0.20", days=frozenset({Weekday.SATURDAY, Weekday.SUNDAY})), energy("0.30")
    )
    friday_evening = ten_per_hour(local(2026, 6, 5, 18, 0, zone=NEW_YORK), 10)
    assert kwh_at(friday_evening, weekend, NEW_YORK) == {
        Fraction("0.20"): 40,
        Fraction("0.30"): 60,
    }


def test_a_kwh_bound_is_crossed_between_readings_exactly() -> None:
    tiers = tariff(
        energy("0.10", max_kwh=Decimal("3.333")),
        energy("0.20", min_kwh=Decimal("3.333"), max_kwh=Decimal("7.0000001")),
        energy("0.30"),
    )
    found = kwh_at(story(Leg(60, "11")), tiers)
    assert found[Fraction("0.10")] == Fraction("3.333")
    assert found[Fraction("0.20")] == Fraction("7.000001") - Fraction("3.333")
    assert sum(found.values()) == 11


def test_the_instant_a_bound_is_crossed_is_never_before_it() -> None:
    """A third of an hour for a third of the energy is no whole number of microseconds here."""
    tiers = tariff(energy("0.10", max_kwh=Decimal("0.7")), energy("0.20"))
    rated = rate(story(Leg(31, "3.1"), Leg(22, "0")), pricing(tiers))
    assert rated.periods[1].start == NOON + timedelta(minutes=7)
    uneven = rate(story(Leg(10, "3.7")), pricing(tiers))
    exact = Fraction(10 * 60 * 10**6 * 7, 37)
    found = (uneven.periods[1].start - NOON) // timedelta(microseconds=1)
    assert exact < found < exact + 1


@pytest.mark.parametrize(("kwh", "price"), [("1.100000", "0.50"), ("1.099999", "0.30")])
def test_a_power_bound_belongs_to_what_is_above_it(kwh: str, price: str) -> None:
    strong = tariff(energy("0.50", min_power=Decimal(11)), energy("0.30", max_power=Decimal(11)))
    assert kwh_at(story(Leg(6, kwh)), strong) == {Fraction(price): Fraction(kwh)}


def test_what_a_session_did_parts_periods_though_the_price_is_the_same() -> None:
    metered = story(Leg(30, "5"), Leg(10, "0.1", ConnectorStatus.SUSPENDED_EVSE), Leg(20, "4"))
    rated = rate(metered, pricing(tariff(energy("0.30"))))
    doings = [Activity.CHARGING, Activity.HELD, Activity.CHARGING]
    assert [period.activity for period in rated.periods] == doings
    assert rated.duration_us(Activity.CHARGING) == 50 * 60_000_000


def test_several_bounds_crossed_in_no_time_at_all() -> None:
    tiers = tariff(
        energy("0.10", max_kwh=Decimal(1)), energy("0.20", max_kwh=Decimal(2)), energy("0.30")
    )
    assert kwh_at(story(Leg(0, "5")), tiers) == {
        Fraction("0.10"): 1,
        Fraction("0.20"): 1,
        Fraction("0.30"): 3,
    }


def test_a_bound_reached_exactly_at_the_end_changes_nothing() -> None:
    tiers = tariff(energy("0.10", max_kwh=Decimal(5)), energy("0.20"))
    assert kwh_at(story(Leg(60, "5")), tiers) == {Fraction("0.10"): 5}


def test_a_duration_bound_counts_from_the_start_of_the_session() -> None:
    late = tariff(energy("0.40", min_duration=1801), energy("0.30"))
    rated = rate(ten_per_hour(NOON, 1), pricing(late))
    assert rated.periods[1].start == NOON + timedelta(seconds=1801)


def at_the_hour(readings: tuple[MeterReading, ...]) -> Metered:
    """Return a session of 8 kWh from 12:30 to 13:30 UTC whose readings in between are given."""
    metered = story(Leg(60, "8"), start=NOON + timedelta(minutes=30))
    return replace(metered, readings=readings)


HOURLY = tariff(energy(TablePrice("spot")))
SERIES = slots(NOON, 60, "0.20", "0.50")


def test_a_boundary_that_was_measured() -> None:
    exact = MeterReading(
        at=NOON + timedelta(minutes=60, seconds=2), register_mwh=REGISTER_MWH + mwh("3")
    )
    rated = rate(at_the_hour((exact,)), pricing(HOURLY, series=SERIES))
    boundary = rated.periods[1].starts
    assert (boundary.kind, boundary.worst_cost) == (BoundaryKind.MEASURED, 0)
    assert rated.provisional == frozenset()


def test_a_boundary_that_was_read_by_the_clock() -> None:
    aligned = MeterReading(
        at=NOON + timedelta(minutes=60),
        register_mwh=REGISTER_MWH + mwh("3"),
        context=ReadingContext.ALIGNED,
    )
    rated = rate(at_the_hour((aligned,)), pricing(HOURLY, series=SERIES))
    assert rated.periods[1].starts.kind is BoundaryKind.ALIGNED
    assert rated.totals.net == Fraction("0.60") + Fraction("2.50")


def test_an_interpolated_boundary_says_what_it_can_be_worth() -> None:
    """Between 12:55 with 2 kWh and 13:05 with 3 kWh, the register at 13:00 may be off by half a kWh."""
    around = (
        MeterReading(at=NOON + timedelta(minutes=55), register_mwh=REGISTER_MWH + mwh("2")),
        MeterReading(at=NOON + timedelta(minutes=65), register_mwh=REGISTER_MWH + mwh("3")),
    )
    rated = rate(at_the_hour(around), pricing(HOURLY, series=SERIES))
    check_sums(rated)
    boundary = rated.periods[1].starts
    assert boundary.kind is BoundaryKind.INTERPOLATED
    assert boundary.energy_error_mwh == 500_000
    assert boundary.worst_cost == rated.uncertainty == Fraction("0.15")
    assert rated.provisional == frozenset()
    for truth in ("2", "3"):
        measured = MeterReading(
            at=NOON + timedelta(minutes=60), register_mwh=REGISTER_MWH + mwh(truth)
        )
        exact = rate(at_the_hour((*around, measured)), pricing(HOURLY, series=SERIES))
        assert abs(exact.totals.net - rated.totals.net) == Fraction("0.15")


def test_a_gap_between_readings_matters_only_where_prices_differ() -> None:
    dear = rate(at_the_hour(()), pricing(HOURLY, series=SERIES))
    assert dear.provisional == {Reason.GAP}
    same = rate(at_the_hour(()), pricing(HOURLY, series=slots(NOON, 60, "0.20", "0.20")))
    assert (same.provisional, same.uncertainty) == (frozenset(), 0)


def test_an_interpolated_bound_of_energy_can_only_be_off_in_time() -> None:
    timed = tariff(
        TariffElement(
            (component(Dimension.TIME, "1"), component(Dimension.ENERGY, "0.1")),
            energy("0", max_kwh=Decimal(4)).restrictions,
        ),
        TariffElement((component(Dimension.TIME, "3"), component(Dimension.ENERGY, "0.2"))),
    )
    rated = rate(story(Leg(60, "8")), pricing(timed))
    boundary = rated.periods[1].starts
    assert (boundary.kind, boundary.energy_error_mwh) == (BoundaryKind.INTERPOLATED, 0)
    assert boundary.worst_cost == Fraction(2) * 30 / 60


def test_what_does_not_matter_makes_no_period() -> None:
    series = slots(NOON, 15, *["0.20"] * 8)
    rated = rate(ten_per_hour(NOON, 2), pricing(HOURLY, series=series))
    assert len(rated.periods) == 1


def test_the_running_cost_is_the_final_bill_so_far() -> None:
    what = tariff(energy("0.30"), TariffElement((component(Dimension.PARKING_TIME, "6"),)))
    complete = story(Leg(60, "8"), Leg(60, "0", FULL))
    session = complete.session
    assert session is not None
    running = replace(complete, session=replace(session, ended_at=None, register_stop_mwh=None))
    for minutes, expected in ((0, "0"), (60, "2.40"), (90, "5.40"), (120, "8.40")):
        now = NOON + timedelta(minutes=minutes)
        seen = tuple(reading for reading in complete.readings if reading.at <= now)
        rated = rate(replace(running, readings=seen), pricing(what), now)
        check_sums(rated)
        assert rated.provisional == {Reason.OPEN}
        assert rated.totals.net == Fraction(expected)
        assert rated.cost.provisional
    final = rate(complete, pricing(what))
    assert final.provisional == frozenset()
    assert final.totals.net == Fraction("8.40")
    assert not final.cost.provisional


def test_a_running_session_is_known_by_its_newest_register_too() -> None:
    complete = story(Leg(60, "8"))
    session = complete.session
    assert session is not None
    running = replace(
        session,
        ended_at=None,
        register_stop_mwh=None,
        register_last_at=NOON + timedelta(minutes=30),
        register_last_mwh=REGISTER_MWH + mwh("4"),
    )
    rated = rate(
        Metered(session=running), pricing(tariff(energy("0.30"))), NOON + timedelta(minutes=31)
    )
    assert rated.energy_mwh == mwh("4")
    assert rated.provisional == {Reason.OPEN}


@pytest.mark.parametrize(
    ("kwh", "gross", "net", "tax"),
    [
        ("10.37", "3.11", "2.61", "0.50"),
        ("0.1", "0.03", "0.03", "0.00"),
        ("1", "0.30", "0.25", "0.05"),
    ],
)
def test_prices_with_tax_are_printed_as_they_are_told(
    kwh: str, gross: str, net: str, tax: str
) -> None:
    told = fixed_tariff(Terms(id="T", currency="EUR", vat=Decimal(19)), Decimal("0.30"))
    totals = rate(story(Leg(60, kwh)), pricing(told)).totals
    printed = (totals.printed_gross, totals.printed_net, totals.printed_tax)
    assert [str(amount) for amount in printed] == [gross, net, tax]


def test_vat_is_computed_per_rate_on_the_sum_of_printed_lines() -> None:
    mixed = tariff(
        TariffElement(
            (
                component(Dimension.ENERGY, "0.333", "19"),
                component(Dimension.TIME, "0.333", "19"),
                component(Dimension.FLAT, "0.333", "7"),
            )
        )
    )
    rated = rate(story(Leg(60, "1")), pricing(mixed))
    check_sums(rated)
    assert [str(line.printed) for line in rated.lines] == ["0.33", "0.33", "0.33"]
    assert [(str(tax.vat), str(tax.net), str(tax.tax)) for tax in rated.taxes] == [
        ("19", "0.66", "0.13"),
        ("7", "0.33", "0.02"),
    ]
    assert str(rated.totals.printed_gross) == "1.14"


def test_limits_are_lines_of_their_own() -> None:
    terms = Terms(id="T", currency="EUR", vat=Decimal(19), least=Decimal(2), most=Decimal(5))
    told = fixed_tariff(terms, Decimal("0.30"))
    small, large = (
        rate(story(Leg(60, "1")), pricing(told)),
        rate(story(Leg(60, "100")), pricing(told)),
    )
    for rated, kind, gross in (
        (small, ChargeKind.MIN_PRICE, "2.00"),
        (large, ChargeKind.MAX_PRICE, "5.00"),
    ):
        check_sums(rated)
        assert rated.lines[-1].kind is kind
        assert str(rated.totals.printed_gross) == gross
        assert rated.totals.net == rated.totals.gross * 100 / 119
        assert [tax.vat for tax in rated.taxes] == [Decimal(19)]
