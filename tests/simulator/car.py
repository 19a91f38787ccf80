"""The electric car at the other end of the cable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import math
from typing import Final

NOMINAL_VOLTAGE: Final = 230.0
MINIMUM_CURRENT: Final = 6.0
TAPER_FLOOR: Final = 0.08


def _onboard_charger() -> Mapping[int, float]:
    return {1: 32.0, 2: 16.0, 3: 16.0}


@dataclass(kw_only=True, slots=True)
class Car:
    """A battery behind an on-board charger.

    It takes what it is offered up to `max_current[phases]`, nothing below 6 A, and less and
    less above `taper_from` percent; at `target_soc` it stops by itself. After a pause it needs
    `wake_up_delay` seconds before it draws again; with `refuses_to_resume` it wants the cable
    replugged first.
    """

    capacity_kwh: float = 60.0
    soc: float = 40.0
    target_soc: float = 100.0
    phases: int = 3
    max_current: Mapping[int, float] = field(default_factory=_onboard_charger)
    taper_from: float = 80.0
    efficiency: float = 0.92
    wake_up_delay: float = 5.0
    refuses_to_resume: bool = False

    @property
    def full(self) -> bool:
        """Return whether the car wants no more."""
        return self.soc >= self.target_soc - 1e-9

    def appetite_a(self, phases: int) -> float:
        """Return the current per phase it would take if offered any amount."""
        if self.full or phases < 1:
            return 0.0
        return self._ceiling_a(phases) * self._taper(self.soc)

    def draw_a(self, offered_a: float, phases: int) -> float:
        """Return the current per phase it takes of what is offered."""
        if offered_a < MINIMUM_CURRENT:
            return 0.0
        return min(offered_a, self.appetite_a(phases))

    def charge(self, offered_a: float, volts: tuple[float, ...], seconds: float) -> float:
        """Charge for a while at a steady offer; return the energy taken from the grid in Wh.

        `volts` holds one voltage per phase in use. The result is exact, so it does not depend
        on how a span is cut into pieces.
        """
        phases = len(volts)
        ceiling = self._ceiling_a(phases)
        if offered_a < MINIMUM_CURRENT or self.full or ceiling <= 0:
            return 0.0
        began = self.soc
        left = seconds
        level = min(offered_a, ceiling)
        rate = self._soc_per_amp_second(volts)
        knee = min(self._knee(level / ceiling), self.target_soc)
        if self.soc < knee:
            span = min(left, (knee - self.soc) / (rate * level))
            self.soc += rate * level * span
            left -= span
        if left > 0 and self.soc < self.target_soc:
            slope, zero = self._taper_line()
            decay = math.exp(-rate * ceiling * slope * left)
            self.soc = min(zero - (zero - self.soc) * decay, self.target_soc)
        return (self.soc - began) * self._wh_per_soc()

    def seconds_to_target(self, offered_a: float, volts: tuple[float, ...]) -> float | None:
        """Return how long it draws at this offer, None if it does not draw at all."""
        ceiling = self._ceiling_a(len(volts))
        if offered_a < MINIMUM_CURRENT or self.full or ceiling <= 0:
            return None
        level = min(offered_a, ceiling)
        rate = self._soc_per_amp_second(volts)
        knee = min(self._knee(level / ceiling), self.target_soc)
        seconds = max(knee - self.soc, 0.0) / (rate * level)
        start = max(self.soc, knee)
        if start < self.target_soc:
            slope, zero = self._taper_line()
            ratio = (zero - self.target_soc) / (zero - start)
            seconds -= math.log(ratio) / (rate * ceiling * slope)
        return seconds

    def _ceiling_a(self, phases: int) -> float:
        usable = [count for count in self.max_current if count <= phases]
        return self.max_current[max(usable)] if usable else 0.0

    def _wh_per_soc(self) -> float:
        return self.capacity_kwh * 10 / self.efficiency

    def _soc_per_amp_second(self, volts: tuple[float, ...]) -> float:
        return sum(volts) / 3600 / self._wh_per_soc()

    def _taper_line(self) -> tuple[float, float]:
        """Return the slope per percent and the SoC at which the line would reach zero."""
        slope = (1 - TAPER_FLOOR) / max(100 - self.taper_from, 1e-6)
        return slope, self.taper_from + 1 / slope

    def _taper(self, soc: float) -> float:
        if soc <= self.taper_from:
            return 1.0
        slope, zero = self._taper_line()
        return (zero - soc) * slope

    def _knee(self, fraction: float) -> float:
        """Return the SoC from which the car takes less than this fraction of its maximum."""
        if fraction >= 1:
            return self.taper_from
        slope, zero = self._taper_line()
        return zero - fraction / slope
