"""StatusNotification: who is told what, and when (OCPP 1.6 section 4.9)."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime

from .clock import Clock
from .configuration import Configuration
from .connector import Connector, Fault
from .link import Call, CallError, OfflineError, UnansweredError
from .personality import Personality
from .schedule import Json
from .skin import Skin


class StatusReporter:
    """Tells the central system of every change, and after a silence of the present."""

    def __init__(
        self,
        *,
        call: Call,
        clock: Clock,
        configuration: Configuration,
        personality: Personality,
        connectors: Iterable[Connector],
        stamp: Callable[[datetime], str | None],
        skin: Skin,
    ) -> None:
        """Begin with nothing to tell."""
        self.station_fault: Fault | None = None
        self.station_operative = True
        self._call = call
        self._skin = skin
        self._clock = clock
        self._configuration = configuration
        self._personality = personality
        self._connectors = {connector.id: connector for connector in connectors}
        self._stamp = stamp
        self._queue: deque[tuple[int, Json]] = deque()
        self._known: dict[int, Json] = {}
        self._delivered: dict[int, Json] = {}
        self._wake = asyncio.Event()
        self._open = False

    @property
    def idle(self) -> bool:
        """Return whether nothing waits to be told."""
        return not self._queue

    def update(self) -> None:
        """Queue what has changed since last time."""
        for number in (0, *self._connectors):
            state = self._state(number)
            if state != self._known.get(number):
                self._known[number] = state
                if self._open:
                    self._announce(number, state)

    def open(self, *, everything: bool) -> None:
        """Begin to tell: all of it after a boot, else what changed unheard."""
        self._open = True
        self.update()
        for number, state in self._known.items():
            if everything or self._delivered.get(number) != state:
                self._put(number)

    def shut(self) -> None:
        """Stop telling, and forget history that nobody heard."""
        self._open = False
        self._queue.clear()

    def forget(self) -> None:
        """Forget what the central system knows, as a reboot does."""
        self._delivered.clear()

    def report(self, number: int | None) -> None:
        """Tell the present status of one connector, or of all, because it was asked for."""
        for each in (0, *self._connectors) if number is None else (number,):
            self._known[each] = self._state(each)
            self._put(each, asked=True)

    def report_list_conflict(self) -> None:
        """Tell that the local list and the central system disagree (section 3.5.2)."""
        self.station_fault = Fault(error_code="LocalListConflict")
        self.update()
        self.station_fault = None
        self.update()

    async def run(self) -> None:
        """Deliver for ever."""
        while True:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            number, payload = self._queue.popleft()
            state = self._known.get(number, {})
            try:
                await self._call("StatusNotification", payload)
            except CallError, UnansweredError:
                pass
            except OfflineError:
                continue
            self._delivered[number] = state

    def _announce(self, number: int, state: Json) -> None:
        wait = self._configuration.number("MinimumStatusDuration")
        if wait <= 0:
            self._put(number)
            return

        def still_so() -> None:
            if self._open and self._known.get(number) == state:
                self._put(number)

        self._clock.call_later(wait, still_so)

    def _put(self, number: int, *, asked: bool = False) -> None:
        scope = self._personality.status_scope
        if scope == "station_only" and number and not asked:
            return
        if not number and (scope == "connectors_only" or not self._skin.tells_station_status):
            return
        payload = {"connectorId": number, **self._known[number]}
        stamp = self._stamp(self._clock.now())
        if stamp is not None:
            payload["timestamp"] = stamp
        self._queue.append((number, payload))
        self._wake.set()
        self._clock.touch()

    def _state(self, number: int) -> Json:
        if number == 0:
            fault, status = self.station_fault, "Available"
            if not self.station_operative:
                status = "Unavailable"
            if fault is not None and fault.blocks:
                status = "Faulted"
            return self._described(status, fault, None)
        connector = self._connectors[number]
        return self._described(connector.status, connector.fault, connector.suspension_info)

    def _described(self, status: str, fault: Fault | None, info: str | None) -> Json:
        names = self._personality.status_names
        fault = fault or Fault(info=info)
        state: Json = {
            "errorCode": fault.error_code,
            "status": names.get(status, status),
        }
        if fault.error_code == "NoError" and self._personality.error_code is not None:
            state["errorCode"] = self._personality.error_code
        if fault.info is not None:
            state["info"] = fault.info
        if fault.vendor_error_code is not None:
            state["vendorErrorCode"] = fault.vendor_error_code
        return self._skin.status(state)
