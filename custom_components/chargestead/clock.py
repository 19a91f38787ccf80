"""Home Assistant's time, for the floors below."""

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import override

from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .model.clock import Clock, Timer


class _Timer(Timer):
    """A callback Home Assistant will make."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel

    @override
    def cancel(self) -> None:
        self._cancel()


class HomeAssistantClock(Clock):
    """Tells Home Assistant's time and sets its timers."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Set timers in this Home Assistant."""
        self._hass = hass

    @override
    def now(self) -> datetime:
        return dt_util.utcnow()

    @override
    def monotonic(self) -> float:
        return monotonic()

    @override
    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        name = f"chargestead {getattr(callback, '__qualname__', callback)}"
        return _Timer(async_call_later(self._hass, delay, HassJob(_without_time(callback), name)))


def _without_time(action: Callable[[], None]) -> Callable[[datetime], None]:
    @callback
    def due(_now: datetime) -> None:
        action()

    return due
