"""Functional block H: reservations."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...model.commands import CancelReservation, Command, Reserve
from ..adapter import Request
from ..connection import Reply
from ..fields import integer, on_wire, text
from ..rpc import Payload
from .blocks import Handler, notice
from .values import some_token

if TYPE_CHECKING:
    from .adapter import Adapter2

_EXPIRED: Final = "expired"


def status_update(adapter: Adapter2, payload: Payload) -> Reply:
    """Take the end of a reservation (H04); one that nobody transacted with (2.1) is removed too."""
    number = integer(payload, "reservationId")
    status = text(payload, "reservationUpdateStatus")
    station = adapter.station
    if number is None or status is None:
        station.counters.add("reservation_update_unreadable")
    else:
        station.reservations.ended(
            number, station.clock.now(), expired=status.casefold() == _EXPIRED
        )
    notice(adapter, "ReservationStatusUpdate", payload)
    return {}


def _reserve(_: Adapter2, command: Reserve) -> Request:
    """Reserve (H01)."""
    return Request(
        "ReserveNow",
        on_wire(
            id=command.reservation_id,
            expiryDateTime=command.expires_at,
            connectorType=command.connector_type,
            idToken=some_token(command.id_token, command.id_token_type),
            evseId=command.connector_id,
            groupIdToken=some_token(command.parent_id_token, command.parent_id_token_type),
        ),
    )


def _cancel(_: Adapter2, command: CancelReservation) -> Request:
    """Cancel a reservation (H02)."""
    return Request("CancelReservation", {"reservationId": command.reservation_id})


HANDLERS: Final[Mapping[str, Handler]] = {"ReservationStatusUpdate": status_update}
BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    Reserve: _reserve,
    CancelReservation: _cancel,
}
