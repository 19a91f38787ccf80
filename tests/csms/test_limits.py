"""Limits on a plain station: set, held, paused, resumed, restored."""
# ruff: noqa: F401, F811 - fixtures are imported by their names

import asyncio

import pytest

from custom_components.chargestead.model.commands import StopSession
from custom_components.chargestead.model.errors import (
    CallFailedError,
    CommandRefusedError,
    StationOfflineError,
    StationTimeoutError,
)
from custom_components.chargestead.model.events import LimitChanged
from tests.simulator import CallError, Car, ManualClock, Personality

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

LIMIT = ("SetChargingProfile", "ClearChargingProfile", "GetCompositeSchedule")


async def test_a_limit_goes_out_as_one_profile_that_rules_present_and_later_sessions(
    house: House, clock: ManualClock
) -> None:
    """A default profile on the connector, absolute, in the past by a minute, at the highest level."""
    simulated = await house.install()
    await house.charge(simulated)
    since = simulated.frames.total
    await house.station().set_limit(1, 10)
    assert asked(simulated, since=since) == [
        (
            "SetChargingProfile",
            {
                "connectorId": 1,
                "csChargingProfiles": {
                    "chargingProfileId": 1,
                    "stackLevel": 8,
                    "chargingProfilePurpose": "TxDefaultProfile",
                    "chargingProfileKind": "Absolute",
                    "chargingSchedule": {
                        "startSchedule": "2025-12-31T23:59:28.000Z",
                        "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
                    },
                },
            },
        )
    ]
    assert house.limit() == (10, "accepted")
    await clock.advance(31)
    assert simulated.current_a() == 10
    assert house.limit() == (10, "obeyed")
    simulated.unplug(1)
    await clock.advance(30)
    await house.charge(simulated)
    assert simulated.current_a() == 10
    assert len(profiles(simulated)) == 1


async def test_accepted_is_only_said_to_be_obeyed_once_it_was_seen(
    house: House, clock: ManualClock
) -> None:
    """Without a car nothing proves obedience, however long it takes."""
    simulated = await house.install()
    await house.station().set_limit(1, 10)
    await clock.advance(3600)
    assert house.limit() == (10, "accepted")
    assert [action for action, _ in asked(simulated, *LIMIT)] == ["SetChargingProfile"]


async def test_a_limit_is_replaced_in_place_and_never_cleared_first(
    house: House, clock: ManualClock
) -> None:
    """Between two limits there is no moment without one."""
    simulated = await house.install()
    await house.charge(simulated)
    await house.station().set_limit(1, 16)
    await clock.advance(40)
    highest = 0.0
    for amount in (6, 13.55, 0, 9, 31.99, 7):
        await house.station().set_limit(1, amount)
        for _ in range(10):
            await clock.advance(1)
            highest = max(highest, simulated.offered_a())
    assert not asked(simulated, "ClearChargingProfile")
    assert [form(profile)[-1] for profile in profiles(simulated)] == [16, 6, 13.5, 0, 9, 31.9, 7]
    assert {profile["chargingProfileId"] for profile in profiles(simulated)} == {1}
    assert len(simulated.profiles) == 1
    assert highest <= 31.9


async def test_whole_amperes_go_out_as_whole_numbers(house: House) -> None:
    """Some stations cannot read 10.0."""
    simulated = await house.install()
    await house.station().set_limit(1, 10.0)
    (frame,) = simulated.frames.find("SetChargingProfile", sent=False, kind=2)
    assert '"limit":10}' in frame.text
    assert ", " not in frame.text


async def test_pausing_is_a_limit_of_nothing_and_never_a_stop(
    house: House, clock: ManualClock
) -> None:
    """The session goes on, and resuming brings back the limit there was."""
    simulated = await house.install()
    await house.charge(simulated)
    station = house.station()
    await station.set_limit(1, 12)
    await clock.advance(40)
    await station.pause(1)
    await station.pause(1)
    await clock.advance(40)
    assert simulated.status() == "SuspendedEVSE"
    assert simulated.connector(1).transaction is not None
    assert house.limit() == (0, "obeyed")
    await station.resume(1)
    await clock.advance(90)
    assert simulated.status() == "Charging"
    assert house.limit() == (12, "obeyed")
    assert [form(profile)[-1] for profile in profiles(simulated)] == [12, 0, 0, 12]
    assert not asked(simulated, "RemoteStopTransaction", "ClearChargingProfile")


