"""Charging profiles in 2.0.1 and 2.1 (functional block K)."""

from typing import TYPE_CHECKING, Final

from ..handlers import smart_charging
from ..handlers.common import optional, required, status
from ..link import CallError, Reply
from ..schedule import Json, Profile, parse_profile

if TYPE_CHECKING:
    from ..station import SimulatedStation

PURPOSES: Final = {"ChargingStationMaxProfile": "ChargePointMaxProfile"}
PROFILES_PER_PART: Final = 2
FIRST_EXTERNAL_ID: Final = -1


def set_charging_profile(station: SimulatedStation, payload: Json) -> Reply:
    """Answer SetChargingProfile (K01)."""
    profile = required(payload, "chargingProfile", dict)
    purpose = profile.get("chargingProfilePurpose")
    if purpose == "ChargingStationExternalConstraints":
        return status("Rejected")
    if purpose == "TxProfile" and "transactionId" not in profile:
        return status("Rejected")
    return smart_charging.set_charging_profile(
        station,
        {
            "connectorId": required(payload, "evseId", int),
            "csChargingProfiles": old_profile(profile),
        },
        later=True,
    )


def clear_charging_profile(station: SimulatedStation, payload: Json) -> Reply:
    """Answer ClearChargingProfile (K10)."""
    criteria = optional(payload, "chargingProfileCriteria", dict) or {}
    old: Json = {}
    if (profile_id := optional(payload, "chargingProfileId", int)) is not None:
        old["id"] = profile_id
    if (evse := optional(criteria, "evseId", int)) is not None:
        old["connectorId"] = evse
    if (purpose := optional(criteria, "chargingProfilePurpose", str)) is not None:
        old["chargingProfilePurpose"] = PURPOSES.get(purpose, purpose)
    if (level := optional(criteria, "stackLevel", int)) is not None:
        old["stackLevel"] = level
    return smart_charging.clear_charging_profile(station, old)


def get_composite_schedule(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetCompositeSchedule (K08)."""
    old = {**payload, "connectorId": required(payload, "evseId", int)}
    answer = smart_charging.get_composite_schedule(station, old).payload
    if "chargingSchedule" not in answer:
        return status(answer["status"])
    schedule = {
        "evseId": answer["connectorId"],
        "scheduleStart": answer["scheduleStart"],
        **answer["chargingSchedule"],
    }
    return Reply({"status": "Accepted", "schedule": schedule})


def old_profile(profile: Json) -> Json:
    """Return a profile in the words of 1.6, and as it came; only the first of its schedules is looked at."""
    purpose = profile.get("chargingProfilePurpose")
    old = {key: value for key, value in profile.items() if key not in {"id", "chargingSchedule"}}
    schedules = profile.get("chargingSchedule")
    if not isinstance(schedules, list) or not schedules or "id" not in schedules[0]:
        raise CallError("OccurrenceConstraintViolation", "chargingSchedule")
    return {
        **old,
        "later": profile,
        "chargingProfileId": profile.get("id"),
        "chargingProfilePurpose": PURPOSES.get(str(purpose), purpose),
        "chargingSchedule": schedules[0],
    }


def get_charging_profiles(station: SimulatedStation, payload: Json) -> Reply:
    """Answer GetChargingProfiles (K09); the profiles follow in parts."""
    request_id = required(payload, "requestId", int)
    evse = optional(payload, "evseId", int)
    wanted = required(payload, "chargingProfile", dict)
    if not wanted and evse is None:
        raise CallError("OccurrenceConstraintViolation", "chargingProfile")
    found = [
        profile
        for profile in station.profiles
        if evse in {None, profile.connector_id} and _matches(profile, wanted)
    ]
    if not found:
        return status("NoProfiles")
    return Reply({"status": "Accepted"}, lambda: station.go(_tell(station, request_id, found)))


async def _tell(station: SimulatedStation, request_id: int, found: list[Profile]) -> None:
    parts: list[list[Profile]] = []
    for profile in sorted(found, key=lambda item: (item.connector_id, item.source)):
        last = parts[-1] if parts else []
        together = last and (last[0].connector_id, last[0].source) == (
            profile.connector_id,
            profile.source,
        )
        if together and len(last) < PROFILES_PER_PART:
            last.append(profile)
        else:
            parts.append([profile])
    for number, part in enumerate(parts):
        await station.tell(
            "ReportChargingProfiles",
            {
                "requestId": request_id,
                "chargingLimitSource": part[0].source,
                "chargingProfile": [profile.raw["later"] for profile in part],
                "evseId": part[0].connector_id,
                "tbc": number < len(parts) - 1,
            },
        )


def _matches(profile: Profile, wanted: Json) -> bool:
    said = profile.raw["later"]
    return (
        said["id"] in wanted.get("chargingProfileId", [said["id"]])
        and wanted.get("chargingProfilePurpose", said["chargingProfilePurpose"])
        == said["chargingProfilePurpose"]
        and wanted.get("stackLevel", profile.stack_level) == profile.stack_level
        and profile.source in wanted.get("chargingLimitSource", [profile.source])
    )


async def limit_externally(
    station: SimulatedStation,
    schedule: Json,
    *,
    source: str = "EMS",
    evse: int = 0,
    with_schedule: bool = True,
    **more: object,
) -> None:
    """Be limited by somebody else, and tell (K11, K12)."""
    number = FIRST_EXTERNAL_ID - len(station.profiles)
    said: Json = {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": "ChargingStationExternalConstraints",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [{"id": number, **schedule}],
    }
    station.profiles.release(source)
    station.profiles.install(parse_profile(old_profile(said), evse, later=True, source=source))
    station.supply.refresh()
    payload: Json = {"chargingLimit": {"chargingLimitSource": source, **more}}
    if evse:
        payload["evseId"] = evse
    if with_schedule:
        payload["chargingSchedule"] = said["chargingSchedule"]
    if station.online:
        await station.tell("NotifyChargingLimit", payload)


async def release_externally(station: SimulatedStation, source: str = "EMS", evse: int = 0) -> None:
    """Be limited no more, and tell (K13)."""
    station.profiles.release(source)
    station.supply.refresh()
    payload: Json = {"chargingLimitSource": source}
    if evse:
        payload["evseId"] = evse
    await station.tell("ClearedChargingLimit", payload)


async def tell_needs(station: SimulatedStation, evse: int, needs: Json, **more: object) -> Json:
    """Tell what the vehicle needs (K15); return the answer."""
    payload = {"evseId": evse, "chargingNeeds": needs, **more}
    return await station.call("NotifyEVChargingNeeds", payload)
