"""Maintenance windows: begun and ended by people, planned in a calendar, or switched."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from ...maintenance.availability import WINDOW, Window, WindowOrigin, spans_for
from ...maintenance.availability.spans import Span
from ...model.clock import Clock
from ...model.journal import Journal
from ...model.station import ConnectorStatus
from .ports import LOGGER, Listeners

_OUT: Final = frozenset({ConnectorStatus.UNAVAILABLE, ConnectorStatus.FAULTED})


class Windows:
    """Knows all windows; each counts from when it was made known, never for time that was added up before."""

    def __init__(self, *, clock: Clock, ledger: Journal) -> None:
        """Know none before `load`."""
        self.changed: Listeners[[]] = Listeners()
        self.before_change: Listeners[[]] = Listeners()
        self.unread = 0
        self._clock = clock
        self._ledger = ledger
        self._windows: dict[str, Window] = {}

    async def load(self) -> None:
        """Read the windows of the journal; raises LedgerError when they cannot be read."""
        for entry in await self._ledger.journal(WINDOW):
            window = Window.from_entry(entry)
            if window is not None:
                self._windows[window.uid] = window
            elif not entry.content.get("removed"):
                self.unread += 1
                LOGGER.warning("A maintenance window cannot be read: %s", entry.uid)

    @property
    def all(self) -> Mapping[str, Window]:
        """Return the windows by their ids."""
        return self._windows

    def open_at(self, at: datetime) -> list[Window]:
        """Return the windows that last at a moment."""
        return [window for window in self._windows.values() if window.is_open(at)]

    def spans_for(self, station_id: str, connector_id: int) -> list[Span]:
        """Return when being out of order is intended at a connector."""
        return spans_for(self._windows.values(), station_id, connector_id)

    def begin(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        stations: frozenset[str] = frozenset(),
        connector_id: int | None = None,
        origin: WindowOrigin = WindowOrigin.PERSON,
        title: str = "",
        note: str = "",
    ) -> Window:
        """Make a window that begins now or at a moment."""
        window = Window(
            uid=uuid4().hex,
            start=(start or self._clock.now()).astimezone(UTC),
            end=None if end is None else end.astimezone(UTC),
            stations=stations,
            connector_id=connector_id,
            origin=origin,
            title=title,
            note=note,
        )
        self._put(window)
        return window

    def change(self, window: Window) -> None:
        """Put a window in the place of the one of its id."""
        self._put(window)

    def end(self, uid: str) -> Window | None:
        """End a window now, or take back one that has not begun; None where there is none that lasts."""
        window, now = self._windows.get(uid), self._clock.now()
        if window is None or (window.end is not None and window.end <= now):
            return None
        if window.start >= now:
            self.remove(uid)
            return window
        ended = replace(window, end=now)
        self._put(ended)
        return ended

    def remove(self, uid: str) -> bool:
        """Take a window back; time that was added up stays as it is."""
        if uid not in self._windows:
            return False
        self.before_change.tell()
        self._ledger.keep(self._windows.pop(uid).entry(removed=True))
        self.changed.tell()
        return True

    # The switch

    def switched(self, station_id: str, connector_id: int | None, *, operative: bool) -> None:
        """Take that a person put a station, or one of its connectors, in or out of service."""
        mine = [
            window
            for window in self._switched(station_id)
            if connector_id is None or window.connector_id in (None, connector_id)
        ]
        if operative:
            for window in mine:
                self.end(window.uid)
        elif not any(window.connector_id in (None, connector_id) for window in mine):
            self.begin(
                stations=frozenset({station_id}),
                connector_id=connector_id,
                origin=WindowOrigin.SWITCH,
            )

    def back_in_service(
        self,
        station_id: str,
        connector_id: int,
        before: ConnectorStatus | None,
        status: ConnectorStatus,
    ) -> None:
        """Take that a connector which was switched off is there again, whoever did that."""
        if before is not ConnectorStatus.UNAVAILABLE or status in _OUT:
            return
        for window in self._switched(station_id):
            if window.connector_id in (None, connector_id):
                self.end(window.uid)

    def _switched(self, station_id: str) -> list[Window]:
        return [
            window
            for window in self.open_at(self._clock.now())
            if window.origin is WindowOrigin.SWITCH and station_id in window.stations
        ]

    def _put(self, window: Window) -> None:
        self.before_change.tell()
        self._windows[window.uid] = window
        self._ledger.keep(window.entry())
        self.changed.tell()
