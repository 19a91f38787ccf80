"""OCPP 1.6 Remote Trigger profile and its extension (section 5.17; security whitepaper section 4.2)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import Command, Trigger
from ...model.errors import FieldNotSupportedError
from ...model.station import OcppVersion
from ..adapter import Request
from ..fields import on_wire

if TYPE_CHECKING:
    from ..station import ChargingStation


def _trigger(station: ChargingStation, command: Trigger) -> Request:
    action = "ExtendedTriggerMessage" if command.extended else "TriggerMessage"
    later = {"evse_connector_id": command.evse_connector_id, "custom": command.custom}
    for field, value in later.items():
        if value is not None:
            raise FieldNotSupportedError(station.station_id, action, field, OcppVersion.V16)
    return Request(
        action,
        on_wire(requestedMessage=command.message, connectorId=command.connector_id),
    )


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {Trigger: _trigger}
