"""What vehicles need, and the profile that answers them (OCPP 2.0.1 and 2.1 part 2, K15 to K17).

A vehicle that speaks ISO 15118 makes its plan within a profile for its transaction. It gets one with the limit that
holds, and a new one with each change of it, since such a profile overrules the default that says the limit otherwise.
"""

from dataclasses import replace
from datetime import datetime, timedelta
import logging
from typing import TYPE_CHECKING, Final

from ..model.charging_needs import ChargingNeeds
from ..model.clock import Timer
from ..model.commands import SetChargingProfile
from ..model.errors import CallFailedError, ChargesteadError, CommandRefusedError
from ..model.events import ChargingNeedsChanged, Event, SessionEnded, SessionStarted
from ..model.schedule import Schedule
from .limit_forms import Form, Purpose

if TYPE_CHECKING:
    from .station import ChargingStation

_LOGGER = logging.getLogger(__name__)

_FIRST_ID: Final = 10_000
_ANSWER_S: Final = 1
_MOST_ANSWERS: Final = 3
_TOLERANCE_A: Final = 1.0


class VehicleNeeds:
    """Keeps what the vehicles at one station need, and answers them."""

    def __init__(self, station: ChargingStation) -> None:
        """Know of none."""
        self._station = station
        self._schedules: dict[int, Schedule] = {}
        self._renewed: dict[int, int] = {}
        self._said: dict[int, str] = {}
        self._timers: dict[int, Timer] = {}

    def notified(self, connector_id: int, needs: ChargingNeeds) -> bool:
        """Take needs; tells whether the profile that answers them can be sent right away."""
        self._renewed.pop(connector_id, None)
        self._show(connector_id, needs)
        is_ready = self._station.transactions.current(connector_id) is not None
        if is_ready:
            self._answer_soon(connector_id)
        return is_ready

    def scheduled(self, connector_id: int, schedule: Schedule) -> bool:
        """Take a vehicle's own plan; tells whether it keeps to the limit, else it is asked for another."""
        self._schedules[connector_id] = schedule
        most_a = self._allowed_a(connector_id) + _TOLERANCE_A
        phases = self._station.config.phases
        moments = [schedule.starts_at, *(_moments(schedule))]
        amounts = (schedule.limit_a(at, phases) for at in moments)
        if all(amount is None or amount <= most_a for amount in amounts):
            return True
        self._station.counters.add("vehicle_schedule_too_high")
        answers = self._renewed.get(connector_id, 0) + 1
        if answers <= _MOST_ANSWERS:
            self._renewed[connector_id] = answers
            self._answer_soon(connector_id)
        return False

    def happened(self, event: Event) -> None:
        """Answer needs that waited for their session, and forget them when it is over."""
        match event:
            case SessionStarted(session=session, replayed=False) if self._needs(
                session.connector_id
            ):
                self._answer_soon(session.connector_id)
            case SessionEnded(session=session):
                current = self._station.transactions.current(session.connector_id)
                if current is None or current.id == session.id:
                    self._schedules.pop(session.connector_id, None)
                    self._show(session.connector_id, None)

    async def say(self, connector_id: int, current_a: float) -> None:
        """Tell a vehicle what it may take, in A per phase; nothing where it never said what it needs.

        Nothing either where limits are profiles for transactions anyway. A station that takes no such profile goes by
        its default; one that took one before and takes no other would go on with that, so then its refusal is raised,
        as StationOfflineError and StationTimeoutError are.
        """
        if not self._is_said_by_limits:
            await self._say(connector_id, current_a, _FIRST_ID + connector_id)

    async def _say(self, connector_id: int, current_a: float, profile_id: int) -> None:
        station = self._station
        session = station.transactions.current(connector_id)
        if session is None or self._needs(connector_id) is None:
            return
        wanted = replace(station.limits.form or _PLAIN, purpose=Purpose.TRANSACTION, absolute=True)
        profile = station.limit_profile(
            wanted,
            profile_id=profile_id,
            limit=wanted.amount(current_a, station.config.phases),
            session=session,
            now=station.clock.now(),
        )
        if profile is None:
            return
        try:
            await station.command(SetChargingProfile(connector_id=connector_id, profile=profile))
        except CommandRefusedError, CallFailedError:
            station.counters.add("charging_needs_unanswered")
            if self._said.get(connector_id) == session.id:
                raise
            return
        self._said[connector_id] = session.id

    @property
    def _is_said_by_limits(self) -> bool:
        form = self._station.limits.form
        return form is not None and form.purpose is Purpose.TRANSACTION

    def diagnostics(self) -> dict[str, object]:
        """Return the plans vehicles made."""
        return {str(number): schedule for number, schedule in self._schedules.items()}

    def _answer_soon(self, connector_id: int) -> None:
        """Answer once the station has our reply to what it told."""

        def due() -> None:
            self._timers.pop(connector_id, None)
            self._station.spawn(self._answer(connector_id), "answer what a vehicle needs")

        timer = self._timers.pop(connector_id, None)
        if timer is not None:
            timer.cancel()
        self._timers[connector_id] = self._station.clock.call_later(_ANSWER_S, due)

    def close(self) -> None:
        """Answer no more; the socket it was meant for is gone."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def _answer(self, connector_id: int) -> None:
        station = self._station
        profile_id = _FIRST_ID + connector_id
        if self._is_said_by_limits:
            if station.book.connector(connector_id).limit is not None:
                station.limits.apply_soon(connector_id)
                return
            # A limit that comes later is to replace it: two for one transaction may not lie at one level.
            profile_id = connector_id
        try:
            await self._say(connector_id, self._allowed_a(connector_id), profile_id)
        except ChargesteadError as err:
            _LOGGER.debug("%s took no profile for its vehicle: %s", station.station_id, err)

    def _allowed_a(self, connector_id: int) -> float:
        limit = self._station.book.connector(connector_id).limit
        current_a = None if limit is None else limit.current_a
        return self._station.config.max_current_a if current_a is None else current_a

    def _needs(self, connector_id: int) -> ChargingNeeds | None:
        return self._station.book.connector(connector_id).needs

    def _show(self, connector_id: int, needs: ChargingNeeds | None) -> None:
        if needs == self._needs(connector_id):
            return
        station = self._station
        station.book.update_connector(connector_id, needs=needs)
        station.publish(
            ChargingNeedsChanged(
                station_id=station.station_id,
                at=station.clock.now(),
                connector_id=connector_id,
                needs=needs,
            )
        )


def _moments(schedule: Schedule) -> list[datetime]:
    return [schedule.starts_at + timedelta(seconds=item.start_s) for item in schedule.periods]


_PLAIN: Final = Form(purpose=Purpose.TRANSACTION, stack_level=0, absolute=True, unit="A")
