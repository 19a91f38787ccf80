"""Getting to know a station: read once, and only what differs is written."""
# ruff: noqa: F401, F811 - fixtures are imported by their names

from dataclasses import replace

import pytest

from custom_components.chargestead.csms.bounds import DEFAULT_BOUNDS
from custom_components.chargestead.csms.setup import (
    WANTED_MEASURANDS,
    configuration_of,
    firmware_key,
    number_of_connectors,
)
from custom_components.chargestead.model.station import ConfigurationValue, StationIdentity
from tests.simulator import PERSONALITIES, CallError, Json, ManualClock, Personality

from .limit_fixtures import ALL_WANTED, READY, House, asked, clock, expected_lingering_timers, house

REGISTER = "Energy.Active.Import.Register"
NEEDED = {
    "key": [
        "NumberOfConnectors",
        "MeterValuesSampledData",
        "MeterValueSampleInterval",
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleAllowedChargingRateUnit",
        "SupportedFeatureProfiles",
    ]
}


def written(simulated, key: str | None = None) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Return what we wrote into the configuration."""
    return [
        (payload["key"], payload["value"])
        for _, payload in asked(simulated, "ChangeConfiguration")
        if key is None or payload["key"] == key
    ]


async def test_only_what_differs_is_written(house: House) -> None:
    """A station fresh from its box gets two keys, and no other frame."""
    simulated = await house.install(configuration={})
    assert asked(simulated) == [
        ("GetConfiguration", {}),
        ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "10"}),
        ("ChangeConfiguration", {"key": "MeterValuesSampledData", "value": ALL_WANTED}),
    ]
    shown = house.station().state.configuration
    assert shown["MeterValueSampleInterval"].value == "10"
    assert shown["MeterValuesSampledData"].value == ALL_WANTED
    assert tuple(ALL_WANTED.split(",")) == WANTED_MEASURANDS


async def test_nothing_is_written_where_the_person_forbids_it(house: House) -> None:
    """It is read all the same, since limits need it."""
    simulated = await house.install(configuration={}, settings={"configure": False})
    assert asked(simulated) == [("GetConfiguration", {})]


@pytest.mark.parametrize(
    ("personality", "preset", "writes", "in_force"),
    [
        pytest.param(
            Personality(measurands=(REGISTER, "Current.Import", "Voltage")),
            REGISTER,
            7,
            f"{REGISTER},Current.Import,Voltage",
            id="rejects the whole list for one it does not know",
        ),
        pytest.param(
            Personality(rejects_measurand_lists=True),
            REGISTER,
            7,
            REGISTER,
            id="takes one at a time only",
        ),
        pytest.param(
            Personality(measurand_list_max=3),
            REGISTER,
            1,
            f"{REGISTER},Power.Active.Import,Current.Import",
            id="says how long a list may be",
        ),
        pytest.param(
            Personality(measurand_list_max=1), REGISTER, 0, REGISTER, id="has no room left"
        ),
        pytest.param(
            Personality(read_only_keys=frozenset({"MeterValuesSampledData"})),
            REGISTER,
            0,
            REGISTER,
            id="lets the key be read only",
        ),
        pytest.param(
            Personality(omits_keys=frozenset({"MeterValuesSampledData"})),
            REGISTER,
            0,
            None,
            id="does not have the key",
        ),
        pytest.param(
            Personality(drops_unknown_measurands=True, measurands=(REGISTER, "Voltage")),
            REGISTER,
            1,
            f"{REGISTER},Voltage",
            id="drops what it does not know",
        ),
        pytest.param(Personality(), ALL_WANTED, 0, ALL_WANTED, id="is ready"),
        pytest.param(
            Personality(),
            ALL_WANTED.lower(),
            0,
            ALL_WANTED.lower(),
            id="writes its names in lower case",
        ),
        pytest.param(
            Personality(),
            ALL_WANTED.replace(",", " , ") + ",Frequency",
            0,
            ALL_WANTED.replace(",", " , ") + ",Frequency",
            id="has more than we want, with blanks",
        ),
        pytest.param(
            Personality(),
            ALL_WANTED.replace("Voltage", "Voltage.L1-N,Voltage.L2-N,Voltage.L3-N"),
            0,
            ALL_WANTED.replace("Voltage", "Voltage.L1-N,Voltage.L2-N,Voltage.L3-N"),
            id="lists its phases",
        ),
        pytest.param(Personality(), "", 1, ALL_WANTED, id="has an empty list"),
        pytest.param(
            Personality(measurands=tuple(ALL_WANTED.split(",")[:-1])),
            ALL_WANTED.rpartition(",")[0],
            1,
            ALL_WANTED.rpartition(",")[0],
            id="lacks just the last",
        ),
    ],
)
async def test_measurands_are_asked_for_as_the_station_takes_them(
    house: House,
    clock: ManualClock,
    personality: Personality,
    preset: str,
    writes: int,
    in_force: str | None,
) -> None:
    """It is never left with less than it had, and never asked again."""
    configuration = READY | {"MeterValuesSampledData": preset}
    if in_force is None:
        del configuration["MeterValuesSampledData"]
    simulated = await house.install(personality, configuration=configuration)
    assert len(written(simulated)) == len(written(simulated, "MeterValuesSampledData")) == writes
    assert simulated.configuration.text("MeterValuesSampledData") == (in_force or "")
    simulated.reboot(cold=True)
    await clock.advance(120)
    assert len(written(simulated)) == writes


@pytest.mark.parametrize(
    ("present", "takes", "writes", "in_force"),
    [
        ("60", {"10"}, ["10"], "10"),
        ("60", {"30"}, ["10", "30"], "30"),
        ("300", {"60"}, ["10", "30", "60"], "60"),
        ("300", set(), ["10", "30", "60"], "300"),
        ("20", {"30", "60"}, ["10"], "20"),
        ("30", {"60"}, ["10"], "30"),
        ("0", {"30"}, ["10", "30"], "30"),
        ("10", {"10"}, [], "10"),
    ],
)
async def test_the_meter_interval_is_ours_or_the_next_slower_that_is_better(
    house: House, present: str, takes: set[str], writes: list[str], in_force: str
) -> None:
    """A refused interval leads to a slower one, but never to one slower than before."""
    await house.know()
    simulated = house.simulate(configuration=READY | {"MeterValueSampleInterval": present})

    def answer(payload: Json) -> Json:
        if payload["value"] in takes:
            simulated.configuration.assign(payload["key"], payload["value"])
            return {"status": "Accepted"}
        return {"status": "Rejected"}

    simulated.overrides["ChangeConfiguration"] = answer
    await simulated.start(wait=False)
    await house.clock.advance(15)
    assert [value for _, value in written(simulated)] == writes
    assert simulated.configuration.text("MeterValueSampleInterval") == in_force
    shown = house.station().state.configuration["MeterValueSampleInterval"].value
    assert shown == in_force
    await house.retire(simulated)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "NotSupported"},
        {"status": "Rejected"},
        CallError("NotImplemented"),
        CallError("InternalError"),
    ],
)
async def test_a_station_that_takes_no_setting_is_left_as_it_is(
    house: House, clock: ManualClock, answer: Json | CallError
) -> None:
    """A bounded number of tries, once."""
    await house.know()
    simulated = house.simulate(configuration={})
    simulated.overrides["ChangeConfiguration"] = answer
    await simulated.start(wait=False)
    await clock.advance(30)
    assert len(written(simulated, "MeterValueSampleInterval")) == 2
    assert len(written(simulated, "MeterValuesSampledData")) == 1 + 6
    simulated.go_offline()
    await clock.advance(5)
    simulated.go_online()
    await clock.advance(60)
    assert len(written(simulated)) == 9
    assert house.station().state.configuration["MeterValueSampleInterval"].value == "60"
    await house.retire(simulated)


async def test_a_setting_that_needs_a_restart_is_taken_as_done(house: House) -> None:
    """No restart is forced upon a station for it."""
    await house.know()
    simulated = house.simulate(configuration={})
    simulated.overrides["ChangeConfiguration"] = {"status": "RebootRequired"}
    await simulated.start(wait=False)
    await house.clock.advance(15)
    assert len(written(simulated)) == 2
    assert not asked(simulated, "Reset")
    await house.retire(simulated)


@pytest.mark.parametrize(
    "personality",
    [
        Personality(lower_case_keys=True),
        Personality(padded_values=True),
        Personality(lower_case_keys=True, padded_values=True),
    ],
)
async def test_keys_and_values_are_read_however_they_are_written(
    house: House, personality: Personality
) -> None:
    """Lower case, quotes and blanks change nothing, so nothing is written."""
    simulated = await house.install(personality, connectors=2)
    assert asked(simulated) == [("GetConfiguration", {})]
    shown = house.station().state.configuration
    assert shown["NumberOfConnectors"] == ConfigurationValue(value="2", readonly=True)
    assert shown["MeterValueSampleInterval"] == ConfigurationValue(value="10")
    assert set(house.station().state.connectors) == {1, 2}


@pytest.mark.parametrize(
    ("personality", "overrides"),
    [
        pytest.param(Personality(truncated_configuration=0), {}, id="empty"),
        pytest.param(Personality(truncated_configuration=5), {}, id="truncated"),
        pytest.param(
            Personality(),
            {"GetConfiguration": lambda payload: None if not payload else ...},
            id="silent",
        ),
        pytest.param(Personality(), {"GetConfiguration": CallError("NotSupported")}, id="refused"),
    ],
)
async def test_a_station_that_does_not_tell_everything_is_asked_by_name(
    house: House,
    clock: ManualClock,
    personality: Personality,
    overrides: dict[str, object],
) -> None:
    """The needed keys are asked for where "all" leaves them out."""
    await house.know()
    simulated = house.simulate(personality, connectors=2)

    def answer(payload: Json) -> Json | None:
        if payload:
            return simulated.configuration.listing(payload["key"])
        ordered = overrides["GetConfiguration"]
        if isinstance(ordered, CallError):
            raise ordered
        return None

    if overrides:
        simulated.overrides["GetConfiguration"] = answer
    await simulated.start(wait=False)
    await clock.advance(60)
    assert asked(simulated, "GetConfiguration") == [
        ("GetConfiguration", {}),
        ("GetConfiguration", NEEDED),
    ]
    assert house.station().state.configuration["NumberOfConnectors"].value == "2"
    assert set(house.station().state.connectors) == {1, 2}
    assert not written(simulated)
    await house.retire(simulated)


async def test_a_station_that_tells_nothing_has_one_connector_and_is_left_alone(
    house: House, clock: ManualClock
) -> None:
    """An error to every question is an answer, too: it is not asked again."""
    await house.know()
    simulated = house.simulate()
    simulated.overrides["GetConfiguration"] = CallError("NotImplemented")
    await simulated.start(wait=False)
    await clock.advance(60)
    simulated.reboot(cold=True)
    await clock.advance(60)
    assert len(asked(simulated, "GetConfiguration")) == 2
    assert set(house.station().state.connectors) == {1}
    assert not written(simulated)
    await house.retire(simulated)


async def test_a_station_that_reboots_on_a_key_we_do_not_write_never_reboots(
    house: House, clock: ManualClock
) -> None:
    """No probing with side effects."""
    for name in ("timxon", "en-plus"):
        simulated = await house.install(PERSONALITIES[name], station_id=name, configuration={})
        await clock.advance(300)
        assert simulated.registration.boots == 1


async def test_what_was_read_survives_a_restart_of_ours(house: House, clock: ManualClock) -> None:
    """Limits know their units before the station is back."""
    await house.install()
    before = house.station().state.configuration
    await house.restart()
    assert house.station().state.configuration == before
    await clock.advance(60)
    assert house.station().state.configuration == before


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1", 1),
        (" 2 ", 2),
        ("32", 32),
        ("33", None),
        ("0", None),
        ("-1", None),
        ("1850000000", None),
        ("two", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_of_connectors_that_makes_no_sense_is_none(
    value: str | None, number: int | None
) -> None:
    """Garbage must not become connectors."""
    configuration = {"NumberOfConnectors": ConfigurationValue(value=value)}
    assert number_of_connectors(configuration, DEFAULT_BOUNDS) == number
    assert number_of_connectors({}, DEFAULT_BOUNDS) is None


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ({}, {}),
        ({"configurationKey": None}, {}),
        ({"configurationKey": {"key": "A"}}, {}),
        ({"configurationKey": ["A", None, {"key": 5}, {"value": "1"}]}, {}),
        (
            {"configurationKey": [{"key": '"numberofconnectors"', "value": 2, "readonly": "True"}]},
            {"NumberOfConnectors": ConfigurationValue(value="2", readonly=True)},
        ),
        (
            {"configurationKey": [{"key": " Vendor.Key ", "value": ' "x, y" ', "readonly": 0}]},
            {"Vendor.Key": ConfigurationValue(value="x, y")},
        ),
        (
            {"configurationKey": [{"key": "Flag", "value": True, "readonly": True}]},
            {"Flag": ConfigurationValue(value="true", readonly=True)},
        ),
        (
            {"configurationKey": [{"key": "Secret", "readonly": False}]},
            {"Secret": ConfigurationValue(value=None)},
        ),
    ],
)
def test_a_configuration_is_read_with_care(
    answer: Json, read: dict[str, ConfigurationValue]
) -> None:
    """What can be understood is taken, whatever stands beside it."""
    assert configuration_of(answer) == read


def test_a_firmware_is_told_by_vendor_model_and_version() -> None:
    """The serial number is no reason to learn anew."""
    identity = StationIdentity(vendor="V", model="M", firmware_version="1", serial_number="S")
    assert firmware_key(identity) == "V|M|1"
    assert firmware_key(replace(identity, serial_number="T")) == "V|M|1"
    assert firmware_key(replace(identity, firmware_version=None)) == "V|M|"
