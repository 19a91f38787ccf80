"""Sampled values as real stations spell them."""

from copy import deepcopy
from math import isfinite, sqrt
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.chargestead.csms import samples as samples_module
from custom_components.chargestead.csms.counters import Counters
from custom_components.chargestead.csms.sample_plans import MEASURANDS, Plan, Quantity
from custom_components.chargestead.csms.samples import Sampled, merge, read_samples, register_mwh
from custom_components.chargestead.model.reading import NO_MEASUREMENTS, ReadingContext

from .transaction_fixtures import at

REGISTER = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"


def read(*samples: dict[str, Any]) -> Sampled:
    return read_samples([dict(sample) for sample in samples], Counters())


def counts(*samples: dict[str, Any]) -> dict[str, int]:
    counters = Counters()
    read_samples([dict(sample) for sample in samples], counters)
    return counters.as_dict()


@pytest.mark.parametrize(
    ("unit", "value", "mwh"),
    [
        (None, "1234", 1_234_000),
        ("", "1234", 1_234_000),
        ("Wh", "1234.5", 1_234_500),
        (" wh ", "1234", 1_234_000),
        ("kWh", "1.2345", 1_234_500),
        ("KWH", "1,2345", 1_234_500),
        ("kwh", 1.5, 1_500_000),
        ("Wh", 7, 7000),
        ("Wh", " 12 ", 12_000),
        ("Wh", "12\0", 12_000),
        ("W", "1234", 1_234_000),
        ("kW", "1.5", 1_500_000),
        ("Wh", "0", 0),
        ("Wh", "9.9e3", 9_900_000),
    ],
)
def test_a_register_is_whole_milliwatt_hours(unit: str | None, value: object, mwh: int) -> None:
    sample = {"value": value, "measurand": REGISTER} | ({} if unit is None else {"unit": unit})
    assert read(sample).register_mwh == mwh


@pytest.mark.parametrize(
    ("unit", "multiplier", "mwh"),
    [("Wh", 3, 5_000_000), ("Wh", 0, 5000), ("Wh", -3, 5), ("kWh", -3, 5000), ("Wh", "3", 5_000_000),
     ("Wh", None, 5000), ("Wh", 99, 5000), ("Wh", True, 5000), (None, 3, 5_000_000)],
)  # fmt: skip
def test_a_multiplier_is_a_power_of_ten(unit: str | None, multiplier: object, mwh: int) -> None:
    measure = {"unit": unit, "multiplier": multiplier}
    assert read({"value": 5, "unitOfMeasure": measure}).register_mwh == mwh


@pytest.mark.parametrize(
    "value",
    ["", "abc", "-1", None, True, [], {}, "nan", "inf", "1e400", "9e999999", "-0.1", "1,234.5",
     10**40, float("nan"), float("-inf"), "9" * 5000, 4.7e18],
)  # fmt: skip
def test_what_is_no_register_is_dropped_and_counted(value: object) -> None:
    assert register_mwh(value) is None
    assert read({"value": value}).register_mwh is None
    assert counts({"value": value}) == {"value_unreadable": 1}


def test_a_number_too_long_to_be_written_is_no_register() -> None:
    assert register_mwh(10**5000) is None
    phases = [{"value": 4_000_000_000_000_000, "phase": f"L{number}"} for number in (1, 2, 3)]
    assert read(*phases).register_mwh is None
    assert counts(*phases) == {"value_unreadable": 1}


@pytest.mark.parametrize(
    "spelling", [POWER, f" {POWER} ", "power.active.import", "POWER.ACTIVE.IMPORT"]
)
@pytest.mark.parametrize(
    ("unit", "value", "watts"),
    [("W", "7400", 7400), ("kW", "7.4", 7400), ("Watt", "7400", 7400), ("watts", "7400", 7400),
     ("KW", "7,4", 7400), (None, "7400", 7400), ("VA", " 7400 ", 7400), ("kVA", "7.4", 7400)],
)  # fmt: skip
def test_power_is_watts(spelling: str, unit: str | None, value: str, watts: float) -> None:
    live = read({"value": value, "measurand": spelling, "unit": unit}).live
    assert live[Quantity.POWER][0] == pytest.approx(watts)


