"""Asking a station to tell its faults by itself: once for each firmware, and only where it does not."""

from collections.abc import Callable
from typing import Final

from ..csms.setup import firmware_key
from ..csms.station import ChargingStation
from ..csms.write_budget import WriteBudget
from ..maintenance.faults import wanted_monitors
from ..model.clock import Clock, Timer
from ..model.commands import GetMonitoringReport, SetVariableMonitoring
from ..model.errors import CallFailedError, CommandRefusedError, StationTimeoutError
from ..model.events import Event, StationBooted, StationConnected
from ..model.station import OcppVersion

_SETTLED_S: Final = 90


class MonitorSetup:
    """Sets monitors a minute and a half after a station came, when it has been got to know.

    Stations that are not to be configured, and those without the components, are left in peace.
    """

    def __init__(self, clock: Clock, station_of: Callable[[str], ChargingStation | None]) -> None:
        """Find stations by their id."""
        self._clock = clock
        self._station_of = station_of
        self._timers: dict[str, Timer] = {}
        self._budgets: dict[str, WriteBudget] = {}

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
        station = self._station_of(station_id)
        if station is not None and self._is_due(station):
            self._timers[station_id] = self._clock.call_later(
                _SETTLED_S, lambda: self._look(station_id)
            )

    def _is_due(self, station: ChargingStation) -> bool:
        return (
            station.config.configure
            and station.state.version not in {None, OcppVersion.V16}
            and station.memory.monitored_firmware != _firmware(station)
        )

    def _look(self, station_id: str) -> None:
        self._timers.pop(station_id, None)
        station = self._station_of(station_id)
        if station is None or not station.connected or not self._is_due(station):
            return
        if wanted_monitors(station.state.configuration, ()):
            station.spawn(self._set(station), "set monitors")

    async def _set(self, station: ChargingStation) -> None:
        """Set what is missing; a station that does not answer in time is asked again when it comes again."""
        try:
            await station.command(GetMonitoringReport())
        except CallFailedError, CommandRefusedError:
            station.counters.add("monitors_refused")
        except StationTimeoutError:
            station.counters.add("monitors_timeout")
            return
        missing = wanted_monitors(station.state.configuration, station.monitors.all)
        budget = self._budgets.setdefault(station.station_id, WriteBudget(self._clock))
        if missing and budget.take():
            station.counters.add("monitor_write_postponed")
            return
        if missing:
            try:
                await station.command(SetVariableMonitoring(monitors=missing))
            except CallFailedError, CommandRefusedError:
                station.counters.add("monitors_refused")
            except StationTimeoutError:
                station.counters.add("monitors_timeout")
                return
        station.memory.monitored_firmware = _firmware(station)
        station.keep_memory()


def _firmware(station: ChargingStation) -> str:
    return firmware_key(station.memory.identity, station.adapter.version)
