"""The Smart Charging profile."""

from typing import TYPE_CHECKING

from ..link import CallError, Reply
from ..schedule import UNITS, InvalidProfileError, Json, Profile, parse_profile
from .common import connector_of, optional, required, status

if TYPE_CHECKING:
    from ..connector import Connector
    from ..station import SimulatedStation


def set_charging_profile(station: SimulatedStation, payload: Json, *, later: bool = False) -> Reply:
    """Answer SetChargingProfile (section 5.16)."""
    _require_support(station)
    number = required(payload, "connectorId", int)
    raw = required(payload, "csChargingProfiles", dict)
    connector = connector_of(station, number)
    if number != 0 and connector is None:
        raise CallError("PropertyConstraintViolation", "connectorId")
    try:
        profile = parse_profile(raw, number, later=later)
    except InvalidProfileError as error:
        raise CallError("PropertyConstraintViolation", str(error)) from error
    if _breaks_the_rules(station, profile, connector):
        return status("Rejected")
    if _is_disliked(station, profile):
        return status(station.personality.profile_refusal)
    if station.swallows(profile):
        return status("Accepted")
    station.profiles.install(profile)
    return Reply({"status": "Accepted"}, station.supply.refresh)


def clear_charging_profile(station: SimulatedStation, payload: Json) -> Reply:
    """Answer ClearChargingProfile (section 5.5)."""
    _require_support(station)
    gone = station.profiles.clear(
        profile_id=optional(payload, "id", int),
        connector_id=optional(payload, "connectorId", int),
        purpose=optional(payload, "chargingProfilePurpose", str),
        stack_level=optional(payload, "stackLevel", int),
    )
    if not gone:
        return status("Unknown")
    return Reply({"status": "Accepted"}, station.supply.refresh)


def get_composite_schedule(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetCompositeSchedule (section 5.7)."""
    _require_support(station)
    number = required(payload, "connectorId", int)
    duration = required(payload, "duration", int)
    unit = payload.get("chargingRateUnit", station.personality.units[0])
    if unit not in UNITS:
        raise CallError("PropertyConstraintViolation", "chargingRateUnit")
    style = station.personality.composite_schedule
    if style == "rejected" or (number and connector_of(station, number) is None):
        return status("Rejected")
    if style == "empty":
        return status("Accepted")
    answer = {
        "status": "Accepted",
        "connectorId": number,
        "scheduleStart": station.times.stamp_always(),
        "chargingSchedule": station.supply.composite(number, duration, unit),
    }
    return Reply(answer)


def _require_support(station: SimulatedStation) -> None:
    if not station.personality.smart_charging:
        raise CallError("NotSupported", "no smart charging")


def _breaks_the_rules(
    station: SimulatedStation, profile: Profile, connector: Connector | None
) -> bool:
    number = station.configuration.number
    kept = len(station.profiles) - len(station.profiles.replaces(profile))
    if (
        profile.stack_level > number("ChargeProfileMaxStackLevel")
        or len(profile.periods) > number("ChargingScheduleMaxPeriods")
        or kept >= number("MaxChargingProfilesInstalled")
        or not profile.periods
        or profile.periods[0].start != 0
    ):
        return True
    if profile.purpose == "ChargePointMaxProfile":
        return connector is not None
    return profile.purpose == "TxProfile" and not _has_its_transaction(profile, connector)


def _has_its_transaction(profile: Profile, connector: Connector | None) -> bool:
    if connector is None or connector.transaction is None:
        return False
    return profile.transaction_id in {None, connector.transaction.id}


def _is_disliked(station: SimulatedStation, profile: Profile) -> bool:
    personality = station.personality
    station_relative = profile.purpose == "ChargePointMaxProfile" and profile.kind == "Relative"
    if personality.rejects_station_relative and station_relative:
        raise CallError("PropertyConstraintViolation", "chargingProfileKind")
    if profile.purpose in personality.rejects_purposes:
        return True
    if profile.kind in personality.rejects_kinds or profile.unit not in personality.units:
        return True
    limits = [period.limit for period in profile.periods]
    if personality.integer_limits_only and not all(
        isinstance(period["limit"], int)
        for period in profile.raw["chargingSchedule"]["chargingSchedulePeriod"]
    ):
        return True
    return personality.rejects_number_phases and any(limit.phases is not None for limit in limits)
