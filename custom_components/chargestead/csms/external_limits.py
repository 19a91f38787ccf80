"""Limits that others set at a station: energy management, the grid operator, somebody at the station itself.

OCPP 2.0.1 and 2.1 part 2, K11 to K14. They are taken as they are told, shown, and never fought.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ..model.clock import Timer
from ..model.commands import GetChargingProfiles
from ..model.errors import ChargesteadError, StationOfflineError
from ..model.events import ExternalLimitChanged
from ..model.limit import ExternalLimit
from ..model.schedule import Schedule
from ..model.station import OcppVersion
from .external_record import read_limit, write_limit
from .schedules import read_schedule

if TYPE_CHECKING:
    from .station import ChargingStation

_PURPOSE: Final = "ChargingStationExternalConstraints"
_UNTOLD: Final = "Other"
_MOST: Final = 50
_MOST_SCHEDULES: Final = 10
_LONGEST_S: Final = 86_400

type Place = tuple[int, str]


class ExternalLimits:
    """Holds the limits that others set at one station, and tells which of them binds each connector now."""

    def __init__(self, station: ChargingStation) -> None:
        """Hold none."""
        self._station = station
        self._limits: dict[Place, ExternalLimit] = {}
        self._timer: Timer | None = None

    def restore(self) -> None:
        """Take up what was in force; a station that comes back is asked what became of it."""
        for content in self._station.memory.external_limits[:_MOST]:
            limit = read_limit(content)
            if limit is not None:
                self._limits[limit.connector_id, limit.source] = limit
        self._refresh(quietly=True)

    def notified(
        self,
        connector_id: int,
        source: str,
        schedules: Iterable[Mapping[str, object]],
        *,
        grid_critical: bool = False,
        generation: bool = False,
    ) -> None:
        """Take a limit; one without schedules is known to be there, but not how high it is."""
        if not self._is_possible(connector_id):
            return
        now = self._station.clock.now()
        limit = ExternalLimit(
            source=source,
            connector_id=connector_id,
            since=now,
            grid_critical=grid_critical,
            generation=generation,
            schedules=_schedules(schedules, now),
        )
        self._keep({**self._limits, (connector_id, source): limit})

    def cleared(self, connector_id: int, source: str) -> None:
        """Take that a limit is gone; of the whole station, that all of its source are."""
        gone = {
            place for place in self._limits if place[1] == source and connector_id in (0, place[0])
        }
        if not gone:
            self._station.counters.add("external_limit_unknown")
        self._keep({place: limit for place, limit in self._limits.items() if place not in gone})

    async def check(self) -> None:
        """Ask a station that came back whether the limits it told of still hold."""
        station = self._station
        if not self._limits or station.adapter.version is OcppVersion.V16:
            return
        try:
            result = await station.command(GetChargingProfiles(purpose=_PURPOSE))
        except StationOfflineError:
            return
        except ChargesteadError:
            station.counters.add("external_limits_untold")
            return
        if result.answer.get("complete") is True:
            self._reported(result.answer.get("profiles"))

    def _reported(self, entries: object) -> None:
        """Take all limits there are; what is known of one beyond its schedule stays."""
        found: dict[Place, ExternalLimit] = {}
        now = self._station.clock.now()
        for entry in entries if isinstance(entries, list) else ():
            place = entry.get("evseId") or 0, entry.get("chargingLimitSource") or _UNTOLD
            profile = entry.get("chargingProfile")
            if not isinstance(profile, Mapping) or not self._is_possible(place[0]):
                continue
            given = profile.get("chargingSchedule")
            schedules = _schedules([given] if isinstance(given, Mapping) else given or (), now)
            known = self._limits.get(place) or ExternalLimit(
                source=place[1], connector_id=place[0], since=now
            )
            before = found[place].schedules if place in found else ()
            found[place] = replace(known, schedules=(*before, *schedules)[:_MOST_SCHEDULES])
        generated = {place: item for place, item in self._limits.items() if item.generation}
        self._keep({**generated, **found})

    def _is_possible(self, connector_id: int) -> bool:
        if 0 <= connector_id <= self._station.around.bounds.connectors:
            return True
        self._station.counters.add("connector_out_of_bounds")
        return False

    def _keep(self, limits: dict[Place, ExternalLimit]) -> None:
        if len(limits) > _MOST:
            self._station.counters.add("external_limits_too_many")
            limits = dict(list(limits.items())[-_MOST:])
        self._limits = limits
        for connector_id, _ in limits:
            if connector_id:
                self._station.statuses.found(connector_id)
        self._refresh()
        content = [write_limit(limit) for limit in self._limits.values()]
        if content != self._station.memory.external_limits:
            self._station.memory.external_limits = content
            self._station.keep_memory()

    def _refresh(self, *, quietly: bool = False) -> None:
        """Show what holds now, and look again when that changes."""
        self.close()
        now = self._station.clock.now()
        phases = self._station.config.phases
        self._limits = {
            place: replace(limit, current_a=_amount(limit, now, phases))
            for place, limit in self._limits.items()
            if not _is_over(limit, now)
        }
        for connector_id in self._station.book.connectors:
            self.show(connector_id, quietly=quietly)
        changes = [
            at
            for limit in self._limits.values()
            for schedule in limit.schedules
            if (at := schedule.next_change(now)) is not None
        ]
        if changes:
            wait_s = (min(changes) - now).total_seconds()
            self._timer = self._station.clock.call_later(min(wait_s, _LONGEST_S), self._due)

    def _due(self) -> None:
        self._refresh()

    def show(self, connector_id: int, *, quietly: bool = False) -> None:
        """Show the limit of others that binds a connector most; `quietly` it is no event."""
        now = self._station.clock.now()
        here = [
            item
            for item in self._limits.values()
            if item.connector_id in (0, connector_id) and _holds(item, now)
        ]
        limit = min(here, key=_rank, default=None)
        book = self._station.book
        if limit == book.connector(connector_id).external_limit:
            return
        book.update_connector(connector_id, external_limit=limit)
        if not quietly:
            self._station.publish(
                ExternalLimitChanged(
                    station_id=self._station.station_id,
                    at=now,
                    connector_id=connector_id,
                    limit=limit,
                )
            )

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _schedules(given: Iterable[Mapping[str, object]], now: datetime) -> tuple[Schedule, ...]:
    found = (read_schedule(item, now) for item in given)
    return tuple(item for item in found if item is not None)[:_MOST_SCHEDULES]


def _amount(limit: ExternalLimit, now: datetime, phases: int) -> float | None:
    """Return the lowest of the schedules that hold, in A per phase; power generated on the spot is no limit."""
    if limit.generation:
        return None
    amounts = (schedule.limit_a(now, phases) for schedule in limit.schedules)
    return min((amount for amount in amounts if amount is not None), default=None)


def _holds(limit: ExternalLimit, now: datetime) -> bool:
    schedules = limit.schedules
    return not schedules or any(item.period_at(now) is not None for item in schedules)


def _is_over(limit: ExternalLimit, now: datetime) -> bool:
    ends = [schedule.ends_at for schedule in limit.schedules]
    return bool(ends) and all(end is not None and end <= now for end in ends)


def _rank(limit: ExternalLimit) -> tuple[bool, bool, float]:
    """Order limits: real ones first, the lowest first, then those that do not say how high they are."""
    return (
        limit.generation,
        limit.current_a is None,
        0.0 if limit.current_a is None else limit.current_a,
    )
