"""Every worked example of the OCPI text (2.2.1 and 2.3.0: mod_tariffs, mod_cdrs) comes out as it says.

Where the text itself is wrong, what it prints stands beside what it should.
"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from custom_components.chargestead.billing.rating import ChargeKind, Metered, Reservation, rate
from custom_components.chargestead.billing.tariffs import OcpiVersion, Tariff

from .pricing_stories import AMSTERDAM, FULL, Leg, cost, eur, ocpi_tariff, pricing, story, volumes

MINUTE = 60_000_000
WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]

FLAT = ("FLAT", "0.50", "20.0", 1)
ENERGY = ("ENERGY", "0.25", "10.0", 1)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a local time in June 2026, whose first day is a Monday."""
    return datetime(2026, 6, day, hour, minute, tzinfo=AMSTERDAM).astimezone(UTC)


@pytest.fixture(params=list(OcpiVersion))
def version(request: pytest.FixtureRequest) -> OcpiVersion:
    """Return one version of OCPI after the other."""
    found: OcpiVersion = request.param
    return found


def limit(version: OcpiVersion, net: str, gross: str) -> dict[str, object]:
    names = {
        OcpiVersion.V221: ("excl_vat", "incl_vat"),
        OcpiVersion.V230: ("before_taxes", "after_taxes"),
    }
    return dict(zip(names[version], (net, gross), strict=True))


