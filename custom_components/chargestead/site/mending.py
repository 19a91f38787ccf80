"""Mending a fault from afar, and seeing whether that helped."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from ..csms.station import ChargingStation
from ..maintenance.faults import Faults
from ..model.clock import Clock
from ..model.commands import Restart, SetAvailability, SetConfiguration, Trigger, Unlock
from ..model.errors import CallFailedError, CommandRefusedError
from ..model.events import CertificateIssued, Event, StationBooted, StationConnected
from ..model.fault import Fault, FaultFix
from ..model.limit import LimitState
from ..model.station import OcppVersion

_BOOT_S: Final = 180
_BOOTED_S: Final = 30
_ANSWER_S: Final = 15
_OBEY_S: Final = 45
_CLOCK_S: Final = 60
_CERTIFICATE_S: Final = 60

type Condition = Callable[[], bool]


class House(Protocol):
    """What mending needs of the site."""

    faults: Faults

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call a listener with each event; returns how to stop that."""


class Mender:
    """Does what can be done about a fault, and waits a while for the proof.

    Raises what the station's refusal, silence or absence is: a ChargesteadError.
    """

    def __init__(self, house: House, clock: Clock, station: ChargingStation, fault: Fault) -> None:
        """Mend one fault of a station."""
        self._house = house
        self._clock = clock
        self._station = station
        self._fault = fault
        self._steps: dict[FaultFix, Callable[[], Awaitable[bool]]] = {
            FaultFix.RESTART: self._restart,
            FaultFix.UNLOCK: self._unlock,
            FaultFix.ENABLE: self._enable,
            FaultFix.SEND_LIMIT: self._send_limit,
            FaultFix.SET_CLOCK: self._set_clock,
            FaultFix.RENEW_CERTIFICATE: self._renew_certificate,
        }

    async def mend(self, fix: FaultFix) -> bool:
        """Mend it; tells whether the fault is gone. What only a person can judge is taken as they say."""
        step = self._steps.get(fix)
        mended = step is None or await step()
        if mended:
            self._house.faults.settle(self._fault.station_id, self._fault.key)
        return mended

    @property
    def _is_over(self) -> bool:
        """Tell whether the fault does not hold any more by the last that was heard."""
        found = self._house.faults.find(self._fault.station_id, self._fault.key)
        return found is None or not found.active

    async def _restart(self) -> bool:
        """Restart the station, and give it time to say whether it is well."""
        with self._heard(StationBooted, StationConnected) as back:
            await self._station.command(Restart())
            if not await self._until(back, _BOOT_S):
                return False
        return await self._until(lambda: self._is_over, _BOOTED_S)

    async def _unlock(self) -> bool:
        await self._station.command(Unlock(connector_id=self._fault.connector_id or 1))
        return await self._until(lambda: self._is_over, _ANSWER_S)

    async def _enable(self) -> bool:
        connector_id = self._fault.connector_id
        await self._station.command(SetAvailability(connector_id=connector_id, operative=True))
        return await self._until(lambda: self._is_over, _ANSWER_S)

    async def _send_limit(self) -> bool:
        """Send the limit again and wait for the first look at what the connector draws."""
        connector_id = self._fault.connector_id
        limit = self._station.state.connectors[connector_id].limit
        if limit is None or limit.current_a is None:
            return True
        if limit.is_pause:
            await self._station.pause(connector_id)
        else:
            await self._station.limits.set(connector_id, limit.current_a, limit.reason)

        def state() -> LimitState | None:
            now = self._station.book.connector(connector_id).limit
            return None if now is None else now.state

        await self._until(lambda: state() in {LimitState.OBEYED, LimitState.IGNORED}, _OBEY_S)
        return state() is not LimitState.IGNORED

    async def _set_clock(self) -> bool:
        """Set the clock: written in 2.x, told with the answer to a sign of life in 1.6; then ask for a timestamp."""
        station = self._station
        if station.state.version is OcppVersion.V16:
            await self._ask("Heartbeat")
            await self._ask("BootNotification")
        else:
            now = self._clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
            await station.command(SetConfiguration(key="ClockCtrlr.DateTime", value=now))
        offset = station.clock_offset
        before = offset.offset
        offset.reset()
        await self._ask("StatusNotification", next(iter(station.book.connectors), 1))

        def is_right() -> bool:
            return offset.seconds is not None and abs(offset.seconds) <= _CLOCK_S

        right = await self._until(is_right, _ANSWER_S)
        if offset.offset is None:
            # Nothing proves otherwise: it is as wrong as it was.
            offset.offset = before
        return right

    async def _ask(self, message: str, connector_id: int | None = None) -> None:
        """Ask for a message; where that is refused, the station may send it in its own time."""
        try:
            await self._station.command(Trigger(message=message, connector_id=connector_id))
        except CallFailedError, CommandRefusedError:
            self._station.counters.add("trigger_refused")

    async def _renew_certificate(self) -> bool:
        """Have the station ask for a new certificate, and wait until it has taken one of the house's own."""
        with self._heard(CertificateIssued) as came:
            await self._station.certificates.ask()
            return await self._until(came, _CERTIFICATE_S)

    @contextmanager
    def _heard(self, *kinds: type[Event]) -> Iterator[Condition]:
        """Return what tells whether an event of some kinds has come from the station."""
        heard = False

        def hear(event: Event) -> None:
            nonlocal heard
            if event.station_id == self._station.station_id and isinstance(event, kinds):
                heard = True

        unsubscribe = self._house.subscribe(hear)
        try:
            yield lambda: heard
        finally:
            unsubscribe()

    async def _until(self, condition: Condition, seconds: float) -> bool:
        """Wait until something is so, a while at most; tells whether it is."""
        if condition():
            return True
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def look(_: object = None) -> None:
            if condition():
                finish()

        def finish() -> None:
            if not done.done():
                done.set_result(None)

        stops = (
            self._house.subscribe(look),
            self._house.faults.subscribe(look),
            self._station.subscribe(look),
        )
        timer = self._clock.call_later(seconds, finish)
        try:
            await done
        finally:
            timer.cancel()
            for stop in stops:
                stop()
        return condition()
