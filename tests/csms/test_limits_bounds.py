"""Stations that do not obey: what is said of them, and how little is written to them."""
# ruff: noqa: F401, F811 - fixtures are imported by their names

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.chargestead.csms.obedience import Evidence, Verdict, judge, phases_in_use
from custom_components.chargestead.csms.schedules import first_limit_a
from custom_components.chargestead.csms.write_budget import WriteBudget
from custom_components.chargestead.model.reading import NO_MEASUREMENTS, Measurements
from tests.simulator import PERSONALITIES, CallError, Car, Json, ManualClock, Personality

from .limit_fixtures import (
    READY,
    House,
    asked,
    clock,
    expected_lingering_timers,
    form,
    house,
    profiles,
)

DAY = 24 * 3600


async def test_a_station_that_never_obeys_is_written_to_a_bounded_number_of_times(
    house: House, clock: ManualClock
) -> None:
    """A dozen forms in its first hour, none in the rest of the day, one per wish ever after."""
    simulated = await house.install(Personality(ignores_profiles=True), frames_kept=200_000)
    await house.charge(simulated, car=Car(capacity_kwh=50_000, soc=1))
    await house.station().set_limit(1, 10)
    await clock.advance(3600)
    first = len(profiles(simulated))
    assert 2 <= first <= 14
    assert house.limit() == (10, "ignored")
    await clock.advance(6 * 3600)
    assert len(profiles(simulated)) == first
    for amount in (9, 8, 7):
        await house.station().set_limit(1, amount)
        await clock.advance(1800)
        assert house.limit() == (amount, "ignored")
    assert len(profiles(simulated)) == first + 3
    await house.restart()
    await clock.advance(3600)
    assert len(profiles(simulated)) == first + 4
    assert house.limit() == (7, "ignored")
    simulated.unplug(1)
    await clock.advance(30)
    await house.charge(simulated, car=Car(capacity_kwh=50_000, soc=1))
    await clock.advance(3600)
    assert len(profiles(simulated)) == first + 4
    assert not asked(simulated, "ChangeConfiguration")


async def test_a_form_that_is_ignored_is_kept_where_every_other_is_refused(
    house: House, clock: ManualClock
) -> None:
    """There is nothing better, so the search ends; what was accepted stays, and is called ignored."""
    simulated = await house.install(Personality(ignores_profiles=True), frames_kept=50_000)
    await house.charge(simulated)

    def only_the_first(payload: Json) -> Json:
        first = form(payload["csChargingProfiles"] | {"on": payload["connectorId"]})[:-1]
        taken = first == ("TxDefaultProfile", 1, "Absolute", "A", 8)
        return {"status": "Accepted" if taken else "Rejected"}

    simulated.overrides["SetChargingProfile"] = only_the_first
    await house.station().set_limit(1, 10)
    await clock.advance(DAY / 8)
    assert house.limit() == (10, "ignored")
    settled = len(profiles(simulated))
    assert settled <= 1 + 48
    await clock.advance(DAY / 8)
    await house.station().set_limit(1, 9)
    await clock.advance(DAY / 8)
    assert house.limit() == (9, "ignored")
    assert len(profiles(simulated)) == settled + 1


async def test_a_limit_that_was_never_sent_is_not_judged(house: House, clock: ManualClock) -> None:
    """After a restart of ours what flows says nothing of a limit the station has not got yet."""
    simulated = await house.install()
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(40)
    simulated.overrides["SetChargingProfile"] = None
    await house.restart()
    await clock.advance(2)
    house.station().limits.session_started(1)
    simulated.profiles.clear()
    simulated.supply.refresh()
    await clock.advance(90)
    assert house.limit() == (10, "pending")
    del simulated.overrides["SetChargingProfile"]
    await clock.advance(400)
    assert house.limit() == (10, "obeyed")


async def test_a_station_that_obeys_every_other_time_is_not_written_to_for_ever(
    house: House, clock: ManualClock
) -> None:
    """A proven form is said again, three times in a session at most."""
    simulated = await house.install(frames_kept=200_000)
    await house.charge(simulated, car=Car(capacity_kwh=50_000, soc=1))
    await house.station().set_limit(1, 10)
    await clock.advance(60)
    assert house.limit() == (10, "obeyed")
    began = len(profiles(simulated))
    for _ in range(40):
        simulated.profiles.clear()
        simulated.supply.refresh()
        await clock.advance(300)
    assert 1 <= len(profiles(simulated)) - began <= 3 + 14
    settled = len(profiles(simulated))
    for _ in range(20):
        simulated.profiles.clear()
        simulated.supply.refresh()
        await clock.advance(300)
    assert len(profiles(simulated)) <= settled + 1