async def test_resuming_without_an_earlier_limit_takes_ours_away(
    house: House, clock: ManualClock
) -> None:
    """Nothing of ours holds afterwards."""
    simulated = await house.install()
    await house.charge(simulated)
    await house.station().pause(1)
    await clock.advance(40)
    since = simulated.frames.total
    await house.station().resume(1)
    await clock.advance(120)
    assert asked(simulated, since=since) == [("ClearChargingProfile", {"id": 1})]
    assert house.limit() == (None, "")
    assert simulated.status() == "Charging"


async def test_resuming_works_where_a_profile_cannot_be_cleared(
    house: House, clock: ManualClock
) -> None:
    """The largest current stands in for no limit."""
    simulated = await house.install()
    simulated.overrides["ClearChargingProfile"] = CallError("NotImplemented")
    await house.charge(simulated)
    await house.station().pause(1)
    await clock.advance(40)
    await house.station().resume(1)
    await clock.advance(90)
    assert simulated.status() == "Charging"
    assert house.limit() == (32, "obeyed")
    with pytest.raises(CallFailedError):
        await house.station().clear_limit(1)
    assert house.limit() == (32, "obeyed")


async def test_resuming_what_is_not_paused_keeps_its_limit(house: House) -> None:
    """A limit set meanwhile is not lost to an earlier pause."""
    simulated = await house.install()
    station = house.station()
    await station.set_limit(1, 20)
    await station.pause(1)
    await station.set_limit(1, 8)
    await station.resume(1)
    assert house.limit() == (8, "accepted")
    assert [form(profile)[-1] for profile in profiles(simulated)] == [20, 0, 8, 8]


async def test_what_was_before_a_pause_survives_a_restart_of_ours(
    house: House, clock: ManualClock
) -> None:
    """A car is resumed with the limit of yesterday."""
    simulated = await house.install()
    await house.charge(simulated)
    await house.station().set_limit(1, 9)
    await house.station().pause(1)
    await house.restart()
    await clock.advance(90)
    assert house.limit() == (0, "obeyed")
    await house.station().resume(1)
    await clock.advance(90)
    assert house.limit() == (9, "obeyed")
    assert simulated.current_a() == 9


async def test_starting_a_paused_session_resumes_it(house: House, clock: ManualClock) -> None:
    """One button starts, whatever holds the car back."""
    simulated = await house.install()
    await house.charge(simulated)
    station = house.station()
    await station.pause(1)
    await clock.advance(40)
    await station.start_session(1)
    await clock.advance(40)
    assert simulated.status() == "Charging"
    assert not asked(simulated, "RemoteStartTransaction")
    stopping = asyncio.ensure_future(station.stop_session(1))
    await clock.advance(20)
    await stopping
    assert simulated.connector(1).transaction is None


async def test_starting_a_session_takes_a_pause_away_first(
    house: House, clock: ManualClock
) -> None:
    """A paused connector without a session is resumed, then started."""
    simulated = await house.install()
    station = house.station()
    await station.pause(1)
    simulated.plug_in(1, Car(capacity_kwh=500, soc=5))
    await clock.advance(1)
    since = simulated.frames.total
    await station.start_session(1)
    await clock.advance(20)
    assert [action for action, _ in asked(simulated, since=since)] == [
        "ClearChargingProfile",
        "RemoteStartTransaction",
    ]
    assert simulated.status() == "Charging"


