"""Reports of the device model, and the ways a station may reach us (OCPP 2.0.1 part 2, functional block B)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .base import Command


class ReportBase(StrEnum):
    """A report that every station has: what can be configured, everything, or what is not as it should be."""

    CONFIGURATION_INVENTORY = "configuration_inventory"
    FULL_INVENTORY = "full_inventory"
    SUMMARY_INVENTORY = "summary_inventory"


class ComponentCriterion(StrEnum):
    """Which components a report is about."""

    ACTIVE = "active"
    AVAILABLE = "available"
    ENABLED = "enabled"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetReport(Command):
    """Report a part of the device model: a base report (GetBaseReport), else what matches (GetReport).

    Several criteria are alternatives. `components` are written `Component[.instance][@evse[:connector]]`, `variables`
    `Component[.instance][@evse[:connector]].Variable[.instance]`.
    """

    base: ReportBase | None = None
    criteria: tuple[ComponentCriterion, ...] = ()
    components: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNetworkProfile(Command):
    """Say how to reach a central system, for one of the station's slots (SetNetworkProfile).

    `interface`, `ocpp_version` and `transport` are words of OCPP; `apn` and `vpn` are APNType and VPNType. `identity`
    and `password` are of 2.1.
    """

    slot: int
    url: str
    security_profile: int
    interface: str
    message_timeout_s: int
    ocpp_version: str | None = None
    transport: str = "JSON"
    apn: Mapping[str, object] | None = None
    vpn: Mapping[str, object] | None = None
    identity: str | None = None
    password: str | None = None
