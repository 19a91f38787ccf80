"""Charging profiles: which prevails when, without any wire."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, strategies as st
import pytest

from tests.simulator import Json
from tests.simulator.composite import composite_schedule, merged_limit
from tests.simulator.profiles import ProfileStore
from tests.simulator.schedule import InvalidProfileError, Limit, parse_profile

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HARDWARE = Limit(value=32, unit="A")


def profile(
    profile_id: int = 1,
    *,
    purpose: str = "TxDefaultProfile",
    level: int = 0,
    kind: str = "Absolute",
    unit: str = "A",
    limits: tuple[tuple[int, float], ...] = ((0, 10),),
    start: datetime | None = NOON,
    duration: int | None = None,
    **extra: Any,  # noqa: ANN401
) -> Json:
    """Return a csChargingProfiles object."""
    schedule: Json = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [
            {"startPeriod": begin, "limit": limit} for begin, limit in limits
        ],
    }
    if start is not None:
        schedule["startSchedule"] = start.isoformat()
    if duration is not None:
        schedule["duration"] = duration
    return {
        "chargingProfileId": profile_id,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
        **extra,
    }


def store(*items: tuple[int, Json]) -> ProfileStore:
    """Return a store with (connector, profile) pairs installed in order."""
    result = ProfileStore()
    for connector, raw in items:
        result.install(parse_profile(raw, connector))
    return result


def amperes(
    profiles: ProfileStore, *, after: float = 0, connector: int = 1, began: datetime = NOON
) -> float:
    """Return the merged limit in A, `after` seconds past noon."""
    at = NOON + timedelta(seconds=after)
    return merged_limit(profiles, connector, at, began, HARDWARE, 3).amperes(3)


def test_without_profiles_the_hardware_decides() -> None:
    """No profile, no limit but the hardware's."""
    assert amperes(ProfileStore()) == 32


def test_the_highest_stack_level_prevails() -> None:
    """The order of installation does not matter, and a higher limit may win."""
    low, high = profile(1, limits=((0, 8),)), profile(2, level=3, limits=((0, 20),))
    assert amperes(store((1, low), (1, high))) == 20
    assert amperes(store((1, high), (1, low))) == 20


def test_outside_its_validity_a_profile_gives_way_to_the_next_level() -> None:
    """Between validFrom and validTo it speaks, before and after the lower one does."""
    low = profile(1, limits=((0, 8),))
    high = profile(
        2,
        level=1,
        limits=((0, 20),),
        validFrom=(NOON + timedelta(seconds=60)).isoformat(),
        validTo=(NOON + timedelta(seconds=120)).isoformat(),
    )
    profiles = store((1, low), (1, high))
    found = [amperes(profiles, after=at) for at in (59, 60, 119, 120)]
    assert found == [8, 20, 20, 8]


def test_after_its_duration_a_schedule_gives_way_to_the_next_level() -> None:
    """A short-lived limit above a safe one falls back to the safe one."""
    safe = profile(1, limits=((0, 6),))
    short = profile(2, level=5, limits=((0, 16),), duration=120)
    profiles = store((1, safe), (1, short))
    assert [amperes(profiles, after=at) for at in (0, 119.9, 120)] == [16, 16, 6]


def test_before_its_start_an_absolute_schedule_says_nothing() -> None:
    """A start in the future leaves the hardware's limit until then."""
    profiles = store((1, profile(start=NOON + timedelta(seconds=30))))
    assert [amperes(profiles, after=at) for at in (29, 30)] == [32, 10]


def test_periods_follow_each_other() -> None:
    """Each period holds until the next begins, the last one on."""
    profiles = store((1, profile(limits=((0, 6), (60, 12), (180, 18)))))
    found = [amperes(profiles, after=at) for at in (0, 59, 60, 179, 180, 99_999)]
    assert found == [6, 6, 12, 12, 18, 18]


