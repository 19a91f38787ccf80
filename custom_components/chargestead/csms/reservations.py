"""The reservations of one station (OCPP 1.6 sections 3.12, 5.1 and 5.13; OCPP 2.0.1 part 2, H)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ..model.clock import Timer
from ..model.commands import CancelReservation, Command, CommandResult, Reserve
from ..model.errors import CommandRefusedError, StationOfflineError, StationTimeoutError
from ..model.events import ReservationChanged
from ..model.reservation import Reservation, ReservationState
from ..model.session import Session
from ..model.station import ConnectorStatus
from .reservation_record import read_reservation, write_reservation
from .session_id import FreshIds

if TYPE_CHECKING:
    from .station import ChargingStation

_REMEMBERED: Final = 50
_NEWS: Final = timedelta(seconds=60)
_CLOCKS_DIFFER: Final = timedelta(seconds=60)
_SOONEST_S: Final = 1


class Reservations:
    """Knows what a station holds free for whom, from what it answers and reports; also while it is away."""

    def __init__(self, station: ChargingStation) -> None:
        """Take up what is remembered."""
        self._station = station
        self._ids = FreshIds(station.clock, station.memory.last_reservation_id)
        self._all: dict[int, Reservation] = {}
        self._cancelling: set[int] = set()
        self._timer: Timer | None = None
        for content in station.memory.reservations:
            reservation = read_reservation(content)
            if reservation is not None:
                self._all[reservation.id] = reservation
        self._wait()

    @property
    def all(self) -> tuple[Reservation, ...]:
        """Return the open reservations and the last ones that are over, oldest first."""
        return tuple(sorted(self._all.values(), key=lambda item: (item.made_at, item.id)))

    def next_id(self) -> int:
        """Return an id that no reservation of this station had."""
        number = self._ids.next()
        self._station.memory.last_reservation_id = number
        self._station.keep_memory()
        return number

    async def reserve(self, command: Reserve) -> CommandResult:
        """Ask for a reservation; where the answer is lost the station may hold it, so it is kept in mind.

        Raises what `ChargingStation.command` raises.
        """
        was_there = self._station.connected
        try:
            return await self._station.command(command)
        except StationTimeoutError, StationOfflineError:
            if was_there:
                self._take(command, ReservationState.ASKED)
            raise

    async def cancel(self, reservation_id: int) -> CommandResult:
        """Ask for the end of a reservation, known to us or not; a station that refuses has none of that id.

        Raises what `ChargingStation.command` raises.
        """
        self._cancelling.add(reservation_id)
        try:
            return await self._station.command(CancelReservation(reservation_id=reservation_id))
        except CommandRefusedError:
            self._end(reservation_id, ReservationState.REMOVED, self._station.clock.now())
            raise
        finally:
            self._cancelling.discard(reservation_id)

    def done(self, command: Command) -> None:
        """Take note of a command the station accepted."""
        match command:
            case Reserve():
                self._take(command, ReservationState.ACCEPTED)
            case CancelReservation(reservation_id=reservation_id):
                now = self._station.clock.now()
                self._end(reservation_id, ReservationState.CANCELLED, now)

    def _take(self, command: Reserve, state: ReservationState) -> None:
        now = self._station.clock.now()
        connector = self._station.book.connector(command.connector_id or 0)
        self._keep(
            Reservation(
                id=command.reservation_id,
                connector_id=command.connector_id or None,
                id_token=command.id_token,
                parent_id_token=command.parent_id_token,
                connector_type=command.connector_type,
                made_at=now,
                expires_at=command.expires_at,
                state=state,
                changed_at=now,
                # The station may have shown it before it answered.
                shown=state is ReservationState.ACCEPTED
                and connector.status is ConnectorStatus.RESERVED,
            )
        )

    def connector_is(self, connector_id: int, status: ConnectorStatus, at: datetime) -> None:
        """Take a status: a connector that was shown as reserved and is free again is so no more."""
        for reservation in self._open(connector_id):
            if status is ConnectorStatus.RESERVED:
                self._shown(reservation, at)
            elif (
                status is ConnectorStatus.AVAILABLE
                and reservation.shown
                and reservation.id not in self._cancelling
            ):
                over = at >= reservation.expires_at - _CLOCKS_DIFFER
                self.ended(reservation.id, at, expired=over)

    def _shown(self, reservation: Reservation, at: datetime) -> None:
        if reservation.state is ReservationState.ASKED:
            self._keep(
                replace(reservation, shown=True, state=ReservationState.ACCEPTED, changed_at=at)
            )
        elif not reservation.shown:
            self._all[reservation.id] = replace(reservation, shown=True)
            self._remember()

    def ended(self, reservation_id: int, at: datetime, *, expired: bool) -> None:
        """Take that a station gave a reservation up by itself (2.x ReservationStatusUpdate)."""
        state = ReservationState.EXPIRED if expired else ReservationState.REMOVED
        self._end(reservation_id, state, at)

    def started(self, session: Session, reservation_id: int | None) -> None:
        """Take that a session started; without an id of ours, see whether it can only be that of a reservation."""
        reservation = self._all.get(reservation_id or 0)
        if reservation is None:
            if reservation_id:
                self._station.counters.add("reservation_unknown")
            reservation = self._meant(session)
        if reservation is not None and reservation.state is not ReservationState.USED:
            self._keep(
                replace(
                    reservation,
                    state=ReservationState.USED,
                    changed_at=session.started_at,
                    transaction_id=session.transaction_id,
                )
            )

    def _meant(self, session: Session) -> Reservation | None:
        token = (session.id_token or "").casefold()
        for reservation in (*self._open(session.connector_id), *self._open(None)):
            if reservation.made_at > session.started_at:
                continue
            if reservation.id_token.casefold() == token or (
                reservation.shown and reservation.connector_id is not None
            ):
                return reservation
        return None

    def _open(self, connector_id: int | None) -> Iterator[Reservation]:
        return (
            item
            for item in tuple(self._all.values())
            if item.is_open and item.connector_id == connector_id
        )

    def _end(self, reservation_id: int, state: ReservationState, at: datetime) -> None:
        reservation = self._all.get(reservation_id)
        if reservation is None:
            return
        # A station may say that the connector is free before it says that it cancels.
        cancels = state is ReservationState.CANCELLED
        if reservation.is_open or (cancels and reservation.state is ReservationState.REMOVED):
            self._keep(replace(reservation, state=state, changed_at=at))

    def _keep(self, reservation: Reservation) -> None:
        self._all[reservation.id] = reservation
        over = [item for item in self.all if not item.is_open]
        for item in over[: max(0, len(over) - _REMEMBERED)]:
            del self._all[item.id]
        self._remember()
        self._wait()
        station = self._station
        at = reservation.changed_at
        station.publish(
            ReservationChanged(
                station_id=station.station_id,
                at=at,
                reservation=reservation,
                replayed=station.clock.now() - at > _NEWS,
            )
        )

    def _remember(self) -> None:
        self._station.memory.reservations = [write_reservation(item) for item in self.all]
        self._station.keep_memory()

    def _wait(self) -> None:
        """Wait for the next reservation to expire."""
        self.close()
        soonest = min(
            (item.expires_at for item in self._all.values() if item.is_open), default=None
        )
        if soonest is not None:
            clock = self._station.clock
            delay_s = max(_SOONEST_S, (soonest - clock.now()).total_seconds())
            self._timer = clock.call_later(delay_s, self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = self._station.clock.now()
        for reservation in self.all:
            if reservation.is_open and reservation.expires_at <= now:
                self._end(reservation.id, ReservationState.EXPIRED, reservation.expires_at)
        self._wait()

    def close(self) -> None:
        """Drop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
