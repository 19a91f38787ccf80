"""The energy meter behind a connector."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
import zlib

from .car import NOMINAL_VOLTAGE

VOLTAGE_SPREAD: Final = 1.5


@dataclass(frozen=True, kw_only=True, slots=True)
class MeterSnapshot:
    """Everything the station can measure at one moment."""

    at: datetime
    register_wh: int
    currents_a: tuple[float, ...]
    voltages_v: tuple[float, ...]
    power_w: float
    offered_a: float
    offered_w: float
    soc: float | None
    temperature_c: float
    interval_wh: float

    @property
    def powers_w(self) -> tuple[float, ...]:
        """Return the active power of each phase."""
        return tuple(volt * amp for volt, amp in zip(self.voltages_v, self.currents_a, strict=True))


class Meter:
    """A register that only counts up, on a grid that sways a little."""

    def __init__(self, seed: str, register_wh: float) -> None:
        """Begin with what the register has counted so far."""
        self._seed = seed
        self._exact_wh = float(register_wh)

    @property
    def register_wh(self) -> int:
        """Return the register as it is displayed, in whole Wh."""
        return int(self._exact_wh + 1e-6)

    @property
    def exact_wh(self) -> float:
        """Return the energy counted, with fractions."""
        return self._exact_wh

    def count(self, energy_wh: float) -> None:
        """Add imported energy."""
        if energy_wh < 0:
            message = "an import register does not count backwards"
            raise ValueError(message)
        self._exact_wh += energy_wh

    def voltages(self, at: datetime, phases: int = 3) -> tuple[float, ...]:
        """Return the voltage of each phase; it changes once a minute."""
        return tuple(self._voltage(phase, at) for phase in range(1, phases + 1))

    def _voltage(self, phase: int, at: datetime) -> float:
        minute = int(at.timestamp() // 60)
        noise = zlib.crc32(f"{self._seed}:{phase}:{minute}".encode()) / 0xFFFFFFFF
        return round(NOMINAL_VOLTAGE + (2 * noise - 1) * VOLTAGE_SPREAD, 1)
