"""OCPP 1.6 Core profile, without the transactions themselves (sections 4 and 5)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import orjson

from ...model.commands import (
    ClearCache,
    Command,
    GetConfiguration,
    RawCall,
    Restart,
    RestartKind,
    SetAvailability,
    SetConfiguration,
    StartSession,
    StopSession,
    TransferData,
    Unlock,
)
from ...model.errors import FieldNotSupportedError, NoSessionError, NotSupportedByVersionError
from ...model.events import DataReceived
from ...model.station import OcppVersion
from ..adapter import Request
from ..charging_profiles import V16, worded
from ..connection import Reply
from ..fields import instant, integer, on_wire, text, timestamp
from ..identity import read_identity
from ..moments import moment
from ..rpc import CallRefusal, Payload
from ..status import STATUSES, fault_of
from ..targets import session_to_stop, start_token
from . import transactions
from .id_tags import id_tag_info

if TYPE_CHECKING:
    from ..station import ChargingStation

_HEARTBEAT_S: Final = 300


def boot_notification(station: ChargingStation, payload: Payload) -> Reply:
    """Accept a station that started (section 4.2)."""
    identity, reason = read_identity(payload)
    station.welcome.booted(identity, reason)
    return {
        "status": "Accepted",
        "currentTime": timestamp(station.clock.now()),
        "interval": _HEARTBEAT_S,
    }


def heartbeat(station: ChargingStation, _: Payload) -> Reply:
    """Tell the time (section 4.6)."""
    return {"currentTime": timestamp(station.clock.now())}


def authorize(station: ChargingStation, payload: Payload) -> Reply:
    """Decide on a token (section 4.1)."""
    id_token = text(payload, "idTag")
    if id_token is None:
        raise CallRefusal("OccurenceConstraintViolation", "idTag is missing")
    decision = station.authorization.decide(id_token)
    station.card_presented(id_token, decision, at=station.clock.now())
    return {"idTagInfo": id_tag_info(decision)}


def status_notification(station: ChargingStation, payload: Payload) -> Reply:
    """Take a status (section 4.9); an unknown one leaves the last as it was."""
    now = station.clock.now()
    connector_id = integer(payload, "connectorId")
    if connector_id is None:
        station.counters.add("connector_missing")
        connector_id = 0 if len(station.book.connectors) != 1 else 1
    word = text(payload, "status") or ""
    status = STATUSES.get(word.replace(" ", "").replace("_", "").lower())
    if status is None:
        station.counters.add("status_unknown")
    sent = instant(payload, "timestamp")
    at, corrected = moment(station, sent, now, live=True)
    station.statuses.reported(
        connector_id,
        status,
        fault_of(
            text(payload, "errorCode"),
            status=status,
            info=text(payload, "info"),
            vendor_id=text(payload, "vendorId"),
            vendor_error_code=text(payload, "vendorErrorCode"),
            since=at,
        ),
        at,
        corrected=corrected,
    )
    return {}


def data_transfer(station: ChargingStation, payload: Payload) -> Reply:
    """Take vendor data (section 4.3): all of it is offered to automations, and no vendor's is understood here."""
    vendor_id = text(payload, "vendorId")
    if vendor_id is None:
        raise CallRefusal("OccurenceConstraintViolation", "vendorId is missing")
    station.publish(
        DataReceived(
            station_id=station.station_id,
            at=station.clock.now(),
            vendor_id=vendor_id,
            message_id=text(payload, "messageId"),
            data=payload.get("data"),
        )
    )
    return {"status": "UnknownVendorId"}


HANDLERS: Final[Mapping[str, Callable[[ChargingStation, Payload], Reply]]] = {
    "BootNotification": boot_notification,
    "Heartbeat": heartbeat,
    "Authorize": authorize,
    "StatusNotification": status_notification,
    "DataTransfer": data_transfer,
    "StartTransaction": transactions.start_transaction,
    "StopTransaction": transactions.stop_transaction,
    "MeterValues": transactions.meter_values,
}


def _start(station: ChargingStation, command: StartSession) -> Request:
    profile = command.charging_profile
    payload = on_wire(
        connectorId=command.connector_id,
        idTag=start_token(station, command),
        chargingProfile=None if profile is None else worded(station, profile, V16),
    )
    return Request("RemoteStartTransaction", payload)


def _stop(station: ChargingStation, command: StopSession) -> Request:
    try:
        number = int(session_to_stop(station, command))
    except ValueError as err:
        raise NoSessionError(station.station_id, command.connector_id) from err
    return Request("RemoteStopTransaction", {"transactionId": number})


def _unlock(station: ChargingStation, command: Unlock) -> Request:
    _without_evses(station, "UnlockConnector", command.evse_connector_id)
    return Request("UnlockConnector", {"connectorId": command.connector_id})


def _without_evses(station: ChargingStation, action: str, evse_connector_id: int | None) -> None:
    if evse_connector_id is not None:
        raise FieldNotSupportedError(
            station.station_id, action, "evse_connector_id", OcppVersion.V16
        )


def _availability(station: ChargingStation, command: SetAvailability) -> Request:
    _without_evses(station, "ChangeAvailability", command.evse_connector_id)
    kind = "Operative" if command.operative else "Inoperative"
    return Request("ChangeAvailability", {"connectorId": command.connector_id, "type": kind})


def _restart(station: ChargingStation, command: Restart) -> Request:
    if command.kind in {RestartKind.ON_IDLE, RestartKind.RESUME} or command.evse_id is not None:
        raise NotSupportedByVersionError(
            station.station_id, "restart of one EVSE or when idle", OcppVersion.V16
        )
    return Request("Reset", {"type": "Hard" if command.kind is RestartKind.HARD else "Soft"})


def _get_configuration(_: ChargingStation, command: GetConfiguration) -> Request:
    payload = {"key": list(command.keys)} if command.keys else {}
    return Request("GetConfiguration", payload, judged=False)


def _set_configuration(_: ChargingStation, command: SetConfiguration) -> Request:
    return Request("ChangeConfiguration", {"key": command.key, "value": command.value})


def _clear_cache(_: ChargingStation, __: ClearCache) -> Request:
    return Request("ClearCache", {})


def _transfer(_: ChargingStation, command: TransferData) -> Request:
    """Send data as text, which is all that 1.6 knows; anything else goes as JSON within it (section 4.3)."""
    data = command.data
    if data is not None and not isinstance(data, str):
        data = orjson.dumps(data).decode()
    return Request(
        "DataTransfer",
        on_wire(vendorId=command.vendor_id, messageId=command.message_id, data=data),
    )


def _raw(_: ChargingStation, command: RawCall) -> Request:
    return Request(command.action, command.payload, judged=False)


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    StartSession: _start,
    StopSession: _stop,
    Unlock: _unlock,
    SetAvailability: _availability,
    Restart: _restart,
    GetConfiguration: _get_configuration,
    SetConfiguration: _set_configuration,
    ClearCache: _clear_cache,
    TransferData: _transfer,
    RawCall: _raw,
}
