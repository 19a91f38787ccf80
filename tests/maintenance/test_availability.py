"""Availability of connectors: what counts, what is excluded, and what nobody knows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
import random

import pytest

from custom_components.chargestead.maintenance.availability import (
    AvailabilityMeter,
    Condition,
    Day,
    FirstTime,
    PlugCycles,
    Window,
    WindowOrigin,
    condition,
    spans_for,
)
from custom_components.chargestead.maintenance.availability.days import add_up
from custom_components.chargestead.maintenance.availability.spans import days, joined, within
from custom_components.chargestead.model.journal import JournalEntry
from custom_components.chargestead.model.station import ConnectorStatus

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SEEDS = range(60)


def after(hours: float) -> datetime:
    """Return a moment that many hours after noon."""
    return NOON + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("connected", "status", "expected"),
    [
        (None, None, Condition.UNKNOWN),
        (None, ConnectorStatus.AVAILABLE, Condition.UNKNOWN),
        (False, None, Condition.OUT),
        (False, ConnectorStatus.AVAILABLE, Condition.OUT),
        (True, None, Condition.UNKNOWN),
        (True, ConnectorStatus.FAULTED, Condition.OUT),
        (True, ConnectorStatus.UNAVAILABLE, Condition.OUT),
        *((True, status, Condition.UP) for status in ConnectorStatus
          if status not in (ConnectorStatus.FAULTED, ConnectorStatus.UNAVAILABLE)),
    ],
)  # fmt: skip
def test_a_connector_is_out_when_it_cannot_be_used(
    *, connected: bool | None, status: ConnectorStatus | None, expected: Condition
) -> None:
    assert condition(connected=connected, status=status) is expected


def test_a_day_at_the_edge_of_the_formula() -> None:
    meter = AvailabilityMeter()
    meter.advance(after(0))
    meter.condition = Condition.UP
    meter.advance(after(6))
    meter.condition = Condition.OUT
    meter.advance(after(10), [(after(8), after(9))])
    uptime = meter.uptime(after(10), 30)
    assert (uptime.observed, uptime.outage, uptime.excluded) == (10 * HOUR, 4 * HOUR, HOUR)
    assert uptime.availability == pytest.approx((10 - (4 - 1)) / 10)


def test_nothing_observed_is_no_availability() -> None:
    meter = AvailabilityMeter()
    meter.advance(after(0))
    meter.advance(after(5))
    assert meter.uptime(after(5), 30).availability is None
    assert meter.uptime(after(5), 30).first_time_success is None


def test_time_between_two_lives_is_unknown_and_the_days_go_on() -> None:
    first = AvailabilityMeter()
    first.advance(after(0))
    first.condition = Condition.OUT
    first.advance(after(1))
    second = AvailabilityMeter(first.days)
    second.advance(after(5))
    second.condition = Condition.UP
    second.advance(after(6))
    uptime = second.uptime(after(6), 30)
    assert (uptime.observed, uptime.outage) == (2 * HOUR, HOUR)


def test_time_never_goes_back() -> None:
    meter = AvailabilityMeter()
    meter.advance(after(0))
    meter.condition = Condition.UP
    meter.advance(after(2))
    meter.advance(after(1))
    meter.advance(after(2))
    assert meter.uptime(after(2), 1).observed == 2 * HOUR


def test_only_the_days_of_the_period_count() -> None:
    meter = AvailabilityMeter({date(2026, 3, 1): Day().plus(outage=24 * HOUR)})
    meter.advance(after(0))
    meter.condition = Condition.UP
    meter.advance(after(12))
    assert meter.uptime(after(11.9), 27).availability == 1
    assert meter.uptime(after(11.9), 28).availability == pytest.approx(12 / 36)


def test_days_too_old_to_count_are_forgotten() -> None:
    meter = AvailabilityMeter({date(2020, 1, 1): Day(up=1)})
    meter.advance(after(0))
    meter.condition = Condition.UP
    meter.advance(after(1))
    assert set(meter.days) == {NOON.date()}


@pytest.mark.parametrize("seed", SEEDS)
def test_any_year_adds_up_as_minute_by_minute(seed: int) -> None:
    """Cut a time at random, with windows that overlap; compare with a count of minutes."""
    rng = random.Random(seed)
    minutes = 60 * 24 * rng.choice([1, 3, 20])
    edges = sorted({0, minutes, *(rng.randrange(minutes) for _ in range(12))})
    story = [(edge, rng.choice(list(Condition))) for edge in edges]
    windows = [
        (NOON + start * MINUTE, NOON + (start + rng.randrange(600)) * MINUTE)
        for start in (rng.randrange(-300, minutes) for _ in range(rng.randrange(5)))
    ]
    meter = AvailabilityMeter()
    looks = sorted({*edges, *(rng.randrange(minutes) for _ in range(20))})
    told = dict(story)
    for look in looks:
        meter.advance(NOON + look * MINUTE, windows)
        meter.condition = told.get(look, meter.condition)
    up = out = excluded = 0
    for (start, kind), (end, _) in pairwise(story):
        for minute in range(start, end):
            at = NOON + minute * MINUTE
            intended = any(a <= at < b for a, b in windows)
            up += kind is Condition.UP
            out += kind is Condition.OUT
            excluded += kind is Condition.OUT and intended
    uptime = add_up(meter.days.values())
    found = (uptime.observed, uptime.outage, uptime.excluded)
    assert found == ((up + out) * MINUTE, out * MINUTE, excluded * MINUTE), f"seed {seed}"
    assert all(day.up + day.outage + day.excluded <= 86_400_000_000 for day in meter.days.values())


def test_a_whole_year_has_all_its_time() -> None:
    meter = AvailabilityMeter()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    meter.advance(at)
    meter.condition = Condition.UP
    meter.advance(datetime(2027, 1, 1, tzinfo=UTC))
    assert len(meter.days) == 365
    assert meter.uptime(datetime(2026, 12, 31, tzinfo=UTC), 365).observed == timedelta(days=365)


@pytest.mark.parametrize("seed", SEEDS)
def test_spans_in_any_order_cover_the_same(seed: int) -> None:
    rng = random.Random(seed)
    spans = [
        (after(start), after(start + rng.randrange(-2, 9)))
        for start in (rng.randrange(48) for _ in range(8))
    ]
    mixed = rng.sample(spans, len(spans))
    assert joined(spans) == joined(mixed) == joined(joined(spans)), f"seed {seed}"
    whole = within(spans, after(0), after(60))
    halves = within(mixed, after(0), after(17)) + within(mixed, after(17), after(60))
    assert whole == halves, f"seed {seed}"


def test_days_are_cut_at_midnight_in_utc() -> None:
    assert [day for day, _, _ in days(after(0), after(36))] == [
        date(2026, 3, 28),
        date(2026, 3, 29),
    ]
    assert list(days(after(1), after(1))) == []


@pytest.mark.parametrize("content", [{}, {"up": -1}, {"up": "x", "outage": None}, {"up": True}])
def test_a_day_that_cannot_be_read_counts_nothing(content: dict[str, object]) -> None:
    assert Day.from_content(content) == Day()


def test_a_day_is_read_as_it_was_kept() -> None:
    day = Day(up=1, outage=2, excluded=3, attempts=4, successes=5)
    entry = day.entry("CP", 2, NOON.date())
    assert Day.from_content(entry.content) == day
    assert (entry.uid, entry.connector_id, entry.at.hour) == ("CP/2/2026-03-28", 2, 0)


# Windows


def test_a_window_is_read_as_it_was_kept() -> None:
    for window in (
        Window(uid="1", start=NOON),
        Window(
            uid="2", start=NOON, end=after(3), stations=frozenset({"A", "B"}), connector_id=1,
            origin=WindowOrigin.CALENDAR, title="Painter", note="Wet",
        ),
    ):  # fmt: skip
        assert Window.from_entry(window.entry()) == window
        assert Window.from_entry(window.entry(removed=True)) is None


@pytest.mark.parametrize("content", [{"end": "never"}, {"origin": "moon"}, {"connector_id": "x"}])
def test_a_window_that_cannot_be_read_is_none(content: dict[str, object]) -> None:
    entry = JournalEntry(kind="maintenance_window", uid="1", at=NOON, content=content)
    assert Window.from_entry(entry) is None


def test_a_window_holds_where_it_says() -> None:
    everywhere = Window(uid="1", start=NOON)
    one = Window(uid="2", start=NOON, end=after(1), stations=frozenset({"A"}), connector_id=2)
    assert len(spans_for([everywhere, one], "A", 2)) == 2
    assert len(spans_for([everywhere, one], "A", 1)) == 1
    assert len(spans_for([everywhere, one], "B", 2)) == 1
    assert everywhere.is_open(after(9999))
    assert not one.is_open(after(1))
    assert not one.is_open(after(-1))


# Plug cycles

PLUGS = {
    "one charge": ("available preparing charging suspended_ev charging finishing available", 1),
    "straight to charging": ("available charging available charging", 2),
    "a fault in between": ("available charging faulted charging available", 1),
    "unplugged while faulted": ("available charging faulted available preparing", 2),
    "plugged in when first heard of": ("charging finishing available", 0),
    "reserved is free": ("reserved preparing reserved preparing", 2),
}


@pytest.mark.parametrize(("statuses", "count"), PLUGS.values(), ids=PLUGS)
def test_plug_cycles_count_vehicles_that_came(statuses: str, count: int) -> None:
    plugs = PlugCycles()
    for number, status in enumerate(statuses.split(" ")):
        plugs.status(ConnectorStatus(status), after(number))
    assert plugs.count == count


def test_plug_cycles_go_on_after_a_restart_without_counting_twice() -> None:
    plugs = PlugCycles()
    plugs.status(ConnectorStatus.AVAILABLE, after(0))
    assert plugs.status(ConnectorStatus.PREPARING, after(1)) is True
    again = PlugCycles(plugs.entry("CP", 1, after(1)).content)
    assert again.status(ConnectorStatus.CHARGING, after(2)) is None
    assert again.status(ConnectorStatus.AVAILABLE, after(3)) is False
    assert again.status(ConnectorStatus.PREPARING, after(4)) is True
    assert again.count == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_old_statuses_change_no_count(seed: int) -> None:
    rng = random.Random(seed)
    story = [(after(number), rng.choice(list(ConnectorStatus))) for number in range(40)]
    plain, disturbed = PlugCycles(), PlugCycles()
    for number, (at, status) in enumerate(story):
        plain.status(status, at)
        disturbed.status(status, at)
        old_at, old_status = rng.choice(story[: number + 1])
        if old_at < at:
            assert disturbed.status(old_status, old_at) is None
    assert plain.count == disturbed.count, f"seed {seed}"
    assert plain.count <= len(story) / 2


@pytest.mark.parametrize("content", [{}, {"count": -3}, {"count": "2", "plugged": "yes"}])
def test_a_count_that_cannot_be_read_begins_anew(content: dict[str, object]) -> None:
    assert PlugCycles(content).count == 0


# First-time success


def verdicts(*story: tuple[float, str]) -> Iterator[bool]:
    """Tell a story in minutes; yield the verdicts."""
    first = FirstTime()
    for minutes, what in story:
        at = NOON + minutes * MINUTE
        match what:
            case "plug":
                verdict = first.plugged(at)
            case "card" | "session":
                verdict = first.asked(at, what)
            case "flow":
                verdict = first.flowing(at)
            case "fault":
                verdict = first.failed()
            case "unplug":
                verdict = first.unplugged()
            case "put off":
                verdict = first.put_off()
            case _:
                verdict = first.time(at)
        if verdict is not None:
            yield verdict


STORIES = {
    "at the first go": ([(0, "plug"), (1, "card"), (1, "session"), (2, "flow")], [True]),
    "card before the plug": ([(0, "card"), (2, "plug"), (3, "session"), (6, "flow")], [True]),
    "card long before": ([(0, "card"), (9, "plug"), (20, "time")], []),
    "nobody asks": ([(0, "plug"), (60, "time"), (90, "unplug")], []),
    "asked much later": ([(0, "plug"), (90, "card"), (94, "flow")], [True]),
    "too slow": ([(0, "plug"), (1, "card"), (7, "flow")], [False]),
    "time is up": ([(0, "plug"), (1, "card"), (5, "time"), (6.1, "time"), (9, "flow")], [False]),
    "a second card": ([(0, "plug"), (1, "card"), (2, "card"), (3, "flow")], [False]),
    "a second session": ([(0, "plug"), (1, "session"), (2, "session"), (3, "flow")], [False]),
    "a fault": ([(0, "plug"), (1, "card"), (2, "fault"), (3, "flow")], [False]),
    "a fault nobody met": ([(0, "plug"), (2, "fault")], []),
    "unplugged before": ([(0, "plug"), (1, "card"), (2, "unplug")], [False]),
    "the vehicle waits": ([(0, "plug"), (1, "card"), (2, "put off"), (99, "flow")], []),
    "plug and charge": ([(0, "plug"), (1, "flow"), (2, "flow")], [True]),
    "no plug at all": ([(0, "card"), (1, "flow"), (2, "unplug")], []),
    "twice": (
        [(0, "plug"), (1, "card"), (2, "flow"), (60, "unplug"), (70, "plug"), (71, "card"), (79, "time")],
        [True, False],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("story", "expected"), STORIES.values(), ids=STORIES)
def test_a_charge_begins_at_the_first_go_or_not(
    story: list[tuple[float, str]], expected: list[bool]
) -> None:
    assert list(verdicts(*story)) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_there_is_at_most_one_verdict_for_a_plug(seed: int) -> None:
    rng = random.Random(seed)
    kinds = ["plug", "card", "session", "flow", "fault", "unplug", "put off", "time"]
    story = [(minute, rng.choice(kinds)) for minute in range(80)]
    plugs = sum(kind == "plug" for _, kind in story)
    assert len(list(verdicts(*story))) <= plugs, f"seed {seed}"
