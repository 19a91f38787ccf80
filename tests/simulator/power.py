"""Restarts: soft ones, and losses of power (OCPP 1.6 section 5.14)."""

from collections.abc import Callable
import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .station import SimulatedStation

POWER_CYCLE: Final = 30.0
SOFT_CYCLE: Final = 5.0
FLUSH_LIMIT: Final = 10.0


class Power:
    """Switches a station off and on again."""

    def __init__(self, station: SimulatedStation) -> None:
        """Begin switched on."""
        self._station = station

    def crash(self) -> None:
        """Fall over, as some stations do at certain requests."""
        self.cut("PowerLoss", POWER_CYCLE)

    def cut(self, reason: str, off_for: float) -> None:
        """Take the power away at once, and give it back after a while."""
        self._lose(reason)
        self._station.go(self._cycle(off_for, abrupt=True))

    async def restart(self, reason: str) -> None:
        """End transactions, deliver what waits, restart, and come back."""
        station = self._station
        for connector in station.connectors:
            station.sessions.stop(connector, reason)
        await self.until(lambda: not station.outbox or not station.online, limit=FLUSH_LIMIT)
        self._shut_down()
        await self._cycle(SOFT_CYCLE, abrupt=False)

    async def when_idle(self) -> None:
        """Wait until no transaction runs."""
        connectors = self._station.connectors
        await self.until(lambda: all(c.transaction is None for c in connectors))

    async def until(self, condition: Callable[[], object], *, limit: float | None = None) -> None:
        """Wait for a condition in the station's own time, at most `limit` seconds of it."""
        clock, signal = self._station.clock, self._station.signal
        end = math.inf if limit is None else clock.monotonic() + limit
        if limit is not None:
            clock.call_later(limit, signal.notify)
        while not condition() and clock.monotonic() < end:
            await signal.wait()

    def _lose(self, reason: str) -> None:
        station = self._station
        if not station.personality.resumes_after_power_loss:
            for connector in station.connectors:
                station.sessions.stop(connector, reason)
        if station.personality.loses_queue_on_power_loss:
            station.outbox.clear()
        self._shut_down()
        for connector in station.connectors:
            connector.powered = False
        station.reservations.clear()
        station.supply.refresh()

    def _shut_down(self) -> None:
        station = self._station
        station.supply.refresh()
        for connector in station.connectors:
            station.sessions.revoke(connector)
        station.link.forbid()
        station.hush()
        station.registration.reset()
        station.statuses.forget()
        station.metering.stop()
        if station.personality.forgets_profiles_on_reboot:
            station.profiles.clear()

    async def _cycle(self, off_for: float, *, abrupt: bool) -> None:
        station = self._station
        await station.link.close(abrupt=abrupt)
        await station.clock.sleep(off_for)
        station.supply.refresh()
        for connector in station.connectors:
            connector.powered = True
            station.sessions.mend(connector, "restart")
            station.metering.begin_sampling(connector)
        station.metering.start()
        station.supply.refresh()
        if station.has_network:
            station.link.allow()
        await self.until(lambda: station.registration.accepted)
