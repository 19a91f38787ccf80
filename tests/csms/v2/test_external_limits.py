"""Limits that others set: shown, survived, and never fought."""

import pytest

from custom_components.chargestead.model.events import ExternalLimitChanged
from custom_components.chargestead.model.limit import LimitReason, LimitState
from tests.simulator import Json, ManualClock
from tests.simulator.frames import CALL
from tests.simulator.later.profiles import limit_externally, release_externally

from .house import House, Wire
from .simulated import amps, charge, connector, simulated, stamp


def asked(station: object, action: str) -> list[Json]:
    """Return the requests of a kind that a station got."""
    return [
        frame.payload
        for frame in station.frames.find(action, sent=False, kind=CALL)  # type: ignore[attr-defined]
    ]


async def test_a_limit_of_others_is_shown_with_its_source_and_ends(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        await house.station().set_limit(1, 12)
        await limit_externally(
            station, amps(8, startSchedule=stamp(clock)), source="EMS", evse=1, isGridCritical=True
        )
        shown = connector(house)
        external = shown.external_limit
        assert external is not None
        assert (external.source, external.current_a, external.grid_critical) == ("EMS", 8, True)
        assert (shown.applied_limit_a, shown.limit_reason) == (8, LimitReason.EXTERNAL)
        assert shown.limit is not None
        assert shown.limit.current_a == 12
        assert station.current_a() == 8
        await release_externally(station, "EMS", 1)
        shown = connector(house)
        assert shown.external_limit is None
        assert (shown.applied_limit_a, shown.limit_reason) == (12, LimitReason.USER)
        assert station.current_a() == 12
    events = house.happened(ExternalLimitChanged)
    assert [event.limit is None for event in events] == [False, True]
    assert {event.connector_id for event in events} == {1}


async def test_a_lower_limit_of_others_is_no_disobedience_and_proves_nothing(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        await limit_externally(station, amps(10, startSchedule=stamp(clock)))
        await house.station().set_limit(1, 14)
        before = len(asked(station, "SetChargingProfile"))
        await clock.advance(200)
        limit = connector(house).limit
        assert limit is not None
        assert limit.state is LimitState.OBEYED
        assert not house.station().limits._learning.proven
        assert len(asked(station, "SetChargingProfile")) == before
        await release_externally(station)
        await clock.advance(70)
        assert house.station().limits._learning.proven


async def test_a_vehicle_that_others_hold_back_is_not_resumed_against_them(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        await house.station().pause(1)
        await clock.advance(20)
        await limit_externally(station, amps(0, startSchedule=stamp(clock)), source="SO")
        await house.station().resume(1)
        before = len(asked(station, "SetChargingProfile"))
        await clock.advance(300)
        assert len(asked(station, "SetChargingProfile")) == before
        limit = connector(house).limit
        assert limit is None or limit.state is not LimitState.IGNORED
        await release_externally(station, "SO")
        await clock.advance(10)
        assert station.current_a() > 0


async def test_a_limit_of_the_whole_station_holds_on_each_connector_the_lowest_is_shown(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version, connectors=2) as station:
        await limit_externally(station, amps(20, startSchedule=stamp(clock)), source="SO")
        await limit_externally(station, amps(9, startSchedule=stamp(clock)), source="EMS", evse=2)
        shown = {number: connector(house, number).external_limit for number in (1, 2)}
        assert {
            number: (limit.source, limit.current_a) for number, limit in shown.items() if limit
        } == {1: ("SO", 20), 2: ("EMS", 9)}
        await release_externally(station, "SO")
        assert connector(house, 1).external_limit is None
        assert connector(house, 2).external_limit is not None
        await release_externally(station, "EMS")
        assert connector(house, 2).external_limit is None


async def test_a_schedule_of_others_is_followed_to_its_end(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        schedule = amps(16, 6, 10, seconds=300, duration=900, startSchedule=stamp(clock, 60))
        await limit_externally(station, schedule)
        seen: list[float | None] = []
        for seconds in (0, 61, 300, 300, 300):
            await clock.advance(seconds)
            external = connector(house).external_limit
            seen.append(None if external is None else external.current_a)
        assert seen == [None, 16, 6, 10, None]


async def test_watts_are_shown_as_amperes_over_the_phases_they_are_for(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        watts = amps(4140, chargingRateUnit="W", startSchedule=stamp(clock))
        await limit_externally(station, watts)
        assert connector(house).applied_limit_a == 6
        watts["chargingSchedulePeriod"][0]["numberPhases"] = 1
        await limit_externally(station, watts)
        assert connector(house).applied_limit_a == 18


async def test_a_limit_of_unknown_height_is_known_to_be_there(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await limit_externally(
            station, amps(8, startSchedule=stamp(clock)), source="Other", with_schedule=False
        )
        shown = connector(house)
        assert (shown.applied_limit_a, shown.limit_reason) == (None, LimitReason.EXTERNAL)


async def test_limits_of_others_outlive_a_restart_and_are_asked_after(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await limit_externally(
            station, amps(8, startSchedule=stamp(clock)), isGridCritical=True, evse=1
        )
        await house.restart()
        external = connector(house).external_limit
        assert external is not None
        assert (external.source, external.current_a, external.grid_critical) == ("EMS", 8, True)
        await clock.advance(60)
        assert connector(house).external_limit == external
        (wanted,) = asked(station, "GetChargingProfiles")
        assert wanted["chargingProfile"] == {
            "chargingProfilePurpose": "ChargingStationExternalConstraints"
        }
        station.go_offline()
        station.profiles.release("EMS")
        await clock.advance(10)
        assert connector(house).external_limit == external
        station.go_online()
        await clock.advance(60)
        assert connector(house).external_limit is None
        assert len(asked(station, "GetChargingProfiles")) == 2
        await house.restart()
        await clock.advance(60)
        assert connector(house).external_limit is None
        assert len(asked(station, "GetChargingProfiles")) == 2


async def test_a_station_that_changed_limits_while_away_shows_the_new_ones(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await limit_externally(station, amps(8, startSchedule=stamp(clock)), evse=1)
        station.go_offline()
        await limit_externally(station, amps(13, startSchedule=stamp(clock)), evse=1)
        station.go_online()
        await clock.advance(60)
        assert connector(house).applied_limit_a == 13


async def test_nonsense_about_limits_changes_nothing_and_is_counted(
    wire: Wire, house: House
) -> None:
    limit = {"chargingLimit": {"chargingLimitSource": "EMS"}}
    for payload in (
        {**limit, "evseId": 99},
        {**limit, "evseId": -4},
    ):
        await wire.call("NotifyChargingLimit", payload, valid=False)
    assert connector(house).external_limit is None
    assert house.station().counters["connector_out_of_bounds"] == 2
    await wire.call("ClearedChargingLimit", {"chargingLimitSource": "EMS"})
    assert house.station().counters["external_limit_unknown"] == 1
    odd = [{}, {"chargingSchedulePeriod": [{"startPeriod": -5, "limit": "x"}]}, 7]
    await wire.call("NotifyChargingLimit", {"chargingSchedule": odd}, valid=False)
    external = connector(house).external_limit
    assert external is not None
    assert (external.source, external.current_a) == ("Other", None)


async def test_the_number_of_limits_is_bounded(wire: Wire, house: House) -> None:
    for number in range(80):
        limit = {"chargingLimit": {"chargingLimitSource": f"S{number}"}}
        await wire.call("NotifyChargingLimit", limit, valid=False)
    assert len(house.station().memory.external_limits) == 50
    assert house.station().counters["external_limits_too_many"] == 30


@pytest.mark.parametrize("version", ["2.1"])
async def test_power_generated_on_the_spot_is_no_limit(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await charge(station, clock)
        await station.tell(
            "NotifyChargingLimit",
            {
                "chargingLimit": {"chargingLimitSource": "EMS", "isLocalGeneration": True},
                "chargingSchedule": [{"id": 1, **amps(4)}],
            },
        )
        shown = connector(house)
        assert shown.external_limit is not None
        assert shown.external_limit.generation
        assert shown.applied_limit_a is None
        assert shown.limit_reason is LimitReason.NONE


async def test_a_station_that_does_not_tell_what_limits_it_leaves_what_is_known(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await limit_externally(station, amps(8, startSchedule=stamp(clock)), evse=1)
        for action in ("GetChargingProfiles", "GetBaseReport"):
            station.overrides[action] = {"status": "Rejected"}
        station.go_offline()
        station.go_online()
        await clock.advance(60)
        assert connector(house).applied_limit_a == 8
        assert house.station().counters["external_limits_untold"] == 1


async def test_limits_in_a_report_that_cannot_be_are_left_out(
    house: House, clock: ManualClock, version: str
) -> None:
    async with simulated(house, clock, version) as station:
        await limit_externally(station, amps(8, startSchedule=stamp(clock)), evse=1)
        station.overrides["GetChargingProfiles"] = {"status": "Accepted"}
        station.go_offline()
        station.go_online()
        await clock.advance(10)
        (wanted,) = asked(station, "GetChargingProfiles")
        (profile,) = [dict(item.raw["later"]) for item in station.profiles]
        for evse, more in ((999_999, True), (1, False)):
            await station.tell(
                "ReportChargingProfiles",
                {
                    "requestId": wanted["requestId"],
                    "chargingLimitSource": "EMS",
                    "chargingProfile": [profile],
                    "evseId": evse,
                    "tbc": more,
                },
            )
        await clock.advance(2)
        assert connector(house).applied_limit_a == 8
        assert house.station().counters["connector_out_of_bounds"] == 1
