"""Whether what components complained of still holds, after a station was away.

A station of OCPP 2.x tells a change once; what became well while it was away, or with a restart, it may never tell.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ..csms.station import ChargingStation
from ..maintenance.faults import YES_OR_NO, Faults
from ..model.clock import Clock, Timer
from ..model.commands import GetConfiguration
from ..model.errors import CallFailedError, CommandRefusedError, StationTimeoutError
from ..model.events import Event, StationBooted, StationConnected
from ..model.fault import Fault, FaultSource
from ..model.station import OcppVersion

_SETTLED_S: Final = 60
_MOST: Final = 10


class FaultCheck:
    """Reads the variables of open faults a minute after their station came; nothing is asked where there are none."""

    def __init__(
        self, clock: Clock, faults: Faults, station_of: Callable[[str], ChargingStation | None]
    ) -> None:
        """Ask stations by their id."""
        self._clock = clock
        self._faults = faults
        self._station_of = station_of
        self._timers: dict[str, Timer] = {}

    def stop(self) -> None:
        """Ask nothing more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def handle(self, event: Event) -> None:
        """Take an event."""
        if not isinstance(event, (StationConnected, StationBooted)):
            return
        station_id = event.station_id
        waiting = self._timers.pop(station_id, None)
        if waiting is not None:
            waiting.cancel()
        if next(self._doubtful(station_id), None) is not None:
            self._timers[station_id] = self._clock.call_later(
                _SETTLED_S, lambda: self._look(station_id)
            )

    def _doubtful(self, station_id: str) -> Iterator[Fault]:
        """Give the faults of components that are true or false."""
        for fault in self._faults.active(station_id):
            if fault.source is FaultSource.COMPONENT and _variable(fault) in YES_OR_NO:
                yield fault

    def _look(self, station_id: str) -> None:
        self._timers.pop(station_id, None)
        station = self._station_of(station_id)
        if station is None or not station.connected or station.state.version is OcppVersion.V16:
            return
        station.spawn(self._ask(station), "ask whether faults still hold")

    async def _ask(self, station: ChargingStation) -> None:
        asked = {
            name: fault
            for fault, _ in zip(self._doubtful(station.station_id), range(_MOST), strict=False)
            for name in _names(fault)
        }
        if not asked:
            return
        try:
            result = await station.command(GetConfiguration(keys=tuple(asked)))
        except CallFailedError, CommandRefusedError, StationTimeoutError:
            station.counters.add("fault_check_refused")
            return
        entries = result.answer.get("configurationKey")
        for entry in entries if isinstance(entries, list) else ():
            fault = asked.get(str(entry.get("key")))
            if fault is not None and str(entry.get("value")).casefold() == "false":
                self._faults.over(station.station_id, fault.key)


def _variable(fault: Fault) -> str:
    return fault.code.rpartition(".")[2]


def _names(fault: Fault) -> tuple[str, ...]:
    """Return what the variable of a fault may be called: of an EVSE, or of its connector."""
    component, _, variable = fault.code.rpartition(".")
    if not fault.connector_id:
        return (fault.code,)
    evse = f"{component}@{fault.connector_id}"
    return f"{evse}.{variable}", f"{evse}:1.{variable}"
