"""Which variables of a station are worth being told of at once (OCPP 2.0.1 part 2, N04)."""

from collections.abc import Iterable
from typing import Final

from ...model.commands import MonitorSetting, MonitorType
from ...model.fault import FaultSeverity
from ...model.monitor import Monitor
from .components import KINDS, YES_OR_NO
from .rules import rule_of

_MOST: Final = 50
_ANY_CHANGE: Final = 1
_SEVERITIES: Final = {
    FaultSeverity.CRITICAL: 2,
    FaultSeverity.ERROR: 4,
    FaultSeverity.WARNING: 6,
    FaultSeverity.INFO: 8,
}
_TELLING: Final = frozenset({MonitorType.DELTA.value})
_HARD_WIRED: Final = "hard_wired_monitor"


def wanted_monitors(
    variables: Iterable[str], present: Iterable[Monitor]
) -> tuple[MonitorSetting, ...]:
    """Return the monitors a station should have and has not.

    What tells a fault by being true or false is to be told with every change; what the station watches by itself, or
    was asked to watch by whomever, is left as it is. Thresholds of temperatures are the maker's to know.
    """
    watched = {
        item.variable for item in present if item.type in _TELLING or item.kind == _HARD_WIRED
    }
    found = []
    for name in variables:
        component, _, variable = name.rpartition(".")
        kind = KINDS.get(component.partition("@")[0].partition(".")[0])
        if kind is None or variable not in YES_OR_NO or name in watched:
            continue
        found.append(
            MonitorSetting(
                variable=name,
                type=MonitorType.DELTA,
                value=_ANY_CHANGE,
                severity=_SEVERITIES[rule_of(kind).severity],
            )
        )
    return tuple(sorted(found, key=lambda item: (item.severity, item.variable))[:_MOST])
