"""Faults: what is wrong with a charging station, whoever noticed it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FaultSeverity(StrEnum):
    """How bad a fault is."""

    INFO = "info"
    """Nothing is at risk; charging goes on."""
    WARNING = "warning"
    """Charging goes on, but not as it should."""
    ERROR = "error"
    """Charging may be impossible until somebody acts."""
    CRITICAL = "critical"
    """People or the building may be at risk."""


class FaultSource(StrEnum):
    """Who noticed a fault."""

    STATUS = "status"
    """The station, with the status of a connector."""
    COMPONENT = "component"
    """The station, with an event of one of its components (OCPP 2.x, N07)."""
    SECURITY = "security"
    """The station, with a security event."""
    WATCH = "watch"
    """We, from what the station does or leaves undone."""


class FaultFix(StrEnum):
    """What can be done about a fault from here."""

    RESTART = "restart"
    UNLOCK = "unlock"
    ENABLE = "enable"
    SEND_LIMIT = "send_limit"
    SET_CLOCK = "set_clock"
    ACCEPT_METER = "accept_meter"
    RENEW_CERTIFICATE = "renew_certificate"
    FETCH_LOG = "fetch_log"
    """Mends nothing, but tells more."""
    ACKNOWLEDGE = "acknowledge"


class FaultKind(StrEnum):
    """What can be wrong, in the words of the person who has to see to it."""

    # Error codes of OCPP 1.6 (section 7.6); components of 2.x mean the same by other names.
    CONNECTOR_LOCK_FAILURE = "connector_lock_failure"
    EV_COMMUNICATION_ERROR = "ev_communication_error"
    GROUND_FAILURE = "ground_failure"
    HIGH_TEMPERATURE = "high_temperature"
    INTERNAL_ERROR = "internal_error"
    LOCAL_LIST_CONFLICT = "local_list_conflict"
    OTHER_ERROR = "other_error"
    OVER_CURRENT_FAILURE = "over_current_failure"
    OVER_VOLTAGE = "over_voltage"
    POWER_METER_FAILURE = "power_meter_failure"
    POWER_SWITCH_FAILURE = "power_switch_failure"
    READER_FAILURE = "reader_failure"
    RESET_FAILURE = "reset_failure"
    UNDER_VOLTAGE = "under_voltage"
    WEAK_SIGNAL = "weak_signal"
    UNKNOWN_ERROR = "unknown_error"

    # Components of OCPP 2.x (part 2, appendix 3) that 1.6 has no code for.
    CABLE_TORN_OFF = "cable_torn_off"
    CASE_OPENED = "case_opened"
    COMPONENT_PROBLEM = "component_problem"
    FALLBACK_MODE = "fallback_mode"
    HUMIDITY = "humidity"
    RECLOSER_FAILURE = "recloser_failure"
    SHOCK = "shock"
    SUPPLY_PROBLEM = "supply_problem"
    TILTED = "tilted"
    WATER_INSIDE = "water_inside"

    # Security events (security whitepaper; 2.x part 2, appendix 1).
    CERTIFICATE_REFUSED = "certificate_refused"
    FIRMWARE_SIGNATURE = "firmware_signature"
    MEMORY_FULL = "memory_full"
    SECURITY_EVENT = "security_event"
    SECURITY_LOG_CLEARED = "security_log_cleared"
    SIGN_IN_FAILED = "sign_in_failed"
    SUSPICIOUS_MESSAGES = "suspicious_messages"
    TAMPERING = "tampering"
    WEAK_ENCRYPTION = "weak_encryption"

    # What we see ourselves.
    BOOTS_OFTEN = "boots_often"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    CLOCK_WRONG = "clock_wrong"
    EMERGENCY_STOP = "emergency_stop"
    LEDGER_FULL = "ledger_full"
    LEDGER_UNWRITABLE = "ledger_unwritable"
    LIMIT_IGNORED = "limit_ignored"
    LIMIT_REFUSED = "limit_refused"
    METER_ERRATIC = "meter_erratic"
    METER_REPLACED = "meter_replaced"
    METER_SILENT = "meter_silent"
    METER_STUCK = "meter_stuck"
    OFFLINE = "offline"
    OUT_OF_SERVICE = "out_of_service"
    POWER_LOST = "power_lost"
    STARTS_FAIL = "starts_fail"
    STATION_CERTIFICATE_EXPIRING = "station_certificate_expiring"

    # What routine readings tell before it becomes a fault.
    CONTACT_HEATS = "contact_heats"
    CONTACTOR_STUCK = "contactor_stuck"
    CONTACTOR_WORN = "contactor_worn"
    DRAWS_TOO_MUCH = "draws_too_much"
    ENERGY_LEAKS = "energy_leaks"
    LINK_FLAKY = "link_flaky"
    METER_DRIFTS = "meter_drifts"
    PHASE_LOST = "phase_lost"
    TERMINAL_LOOSE = "terminal_loose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is, or was, wrong.

    `key` tells it from others of its station; `station_id` is None for the house, `connector_id` 0 for a station as a
    whole. `code`, `vendor_id`, `vendor_code` and `info` are as the station said them. It `active`ly holds by the last
    that was heard; it was `noticed` once it lasted or came again, which is when people are told. `first_at` and
    `last_at` are when it came first and last, `over_at` when it was last over, `closed_at` when the matter was closed.
    All by our own clock.
    """

    key: str
    station_id: str | None
    connector_id: int
    kind: FaultKind
    source: FaultSource
    severity: FaultSeverity
    code: str
    vendor_id: str | None = None
    vendor_code: str | None = None
    info: str | None = None
    first_at: datetime
    last_at: datetime
    over_at: datetime | None = None
    closed_at: datetime | None = None
    count: int = 1
    active: bool = True
    noticed: bool = False

    @property
    def is_open(self) -> bool:
        """Tell whether people are to know of it."""
        return self.noticed and self.closed_at is None
