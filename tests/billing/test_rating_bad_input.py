"""Whatever is wrong with what came in, the bill is exact or says why it is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from custom_components.chargestead.billing.rating import (
    NO_CURRENCY,
    Activity,
    ChargeKind,
    Metered,
    Pricing,
    QuotedPrices,
    Reason,
    Reservation,
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
    SolarPrice,
    TablePrice,
    TariffElement,
)
from custom_components.chargestead.model.price import PriceSeries, PriceSlot
from custom_components.chargestead.model.reading import MeterReading
from custom_components.chargestead.model.session import Session, SessionFlag
from custom_components.chargestead.model.station import ConnectorStatus

from .pricing_stories import (
    CHARGING,
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

SPOT = tariff(energy(TablePrice("spot")))
FIXED = tariff(energy("0.30"))
HOUR = timedelta(hours=1)


def session_of(metered: Metered) -> Session:
    assert metered.session is not None
    return metered.session


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def read(minutes: float, kwh: str) -> MeterReading:
    return MeterReading(at=after(minutes), register_mwh=REGISTER_MWH + mwh(kwh))


# --- prices


def test_negative_prices_are_paid_out() -> None:
    series = slots(NOON, 60, "-0.10", "0.20")
    rated = rate(story(Leg(60, "10"), Leg(60, "2")), pricing(SPOT, series=series))
    check_sums(rated)
    assert rated.provisional == frozenset()
    assert rated.totals.net == Fraction("-1.00") + Fraction("0.40")
    assert rated.totals.printed_gross == Decimal("-0.60")


def test_a_negative_total_is_rounded_as_its_credit_would_be() -> None:
    taxed = tariff(TariffElement((component(Dimension.ENERGY, "-0.005", "19"),)))
    credit = tariff(TariffElement((component(Dimension.ENERGY, "0.005", "19"),)))
    one = rate(story(Leg(60, "1")), pricing(taxed)).totals
    other = rate(story(Leg(60, "1")), pricing(credit)).totals
    assert one.printed_net == -other.printed_net == Decimal("-0.01")
    assert one.printed_gross == -other.printed_gross


def test_a_price_that_is_not_known_yet_makes_the_bill_provisional() -> None:
    metered = story(Leg(60, "4"), Leg(60, "6"))
    waiting = rate(metered, pricing(SPOT, series=slots(NOON, 60, "0.20")))
    check_sums(waiting)
    assert waiting.provisional == {Reason.UNKNOWN_PRICE}
    assert waiting.unpriced_mwh == mwh("6")
    assert waiting.totals.net == Fraction("0.80")
    known = rate(metered, pricing(SPOT, series=slots(NOON, 60, "0.20", "0.30")))
    assert known.provisional == frozenset()
    assert known.unpriced_mwh == 0
    assert known.totals.net == Fraction("2.60")


def test_a_gap_between_prices_is_unknown() -> None:
    series = slots(NOON, 30, "0.20", None, "0.40")
    rated = rate(story(Leg(90, "9")), pricing(SPOT, series=series))
    check_sums(rated)
    assert rated.provisional >= {Reason.UNKNOWN_PRICE}
    assert rated.unpriced_mwh == mwh("3")
    assert rated.totals.net == Fraction("0.60") + Fraction("1.20")


def test_a_price_is_not_missed_while_nothing_is_charged() -> None:
    series = slots(NOON, 60, "0.20")
    rated = rate(story(Leg(60, "4"), Leg(600, "0", FULL)), pricing(SPOT, series=series))
    assert rated.provisional == frozenset()
    assert rated.totals.net == Fraction("0.80")


def test_no_price_source_at_all() -> None:
    rated = rate(story(Leg(60, "4")), pricing(SPOT))
    assert rated.provisional == {Reason.UNKNOWN_PRICE}
    assert rated.unpriced_mwh == mwh("4")
    assert rated.totals.printed_gross == 0


def test_a_price_per_mwh_taken_for_one_per_kwh_is_not_believed() -> None:
    series = slots(NOON, 60, "87.31", "0.09")
    rated = rate(story(Leg(60, "4"), Leg(60, "4")), pricing(SPOT, series=series))
    assert rated.provisional == {Reason.ABSURD_PRICE}
    assert rated.unpriced_mwh == mwh("4")
    assert rated.totals.net == Fraction("0.36")


def test_what_is_absurd_depends_on_the_currency() -> None:
    yen = tariff(energy(TablePrice("spot")), currency="JPY")
    series = slots(NOON, 60, "31")
    rated = rate(story(Leg(60, "4")), pricing(yen, series=series, quoted_in="JPY"))
    assert rated.provisional == frozenset()
    assert str(rated.totals.printed_gross) == "124"


@pytest.mark.parametrize("price", ["1E+999999999999", "-1E+2000000", "1E-2000000", "0E-999999999"])
def test_quoted_numbers_beyond_all_measure_are_not_believed(price: str) -> None:
    rated = rate(story(Leg(60, "4")), pricing(SPOT, series=slots(NOON, 60, price)))
    check_sums(rated)
    assert rated.provisional == {Reason.ABSURD_PRICE}
    assert rated.totals.net == 0


@pytest.mark.parametrize("price", ["1E+999999999999", "1E+500000", "NaN", "Infinity", "1E-400"])
def test_numbers_beyond_all_measure_make_no_tariff(price: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        FixedPrice(Decimal(price))


def test_overlapping_slots_are_refused_and_newer_ones_laid_over() -> None:
    old = PriceSlot(NOON, NOON + 2 * HOUR, Decimal("0.20"))
    new = PriceSlot(NOON + HOUR, NOON + 3 * HOUR, Decimal("0.50"))
    with pytest.raises(ValueError, match="overlap"):
        PriceSeries((old, new))
    series = PriceSeries((old,)).with_slots([new])
    rated = rate(story(Leg(60, "1"), Leg(60, "1")), pricing(SPOT, series=series))
    assert rated.totals.net == Fraction("0.70")


def test_prices_in_another_currency_are_not_added_up() -> None:
    series = slots(NOON, 60, "0.20")
    rated = rate(story(Leg(60, "4")), pricing(SPOT, series=series, quoted_in="SEK"))
    assert rated.provisional == {Reason.CURRENCY_CHANGED}
    assert rated.unpriced_mwh == mwh("4")
    assert rated.totals.net == 0


def test_a_formula_keeps_between_floor_and_cap() -> None:
    price = FormulaPrice(
        source="spot",
        factor=Decimal("1.05"),
        surcharge=Decimal("0.10"),
        floor=Decimal("0.05"),
        cap=Decimal("0.60"),
        source_vat=Decimal(25),
    )
    series = slots(NOON, 60, "-0.50", "0.25", "2")
    rated = rate(
        story(Leg(60, "1"), Leg(60, "1"), Leg(60, "1")),
        pricing(tariff(energy(price)), series=series),
    )
    assert [period.charges[0].price for period in rated.periods] == [
        Fraction("0.05"),
        Fraction("1.05") * Fraction("0.20") + Fraction("0.10"),
        Fraction("0.60"),
    ]


# --- tariffs


def test_no_tariff() -> None:
    rated = rate(story(Leg(60, "4")), Pricing(tariffs=()))
    check_sums(rated)
    assert rated.provisional == {Reason.NO_TARIFF}
    assert (rated.currency, rated.tariff_ids) == (NO_CURRENCY, ())
    assert rated.energy_mwh == mwh("4")
    assert rated.totals.gross == 0


@pytest.mark.parametrize(
    "useless",
    [
        tariff(),
        tariff(energy("0.30", min_kwh=Decimal(1000))),
        tariff(TariffElement((component(Dimension.PARKING_TIME, "5"),))),
    ],
)
def test_a_tariff_that_prices_nothing_says_so(useless: object) -> None:
    rated = rate(story(Leg(60, "4")), pricing(useless))  # type: ignore[arg-type]
    assert rated.provisional == {Reason.NOTHING_PRICED}
    assert rated.totals.gross == 0


def test_a_price_of_zero_is_a_price() -> None:
    rated = rate(story(Leg(60, "4")), pricing(tariff(energy("0"))))
    assert rated.provisional == frozenset()
    assert rated.totals.gross == 0


def test_a_tariff_out_of_force_says_so() -> None:
    expired = replace(FIXED, valid_until=NOON)
    rated = rate(story(Leg(60, "4")), pricing(expired))
    assert rated.provisional == {Reason.TARIFF_NOT_IN_FORCE}
    assert rated.totals.net == Fraction("1.20")
    coming = replace(FIXED, valid_from=NOON + timedelta(seconds=1))
    assert rate(story(Leg(60, "4")), pricing(coming)).provisional == {Reason.TARIFF_NOT_IN_FORCE}
    in_force = replace(FIXED, valid_from=NOON, valid_until=NOON + timedelta(minutes=1))
    assert rate(story(Leg(60, "4")), pricing(in_force)).provisional == frozenset()


def edited(*versions: tuple[object, datetime | None]) -> Pricing:
    return Pricing(
        tariffs=tuple(TariffVersion(one, since) for one, since in versions)  # type: ignore[arg-type]
    )


def test_an_edited_tariff_holds_from_its_moment_on() -> None:
    dearer = replace(tariff(energy("0.50")), id="T2")
    metered = story(Leg(60, "4"), Leg(60, "6"))
    rated = rate(metered, edited((dearer, after(60)), (FIXED, None)))
    check_sums(rated)
    assert rated.provisional == frozenset()
    assert rated.totals.net == Fraction("1.20") + Fraction("3.00")
    assert rated.tariff_ids == ("T", "T2")


def test_an_edit_before_the_session_or_after_it_changes_nothing() -> None:
    dearer = tariff(energy("0.50"))
    metered = story(Leg(60, "4"))
    for moment in (after(60), after(90)):
        assert rate(metered, edited((FIXED, None), (dearer, moment))).totals.net == Fraction("1.20")
    for moment in (after(0), after(-90)):
        assert rate(metered, edited((FIXED, None), (dearer, moment))).totals.net == Fraction("2.00")


def test_an_edit_between_readings_is_interpolated_and_says_what_that_can_be_worth() -> None:
    dearer = tariff(energy("0.50"))
    rated = rate(story(Leg(60, "4")), edited((FIXED, None), (dearer, after(45))))
    check_sums(rated)
    assert rated.totals.net == Fraction("0.90") + Fraction("0.50")
    boundary = rated.periods[1].starts
    assert boundary.energy_error_mwh == mwh("3")
    assert boundary.worst_cost == Fraction("0.60")
    assert rated.uncertainty == Fraction("0.60")
    assert rated.provisional == {Reason.GAP}


def test_a_change_of_currency_is_never_added_up() -> None:
    francs = tariff(energy("0.50"), currency="CHF")
    rated = rate(story(Leg(60, "4"), Leg(60, "6")), edited((FIXED, None), (francs, after(60))))
    check_sums(rated)
    assert rated.currency == "EUR"
    assert rated.provisional == {Reason.CURRENCY_CHANGED}
    assert rated.totals.net == Fraction("1.20")
    assert rated.unpriced_mwh == mwh("6")


def test_the_fee_is_charged_once_though_the_tariff_was_edited() -> None:
    one = tariff(TariffElement((component(Dimension.FLAT, "1"),)))
    other = tariff(TariffElement((component(Dimension.FLAT, "2"),)))
    rated = rate(story(Leg(60, "4"), Leg(60, "6")), edited((one, None), (other, after(60))))
    assert rated.totals.net == 1


# --- registers and clocks


def test_no_readings_at_all() -> None:
    bare = replace(session_of(story(Leg(60, "4"))), register_start_mwh=None, register_stop_mwh=None)
    rated = rate(Metered(session=bare), pricing(FIXED))
    check_sums(rated)
    assert rated.provisional == {Reason.NO_READINGS}
    assert rated.energy_mwh == 0


def test_only_the_registers_of_start_and_stop() -> None:
    bare = replace(story(Leg(60, "4")), readings=())
    rated = rate(bare, pricing(FIXED))
    assert rated.provisional == frozenset()
    assert rated.totals.net == Fraction("1.20")


def test_a_missing_stop_register_ends_at_the_last_reading() -> None:
    complete = story(Leg(60, "4"), Leg(60, "6"))
    forgotten = replace(
        session_of(complete), register_stop_mwh=None, flags=frozenset({SessionFlag.FORGOTTEN})
    )
    rated = rate(
        replace(complete, session=forgotten, readings=complete.readings[:2]), pricing(FIXED)
    )
    check_sums(rated)
    assert rated.provisional == {Reason.FORGOTTEN, Reason.ESTIMATED}
    assert rated.energy_mwh == mwh("4")


def test_a_missing_start_register_is_the_first_reading() -> None:
    complete = story(Leg(60, "4"), Leg(60, "6"))
    adopted = replace(
        session_of(complete), register_start_mwh=None, flags=frozenset({SessionFlag.RECONSTRUCTED})
    )
    rated = rate(replace(complete, session=adopted, readings=complete.readings[1:]), pricing(FIXED))
    check_sums(rated)
    assert rated.provisional == {Reason.RECONSTRUCTED, Reason.ESTIMATED}
    assert rated.energy_mwh == mwh("6")


def test_a_register_that_was_replaced_and_rebased() -> None:
    """The ledger rebases the start of such a session; older readings stand on the old count."""
    complete = story(Leg(60, "4"), Leg(60, "6"))
    replaced = replace(
        session_of(complete),
        register_start_mwh=500 - mwh("4"),
        register_stop_mwh=500 + mwh("6"),
        flags=frozenset({SessionFlag.REGISTER_REPLACED, SessionFlag.ESTIMATED}),
    )
    readings = (
        *complete.readings[:2],
        MeterReading(at=after(61), register_mwh=500),
        MeterReading(at=after(120), register_mwh=500 + mwh("6")),
    )
    dearer = tariff(energy("0.50", min_duration=3600), energy("0.30"))
    rated = rate(replace(complete, session=replaced, readings=readings), pricing(dearer))
    check_sums(rated)
    assert rated.provisional == {Reason.REGISTER_REPLACED, Reason.ESTIMATED}
    assert rated.energy_mwh == mwh("10")
    assert rated.totals.net == Fraction("1.20") + Fraction("3.00")


def test_a_register_that_was_replaced_and_counts_higher() -> None:
    complete = story(Leg(60, "4"), Leg(60, "6"))
    far = 10**12
    replaced = replace(
        session_of(complete),
        register_start_mwh=far - mwh("4"),
        register_stop_mwh=far + mwh("6"),
        flags=frozenset({SessionFlag.REGISTER_REPLACED}),
    )
    readings = (*complete.readings[:2], MeterReading(at=after(61), register_mwh=far))
    dearer = tariff(energy("0.50", min_duration=3600), energy("0.30"))
    rated = rate(replace(complete, session=replaced, readings=readings), pricing(dearer))
    check_sums(rated)
    assert rated.totals.net == Fraction("1.20") + Fraction("3.00")


def test_a_register_that_fell_without_anybody_noticing() -> None:
    complete = story(Leg(60, "4"), Leg(60, "6"))
    fallen = replace(session_of(complete), register_stop_mwh=mwh("5"))
    readings = (
        *complete.readings[:2],
        MeterReading(at=after(61), register_mwh=0),
        MeterReading(at=after(119), register_mwh=mwh("5")),
    )
    rated = rate(replace(complete, session=fallen, readings=readings), pricing(FIXED))
    check_sums(rated)
    assert rated.provisional == {Reason.REGISTER_REPLACED}
    assert rated.energy_mwh == mwh("9")


def test_a_flickering_last_digit_is_no_fall() -> None:
    complete = story(Leg(60, "4"))
    readings = (
        read(10, "0.6"),
        read(20, "1.2"),
        MeterReading(at=after(21), register_mwh=REGISTER_MWH + mwh("1.2") - 999),
    )
    rated = rate(replace(complete, readings=readings), pricing(FIXED))
    check_sums(rated)
    assert rated.provisional == frozenset()
    assert rated.energy_mwh == mwh("4")


def test_readings_after_a_jump_of_the_clock_are_left_out() -> None:
    complete = story(Leg(60, "6"))
    honest = [read(minutes, str(Decimal(minutes) / 10)) for minutes in range(0, 61, 5)]
    jumped = [read(12, "5.1"), read(14, "5.2")]
    dearer = tariff(energy("0.50", min_duration=1800), energy("0.30"))
    rated = rate(replace(complete, readings=(*honest, *jumped)), pricing(dearer))
    check_sums(rated)
    assert rated.provisional == {Reason.READINGS_CONTRADICT}
    assert rated.totals.net == Fraction("0.90") + Fraction("1.50")
    assert rated.energy_mwh == mwh("6")


def test_readings_outside_the_session_are_left_aside() -> None:
    complete = story(Leg(60, "6"))
    others = (read(-5, "-1"), read(65, "8"), read(10**6, "900"))
    rated = rate(replace(complete, readings=(*complete.readings, *others)), pricing(FIXED))
    assert rated.provisional == frozenset()
    assert rated.energy_mwh == mwh("6")


def test_a_session_that_ends_before_it_starts() -> None:
    complete = story(Leg(60, "6"))
    backwards = replace(session_of(complete), ended_at=after(-30))
    timed = tariff(energy("0.30"), TariffElement((component(Dimension.TIME, "6"),)))
    rated = rate(replace(complete, session=backwards), pricing(timed))
    check_sums(rated)
    assert rated.provisional == {Reason.IMPLAUSIBLE_TIME}
    assert rated.energy_mwh == mwh("6")
    assert rated.totals.net == Fraction("1.80")


def test_a_session_of_many_years() -> None:
    complete = story(Leg(60, "6"))
    ancient = replace(session_of(complete), started_at=datetime(1970, 1, 1, tzinfo=UTC))
    rated = rate(replace(complete, session=ancient), pricing(FIXED))
    check_sums(rated)
    assert rated.provisional == {Reason.IMPLAUSIBLE_TIME}
    assert rated.energy_mwh == mwh("6")


def test_a_reading_far_ahead_of_now_is_not_believed() -> None:
    complete = story(Leg(60, "6"))
    running = replace(session_of(complete), ended_at=None, register_stop_mwh=None)
    ahead = (*complete.readings, read(60 * 24 * 365, "7"))
    timed = tariff(TariffElement((component(Dimension.TIME, "6"),)))
    rated = rate(replace(complete, session=running, readings=ahead), pricing(timed), now=after(61))
    assert rated.end == after(61)
    assert rated.totals.net == Fraction(6) * 61 / 60
    assert rated.energy_mwh == mwh("6")


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        (SessionFlag.ESTIMATED, Reason.ESTIMATED),
        (SessionFlag.FORGOTTEN, Reason.FORGOTTEN),
        (SessionFlag.RECONSTRUCTED, Reason.RECONSTRUCTED),
        (SessionFlag.ORPHAN, Reason.ORPHAN),
        (SessionFlag.REGISTER_REPLACED, Reason.REGISTER_REPLACED),
    ],
)
def test_what_the_ledger_doubts_stays_in_doubt(flag: SessionFlag, reason: Reason) -> None:
    complete = story(Leg(60, "6"))
    doubted = replace(session_of(complete), flags=frozenset({flag}))
    assert rate(replace(complete, session=doubted), pricing(FIXED)).provisional == {reason}


@pytest.mark.parametrize(
    "flag",
    [SessionFlag.OFFLINE, SessionFlag.CLOCK_CORRECTED, SessionFlag.SIGNED, SessionFlag.GAP],
)
def test_what_changes_no_price_leaves_the_bill_exact(flag: SessionFlag) -> None:
    complete = story(Leg(60, "6"))
    flagged = replace(session_of(complete), flags=frozenset({flag}))
    assert rate(replace(complete, session=flagged), pricing(FIXED)).provisional == frozenset()


# --- states


TIMED = tariff(
    energy("0.30"),
    TariffElement((component(Dimension.TIME, "1.20"), component(Dimension.PARKING_TIME, "6.00"))),
)


def test_a_pause_of_ours_never_costs_idle_time() -> None:
    pauses = (
        Leg(60, "0", ConnectorStatus.SUSPENDED_EVSE),
        Leg(60, "0", FULL, held=True),
        Leg(60, "0", ConnectorStatus.FINISHING, held=True),
    )
    for pause in pauses:
        rated = rate(story(Leg(30, "5"), pause, Leg(30, "5")), pricing(TIMED))
        check_sums(rated)
        assert rated.provisional == frozenset()
        assert rated.totals.net == Fraction("3.00") + Fraction("1.20")
        assert rated.duration_us(Activity.HELD) == 3_600_000_000


@pytest.mark.parametrize(
    "status",
    [
        ConnectorStatus.PREPARING,
        ConnectorStatus.FAULTED,
        ConnectorStatus.UNAVAILABLE,
        ConnectorStatus.AVAILABLE,
        ConnectorStatus.RESERVED,
    ],
)
def test_what_is_neither_charging_nor_idle_costs_no_time(status: ConnectorStatus) -> None:
    rated = rate(story(Leg(60, "5"), Leg(60, "0", status)), pricing(TIMED))
    assert rated.provisional == frozenset()
    assert rated.totals.net == Fraction("1.50") + Fraction("1.20")


def test_a_state_nobody_knows_costs_no_time_and_says_so() -> None:
    rated = rate(story(Leg(60, "5"), Leg(60, "5", None)), pricing(TIMED))
    check_sums(rated)
    assert rated.provisional == {Reason.UNKNOWN_STATE}
    assert rated.totals.net == Fraction("3.00") + Fraction("1.20")
    assert rate(story(Leg(60, "5", None)), pricing(FIXED)).provisional == frozenset()


def test_grace_begins_anew_after_charging() -> None:
    patient = replace(TIMED, idle_grace=timedelta(minutes=15))
    metered = story(Leg(10, "1", FULL), Leg(10), Leg(20, "0", FULL), Leg(5), Leg(60, "0", FULL))
    rated = rate(metered, pricing(patient))
    check_sums(rated)
    assert rated.duration_us(Activity.GRACE) == 40 * 60_000_000
    assert rated.duration_us(Activity.IDLE) == 50 * 60_000_000


def test_finishing_continues_the_grace_of_being_full() -> None:
    patient = replace(TIMED, idle_grace=timedelta(minutes=15))
    metered = story(Leg(10, "0", FULL), Leg(10, "0", ConnectorStatus.FINISHING))
    assert rate(metered, pricing(patient)).duration_us(Activity.IDLE) == 5 * 60_000_000


def test_states_may_come_late_and_in_any_order() -> None:
    metered = story(Leg(10, "1"), Leg(30, "0", FULL), Leg(20, "1"))
    late = replace(metered, states=metered.states[::-1])
    assert rate(late, pricing(TIMED)) == rate(metered, pricing(TIMED))


def test_the_state_at_the_start_is_the_one_before_it() -> None:
    metered = story(Leg(60, "5"))
    early = replace(
        metered, states=(StateChange(after(-100), FULL), StateChange(after(-5), CHARGING))
    )
    assert rate(early, pricing(TIMED)).totals.net == Fraction("1.50") + Fraction("1.20")


# --- solar


SUNNY = replace(FIXED, solar=SolarPrice(price=FixedPrice(Decimal("0.08"))))


def test_solar_energy_has_its_own_price() -> None:
    shares = SolarShares((SolarShare(NOON, NOON + HOUR, Fraction(3, 4)),), "v1")
    rated = rate(replace(story(Leg(60, "4")), solar=shares), pricing(SUNNY))
    check_sums(rated)
    assert rated.provisional == frozenset()
    assert rated.totals.net == Fraction("0.30") + Fraction("0.24")
    assert (rated.solar_share, rated.solar_method) == (Fraction(3, 4), "v1")
    assert {line.kind for line in rated.lines} == {ChargeKind.ENERGY, ChargeKind.SOLAR}


@pytest.mark.parametrize(
    "shares",
    [
        None,
        SolarShares(),
        SolarShares((SolarShare(NOON, NOON + HOUR, Fraction(3, 2)),)),
        SolarShares((SolarShare(NOON, NOON - HOUR, Fraction(1, 2)),)),
    ],
)
def test_an_unknown_solar_share_counts_as_grid_and_says_so(shares: SolarShares | None) -> None:
    rated = rate(replace(story(Leg(60, "4")), solar=shares), pricing(SUNNY))
    check_sums(rated)
    assert rated.provisional == {Reason.UNKNOWN_SOLAR}
    assert rated.totals.net == Fraction("1.20")


def test_of_overlapping_solar_shares_the_earlier_holds() -> None:
    shares = SolarShares(
        (
            SolarShare(NOON, NOON + HOUR, Fraction(1)),
            SolarShare(after(30), NOON + 2 * HOUR, Fraction(0)),
        )
    )
    rated = rate(replace(story(Leg(60, "4"), Leg(60, "4")), solar=shares), pricing(SUNNY))
    check_sums(rated)
    assert rated.solar_mwh == mwh("4")


def test_all_solar_needs_no_grid_price() -> None:
    shares = SolarShares((SolarShare(NOON, NOON + HOUR, Fraction(1)),))
    sunny = replace(SPOT, solar=SUNNY.solar)
    rated = rate(replace(story(Leg(60, "4")), solar=shares), pricing(sunny))
    assert rated.provisional == frozenset()
    assert rated.totals.net == Fraction("0.32")


# --- power, reservations and nothing


def test_power_that_nobody_knows_says_so() -> None:
    strong = tariff(energy("0.50", min_power=Decimal(11)), energy("0.30"))
    started = Metered(
        session=replace(session_of(story(Leg(60, "4"))), ended_at=None, register_stop_mwh=None)
    )
    rated = rate(started, pricing(strong), now=after(1))
    assert rated.provisional == {Reason.OPEN, Reason.UNKNOWN_POWER}


def test_a_reservation_that_ends_before_it_was_made() -> None:
    backwards = Reservation(made_at=NOON, ended_at=NOON - HOUR, expired=True)
    rated = rate(Metered(session=None, reservation=backwards), pricing(FIXED))
    assert rated.provisional == {Reason.IMPLAUSIBLE_TIME}
    assert rated.totals.gross == 0


def test_a_reservation_ends_where_its_session_begins() -> None:
    late = Reservation(made_at=NOON - HOUR, ended_at=NOON + HOUR)
    rated = rate(story(Leg(60, "4"), reservation=late), pricing(FIXED))
    assert rated.start == NOON - HOUR
    assert rated.periods[0].end == NOON


def test_a_reservation_has_no_power_to_ask_for() -> None:
    strong = tariff(energy("0.50", min_power=Decimal(11)), energy("0.30"))
    reserved = Reservation(made_at=NOON - HOUR, ended_at=NOON)
    rated = rate(story(Leg(60, "4"), reservation=reserved), pricing(strong))
    assert rated.provisional == frozenset()
    assert rated.totals.net == Fraction("1.20")


def test_neither_session_nor_reservation() -> None:
    rated = rate(Metered(session=None), pricing(FIXED))
    check_sums(rated)
    assert rated.periods == ()
    assert rated.totals.gross == 0


def test_a_session_without_energy_or_time_still_owes_the_fee() -> None:
    fee = tariff(TariffElement((component(Dimension.FLAT, "0.50", "19"),)), energy("0.30"))
    rated = rate(story(Leg(0, "0")), pricing(fee))
    check_sums(rated)
    assert rated.provisional == frozenset()
    assert rated.totals.net == Fraction("0.50")
    assert rated.average_price is None
    assert rated.solar_share is None


def test_sources_in_different_currencies_each_say_so() -> None:
    what = tariff(energy(TablePrice("spot"), max_duration=1800), energy(TablePrice("other")))
    prices = {
        "spot": QuotedPrices("EUR", slots(NOON, 60, "0.20")),
        "other": QuotedPrices("SEK", slots(NOON, 60, "2.20")),
    }
    rated = rate(
        story(Leg(30, "2"), Leg(30, "2")),
        Pricing(tariffs=(TariffVersion(what),), prices=prices),
    )
    assert rated.provisional == {Reason.CURRENCY_CHANGED}
    assert rated.totals.net == Fraction("0.40")
