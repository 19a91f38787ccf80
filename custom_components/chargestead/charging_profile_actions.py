"""Actions on charging profiles: install, remove and list them, and ask what they amount to."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .csms.charging_profiles import is_for_station
from .csms.schedules import read_composite
from .model.commands import (
    ClearChargingProfile,
    GetChargingProfiles,
    GetCompositeSchedule,
    SetChargingProfile,
)
from .model.errors import StationOfflineError
from .model.schedule import Schedule
from .model.station import OcppVersion
from .service_fields import ATTR_CONNECTOR_ID, nullable, number, numbers, payload, strings
from .service_target import ActionTarget
from .station_action import CONNECTOR, Fields, Response, StationAction, sends, told

_CRITERIA: Final[Mapping[vol.Marker, Any]] = {
    vol.Optional("purpose"): nullable(cv.string),
    vol.Optional("stack_level"): nullable(number),
}


def _install(target: ActionTarget, fields: Fields) -> SetChargingProfile:
    profile = fields["charging_profile"]
    connector_id: int | None = fields.get(ATTR_CONNECTOR_ID)
    if connector_id is None and not is_for_station(profile):
        connector_id = target.connector_id
    return SetChargingProfile(connector_id=connector_id, profile=profile)


async def _composite(target: ActionTarget, fields: Fields) -> Response:
    station = target.station
    result = await station.command(
        GetCompositeSchedule(
            connector_id=target.connector_or_station(fields),
            duration_s=fields["duration"],
            charging_rate_unit=fields.get("charging_rate_unit"),
        )
    )
    schedule = read_composite(result.answer, station.clock.now())
    return told(result, periods=[] if schedule is None else _periods(schedule))


def _periods(schedule: Schedule) -> list[dict[str, object]]:
    """Return the periods of a schedule by the clock."""
    starts = [schedule.starts_at + timedelta(seconds=item.start_s) for item in schedule.periods]
    ends = (*starts[1:], schedule.ends_at)
    return [
        {
            "start": start.isoformat(),
            "end": None if end is None else end.isoformat(),
            "limit": period.limit,
            "unit": schedule.unit,
            "phases": period.phases,
        }
        for period, start, end in zip(schedule.periods, starts, ends, strict=True)
    ]


async def _list(target: ActionTarget, fields: Fields) -> Response:
    """List what the station has; of one that cannot tell (1.6), what it took from us."""
    station = target.station
    wanted = GetChargingProfiles(
        connector_id=target.named_connector(fields),
        profile_ids=tuple(fields.get("profile_ids") or ()),
        purpose=fields.get("purpose"),
        stack_level=fields.get("stack_level"),
        sources=tuple(fields.get("sources") or ()),
    )
    if not station.connected:
        raise StationOfflineError(station.station_id)
    if station.adapter.version is OcppVersion.V16:
        profiles = [{**entry, "source": "CSO"} for entry in station.installed.find(wanted)]
        return {
            "status": None,
            "answer": {},
            "profiles": profiles,
            "complete": False,
            "known_from": "memory",
        }
    result = await station.command(wanted)
    answer = dict(result.answer)
    reported, complete = answer.pop("profiles", []), answer.pop("complete", False)
    return {
        "status": result.status,
        "answer": answer,
        "profiles": [
            {
                "connector_id": entry.get("evseId"),
                "source": entry.get("chargingLimitSource"),
                "profile": entry.get("chargingProfile"),
            }
            for entry in (reported if isinstance(reported, list) else [])
        ],
        "complete": complete,
        "known_from": "station",
    }


CHARGING_PROFILE_ACTIONS: tuple[StationAction, ...] = (
    StationAction(
        name="set_charging_profile",
        fields={**CONNECTOR, vol.Required("charging_profile"): payload},
        send=sends(_install),
    ),
    StationAction(
        name="clear_charging_profile",
        fields={**CONNECTOR, vol.Optional("profile_id"): nullable(number), **_CRITERIA},
        send=sends(
            lambda target, fields: ClearChargingProfile(
                profile_id=fields.get("profile_id"),
                connector_id=target.named_connector(fields),
                purpose=fields.get("purpose"),
                stack_level=fields.get("stack_level"),
            )
        ),
    ),
    StationAction(
        name="get_charging_profiles",
        fields={
            **CONNECTOR,
            vol.Optional("profile_ids"): nullable(numbers),
            **_CRITERIA,
            vol.Optional("sources"): nullable(strings),
        },
        response=SupportsResponse.ONLY,
        send=_list,
    ),
    StationAction(
        name="get_composite_schedule",
        fields={
            **CONNECTOR,
            vol.Required("duration"): number,
            vol.Optional("charging_rate_unit"): nullable(cv.string),
        },
        response=SupportsResponse.ONLY,
        send=_composite,
    ),
)
