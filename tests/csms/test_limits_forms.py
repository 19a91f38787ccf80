"""The ladder: every station ends at a form it obeys, and that is remembered for its firmware."""
# ruff: noqa: F401, F811 - fixtures are imported by their names

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.chargestead.csms.limit_forms import Form, Purpose, form_of, ladder
from custom_components.chargestead.model.errors import CallFailedError, CommandRefusedError
from custom_components.chargestead.model.station import (
    ConfigurationValue,
    ConnectorState,
    StationState,
)
from tests.simulator import PERSONALITIES, Car, Json, ManualClock, Personality, SimulatedStation

from .limit_fixtures import (
    READY,
    STATION,
    House,
    asked,
    clock,
    expected_lingering_timers,
    form,
    house,
    profiles,
)

DEFAULT = ("TxDefaultProfile", 1, "Absolute", "A", 8)
RELATIVE = ("TxDefaultProfile", 1, "Relative", "A", 8)
LEVEL_0 = ("TxDefaultProfile", 1, "Absolute", "A", 0)
OWN = ("TxProfile", 1, "Absolute", "A", 8)
WATTS = ("TxDefaultProfile", 1, "Absolute", "W", 8)
STATION_DEFAULT = ("TxDefaultProfile", 0, "Absolute", "A", 8)
STATION_MAXIMUM = ("ChargePointMaxProfile", 0, "Absolute", "A", 8)


def rejecting(*purposes: str, **more: object) -> Personality:
    """Return a station that takes no profile of some purposes."""
    return replace(Personality(), rejects_purposes=frozenset(purposes), **more)  # type: ignore[arg-type]


QUIRKS: dict[str, tuple[Personality, tuple[str, int, str, str, int]]] = {
    "plain": (Personality(), DEFAULT),
    "abb-terra-ac": (PERSONALITIES["abb-terra-ac"], LEVEL_0),
    "alfen": (PERSONALITIES["alfen"], DEFAULT),
    "autel": (PERSONALITIES["autel"], DEFAULT),
    "charge-amps": (PERSONALITIES["charge-amps"], OWN),
    "evbox-elvi": (PERSONALITIES["evbox-elvi"], DEFAULT),
    "go-e": (PERSONALITIES["go-e"], DEFAULT),
    "huawei": (PERSONALITIES["huawei"], WATTS),
    "injet": (PERSONALITIES["injet"], DEFAULT),
    "timxon": (PERSONALITIES["timxon"], DEFAULT),
    "wallbox-5": (PERSONALITIES["wallbox-5"], LEVEL_0),
    "wallbox-6": (PERSONALITIES["wallbox-6"], RELATIVE),
    "sync-ev": (PERSONALITIES["sync-ev"], DEFAULT),
    "no purpose but TxProfile": (
        rejecting(
            "TxDefaultProfile", "ChargePointMaxProfile", rejects_kinds=frozenset({"Absolute"})
        ),
        ("TxProfile", 1, "Relative", "A", 8),
    ),
    "no purpose but the station's maximum": (
        rejecting("TxDefaultProfile", "TxProfile"),
        STATION_MAXIMUM,
    ),
    "the station's maximum in watts": (
        rejecting("TxDefaultProfile", "TxProfile", units=("W",), units_key="Current,Power"),
        ("ChargePointMaxProfile", 0, "Absolute", "W", 8),
    ),
    "watts only, and says nothing of it": (
        replace(Personality(), units=("W",), units_key="A"),
        WATTS,
    ),
    "not supported instead of rejected": (
        rejecting("TxDefaultProfile", profile_refusal="NotSupported"),
        OWN,
    ),
}


