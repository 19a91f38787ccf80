"""What happens after a station connects, and nothing more."""

from collections.abc import Callable, Mapping
from datetime import datetime
import logging
from typing import TYPE_CHECKING, Final

from ..model.clock import Timer
from ..model.commands import Trigger
from ..model.errors import CallFailedError, CommandRefusedError, StationTimeoutError
from ..model.events import StationBooted
from ..model.station import UNKNOWN_IDENTITY, ConfigurationValue, StationIdentity
from .setup import firmware_key, number_of_connectors, whole_number, write_differences

if TYPE_CHECKING:
    from .station import ChargingStation

_LOGGER = logging.getLogger(__name__)

_SETTLE_S: Final = 5
_BOOTED_S: Final = 1
_PROMPT_S: Final = 2
_STATUS_S: Final = 10
_SILENCE_S: Final = 60
_COALESCE_S: Final = 60
_MOST_READINGS: Final = 3


class Welcome:
    """Keeps a station's arrival quiet.

    A station that boots gets to know nothing but its answer, the limit in force and, on first sight or after a firmware
    change, one reading of its configuration. One that reconnects without a boot gets the limit after five seconds.
    """

    def __init__(self, station: ChargingStation) -> None:
        """Act on one station."""
        self._station = station
        self._timers: dict[str, Timer] = {}
        self._visit = 0
        self._greeting = self._again = False
        self._boot_asked_at: float | None = None
        self._booted_at: float | None = None
        self._unheard: set[int] = set()
        self._station_speaks = False
        self._quiet_since: dict[int, datetime] = {}
        self._late_readings: dict[str, int] = {}

    def connected(self) -> None:
        """Wait for a boot, which stations may send or not."""
        self.disconnected()
        self._later(_SETTLE_S, self._settled)
        self._later(_STATUS_S, self._ask_status)
        self._later(_SILENCE_S, self._watch)

    def adopted(self) -> None:
        """Ask for a boot, since a station that was told to wait says nothing before (OCPP 1.6 section 4.2.1)."""
        self._station.spawn(self._ask_boot(), "ask who it is")

    def disconnected(self) -> None:
        """Stop waiting."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._visit += 1
        self._greeting = self._again = self._station_speaks = False
        self._boot_asked_at = self._booted_at = None
        self._unheard.clear()

    def booted(self, identity: StationIdentity, reason: str | None) -> None:
        """Take a boot; repeated ones are answered but set nothing off."""
        station = self._station
        now = station.clock.now()
        station.clock_offset.reset()
        station.memory.identity = identity
        station.memory.boots_when_asked = self._came_because_asked()
        station.keep_memory()
        station.book.update(identity=identity, booted_at=now, clock_offset_s=None)
        station.firmware.booted(identity)
        station.publish(
            StationBooted(station_id=station.station_id, at=now, identity=identity, reason=reason)
        )
        if not station.connected or self._is_repetition():
            station.counters.add("boot_repeated")
            return
        self._booted_at = station.clock.monotonic()
        self._unheard = set(station.book.connectors)
        self._later(_STATUS_S, self._ask_status)
        if self._greeting:
            # What is being said may fall on deaf ears: some stations listen only once their boot is answered.
            self._again = True
        else:
            # Let the answer arrive first.
            self._later(_BOOTED_S, self._greet)

    def heard_status(self, connector_id: int, *, own: bool) -> None:
        """Take note that a connector told its status, or the station the one of its only connector."""
        if own:
            self._unheard.discard(connector_id)
        else:
            self._station_speaks = True

    def found_connector(self) -> None:
        """Take note of a connector that nobody knew; its status is asked for if it does not tell."""
        if self._station.connected:
            self._later(_STATUS_S, self._ask_status)

    def _came_because_asked(self) -> bool:
        """Tell whether a boot is one that only comes when asked for, which is worth knowing the next time."""
        if self._boot_asked_at is None:
            return self._station.memory.boots_when_asked and self._booted_at is not None
        return self._station.clock.monotonic() - self._boot_asked_at < _PROMPT_S

    def _is_repetition(self) -> bool:
        """Tell whether a boot is one that was taken already on this socket."""
        at = self._booted_at
        return at is not None and self._station.clock.monotonic() - at < _COALESCE_S

    def ask_for_readings(self, connector_id: int) -> None:
        """Ask for the meter values of a connector."""
        self._station.spawn(self._ask_meter(connector_id), "ask for meter values")

    def _later(self, seconds: float, callback: Callable[[], None]) -> None:
        name = callback.__name__
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        self._timers[name] = self._station.clock.call_later(seconds, callback)

    def _settled(self) -> None:
        """Go on without a boot; one that never told who it is, or waits to be asked, gets asked."""
        if self._booted_at is not None:
            return
        memory = self._station.memory
        unknown = memory.identity == UNKNOWN_IDENTITY and memory.configured_firmware is None
        if unknown or memory.boots_when_asked:
            self._boot_asked_at = self._station.clock.monotonic()
            self._station.spawn(self._ask_boot(), "ask who it is")
            self._later(_SETTLE_S, self._greet_anyway)
        else:
            self._greet()

    async def _ask_boot(self) -> None:
        await self._trigger("BootNotification")

    def _greet_anyway(self) -> None:
        if self._booted_at is None:
            self._greet()

    def _greet(self) -> None:
        if not self._greeting:
            self._greeting = True
            self._station.spawn(self._work(self._visit), "greet")

    async def _work(self, visit: int) -> None:
        """Say what there is to say; the limit first, since it is what keeps the fuse whole."""
        try:
            await self._station.limits.apply_again()
            if visit == self._visit:
                await self._station.adapter.check_sessions()
                await self._station.external_limits.check()
                await self._get_to_know()
            if visit == self._visit:
                await self._station.aligned.apply()
            if visit == self._visit:
                await self._station.list_keeper.greet()
        finally:
            if visit == self._visit:
                self._greeting = False
        if visit == self._visit and self._again:
            self._again = False
            self._greet()

    async def _get_to_know(self) -> None:
        station = self._station
        key = firmware_key(station.memory.identity, station.adapter.version)
        if station.memory.configured_firmware == key:
            return
        if self._late_readings.get(key, 0) >= _MOST_READINGS:
            station.counters.add("setup_given_up")
            return
        try:
            configuration = await station.adapter.read_configuration()
        except StationTimeoutError as err:
            self._late_readings[key] = self._late_readings.get(key, 0) + 1
            station.counters.add("setup_timeout")
            _LOGGER.debug("%s was not got to know: %s", station.station_id, err)
            return
        connectors = number_of_connectors(configuration, station.around.bounds)
        if connectors is not None:
            station.statuses.found(connectors)
        station.set_configuration(configuration)
        if station.config.configure:
            interval = station.around.site().meter_interval_s
            try:
                await write_differences(
                    station, configuration, interval, station.adapter.measurands
                )
            except StationTimeoutError:
                station.counters.add("setup_write_timeout")
        station.memory.configured_firmware = key
        station.keep_memory()

    def _ask_status(self) -> None:
        """Ask for the status of connectors that have not told it."""
        connectors = self._station.book.connectors
        spoken_for = self._station_speaks and len(connectors) == 1
        silent = [
            number
            for number, connector in connectors.items()
            if connector.status is None or (number in self._unheard and not spoken_for)
        ]
        if silent:
            self._station.spawn(self._ask(silent), "ask for status")

    async def _ask(self, connectors: list[int]) -> None:
        """Ask each connector; where the station takes none of that, all of it at once."""
        for connector_id in connectors:
            if not await self._trigger("StatusNotification", connector_id):
                await self._trigger("StatusNotification")
                return

    async def _trigger(self, message: str, connector_id: int | None = None) -> bool:
        """Ask for a message; tells whether the station means to send it."""
        station = self._station
        if not _can_trigger(station.state.configuration):
            station.counters.add("trigger_unsupported")
            return False
        try:
            await station.command(Trigger(message=message, connector_id=connector_id))
        except CommandRefusedError, CallFailedError, StationTimeoutError:
            station.counters.add("trigger_refused")
            return False
        return True

    def _watch(self) -> None:
        """Notice connectors that fell silent in a session; ask once, then show that nothing is known."""
        station = self._station
        now = station.clock.now()
        for number, connector in station.book.connectors.items():
            session = connector.session
            if session is None:
                continue
            moments = (
                connector.measurements.at,
                connector.register_at,
                station.state.connected_since,
            )
            heard = max(session.started_at, *(at for at in moments if at is not None))
            quiet_s = (now - heard).total_seconds()
            if quiet_s <= self._patience_s() or self._quiet_since.get(number) == heard:
                continue
            self._quiet_since[number] = heard
            station.counters.add("meter_silent")
            station.metering.lose(number)
            self.ask_for_readings(number)
        self._later(_SILENCE_S / 2, self._watch)

    async def _ask_meter(self, connector_id: int) -> None:
        await self._trigger("MeterValues", connector_id)

    def _patience_s(self) -> float:
        interval = whole_number(self._station.state.configuration.get("MeterValueSampleInterval"))
        return max(3 * (interval or self._station.around.site().meter_interval_s), 60)


def _can_trigger(configuration: Mapping[str, ConfigurationValue]) -> bool:
    """Tell whether a station may know TriggerMessage: assumed unless it lists profiles without it."""
    entry = configuration.get("SupportedFeatureProfiles")
    profiles = (entry.value or "").lower() if entry is not None else ""
    return "core" not in profiles or "remotetrigger" in profiles.replace(" ", "")
