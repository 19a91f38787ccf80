"""Functional blocks B, F, G, I and P, to the station: restart, remote control, availability and vendor data."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import (
    Command,
    GetTransactionStatus,
    RawCall,
    Restart,
    RestartKind,
    SetAvailability,
    ShowCost,
    StartSession,
    StopSession,
    TransferData,
    Trigger,
    Unlock,
)
from ...model.driver import TokenType
from ...model.errors import FieldNotSupportedError
from ..adapter import Request
from ..charging_profiles import worded
from ..fields import on_wire
from ..targets import session_to_stop, start_token
from .values import id_token, type_word

if TYPE_CHECKING:
    from .adapter import Adapter2

_CONNECTOR: Final = 1
"""An EVSE's only connector, or the one that is meant where nobody says which."""

_MESSAGES: Final[Mapping[str, str]] = {
    "DiagnosticsStatusNotification": "LogStatusNotification",
    "SignChargePointCertificate": "SignChargingStationCertificate",
}
_RESETS: Final[Mapping[RestartKind, str]] = {
    RestartKind.SOFT: "Immediate",
    RestartKind.HARD: "Immediate",
    RestartKind.ON_IDLE: "OnIdle",
    RestartKind.RESUME: "ImmediateAndResume",
}
_ABOUT_CONNECTORS: Final = frozenset({"StatusNotification"})


def _start(adapter: Adapter2, command: StartSession) -> Request:
    """Start a transaction (F01, F02); the station repeats `remoteStartId` in what it starts."""
    remote_start_id = adapter.station.around.ids.next()
    token = start_token(adapter.station, command)
    profile = command.charging_profile
    found = adapter.station.authorization.tokens.find(token)
    kind = type_word(TokenType.CENTRAL if found is None else found[1].type)
    return Request(
        "RequestStartTransaction",
        on_wire(
            evseId=command.connector_id,
            remoteStartId=remote_start_id,
            idToken=id_token(token, kind),
            chargingProfile=None
            if profile is None
            else worded(adapter.station, profile, adapter.dialect),
        ),
    )


def _stop(adapter: Adapter2, command: StopSession) -> Request:
    """Stop a transaction (F03)."""
    return Request(
        "RequestStopTransaction", {"transactionId": session_to_stop(adapter.station, command)}
    )


def _transaction_status(_: Adapter2, command: GetTransactionStatus) -> Request:
    """Ask after a transaction (E14)."""
    return Request("GetTransactionStatus", on_wire(transactionId=command.transaction_id))


def _unlock(_: Adapter2, command: Unlock) -> Request:
    """Release the cable (F05)."""
    connector = command.evse_connector_id or _CONNECTOR
    return Request("UnlockConnector", {"evseId": command.connector_id, "connectorId": connector})


def _trigger(adapter: Adapter2, command: Trigger) -> Request:
    """Ask for a message (F06); one about a connector must name it (F06.FR.12)."""
    if command.custom is not None:
        _need_later(adapter, "TriggerMessage", "custom")
    connector = command.evse_connector_id
    if connector is None and command.message in _ABOUT_CONNECTORS:
        connector = _CONNECTOR
    message = _MESSAGES.get(command.message, command.message)
    return Request(
        "TriggerMessage",
        on_wire(
            requestedMessage=message,
            evse=_evse(command.connector_id, connector),
            customTrigger=command.custom,
        ),
    )


def _evse(evse_id: int | None, connector_id: int | None) -> dict[str, object] | None:
    """Return the EVSEType of an EVSE and perhaps one of its connectors; none for the station as a whole."""
    return on_wire(id=evse_id, connectorId=connector_id) if evse_id else None


def _need_later(adapter: Adapter2, action: str, field: str) -> None:
    if not adapter.is_later:
        raise FieldNotSupportedError(adapter.station.station_id, action, field, adapter.version)


def _availability(_: Adapter2, command: SetAvailability) -> Request:
    """Change availability (G03 of an EVSE or one of its connectors, G04 of the station)."""
    evse = _evse(command.connector_id, command.evse_connector_id)
    status = "Operative" if command.operative else "Inoperative"
    return Request("ChangeAvailability", on_wire(operationalStatus=status, evse=evse))


def _restart(adapter: Adapter2, command: Restart) -> Request:
    """Restart (B11, B12); a soft and a hard restart are the same here, both end transactions in order."""
    if command.kind is RestartKind.RESUME:
        _need_later(adapter, "Reset", command.kind)
    return Request("Reset", on_wire(type=_RESETS[command.kind], evseId=command.evse_id))


def _transfer(_: Adapter2, command: TransferData) -> Request:
    """Send vendor data (P01)."""
    return Request(
        "DataTransfer",
        on_wire(vendorId=command.vendor_id, messageId=command.message_id, data=command.data),
    )


def _show_cost(_: Adapter2, command: ShowCost) -> Request:
    """Show what a session costs so far (I02)."""
    return Request(
        "CostUpdated",
        {
            "totalCost": float(command.cost.after_taxes),
            "transactionId": command.transaction_id,
        },
    )


def _raw(_: Adapter2, command: RawCall) -> Request:
    return Request(command.action, command.payload, judged=False)


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    StartSession: _start,
    StopSession: _stop,
    GetTransactionStatus: _transaction_status,
    Unlock: _unlock,
    Trigger: _trigger,
    SetAvailability: _availability,
    Restart: _restart,
    TransferData: _transfer,
    ShowCost: _show_cost,
    RawCall: _raw,
}
