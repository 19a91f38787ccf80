"""When maintenance is due."""

from datetime import UTC, date, datetime, timedelta
import random
from zoneinfo import ZoneInfo

import pytest

from custom_components.chargestead.maintenance.schedule import (
    NO_USAGE,
    TEMPLATES,
    DueBy,
    Interval,
    Record,
    Result,
    Stage,
    Standing,
    Task,
    Usage,
    add_months,
    due,
    item_uid,
    local_date,
    next_midnight,
)
from custom_components.chargestead.model.journal import JournalEntry

ZONE = ZoneInfo("Europe/Amsterdam")
BEGIN = datetime(2026, 1, 31, 9, tzinfo=UTC)
TODAY = date(2026, 6, 1)
SEEDS = range(60)
STANDING = Standing(uid="CP/rcd_test", since=BEGIN, station_id="CP")


def task(**changes: object) -> Task:
    """Return a task that comes every six months."""
    interval = Interval(**{"months": 6, **changes.pop("interval", {})})  # type: ignore[arg-type,dict-item]
    return Task(key="rcd_test", interval=interval, **changes)  # type: ignore[arg-type]


def done(at: datetime, result: Result = Result.DONE, **changes: object) -> Record:
    """Return a record of the task."""
    return Record(
        uid=at.isoformat(), at=at, title="RCD", task="rcd_test", station_id="CP",
        result=result, **changes,
    )  # type: ignore[arg-type]  # fmt: skip


def due_on(
    what: Task, *records: Record, standing: Standing = STANDING, usage: Usage = NO_USAGE
) -> tuple[date | None, DueBy]:
    found = due(what, standing, records, usage, TODAY, ZONE)
    return found.on, found.by


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 5, 4), 0, date(2026, 5, 4)),
        (date(2026, 5, 4), 10**6, date(9000, 12, 31)),
    ],
)
def test_months_end_where_they_end(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_months_add_up_and_never_fall_into_another_month(seed: int) -> None:
    rng = random.Random(seed)
    day = date(2000, 1, 1) + timedelta(days=rng.randrange(20_000))
    months = rng.randrange(1, 120)
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months, f"seed {seed}"
    assert later.day == day.day or (later + timedelta(days=1)).day == 1, f"seed {seed}"
    assert add_months(day, months) <= add_months(day + timedelta(days=1), months), f"seed {seed}"


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/St_Johns", "Asia/Kathmandu", "UTC",
                                  "America/Santiago", "Pacific/Apia"])  # fmt: skip
def test_midnight_comes_once_for_each_date_of_a_year(zone: str) -> None:
    """Days of 23 and 25 hours, and clocks that leap over midnight, are among them."""
    info = ZoneInfo(zone)
    at, seen = datetime(2026, 1, 1, 5, tzinfo=UTC), set()
    for _ in range(400):
        following = next_midnight(at, info)
        assert timedelta(0) < following - at <= timedelta(hours=25)
        day = local_date(following, info)
        assert day == local_date(at, info) + timedelta(days=1)
        assert local_date(following - timedelta(seconds=1), info) == local_date(at, info)
        assert day not in seen
        seen.add(day)
        at = following


def test_what_was_never_done_is_due_an_interval_after_it_was_first_looked_after() -> None:
    assert due_on(task()) == (date(2026, 7, 31), DueBy.DATE)
    assert due_on(task(interval={"first_months": 1})) == (date(2026, 2, 28), DueBy.DATE)
    assert due_on(task(first_due=date(2026, 3, 3))) == (date(2026, 3, 3), DueBy.DATE)
    assert due_on(task(last_done=date(2025, 12, 31))) == (date(2026, 6, 30), DueBy.DATE)
    assert due_on(task(interval={"months": None})) == (None, DueBy.DATE)


def test_the_date_is_that_on_the_wall() -> None:
    evening = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    assert due_on(task(), done(evening)) == (date(2026, 10, 1), DueBy.DATE)


def test_the_newest_of_log_and_settings_counts() -> None:
    records = (done(BEGIN), done(BEGIN - timedelta(days=90)))
    assert due_on(task(), *records) == (date(2026, 7, 31), DueBy.DATE)
    typed = task(last_done=date(2026, 4, 30), first_due=date(2026, 2, 1))
    assert due_on(typed, *records) == (date(2026, 10, 30), DueBy.DATE)


def test_a_verified_meter_is_good_to_the_end_of_its_year() -> None:
    (meter,) = (item for item in TEMPLATES if item.key == "meter_verification")
    last = Task(key=meter.key, interval=meter.interval, last_done=date(2024, 2, 29))
    assert due_on(last)[0] == date(2032, 12, 31)


@pytest.mark.parametrize(
    ("limit", "usage", "by"),
    [
        ({"energy_mwh": 100}, Usage(energy_mwh=300), DueBy.ENERGY),
        ({"sessions": 10}, Usage(sessions=30), DueBy.SESSIONS),
        ({"plug_cycles": 10}, Usage(plug_cycles=30), DueBy.PLUG_CYCLES),
    ],
)
def test_use_makes_it_due_before_its_date(limit: dict[str, int], usage: Usage, by: DueBy) -> None:
    worn = task(interval=limit)
    assert due_on(worn, usage=usage) == (TODAY, by)
    reached = Standing(uid="1", since=BEGIN, reached_on=date(2026, 5, 5))
    assert due_on(worn, usage=usage, standing=reached) == (date(2026, 5, 5), by)
    since = done(BEGIN, usage=usage)
    assert due_on(worn, since, usage=usage) == (date(2026, 7, 31), DueBy.DATE)
    before = Standing(uid="1", since=BEGIN, usage=usage)
    assert due_on(worn, usage=usage, standing=before) == (date(2026, 7, 31), DueBy.DATE)


