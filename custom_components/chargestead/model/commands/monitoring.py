"""Monitors: what a station watches of itself, and tells when it changes (OCPP 2.0.1 part 2, functional block N)."""

from dataclasses import dataclass
from enum import StrEnum

from .base import Command


class MonitoringBase(StrEnum):
    """Which monitors shall be there: all, those of the factory, or the hard-wired ones alone."""

    ALL = "all"
    FACTORY_DEFAULT = "factory_default"
    HARD_WIRED_ONLY = "hard_wired_only"


class MonitorType(StrEnum):
    """What a monitor waits for; the last two are of 2.1."""

    UPPER_THRESHOLD = "upper_threshold"
    LOWER_THRESHOLD = "lower_threshold"
    DELTA = "delta"
    PERIODIC = "periodic"
    PERIODIC_CLOCK_ALIGNED = "periodic_clock_aligned"
    TARGET_DELTA = "target_delta"
    TARGET_DELTA_RELATIVE = "target_delta_relative"


class MonitoringCriterion(StrEnum):
    """Which kinds of monitors a report is about."""

    THRESHOLD = "threshold"
    DELTA = "delta"
    PERIODIC = "periodic"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMonitoringBase(Command):
    """Choose the set of monitors to begin with (SetMonitoringBase); all but `ALL` forget those set from here."""

    base: MonitoringBase


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMonitoringLevel(Command):
    """Be told only of events of this severity or worse (SetMonitoringLevel): 0 is danger, 9 is debugging."""

    severity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorSetting:
    """One monitor to set.

    `variable` is written `Component[.instance][@evse[:connector]].Variable[.instance]`. `value` is a bound, a change, a
    share of the target or a time in s, by the type. With an `id` the monitor of that id is replaced; `transaction`
    makes it one that only watches while a transaction runs.
    """

    variable: str
    type: MonitorType
    value: float
    severity: int
    id: int | None = None
    transaction: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVariableMonitoring(Command):
    """Set monitors (SetVariableMonitoring); it fails where the station takes none of them."""

    monitors: tuple[MonitorSetting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearVariableMonitoring(Command):
    """Remove monitors (ClearVariableMonitoring); it fails where the station removes none of them."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetMonitoringReport(Command):
    """List the monitors that are set (GetMonitoringReport); none named means all of them.

    `components` are written `Component[.instance][@evse[:connector]]`, `variables` as those of `MonitorSetting`.
    """

    criteria: tuple[MonitoringCriterion, ...] = ()
    components: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