@pytest.mark.parametrize("quirk", QUIRKS)
async def test_every_station_ends_at_a_form_it_obeys_and_keeps_it(
    house: House, clock: ManualClock, quirk: str
) -> None:
    """Learned once; the next limit, a restart of ours and the next session start there."""
    personality, expected = QUIRKS[quirk]
    simulated = await house.install(personality)
    await clock.advance(40)
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(100)
    assert simulated.current_a() == pytest.approx(10, abs=0.01)
    assert form(profiles(simulated)[-1])[:-1] == expected
    assert house.limit() == (10, "obeyed")

    since = simulated.frames.total
    await house.station().set_limit(1, 9)
    await clock.advance(100)
    assert [form(item)[:-1] for item in profiles(simulated, since=since)] == [expected]
    assert simulated.current_a() == pytest.approx(9, abs=0.01)

    await house.restart()
    since = simulated.frames.total
    await clock.advance(100)
    assert [form(item)[:-1] for item in profiles(simulated, since=since)] == [expected]
    assert house.limit() == (9, "obeyed")

    simulated.unplug(1)
    await clock.advance(20)
    await house.charge(simulated)
    await clock.advance(60)
    assert simulated.current_a() == pytest.approx(9, abs=0.01)


async def test_a_station_that_only_knows_whole_amperes_gets_them(
    house: House, clock: ManualClock
) -> None:
    """10.5 A is refused, 10 A taken; from then on only whole numbers are sent, rounded down."""
    simulated = await house.install(Personality(integer_limits_only=True))
    await house.charge(simulated)
    await house.station().set_limit(1, 10.5)
    await clock.advance(40)
    await house.station().set_limit(1, 7.9)
    await clock.advance(40)
    assert [form(item) for item in profiles(simulated)] == [
        (*DEFAULT, 10.5),
        (*DEFAULT, 10),
        (*DEFAULT, 7),
    ]
    assert house.limit() == (7.9, "obeyed")


async def test_whole_amperes_are_learned_also_after_the_form_was(
    house: House, clock: ManualClock
) -> None:
    """The first limit happened to be whole."""
    simulated = await house.install(Personality(integer_limits_only=True))
    await house.charge(simulated)
    for amount in (10, 8.5, 7.5):
        await house.station().set_limit(1, amount)
        await clock.advance(40)
    assert [form(item) for item in profiles(simulated)] == [
        (*DEFAULT, 10),
        (*DEFAULT, 8.5),
        (*DEFAULT, 8),
        (*DEFAULT, 7),
    ]


async def test_a_station_with_steps_obeys_with_the_next_lower_one(
    house: House, clock: ManualClock
) -> None:
    """9 A become 8, which is no less than obedience."""
    simulated = await house.install(PERSONALITIES["necharge"])
    await house.charge(simulated)
    await house.station().set_limit(1, 9)
    await clock.advance(40)
    assert simulated.current_a() == 8
    assert house.limit() == (9, "obeyed")
    assert len(profiles(simulated)) == 1


async def test_watts_mean_the_phases_the_car_uses(house: House, clock: ManualClock) -> None:
    """A car with one phase would get three times the current that was meant."""
    simulated = await house.install(PERSONALITIES["huawei"])
    await house.charge(simulated, car=Car(capacity_kwh=500, soc=5, phases=1))
    await house.station().set_limit(1, 8)
    await clock.advance(200)
    assert [form(item) for item in profiles(simulated)] == [(*WATTS, 5520), (*WATTS, 1840)]
    assert simulated.current_a() == 8
    assert house.limit() == (8, "obeyed")
    simulated.unplug(1)
    await clock.advance(20)
    await house.charge(simulated, car=Car(capacity_kwh=500, soc=5, phases=3))
    await house.station().set_limit(1, 7)
    await clock.advance(40)
    assert form(profiles(simulated)[-1]) == (*WATTS, 4830)


def only(
    simulated: SimulatedStation, fits: Callable[[Json], bool], *, otherwise: str = "Rejected"
) -> None:
    """Let a station take only some charging profiles; the rest get a status, and have no effect."""

    def answer(payload: Json) -> Json:
        if not fits(payload):
            return {"status": otherwise}
        del simulated.overrides["SetChargingProfile"]
        reply = simulated.answer("SetChargingProfile", payload)
        simulated.overrides["SetChargingProfile"] = answer
        assert reply is not None
        if reply.then is not None:
            simulated.clock.call_later(0.1, reply.then)
        return reply.payload

    simulated.overrides["SetChargingProfile"] = answer


