"""Reports that come in parts: collected, bounded, and never waited for without end."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ...model.clock import Timer
from ...model.errors import StationOfflineError

if TYPE_CHECKING:
    from ..station import ChargingStation

NOTIFY_REPORT: Final = "NotifyReport"
EMPTY: Final = "EmptyResultSet"
"""The status of a report that nothing belongs to, so that no part of it comes."""

MOST_VARIABLES: Final = 10_000
_MOST_TEXT: Final = 2**21
_SILENCE_S: Final = 60
_LONGEST_S: Final = 600


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a report; `complete` unless parts are missing or had to be left out."""

    entries: list[Mapping[str, object]]
    complete: bool


@dataclass(slots=True)
class _Collecting:
    kind: str
    future: asyncio.Future[Report]
    deadline: float | None = None
    entries: list[Mapping[str, object]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    size: int = 0
    whole: bool = True
    timer: Timer | None = None


class Reports:
    """The reports one station owes; `kind` is the message that brings the parts (OCPP 2.0.1 part 2, B07 and others)."""

    def __init__(self, station: ChargingStation) -> None:
        """Owe nothing yet."""
        self._station = station
        self._collecting: dict[int, _Collecting] = {}
        self._futures: dict[int, asyncio.Future[Report]] = {}

    def open(self, kind: str = NOTIFY_REPORT) -> int:
        """Return the id for a new request, whose parts are kept from now on until it is waited for or dropped."""
        request_id = self._station.request_ids.next()
        future: asyncio.Future[Report] = asyncio.get_running_loop().create_future()
        self._collecting[request_id] = _Collecting(kind, future)
        self._futures[request_id] = future
        return request_id

    async def wait(self, request_id: int) -> Report:
        """Return the report when its last part is there, or else what came before the station fell silent.

        A short one may be whole before anybody waits; silence counts from then on, since the request may have waited
        for others, and the station taken its time over the answer. Raises StationOfflineError.
        """
        collecting = self._collecting.get(request_id)
        if collecting is not None:
            collecting.deadline = self._station.clock.monotonic() + _LONGEST_S
            self._patience(request_id, collecting)
        return await self._futures.pop(request_id)

    def drop(self, request_id: int) -> None:
        """Wait no more for a report the station refused."""
        self._futures.pop(request_id, None)
        self._end(request_id)

    def _end(self, request_id: int) -> None:
        collecting = self._collecting.pop(request_id, None)
        if collecting is not None and collecting.timer is not None:
            collecting.timer.cancel()

    def take(
        self,
        request_id: int | None,
        number: int | None,
        entries: Iterable[Mapping[str, object]],
        *,
        more: bool,
        kind: str = NOTIFY_REPORT,
    ) -> bool:
        """Take a part; what is too much is left out and counted. Tell whether it was asked for."""
        counters = self._station.counters
        collecting = self._collecting.get(request_id) if request_id is not None else None
        if collecting is None or request_id is None or collecting.kind != kind:
            counters.add("report_unasked")
            return False
        if number is None:
            counters.add("report_part_unnumbered")
            number = len(collecting.seen)
        if number in collecting.seen:
            counters.add("report_part_repeated")
        elif len(collecting.seen) < MOST_VARIABLES:
            collecting.seen.add(number)
            self._keep(collecting, entries)
        if not more:
            self._finish(request_id, whole=number == len(collecting.seen) - 1)
        elif collecting.deadline is not None:
            if self._station.clock.monotonic() < collecting.deadline:
                self._patience(request_id, collecting)
            else:
                counters.add("report_unfinished")
                self._finish(request_id, whole=False)
        return True

    def take_next(
        self,
        request_id: int | None,
        entries: Iterable[Mapping[str, object]],
        *,
        more: bool,
        kind: str = NOTIFY_REPORT,
    ) -> bool:
        """Take the next part of a report whose parts have no numbers."""
        collecting = self._collecting.get(request_id) if request_id is not None else None
        number = 0 if collecting is None else len(collecting.seen)
        return self.take(request_id, number, entries, more=more, kind=kind)

    def _keep(self, collecting: _Collecting, entries: Iterable[Mapping[str, object]]) -> None:
        for entry in entries:
            size = len(str(entry))
            if len(collecting.entries) >= MOST_VARIABLES or collecting.size + size > _MOST_TEXT:
                if collecting.whole:
                    self._station.counters.add("report_oversized")
                collecting.whole = False
                return
            collecting.size += size
            collecting.entries.append(entry)

    def _patience(self, request_id: int, collecting: _Collecting) -> None:
        if collecting.timer is not None:
            collecting.timer.cancel()

        def give_up() -> None:
            self._station.counters.add("report_unfinished")
            self._finish(request_id, whole=False)

        collecting.timer = self._station.clock.call_later(_SILENCE_S, give_up)

    def _finish(self, request_id: int, *, whole: bool) -> None:
        collecting = self._collecting[request_id]
        self._end(request_id)
        if not whole:
            self._station.counters.add("report_incomplete")
        if not collecting.future.done():
            collecting.future.set_result(
                Report(collecting.entries, complete=whole and collecting.whole)
            )

    def close(self) -> None:
        """Fail all that wait; the socket is gone."""
        for request_id, collecting in tuple(self._collecting.items()):
            self._end(request_id)
            if not collecting.future.done():
                collecting.future.set_exception(StationOfflineError(self._station.station_id))
                collecting.future.exception()
