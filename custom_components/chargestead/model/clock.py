"""Time, as something that is handed in."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Timer(Protocol):
    """A callback that waits for its moment."""

    def cancel(self) -> None:
        """Forget the callback; harmless when it already ran."""


class Clock(Protocol):
    """The only source of time below Home Assistant."""

    def now(self) -> datetime:
        """Return the present instant as an aware UTC datetime."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, from an arbitrary origin."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back after a delay in seconds, unless cancelled first."""
