"""Whose the sessions are."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
import logging
from typing import Final, Protocol

from ..billing.ledger import Fact, SessionAssigned
from ..csms.tokens import Tokens
from ..model.clock import Clock
from ..model.errors import LedgerError
from ..model.events import Event, SessionEnded, SessionStarted, SessionUpdated
from ..model.ports import Kept
from ..model.session import Session

_LOGGER = logging.getLogger(__name__)

BY_TOKEN: Final = "token"  # noqa: S105 - who said so, not a secret
"""The actor of an assignment that follows from a token."""

_REMEMBERED: Final = 500

type Listener = Callable[[str | None], None]


class DriverLedger(Protocol):
    """Keeps whose sessions are, and who said so."""

    def keep(self, event: Event | Fact) -> Kept | None:
        """Queue what is to be kept."""

    async def assignments(self, session_id: str) -> list[SessionAssigned]:
        """Return who was named for a session, oldest first; raises LedgerError."""


class SessionDrivers:
    """Gives sessions the driver of their token, unless somebody said otherwise by hand.

    What was said before is looked up in the ledger, so that a repeated message, or a restart, changes nothing.
    """

    def __init__(self, clock: Clock, ledger: DriverLedger, tokens: Callable[[], Tokens]) -> None:
        """Follow the tokens as they are set up at the time."""
        self.failed = 0
        self._clock = clock
        self._ledger = ledger
        self._tokens = tokens
        self._known: dict[str, str | None] = {}
        self._judged: dict[str, str | None] = {}
        self._listeners: list[Listener] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def driver_id(self, session: Session) -> str | None:
        """Return whose a session is, as far as that is known without asking the ledger."""
        if session.id in self._known:
            return self._known[session.id]
        if session.is_open or session.id in self._judged:
            return self._tokens().driver_id(session.id_token)
        return None

    def handle(self, event: Event) -> None:
        """Look at the token of a session that began or changed."""
        if isinstance(event, (SessionUpdated, SessionStarted, SessionEnded)):
            session = event.session
            if self._judged.get(session.id, "") != session.id_token:
                self._judge(session)

    async def restored(self, sessions: Iterable[Session]) -> None:
        """Look up whose sessions from the ledger are."""
        for session in sessions:
            await self._look_up(session)

    def tokens_changed(self, running: Iterable[Session]) -> None:
        """Look at the sessions that run again: a token may have got a driver."""
        self._judged.clear()
        for session in running:
            self._judge(session)
        self._tell(None)

    def assign(self, fact: SessionAssigned, station_id: str | None = None) -> Kept | None:
        """Say whose a session is."""
        _remember(self._known, fact.session_id, fact.driver_id)
        kept = self._ledger.keep(fact)
        self._tell(station_id)
        return kept

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call a listener with the id of a station (None: all) whose sessions got another driver."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    async def stop(self) -> None:
        """Give up what is under way; it is done again when a message of the session comes."""
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _judge(self, session: Session) -> None:
        _remember(self._judged, session.id, session.id_token)
        if self._tokens().find(session.id_token) or self._known.get(session.id):
            self._spawn(self._settle(session))

    async def _settle(self, session: Session) -> None:
        """Assign a session to the driver of its token, if that is news and nobody else was named by hand."""
        assignments = await self._assignments(session)
        if assignments is None:
            self._judged.pop(session.id, None)
            return
        driver_id = self._tokens().driver_id(session.id_token)
        last = assignments[-1] if assignments else None
        if last is not None and (last.actor != BY_TOKEN or last.driver_id == driver_id):
            self._learn(session, last.driver_id)
        elif driver_id is not None or last is not None:
            self.assign(
                SessionAssigned(
                    at=self._clock.now(),
                    session_id=session.id,
                    driver_id=driver_id,
                    vehicle_id=last.vehicle_id if last else None,
                    actor=BY_TOKEN,
                ),
                session.station_id,
            )

    async def _look_up(self, session: Session) -> None:
        assignments = await self._assignments(session)
        if assignments:
            self._learn(session, assignments[-1].driver_id)
        elif assignments is not None and session.is_open:
            self._judge(session)

    async def _assignments(self, session: Session) -> list[SessionAssigned] | None:
        try:
            return await self._ledger.assignments(session.id)
        except LedgerError as err:
            self.failed += 1
            _LOGGER.debug("It is not known whose session %s is: %s", session.id, err)
            return None

    def _learn(self, session: Session, driver_id: str | None) -> None:
        _remember(self._known, session.id, driver_id)
        self._tell(session.station_id)

    def _spawn(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell(self, station_id: str | None) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(station_id)
            except Exception:
                _LOGGER.exception("A listener failed on the driver of a session")


def _remember(items: dict[str, str | None], key: str, value: str | None) -> None:
    items.pop(key, None)
    items[key] = value
    while len(items) > _REMEMBERED:
        del items[next(iter(items))]
