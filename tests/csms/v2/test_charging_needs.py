"""What vehicles say they need: shown, and answered with a profile for their session."""

from datetime import UTC, datetime

import pytest

from custom_components.chargestead.model.errors import CommandRefusedError
from custom_components.chargestead.model.events import ChargingNeedsChanged
from tests.simulator import Json, ManualClock, Personality, SimulatedStation
from tests.simulator.frames import CALL
from tests.simulator.later.profiles import tell_needs

from .house import House, Wire
from .simulated import amps, charge, connector, simulated, stamp

DC: Json = {
    "requestedEnergyTransfer": "DC",
    "departureTime": "2026-01-01T07:00:00Z",
    "dcChargingParameters": {
        "evMaxCurrent": 125,
        "evMaxVoltage": 400,
        "energyAmount": 30_500,
        "evMaxPower": 50_000,
        "stateOfCharge": 42,
        "evEnergyCapacity": 77_000,
        "fullSoC": 95,
        "bulkSoC": 80,
    },
}
AC: Json = {
    "requestedEnergyTransfer": "AC_three_phase",
    "acChargingParameters": {
        "energyAmount": 12_000,
        "evMinCurrent": 6,
        "evMaxCurrent": 16,
        "evMaxVoltage": 400,
    },
}


def tx_profiles(station: SimulatedStation) -> list[tuple[str, float]]:
    """Return the transactions and limits of the profiles for sessions that were sent."""
    return [
        (
            profile["transactionId"],
            profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"],
        )
        for frame in station.frames.find("SetChargingProfile", sent=False, kind=CALL)
        if (profile := frame.payload["chargingProfile"])["chargingProfilePurpose"] == "TxProfile"
    ]