async def test_a_station_that_only_takes_defaults_for_all_of_it_gets_them(
    house: House, clock: ManualClock
) -> None:
    """A default on connector 0, as a station with one connector may have it."""
    simulated = await house.install()
    only(simulated, lambda payload: payload["connectorId"] == 0)
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(40)
    assert form(profiles(simulated)[-1]) == (*STATION_DEFAULT, 10)
    assert house.limit() == (10, "obeyed")
    assert simulated.current_a() == 10


@pytest.mark.parametrize("swallows", ["TxDefaultProfile", "level", "Absolute"])
async def test_a_form_that_is_accepted_but_ignored_gives_way(
    house: House, clock: ManualClock, swallows: str
) -> None:
    """What is accepted and not obeyed is not tried again, nor after a restart of ours."""
    simulated = await house.install()

    def heard(payload: Json) -> bool:
        profile = payload["csChargingProfiles"]
        return {
            "TxDefaultProfile": profile["chargingProfilePurpose"] != "TxDefaultProfile",
            "level": profile["stackLevel"] == 0,
            "Absolute": profile["chargingProfileKind"] != "Absolute",
        }[swallows]

    only(simulated, heard, otherwise="Accepted")
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(35)
    assert house.limit()[1] in {"ignored", "accepted"}
    await clock.advance(600)
    assert simulated.current_a() == 10
    assert house.limit() == (10, "obeyed")
    learned = form(profiles(simulated)[-1])[:-1]
    await house.restart()
    since = simulated.frames.total
    await clock.advance(100)
    await house.station().set_limit(1, 9)
    await clock.advance(100)
    assert {form(item)[:-1] for item in profiles(simulated, since=since)} == {learned}
    assert len(profiles(simulated, since=since)) == 2


async def updated(
    house: House, simulated: SimulatedStation, personality: Personality
) -> SimulatedStation:
    """Return the same station after a firmware update that changed its manners."""
    remembered = simulated.remember() | {"firmware": personality.firmware}
    await house.retire(simulated)
    return await house.install(personality, remembered=remembered)


async def test_a_new_firmware_is_learned_anew(house: House, clock: ManualClock) -> None:
    """The old form is tried first; where it is refused, the ladder starts at its top."""
    simulated = await house.install(Personality(rejects_kinds=frozenset({"Absolute"})))
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(60)
    assert form(profiles(simulated)[-1])[:-1] == RELATIVE
    simulated.unplug(1)
    await clock.advance(20)
    simulated = await updated(
        house,
        simulated,
        Personality(firmware="2.0.0", rejects_kinds=frozenset({"Relative"})),
    )
    await clock.advance(20)
    assert [form(item)[:-1] for item in profiles(simulated)] == [RELATIVE, DEFAULT]
    assert house.limit() == (10, "accepted")
    assert house.station().memory.limit_form is not None
    assert house.station().memory.limit_form["firmware"] == "Simulated Stations|Model One|2.0.0"


async def test_what_one_firmware_ignored_the_next_may_obey(
    house: House, clock: ManualClock
) -> None:
    """Nothing is held against a form beyond its firmware."""
    simulated = await house.install(Personality(ignores_profiles=True))
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(3 * 3600)
    assert house.limit() == (10, "ignored")
    simulated.unplug(1)
    await clock.advance(20)
    simulated = await updated(house, simulated, Personality(firmware="2.0.0"))
    await house.charge(simulated)
    await clock.advance(60)
    assert simulated.current_a() == 10
    assert house.limit() == (10, "obeyed")


async def test_station_wide_forms_are_never_used_with_several_connectors(house: House) -> None:
    """A limit of one connector must not rule the other; the refusal is told instead."""
    simulated = await house.install(rejecting("TxDefaultProfile", "TxProfile"), connectors=2)
    await house.charge(simulated, 1)
    with pytest.raises(CommandRefusedError):
        await house.station().set_limit(1, 10)
    assert {item["on"] for item in profiles(simulated)} == {1}
    assert house.limit() == (None, "")


