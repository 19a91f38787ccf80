"""How bad each kind of fault is, when people are told of it, and what can be done from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ...model.fault import FaultFix, FaultKind, FaultSeverity

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * _DAY_S

_LASTS_S: Final[Mapping[FaultSeverity, float]] = {
    FaultSeverity.CRITICAL: 5,
    FaultSeverity.ERROR: 20,
    FaultSeverity.WARNING: 60,
    FaultSeverity.INFO: 120,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What holds for a kind of fault.

    People are told once it has lasted `lasts_s`, or has come `times` within `window_s`. One that is told of because it
    comes again and again is over after `window_s` of peace. A `momentary` one has no end of its own: something
    happened. `fixes` are offered in this order; the safety of people is nothing to be restarted from afar.
    """

    severity: FaultSeverity
    fixes: tuple[FaultFix, ...] = ()
    lasts_s: float
    times: int = 3
    window_s: float = _DAY_S
    momentary: bool = False


def _lasting(
    severity: FaultSeverity, *fixes: FaultFix, lasts_s: float | None = None, times: int = 3
) -> Rule:
    lasts_s = _LASTS_S[severity] if lasts_s is None else lasts_s
    return Rule(severity=severity, fixes=fixes, lasts_s=lasts_s, times=times)


def _momentary(
    severity: FaultSeverity, *fixes: FaultFix, times: int = 1, window_s: float = _WEEK_S
) -> Rule:
    return Rule(
        severity=severity,
        fixes=fixes,
        lasts_s=0,
        times=times,
        window_s=window_s,
        momentary=True,
    )


_INFO, _WARNING = FaultSeverity.INFO, FaultSeverity.WARNING
_ERROR, _CRITICAL = FaultSeverity.ERROR, FaultSeverity.CRITICAL
_RESTART, _ENABLE, _SEEN = FaultFix.RESTART, FaultFix.ENABLE, FaultFix.ACKNOWLEDGE
_LOG = FaultFix.FETCH_LOG
_NEVER: Final = 10**9

