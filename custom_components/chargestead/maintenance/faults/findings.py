"""What readings found of a station's condition, as faults, where a person should act."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...model.events import HealthChanged
from ...model.fault import FaultKind, FaultSource
from ...model.health import Finding, FindingSeverity, HealthMetric
from .report import Report


@dataclass(frozen=True, slots=True)
class _Words:
    """Which fault a finding is, and how its value is written."""

    kind: FaultKind
    unit: str
    digits: int
    factor: float = 1.0


_WORDS: Final[Mapping[HealthMetric, _Words]] = {
    HealthMetric.TEMPERATURE_RISE: _Words(FaultKind.CONTACT_HEATS, "K", 0),
    HealthMetric.LOOP_IMPEDANCE: _Words(FaultKind.TERMINAL_LOOSE, "\u2126", 2),
    HealthMetric.OVERDRAW: _Words(FaultKind.DRAWS_TOO_MUCH, "%", 0, 100),
    HealthMetric.PHASE_LOSS: _Words(FaultKind.PHASE_LOST, "\u00d7", 0),
    HealthMetric.STUCK_CONTACTOR: _Words(FaultKind.CONTACTOR_STUCK, "\u00d7", 0),
    HealthMetric.IDLE_ENERGY: _Words(FaultKind.ENERGY_LEAKS, "Wh", 0),
    HealthMetric.CONTACTOR_WEAR: _Words(FaultKind.CONTACTOR_WORN, "%", 0),
    HealthMetric.METER_DRIFT: _Words(FaultKind.METER_DRIFTS, "%", 1, 100),
    HealthMetric.RECONNECTS: _Words(FaultKind.LINK_FLAKY, "\u00d7", 0),
}


def finding_report(event: HealthChanged) -> tuple[Report, bool] | None:
    """Return the fault a finding is and whether it holds, None for what nobody need act on."""
    words = _WORDS.get(event.metric)
    if words is None:
        return None
    code = words.kind.value if event.phase is None else f"{words.kind.value}_l{event.phase}"
    finding = event.finding
    holds = finding is not None and finding.severity is FindingSeverity.ACT
    report = Report(
        kind=words.kind,
        source=FaultSource.WATCH,
        code=code,
        connector_id=event.connector_id,
        info=None if finding is None else _measured(words, finding),
    )
    return report.cut(), holds


def _measured(words: _Words, finding: Finding) -> str:
    """Write what was measured, and after an arrow what it has become: numbers need no language."""

    def written(value: float) -> str:
        return f"{value * words.factor:.{words.digits}f} {words.unit}"

    phase = "" if finding.phase is None else f"L{finding.phase}: "
    before = "" if finding.baseline is None else f"{written(finding.baseline)} \u2192 "
    return f"{phase}{before}{written(finding.value)}"
