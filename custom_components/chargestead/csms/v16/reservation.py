"""OCPP 1.6 Reservation profile (sections 5.1 and 5.13)."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import CancelReservation, Command, Reserve
from ...model.errors import FieldNotSupportedError
from ...model.station import OcppVersion
from ..adapter import Request
from ..fields import on_wire

if TYPE_CHECKING:
    from ..station import ChargingStation


def _reserve(station: ChargingStation, command: Reserve) -> Request:
    if command.connector_type is not None:
        raise FieldNotSupportedError(
            station.station_id, "ReserveNow", "connector_type", OcppVersion.V16
        )
    return Request(
        "ReserveNow",
        on_wire(
            connectorId=command.connector_id or 0,
            expiryDate=command.expires_at,
            idTag=command.id_token,
            parentIdTag=command.parent_id_token,
            reservationId=command.reservation_id,
        ),
    )


def _cancel(_: ChargingStation, command: CancelReservation) -> Request:
    return Request("CancelReservation", {"reservationId": command.reservation_id})


BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    Reserve: _reserve,
    CancelReservation: _cancel,
}
