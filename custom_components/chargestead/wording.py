"""How things of the domain are put in states and attributes."""

import re
from typing import Final

from .model.fault import Fault
from .model.money import Cost
from .model.reservation import Reservation
from .model.session import Session
from .model.station import ConnectorState

_MWH_PER_KWH: Final = 1_000_000
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# OCPP 1.6 section 7.25 and the security whitepaper section 5.6; OCPP 2.0.1 part 2 section 3.37.
FIRMWARE_STATUSES: Final = (
    "downloaded",
    "download_failed",
    "downloading",
    "download_paused",
    "download_scheduled",
    "idle",
    "installation_failed",
    "installed",
    "installing",
    "install_rebooting",
    "install_scheduled",
    "install_verification_failed",
    "invalid_signature",
    "signature_verified",
)


def kilowatt_hours(energy_mwh: int | None) -> float | None:
    """Return an energy in kWh as people read it."""
    return None if energy_mwh is None else energy_mwh / _MWH_PER_KWH


def snake_case(name: str) -> str:
    """Return a CamelCase name of OCPP as Home Assistant writes states."""
    return _WORD_START.sub("_", name).lower()


def firmware_status(status: str | None) -> str | None:
    """Return a firmware status as one of `FIRMWARE_STATUSES`, None for any other."""
    if status is None:
        return None
    state = snake_case(status)
    return state if state in FIRMWARE_STATUSES else None


def cost_attributes(cost: Cost) -> dict[str, object]:
    """Return what an automation may want to know of a cost."""
    return {
        "cost": float(cost.after_taxes),
        "currency": cost.currency,
        "provisional": cost.provisional,
    }


def session_attributes(session: Session) -> dict[str, object]:
    """Return what an automation may want to know of a session."""
    return {
        "session_id": session.id,
        "transaction_id": session.transaction_id,
        "id_token": session.id_token,
        "started_at": session.started_at.isoformat(),
        "ended_at": session.ended_at.isoformat() if session.ended_at else None,
        "energy": kilowatt_hours(session.energy_mwh),
        "stop_reason": session.stop_reason,
        "flags": sorted(session.flags),
    }


def fault_attributes(fault: Fault) -> dict[str, object]:
    """Return what an automation may want to know of a fault."""
    return {
        "connector_id": fault.connector_id,
        "kind": fault.kind.value,
        "severity": fault.severity.value,
        "code": fault.code,
        "info": fault.info,
        "vendor_id": fault.vendor_id,
        "vendor_error_code": fault.vendor_code,
        "since": fault.last_at.isoformat(),
        "count": fault.count,
    }


def reservation_attributes(reservation: Reservation) -> dict[str, object]:
    """Return what an automation may want to know of a reservation."""
    return {
        "reservation_id": reservation.id,
        "status": reservation.state.value,
        "connector_id": reservation.connector_id,
        "id_token": reservation.id_token,
        "expires_at": reservation.expires_at.isoformat(),
        "transaction_id": reservation.transaction_id,
    }


def external_limit_attributes(connector: ConnectorState) -> dict[str, object] | None:
    """Return who else limits a connector, and how; None where nobody does."""
    limit = connector.external_limit
    if limit is None:
        return None
    return {
        "external_source": limit.source,
        "external_limit": limit.current_a,
        "external_since": limit.since.isoformat(),
        "grid_critical": limit.grid_critical,
        "local_generation": limit.generation,
    }
