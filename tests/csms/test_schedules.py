"""Composite schedules, read: whatever a station works out, we understand the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.chargestead.csms.schedules import read_composite
from tests.simulator import Json
from tests.simulator.composite import composite_schedule, merged_limit
from tests.simulator.profiles import ProfileStore
from tests.simulator.schedule import Limit, parse_profile

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SPAN_S = 3 * 86_400
HARDWARE = Limit(value=32, unit="A")
WIDE = ("ChargePointMaxProfile", "ChargingStationExternalConstraints")

steps = st.lists(
    st.tuples(st.integers(1, 100_000), st.sampled_from([0, 6, 10.5, 16, 32])), max_size=5
).map(lambda items: [(0, 8.0), *sorted(dict(items).items())])
moments = st.integers(-200_000, 200_000).map(lambda s: (NOON + timedelta(seconds=s)).isoformat())


@st.composite
def profiles(draw: Any, number: int) -> Json:  # noqa: ANN401
    """Make a profile of any purpose, kind and recurrency that 2.x has; what others set is theirs."""
    kind = draw(st.sampled_from(["Absolute", "Recurring", "Relative"]))
    schedule: Json = {
        "chargingRateUnit": "A",
        "startSchedule": draw(moments),
        "chargingSchedulePeriod": [
            {"startPeriod": start, "limit": limit} for start, limit in draw(steps)
        ],
    }
    if (duration := draw(st.none() | st.integers(1, 90_000))) is not None:
        schedule["duration"] = duration
    found: Json = {
        "chargingProfileId": number,
        "stackLevel": draw(st.integers(0, 3)),
        "chargingProfilePurpose": draw(
            st.sampled_from([*WIDE, "TxDefaultProfile", "TxProfile", "PriorityCharging"])
        ),
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
    }
    if kind == "Recurring":
        found["recurrencyKind"] = draw(st.sampled_from(["Daily", "Weekly"]))
    for key in ("validFrom", "validTo"):
        if draw(st.booleans()):
            found[key] = draw(moments)
    return found


@st.composite
def stores(draw: Any) -> ProfileStore:  # noqa: ANN401
    """Make a station's profiles: several stack levels and purposes, some of others."""
    store = ProfileStore()
    for number in range(draw(st.integers(1, 6))):
        raw = draw(profiles(number))
        purpose = raw["chargingProfilePurpose"]
        source = "EMS" if purpose == "ChargingStationExternalConstraints" else "CSO"
        connector = 0 if purpose in WIDE else 1
        store.install(parse_profile(raw, connector, later=True, source=source))
    return store


@given(store=stores(), probes=st.lists(st.integers(0, SPAN_S - 1), min_size=1, max_size=5))
def test_at_any_second_we_read_the_limit_the_station_applies(
    store: ProfileStore, probes: list[int]
) -> None:
    def applied(at: datetime) -> Limit:
        return merged_limit(store, 1, at, NOON, HARDWARE, 3)

    end = NOON + timedelta(seconds=SPAN_S)
    changes = store.changes(1, NOON, NOON, end)
    made = composite_schedule(NOON, SPAN_S, "A", 3, changes, applied)
    start = NOON.isoformat().replace("+00:00", "Z")
    for answer in (
        {"scheduleStart": start, "chargingSchedule": made},
        {"schedule": {"scheduleStart": start, "evseId": 1, **made}},
    ):
        schedule = read_composite(answer, NOON - timedelta(days=9))
        assert schedule is not None
        for probe in probes:
            at = NOON + timedelta(seconds=probe)
            assert schedule.limit_a(at, 3) == applied(at).amperes(3)
        assert schedule.limit_a(end, 3) is None
        for change in (at for at in changes if at < end):
            following = schedule.next_change(change)
            assert following is None or following > change


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"schedule": 5},
        {"schedule": {}},
        {"chargingSchedule": {"chargingSchedulePeriod": []}},
        {"chargingSchedule": {"chargingSchedulePeriod": [5, None, {"startPeriod": -1}]}},
        {"schedule": {"chargingSchedulePeriod": [{"startPeriod": 10**12, "limit": 6}]}},
    ],
)
def test_what_is_no_schedule_is_none(answer: Json) -> None:
    assert read_composite(answer, NOON) is None


def test_what_is_odd_about_a_schedule_is_left_out() -> None:
    schedule = read_composite(
        {
            "schedule": {
                "chargingRateUnit": "w",
                "duration": -5,
                "scheduleStart": "soon",
                "chargingSchedulePeriod": [
                    {"startPeriod": 60, "limit": 6900, "numberPhases": 7},
                    {"startPeriod": 0, "limit": "much"},
                    {"startPeriod": 120, "limit": float("inf")},
                ],
            }
        },
        NOON,
    )
    assert schedule is not None
    assert (schedule.unit, schedule.duration_s, schedule.starts_at) == ("W", None, NOON)
    at = [schedule.limit_a(NOON + timedelta(seconds=s), 3) for s in (0, 60, 120)]
    assert at == [None, 10, None]
