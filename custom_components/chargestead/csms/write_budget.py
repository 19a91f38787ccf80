"""How often a station's flash memory is written to without anybody asking."""

from typing import Final

from ..model.clock import Clock

_BURST: Final = 20
_REFILL_S: Final = 180


class WriteBudget:
    """Lets some writes through at once and then one every three minutes, so that no loop wears out a station."""

    def __init__(self, clock: Clock) -> None:
        """Start full."""
        self._clock = clock
        self._left = float(_BURST)
        self._at = clock.monotonic()

    def take(self) -> float:
        """Take one write; returns 0, or the seconds to wait before there is one."""
        now = self._clock.monotonic()
        self._left = min(self._left + (now - self._at) / _REFILL_S, _BURST)
        self._at = now
        if self._left < 1:
            return (1 - self._left) * _REFILL_S + 0.001
        self._left -= 1
        return 0.0
