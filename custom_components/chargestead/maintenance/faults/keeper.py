"""Faults on their way to the journal, without wearing it out."""

from datetime import datetime
from typing import Final

from ...model.clock import Clock, Timer
from ...model.fault import FaultSource
from ...model.journal import Journal
from .pages import page_of
from .record import Record

_WITHIN_S: Final = 60
_MOST_A_DAY: Final = 200


class Keeper:
    """Writes what matters at once, and what only counts on within a minute."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        """Have nothing to write."""
        self._clock = clock
        self._journal = journal
        self._waiting: dict[tuple[str, str], Record] = {}
        self._timer: Timer | None = None
        self._day = clock.now().date()
        self._kept_today: dict[str, set[tuple[str, datetime]]] = {}
        self.left_out = 0

    def keep(self, record: Record, *, at_once: bool = False) -> None:
        """Write a fault; what we see ourselves is kept from when people are told of it."""
        fault = record.fault
        if fault.source is FaultSource.WATCH and not fault.noticed:
            return
        if not fault.noticed and not self._has_room(record):
            return
        key = (fault.station_id or "", fault.key)
        if at_once:
            self._waiting.pop(key, None)
            self._write(record)
            return
        self._waiting[key] = record
        if self._timer is None:
            self._timer = self._clock.call_later(_WITHIN_S, self.flush)

    def _has_room(self, record: Record) -> bool:
        """Tell whether one more fault that nobody was told of is kept today; a station may make up codes for ever."""
        today = self._clock.now().date()
        if today != self._day:
            self._day = today
            self._kept_today.clear()
        kept = self._kept_today.setdefault(record.fault.station_id or "", set())
        page = (record.fault.key, record.fault.first_at)
        if page not in kept and len(kept) >= _MOST_A_DAY:
            self.left_out += 1
            return False
        kept.add(page)
        return True

    def flush(self) -> None:
        """Write all that waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, {}
        for record in waiting.values():
            self._write(record)

    def _write(self, record: Record) -> None:
        self._journal.keep(page_of(record))