def test_a_quarter_per_kwh(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(([ENERGY], None), version=version)
    assert cost(story(Leg(120, "20")), tariff) == eur("5.00", "5.50")


def test_start_fee(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(([FLAT, ENERGY], None), version=version)
    assert cost(story(Leg(120, "20")), tariff) == eur("5.50", "6.10")


@pytest.mark.parametrize(
    ("kwh", "expected"), [("20", ("5.00", "5.50")), ("1.999", ("0.50", "0.55"))]
)
def test_minimum_price(version: OcpiVersion, kwh: str, expected: tuple[str, str]) -> None:
    tariff = ocpi_tariff(
        ([ENERGY], None), version=version, min_price=limit(version, "0.50", "0.55")
    )
    assert cost(story(Leg(120, kwh)), tariff) == eur(*expected)


def test_parking_by_the_quarter_hour(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(
        ([FLAT, ENERGY, ("PARKING_TIME", "2.00", "20.0", 900)], None), version=version
    )
    assert cost(story(Leg(120, "20"), Leg(40, status=FULL)), tariff) == eur("7.00", "7.90")


@pytest.mark.parametrize(
    ("kwh", "expected"), [("50", ("10.00", "11.00")), ("30", ("8.00", "8.85"))]
)
def test_maximum_price(version: OcpiVersion, kwh: str, expected: tuple[str, str]) -> None:
    tariff = ocpi_tariff(
        ([FLAT, ENERGY], None),
        version=version,
        max_price=limit(version, "10.00", "11.00"),
        end_date_time="2026-06-30T23:59:59Z",
    )
    assert cost(story(Leg(120, kwh)), tariff) == eur(*expected)


def test_two_per_hour(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(([("TIME", "2.00", "10.0", 60)], None), version=version)
    assert cost(story(Leg(150, "20"), Leg(90, status=FULL)), tariff) == eur("5.00", "5.50")


def test_north_american_taxes_come_later() -> None:
    tariff = ocpi_tariff(([("TIME", "2.00", None, 1)], None), currency="CAD")
    assert cost(story(Leg(150, "20")), tariff) == eur("5.00", "5.00")


def test_north_american_taxes_are_included() -> None:
    tariff = ocpi_tariff(([("TIME", "2.10", None, 1)], None), currency="CAD", tax_included="YES")
    assert cost(story(Leg(150, "20")), tariff) == eur("5.25", "5.25")


def test_three_per_hour_and_five_for_parking(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(
        ([("TIME", "3.00", "10.0", 60), ("PARKING_TIME", "5.00", "20.0", 300)], None),
        version=version,
    )
    assert cost(story(Leg(150, "20"), Leg(42, status=FULL)), tariff) == eur("11.25", "12.75")


def test_odd_vat_is_printed_rounded(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(([("TIME", "1.90", "5.2", 300)], None), version=version)
    assert cost(story(Leg(150, "20")), tariff) == eur("4.75", "4.997")
    rated = rate(story(Leg(150, "20")), pricing(tariff))
    assert str(rated.totals.printed_gross) == "5.00"


@pytest.mark.parametrize(
    ("price", "lines", "total"),
    [
        ("0.25", ["0.50", "5.13"], ("5.625", "6.2375")),
        ("0.22", ["0.50", "4.51"], ("5.01", "5.561")),
    ],
)
def test_energy_by_the_tenth_of_a_kwh(
    version: OcpiVersion, price: str, lines: list[str], total: tuple[str, str]
) -> None:
    """The breakdown that 2.3.0 adds forgets the step: it prints 5.11 for 20.45 kWh; the text above it says 5.13."""
    tariff = ocpi_tariff(([FLAT, ("ENERGY", price, "10.0", 100)], None), version=version)
    metered = story(Leg(120, "20.45"))
    assert cost(metered, tariff) == eur(*total)
    rated = rate(metered, pricing(tariff))
    assert sorted(str(line.printed) for line in rated.lines) == lines
    assert volumes(rated, ChargeKind.ENERGY) == [20_500_000]


def complex_tariff(version: OcpiVersion) -> Tariff:
    """Return the tariff of the complex example."""
    return ocpi_tariff(
        ([("FLAT", "2.50", "15.0", 1)], None),
        ([("TIME", "1.00", "20.0", 900)], {"max_current": 32}),
        ([("TIME", "2.00", "20.0", 600)], {"min_current": 32, "day_of_week": WEEKDAYS}),
        (
            [("TIME", "1.25", "20.0", 600)],
            {"min_current": 32, "day_of_week": ["SATURDAY", "SUNDAY"]},
        ),
        (
            [("PARKING_TIME", "5.00", "10.0", 300)],
            {"start_time": "09:00", "end_time": "18:00", "day_of_week": WEEKDAYS},
        ),
        (
            [("PARKING_TIME", "6.00", "10.0", 300)],
            {"start_time": "10:00", "end_time": "17:00", "day_of_week": ["SATURDAY"]},
        ),
        version=version,
    )


def test_complex_tariff_on_a_monday_morning(version: OcpiVersion) -> None:
    sixteen_ampere = Leg(165, "10.12")
    metered = story(sixteen_ampere, Leg(42, status=FULL), start=local(1, 9, 30))
    assert cost(metered, complex_tariff(version)) == eur("9.00", "10.30")


def test_complex_tariff_on_a_saturday_afternoon(version: OcpiVersion) -> None:
    """The text prints 2.28 for 114 minutes at 1.25 per hour, and so 12.28 and 13.861; it is 2.375."""
    above_43_ampere = Leg(114, "19")
    metered = story(above_43_ampere, Leg(71, status=FULL), start=local(6, 13, 30))
    assert cost(metered, complex_tariff(version)) == eur("12.375", "13.975")


def test_free_of_charge(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(([("FLAT", "0.00", None, 0)], None), version=version)
    assert cost(story(Leg(120, "20"), Leg(60, status=FULL)), tariff) == eur("0", "0")


def reserved(minutes: int) -> Metered:
    """Return a session of 20 kWh after a reservation."""
    start = local(1, 12)
    made = Reservation(made_at=start - timedelta(minutes=minutes), ended_at=start)
    return story(Leg(120, "20"), start=start, reservation=made)


def expired(minutes: int) -> Metered:
    """Return a reservation that nobody used."""
    start = local(1, 12)
    return Metered(
        session=None,
        reservation=Reservation(
            made_at=start, ended_at=start + timedelta(minutes=minutes), expired=True
        ),
    )


def reservation(
    kind: str, *components: tuple[str, str, str | None, int]
) -> tuple[list[tuple[str, str, str | None, int]], dict[str, object]]:
    return list(components), {"reservation": kind}


def test_reservation_by_the_hour(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(
        reservation("RESERVATION", ("TIME", "5.00", "20.0", 60)),
        ([FLAT, ENERGY], None),
        version=version,
    )
    assert cost(reserved(15), tariff) == eur("6.75", "7.60")


def test_reservation_with_a_fee(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(
        reservation("RESERVATION", ("FLAT", "2.00", "20.0", 1), ("TIME", "5.00", "20.0", 300)),
        ([FLAT, ENERGY], None),
        version=version,
    )
    assert cost(reserved(13), tariff) == eur("8.75", "10.00")


@pytest.mark.parametrize(
    ("metered", "expected"), [(reserved(22), ("6.50", "7.30")), (expired(60), ("6.00", "7.20"))]
)
def test_reservation_that_costs_more_when_it_expires(
    version: OcpiVersion, metered: Metered, expected: tuple[str, str]
) -> None:
    tariff = ocpi_tariff(
        reservation("RESERVATION_EXPIRES", ("FLAT", "4.00", "20.0", 1)),
        reservation("RESERVATION", ("TIME", "2.00", "20.0", 600)),
        ([FLAT, ENERGY], None),
        version=version,
    )
    assert cost(metered, tariff) == eur(*expected)


@pytest.mark.parametrize(
    ("metered", "expected"), [(reserved(22), ("7.00", "7.90")), (expired(90), ("9.00", "10.80"))]
)
def test_reservation_whose_time_costs_more_when_it_expires(
    version: OcpiVersion, metered: Metered, expected: tuple[str, str]
) -> None:
    expires = reservation("RESERVATION_EXPIRES", ("TIME", "6.00", "20.0", 600))
    normal = reservation("RESERVATION", ("TIME", "3.00", "20.0", 600))
    for order in ((expires, normal), (normal, expires)):
        tariff = ocpi_tariff(*order, ([FLAT, ENERGY], None), version=version)
        assert cost(metered, tariff) == eur(*expected)


def stepped_tariff(version: OcpiVersion) -> Tariff:
    """Return the tariff that explains step_size."""
    parking = ("PARKING_TIME", "1.00", None, 900)
    return ocpi_tariff(
        ([("TIME", "1.20", None, 1800), parking], {"start_time": "00:00", "end_time": "17:00"}),
        ([("TIME", "2.40", None, 900), parking], {"start_time": "17:00", "end_time": "20:00"}),
        ([("TIME", "2.40", None, 900)], {"start_time": "20:00", "end_time": "00:00"}),
        version=version,
    )


@pytest.mark.parametrize(
    ("metered", "expected", "charged", "parked"),
    [
        (story(Leg(10, "1"), Leg(2, status=FULL), start=local(1, 16, 55)), "0.55", [5, 5], [15]),
        (story(Leg(35, "5"), start=local(1, 16, 35)), "1.30", [25, 20], []),
        (story(Leg(12, "1"), Leg(20, status=FULL), start=local(1, 19, 40)), "0.73", [12], [15]),
    ],
)
def test_steps_when_elements_change(
    version: OcpiVersion, metered: Metered, expected: str, charged: list[int], parked: list[int]
) -> None:
    """For the third, 2.2.1 prints 0.80, from the price before 17:00; 2.3.0 mends that."""
    tariff = stepped_tariff(version)
    assert cost(metered, tariff) == eur(expected, expected)
    rated = rate(metered, pricing(tariff))
    assert volumes(rated, ChargeKind.TIME) == [minutes * MINUTE for minutes in charged]
    assert volumes(rated, ChargeKind.PARKING_TIME) == [minutes * MINUTE for minutes in parked]


@pytest.mark.parametrize(
    ("step_size", "billed_wh", "expected"),
    [(1, 116, "0.029"), (25, 125, "0.03125"), (500, 500, "0.125")],
)
def test_steps_of_energy(step_size: int, billed_wh: int, expected: str) -> None:
    tariff = ocpi_tariff(([("ENERGY", "0.25", None, step_size)], None))
    metered = story(Leg(5, "0.1152"))
    assert cost(metered, tariff) == eur(expected, expected)
    assert volumes(rate(metered, pricing(tariff)), ChargeKind.ENERGY) == [billed_wh * 1000]


@pytest.mark.parametrize(("minutes", "billed"), [(8, 10), (6, 10), (5, 5), (10, 10)])
def test_steps_of_five_minutes(minutes: int, billed: int) -> None:
    tariff = ocpi_tariff(([("PARKING_TIME", "6", None, 300), ENERGY], None))
    rated = rate(story(Leg(60, "10"), Leg(minutes, status=FULL)), pricing(tariff))
    assert volumes(rated, ChargeKind.PARKING_TIME) == [billed * MINUTE]


@pytest.mark.parametrize(
    ("step_size", "charging", "parking", "billed"), [(300, 21, 7, 10), (600, 21, 16, 20)]
)
def test_only_parking_is_rounded_where_both_are_charged(
    step_size: int, charging: int, parking: int, billed: int
) -> None:
    tariff = ocpi_tariff(
        ([("TIME", "1.00", None, step_size), ("PARKING_TIME", "2.00", None, step_size)], None)
    )
    rated = rate(story(Leg(charging, "5"), Leg(parking, status=FULL)), pricing(tariff))
    assert volumes(rated, ChargeKind.TIME) == [charging * MINUTE]
    assert volumes(rated, ChargeKind.PARKING_TIME) == [billed * MINUTE]


def test_steps_count_for_the_total_of_energy() -> None:
    tariff = ocpi_tariff(
        ([("ENERGY", "0.20", None, 500)], {"end_time": "17:00"}),
        ([("ENERGY", "0.27", None, 500)], {"start_time": "17:00"}),
    )
    metered = story(Leg(60, "4.3"), Leg(30, "1.1"), start=local(1, 16))
    rated = rate(metered, pricing(tariff))
    assert volumes(rated, ChargeKind.ENERGY) == [4_300_000, 1_200_000]
    assert rated.totals.net == Fraction("0.86") + Fraction("0.324")


def test_steps_count_for_the_total_of_time() -> None:
    tariff = ocpi_tariff(
        ([("TIME", "5", None, 600)], {"end_time": "17:00"}),
        ([("TIME", "7", None, 600)], {"start_time": "17:00"}),
    )
    rated = rate(story(Leg(28, "5"), start=local(1, 16, 54)), pricing(tariff))
    assert volumes(rated, ChargeKind.TIME) == [6 * MINUTE, 24 * MINUTE]


def test_the_charge_detail_record() -> None:
    """The example CDR: 1 h 58 min 23 s at 2 per hour, billed by five minutes."""
    tariff = ocpi_tariff(([("TIME", "2.00", "10.0", 300)], None))
    metered = story(
        Leg(118 + 23 / 60, "15.342"), start=datetime(2015, 6, 29, 21, 39, 9, tzinfo=UTC)
    )
    assert cost(metered, tariff) == eur("4.00", "4.40")


def test_power_decides_the_price(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(
        ([("ENERGY", "0.20", "20.0", 1)], {"max_power": 16}),
        ([("ENERGY", "0.35", "20.0", 1)], {"max_power": 32}),
        ([("ENERGY", "0.50", "20.0", 1)], None),
        version=version,
    )
    metered = story(Leg(10, "1"), Leg(50, "40"), Leg(7.5, "0.5"))
    assert cost(metered, tariff)[0] == Fraction("20.30")


def test_duration_decides_the_price(version: OcpiVersion) -> None:
    tariff = ocpi_tariff(
        ([("ENERGY", "0.00", "20.0", 1)], {"max_duration": 1800}),
        ([("ENERGY", "0.25", "20.0", 1)], {"max_duration": 3600}),
        ([("ENERGY", "0.40", "20.0", 1)], None),
        version=version,
    )
    assert cost(story(Leg(30, "5"), Leg(10, "1.2")), tariff)[0] == Fraction("0.30")
