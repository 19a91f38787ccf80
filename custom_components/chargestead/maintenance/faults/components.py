"""Faults that components of a station tell of (OCPP 2.0.1 part 2, N07 and appendix 3)."""

from collections.abc import Mapping
from typing import Final

from ...model.events import ComponentEvent
from ...model.fault import FaultKind, FaultSeverity, FaultSource
from .report import Report, key_of
from .vendors import NO_VENDOR_CODES, VendorCodes

KINDS: Final[Mapping[str, FaultKind]] = {
    "CableBreakawaySensor": FaultKind.CABLE_TORN_OFF,
    "CaseAccessSensor": FaultKind.CASE_OPENED,
    "ConnectorPlugRetentionLock": FaultKind.CONNECTOR_LOCK_FAILURE,
    "ControlMetering": FaultKind.POWER_METER_FAILURE,
    "CPPWMController": FaultKind.EV_COMMUNICATION_ERROR,
    "DataLink": FaultKind.WEAK_SIGNAL,
    "ElectricalFeed": FaultKind.SUPPLY_PROBLEM,
    "EmergencyStopSensor": FaultKind.EMERGENCY_STOP,
    "FiscalMetering": FaultKind.POWER_METER_FAILURE,
    "FloodSensor": FaultKind.WATER_INSIDE,
    "GroundIsolationProtection": FaultKind.GROUND_FAILURE,
    "HumiditySensor": FaultKind.HUMIDITY,
    "ISO15118Ctrlr": FaultKind.EV_COMMUNICATION_ERROR,
    "LocalAuthListCtrlr": FaultKind.LOCAL_LIST_CONFLICT,
    "OverCurrentProtection": FaultKind.OVER_CURRENT_FAILURE,
    "OverCurrentProtectionRecloser": FaultKind.RECLOSER_FAILURE,
    "PowerContactor": FaultKind.POWER_SWITCH_FAILURE,
    "RCD": FaultKind.GROUND_FAILURE,
    "RCDRecloser": FaultKind.RECLOSER_FAILURE,
    "ShockSensor": FaultKind.SHOCK,
    "TemperatureSensor": FaultKind.HIGH_TEMPERATURE,
    "TiltSensor": FaultKind.TILTED,
    "TokenReader": FaultKind.READER_FAILURE,
    "VehicleIdSensor": FaultKind.EV_COMMUNICATION_ERROR,
}
"""What is wrong when a component of that name says so."""

_BY_VARIABLE: Final[Mapping[str, FaultKind]] = {
    "Fallback": FaultKind.FALLBACK_MODE,
    "Overload": FaultKind.OVER_CURRENT_FAILURE,
    "Temperature": FaultKind.HIGH_TEMPERATURE,
}
"""What is wrong whatever component the variable is of."""

YES_OR_NO: Final = frozenset({"Problem", "Tripped", "Fallback", "Overload"})
"""The variables that are true while something is wrong."""

_ALERTING: Final = "Alerting"
_AVAILABILITY: Final = "AvailabilityState"
_STATES: Final = {"true": True, "1": True, "false": False, "0": False}
_FOLDED: Final = {name.casefold(): kind for name, kind in KINDS.items()}
_WORST: Final = (
    *(FaultSeverity.CRITICAL,) * 4,
    *(FaultSeverity.ERROR,) * 2,
    FaultSeverity.WARNING,
    *(FaultSeverity.INFO,) * 3,
)
"""By the severity of a monitor (N04): danger and failures, errors and alerts, warnings, the rest."""


def code_of(event: ComponentEvent) -> str:
    """Return how a variable is called, as actions and the configuration call it."""
    component = event.component if event.instance is None else f"{event.component}.{event.instance}"
    return f"{component}.{event.variable}"


def component_report(
    event: ComponentEvent, codes: VendorCodes = NO_VENDOR_CODES
) -> tuple[str, Report | None] | None:
    """Return the key of a fault with its report, or with None when it is over; None where an event tells of no fault.

    An alert is over when it is cleared, a variable that is true or false when it is false.
    """
    if event.variable == _AVAILABILITY:
        return None
    state = (
        _STATES.get((event.value or "").strip().casefold())
        if event.variable in YES_OR_NO
        else (True if event.trigger == _ALERTING else None)
    )
    code, connector_id = code_of(event), event.evse_id or 0
    key = key_of(FaultSource.COMPONENT, connector_id, code, None)
    if event.cleared or state is False:
        return key, None
    if state is None:
        return None
    severity = None
    if event.severity is not None and 0 <= event.severity < len(_WORST):
        severity = _WORST[event.severity]
    kind, info = _kind(event), _info(event)
    known = codes.find(event.tech_code)
    if known is not None and kind is FaultKind.COMPONENT_PROBLEM:
        kind = known.kind
    if known is not None and known.text:
        info = f"{known.text} ({info})"
    report = Report(
        kind=kind,
        source=FaultSource.COMPONENT,
        code=code,
        connector_id=connector_id,
        info=info,
        severity=severity,
    )
    return key, report.cut()


def _kind(event: ComponentEvent) -> FaultKind:
    kind = _BY_VARIABLE.get(event.variable)
    return kind or _FOLDED.get(event.component.casefold(), FaultKind.COMPONENT_PROBLEM)


def _info(event: ComponentEvent) -> str | None:
    said = [text for text in (event.tech_code, event.tech_info) if text]
    if event.variable not in YES_OR_NO and event.value:
        said.insert(0, event.value)
    return ", ".join(said) or None