async def test_a_station_wide_form_is_dropped_when_a_second_connector_turns_up(
    house: House, clock: ManualClock
) -> None:
    """What was learned with one connector does not hold with two."""
    simulated = await house.install(
        rejecting("TxDefaultProfile"),
        connectors=2,
        configuration=READY | {"NumberOfConnectors": "1"},
    )
    await clock.advance(1)
    station = house.station()
    station.memory.limit_form = {
        "firmware": "Simulated Stations|Model One|1.0.0",
        "form": Form(
            purpose=Purpose.STATION_MAXIMUM, stack_level=8, absolute=True, unit="A"
        ).as_dict(),
    }
    assert set(station.state.connectors) == {1, 2}
    await station.set_limit(1, 10)
    assert not [item for item in profiles(simulated) if item["on"] == 0]
    assert house.limit() == (10, "pending")


async def test_a_limit_that_only_fits_a_transaction_waits_for_one(
    house: House, clock: ManualClock
) -> None:
    """It is pending without a car, and in force as soon as there is a transaction."""
    simulated = await house.install(PERSONALITIES["charge-amps"])
    await house.station().set_limit(1, 10)
    assert house.limit() == (10, "pending")
    await house.station().set_limit(1, 8)
    first = len(profiles(simulated))
    await house.station().set_limit(1, 9)
    assert len(profiles(simulated)) == first
    await house.charge(simulated)
    assert simulated.current_a() == 9
    transaction_id = simulated.connector(1).transaction
    assert transaction_id is not None
    assert profiles(simulated)[-1]["transactionId"] == transaction_id.id
    await clock.advance(40)
    assert house.limit() == (9, "obeyed")
    simulated.unplug(1)
    await clock.advance(30)
    since = simulated.frames.total
    await house.charge(simulated)
    await clock.advance(5)
    assert [form(item) for item in profiles(simulated, since=since)] == [(*OWN, 9)]


async def test_a_station_that_refuses_everything_is_not_asked_over_and_over(
    house: House, clock: ManualClock
) -> None:
    """Each wish costs a bounded number of tries, and all of them together no more than there are forms."""
    simulated = await house.install(Personality(refuses={"SetChargingProfile": "Rejected"}))
    await house.charge(simulated)
    counts = []
    for _ in range(12):
        since = simulated.frames.total
        with pytest.raises(CommandRefusedError):
            await house.station().set_limit(1, 10.5)
        counts.append(len(profiles(simulated, since=since)))
    assert counts[0] <= 48
    assert counts[-1] == 0
    assert sum(counts) <= 96
    assert house.limit() == (None, "")
    await clock.advance(3700)
    with pytest.raises(CommandRefusedError):
        await house.station().set_limit(1, 10.5)
    assert len(profiles(simulated)) > sum(counts)


@pytest.mark.parametrize(
    ("personality", "most"),
    [
        (Personality(smart_charging=False), 4),
        (Personality(not_implemented=frozenset({"SetChargingProfile"})), 1),
    ],
)
async def test_a_station_without_smart_charging_is_believed(
    house: House, personality: Personality, most: int
) -> None:
    """A CALLERROR that says so ends the search."""
    simulated = await house.install(personality)
    for _ in range(3):
        since = simulated.frames.total
        with pytest.raises(CallFailedError):
            await house.station().set_limit(1, 10)
        assert len(profiles(simulated, since=since)) <= most


@pytest.mark.parametrize("times", [1, 2])
async def test_a_station_that_supports_no_profile_says_so_to_the_person(
    house: House, times: int
) -> None:
    """Nothing is kept pending for a transaction that would not change it."""
    await house.install(Personality(refuses={"SetChargingProfile": "NotSupported"}))
    for _ in range(times):
        with pytest.raises(CommandRefusedError, match="NotSupported"):
            await house.station().set_limit(1, 10)
    assert house.limit() == (None, "")


def state_of(connectors: int = 1, **configuration: str) -> StationState:
    """Return a station with some connectors and keys."""
    return StationState(
        station_id=STATION,
        connectors={n: ConnectorState(connector_id=n) for n in range(1, connectors + 1)},
        configuration={
            key: ConfigurationValue(value=value) for key, value in configuration.items()
        },
    )


