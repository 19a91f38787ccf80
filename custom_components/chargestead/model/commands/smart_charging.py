"""Charging profiles: installed, removed, asked for, and what they amount to."""

from collections.abc import Mapping
from dataclasses import dataclass

from .base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class SetChargingProfile(Command):
    """Install a charging profile, given in the words of any OCPP version (SetChargingProfile).

    Without a connector the purpose says where it belongs; a TxProfile that names no transaction is for the one that
    runs.
    """

    connector_id: int | None = None
    profile: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearChargingProfile(Command):
    """Remove charging profiles; all criteria must match, none means all of them (ClearChargingProfile)."""

    profile_id: int | None = None
    connector_id: int | None = None
    purpose: str | None = None
    stack_level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetChargingProfiles(Command):
    """List the charging profiles that match all criteria, none means all of them (GetChargingProfiles).

    `sources` are of ChargingLimitSourceEnumType; profiles of ours are of source CSO. Not in 1.6.
    """

    connector_id: int | None = None
    profile_ids: tuple[int, ...] = ()
    purpose: str | None = None
    stack_level: int | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCompositeSchedule(Command):
    """Ask what the station would allow over the coming seconds (GetCompositeSchedule)."""

    connector_id: int
    duration_s: int
    charging_rate_unit: str | None = None