@pytest.mark.parametrize(
    ("measurand", "unit", "value", "expected"),
    [("Current.Import", "A", "16", 16), ("Current.Import", "Amp", "16", 16),
     ("Current.Import", "Amps", "16", 16), ("Current.Import", "mA", "16000", 16),
     ("Voltage", "V", "230.4", 230.4), ("Voltage", "Volt", "230", 230), ("Voltage", "mV", "230000", 230),
     ("Temperature", "Celsius", "31", 31), ("Temperature", "Celcius", "31", 31),
     ("Temperature", "K", "300.15", 27), ("Temperature", "Fahrenheit", "212", 100),
     ("SoC", "Percent", "55", 55), ("SoC", "%", "55", 55), ("Frequency", "Hz", "50", 50),
     ("Frequency", "Hertz", "50", 50), ("Current.Offered", "A", "-1", -1), ("Power.Offered", "kW", "11", 11000)],
)  # fmt: skip
def test_units_as_stations_spell_them(
    measurand: str, unit: str, value: str, expected: float
) -> None:
    live = read({"value": value, "measurand": measurand, "unit": unit}).live
    assert live[MEASURANDS[measurand]][0] == pytest.approx(expected)


@pytest.mark.parametrize(
    "sample",
    [
        {"value": "1", "unit": "parsec"},
        {"value": "1", "measurand": "Voltage", "unit": "furlong"},
        {"value": "1", "measurand": POWER, "unit": "Wh"},
    ],
)
def test_an_unknown_unit_is_dropped_and_counted(sample: dict[str, str]) -> None:
    assert counts(sample) == {"unit_unknown": 1}
    assert read(sample) == Sampled()


@pytest.mark.parametrize("measurand", [None, "", REGISTER, "energy.active.import.register"])
def test_no_measurand_is_the_imported_energy(measurand: str | None) -> None:
    assert read({"value": "5", "measurand": measurand}).register_mwh == 5000


@pytest.mark.parametrize(
    "sample",
    [
        {"value": "1", "measurand": "Energy.Active.Export.Register"},
        {"value": "1", "measurand": "RPM"},
        {"value": "1", "measurand": 7},
        {"value": "1", "measurand": ["Voltage"]},
        {"value": "1", "location": "Upstream"},
        {"value": "1", "phase": "N"},
        {"value": "1", "measurand": "Current.Import", "phase": "N"},
        {"value": "1", "measurand": "Voltage", "phase": "PE"},
    ],
)
def test_what_is_of_no_use_is_left_out(sample: dict[str, Any]) -> None:
    assert read(sample) == Sampled()


def test_phases_are_summed_where_no_total_is_told() -> None:
    phases = [
        {"value": "1000", "phase": "L1"},
        {"value": "2000", "phase": "L2-N"},
        {"value": "3000", "phase": " l3 "},
        {"value": "9", "phase": "N"},
    ]
    assert read(*phases).register_mwh == 6_000_000
    assert read({"value": "5999"}, *phases).register_mwh == 5_999_000
    power = [item | {"measurand": POWER} for item in phases]
    assert merge(NO_MEASUREMENTS, read(*power), at(0), derive_power=False).power_w == 6000
    with_total = read({"value": "5", "unit": "kW", "measurand": POWER}, *power)
    assert merge(NO_MEASUREMENTS, with_total, at(0), derive_power=False).power_w == 5000


def test_a_measurand_may_carry_its_phase() -> None:
    result = read(
        {"value": "10", "measurand": "Current.Import.L1"},
        {"value": "11", "measurand": "Current.Import.L2-N"},
    )
    assert result.live == {Quantity.CURRENT: (None, 10, 11, None)}


def test_line_voltages_stand_in_for_those_to_neutral() -> None:
    lines = [
        {"value": "400", "measurand": "Voltage", "phase": phase}
        for phase in ("L1-L2", "L2-L3", "L3-L1")
    ]
    expected = pytest.approx(400 / sqrt(3))
    assert read(*lines).live[Quantity.VOLTAGE] == (None, expected, expected, expected)
    neutral = {"value": "231", "measurand": "Voltage", "phase": "L1-N"}
    for order in ([neutral, *lines], [*lines, neutral]):
        assert read(*order).live[Quantity.VOLTAGE] == (None, 231, expected, expected)
    assert counts({"value": "1", "measurand": POWER, "phase": "L1-L2"}) == {"phase_unknown": 1}
    assert counts({"value": "1", "phase": "L7"}) == {"phase_unknown": 1}


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (None, ReadingContext.PERIODIC),
        ("Sample.Periodic", ReadingContext.PERIODIC),
        ("sample.clock", ReadingContext.ALIGNED),
        (" Trigger ", ReadingContext.TRIGGER),
        ("Transaction.End", ReadingContext.END),
        ("Interruption.Begin", ReadingContext.INTERRUPTION),
        ("Interruption.End", ReadingContext.INTERRUPTION),
        ("CurrentMax", ReadingContext.OTHER),
        (7, ReadingContext.OTHER),
    ],
)
def test_contexts(context: object, expected: ReadingContext) -> None:
    assert read({"value": "1", "context": context}).context is expected


