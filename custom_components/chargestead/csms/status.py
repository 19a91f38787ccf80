"""Status of connectors and of the station, and the faults that come with it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ..model.events import (
    AvailabilitySet,
    ConnectorFound,
    FaultCleared,
    FaultRaised,
    FaultRepeated,
    StatusChanged,
)
from ..model.station import ConnectorFault, ConnectorStatus

if TYPE_CHECKING:
    from .station import ChargingStation

STATUSES: Final[Mapping[str, ConnectorStatus]] = {
    "available": ConnectorStatus.AVAILABLE,
    "preparing": ConnectorStatus.PREPARING,
    "occupied": ConnectorStatus.PREPARING,
    "charging": ConnectorStatus.CHARGING,
    "suspendedev": ConnectorStatus.SUSPENDED_EV,
    "suspendedevse": ConnectorStatus.SUSPENDED_EVSE,
    "finishing": ConnectorStatus.FINISHING,
    "reserved": ConnectorStatus.RESERVED,
    "unavailable": ConnectorStatus.UNAVAILABLE,
    "faulted": ConnectorStatus.FAULTED,
}

_NO_FAULT: Final = frozenset({None, "", "NoError"})
_NEWS: Final = timedelta(seconds=60)
_IDLE: Final = frozenset(
    {ConnectorStatus.AVAILABLE, ConnectorStatus.PREPARING, ConnectorStatus.RESERVED}
)
_RESTING: Final = frozenset(
    {
        ConnectorStatus.AVAILABLE,
        ConnectorStatus.PREPARING,
        ConnectorStatus.FINISHING,
        ConnectorStatus.RESERVED,
        ConnectorStatus.UNAVAILABLE,
    }
)


class Statuses:
    """Takes status notifications of one station (OCPP 1.6 section 4.9)."""

    def __init__(self, station: ChargingStation) -> None:
        """Write to the station's book."""
        self._station = station

    def reported(
        self,
        connector_id: int,
        status: ConnectorStatus | None,
        fault: ConnectorFault | None,
        at: datetime,
        *,
        corrected: bool = False,
    ) -> None:
        """Take a status; one older than the newest known is no news and only counted."""
        station = self._station
        own = connector_id != 0
        if not own:
            self._station_status(status, fault)
            if len(station.book.connectors) != 1 or self._knows_own(1):
                return
            connector_id = 1
        if connector_id > station.around.bounds.connectors or connector_id < 0:
            station.counters.add("connector_out_of_bounds")
            return
        self.found(connector_id)
        station.welcome.heard_status(connector_id, own=own)
        connector = station.book.connector(connector_id)
        before, fault_before = connector.status, connector.fault
        if connector.status_at is not None and at < connector.status_at and not corrected:
            station.counters.add("status_old")
            return
        if status is None:
            status = before
        operative = (
            connector.operative if status is None else status is not ConnectorStatus.UNAVAILABLE
        )
        self._remember_operative(connector_id, operative=operative)
        station.book.update_connector(
            connector_id, status=status, status_at=at, fault=fault, operative=operative
        )
        self._tell_fault(connector_id, fault_before, fault)
        if status is None:
            return
        station.reservations.connector_is(connector_id, status, at)
        self._act_on(connector_id, status, at)
        if status is not before:
            station.publish(
                StatusChanged(
                    station_id=station.station_id,
                    at=at,
                    connector_id=connector_id,
                    status=status,
                    replayed=station.clock.now() - at > _NEWS,
                )
            )

    def _act_on(self, connector_id: int, status: ConnectorStatus, at: datetime) -> None:
        """Let live values and transactions follow a status."""
        station = self._station
        if status in _RESTING:
            station.metering.rest(connector_id, station.clock.now())
        if status is ConnectorStatus.AVAILABLE:
            station.metering.vehicle_left(connector_id)
            station.transactions.seen_available(connector_id, at)
        elif status not in _IDLE:
            station.transactions.seen_busy(connector_id)

    def _knows_own(self, connector_id: int) -> bool:
        """Tell whether a connector already speaks for itself."""
        return self._station.book.connector(connector_id).status is not None

    def _station_status(self, status: ConnectorStatus | None, fault: ConnectorFault | None) -> None:
        station = self._station
        before = station.state.fault
        operative = (
            station.state.operative if status is None else status is not ConnectorStatus.UNAVAILABLE
        )
        self._remember_operative(0, operative=operative)
        station.book.update(operative=operative, fault=fault)
        self._tell_fault(0, before, fault)

    def found(self, connector_id: int) -> None:
        """Take note of a connector, and of those below it."""
        station = self._station
        known = station.book.connectors
        if connector_id in known:
            return
        for number in range(1, connector_id + 1):
            if number in known:
                continue
            station.book.update_connector(number)
            station.external_limits.show(number, quietly=True)
            station.publish(
                ConnectorFound(
                    station_id=station.station_id, at=station.clock.now(), connector_id=number
                )
            )
        station.welcome.found_connector()
        if connector_id > station.memory.connectors:
            station.memory.connectors = connector_id
            station.keep_memory()

    def made_available(self, connector_id: int, *, operative: bool) -> None:
        """Take note of an availability the station accepted."""
        self._remember_operative(connector_id, operative=operative)
        if connector_id == 0:
            self._station.book.update(operative=operative)
        elif connector_id in self._station.book.connectors:
            self._station.book.update_connector(connector_id, operative=operative)
        self._station.publish(
            AvailabilitySet(
                station_id=self._station.station_id,
                at=self._station.clock.now(),
                connector_id=connector_id,
                operative=operative,
            )
        )

    def _remember_operative(self, connector_id: int, *, operative: bool) -> None:
        memory = self._station.memory.operative
        if memory.get(str(connector_id), True) != operative:
            memory[str(connector_id)] = operative
            self._station.keep_memory()

    def _tell_fault(
        self, connector_id: int, before: ConnectorFault | None, after: ConnectorFault | None
    ) -> None:
        """Tell what a connector complains of, and what no longer; a complaint is told by its codes."""
        same = _is_same(before, after)
        if before is not None and not same:
            self._publish(FaultCleared, connector_id, before)
        if after is not None:
            self._publish(FaultRepeated if same else FaultRaised, connector_id, after)

    def _publish(
        self,
        kind: type[FaultRaised | FaultRepeated | FaultCleared],
        connector_id: int,
        fault: ConnectorFault,
    ) -> None:
        station = self._station
        station.publish(
            kind(
                station_id=station.station_id,
                at=station.clock.now(),
                connector_id=connector_id,
                fault=fault,
            )
        )


def _is_same(one: ConnectorFault | None, other: ConnectorFault | None) -> bool:
    return (
        one is not None
        and other is not None
        and (one.code, one.vendor_error_code) == (other.code, other.vendor_error_code)
    )


def fault_of(
    code: str | None,
    *,
    status: ConnectorStatus | None,
    info: str | None,
    vendor_id: str | None,
    vendor_error_code: str | None,
    since: datetime,
) -> ConnectorFault | None:
    """Return the fault a notification tells of, None when all is well (OCPP 1.6 section 7.6)."""
    if code in _NO_FAULT:
        if status is not ConnectorStatus.FAULTED:
            return None
        code = "OtherError"
    return ConnectorFault(
        code=code or "OtherError",
        info=info,
        vendor_id=vendor_id,
        vendor_error_code=vendor_error_code,
        since=since,
    )
