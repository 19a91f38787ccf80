"""Obedience to charging profiles, seen from the central system."""

from typing import Any

import pytest

from tests.simulator import Car, Json, ManualClock, SimulatedStation

from .central import RefusedError, TinyCentral
from .conftest import StationMaker
from .test_profiles import profile
from .test_sessions import readings

START = "2025-12-31T23:59:00Z"


def limit(value: float, profile_id: int = 1, **extra: Any) -> Json:  # noqa: ANN401
    """Return a profile that begins a minute before the clock's start."""
    raw = profile(profile_id, limits=((0, value),), start=None, **extra)
    raw["chargingSchedule"]["startSchedule"] = START
    return raw


async def charging(station: SimulatedStation, clock: ManualClock, connector: int = 1) -> None:
    """Get a session going."""
    station.plug_in(connector, Car(soc=10, max_current={1: 32.0, 3: 32.0}))
    station.present_card(connector, "CARD")
    await clock.advance(1)


async def put(central: TinyCentral, connector: int, raw: Json) -> str:
    """Send a profile; return the status answered."""
    answer = await central.ask(
        "SetChargingProfile", {"connectorId": connector, "csChargingProfiles": raw}
    )
    return str(answer["status"])


@pytest.mark.parametrize(
    ("connector", "purpose"),
    [
        (0, "ChargePointMaxProfile"),
        (0, "TxDefaultProfile"),
        (1, "TxDefaultProfile"),
        (1, "TxProfile"),
    ],
)
async def test_a_limit_takes_effect_at_once_in_every_form(
    central: TinyCentral,
    clock: ManualClock,
    station: SimulatedStation,
    connector: int,
    purpose: str,
) -> None:
    """The offered and the measured current both follow."""
    await charging(station, clock)
    assert await put(central, connector, limit(10.5, purpose=purpose)) == "Accepted"
    await clock.advance(10)
    messages = central.said("MeterValues")
    assert readings(messages, "Current.Offered")[-1] == 10.5
    assert readings(messages, "Current.Import", "L1")[-1] == 10.5
    assert station.current_a() == 10.5
    assert central.violations == []


