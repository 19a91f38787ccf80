"""The maintenance schedule of a house: its tasks, what is due, and the log."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final
from uuid import uuid4

from ...maintenance.schedule import (
    NO_USAGE,
    RECORD,
    STANDING,
    Due,
    DueBy,
    Record,
    Result,
    Stage,
    Standing,
    Task,
    Usage,
    due,
    item_uid,
    local_date,
    next_midnight,
)
from ...model.clock import Clock, Timer
from ...model.events import Event, SessionEnded
from ...model.ports import Kept
from ..costs.jobs import Jobs, wait_for
from .config import NO_UPKEEP, UpkeepConfig
from .items import Item
from .ports import Listeners, UpkeepLedger

_SHOWN_DONE: Final = timedelta(days=30)
_STAGES: Final = (Stage.LATER, Stage.SOON, Stage.DUE, Stage.OVERDUE)
_LEAST_S: Final = 1
_MOST_S: Final = 3600


class Schedule:
    """Knows what is due; every change is kept, and told to whoever listens.

    `reminders` are told once of each stage a task comes to.
    """

    def __init__(
        self, *, clock: Clock, ledger: UpkeepLedger, plug_cycles: Callable[[str | None], int]
    ) -> None:
        """Know nothing before `start`; `plug_cycles` returns how often cables were plugged in, as `use_of`."""
        self.changed: Listeners[[]] = Listeners()
        self.reminders: Listeners[Item, Stage] = Listeners()
        self.done: Listeners[Record] = Listeners()
        self.items: tuple[Item, ...] = ()
        self.config = NO_UPKEEP
        self._clock = clock
        self._ledger = ledger
        self._plug_cycles = plug_cycles
        self._records: dict[str, Record] = {}
        self._standings: dict[str, Standing] = {}
        self._use: dict[str, Usage] = {}
        self._house_use = NO_USAGE
        self._jobs = Jobs("what is due")
        self._timer: Timer | None = None
        self._day: date | None = None
        self._loaded = False

    @property
    def failures(self) -> int:
        """Return how often it could not be worked out what is due."""
        return self._jobs.failures

    async def load(self) -> None:
        """Read the log, and how tasks stand; raises LedgerError when that cannot be read."""
        for entry in await self._ledger.journal(RECORD):
            record = Record.from_entry(entry)
            self._records[record.uid] = record
        for entry in await self._ledger.journal(STANDING):
            standing = Standing.from_entry(entry)
            self._standings[standing.uid] = standing
        self._house_use = await self._read_use(None)
        self._loaded = True

    def start(self, config: UpkeepConfig) -> None:
        """Begin to look at the calendar; stations are added after."""
        self.config = config
        self.refresh()

    def configure(self, config: UpkeepConfig) -> None:
        """Take changed tasks; one that is not wanted any more begins anew should it come back."""
        before = set(self._planned())
        self.config = config
        for uid in before - set(self._planned()):
            self._stand(replace(self._standings[uid], removed=True))
        self.refresh()

    async def add_station(self, station_id: str) -> None:
        """Take in a station; raises LedgerError when it is not known what it has done."""
        self._use[station_id] = await self._read_use(station_id)
        self.refresh()

    def forget(self, station_id: str) -> None:
        """Plan nothing for a station any more; its log stays."""
        self._use.pop(station_id, None)
        self.refresh()

    async def stop(self) -> None:
        """Look at the calendar no more."""
        await self._jobs.close()  # what still ends here may set the timer again
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def settled(self) -> None:
        """Wait until what was done is counted."""
        await self._jobs.settled()

    # What happens

    def handle(self, event: Event, kept: Kept | None) -> None:
        """Take an event of the site that the ledger was given before."""
        if isinstance(event, SessionEnded) and event.station_id in self._use:
            self._jobs.put(event.station_id, partial(self._count, event.station_id, kept))

    async def _count(self, station_id: str, kept: Kept | None) -> None:
        await wait_for(kept)
        self._house_use = await self._read_use(None)
        if station_id in self._use:
            self._use[station_id] = await self._read_use(station_id)
        self.refresh()

    def plugged(self, station_id: str) -> None:
        """Take that a cable was plugged in or out."""
        self._house_use = replace(self._house_use, plug_cycles=self._plug_cycles(None))
        if station_id in self._use:
            use = self._use[station_id]
            self._use[station_id] = replace(use, plug_cycles=self._plug_cycles(station_id))
            self.refresh()

    async def _read_use(self, station_id: str | None) -> Usage:
        sessions, energy_mwh = await self._ledger.use_of(station_id)
        return Usage(
            energy_mwh=max(0, energy_mwh),
            sessions=sessions,
            plug_cycles=self._plug_cycles(station_id),
        )

    def usage(self, station_id: str | None) -> Usage:
        """Return what a station has done, or with None all there ever were."""
        return self._house_use if station_id is None else self._use.get(station_id, NO_USAGE)

    # Asked

    @property
    def today(self) -> date:
        """Return the date on the wall."""
        return local_date(self._clock.now(), self.config.zone)

    @property
    def records(self) -> list[Record]:
        """Return the log, newest first."""
        return sorted(self._records.values(), key=lambda record: record.at, reverse=True)

    @property
    def recently_done(self) -> list[Record]:
        """Return what was done of late and nobody cleared away, newest first."""
        since = self._clock.now() - _SHOWN_DONE
        return [
            record
            for record in self.records
            if record.at >= since
            and not (record.hidden or record.withdrawn)
            and record.result is not Result.FAILED
        ]

    def item(self, uid: str) -> Item | None:
        """Return what is to be done by its id, None where there is no such thing."""
        return next((item for item in self.items if item.uid == uid), None)

    def find(self, key: str, station_id: str | None) -> Item | None:
        """Return a planned task at a place, None where it is not planned there."""
        return self.item(item_uid(key, station_id))

    # Changed by people

    async def record(
        self,
        item: Item | None,
        *,
        title: str,
        station_id: str | None = None,
        at: datetime | None = None,
        who: str = "",
        result: Result = Result.DONE,
        note: str = "",
    ) -> Record:
        """Write into the log, durably, that something was done; raises LedgerError when it cannot be kept."""
        record = Record(
            uid=uuid4().hex,
            at=at or self._clock.now(),
            title=title,
            task=None if item is None else item.key or item.uid,
            station_id=station_id if item is None else item.station_id,
            who=who,
            result=result,
            note=note,
            usage=self.usage(station_id if item is None else item.station_id),
        )
        await wait_for(self._ledger.keep(record.entry()))
        self._records[record.uid] = record
        if item is not None:
            done = item.key is None and result is not Result.FAILED
            self._stand(replace(item.standing.renewed(), removed=done))
        self.refresh()
        self.done.tell(record)
        return record

    def withdraw(self, uid: str) -> bool:
        """Take back that something was done; it is due as it was before. False where there is no such record."""
        record = self._records.get(uid)
        if record is None or record.withdrawn:
            return False
        self._write(replace(record, withdrawn=True))
        standing = self._standings.get(record.task or "")
        if standing is not None and standing.title is not None:
            self._stand(replace(standing, removed=False))
        self.refresh()
        return True

    def hide(self, uid: str) -> bool:
        """Clear what was done away from the list; the log keeps it."""
        record = self._records.get(uid)
        if record is None:
            return False
        self._write(replace(record, hidden=True))
        self.refresh()
        return True

    def create(self, title: str, *, on: date | None = None, note: str | None = None) -> Standing:
        """Put a task of a person's own on the list."""
        standing = Standing(
            uid=uuid4().hex, since=self._clock.now(), title=title, moved_to=on, note=note
        )
        self._stand(standing)
        self.refresh()
        return standing

    def change(self, item: Item, **changes: object) -> Item:
        """Change how a task stands (`moved_to`, `note`, `quiet_until`, of one's own the `title`); returns it then."""
        self._stand(replace(item.standing, **changes))  # type: ignore[arg-type]
        self.refresh()
        return self.item(item.uid) or item

    def remove(self, item: Item) -> None:
        """Take a task of a person's own off the list."""
        self._stand(replace(item.standing, removed=True))
        self.refresh()

    # Kept

    def _stand(self, standing: Standing) -> None:
        self._standings[standing.uid] = standing
        self._ledger.keep(standing.entry())

    def _write(self, record: Record) -> None:
        self._records[record.uid] = record
        self._ledger.keep(record.entry())

    # Looked at

    def _planned(self) -> dict[str, tuple[Task, str | None]]:
        return {
            item_uid(task.key, place): (task, place)
            for task in self.config.tasks
            for place in task.places(self._use)
        }

    def refresh(self) -> None:
        """Find out what is due today, and look again when the date changes, or in an hour."""
        if not self._loaded:
            return
        before, day = self.items, self._day
        self._day = self.today
        self.items = tuple(
            sorted(
                (*self._plan(), *self._own()),
                key=lambda item: (item.due.on or date.max, item.station_id or "", item.uid),
            )
        )
        self._look_again()
        self._remind()
        if (self.items, self._day) != (before, day):
            self.changed.tell()

    def _plan(self) -> Iterator[Item]:
        by_place: dict[tuple[str | None, str | None], list[Record]] = {}
        for record in self._records.values():
            by_place.setdefault((record.task, record.station_id), []).append(record)
        for uid, (task, place) in self._planned().items():
            usage = self.usage(place)
            standing = self._standing(uid, place, usage)
            records = by_place.get((task.key, place), [])
            found = due(task, standing, records, usage, self.today, self.config.zone)
            if found.by is not DueBy.DATE and standing.reached_on is None:
                standing = replace(standing, reached_on=found.on)
                self._stand(standing)
            yield self._item(standing, task.key, found)

    def _standing(self, uid: str, place: str | None, usage: Usage) -> Standing:
        standing = self._standings.get(uid)
        if standing is None or standing.removed:
            standing = Standing(uid=uid, since=self._clock.now(), station_id=place, usage=usage)
            self._stand(standing)
        return standing

    def _own(self) -> Iterator[Item]:
        for standing in self._standings.values():
            if standing.title is not None and not standing.removed:
                found = Due(on=standing.moved_to, by=DueBy.DATE, used=NO_USAGE)
                yield self._item(standing, None, found)

    def _item(self, standing: Standing, key: str | None, found: Due) -> Item:
        return Item(
            uid=standing.uid,
            key=key,
            station_id=standing.station_id,
            title=standing.title,
            due=found,
            stage=found.stage(self.today, self.config.ahead),
            standing=standing,
        )

    def _remind(self) -> None:
        """Tell of stages that tasks came to; of one that is less urgent again, nothing."""
        told = []
        for item in self.items:
            if item.stage is not item.standing.told:
                standing = replace(item.standing, told=item.stage)
                self._stand(standing)
                told.append((replace(item, standing=standing), item.standing.told))
        changed = {item.uid: item for item, _ in told}
        self.items = tuple(changed.get(item.uid, item) for item in self.items)
        for item, before in told:
            if _STAGES.index(item.stage) > _STAGES.index(before):
                self.reminders.tell(item, item.stage)

    def _look_again(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        now = self._clock.now()
        left = (next_midnight(now, self.config.zone) - now).total_seconds()
        self._timer = self._clock.call_later(min(max(_LEAST_S, left + 1), _MOST_S), self._again)

    def _again(self) -> None:
        self._timer = None
        self.refresh()
