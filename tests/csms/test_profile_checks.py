"""Charging profiles that no station could carry out: refused before they are sent, with what is wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.commands import SetChargingProfile
from custom_components.chargestead.model.errors import ProfileInvalidError, ProfileProblem

from .wire_fixtures import House, Peer

type Json = dict[str, Any]

P = ProfileProblem
PERIOD: Json = {"startPeriod": 0, "limit": 8}
SCHEDULE: Json = {"chargingRateUnit": "A", "chargingSchedulePeriod": [PERIOD]}
PROFILE: Json = {
    "id": 7,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": SCHEDULE,
}
NOON = "2026-01-01T12:00:00Z"


def schedule(**changes: object) -> Json:
    """Return a profile with another schedule."""
    return {**PROFILE, "chargingSchedule": {**SCHEDULE, **changes}}


def periods(*changes: Json) -> Json:
    """Return a profile with other periods."""
    return schedule(chargingSchedulePeriod=[{**PERIOD, **change} for change in changes])


PROFILES: list[tuple[Json, ProfileProblem, str | None]] = [
    ({**PROFILE, "id": None}, P.FIELD_MISSING, "id"),
    ({**PROFILE, "id": "7"}, P.FIELD_INVALID, "id"),
    ({**PROFILE, "id": True}, P.FIELD_INVALID, "id"),
    ({**PROFILE, "stackLevel": None}, P.FIELD_MISSING, "stackLevel"),
    ({**PROFILE, "stackLevel": -1}, P.FIELD_INVALID, "stackLevel"),
    ({**PROFILE, "chargingProfilePurpose": None}, P.FIELD_MISSING, "chargingProfilePurpose"),
    ({**PROFILE, "chargingProfilePurpose": "Joy"}, P.WORD_UNKNOWN, "chargingProfilePurpose"),
    ({**PROFILE, "chargingProfilePurpose": 5}, P.WORD_UNKNOWN, "chargingProfilePurpose"),
    (
        {**PROFILE, "chargingProfilePurpose": "ChargingStationExternalConstraints"},
        P.NOT_OURS,
        None,
    ),
    ({**PROFILE, "chargingProfileKind": None}, P.FIELD_MISSING, "chargingProfileKind"),
    ({**PROFILE, "chargingProfileKind": "Rare"}, P.WORD_UNKNOWN, "chargingProfileKind"),
    ({**PROFILE, "chargingProfileKind": "Recurring"}, P.FIELD_MISSING, "recurrencyKind"),
    (
        {**PROFILE, "chargingProfileKind": "Recurring", "recurrencyKind": "Yearly"},
        P.WORD_UNKNOWN,
        "recurrencyKind",
    ),
    (
        {
            **PROFILE,
            "chargingProfileKind": "Relative",
            "chargingProfilePurpose": "ChargePointMaxProfile",
        },
        P.RELATIVE_MAXIMUM,
        None,
    ),
    ({**PROFILE, "validFrom": "soon"}, P.FIELD_INVALID, "validFrom"),
    ({**PROFILE, "validTo": 5}, P.FIELD_INVALID, "validTo"),
    ({**PROFILE, "validFrom": NOON, "validTo": NOON}, P.NEVER_VALID, None),
    ({**PROFILE, "chargingSchedule": None}, P.FIELD_MISSING, "chargingSchedule"),
    ({**PROFILE, "chargingSchedule": []}, P.FIELD_MISSING, "chargingSchedule"),
    ({**PROFILE, "chargingSchedule": "daily"}, P.FIELD_INVALID, "chargingSchedule"),
    ({**PROFILE, "chargingSchedule": ["daily"]}, P.FIELD_INVALID, "chargingSchedule"),
    ({**PROFILE, "chargingSchedule": [SCHEDULE] * 4}, P.TOO_MANY_SCHEDULES, None),
    (schedule(chargingRateUnit=None), P.FIELD_MISSING, "chargingRateUnit"),
    (schedule(chargingRateUnit="kW"), P.WORD_UNKNOWN, "chargingRateUnit"),
    (schedule(startSchedule="morning"), P.FIELD_INVALID, "startSchedule"),
    (schedule(startSchedule=7), P.FIELD_INVALID, "startSchedule"),
    (schedule(duration=0), P.FIELD_INVALID, "duration"),
    (schedule(duration="long"), P.FIELD_INVALID, "duration"),
    (schedule(minChargingRate="some"), P.FIELD_INVALID, "minChargingRate"),
    (schedule(minChargingRate=-1), P.NEGATIVE_LIMIT, "minChargingRate"),
    (schedule(chargingSchedulePeriod=None), P.NO_PERIODS, None),
    (schedule(chargingSchedulePeriod=[]), P.NO_PERIODS, None),
    (schedule(chargingSchedulePeriod=["first"]), P.FIELD_INVALID, "chargingSchedulePeriod"),
    (periods(*({"startPeriod": at} for at in range(1025))), P.TOO_MANY_PERIODS, None),
    (periods({"startPeriod": None}), P.FIELD_MISSING, "startPeriod"),
    (periods({"startPeriod": 0.5}), P.FIELD_INVALID, "startPeriod"),
    (periods({"startPeriod": 60}), P.LATE_START, None),
    (periods({}, {}), P.OVERLAP, None),
    (periods({}, {"startPeriod": 60}, {"startPeriod": 30}), P.OVERLAP, None),
    (periods({"limit": "8"}), P.FIELD_INVALID, "limit"),
    (periods({"limit": True}), P.FIELD_INVALID, "limit"),
    (periods({"limit": float("inf")}), P.FIELD_INVALID, "limit"),
    (periods({"limit": -8}), P.NEGATIVE_LIMIT, "limit"),
    (periods({"limit_L2": -8}), P.NEGATIVE_LIMIT, "limit_L2"),
    (periods({"numberPhases": 4}), P.FIELD_INVALID, "numberPhases"),
    (periods({"numberPhases": True}), P.FIELD_INVALID, "numberPhases"),
    (periods({"numberPhases": 1, "phaseToUse": "L1"}), P.FIELD_INVALID, "phaseToUse"),
    (periods({"numberPhases": 3, "phaseToUse": 1}), P.PHASE_WITHOUT_ONE, None),
]


@asynccontextmanager
async def station(version: str) -> AsyncIterator[tuple[ChargingStation, Peer]]:
    """Give a connected station, and its end of the wire."""
    async with House() as house:
        found = house.add()
        async with house.dial(versions=(version,)) as peer:
            yield found, peer


async def refused(ours: ChargingStation, profile: Json) -> ProfileInvalidError:
    """Return how a profile is refused."""
    with pytest.raises(ProfileInvalidError) as error:
        await ours.command(SetChargingProfile(connector_id=0, profile=profile))
    return error.value


async def test_what_is_wrong_with_a_profile_is_told_by_its_place_and_nothing_is_sent() -> None:
    async with station("ocpp2.0.1") as (ours, peer):
        for profile, problem, field in PROFILES:
            error = await refused(ours, profile)
            assert (error.problem, error.told.get("field")) == (problem, field), profile
        assert await peer.alive()
        assert "SetChargingProfile" not in [call[2] for call in peer.calls]


async def test_only_2_1_knows_periods_without_a_limit() -> None:
    without = periods({"limit": None})
    for version in ("ocpp1.6", "ocpp2.0.1"):
        async with station(version) as (ours, _):
            error = await refused(ours, without)
            assert (error.problem, error.told["field"]) == (P.FIELD_MISSING, "limit")
    assert await sent("ocpp2.1", without) == [{"startPeriod": 0}]


async def sent(version: str, profile: Json) -> list[Json]:
    """Return the periods of the profile that a station gets, without what has no value."""
    async with station(version) as (ours, peer):
        command = SetChargingProfile(connector_id=0, profile=profile)
        task = asyncio.create_task(ours.command(command))
        while (call := await peer.call())[2] != "SetChargingProfile":
            pass
        await peer.say([3, call[1], {"status": "Accepted"}])
        await task
        (found,) = call[3]["chargingProfile"]["chargingSchedule"]
        return [dict(item) for item in found["chargingSchedulePeriod"]]


async def test_moments_may_be_given_as_such() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    valid = {**schedule(startSchedule=noon), "validFrom": noon, "validTo": noon.replace(hour=13)}
    assert await sent("ocpp2.1", valid) == [PERIOD]
