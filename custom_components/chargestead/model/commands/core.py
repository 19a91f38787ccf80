"""Charging, availability, configuration, and whatever else goes out as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..money import Cost
from .base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSession(Command):
    """Start charging for a token (1.6 RemoteStartTransaction, 2.x RequestStartTransaction)."""

    id_token: str | None = None
    connector_id: int | None = None
    charging_profile: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSession(Command):
    """Stop a transaction (1.6 RemoteStopTransaction, 2.x RequestStopTransaction).

    Without a transaction id the open session of the connector, or the only one of the station, is meant.
    """

    transaction_id: str | None = None
    connector_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTransactionStatus(Command):
    """Ask whether a transaction runs, and whether messages wait to be sent: of it, or of any (GetTransactionStatus)."""

    transaction_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock(Command):
    """Release the cable (UnlockConnector); of an EVSE with several connectors, that of `evse_connector_id` (2.x)."""

    connector_id: int
    evse_connector_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAvailability(Command):
    """Make a connector, or with 0 the whole station, operative or not (ChangeAvailability).

    Of an EVSE with several connectors, `evse_connector_id` names one (2.x).
    """

    connector_id: int = 0
    operative: bool
    evse_connector_id: int | None = None


class RestartKind(StrEnum):
    """How to restart; 2.1 can go on with its transactions afterwards."""

    SOFT = "soft"
    HARD = "hard"
    ON_IDLE = "on_idle"
    RESUME = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart(Command):
    """Restart the station or, where the version can, one EVSE (Reset)."""

    kind: RestartKind = RestartKind.SOFT
    evse_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger(Command):
    """Ask for a message now (TriggerMessage, ExtendedTriggerMessage).

    Of an EVSE with several connectors, `evse_connector_id` names one (2.x). `custom` is what the maker of a 2.1 station
    calls a message of its own.
    """

    message: str
    connector_id: int | None = None
    extended: bool = False
    evse_connector_id: int | None = None
    custom: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetConfiguration(Command):
    """Read configuration keys; none named means all (GetConfiguration, GetVariables)."""

    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConfiguration(Command):
    """Write one configuration key (ChangeConfiguration, SetVariables)."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCache(Command):
    """Empty the authorization cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferData(Command):
    """Send vendor-specific data (DataTransfer)."""

    vendor_id: str
    message_id: str | None = None
    data: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCost(Command):
    """Show what a session costs on the station's display (1.6 cost messages, 2.x CostUpdated).

    `idle` tells that the vehicle takes no energy just now, `final` that the session has ended.
    """

    transaction_id: str
    cost: Cost
    energy_mwh: int
    at: datetime
    register_mwh: int | None = None
    idle: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCall(Command):
    """Send any OCPP request as it is; its answer is returned, never judged."""

    action: str
    payload: Mapping[str, object] = field(default_factory=dict)