@pytest.mark.parametrize("context", ["Transaction.Begin", "transaction.begin "])
def test_a_begin_sample_is_no_news_in_a_periodic_message(context: str) -> None:
    sample = {"value": "1", "context": context}
    assert read(sample) == Sampled()
    assert counts(sample) == {"begin_sample_ignored": 1}
    assert read_samples([sample], Counters(), begin_is_news=True).register_mwh == 1000


@pytest.mark.parametrize("location", [None, "Outlet", "outlet", "Cable", "EV", "Body", 7])
def test_locations_at_the_connector_count(location: object) -> None:
    assert read({"value": "1", "location": location}).register_mwh == 1000


def test_the_outlet_counts_before_the_inlet_in_either_order() -> None:
    inlet = {"value": "9000", "location": "Inlet"}
    outlet = {"value": "5", "location": "Outlet"}
    power = {"value": "70", "location": "Inlet", "measurand": POWER}
    assert read(inlet, outlet).register_mwh == 5000
    assert read(outlet, inlet).register_mwh == 5000
    assert read(inlet).register_mwh == 9_000_000
    assert read({**power, "location": "Outlet", "value": "7"}, power).live == {
        Quantity.POWER: (7, None, None, None)
    }


@pytest.mark.parametrize("spelling", ["SignedData", "signeddata"])
def test_signed_data_is_kept_as_it_is(spelling: str) -> None:
    result = read({"value": "5"}, {"value": "OCMF|{}|{}", "format": spelling})
    assert (result.register_mwh, result.signed) == (5000, "OCMF|{}|{}")
    assert read({"value": 5, "format": spelling}).signed is None


def test_unreadable_numbers_are_counted() -> None:
    values = ["x", True, False, None, [], "1e13", "nan", 10**400]
    samples = [{"value": value, "measurand": POWER} for value in values]
    assert counts(*samples) == {"value_unreadable": len(values)}
    assert read(*samples).live == {}


def test_a_state_of_charge_beyond_reason_is_not_shown() -> None:
    shown = merge(
        NO_MEASUREMENTS, read({"value": "255", "measurand": "SoC"}), at(0), derive_power=False
    )
    assert shown.state_of_charge is None


def test_what_a_sample_does_not_mention_stays() -> None:
    one = merge(
        NO_MEASUREMENTS, read({"value": "230", "measurand": "Voltage"}), at(0), derive_power=False
    )
    two = merge(one, read({"value": "50", "measurand": "SoC"}), at(5), derive_power=False)
    assert (two.voltage_v, two.state_of_charge, two.at) == ((230, None, None), 50, at(5))
    assert merge(two, Sampled(), at(9), derive_power=False) is two


def test_power_is_current_times_voltage_where_no_power_is_told() -> None:
    currents = [
        {"value": "10", "measurand": "Current.Import", "phase": phase} for phase in ("L1", "L2")
    ]
    voltage = {"value": "240", "measurand": "Voltage", "phase": "L1-N"}
    shown = merge(NO_MEASUREMENTS, read(*currents, voltage), at(0), derive_power=True)
    assert shown.power_w == 10 * 240 + 10 * 230
    assert merge(NO_MEASUREMENTS, read(voltage), at(0), derive_power=True).power_w is None


TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["1", "-3.5", "1,5", " 7 ", "1e9", "9e999999", "1e-999999", "NaN", "Infinity"]),
)
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.lists(st.integers(), max_size=1)
)
WORDS = {
    "measurand": st.one_of(st.sampled_from([*MEASURANDS]), ANYTHING),
    "unit": st.one_of(
        st.sampled_from(["W", "kW", "Wh", "kWh", "K", "Fahrenheit", "mA", "Percent"]), ANYTHING
    ),
    "phase": st.one_of(st.sampled_from(["L1", "L2-N", "L3-L1", "N"]), ANYTHING),
    "context": st.one_of(st.sampled_from(["Transaction.Begin", "Sample.Clock"]), ANYTHING),
    "location": st.one_of(st.sampled_from(["Outlet", "Inlet", "EV"]), ANYTHING),
    "format": st.one_of(st.sampled_from(["Raw", "SignedData"]), ANYTHING),
    "value": ANYTHING,
    "unitOfMeasure": st.one_of(
        st.fixed_dictionaries({}, optional={"unit": ANYTHING, "multiplier": ANYTHING}), ANYTHING
    ),
}
SAMPLES = st.lists(st.fixed_dictionaries({}, optional=WORDS), max_size=6)


@settings(max_examples=1000, deadline=None)
@given(samples=SAMPLES, begin=st.booleans(), derive=st.booleans())
def test_whatever_is_sampled_nothing_raises_and_all_is_finite(
    *, samples: list[dict[str, object]], begin: bool, derive: bool
) -> None:
    sampled = read_samples(samples, Counters(), begin_is_news=begin)
    assert sampled.register_mwh is None or 0 <= sampled.register_mwh < 2**62
    shown = merge(NO_MEASUREMENTS, sampled, at(0), derive_power=derive)
    values = [
        shown.power_w,
        shown.power_offered_w,
        *shown.current_a,
        shown.current_offered_a,
        *shown.voltage_v,
        shown.state_of_charge,
        shown.temperature_c,
        shown.frequency_hz,
    ]
    assert all(value is None or isfinite(value) for value in values)


PLAIN = st.sampled_from(
    ["1", "-3.5", " 7 ", "1e9", "1,5", "1e13", "NaN", "x", 3, 0, 2.5, True, None]
)
LABELS = st.fixed_dictionaries(
    {},
    optional={
        "measurand": st.sampled_from([*MEASURANDS, "RPM"]),
        "unit": st.sampled_from(["W", "kW", "Wh", "kWh", "K", "Fahrenheit", "mA"]),
        "phase": st.sampled_from(["L1", "L2-N", "L3", "N", "L1-L2"]),
        "context": st.sampled_from(["Transaction.Begin", "Sample.Clock", "Sample.Periodic"]),
        "location": st.sampled_from(["Outlet", "Inlet"]),
        "format": st.sampled_from(["Raw", "Raw", "SignedData"]),
        "signedMeterValue": st.just({"signedMeterData": "abc"}),
    },
)


@settings(max_examples=1000, deadline=None)
@given(
    labels=st.lists(LABELS, max_size=5),
    values=st.lists(st.lists(PLAIN, min_size=5, max_size=5), min_size=1, max_size=3),
    begin=st.booleans(),
)
def test_samples_read_by_their_layout_say_the_same_as_each_on_its_own(
    *, labels: list[dict[str, object]], values: list[list[object]], begin: bool
) -> None:
    for some in values:
        samples = [label | {"value": value} for label, value in zip(labels, some, strict=False)]
        counters, each = Counters(), Counters()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(samples_module, "_layout_of", lambda _: None)
            expected = read_samples(deepcopy(samples), each, begin_is_news=begin)
        assert read_samples(samples, counters, begin_is_news=begin) == expected
        assert counters.as_dict() == each.as_dict()


def test_a_list_of_labels_is_laid_out_once_and_known_ones_are_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    laid_out = []

    def lay_out(plans: list[Plan]) -> None:
        laid_out.append(plans)

    monkeypatch.setattr(samples_module, "_layouts", {})
    monkeypatch.setattr(samples_module, "_laid_out", lay_out)
    for value in ("1", "2", "3"):
        assert read({"value": value, "measurand": POWER}).live[Quantity.POWER][0] == int(value)
    assert len(laid_out) == 1
    for number in range(2000):
        read({"value": "1", "customData": number})
    assert len(laid_out) == 2001
    assert len(samples_module._layouts) <= 512
    read({"value": "1", "customData": "x" * 5000}, {"value": "2"})
    read({"value": "1", "signedMeterValue": {"signedMeterData": "abc"}})
    assert len(laid_out) == 2001


def test_labels_that_cannot_be_written_are_read_all_the_same() -> None:
    assert read({"value": "1", "customData": 2**70}).register_mwh == 1000


def test_labels_without_end_are_still_read() -> None:
    for number in range(2000):
        assert read({"value": "1", "measurand": POWER, "context": f"c{number}"}).live