async def test_zero_pauses_and_more_resumes_after_the_car_has_woken(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """SuspendedEVSE at 0 A, then SuspendedEV while the car wakes, then Charging."""
    await charging(station, clock)
    await put(central, 1, limit(0))
    await clock.advance(60)
    before = station.register_wh()
    await clock.advance(600)
    assert station.register_wh() == before
    await put(central, 1, limit(16))
    await clock.advance(10)
    notes = [n["status"] for n in central.said("StatusNotification")][3:]
    assert notes == ["Charging", "SuspendedEVSE", "SuspendedEV", "Charging"]
    assert central.said("StopTransaction") == []


async def test_below_six_amperes_is_a_pause(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The pilot cannot offer 5 A, so nothing is offered."""
    await charging(station, clock)
    await put(central, 1, limit(5))
    await clock.advance(1)
    assert station.status() == "SuspendedEVSE"
    assert station.offered_a() == 0


async def test_a_short_lived_limit_falls_back_to_the_safe_one_when_nobody_refreshes_it(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The fail-safe pair works without the central system."""
    await charging(station, clock)
    await put(central, 1, limit(6, 1))
    short = limit(20, 2, level=1, validTo="2026-01-01T00:02:00Z")
    await put(central, 1, short)
    await clock.advance(30)
    assert station.current_a() == 20
    await central.close()
    await clock.advance_until(lambda: station.current_a() == 6, within=120)
    assert clock.now().isoformat() == "2026-01-01T00:02:00+00:00"


async def test_a_schedule_is_followed_step_by_step(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Energy over the schedule is the sum of its steps, to the second."""
    await charging(station, clock)
    raw = profile(1, purpose="TxProfile", kind="Relative", limits=((0, 8), (600, 24), (1200, 0)))
    assert await put(central, 1, raw) == "Accepted"
    before = station.register_wh()
    await clock.advance(1800 - 1)
    spent = station.register_wh() - before
    assert spent == pytest.approx((8 + 24) * 3 * 230 / 6, rel=0.01)
    assert station.status() == "SuspendedEVSE"


async def test_watts_are_the_total_of_the_phases_in_use(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """4140 W are 6 A on three phases."""
    await charging(station, clock)
    await put(central, 1, limit(4140, unit="W"))
    assert station.current_a() == pytest.approx(6)


async def test_the_station_maximum_is_shared_by_its_connectors(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """The sum keeps to the limit, what one cannot use goes to the other, 6 A is the least."""
    station = await make(connectors=2)
    await charging(station, clock, 1)
    await put(central, 0, limit(20, purpose="ChargePointMaxProfile"))
    assert station.current_a(1) == 20
    await charging(station, clock, 2)
    assert (station.current_a(1), station.current_a(2)) == (10, 10)
    await put(central, 1, limit(6, 2))
    assert (station.current_a(1), station.current_a(2)) == (6, 14)
    await put(central, 0, limit(9, purpose="ChargePointMaxProfile"))
    assert (station.current_a(1), station.current_a(2)) == (6, 0)
    assert station.status(2) == "SuspendedEVSE"


async def test_a_transaction_profile_ends_with_its_transaction(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The next transaction is free of it."""
    await charging(station, clock)
    assert await put(central, 1, limit(7, purpose="TxProfile", transactionId=1)) == "Accepted"
    station.unplug(1)
    await clock.advance(1)
    await charging(station, clock)
    assert station.current_a() == 32


async def test_a_profile_with_the_remote_start_applies_from_the_first_moment(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """No second at full power."""
    station.plug_in(1)
    raw = profile(5, purpose="TxProfile", kind="Relative", limits=((0, 8),))
    answer = await central.ask(
        "RemoteStartTransaction", {"idTag": "APP", "connectorId": 1, "chargingProfile": raw}
    )
    await clock.advance(600)
    assert answer == {"status": "Accepted"}
    assert station.register_wh() - 10_000 == pytest.approx(8 * 3 * 230 / 6, rel=0.01)


async def test_profiles_survive_a_power_loss(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Errata 3.37: profiles are persistent."""
    await put(central, 1, limit(9))
    station.reboot(cold=True)
    await clock.advance(60)
    await charging(station, clock)
    assert station.current_a() == 9


async def test_clearing_frees_the_current(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Accepted when something went, Unknown when nothing matched."""
    await charging(station, clock)
    await put(central, 1, limit(9, 4))
    assert await central.ask("ClearChargingProfile", {"id": 5}) == {"status": "Unknown"}
    assert await central.ask("ClearChargingProfile", {"id": 4}) == {"status": "Accepted"}
    assert station.current_a() == 32


async def test_the_composite_schedule_tells_the_future(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Periods are counted from now, in the unit asked for."""
    await charging(station, clock)
    await put(central, 1, limit(10))
    await put(central, 1, limit(16, 2, level=1, validTo="2026-01-01T00:05:01Z"))
    await clock.advance(60)
    answer = await central.ask(
        "GetCompositeSchedule", {"connectorId": 1, "duration": 600, "chargingRateUnit": "W"}
    )
    assert answer == {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": "2026-01-01T00:01:01.000Z",
        "chargingSchedule": {
            "duration": 600,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 11_040.0},
                {"startPeriod": 240, "limit": 6_900.0},
            ],
        },
    }
    rejected = await central.ask("GetCompositeSchedule", {"connectorId": 9, "duration": 60})
    assert rejected == {"status": "Rejected"}
    assert central.violations == []


async def test_the_composite_schedule_of_the_station_is_the_sum(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Connector 0 is what the station expects to draw from the grid."""
    station = await make(connectors=2)
    await charging(station, clock, 1)
    await put(central, 0, limit(10))
    answer = await central.ask("GetCompositeSchedule", {"connectorId": 0, "duration": 60})
    assert answer["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 20
    await put(central, 0, limit(15, 2, purpose="ChargePointMaxProfile"))
    answer = await central.ask("GetCompositeSchedule", {"connectorId": 0, "duration": 60})
    assert answer["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 15


@pytest.mark.parametrize(
    ("connector", "raw"),
    [
        (1, limit(10, purpose="TxProfile")),
        (0, limit(10, purpose="TxProfile")),
        (1, limit(10, purpose="ChargePointMaxProfile")),
        (1, limit(10, level=9)),
        (1, profile(limits=((60, 10),))),
        (1, profile(limits=tuple((n, 10) for n in range(25)))),
    ],
    ids=["no transaction", "not on 0", "only on 0", "level", "first period", "too many"],
)
async def test_a_profile_that_breaks_the_rules_is_rejected(
    central: TinyCentral, station: SimulatedStation, connector: int, raw: Json
) -> None:
    """And nothing is installed."""
    assert await put(central, connector, raw) == "Rejected"
    assert len(station.profiles) == 0


async def test_a_profile_for_another_transaction_is_rejected(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """The transaction id must be that of the running one."""
    await charging(station, clock)
    assert await put(central, 1, limit(10, purpose="TxProfile", transactionId=99)) == "Rejected"
    assert station.current_a() == 32


async def test_a_profile_that_cannot_be_read_is_a_call_error(
    central: TinyCentral, station: SimulatedStation
) -> None:
    """Errata 3.38 and 3.39: PropertyConstraintViolation."""
    with pytest.raises(RefusedError, match="PropertyConstraintViolation"):
        await put(central, 1, limit(10, unit="kW"))
    with pytest.raises(RefusedError, match="PropertyConstraintViolation"):
        await put(central, 7, limit(10))
    assert len(station.profiles) == 0


async def test_the_station_takes_no_more_profiles_than_it_says(
    central: TinyCentral, make: StationMaker
) -> None:
    """MaxChargingProfilesInstalled counts, replacing does not."""
    station = await make(configuration={"MaxChargingProfilesInstalled": "2"})
    found = [await put(central, 1, limit(10, n, level=n)) for n in (1, 2, 3)]
    assert found == ["Accepted", "Accepted", "Rejected"]
    assert await put(central, 1, limit(11, 2, level=2)) == "Accepted"
    assert len(station.profiles) == 2
