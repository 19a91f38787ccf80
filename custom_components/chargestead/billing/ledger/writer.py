"""The one thread that writes, and its group commit."""

import asyncio
from collections.abc import Callable, Iterable
import logging
from queue import Empty, SimpleQueue
import threading
from typing import Final

from ...model.clock import Clock, Timer
from ...model.errors import LedgerError
from .commits import MAX_BATCH, Committer
from .faults import ledger_error
from .rows import to_micros
from .store import KEPT, KeptEvent

LOGGER = logging.getLogger(__name__)

MAX_QUEUED: Final = 100_000
_RETRY_AFTER_S: Final = 30

type Kept = asyncio.Future[None]
type Task = Callable[[], None]
type _Entry = tuple[KeptEvent | Task, Kept]
type _Outcome = tuple[Kept, LedgerError | None]


class Writer:
    """Takes all that is queued, has it committed at once, and only then says that it is kept.

    Whoever waits for an event that could not be committed is told at once, also where it stays owed.
    """

    def __init__(self, committer: Committer, clock: Clock) -> None:
        """Start the thread; must be called in the event loop."""
        self.trouble: LedgerError | None = None
        self.last_error: LedgerError | None = None
        self.turned_away = 0
        self.on_error: Callable[[LedgerError], None] | None = None
        self.on_recovered: Callable[[], None] | None = None
        self._committer = committer
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Entry] = SimpleQueue()
        self._given = 0
        self._done = 0
        self._progress = self._loop.create_future()
        self._sealed = False
        self._retry: Timer | None = None
        self._running = True
        self._thread = threading.Thread(
            target=self._run, name="chargestead-ledger-write", daemon=True
        )
        self._thread.start()

    @property
    def queued(self) -> int:
        """Return how much waits for the thread."""
        return self._queue.qsize()

    @property
    def busy(self) -> bool:
        """Tell whether the thread has still to do something it was given, or to say that it has."""
        return self._done < self._given

    def keep(self, event: KeptEvent) -> Kept:
        """Queue an event; the future is done when it survives a power cut, or carries a LedgerError."""
        if self._sealed:
            return _refused(self._loop.create_future(), LedgerError("the ledger is closed"))
        if self._queue.qsize() >= MAX_QUEUED:
            self.turned_away += 1
            return _refused(
                self._loop.create_future(), LedgerError("too much waits for the ledger")
            )
        return self._put(event)

    def perform(self, task: Task) -> Kept:
        """Queue something the thread is to do between two commits."""
        if self._sealed:
            return _refused(self._loop.create_future(), LedgerError("the ledger is closed"))
        return self._put(task)

    def seal(self) -> None:
        """Take nothing more."""
        self._cancel_retry()
        self._sealed = True

    def finish(self) -> Kept:
        """Commit what is queued and end the thread."""
        return self._put(self._finish)

    def join(self) -> None:
        """Wait for the thread to end; blocks."""
        self._thread.join()

    async def caught_up(self) -> None:
        """Wait until the thread has done, or failed to do, all that it was given up to now."""
        given = self._given
        while self._done < given:
            await asyncio.wait((self._progress,))

    def _put(self, work: KeptEvent | Task) -> Kept:
        future: Kept = self._loop.create_future()
        self._given += 1
        self._queue.put((work, future))
        return future

    # The thread: from here to the next line like this one.

    def _run(self) -> None:
        while self._running:
            outcomes: list[_Outcome] = []
            events: list[tuple[KeptEvent, Kept]] = []
            for work, future in self._take():
                if isinstance(work, KEPT):
                    events.append((work, future))
                    continue
                outcomes += self._keep(events)
                events = []
                outcomes.append((future, _outcome(work)))
            outcomes += self._keep(events)
            self._tell(outcomes)

    def _take(self) -> Iterable[_Entry]:
        entries = [self._queue.get()]
        while len(entries) < MAX_BATCH:
            try:
                entries.append(self._queue.get_nowait())
            except Empty:
                break
        return entries

    def _keep(self, entries: list[tuple[KeptEvent, Kept]]) -> list[_Outcome]:
        if not entries:
            return []
        errors = self._committer.keep([event for event, _ in entries])
        return [(future, error) for (_, future), error in zip(entries, errors, strict=True)]

    def _finish(self) -> None:
        self._running = False
        self._committer.finish()

    def _tell(self, outcomes: list[_Outcome]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._settle, outcomes, self._committer.failure)
        except RuntimeError:
            LOGGER.warning("Nobody is left to hear of %s kept events", len(outcomes))

    # The event loop again.

    def _settle(self, outcomes: list[_Outcome], failure: LedgerError | None) -> None:
        for future, error in outcomes:
            if error is not None:
                self.last_error = error
            if not future.done():
                _settled(future, error)
        self._done += len(outcomes)
        self._progress.set_result(None)
        self._progress = self._loop.create_future()
        before, self.trouble = self.trouble, failure
        if failure is None:
            self._cancel_retry()
            if before is not None:
                LOGGER.info("The ledger keeps events again")
                if self.on_recovered is not None:
                    self.on_recovered()
            return
        self.last_error = failure
        if self._retry is None and not self._sealed:
            self._retry = self._clock.call_later(_RETRY_AFTER_S, self._try_again)
        if type(before) is not type(failure):
            LOGGER.warning("The ledger cannot keep events: %s", failure)
            if self.on_error is not None:
                self.on_error(failure)

    def _try_again(self) -> None:
        self._retry = None
        at = to_micros(self._clock.now())
        self.perform(lambda: self._committer.probe(at))

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None


def _outcome(task: Task) -> LedgerError | None:
    try:
        task()
    except Exception as error:  # noqa: BLE001 - told to whoever asked for it
        return ledger_error(error)
    return None


def _refused(future: Kept, error: LedgerError) -> Kept:
    _settled(future, error)
    return future


def _settled(future: Kept, error: LedgerError | None) -> None:
    if error is None:
        future.set_result(None)
        return
    future.set_exception(error)
    # Failures are counted and told by on_error; whoever does not wait for one is not to be blamed in the log.
    future.exception()