def test_a_relative_schedule_counts_from_the_transaction() -> None:
    """It ignores startSchedule, and moves with the start of the transaction."""
    raw = profile(kind="Relative", limits=((0, 6), (60, 12)))
    profiles = store((1, raw))
    assert amperes(profiles, after=90, began=NOON) == 12
    assert amperes(profiles, after=90, began=NOON + timedelta(seconds=60)) == 6


def test_an_absolute_schedule_without_start_counts_from_the_transaction() -> None:
    """OCPP 1.6 section 7.13 says so of startSchedule."""
    profiles = store((1, profile(start=None, limits=((0, 6), (60, 12)))))
    assert amperes(profiles, after=90, began=NOON + timedelta(seconds=60)) == 6


def test_a_daily_schedule_comes_back_every_day() -> None:
    """The same seconds of every later day get the same limit, none before the first."""
    raw = profile(
        kind="Recurring", recurrencyKind="Daily", limits=((0, 6), (3600, 24)), duration=7200
    )
    profiles = store((1, raw))
    day = 86_400
    assert amperes(profiles, after=-60) == 32
    for days in (0, 1, 5, 400):
        found = [amperes(profiles, after=days * day + at) for at in (0, 3600, 7200)]
        assert found == [6, 24, 32]


def test_a_weekly_schedule_is_cut_at_the_week() -> None:
    """Periods beyond the recurrence are not executed."""
    week = 604_800
    raw = profile(kind="Recurring", recurrencyKind="Weekly", limits=((0, 6), (week + 60, 24)))
    profiles = store((1, raw))
    assert amperes(profiles, after=week + 120) == 6
    assert amperes(profiles, after=week - 1) == 6


def test_a_transaction_profile_overrules_the_default_in_both_directions() -> None:
    """A TxProfile may allow more than the default, whatever the stack levels."""
    default = profile(1, level=8, limits=((0, 8),))
    own = profile(2, purpose="TxProfile", limits=((0, 25),))
    assert amperes(store((1, default), (1, own))) == 25


def test_the_station_maximum_is_merged_by_taking_the_lower() -> None:
    """ChargePointMaxProfile can only lower what a transaction may have."""
    maximum = profile(1, purpose="ChargePointMaxProfile", limits=((0, 13),))
    assert amperes(store((0, maximum), (1, profile(2, limits=((0, 20),))))) == 13
    assert amperes(store((0, maximum), (1, profile(2, limits=((0, 7),))))) == 7


def test_a_default_for_one_connector_hides_that_of_the_station_only_there() -> None:
    """Section 3.13.1: replaced only for that specific connector."""
    profiles = store((0, profile(1, limits=((0, 8),))), (2, profile(2, limits=((0, 20),))))
    assert amperes(profiles, connector=1) == 8
    assert amperes(profiles, connector=2) == 20


def test_watts_are_shared_by_the_phases_in_use() -> None:
    """A limit in W is the total: 3680 W are 16 A on one phase, 5.3 A on three."""
    profiles = store((1, profile(unit="W", limits=((0, 3680),))))
    single = merged_limit(profiles, 1, NOON, NOON, HARDWARE, 1)
    assert single.amperes(1) == 16
    assert amperes(profiles) == pytest.approx(5.333, abs=1e-3)


def test_a_profile_is_replaced_by_id_and_by_place() -> None:
    """The same id anywhere, or the same connector, purpose and level, is replaced."""
    profiles = store((1, profile(1, level=2)), (1, profile(2, level=3)))
    profiles.install(parse_profile(profile(3, level=2, limits=((0, 11),)), 1))
    assert sorted(p.id for p in profiles) == [2, 3]
    profiles.install(parse_profile(profile(2, level=7), 0))
    assert sorted((p.id, p.connector_id) for p in profiles) == [(2, 0), (3, 1)]