@pytest.mark.parametrize(
    ("word", "units"),
    [
        ("Current", ["A", "W"]),
        ("Power", ["W"]),
        ("Powers", ["W"]),
        ("W", ["W"]),
        ("Watt", ["W"]),
        ("kW", ["W"]),
        ("A", ["A", "W"]),
        ("Amp", ["A", "W"]),
        ("Current,Power", ["A", "W"]),
        ("current; power", ["A", "W"]),
        ('["Current"]', ["A", "W"]),
        ("", ["A", "W"]),
        ("Unknown", ["A", "W"]),
    ],
)
def test_units_are_read_in_whatever_spelling(word: str, units: list[str]) -> None:
    """Ampere comes first unless only watts are taken."""
    forms = ladder(state_of(ChargingScheduleAllowedChargingRateUnit=word))
    assert list(dict.fromkeys(item.unit for item in forms)) == units


@pytest.mark.parametrize(
    ("value", "levels"),
    [
        ("8", [8, 0, 7]),
        ("1", [1, 0]),
        ("0", [0]),
        ("-3", [0]),
        ("99999", [0]),
        ("many", [0]),
        ("", [0]),
        (" 2 ", [2, 0, 1]),
    ],
)
def test_stack_levels_are_the_highest_then_none_then_one_less(
    value: str, levels: list[int]
) -> None:
    """Nonsense is no level."""
    forms = ladder(state_of(ChargeProfileMaxStackLevel=value))
    assert list(dict.fromkeys(item.stack_level for item in forms)) == levels


def test_the_ladder_has_every_form_once_and_the_likeliest_first() -> None:
    """One deviation at a time, before two."""
    forms = ladder(state_of(ChargeProfileMaxStackLevel="8"))
    assert len(forms) == len(set(forms)) == 84
    best = Form(purpose=Purpose.DEFAULT_ON_CONNECTOR, stack_level=8, absolute=True, unit="A")
    assert forms[:4] == [
        best,
        replace(best, whole=True),
        replace(best, absolute=False),
        *[
            item
            for item in forms[3:4]
            if item.stack_level == 0 or item.purpose is Purpose.TRANSACTION
        ],
    ]
    assert not [
        item for item in forms if item.purpose is Purpose.STATION_MAXIMUM and not item.absolute
    ]
    several = ladder(state_of(connectors=2, ChargeProfileMaxStackLevel="8"))
    assert {item.purpose for item in several} == {
        Purpose.DEFAULT_ON_CONNECTOR,
        Purpose.TRANSACTION,
    }


def test_a_form_survives_being_written_down_and_nonsense_does_not() -> None:
    """Only what was written by us is read."""
    for item in ladder(state_of(ChargeProfileMaxStackLevel="8")):
        assert form_of(item.as_dict()) == item
    content = ladder(state_of())[0].as_dict()
    for nonsense in (
        None,
        [],
        {},
        content | {"more": 1},
        content | {"unit": "V"},
        content | {"stack_level": "high"},
        content | {"purpose": "fun"},
    ):
        assert form_of(nonsense) is None


@pytest.mark.parametrize(
    ("unit", "whole", "current_a", "phases", "amount"),
    [
        ("A", False, 6.19, 3, 6.1),
        ("A", False, 0.3, 3, 0.3),
        ("A", True, 6.99, 3, 6),
        ("A", True, 7.0, 3, 7),
        ("W", False, 6, 3, 4140),
        ("W", False, 6.01, 1, 1382.3),
        ("W", True, 6.01, 1, 1382),
        ("A", False, 0, 3, 0),
    ],
)
def test_amounts_are_rounded_down(
    unit: str,
    whole: bool,  # noqa: FBT001
    current_a: float,
    phases: int,
    amount: float,
) -> None:
    """Never more than was wanted."""
    spoken = Form(purpose=Purpose.TRANSACTION, stack_level=0, absolute=True, unit=unit, whole=whole)
    assert spoken.amount(current_a, phases) == amount
