"""Stopping softly: the current falls first, so that the contactor opens without load.

A contactor lasts for some ten thousand openings under load and for millions without. Only stops of ours can be soft;
those of the station, the vehicle, an emergency, and whoever says `at_once`, are not delayed.
"""

import asyncio
from collections.abc import Callable, Iterable
import logging
from typing import TYPE_CHECKING, Final

from ..model.commands import CommandResult, Restart, RestartKind, StopSession
from ..model.errors import ChargesteadError, CommandRefusedError
from ..model.events import StopAsked
from ..model.session import Session
from ..model.station import ConnectorStatus
from .obedience import MINIMUM_A
from .waiting import wait_until

if TYPE_CHECKING:
    from .station import ChargingStation

_LOGGER = logging.getLogger(__name__)

_LOWERED_S: Final = 5
_LONGEST_S: Final = 15
_ASK_AFTER_S: Final = 2
_OVER_S: Final = 60
_LATE_S: Final = 3
_FALLEN_A: Final = 1.0
_CLOSE_A: Final = MINIMUM_A + 1.5


class SoftStop:
    """Lowers the limit to the least, then to nothing, and stops when no current flows, or soon enough all the same."""

    def __init__(self, station: ChargingStation) -> None:
        """Act on one station."""
        self._station = station
        self._running: dict[int, asyncio.Task[CommandResult]] = {}
        self._hurried: set[int] = set()

    async def stop(self, command: StopSession, *, at_once: bool = False) -> CommandResult:
        """Stop a session; one that ends by itself meanwhile is as good as stopped.

        Whoever asks twice gets one stop, and who asks for it at once the second time gets it at once.
        """
        session = self._session(command)
        if session is None:
            return await self._station.command(command)
        connector_id = session.connector_id
        task = self._running.get(connector_id)
        if at_once:
            self._hurry(connector_id)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._stop(session, at_once=at_once))
            self._running[connector_id] = task
            task.add_done_callback(lambda _: self._running.pop(connector_id, None))
        return await asyncio.shield(task)

    async def restart(self, command: Restart, *, at_once: bool = False) -> CommandResult:
        """Restart the station, or one EVSE; a hard restart, and one that waits for its time, are sent as they are."""
        sessions = [
            connector.session
            for connector in self._station.book.connectors.values()
            if connector.session is not None
            and command.evse_id in (None, 0, connector.connector_id)
        ]
        if command.kind is not RestartKind.SOFT:
            return await self._station.command(command)
        softened = set() if at_once else await self._soften(sessions)
        for session in sessions:
            self._tell(session, softened)
        try:
            result = await self._station.command(command)
        except ChargesteadError:
            for session in sessions:
                await self._station.limits.raise_again(session.connector_id)
            raise
        for session in sessions:
            # What is said to a station that is about to go falls on deaf ears; it is said when it is back.
            self._restore_later(session, lambda: not self._station.connected)
        return result

    async def _stop(self, session: Session, *, at_once: bool) -> CommandResult:
        softened = set() if at_once else await self._soften([session])
        try:
            if not self._runs(session):
                return CommandResult(status=None, answer={})
            self._tell(session, softened)
            return await self._station.command(StopSession(transaction_id=session.transaction_id))
        except ChargesteadError as err:
            if isinstance(err, CommandRefusedError) and await self._ends(session):
                return CommandResult(status=None, answer={})
            await self._station.limits.raise_again(session.connector_id)
            raise
        finally:
            self._restore_later(session, lambda: not self._runs(session))

    def _session(self, command: StopSession) -> Session | None:
        """Return the running session that is meant, None where that is not one alone."""
        running = [
            connector.session
            for connector in self._station.book.connectors.values()
            if connector.session is not None
            and command.connector_id in (None, connector.connector_id)
            and command.transaction_id in (None, connector.session.transaction_id)
        ]
        return running[0] if len(running) == 1 else None

    async def _soften(self, sessions: Iterable[Session]) -> set[int]:
        """Lower all that charge at once; return the connectors whose current fell because of that."""
        lowering = [session for session in sessions if self._is_worthwhile(session)]
        fallen = await asyncio.gather(*(self._lower(session) for session in lowering))
        return {
            session.connector_id for session, done in zip(lowering, fallen, strict=True) if done
        }

    def _is_worthwhile(self, session: Session) -> bool:
        """Tell whether current flows, and the station does what limits say."""
        station, connector_id = self._station, session.connector_id
        if not station.connected or connector_id in self._hurried:
            return False
        connector = station.book.connector(connector_id)
        if connector.status is not ConnectorStatus.CHARGING or self._amps(connector_id) == 0:
            return False
        return station.limits.is_obeyed(connector_id)

    async def _lower(self, session: Session) -> bool:
        station, connector_id = self._station, session.connector_id
        deadline = station.clock.monotonic() + _LONGEST_S
        steps = [(0.0, _FALLEN_A)]
        amps = self._amps(connector_id)
        if amps is None or amps > _CLOSE_A:
            steps.insert(0, (MINIMUM_A, _CLOSE_A))
        for limit_a, enough_a in steps:
            try:
                if not await station.limits.lower(connector_id, limit_a):
                    return False
            except ChargesteadError as err:
                station.counters.add("stop_not_softened")
                _LOGGER.debug("%s could not be stopped softly: %s", station.station_id, err)
                return False
            left_s = deadline - station.clock.monotonic()
            seconds = min(left_s, _LOWERED_S) if limit_a else left_s
            await self._wait(session, seconds, self._has_fallen(connector_id, enough_a))
        return self._has_fallen(connector_id, _FALLEN_A)()

    def _has_fallen(self, connector_id: int, amps: float) -> Callable[[], bool]:
        """Return how to tell whether no more than so much flows, as far as the station says."""
        connector = self._station.book.connectors[connector_id]

        def has_fallen() -> bool:
            if connector.status is not ConnectorStatus.CHARGING:
                return True
            flowing = self._amps(connector_id)
            return flowing is not None and flowing <= amps

        return has_fallen

    async def _wait(self, session: Session, seconds: float, fallen: Callable[[], bool]) -> None:
        """Wait for the current to fall, at most so long; the meter is asked for if it does not tell."""
        station, connector_id = self._station, session.connector_id
        timers = [
            station.clock.call_later(after, lambda: station.ask_for_readings(connector_id))
            for after in range(_ASK_AFTER_S, int(max(seconds, 0)), 2 * _ASK_AFTER_S)
        ]

        def is_enough() -> bool:
            return (
                connector_id in self._hurried
                or not station.connected
                or not self._runs(session)
                or fallen()
            )

        try:
            await wait_until(station, is_enough, seconds)
        finally:
            for timer in timers:
                timer.cancel()

    def _tell(self, session: Session, softened: set[int]) -> None:
        """Count a stop by what it does to the contactor, and tell of it."""
        station, connector_id = self._station, session.connector_id
        amps = self._amps(connector_id)
        loaded = station.book.connector(connector_id).status is ConnectorStatus.CHARGING and (
            amps is None or amps > _FALLEN_A
        )
        soft = connector_id in softened
        if loaded:
            station.counters.add("stop_under_load")
        else:
            station.counters.add("stop_soft" if soft else "stop_unloaded")
        station.publish(
            StopAsked(
                station_id=station.station_id,
                at=station.clock.now(),
                connector_id=connector_id,
                session_id=session.id,
                current_a=amps if loaded else 0.0,
                softened=soft and not loaded,
            )
        )

    def _restore_later(self, session: Session, over: Callable[[], bool]) -> None:
        """Put the limit back once a session is over, so that the next one is not held back."""
        self._hurried.discard(session.connector_id)
        if self._station.limits.is_lowered(session.connector_id):
            self._station.spawn(self._restore(session, over), "restore a limit")

    async def _restore(self, session: Session, over: Callable[[], bool]) -> None:
        await wait_until(self._station, over, _OVER_S)
        await self._station.limits.raise_again(session.connector_id)

    async def _ends(self, session: Session) -> bool:
        """Tell whether a session is over after all, which its station may be about to say."""
        return await wait_until(self._station, lambda: not self._runs(session), _LATE_S)

    def _hurry(self, connector_id: int) -> None:
        """Wake what waits for the current of a connector to fall."""
        if connector_id in self._running:
            self._hurried.add(connector_id)
            self._station.book.update()

    def _runs(self, session: Session) -> bool:
        current = self._station.transactions.current(session.connector_id)
        return current is not None and current.id == session.id

    def _amps(self, connector_id: int) -> float | None:
        """Return the current of the most loaded phase in A, None while unknown."""
        return self._station.book.connector(connector_id).measurements.max_current_a

    async def close(self) -> None:
        """Give up what still runs."""
        tasks = tuple(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
