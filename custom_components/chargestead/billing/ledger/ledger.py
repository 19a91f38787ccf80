"""The ledger as the rest of the house sees it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from functools import partial
import logging
from typing import Final, Self

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ...model.clock import Clock
from ...model.errors import LedgerError
from ...model.events import Event
from ...model.journal import JournalEntry, JournalPruned
from ...model.ports import Kept
from ...model.price import PriceSeries
from ...model.reading import MeterReading
from ...model.session import Session
from . import fact_queries, queries
from .commits import Committer
from .database import Database, open_database
from .fact_queries import CostSum, KeptSession
from .facts import Activity, Fact, SessionAssigned, SessionCost, SolarLearned
from .faults import ledger_error
from .journal import journal
from .queries import SessionFilter
from .store import KEPT
from .writer import Writer

LOGGER = logging.getLogger(__name__)

_EVERY_SESSION: Final = SessionFilter()


class Ledger:
    """Every session with its readings, and the newest register of every connector.

    One thread writes and one reads; the event loop only hands over and picks up. All methods but `open` must be called
    in the loop that opened it. What is read holds all that was handed over before. Reading raises LedgerError when the
    database cannot answer.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take over an open database; use `open`."""
        self._database = database
        self._executor = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="chargestead-ledger-read"
        )
        self._loop = asyncio.get_running_loop()
        self._committer = Committer(database.writer)
        self._writer = Writer(self._committer, clock)
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, *, clock: Clock) -> Self:
        """Open a ledger, creating or migrating its tables.

        Raises LedgerDamagedError once a damaged file has been set aside (opening again then begins a new one),
        LedgerTooNewError for one of a later version, LedgerFullError, or LedgerError.
        """
        database = await asyncio.get_running_loop().run_in_executor(
            None, open_database, url, clock.now()
        )
        return cls(database, clock)

    @property
    def healthy(self) -> bool:
        """Tell whether the database takes what it is given."""
        return self._writer.trouble is None

    @property
    def last_error(self) -> LedgerError | None:
        """Return the newest failure to keep something, whether or not it is over."""
        return self._writer.last_error

    @property
    def queued(self) -> int:
        """Return how many events wait to be written."""
        return self._writer.queued

    @property
    def busy(self) -> bool:
        """Tell whether something is still to be written, or is being written."""
        return self._writer.busy

    @property
    def on_error(self) -> Callable[[LedgerError], None] | None:
        """What is called when the database begins to fail, or fails in another way."""
        return self._writer.on_error

    @on_error.setter
    def on_error(self, callback: Callable[[LedgerError], None] | None) -> None:
        self._writer.on_error = callback

    @property
    def on_recovered(self) -> Callable[[], None] | None:
        """What is called when the database takes events again and everything owed to it is written."""
        return self._writer.on_recovered

    @on_recovered.setter
    def on_recovered(self, callback: Callable[[], None] | None) -> None:
        self._writer.on_recovered = callback

    def keep(self, event: Event | Fact | JournalEntry | JournalPruned) -> Kept | None:
        """Queue an event to be kept, None where the ledger does not keep its kind.

        The future is done when the event survives a power cut. It carries a LedgerError when it could not be written;
        it may still be written later, as repeating an event changes nothing.
        """
        return self._writer.keep(event) if isinstance(event, KEPT) else None

    async def session(self, session_id: str) -> Session | None:
        """Return the session of an id, or None."""
        return await self._read(partial(queries.session, session_id=session_id))

    async def find_session(self, station_id: str, transaction_id: str) -> Session | None:
        """Return the newest session of a transaction id, orphans excluded, or None."""
        return await self._read(
            partial(queries.find_session, station_id=station_id, transaction_id=transaction_id)
        )

    async def open_sessions(self, station_id: str) -> list[Session]:
        """Return the sessions of a station that still run, newest first."""
        return await self._read(partial(queries.open_sessions, station_id=station_id))

    async def recent_sessions(self, station_id: str, limit: int = 200) -> list[Session]:
        """Return the newest sessions of a station and all its open ones, newest first."""
        return await self._read(
            partial(queries.recent_sessions, station_id=station_id, limit=limit)
        )

    async def sessions(
        self, wanted: SessionFilter = _EVERY_SESSION, *, limit: int | None = None, offset: int = 0
    ) -> list[Session]:
        """Return a page of the sessions that pass a filter, newest first."""
        return await self._read(
            partial(queries.sessions, wanted=wanted, limit=limit, offset=offset)
        )

    async def count_sessions(self, wanted: SessionFilter = _EVERY_SESSION) -> int:
        """Return how many sessions pass a filter."""
        return await self._read(partial(queries.count, wanted=wanted))

    async def use_of(self, station_id: str | None) -> tuple[int, int]:
        """Return how many sessions ended at a station, with None at all there ever were, and their energy in mWh."""
        return await self._read(partial(queries.use_of, station_id=station_id))

    async def readings(self, session_id: str) -> list[MeterReading]:
        """Return the readings of a session in the order of their time."""
        return await self._read(partial(queries.readings, session_id=session_id))

    async def registers(self, station_id: str) -> dict[int, tuple[int, datetime]]:
        """Return the newest register in milliwatt-hours and its time, by connector."""
        return await self._read(partial(queries.registers, station_id=station_id))

    async def last_transaction_id(self) -> int:
        """Return the largest transaction id ever given out, 0 if there is none."""
        return await self._read(queries.last_transaction_id)

    async def kept_session(self, session_id: str) -> KeptSession | None:
        """Return a session with its cost, or None."""
        return await self._read(partial(fact_queries.kept_session, session_id=session_id))

    async def kept_sessions(
        self, wanted: SessionFilter = _EVERY_SESSION, *, limit: int | None = None, offset: int = 0
    ) -> list[KeptSession]:
        """Return a page of the sessions that pass a filter with their costs, newest first."""
        return await self._read(
            partial(fact_queries.kept_sessions, wanted=wanted, limit=limit, offset=offset)
        )

    async def provisional_sessions(
        self, reasons: frozenset[str], since: datetime, limit: int = 1000
    ) -> list[KeptSession]:
        """Return sessions ended since a moment whose cost is provisional for one of some reasons, oldest first."""
        return await self._read(
            partial(fact_queries.provisional_sessions, reasons=reasons, since=since, limit=limit)
        )

    async def past_costs(self, session_id: str) -> list[SessionCost]:
        """Return what a session was once thought to cost exactly, oldest first."""
        return await self._read(partial(fact_queries.past_costs, session_id=session_id))

    async def cost_sums(self, wanted: SessionFilter = _EVERY_SESSION) -> list[CostSum]:
        """Return what the rated sessions that pass a filter come to, by currency."""
        return await self._read(partial(fact_queries.cost_sums, wanted=wanted))

    async def activities(
        self, station_id: str, connector_id: int, start: datetime, end: datetime
    ) -> list[Activity]:
        """Return what a connector did in [start, end), with what it was doing at the start, in order."""
        return await self._read(
            partial(
                fact_queries.activities,
                station_id=station_id,
                connector_id=connector_id,
                start=start,
                end=end,
            )
        )

    async def prices(self, source: str, start: datetime, end: datetime) -> dict[str, PriceSeries]:
        """Return what a source quoted for [start, end), by currency; the slots are whole."""
        return await self._read(partial(fact_queries.prices, source=source, start=start, end=end))

    async def solar(self, start: datetime, end: datetime) -> list[SolarLearned]:
        """Return the solar shares of [start, end) in order."""
        return await self._read(partial(fact_queries.solar, start=start, end=end))

    async def tariff(self, uid: str) -> str | None:
        """Return the content of a tariff that sessions were priced by, or None."""
        return await self._read(partial(fact_queries.tariff, uid=uid))

    async def assignments(self, session_id: str) -> list[SessionAssigned]:
        """Return who was named for a session, oldest first."""
        return await self._read(partial(fact_queries.assignments, session_id=session_id))

    async def journal(
        self,
        kind: str,
        *,
        station_id: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> list[JournalEntry]:
        """Return the entries of a kind, newest first."""
        return await self._read(
            partial(journal, kind=kind, station_id=station_id, since=since, limit=limit)
        )

    async def checkpoint(self) -> None:
        """Move what is kept so far from SQLite's write-ahead log into the file, unless it is held."""
        await self._writer.perform(self._committer.checkpoint)

    async def hold(self) -> None:
        """Make the SQLite file complete, and leave it unchanged until `release`, so that it can be copied.

        Events are still kept, in the write-ahead log beside it, which only grows meanwhile: a copy of both is whole
        whenever it is made.
        """
        await self._writer.perform(self._committer.hold)

    async def release(self) -> None:
        """End what `hold` began."""
        await self._writer.perform(self._committer.release)

    async def close(self) -> None:
        """Write what is queued, then close; nothing is kept any more from this call on."""
        if self._closing is None:
            self._writer.seal()
            self._closing = self._loop.create_task(self._close())
        await asyncio.shield(self._closing)

    def diagnostics(self) -> dict[str, object]:
        """Return how the ledger is doing, without anything private."""
        return {
            "database": self._database.writer.dialect.name,
            "schema_version": self._database.version,
            "healthy": self.healthy,
            "last_error": None if self.last_error is None else str(self.last_error),
            "queued": self.queued,
            "turned_away": self._writer.turned_away,
            **asdict(self._committer.counters),
        }

    async def _close(self) -> None:
        reader = self._database.reader
        await self._loop.run_in_executor(self._executor, reader.dispose)
        try:
            await self._writer.finish()
        except LedgerError as error:
            LOGGER.warning("The ledger's write-ahead log stays as it is: %s", error)
        await self._loop.run_in_executor(self._executor, self._writer.join)
        self._executor.shutdown()

    async def _read[T](self, query: Callable[[Connection], T]) -> T:
        await self._writer.caught_up()
        if self._closing is not None:
            raise LedgerError("the ledger is closed")
        return await self._loop.run_in_executor(self._executor, self._reading, query)

    def _reading[T](self, query: Callable[[Connection], T]) -> T:
        try:
            with self._database.reader.connect() as connection:
                return query(connection)
        except SQLAlchemyError as error:
            raise ledger_error(error) from error