async def test_a_proven_form_that_was_lost_is_said_again(house: House, clock: ManualClock) -> None:
    """A station that dropped its profile gets the same one, in the same form."""
    simulated = await house.install()
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(60)
    simulated.profiles.clear()
    simulated.supply.refresh()
    await clock.advance(200)
    assert [form(item) for item in profiles(simulated)] == [form(profiles(simulated)[0])] * 2
    assert simulated.current_a() == 10
    assert house.limit() == (10, "obeyed")


async def test_two_connectors_that_do_not_obey_share_what_was_learned(
    house: House, clock: ManualClock
) -> None:
    """The number of writes is bounded for the station, not only for each connector."""
    simulated = await house.install(
        Personality(ignores_profiles=True), connectors=2, frames_kept=200_000
    )
    for connector in (1, 2):
        await house.charge(simulated, connector, Car(capacity_kwh=50_000, soc=1))
        await house.station().set_limit(connector, 10)
    await clock.advance(2 * 3600)
    assert [house.limit(connector) for connector in (1, 2)] == [(10, "ignored")] * 2
    assert len(profiles(simulated)) <= 2 * 14
    settled = len(profiles(simulated))
    await clock.advance(3600)
    assert len(profiles(simulated)) == settled


async def test_a_station_in_a_boot_loop_is_not_worn_out(house: House, clock: ManualClock) -> None:
    """A boot every minute for a day: some at once, then one every three minutes, and the last one counts."""
    simulated = await house.install(frames_kept=200_000)
    await house.station().set_limit(1, 10)
    since = simulated.frames.total
    loops = 24 * 60 // 2
    for _ in range(loops):
        simulated.reboot(cold=True, off_for=30)
        await clock.advance(60)
    written = len(profiles(simulated, since=since))
    assert 20 <= written <= 20 + loops * 60 / 180 + 1
    assert house.station().counters["limit_write_postponed"] > 0
    simulated.profiles.clear()
    simulated.reboot(cold=True, off_for=30)
    await clock.advance(300)
    assert len(simulated.profiles) == 1
    assert house.limit() == (10, "accepted")


async def test_a_station_that_rejects_the_limit_after_a_boot_is_asked_again_later(
    house: House, clock: ManualClock
) -> None:
    """Not ready yet is no reason to forget the form."""
    simulated = await house.install()
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(40)
    simulated.overrides["SetChargingProfile"] = {"status": "Rejected"}
    since = simulated.frames.total
    simulated.go_offline()
    await clock.advance(3)
    simulated.go_online()
    await clock.advance(10)
    assert house.limit() == (10, "refused")
    del simulated.overrides["SetChargingProfile"]
    await clock.advance(60)
    assert house.limit() == (10, "obeyed")
    forms = {form(item) for item in profiles(simulated, since=since)}
    assert len(forms) == 1


async def test_a_station_that_keeps_rejecting_the_limit_is_left_alone(
    house: House, clock: ManualClock
) -> None:
    """Nothing but a transaction may change its mind; where that does not either, it stands there as refused."""
    simulated = await house.install(frames_kept=50_000)
    await house.station().set_limit(1, 10)
    simulated.overrides["SetChargingProfile"] = {"status": "Rejected"}
    simulated.go_offline()
    await clock.advance(3)
    simulated.go_online()
    await clock.advance(500)
    settled = len(profiles(simulated))
    assert settled <= 1 + 48
    await clock.advance(DAY)
    assert len(profiles(simulated)) == settled
    assert house.limit() == (10, "pending")
    await house.charge(simulated)
    await clock.advance(3600)
    assert settled < len(profiles(simulated)) <= settled + 4 * 48
    assert house.limit() == (10, "refused")


async def test_a_limit_that_is_not_answered_after_a_reconnect_is_pending_and_tried_again(
    house: House, clock: ManualClock
) -> None:
    """Silence is no refusal."""
    simulated = await house.install()
    await house.station().set_limit(1, 10)
    simulated.overrides["SetChargingProfile"] = None
    simulated.go_offline()
    await clock.advance(3)
    simulated.go_online()
    await clock.advance(45)
    assert house.limit() == (10, "pending")
    del simulated.overrides["SetChargingProfile"]
    await clock.advance(300)
    assert house.limit() == (10, "accepted")


