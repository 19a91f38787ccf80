"""When a task is due: by date or by use, whichever comes first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from .dates import add_months, end_of_year, local_date
from .records import Record, Result
from .standing import Stage, Standing
from .tasks import DueBy, Task, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a task is due, and by what; `used` is what the place has done since the task was."""

    on: date | None
    by: DueBy
    used: Usage
    last: Record | None = None

    def stage(self, today: date, ahead: timedelta) -> Stage:
        """Return how urgent it is; due on the day itself, overdue from the next on."""
        if self.on is None or self.on > today + ahead:
            return Stage.LATER
        if self.on > today:
            return Stage.SOON
        return Stage.DUE if self.on == today else Stage.OVERDUE


def due(
    task: Task,
    standing: Standing,
    records: Iterable[Record],
    usage: Usage,
    today: date,
    zone: tzinfo,
) -> Due:
    """Return when a task is due at one place; `records` are those of this task there.

    It counts from the last time that it was done and did not fail, be it in the log or before there was one, else from
    when it began to be looked after. A check that failed since is due again from that day.
    """
    counting = sorted(
        (record for record in records if not record.withdrawn), key=lambda record: record.at
    )
    good = [record for record in counting if record.result is not Result.FAILED]
    last = good[-1] if good else None
    done = None if last is None else local_date(last.at, zone)
    before = last.usage if last is not None else standing.usage
    if task.last_done is not None and (done is None or task.last_done > done):
        done = task.last_done
    used = usage.since(before)
    failed = [record for record in counting if last is None or record.at > last.at]
    found = [(_by_date(task, done, local_date(standing.since, zone)), DueBy.DATE)]
    by_use = task.interval.reached(used)
    if by_use is not None:
        found.append((standing.reached_on or today, by_use))
    if failed:
        found.append((local_date(failed[-1].at, zone), DueBy.DATE))
    if standing.moved_to is not None:
        found = [(standing.moved_to, DueBy.DATE)]
    dated = [(on, by) for on, by in found if on is not None]
    on, by = min(dated, key=lambda one: one[0]) if dated else (None, DueBy.DATE)
    return Due(on=on, by=by, used=used, last=counting[-1] if counting else None)


def _by_date(task: Task, done: date | None, since: date) -> date | None:
    interval = task.interval
    if done is None and task.first_due is not None:
        return task.first_due
    months = interval.months
    if done is None and interval.first_months is not None:
        months = interval.first_months
    if months is None:
        return None
    on = add_months(done or since, months)
    return end_of_year(on) if interval.year_end else on
