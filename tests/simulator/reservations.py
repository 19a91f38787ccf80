"""Reservations (OCPP 1.6 sections 5.1 and 5.13)."""

from datetime import datetime
from typing import TYPE_CHECKING

from .connector import Connector, Grant, Reservation

if TYPE_CHECKING:
    from .station import SimulatedStation


class Reservations:
    """Promises for one connector, or for any connector (0)."""

    def __init__(self, station: SimulatedStation) -> None:
        """Begin with none."""
        self._station = station
        self._any: dict[int, Reservation] = {}

    def reserve(
        self,
        connector_id: int,
        reservation_id: int,
        id_tag: str,
        parent: str | None,
        expiry: datetime,
    ) -> str:
        """Answer a ReserveNow: a ReservationStatus."""
        self.cancel(reservation_id)
        refusal = self._refusal(connector_id)
        if refusal is not None:
            return refusal
        wait = (expiry - self._station.time()).total_seconds()
        reservation = Reservation(
            id=reservation_id,
            id_tag=id_tag,
            parent_id_tag=parent,
            timer=self._station.clock.call_later(wait, lambda: self.cancel(reservation_id)),
        )
        if connector_id:
            self._station.connector(connector_id).reservation = reservation
        else:
            self._any[reservation_id] = reservation
        self._station.supply.refresh()
        return "Accepted"

    def cancel(self, reservation_id: int) -> bool:
        """Drop a reservation; return whether there was one."""
        reservation = self._any.pop(reservation_id, None)
        for connector in self._station.connectors:
            held = connector.reservation
            if held is not None and held.id == reservation_id:
                reservation, connector.reservation = held, None
        if reservation is None:
            return False
        reservation.timer.cancel()
        self._station.supply.refresh()
        return True

    def drop(self, connector: Connector) -> None:
        """Drop what is reserved on a connector, because it became unusable."""
        if connector.reservation is not None:
            self.cancel(connector.reservation.id)

    def clear(self) -> None:
        """Drop everything."""
        for connector in self._station.connectors:
            self.drop(connector)
        for reservation_id in tuple(self._any):
            self.cancel(reservation_id)

    def spare(self, connector: Connector) -> Reservation | None:
        """Return the promise that needs this connector, the last one free."""
        free = [c for c in self._station.connectors if _is_free(c)]
        if not self._any or not _is_free(connector) or len(free) > len(self._any):
            return None
        return next(iter(self._any.values()))

    def use(self, connector: Connector, grant: Grant) -> Reservation | None:
        """Redeem the reservation that a starting transaction fulfils."""
        held = [connector.reservation, *self._any.values()]
        for reservation in held:
            if reservation is not None and _matches(reservation, grant):
                self.cancel(reservation.id)
                return reservation
        return None

    def _refusal(self, connector_id: int) -> str | None:
        station = self._station
        if connector_id == 0:
            if not station.configuration.flag("ReserveConnectorZeroSupported"):
                return "Rejected"
            statuses = {connector.status for connector in station.connectors}
        else:
            statuses = {station.connector(connector_id).status}
        if "Available" in statuses:
            return None
        if statuses == {"Faulted"}:
            return "Faulted"
        return "Unavailable" if statuses == {"Unavailable"} else "Occupied"


def _is_free(connector: Connector) -> bool:
    return connector.transaction is None and connector.reservation is None


def _matches(reservation: Reservation, grant: Grant) -> bool:
    if reservation.id_tag.lower() == grant.id_tag.lower():
        return True
    parent = reservation.parent_id_tag
    return parent is not None and parent == grant.parent_id_tag
