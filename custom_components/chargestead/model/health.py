"""What readings tell about the condition of a charging station, before it becomes a fault."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class HealthMetric(StrEnum):
    """What is watched at a connector, or with number 0 at the station itself."""

    TEMPERATURE_RISE = "temperature_rise"
    LOOP_IMPEDANCE = "loop_impedance"
    OVERDRAW = "overdraw"
    DERATING = "derating"
    PHASE_LOSS = "phase_loss"
    STUCK_CONTACTOR = "stuck_contactor"
    IDLE_ENERGY = "idle_energy"
    CONTACTOR_WEAR = "contactor_wear"
    METER_DRIFT = "meter_drift"
    RECONNECTS = "reconnects"


class FindingSeverity(StrEnum):
    """What a finding asks for."""

    WATCH = "watch"
    """Worth knowing; nobody has to do anything."""
    ACT = "act"
    """A person should act before it becomes a fault."""


type Evidence = tuple[date, float]
"""A day, and what was measured on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that readings tell, with the readings that tell it.

    `value` is what it is now and `baseline` what it was when the station was new here, None where there is nothing to
    compare with; their unit is that of the metric. `phase` is 1, 2 or 3 where one phase is meant. `evidence` is the
    values of the days, oldest first.
    """

    station_id: str
    connector_id: int
    metric: HealthMetric
    severity: FindingSeverity
    since: datetime
    value: float
    baseline: float | None = None
    phase: int | None = None
    evidence: tuple[Evidence, ...] = ()