async def test_a_limit_that_was_already_gone_is_cleared_without_complaint(house: House) -> None:
    """`Unknown` is what one wants to hear; any other refusal is told."""
    simulated = await house.install()
    station = house.station()
    await station.clear_limit(1)
    simulated.overrides["ClearChargingProfile"] = {"status": "Rejected"}
    with pytest.raises(CommandRefusedError, match="Rejected"):
        await station.clear_limit(1)


async def test_an_offline_station_takes_no_limit(house: House, clock: ManualClock) -> None:
    """Every wish is refused, and the limit in force stays shown."""
    simulated = await house.install()
    station = house.station()
    await station.set_limit(1, 16)
    simulated.go_offline()
    await clock.advance(1)
    for wish in (
        station.set_limit(1, 6),
        station.clear_limit(1),
        station.pause(1),
        station.resume(1),
        station.command(StopSession(transaction_id="7")),
    ):
        with pytest.raises(StationOfflineError):
            await wish
    assert house.limit() == (16, "accepted")


async def test_a_station_that_goes_in_the_middle_takes_no_limit(
    house: House, clock: ManualClock
) -> None:
    """The one who waits is told."""
    simulated = await house.install()
    simulated.overrides["SetChargingProfile"] = None
    wish = asyncio.ensure_future(house.station().set_limit(1, 6))
    await clock.advance(2)
    simulated.go_offline()
    await clock.advance(2)
    with pytest.raises(StationOfflineError):
        await wish
    assert house.limit() == (None, "")


async def test_a_station_that_does_not_answer_is_given_up_in_time(
    house: House, clock: ManualClock
) -> None:
    """Two forms at most are waited for where none is known, one where one is."""
    simulated = await house.install()
    await house.station().set_limit(1, 16)
    simulated.overrides["SetChargingProfile"] = None
    since = simulated.frames.total
    wish = asyncio.ensure_future(house.station().set_limit(1, 6))
    await clock.advance(29)
    assert not wish.done()
    await clock.advance(2)
    with pytest.raises(StationTimeoutError):
        await wish
    assert len(profiles(simulated, since=since)) == 1
    assert house.limit() == (16, "accepted")


async def test_a_station_that_never_answered_a_profile_is_tried_twice(
    house: House, clock: ManualClock
) -> None:
    """An unanswered kind may be the fault: the other kind is tried, and no more."""
    simulated = await house.install()
    simulated.overrides["SetChargingProfile"] = None
    wish = asyncio.ensure_future(house.station().set_limit(1, 6))
    await clock.advance(100)
    with pytest.raises(StationTimeoutError):
        await wish
    assert [form(profile)[2] for profile in profiles(simulated)] == ["Absolute", "Relative"]


async def test_a_kind_that_is_never_answered_gives_way_to_the_other(
    house: House, clock: ManualClock
) -> None:
    """Absolute schedules unanswered, relative ones taken; the second limit goes there straight."""
    simulated = await house.install()

    def answer(payload: dict[str, dict[str, object]]) -> dict[str, object] | None:
        kind = payload["csChargingProfiles"]["chargingProfileKind"]
        return {"status": "Accepted"} if kind == "Relative" else None

    simulated.overrides["SetChargingProfile"] = answer
    wish = asyncio.ensure_future(house.station().set_limit(1, 6))
    await clock.advance(31)
    await wish
    await house.station().set_limit(1, 7)
    kinds = [form(profile)[2] for profile in profiles(simulated)]
    assert kinds == ["Absolute", "Relative", "Relative"]


async def test_limits_of_several_connectors_set_at_once_all_arrive(
    house: House, clock: ManualClock
) -> None:
    """Three connectors in a race: each gets its own profile, one call at a time."""
    simulated = await house.install(connectors=3)
    for connector in (1, 2, 3):
        await house.charge(simulated, connector)
    await asyncio.gather(
        *(house.station().set_limit(connector, 6 + connector) for connector in (3, 1, 2))
    )
    await clock.advance(40)
    assert [simulated.current_a(connector) for connector in (1, 2, 3)] == [7, 8, 9]
    assert [house.limit(connector) for connector in (1, 2, 3)] == [
        (7, "obeyed"),
        (8, "obeyed"),
        (9, "obeyed"),
    ]
    assert sorted(
        (profile["on"], profile["chargingProfileId"]) for profile in profiles(simulated)
    ) == [
        (1, 1),
        (2, 2),
        (3, 3),
    ]