def test_a_date_that_comes_before_the_use_is_what_makes_it_due() -> None:
    early = task(interval={"sessions": 5}, first_due=date(2026, 5, 1))
    assert due_on(early, usage=Usage(sessions=9)) == (date(2026, 5, 1), DueBy.DATE)


def test_a_failed_check_is_due_again_that_day() -> None:
    records = (done(BEGIN), done(datetime(2026, 5, 20, 9, tzinfo=UTC), Result.FAILED))
    assert due_on(task(), *records) == (date(2026, 5, 20), DueBy.DATE)
    mended = done(datetime(2026, 5, 21, 9, tzinfo=UTC), Result.PASSED)
    assert due_on(task(), *records, mended) == (date(2026, 11, 21), DueBy.DATE)


def test_what_was_taken_back_does_not_count() -> None:
    again = done(datetime(2026, 5, 20, 9, tzinfo=UTC), withdrawn=True)
    assert due_on(task(), done(BEGIN), again) == (date(2026, 7, 31), DueBy.DATE)


def test_a_person_may_choose_another_date_for_once() -> None:
    moved = Standing(uid="1", since=BEGIN, moved_to=date(2026, 9, 9))
    worn = task(interval={"sessions": 5})
    assert due_on(worn, standing=moved, usage=Usage(sessions=9)) == (date(2026, 9, 9), DueBy.DATE)
    assert moved.renewed().moved_to is None


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_the_log_does_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    records = [
        done(
            BEGIN + timedelta(days=number, minutes=rng.randrange(1440)),
            rng.choice(list(Result)),
            withdrawn=rng.random() < 0.3,
            usage=Usage(sessions=number * 3),
        )
        for number in rng.sample(range(100), 8)
    ]
    worn = task(interval={"sessions": 20, "energy_mwh": 10})
    usage = Usage(sessions=350)
    expected = due_on(worn, *sorted(records, key=lambda record: record.at), usage=usage)
    assert due_on(worn, *records, usage=usage) == expected, f"seed {seed}"


@pytest.mark.parametrize(
    ("on", "stage"),
    [
        (None, Stage.LATER),
        (date(2026, 6, 16), Stage.LATER),
        (date(2026, 6, 15), Stage.SOON),
        (date(2026, 6, 2), Stage.SOON),
        (date(2026, 6, 1), Stage.DUE),
        (date(2026, 5, 31), Stage.OVERDUE),
    ],
)
def test_a_task_is_overdue_from_the_day_after(on: date | None, stage: Stage) -> None:
    found = due(task(first_due=on, interval={"months": None}), STANDING, (), NO_USAGE, TODAY, ZONE)
    assert found.stage(TODAY, timedelta(days=14)) is stage


def test_counters_that_began_anew_count_from_nothing() -> None:
    assert Usage(sessions=3).since(Usage(sessions=40)) == Usage(sessions=3)
    assert Usage(sessions=1) + Usage(energy_mwh=2) == Usage(sessions=1, energy_mwh=2)


def test_a_task_is_done_where_it_says() -> None:
    known = {"A": NO_USAGE, "B": NO_USAGE}
    everywhere = Task(key="x", interval=Interval())
    assert everywhere.places(known) == ["A", "B"]
    house = Task(key="x", interval=Interval(), house=True, stations=frozenset())
    assert house.places(known) == [None]
    both = Task(key="x", interval=Interval(), house=True, stations=frozenset({"B", "gone"}))
    assert both.places(known) == [None, "B"]
    assert item_uid("x", None) != item_uid("x", "A")


def test_the_templates_are_tasks() -> None:
    assert len({template.key for template in TEMPLATES}) == len(TEMPLATES) == 8
    for template in TEMPLATES:
        assert template.interval.months
        assert template.task.places({"A": 1}) == ([None] if template.house else ["A"])


def test_records_and_standings_are_read_as_they_were_kept() -> None:
    record = done(
        BEGIN, Result.FAILED, who="Ann", note="30 ms", usage=Usage(sessions=2, energy_mwh=1, plug_cycles=3),
        hidden=True, withdrawn=True,
    )  # fmt: skip
    assert Record.from_entry(record.entry()) == record
    standing = Standing(
        uid="1", since=BEGIN, station_id="CP", usage=Usage(energy_mwh=5), moved_to=TODAY,
        reached_on=TODAY, quiet_until=TODAY, told=Stage.DUE, note="n", title="Own", removed=True,
    )  # fmt: skip
    assert Standing.from_entry(standing.entry()) == standing


def test_what_cannot_be_read_is_left_out() -> None:
    content = {
        "result": "splendid", "usage": [1], "moved_to": "soon", "told": 3, "title": 7, "who": None,
    }  # fmt: skip
    entry = JournalEntry(kind="maintenance", uid="1", at=BEGIN, content=content)
    assert Record.from_entry(entry).result is Result.DONE
    assert Record.from_entry(entry).usage == NO_USAGE
    standing = Standing.from_entry(entry)
    assert (standing.moved_to, standing.told, standing.title) == (None, Stage.LATER, None)
