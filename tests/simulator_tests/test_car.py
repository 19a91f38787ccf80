"""The physics of a car."""

from hypothesis import given, strategies as st
import pytest

from tests.simulator import Car

VOLTS = (230.0, 230.0, 230.0)


def test_a_car_takes_what_it_is_offered_up_to_its_charger() -> None:
    """Offers above the on-board charger change nothing."""
    car = Car(max_current={1: 32.0, 3: 16.0})
    assert car.draw_a(10, 3) == 10
    assert car.draw_a(32, 3) == 16
    assert car.draw_a(32, 1) == 32
    assert car.draw_a(40, 1) == 32


def test_a_car_takes_nothing_below_six_amperes() -> None:
    """The pilot signal cannot say less than 6 A."""
    car = Car(soc=50)
    assert car.draw_a(5.9, 3) == 0
    assert car.charge(5.9, VOLTS, 3600) == 0
    assert car.soc == 50


def test_an_hour_at_full_power_is_power_times_time() -> None:
    """16 A on three phases is 11.04 kWh, of which the battery keeps its efficiency."""
    car = Car(capacity_kwh=60, soc=20, efficiency=0.9)
    assert car.charge(16, VOLTS, 3600) == pytest.approx(11_040)
    assert car.soc == pytest.approx(20 + 11.04 * 0.9 / 60 * 100)


def test_above_the_taper_the_current_falls() -> None:
    """Between the taper and full, the car asks for less and less."""
    car = Car(taper_from=80)
    appetites = []
    for soc in (79, 80, 85, 90, 95, 99):
        car.soc = soc
        appetites.append(car.appetite_a(3))
    assert appetites[:2] == [16, 16]
    assert appetites[1:] == sorted(appetites[1:], reverse=True)
    assert appetites[-1] < 3


def test_a_car_stops_at_its_target_and_draws_no_more() -> None:
    """The battery never holds more than the target."""
    car = Car(capacity_kwh=10, soc=75, target_soc=80)
    energy = car.charge(16, VOLTS, 36_000)
    assert car.soc == pytest.approx(80)
    assert energy == pytest.approx(5 * 10 * 10 / 0.92)
    assert car.draw_a(16, 3) == 0
    assert car.charge(16, VOLTS, 60) == 0


cars = st.builds(
    Car,
    capacity_kwh=st.floats(5, 120),
    soc=st.floats(0, 99),
    target_soc=st.floats(50, 100),
    taper_from=st.floats(50, 100),
    efficiency=st.floats(0.8, 1),
)
offers = st.floats(6, 32)


@given(car=cars, offer=offers, cuts=st.lists(st.floats(0, 7200), min_size=1, max_size=6))
def test_the_result_does_not_depend_on_how_a_span_is_cut(
    car: Car, offer: float, cuts: list[float]
) -> None:
    """Charging in pieces gives what charging in one go gives."""
    whole = Car(
        capacity_kwh=car.capacity_kwh,
        soc=car.soc,
        target_soc=car.target_soc,
        taper_from=car.taper_from,
        efficiency=car.efficiency,
    )
    in_pieces = sum(car.charge(offer, VOLTS, cut) for cut in cuts)
    assert in_pieces == pytest.approx(whole.charge(offer, VOLTS, sum(cuts)), abs=1e-3)
    assert car.soc == pytest.approx(whole.soc)


@given(car=cars, offer=offers)
def test_the_time_to_the_target_is_right(car: Car, offer: float) -> None:
    """After the predicted time the car is full, just before it is not."""
    seconds = car.seconds_to_target(offer, VOLTS)
    if seconds is None:
        assert car.full
        return
    car.charge(offer, VOLTS, seconds * 0.99)
    assert not car.full or seconds < 1e-3
    car.charge(offer, VOLTS, seconds * 0.01 + 0.5)
    assert car.soc == pytest.approx(car.target_soc, abs=1e-4)


@given(car=cars, offer=st.floats(0, 40), seconds=st.floats(0, 100_000))
def test_energy_matches_the_battery(car: Car, offer: float, seconds: float) -> None:
    """What came from the grid, less the losses, is in the battery."""
    before = car.soc
    energy = car.charge(offer, VOLTS, seconds)
    assert energy >= 0
    stored = (car.soc - before) / 100 * car.capacity_kwh * 1000
    assert stored == pytest.approx(energy * car.efficiency, abs=1e-6)
