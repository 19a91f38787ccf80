"""One connector that is watched: how available it is, how charges begin, how often it was plugged in."""

from collections.abc import Callable, Iterable
from datetime import date, datetime

from ...maintenance.availability import AvailabilityMeter, Day, FirstTime, PlugCycles, condition
from ...maintenance.availability.spans import Span
from ...model.clock import Clock, Timer
from ...model.journal import JournalEntry
from ...model.station import ConnectorStatus


class WatchedConnector:
    """Takes what happens at a connector."""

    def __init__(
        self,
        station_id: str,
        connector_id: int,
        *,
        clock: Clock,
        days: dict[date, Day],
        plugs: PlugCycles,
        windows: Callable[[], Iterable[Span]],
    ) -> None:
        """Go on with what was kept; `windows` returns when being out of order is intended."""
        self.station_id = station_id
        self.connector_id = connector_id
        self.meter = AvailabilityMeter(days)
        self.plugs = plugs
        self.status: ConnectorStatus | None = None
        self._clock = clock
        self._windows = windows
        self._first = FirstTime()
        self._deadline: Timer | None = None

    def advance(self) -> None:
        """Add up the time until now."""
        self.meter.advance(self._clock.now(), self._windows())

    def is_now(self, *, connected: bool | None, status: ConnectorStatus | None) -> bool:
        """Take how it is from now on; returns whether that counts differently."""
        self.advance()
        self.status = status
        before, self.meter.condition = (
            self.meter.condition,
            condition(connected=connected, status=status),
        )
        return before is not self.meter.condition

    def reported(
        self, status: ConnectorStatus, at: datetime, *, old: bool, held: bool
    ) -> JournalEntry | None:
        """Take a status as news; returns the count of plug cycles where it is to be kept anew."""
        plugged = self.plugs.status(status, at)
        if not old:
            self._attempt(status, at, plugged=plugged, held=held)
        elif plugged is not None:
            self._first.put_off()
        return None if plugged is None else self.plugs.entry(self.station_id, self.connector_id, at)

    def _attempt(
        self, status: ConnectorStatus, at: datetime, *, plugged: bool | None, held: bool
    ) -> None:
        if plugged:
            self._first.plugged(at)
        elif plugged is False:
            self._judged(self._first.unplugged())
        if held or status is ConnectorStatus.SUSPENDED_EV:
            self._first.put_off()
        elif status is ConnectorStatus.CHARGING:
            self._judged(self._first.flowing(at))
        elif status is ConnectorStatus.FAULTED:
            self._judged(self._first.failed())
        self._watch_clock()

    def asked(self, at: datetime, by: str, *, held: bool) -> None:
        """Take that somebody asked for a charge."""
        self._judged(self._first.asked(at, by))
        if held:
            self._first.put_off()
        self._watch_clock()

    def flowing(self, at: datetime) -> None:
        """Take that energy flows, which happens with every reading."""
        if not self._first.is_open:
            return
        self._judged(self._first.flowing(at))
        self._watch_clock()

    def held(self) -> None:
        """Take that a limit of ours holds charging back."""
        self._first.put_off()
        self._watch_clock()

    def rest(self) -> None:
        """Watch the clock no more."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _watch_clock(self) -> None:
        self.rest()
        deadline = self._first.deadline
        if deadline is not None:
            left = (deadline - self._clock.now()).total_seconds()
            self._deadline = self._clock.call_later(max(0, left) + 1, self._time)

    def _time(self) -> None:
        self._deadline = None
        self._judged(self._first.time(self._clock.now()))
        self._watch_clock()

    def _judged(self, verdict: bool | None) -> None:  # noqa: FBT001 - a verdict is all it takes
        if verdict is not None:
            self.meter.judge(self._clock.now(), success=verdict)
