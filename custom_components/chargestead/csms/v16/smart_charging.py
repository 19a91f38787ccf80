"""OCPP 1.6 Smart Charging profile (sections 3.13, 5.5, 5.7 and 5.16)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ...model.commands import (
    ClearChargingProfile,
    Command,
    GetCompositeSchedule,
    SetChargingProfile,
)
from ...model.session import Session
from ..adapter import Request
from ..charging_profiles import V16, placed, worded
from ..fields import on_wire, timestamp
from ..limits import Form, Purpose

if TYPE_CHECKING:
    from ..station import ChargingStation

_SKEW: Final = timedelta(seconds=60)

_PURPOSES: Final[Mapping[Purpose, str]] = {
    Purpose.DEFAULT_ON_CONNECTOR: "TxDefaultProfile",
    Purpose.TRANSACTION: "TxProfile",
    Purpose.DEFAULT_ON_STATION: "TxDefaultProfile",
    Purpose.STATION_MAXIMUM: "ChargePointMaxProfile",
}


def limit_profile(
    form: Form, *, profile_id: int, limit: float, session: Session | None, now: datetime
) -> Mapping[str, object] | None:
    """Return the profile that says a limit; an absolute one starts a minute ago, for clocks that are behind."""
    transaction_id = None
    if form.purpose is Purpose.TRANSACTION:
        if session is None:
            return None
        transaction_id = int(session.transaction_id)
    schedule: dict[str, object] = {}
    if form.absolute:
        schedule["startSchedule"] = timestamp((now - _SKEW).replace(microsecond=0))
    schedule["chargingRateUnit"] = form.unit
    amount = int(limit) if limit == int(limit) else limit
    schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": amount}]
    return on_wire(
        chargingProfileId=profile_id,
        transactionId=transaction_id,
        stackLevel=form.stack_level,
        chargingProfilePurpose=_PURPOSES[form.purpose],
        chargingProfileKind="Absolute" if form.absolute else "Relative",
        chargingSchedule=schedule,
    )


def _set(station: ChargingStation, command: SetChargingProfile) -> Request:
    """Install a profile (section 5.16); one for a transaction names it."""
    profile = worded(station, command.profile, V16)
    connector_id, session = placed(station, command.connector_id, profile)
    if session is not None:
        profile["transactionId"] = int(session.transaction_id)
    return Request(
        "SetChargingProfile", on_wire(connectorId=connector_id, csChargingProfiles=profile)
    )


def _clear(_: ChargingStation, command: ClearChargingProfile) -> Request:
    return Request(
        "ClearChargingProfile",
        on_wire(
            id=command.profile_id,
            connectorId=command.connector_id,
            chargingProfilePurpose=V16.purpose(command.purpose),
            stackLevel=command.stack_level,
        ),
    )


def _composite(_: ChargingStation, command: GetCompositeSchedule) -> Request:
    return Request(
        "GetCompositeSchedule",
        on_wire(
            connectorId=command.connector_id,
            duration=command.duration_s,
            chargingRateUnit=command.charging_rate_unit,
        ),
    )


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    SetChargingProfile: _set,
    ClearChargingProfile: _clear,
    GetCompositeSchedule: _composite,
}
