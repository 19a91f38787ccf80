"""Functional block K: charging profiles and limits from elsewhere."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from ...model.commands import (
    ClearChargingProfile,
    Command,
    GetChargingProfiles,
    GetCompositeSchedule,
    SetChargingProfile,
)
from ...model.errors import CommandRefusedError
from ...model.session import Session
from ..adapter import Request, stated
from ..charging_profiles import placed, worded
from ..connection import Reply
from ..fields import integer, objects, on_wire, text, timestamp
from ..limits import Form, Purpose
from ..rpc import Payload
from .blocks import Handler, notice, noticed
from .values import inner

if TYPE_CHECKING:
    from .adapter import Adapter2

_UNTOLD: Final = "Other"
_ALL_SOURCES: Final = ["CSO", "EMS", "Other", "SO"]
_SKEW: Final = timedelta(seconds=60)
_PURPOSES: Final[Mapping[Purpose, str]] = {
    Purpose.DEFAULT_ON_CONNECTOR: "TxDefaultProfile",
    Purpose.TRANSACTION: "TxProfile",
    Purpose.DEFAULT_ON_STATION: "TxDefaultProfile",
    Purpose.STATION_MAXIMUM: "ChargingStationMaxProfile",
}


def limit_profile(
    form: Form, *, profile_id: int, limit: float, session: Session | None, now: datetime
) -> Mapping[str, object] | None:
    """Return the profile that says a limit; an absolute one starts a minute ago, for clocks that are behind."""
    transaction_id = None
    if form.purpose is Purpose.TRANSACTION:
        if session is None:
            return None
        transaction_id = session.transaction_id
    amount = int(limit) if limit == int(limit) else limit
    schedule = on_wire(
        id=profile_id,
        startSchedule=timestamp((now - _SKEW).replace(microsecond=0)) if form.absolute else None,
        chargingRateUnit=form.unit,
        chargingSchedulePeriod=[{"startPeriod": 0, "limit": amount}],
    )
    return on_wire(
        id=profile_id,
        stackLevel=form.stack_level,
        chargingProfilePurpose=_PURPOSES[form.purpose],
        chargingProfileKind="Absolute" if form.absolute else "Relative",
        transactionId=transaction_id,
        chargingSchedule=[schedule],
    )


def _set(adapter: Adapter2, command: SetChargingProfile) -> Request:
    """Install a profile (K01); one for a transaction names it (K01.FR.03)."""
    profile = worded(adapter.station, command.profile, adapter.dialect)
    evse_id, session = placed(adapter.station, command.connector_id, profile)
    if session is not None:
        profile["transactionId"] = session.transaction_id
    return Request("SetChargingProfile", on_wire(evseId=evse_id, chargingProfile=profile))


def _clear(adapter: Adapter2, command: ClearChargingProfile) -> Request:
    """Remove profiles (K10)."""
    criteria = on_wire(
        evseId=command.connector_id,
        chargingProfilePurpose=adapter.dialect.purpose(command.purpose),
        stackLevel=command.stack_level,
    )
    return Request(
        "ClearChargingProfile",
        on_wire(chargingProfileId=command.profile_id, chargingProfileCriteria=criteria or None),
    )


def _get(adapter: Adapter2, command: GetChargingProfiles) -> Request:
    """Ask for the profiles there are (K09); that there are none is no error."""
    sources = list(command.sources)
    if command == GetChargingProfiles():
        # Something must be named (K09.FR.03), and this is what all profiles have.
        sources = _ALL_SOURCES
    criteria = on_wire(
        chargingProfileId=list(command.profile_ids) or None,
        chargingProfilePurpose=adapter.dialect.purpose(command.purpose),
        stackLevel=command.stack_level,
        chargingLimitSource=sources or None,
    )
    action = "GetChargingProfiles"
    request_id = adapter.reports.open()

    async def complete(answer: Payload) -> Payload:
        status = stated(answer) or ""
        if status.casefold() != "accepted":
            adapter.reports.drop(request_id)
            if status.casefold() != "noprofiles":
                raise CommandRefusedError(adapter.station.station_id, action, status, answer)
            return {**answer, "profiles": [], "complete": True}
        report = await adapter.reports.wait(request_id)
        return {**answer, "profiles": report.entries, "complete": report.complete}

    return Request(
        action,
        on_wire(requestId=request_id, evseId=command.connector_id, chargingProfile=criteria),
        judged=False,
        complete=complete,
        abandon=partial(adapter.reports.drop, request_id),
    )


def charging_limit(adapter: Adapter2, payload: Payload) -> Reply:
    """Take that somebody else limits charging, at an EVSE or the whole station (K11, K12, K14)."""
    limit = inner(payload, "chargingLimit")
    adapter.station.external_limits.notified(
        integer(payload, "evseId") or 0,
        text(limit, "chargingLimitSource") or _UNTOLD,
        objects(payload, "chargingSchedule"),
        grid_critical=limit.get("isGridCritical") is True,
        generation=limit.get("isLocalGeneration") is True,
    )
    notice(adapter, "NotifyChargingLimit", payload)
    return {}


def cleared_limit(adapter: Adapter2, payload: Payload) -> Reply:
    """Take that somebody else limits charging no more (K13)."""
    adapter.station.external_limits.cleared(
        integer(payload, "evseId") or 0, text(payload, "chargingLimitSource") or _UNTOLD
    )
    notice(adapter, "ClearedChargingLimit", payload)
    return {}


def reported_profiles(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a part of a report of profiles (K09); parts have no numbers."""
    where = {
        "evseId": integer(payload, "evseId"),
        "chargingLimitSource": text(payload, "chargingLimitSource"),
    }
    adapter.reports.take_next(
        integer(payload, "requestId"),
        [{**where, "chargingProfile": item} for item in objects(payload, "chargingProfile")],
        more=payload.get("tbc") is True,
    )
    notice(adapter, "ReportChargingProfiles", payload)
    return {}


def _composite(_: Adapter2, command: GetCompositeSchedule) -> Request:
    """Ask for the composite schedule (K08)."""
    return Request(
        "GetCompositeSchedule",
        on_wire(
            duration=command.duration_s,
            evseId=command.connector_id,
            chargingRateUnit=command.charging_rate_unit,
        ),
    )


def pull_schedule(adapter: Adapter2, payload: Payload) -> Reply:
    """Refuse to update a dynamic profile: none of that kind is ever installed (2.1 K28)."""
    notice(adapter, "PullDynamicScheduleUpdate", payload)
    return {"status": "Rejected"}


HANDLERS: Final[Mapping[str, Handler]] = {
    "NotifyChargingLimit": charging_limit,
    "ClearedChargingLimit": cleared_limit,
    "ReportChargingProfiles": reported_profiles,
}
LATER_HANDLERS: Final[Mapping[str, Handler]] = {
    "PullDynamicScheduleUpdate": pull_schedule,
    "NotifyPriorityCharging": noticed("NotifyPriorityCharging"),
}
BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    SetChargingProfile: _set,
    ClearChargingProfile: _clear,
    GetChargingProfiles: _get,
    GetCompositeSchedule: _composite,
}
