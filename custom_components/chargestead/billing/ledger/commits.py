"""What is committed, refused, owed and paid; all of it blocking, in the thread that writes."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
import logging
from typing import Final

from sqlalchemy import Engine, update
from sqlalchemy.exc import SQLAlchemyError

from ...model.errors import LedgerError
from .engine import CHECKPOINT_PAGES, SQLITE, checkpoint, pragma
from .faults import is_about_item, ledger_error
from .schema import SCHEMA
from .store import KeptEvent, write

LOGGER = logging.getLogger(__name__)

MAX_BATCH: Final = 2000
MAX_OWED: Final = 10_000


@dataclass(slots=True, kw_only=True)
class Counters:
    """What has become of the events handed over, and how many are `owed` right now."""

    kept: int = 0
    commits: int = 0
    largest_commit: int = 0
    refused: int = 0
    failed: int = 0
    owed: int = 0
    dropped: int = 0


class Committer:
    """Writes events in one transaction, or alone those that spoil it for the others.

    What the database could not take, though nothing is wrong with it, stays owed and is written when there is room
    again. `failure` is what keeps the database from taking events, None when nothing does.
    """

    def __init__(self, engine: Engine) -> None:
        """Write through an engine."""
        self.counters = Counters()
        self.failure: LedgerError | None = None
        self._engine = engine
        self._owed: deque[KeptEvent] = deque()
        self._held = False

    def keep(self, events: Sequence[KeptEvent]) -> list[LedgerError | None]:
        """Commit events and return what went wrong with each."""
        error = self._commit(events)
        if error is None:
            self.failure = self._pay()
            return [None] * len(events)
        if not is_about_item(error):
            self._owe(events)
            self.failure = ledger_error(error)
            return [ledger_error(error) for _ in events]
        if len(events) == 1:
            self._refuse(error)
            return [ledger_error(error)]
        return [outcome for event in events for outcome in self.keep([event])]

    def probe(self, at: int) -> None:
        """See whether there is room again, by writing what is owed or else a trifle; `at` in microseconds."""
        if self._owed:
            self.failure = self._pay()
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(update(SCHEMA).values(touched_at=at))
        except SQLAlchemyError as error:
            self.failure = ledger_error(error)
            return
        self.failure = None

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file unless that is held; LedgerError while a reader is in the way."""
        if not self._held:
            checkpoint(self._engine)

    def hold(self) -> None:
        """Complete the file and leave it alone from here on."""
        self.checkpoint()
        self._autocheckpoint(0)
        self._held = True

    def release(self) -> None:
        """End what `hold` began."""
        self._autocheckpoint(CHECKPOINT_PAGES)
        self._held = False

    def finish(self) -> None:
        """Pay what can be paid and let go of the database."""
        self.failure = self._pay()
        if self._owed:
            LOGGER.error(
                "Closing the ledger although it could not keep %s events: %s",
                len(self._owed),
                self.failure,
            )
        try:
            self.checkpoint()
        finally:
            self._engine.dispose()

    def _commit(self, events: Sequence[KeptEvent]) -> Exception | None:
        try:
            with self._engine.begin() as connection:
                write(connection, events)
        except Exception as error:  # noqa: BLE001 - nothing that is to be kept may end the thread
            return error
        self.counters.kept += len(events)
        self.counters.commits += 1
        self.counters.largest_commit = max(self.counters.largest_commit, len(events))
        return None

    def _owe(self, events: Sequence[KeptEvent]) -> None:
        self.counters.failed += len(events)
        self._owed.extend(events)
        while len(self._owed) > MAX_OWED:
            self._owed.popleft()
            self.counters.dropped += 1
        self.counters.owed = len(self._owed)

    def _pay(self) -> LedgerError | None:
        """Write what is owed, one by one once something in it turns out to be bad."""
        size = MAX_BATCH
        while self._owed:
            some = list(islice(self._owed, size))
            error = self._commit(some)
            if error is not None:
                if not is_about_item(error):
                    return ledger_error(error)
                if len(some) > 1:
                    size = 1
                    continue
                self._refuse(error)
            for _ in some:
                self._owed.popleft()
            self.counters.owed = len(self._owed)
        return None

    def _refuse(self, error: Exception) -> None:
        self.counters.refused += 1
        level = logging.WARNING if self.counters.refused == 1 else logging.DEBUG
        LOGGER.log(level, "The ledger cannot keep an event: %s", ledger_error(error))

    def _autocheckpoint(self, pages: int) -> None:
        if self._engine.dialect.name == SQLITE:
            pragma(self._engine, f"PRAGMA wal_autocheckpoint={pages}")
