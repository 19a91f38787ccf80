"""Readings by the clock, so that prices which change with it need no interpolation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ..model.commands import SetConfiguration
from ..model.errors import (
    CallFailedError,
    CommandRefusedError,
    StationOfflineError,
    StationTimeoutError,
)
from ..model.station import ConfigurationValue
from .setup import firmware_key

if TYPE_CHECKING:
    from .station import ChargingStation

_INTERVAL: Final = "ClockAlignedDataInterval"
_MEASURANDS: Final = "MeterValuesAlignedData"
_REGISTER: Final = "Energy.Active.Import.Register"
_MOST_TRIES: Final = 2


class AlignedReadings:
    """Asks a station to read its meter by the clock (OCPP 1.6 section 9.1.3): once per firmware and wish.

    Some stations refuse, and some restart over it. What was tried is remembered before it is done, so that none is
    asked again and again; the site asks for single readings where a station takes none by itself.
    """

    def __init__(self, station: ChargingStation) -> None:
        """Act on one station."""
        self._station = station

    def wish_changed(self) -> None:
        """Take a changed wish; a station that is away hears of it when it comes."""
        if self._station.connected:
            self._station.spawn(self.apply(), "ask for readings by the clock")

    async def apply(self) -> None:
        """Write what differs from the wish, unless that was tried."""
        station = self._station
        memory = station.memory
        wish = station.around.site().aligned_interval_s
        configuration = station.state.configuration
        if not station.config.configure or _INTERVAL not in configuration:
            return
        tried = memory.aligned or {}
        key = f"{firmware_key(memory.identity, station.adapter.version)}|{wish}"
        tries = _whole(tried.get("tries")) if tried.get("for") == key else 0
        if tries >= _MOST_TRIES:
            return
        before = tried.get("before")
        memory.aligned = {"for": key, "tries": tries + 1, "before": before}
        station.keep_memory()
        try:
            if wish:
                await self._begin(wish, configuration)
            elif before is not None:
                await self._write(_INTERVAL, str(before))
        except StationOfflineError, StationTimeoutError:
            station.counters.add("aligned_unanswered")
            return
        except CommandRefusedError, CallFailedError:
            station.counters.add("aligned_refused")
        memory.aligned["tries"] = _MOST_TRIES
        station.keep_memory()

    async def _begin(self, wish: int, configuration: Mapping[str, ConfigurationValue]) -> None:
        """Have the register among what is read, then set the interval, unless one divides the wish already."""
        interval, measurands = configuration[_INTERVAL], configuration.get(_MEASURANDS)
        present = _names(measurands)
        if not any(name.lower() == _REGISTER.lower() for name in present):
            if measurands is None or measurands.readonly:
                return
            await self._write(_MEASURANDS, ",".join([*present, _REGISTER]))
        seconds = _whole(interval.value)
        if interval.readonly or (seconds > 0 and wish % seconds == 0):
            return
        aligned = self._station.memory.aligned
        if aligned is not None and aligned["before"] is None:
            aligned["before"] = str(seconds)
        await self._write(_INTERVAL, str(wish))

    async def _write(self, key: str, value: str) -> None:
        await self._station.command(SetConfiguration(key=key, value=value))


def _names(entry: ConfigurationValue | None) -> list[str]:
    text = (entry.value or "") if entry is not None else ""
    return [name.strip() for name in text.split(",") if name.strip()]


def _whole(value: object) -> int:
    """Return a value as a whole number that is not negative, 0 where it is none."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() else 0