def test_clearing_matches_all_criteria_given() -> None:
    """Errata 3.25: a logical AND, and everything when there are none."""
    profiles = store(
        (0, profile(1, purpose="ChargePointMaxProfile")),
        (1, profile(2, level=1)),
        (1, profile(3, level=2)),
        (2, profile(4, level=2)),
    )
    assert profiles.clear(connector_id=1, stack_level=2) == 1
    assert profiles.clear(purpose="TxProfile") == 0
    assert profiles.clear(profile_id=4, connector_id=1) == 0
    assert profiles.clear() == 3


@pytest.mark.parametrize(
    "change",
    [
        {"chargingProfilePurpose": "Whatever"},
        {"chargingProfileKind": "Now"},
        {"chargingProfileKind": "Recurring"},
        {"chargingSchedule": None},
        {"stackLevel": None},
        {"validFrom": "yesterday"},
    ],
)
def test_unknown_values_are_invalid(change: Json) -> None:
    """A profile that cannot be read says so."""
    with pytest.raises(InvalidProfileError):
        parse_profile(profile() | change, 1)


limits = st.lists(
    st.tuples(st.integers(1, 4000), st.sampled_from([0, 6, 10.5, 16, 32])), max_size=4
).map(lambda items: ((0, 8.0), *sorted(dict(items).items())))
moments = st.integers(-4000, 4000).map(lambda s: NOON + timedelta(seconds=s))
maybe = st.none() | moments.map(datetime.isoformat)
raws = st.builds(
    lambda kind, **fields: profile(
        kind=kind,
        **fields | ({"recurrencyKind": "Daily"} if kind == "Recurring" else {}),
    ),
    kind=st.sampled_from(["Absolute", "Relative", "Recurring"]),
    purpose=st.sampled_from(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]),
    level=st.integers(0, 3),
    limits=limits,
    start=moments,
    duration=st.none() | st.integers(1, 5000),
    validFrom=maybe.map(lambda text: text or NOON.isoformat()),
)


@given(items=st.lists(raws, min_size=1, max_size=5), step=st.integers(17, 331))
def test_between_two_announced_changes_nothing_changes(items: list[Json], step: int) -> None:
    """The moments a station plans for are all the moments there are."""
    profiles = ProfileStore()
    for number, raw in enumerate(items):
        station_wide = raw["chargingProfilePurpose"] == "ChargePointMaxProfile"
        named = raw | {"chargingProfileId": number}
        profiles.install(parse_profile(named, 0 if station_wide else 1))
    end = NOON + timedelta(seconds=9000)
    changes = [NOON, *profiles.changes(1, NOON, NOON, end)]
    for at in range(0, 9000, step):
        moment = NOON + timedelta(seconds=at)
        last = max(change for change in changes if change <= moment)
        since = (last - NOON).total_seconds()
        assert amperes(profiles, after=at) == amperes(profiles, after=since)


@given(items=st.lists(raws, min_size=1, max_size=4), probe=st.integers(0, 5999))
def test_the_composite_schedule_says_what_the_limits_are(items: list[Json], probe: int) -> None:
    """Reading the composite schedule at any second gives the merged limit there."""
    profiles = ProfileStore()
    for number, raw in enumerate(items):
        station_wide = raw["chargingProfilePurpose"] == "ChargePointMaxProfile"
        named = raw | {"chargingProfileId": number}
        profiles.install(parse_profile(named, 0 if station_wide else 1))
    schedule = composite_schedule(
        NOON,
        6000,
        "A",
        3,
        profiles.changes(1, NOON, NOON, NOON + timedelta(seconds=6000)),
        lambda at: merged_limit(profiles, 1, at, NOON, HARDWARE, 3),
    )
    periods = schedule["chargingSchedulePeriod"]
    assert periods[0]["startPeriod"] == 0
    found = [p["limit"] for p in periods if p["startPeriod"] <= probe][-1]
    assert found == amperes(profiles, after=probe)
    assert all(a["limit"] != b["limit"] for a, b in pairwise(periods))