async def test_going_offline_while_limits_are_applied_again_starts_over_once(
    house: House, clock: ManualClock
) -> None:
    """Each connector gets its limit once on the new socket."""
    simulated = await house.install(connectors=3)
    for connector in (1, 2, 3):
        await house.station().set_limit(connector, 10)
    simulated.overrides["SetChargingProfile"] = None
    simulated.go_offline()
    await clock.advance(3)
    simulated.go_online()
    await clock.advance(10)
    simulated.go_offline()
    await clock.advance(3)
    del simulated.overrides["SetChargingProfile"]
    since = simulated.frames.total
    simulated.go_online()
    await clock.advance(120)
    assert [item["on"] for item in profiles(simulated, since=since)] == [1, 2, 3]


async def test_a_pause_that_ends_in_the_least_current_is_called_ignored_and_left_at_that(
    house: House, clock: ManualClock
) -> None:
    """Some stations do not go below 6 A; no other form would help, so none is tried."""
    simulated = await house.install(PERSONALITIES["wallbox-5"])
    await house.charge(simulated)
    await house.station().set_limit(1, 16)
    await clock.advance(40)
    since = simulated.frames.total
    await house.station().pause(1)
    await clock.advance(600)
    assert simulated.current_a() == 6
    assert house.limit() == (0, "ignored")
    assert len(profiles(simulated, since=since)) == 1


async def test_a_station_that_ignores_the_first_limit_after_a_pause_is_told_twice(
    house: House, clock: ManualClock
) -> None:
    """Resuming is verified after a minute and said again."""
    simulated = await house.install(PERSONALITIES["go-e"])
    await house.charge(simulated)
    station = house.station()
    await station.set_limit(1, 10)
    await clock.advance(40)
    await station.pause(1)
    await clock.advance(40)
    await station.resume(1)
    await clock.advance(50)
    assert simulated.current_a() == 0
    assert house.limit() == (10, "accepted")
    await clock.advance(60)
    assert simulated.current_a() == 10
    assert house.limit() == (10, "obeyed")
    assert [form(item)[-1] for item in profiles(simulated)] == [10, 0, 10, 10]


async def test_a_car_that_only_wakes_up_to_little_current_gets_that_first(
    house: House, clock: ManualClock
) -> None:
    """The least current is the third thing tried; the wanted limit comes back afterwards."""
    simulated = await house.install()
    await house.charge(simulated)
    station = house.station()
    await station.set_limit(1, 10)
    await clock.advance(40)
    await station.pause(1)
    await clock.advance(40)
    simulated.overrides["SetChargingProfile"] = lambda payload: _swallow_above_least(
        simulated, payload
    )
    await station.resume(1)
    await clock.advance(400)
    assert [form(item)[-1] for item in profiles(simulated)] == [10, 0, 10, 10, 6, 10]
    assert simulated.status() == "Charging"
    assert house.limit() == (10, "obeyed")