async def test_needs_are_shown_until_the_session_ends(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        assert await tell_needs(station, 1, DC) == {"status": "Accepted"}
        shown = connector(house)
        needs = shown.needs
        assert needs is not None
        assert needs.departure_at == datetime(2026, 1, 1, 7, tzinfo=UTC)
        assert (needs.energy_mwh, needs.capacity_mwh) == (30_500_000, 77_000_000)
        assert (needs.max_current_a, needs.max_voltage_v, needs.max_power_w) == (125, 400, 50_000)
        assert (needs.full_soc, needs.bulk_soc, shown.target_soc) == (95, 80, 95)
        assert needs.state_of_charge == 42
        station.unplug(1)
        await clock.advance(5)
        assert connector(house).needs is None
    assert [event.needs is None for event in house.happened(ChargingNeedsChanged)] == [False, True]


async def test_the_answer_is_a_profile_with_the_limit_that_holds_and_follows_it(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        ours = house.station()
        await ours.set_limit(1, 10)
        assert tx_profiles(station) == []
        assert await tell_needs(station, 1, AC) == {"status": "Accepted"}
        assert tx_profiles(station) == []
        await clock.advance(2)
        session = connector(house).session
        assert session is not None
        assert tx_profiles(station) == [(session.transaction_id, 10)]
        await ours.set_limit(1, 7)
        assert tx_profiles(station)[1:] == [(session.transaction_id, 7)]
        assert station.current_a() == 7
        await ours.clear_limit(1)
        assert tx_profiles(station)[2:] == [(session.transaction_id, 32)]
        await clock.advance(5)
        assert station.current_a() == 16


async def test_needs_told_before_the_session_are_answered_once_it_runs(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        assert await tell_needs(station, 1, AC) == {"status": "Processing"}
        await charge(station, clock, 5)
        assert [limit for _, limit in tx_profiles(station)] == [32]


async def test_a_refused_answer_is_counted_and_the_limit_still_set(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        station.overrides["SetChargingProfile"] = {"status": "Rejected"}
        await tell_needs(station, 1, AC)
        await clock.advance(5)
        assert house.station().counters["charging_needs_unanswered"] == 1

        def no_tx(payload: Json) -> Json:
            purpose = payload["chargingProfile"]["chargingProfilePurpose"]
            return {"status": "Rejected" if purpose == "TxProfile" else "Accepted"}

        station.overrides["SetChargingProfile"] = no_tx
        await house.station().set_limit(1, 9)
        limit = connector(house).limit
        assert limit is not None
        assert limit.current_a == 9


async def test_a_vehicle_that_would_keep_to_its_old_profile_is_no_success(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        ours = house.station()
        await ours.set_limit(1, 12)
        await tell_needs(station, 1, AC)
        await clock.advance(2)
        station.overrides["SetChargingProfile"] = lambda payload: {
            "status": "Rejected"
            if payload["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"
            else "Accepted"
        }
        with pytest.raises(CommandRefusedError):
            await ours.set_limit(1, 9)
        limit = connector(house).limit
        assert limit is not None
        assert limit.current_a == 12


async def test_a_plan_of_the_vehicle_within_its_limit_is_taken_and_kept(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        ours = house.station()
        await ours.set_limit(1, 10)
        await tell_needs(station, 1, AC)
        await clock.advance(2)
        plan = {"timeBase": stamp(clock), "evseId": 1}
        answer = await station.call(
            "NotifyEVChargingSchedule", {**plan, "chargingSchedule": {"id": 1, **amps(6, 10, 8)}}
        )
        assert answer == {"status": "Accepted"}
        kept = house.station().needs.diagnostics()
        assert list(kept) == ["1"]
        before = len(tx_profiles(station))
        for number in range(5):
            answer = await station.call(
                "NotifyEVChargingSchedule",
                {**plan, "chargingSchedule": {"id": 1, **amps(6, 16, 8)}},
            )
            assert answer == {"status": "Rejected"}, number
            await clock.advance(2)
        assert len(tx_profiles(station)) - before == 3
        station.unplug(1)
        await clock.advance(5)
        assert house.station().needs.diagnostics() == {}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"evseId": 1},
        {"evseId": 99, "chargingNeeds": DC},
        {"evseId": 0, "chargingNeeds": DC},
        {"evseId": -1, "chargingNeeds": DC},
        {"evseId": 1, "chargingNeeds": "much"},
    ],
)
async def test_needs_that_cannot_be_read_are_rejected(
    wire: Wire, house: House, payload: Json
) -> None:
    answer = await wire.call("NotifyEVChargingNeeds", payload, valid=False)
    assert answer == {"status": "Rejected"}
    assert house.station().counters["charging_needs_unreadable"] == 1
    assert connector(house).needs is None


async def test_odd_numbers_in_needs_are_left_out(wire: Wire, house: House) -> None:
    odd = {"energyAmount": -5, "stateOfCharge": 400, "evMaxCurrent": "x", "evMaxPower": True}
    needs = {"dcChargingParameters": odd, "departureTime": "soon"}
    payload = {"evseId": 1, "chargingNeeds": needs}
    await wire.call("NotifyEVChargingNeeds", payload, valid=False)
    shown = connector(house).needs
    assert shown is not None
    assert (shown.energy_mwh, shown.state_of_charge, shown.max_current_a) == (None, None, None)
    assert (shown.max_power_w, shown.departure_at) == (None, None)


@pytest.mark.parametrize("version", ["2.1"])
async def test_what_a_vehicle_that_gives_back_says_is_understood(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        needs = {
            "requestedEnergyTransfer": "AC_BPT",
            "controlMode": "DynamicControl",
            "v2xChargingParameters": {
                "maxChargePower": 11_000,
                "maxDischargePower": 10_000,
                "evTargetEnergyRequest": 20_000,
                "evMinEnergyRequest": 5000,
                "evMaxEnergyRequest": 40_000,
                "targetSoC": 80,
            },
        }
        assert await tell_needs(station, 1, needs) == {"status": "Accepted"}
        shown = connector(house)
        found = shown.needs
        assert found is not None
        assert (found.max_power_w, found.max_discharge_power_w) == (11_000, 10_000)
        assert (found.energy_mwh, found.min_energy_mwh, found.max_energy_mwh) == (
            20_000_000,
            5_000_000,
            40_000_000,
        )
        assert (shown.target_soc, found.control_mode) == (80, "DynamicControl")


async def test_a_station_that_takes_profiles_for_sessions_only_gets_one_and_not_two(
    house: House, clock: ManualClock, version: str
) -> None:
    """There is no default that says the limit, so the profile with the limit is the answer too."""
    only = Personality(rejects_purposes=frozenset({"TxDefaultProfile", "ChargePointMaxProfile"}))
    async with simulated(house, clock, version, personality=only) as station:
        await charge(station, clock)
        ours = house.station()
        await ours.set_limit(1, 10)
        before = len(tx_profiles(station))
        await tell_needs(station, 1, AC)
        await clock.advance(2)
        assert [limit for _, limit in tx_profiles(station)[before:]] == [10]
        await ours.clear_limit(1)
        assert list(station.profiles) == []
        await tell_needs(station, 1, AC)
        await clock.advance(2)
        assert [limit for _, limit in tx_profiles(station)[before + 1 :]] == [32]
        await ours.set_limit(1, 7)
        (profile,) = station.profiles
        assert (profile.id, station.current_a()) == (1, 7)


async def test_needs_told_twice_at_once_are_answered_once(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        for needs in (AC, DC):
            await tell_needs(station, 1, needs)
        await clock.advance(5)
        assert len(tx_profiles(station)) == 1


async def test_a_station_that_says_nothing_to_the_profile_is_no_failure_of_ours(
    house: House, clock: ManualClock, version: str
) -> None:
    silent = Personality(never_answers=frozenset({"SetChargingProfile"}))
    async with simulated(house, clock, version, personality=silent) as station:
        await charge(station, clock)
        await tell_needs(station, 1, AC)
        await clock.advance(40)
        assert len(tx_profiles(station)) == 1
        assert connector(house).needs is not None
        assert house.station().counters["background_failed"] == 0