RULES: Final[Mapping[FaultKind, Rule]] = {
    FaultKind.CONNECTOR_LOCK_FAILURE: _lasting(_ERROR, FaultFix.UNLOCK, _RESTART),
    FaultKind.EV_COMMUNICATION_ERROR: _lasting(_WARNING, _RESTART),
    FaultKind.GROUND_FAILURE: _lasting(_CRITICAL),
    FaultKind.HIGH_TEMPERATURE: _lasting(_ERROR),
    FaultKind.INTERNAL_ERROR: _lasting(_ERROR, _RESTART, _ENABLE, _LOG),
    FaultKind.LOCAL_LIST_CONFLICT: _lasting(_INFO),
    FaultKind.OTHER_ERROR: _lasting(_WARNING, _RESTART, _ENABLE, _LOG),
    FaultKind.OVER_CURRENT_FAILURE: _lasting(_CRITICAL),
    FaultKind.OVER_VOLTAGE: _lasting(_ERROR),
    FaultKind.POWER_METER_FAILURE: _lasting(_ERROR, _RESTART),
    FaultKind.POWER_SWITCH_FAILURE: _lasting(_CRITICAL),
    FaultKind.READER_FAILURE: _lasting(_WARNING, _RESTART),
    FaultKind.RESET_FAILURE: _lasting(_ERROR, _RESTART, _LOG),
    FaultKind.UNDER_VOLTAGE: _lasting(_WARNING),
    FaultKind.WEAK_SIGNAL: _lasting(_WARNING),
    FaultKind.UNKNOWN_ERROR: _lasting(_WARNING, _RESTART, _ENABLE, _LOG),
    FaultKind.CABLE_TORN_OFF: _lasting(_CRITICAL, _SEEN),
    FaultKind.CASE_OPENED: _lasting(_WARNING, _SEEN, lasts_s=5),
    FaultKind.COMPONENT_PROBLEM: _lasting(_WARNING, _RESTART, _LOG),
    FaultKind.FALLBACK_MODE: _lasting(_WARNING, _RESTART, _LOG),
    FaultKind.HUMIDITY: _lasting(_WARNING),
    FaultKind.RECLOSER_FAILURE: _lasting(_ERROR),
    FaultKind.SHOCK: _lasting(_WARNING, _SEEN, lasts_s=5),
    FaultKind.SUPPLY_PROBLEM: _lasting(_ERROR),
    FaultKind.TILTED: _lasting(_ERROR, _SEEN, lasts_s=5),
    FaultKind.WATER_INSIDE: _lasting(_CRITICAL),
    FaultKind.CERTIFICATE_REFUSED: _momentary(_ERROR, FaultFix.RENEW_CERTIFICATE, _SEEN),
    FaultKind.FIRMWARE_SIGNATURE: _momentary(_ERROR, _SEEN),
    FaultKind.MEMORY_FULL: _momentary(_WARNING, _RESTART, _SEEN),
    FaultKind.SECURITY_EVENT: _momentary(_INFO, _SEEN),
    FaultKind.SECURITY_LOG_CLEARED: _momentary(_INFO, _SEEN),
    FaultKind.SIGN_IN_FAILED: _momentary(_WARNING, _SEEN, times=3, window_s=_DAY_S),
    FaultKind.SUSPICIOUS_MESSAGES: _momentary(_WARNING, _SEEN, times=3, window_s=_DAY_S),
    FaultKind.TAMPERING: _momentary(_ERROR, _SEEN),
    FaultKind.WEAK_ENCRYPTION: _momentary(_WARNING, _SEEN),
    FaultKind.BOOTS_OFTEN: _momentary(_WARNING, times=5, window_s=_HOUR_S),
    FaultKind.CERTIFICATE_EXPIRED: _lasting(_ERROR, lasts_s=0),
    FaultKind.CERTIFICATE_EXPIRING: _lasting(_WARNING, lasts_s=0),
    FaultKind.CLOCK_WRONG: _lasting(_WARNING, FaultFix.SET_CLOCK, _RESTART, lasts_s=300),
    FaultKind.EMERGENCY_STOP: _momentary(_ERROR, _SEEN),
    FaultKind.LEDGER_FULL: _lasting(_ERROR, lasts_s=0),
    FaultKind.LEDGER_UNWRITABLE: _lasting(_ERROR, lasts_s=0),
    FaultKind.LIMIT_IGNORED: _lasting(_ERROR, FaultFix.SEND_LIMIT, _RESTART, lasts_s=180),
    FaultKind.LIMIT_REFUSED: _lasting(_ERROR, FaultFix.SEND_LIMIT, _RESTART, lasts_s=180),
    FaultKind.METER_ERRATIC: _momentary(_WARNING, _RESTART, times=3, window_s=_DAY_S),
    FaultKind.METER_REPLACED: _momentary(_WARNING, FaultFix.ACCEPT_METER),
    FaultKind.METER_SILENT: _lasting(_WARNING, _RESTART, lasts_s=0),
    FaultKind.METER_STUCK: _lasting(_ERROR, _RESTART, lasts_s=0),
    FaultKind.OFFLINE: _lasting(_WARNING, lasts_s=_HOUR_S, times=_NEVER),
    FaultKind.OUT_OF_SERVICE: _lasting(_INFO, _ENABLE, lasts_s=_DAY_S, times=_NEVER),
    FaultKind.POWER_LOST: _momentary(_WARNING, times=3, window_s=_DAY_S),
    FaultKind.STARTS_FAIL: _momentary(_WARNING, _RESTART, _LOG, times=3, window_s=_DAY_S),
    FaultKind.STATION_CERTIFICATE_EXPIRING: _lasting(
        _WARNING, FaultFix.RENEW_CERTIFICATE, lasts_s=0
    ),
    FaultKind.CONTACT_HEATS: _lasting(_ERROR, lasts_s=0),
    FaultKind.CONTACTOR_STUCK: _lasting(_CRITICAL, lasts_s=0),
    FaultKind.CONTACTOR_WORN: _lasting(_WARNING, lasts_s=0),
    FaultKind.DRAWS_TOO_MUCH: _lasting(_ERROR, lasts_s=0),
    FaultKind.ENERGY_LEAKS: _lasting(_WARNING, lasts_s=0),
    FaultKind.LINK_FLAKY: _lasting(_WARNING, lasts_s=0),
    FaultKind.METER_DRIFTS: _lasting(_WARNING, lasts_s=0),
    FaultKind.PHASE_LOST: _lasting(_ERROR, lasts_s=0),
    FaultKind.TERMINAL_LOOSE: _lasting(_ERROR, lasts_s=0),
}


def rule_of(kind: FaultKind) -> Rule:
    """Return what holds for a kind."""
    return RULES[kind]