def _swallow_above_least(simulated, payload: Json) -> Json:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Lose every profile until one says 6 A."""
    period = payload["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]
    if period["limit"] == 6:
        del simulated.overrides["SetChargingProfile"]
        reply = simulated.answer("SetChargingProfile", payload)
        simulated.clock.call_later(0.1, reply.then)
    return {"status": "Accepted"}


async def test_a_car_that_never_resumes_is_given_up_in_the_end(
    house: House, clock: ManualClock
) -> None:
    """Three tries, then the limit is shown as not obeyed; the session is never stopped."""
    simulated = await house.install()
    await house.charge(simulated)
    station = house.station()
    await station.pause(1)
    await clock.advance(40)
    simulated.overrides["ClearChargingProfile"] = {"status": "Accepted"}
    simulated.overrides["SetChargingProfile"] = {"status": "Accepted"}
    since = simulated.frames.total
    await station.resume(1)
    await clock.advance(DAY / 4)
    assert [form(item)[-1] for item in profiles(simulated, since=since)] == [32, 6, 32]
    assert house.limit() == (32, "ignored")
    assert station.counters["resume_failed"] == 1
    assert simulated.connector(1).transaction is not None
    assert not asked(simulated, "RemoteStopTransaction")


async def test_a_station_that_refuses_to_be_resumed_is_given_up_at_once(
    house: House, clock: ManualClock
) -> None:
    """A refusal of the second try ends it."""
    simulated = await house.install()
    await house.charge(simulated)
    station = house.station()
    await station.pause(1)
    await clock.advance(40)
    simulated.overrides["ClearChargingProfile"] = {"status": "Accepted"}
    await station.resume(1)
    simulated.overrides["SetChargingProfile"] = CallError("NotImplemented")
    await clock.advance(600)
    assert station.counters["resume_failed"] == 1


@pytest.mark.parametrize("what", ["unplug", "pause", "limit"])
async def test_resuming_ends_when_something_else_is_wanted(
    house: House, clock: ManualClock, what: str
) -> None:
    """No late help for a car that left or a person who changed their mind."""
    simulated = await house.install(PERSONALITIES["go-e"])
    await house.charge(simulated)
    station = house.station()
    await station.set_limit(1, 10)
    await station.pause(1)
    await clock.advance(40)
    await station.resume(1)
    acts: dict[str, Callable[[], Awaitable[None] | None]] = {
        "unplug": lambda: simulated.unplug(1),
        "pause": lambda: station.pause(1),
        "limit": lambda: station.set_limit(1, 8),
    }
    done = acts[what]()
    if done is not None:
        await done
    since = simulated.frames.total
    await clock.advance(600)
    assert not asked(simulated, "SetChargingProfile", since=since)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ({"status": "Rejected"}, "accepted"),
        ({"status": "Accepted"}, "accepted"),
        (CallError("NotSupported"), "accepted"),
        (None, "accepted"),
        (
            {
                "status": "Accepted",
                "chargingSchedule": {
                    "chargingRateUnit": "W",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6900}],
                },
            },
            "obeyed",
        ),
        (
            {
                "status": "Accepted",
                "chargingSchedule": {
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
                },
            },
            "accepted",
        ),
    ],
)
async def test_a_schedule_is_believed_as_far_as_it_says_something(
    house: House, clock: ManualClock, answer: Json | CallError | None, state: str
) -> None:
    """No schedule, no verdict; and it is asked for once."""
    simulated = await house.install(
        settings={"configure": False},
        configuration={"MeterValueSampleInterval": "0", "MeterValuesSampledData": ""},
    )
    simulated.overrides["GetCompositeSchedule"] = answer
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(600)
    assert house.limit() == (10, state)
    assert len(asked(simulated, "GetCompositeSchedule")) == 1
    assert len(profiles(simulated)) == 1


async def test_a_schedule_above_the_limit_sends_down_the_ladder(
    house: House, clock: ManualClock
) -> None:
    """A station that says itself that it means to give more does not obey."""
    simulated = await house.install(
        settings={"configure": False},
        configuration={"MeterValueSampleInterval": "0", "MeterValuesSampledData": ""},
        frames_kept=100_000,
    )
    simulated.overrides["GetCompositeSchedule"] = {
        "status": "Accepted",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32}],
        },
    }
    await house.charge(simulated)
    await house.station().set_limit(1, 10)
    await clock.advance(32)
    assert house.limit()[1] in {"ignored", "accepted"}
    await clock.advance(DAY / 4)
    assert house.limit() == (10, "ignored")
    assert 2 <= len(profiles(simulated)) <= 14


async def test_an_old_measurement_is_no_evidence(house: House, clock: ManualClock) -> None:
    """With a reading a minute, half a minute after the limit is too early to judge."""
    simulated = await house.install(
        Personality(
            read_only_keys=frozenset({"MeterValueSampleInterval"}), composite_schedule="empty"
        ),
        configuration=READY | {"MeterValueSampleInterval": "60"},
    )
    await house.charge(simulated)
    await clock.advance(60)
    assert simulated.current_a() == 16
    await house.station().set_limit(1, 8)
    await clock.advance(32)
    assert house.limit() == (8, "accepted")
    await clock.advance(200)
    assert house.limit() == (8, "obeyed")
    assert len(profiles(simulated)) == 1


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def evidence(limit_a: float, *, after_s: float = 20, phases: int = 3, **now: object) -> Evidence:
    """Return what was measured a while after a limit was written."""
    measured = replace(NO_MEASUREMENTS, at=NOW + timedelta(seconds=after_s), **now)  # type: ignore[arg-type]
    return Evidence(
        limit_a=limit_a,
        written_at=NOW,
        before=NO_MEASUREMENTS,
        now=measured,
        max_current_a=32,
        phases=phases,
    )


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (evidence(10, current_a=(9.8, 9.9, 10.1)), Verdict.PROVEN),
        (evidence(10, current_a=(10.9, None, None)), Verdict.PROVEN),
        (evidence(10, current_a=(11.2, None, None)), Verdict.IGNORED),
        (evidence(31, current_a=(33.0, None, None)), Verdict.OBEYED),
        (evidence(31, current_a=(16.0, None, None)), Verdict.OBEYED),
        (evidence(16, current_a=(6.0, None, None)), Verdict.OBEYED),
        (evidence(10, current_a=(0.0, 0.0, 0.0)), Verdict.UNKNOWN),
        (evidence(10, current_a=(0.0, 0.0, 0.0), current_offered_a=10.0), Verdict.OBEYED),
        (evidence(10, current_a=(0.0, 0.0, 0.0), current_offered_a=32.0), Verdict.UNKNOWN),
        (evidence(10, current_a=(6.0, 6.0, 6.0), current_offered_a=10.0), Verdict.PROVEN),
        (evidence(0, current_a=(0.0, 0.0, 0.0), current_offered_a=7.0), Verdict.PROVEN),
        (evidence(0, current_a=(0.9, 0.0, 0.0)), Verdict.PROVEN),
        (evidence(0, current_a=(6.1, 6.0, 6.0)), Verdict.FLOOR),
        (evidence(4, current_a=(6.1, 6.0, 6.0)), Verdict.FLOOR),
        (evidence(0, current_a=(16.0, 16.0, 16.0)), Verdict.IGNORED),
        (evidence(10, current_offered_a=10.0), Verdict.PROVEN),
        (evidence(10, current_offered_a=16.0), Verdict.IGNORED),
        (evidence(10, power_offered_w=6900.0), Verdict.PROVEN),
        (evidence(10, power_offered_w=11000.0), Verdict.IGNORED),
        (evidence(10, power_w=6900.0), Verdict.PROVEN),
        (evidence(10, power_w=11000.0), Verdict.IGNORED),
        (evidence(10, power_w=3680.0, phases=1), Verdict.IGNORED),
        (evidence(10, current_a=(16.0, None, None), after_s=3), Verdict.UNKNOWN),
        (evidence(10, current_a=(16.0, None, None), after_s=-3), Verdict.UNKNOWN),
        (evidence(10), Verdict.UNKNOWN),
    ],
)
def test_a_limit_is_judged_by_what_flows(facts: Evidence, verdict: Verdict) -> None:
    """Measured current before what is offered, and nothing from what is old or not there."""
    assert judge(facts) is verdict


@pytest.mark.parametrize(
    ("now", "phases"),
    [
        (Measurements(current_a=(16.0, 16.0, 16.0)), 3),
        (Measurements(current_a=(16.0, 0.1, 0.0)), 1),
        (Measurements(current_a=(16.0, 15.0, 0.0)), 2),
        (Measurements(current_a=(16.0, None, None)), None),
        (Measurements(current_a=(16.0, None, None), power_w=3650.0), 1),
        (Measurements(current_a=(16.0, None, None), power_w=11_000.0), 3),
        (Measurements(current_a=(0.2, 0.0, 0.0)), None),
        (Measurements(), None),
    ],
)
def test_the_phases_a_car_uses_are_told_from_what_flows(
    now: Measurements, phases: int | None
) -> None:
    """Where only one figure is measured, power tells."""
    assert phases_in_use(now) == phases


@pytest.mark.parametrize(
    ("answer", "amperes"),
    [
        ({"chargingSchedule": {"chargingSchedulePeriod": [{"limit": 8}, {"limit": 9}]}}, 8),
        ({"chargingSchedule": {"chargingSchedulePeriod": [{"limit": True}]}}, None),
        ({"chargingSchedule": {"chargingSchedulePeriod": [{"limit": "8"}]}}, None),
        ({"chargingSchedule": {"chargingSchedulePeriod": ["8"]}}, None),
        ({"chargingSchedule": {"chargingSchedulePeriod": []}}, None),
        ({"chargingSchedule": {"chargingSchedulePeriod": 8}}, None),
        ({"chargingSchedule": []}, None),
        ({}, None),
    ],
)
def test_a_schedule_is_read_with_care(answer: Json, amperes: float | None) -> None:
    """Whatever else it is, it is no limit."""
    assert first_limit_a(answer, 3) == amperes


async def test_the_budget_lets_a_burst_through_and_then_a_trickle(clock: ManualClock) -> None:
    """Twenty at once, one every three minutes, never more saved up than twenty."""
    budget = WriteBudget(clock)
    assert [budget.take() for _ in range(20)] == [0.0] * 20
    wait = budget.take()
    assert 179 < wait <= 180.1
    await clock.advance(wait)
    assert budget.take() == 0
    assert budget.take() > 0
    await clock.advance(DAY)
    assert [budget.take() for _ in range(21)].count(0) == 20
