"""Meter readings and live measurements."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReadingContext(StrEnum):
    """Why a register was read (OCPP 1.6 section 7.33, OCPP 2.0.1 part 2 section 3.66)."""

    BEGIN = "begin"
    END = "end"
    PERIODIC = "periodic"
    ALIGNED = "aligned"
    TRIGGER = "trigger"
    INTERRUPTION = "interruption"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """One reading of a connector's imported-energy register.

    `at` is the station's own timestamp, corrected for its clock where that was needed. `signed` is the signed meter
    value exactly as the station delivered it, if it did.
    """

    at: datetime
    register_mwh: int
    context: ReadingContext = ReadingContext.PERIODIC
    signed: str | None = None


type PhaseValues = tuple[float | None, float | None, float | None]

NO_PHASES: PhaseValues = (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """The newest live values of a connector; None where nothing is known.

    Power in W, current in A, voltage (phase to neutral) in V, temperature in degrees Celsius, state of charge in
    percent, frequency in Hz. Per-phase values are in the order L1, L2, L3.
    """

    at: datetime | None = None
    power_w: float | None = None
    power_offered_w: float | None = None
    current_a: PhaseValues = NO_PHASES
    current_offered_a: float | None = None
    voltage_v: PhaseValues = NO_PHASES
    state_of_charge: float | None = None
    temperature_c: float | None = None
    frequency_hz: float | None = None

    @property
    def max_current_a(self) -> float | None:
        """Return the current of the most loaded phase."""
        return max((value for value in self.current_a if value is not None), default=None)


NO_MEASUREMENTS = Measurements()
