"""The Reservation profile."""

from typing import TYPE_CHECKING

from ..link import CallError, Reply
from ..schedule import Json, read_time
from .common import connector_of, optional, required, status

if TYPE_CHECKING:
    from ..station import SimulatedStation


def reserve_now(station: SimulatedStation, payload: Json) -> Reply:
    """Answer ReserveNow (section 5.13)."""
    number = required(payload, "connectorId", int)
    try:
        expiry = read_time(required(payload, "expiryDate", str))
    except ValueError as error:
        raise CallError("TypeConstraintViolation", "expiryDate") from error
    if expiry is None or (number and connector_of(station, number) is None):
        return status("Rejected")
    return status(
        station.reservations.reserve(
            number,
            required(payload, "reservationId", int),
            required(payload, "idTag", str),
            optional(payload, "parentIdTag", str),
            expiry,
        )
    )


def cancel_reservation(station: SimulatedStation, payload: Json) -> Reply:
    """Answer CancelReservation (section 5.1)."""
    known = station.reservations.cancel(required(payload, "reservationId", int))
    return status("Accepted" if known else "Rejected")