async def test_a_wish_that_was_overtaken_is_not_sent(house: House) -> None:
    """A slider that is drawn writes its first and last place."""
    simulated = await house.install()
    await asyncio.gather(*(house.station().set_limit(1, amount) for amount in (6, 7, 8, 9, 10)))
    assert [form(profile)[-1] for profile in profiles(simulated)] == [6, 10]
    assert house.limit() == (10, "accepted")


async def test_listeners_are_told_once_for_each_step_of_a_limit(
    house: House, clock: ManualClock
) -> None:
    """Accepted, then obeyed, then silence."""
    simulated = await house.install()
    await house.charge(simulated)
    house.events.clear()
    await house.station().set_limit(1, 10)
    await clock.advance(600)
    told = [event for event in house.events if isinstance(event, LimitChanged)]
    assert len(told) == 2
    saves = house.memory.saves
    await clock.advance(600)
    assert house.memory.saves == saves


async def test_a_limit_is_applied_again_after_every_way_to_come_back(
    house: House, clock: ManualClock
) -> None:
    """A boot, a reconnect, a restart of ours; once each, and at no time more current than allowed."""
    simulated = await house.install(
        Personality(forgets_profiles_on_reboot=True, resumes_after_power_loss=True)
    )
    await house.charge(simulated)
    await house.station().set_limit(1, 8)
    await clock.advance(40)

    since = simulated.frames.total
    simulated.reboot(cold=True, off_for=10)
    await clock.advance(120)
    assert [form(item)[-1] for item in profiles(simulated, since=since)] == [8]
    assert house.limit() == (8, "obeyed")

    since = simulated.frames.total
    simulated.go_offline()
    await clock.advance(20)
    simulated.go_online()
    await clock.advance(120)
    assert [form(item)[-1] for item in profiles(simulated, since=since)] == [8]

    since = simulated.frames.total
    await house.restart()
    assert house.limit() == (8, "pending")
    await clock.advance(120)
    assert [form(item)[-1] for item in profiles(simulated, since=since)] == [8]
    assert house.limit() == (8, "obeyed")
    assert simulated.current_a() == 8


async def test_nonsense_in_the_memory_is_left_out(house: House, clock: ManualClock) -> None:
    """A limit that cannot be read is no limit, and harms no other."""
    house.memory.save(
        STATION,
        {
            "connectors": 10**9,
            "limits": {
                "1": [11.0, "user"],
                "2": [None, "user"],
                "x": [6, "user"],
                "3": [6],
                "4": {"0": 6},
                "5": [6, "because"],
                "6": ["6", "user"],
                "7": [-1, "user"],
                "99": [6, "user"],
                "-1": [6, "user"],
            },
            "limit_form": {"form": {"purpose": "transaction", "stack_level": "high"}},
            "configuration": {"Odd": 5, "Fine": ["1", True], "Short": []},
            "operative": {"1": "no"},
        },
    )
    simulated = await house.install(connectors=2)
    await clock.advance(20)
    limits = {number: item.limit for number, item in house.station().state.connectors.items()}
    assert {number for number, limit in limits.items() if limit is not None} == {1}
    assert [form(item)[-1] for item in profiles(simulated)] == [11]
    assert len(limits) == 32


async def test_limits_need_no_meter_of_their_own(house: House, clock: ManualClock) -> None:
    """A station without live values is asked once what it means to allow."""
    simulated = await house.install(
        settings={"configure": False},
        configuration={"MeterValueSampleInterval": "0", "MeterValuesSampledData": ""},
    )
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(600)
    assert house.limit() == (10, "obeyed")
    assert asked(simulated, "GetCompositeSchedule") == [
        ("GetCompositeSchedule", {"connectorId": 1, "duration": 60, "chargingRateUnit": "A"})
    ]
    assert READY
