"""The queue of transaction-related messages (OCPP 1.6 section 3.7)."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from .clock import Clock
from .configuration import Configuration
from .frames import Signal
from .link import Call, CallError, OfflineError, UnansweredError
from .personality import Personality
from .schedule import Json

UNKNOWN_TRANSACTION: Final = -1


@dataclass(slots=True, eq=False)
class TransactionRef:
    """What the messages of one transaction have in common: its id, once it is known."""

    id: int | str | None = None


@dataclass(slots=True, eq=False)
class Entry:
    """A message that waits, with its original timestamps inside."""

    action: str
    payload: Json
    transaction: TransactionRef | None
    attempts: int = 0
    repeats: int = 0
    on_answer: Callable[[Json], None] | None = field(default=None)

    @property
    def starts(self) -> bool:
        """Return whether it tells of the start of a transaction."""
        return self.action == "StartTransaction" or self.payload.get("eventType") == "Started"

    @property
    def stops(self) -> bool:
        """Return whether it tells of the end of a transaction."""
        return self.action == "StopTransaction" or self.payload.get("eventType") == "Ended"

    def wire(self) -> Json:
        """Return the payload with the transaction id as it is known by now."""
        if self.transaction is None or self.action == "StartTransaction":
            return self.payload
        known = self.transaction.id
        number = UNKNOWN_TRANSACTION if known is None else known
        return self.payload | {"transactionId": number}


class Outbox:
    """Delivers its messages one by one, in order, and keeps them while it cannot."""

    def __init__(
        self,
        *,
        call: Call,
        clock: Clock,
        configuration: Configuration,
        personality: Personality,
        signal: Signal,
    ) -> None:
        """Begin empty and closed."""
        self._call = call
        self._clock = clock
        self._configuration = configuration
        self._personality = personality
        self._signal = signal
        self._entries: deque[Entry] = deque()
        self._wake = asyncio.Event()
        self._open = asyncio.Event()
        self._shut = asyncio.Event()
        self.discarded: list[Entry] = []

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return the messages that wait, oldest first."""
        return tuple(self._entries)

    def put(self, entry: Entry) -> None:
        """Queue a message."""
        self._entries.append(entry)
        self._wake.set()
        self._clock.touch()

    def clear(self) -> None:
        """Forget everything, as on a power loss without flash memory."""
        self._entries.clear()

    def open(self) -> None:
        """Begin to deliver: the central system has accepted the station."""
        self._shut.clear()
        self._open.set()

    def shut(self) -> None:
        """Stop delivering."""
        self._open.clear()
        self._shut.set()

    async def run(self) -> None:
        """Deliver for ever."""
        while True:
            await self._open.wait()
            if not self._entries:
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._deliver(self._entries[0])
            self._signal.notify()

    async def _deliver(self, entry: Entry) -> None:
        entry.attempts += 1
        try:
            answer = await self._call(entry.action, entry.wire())
        except OfflineError:
            entry.attempts -= 1
            await self._closed()
            return
        except CallError, UnansweredError:
            await self._failed(entry)
            return
        if self._wants_repetition(entry):
            entry.repeats += 1
            if self._personality.forgets_start_answer:
                await self._clock.sleep(self._retry_interval())
            return
        self._drop(entry)
        ref = entry.transaction
        if ref is not None and ref.id is None and entry.action == "StartTransaction":
            ref.id = answer.get("transactionId")
        if entry.on_answer is not None:
            entry.on_answer(answer)

    async def _failed(self, entry: Entry) -> None:
        limit = self._configuration.number("TransactionMessageAttempts")
        if entry.attempts >= max(limit, 1):
            self._drop(entry)
            self.discarded.append(entry)
            return
        await self._clock.sleep(self._retry_interval() * entry.attempts)

    async def _closed(self) -> None:
        """Wait for the owner to shut the box after a lost connection."""
        await self._shut.wait()

    def _wants_repetition(self, entry: Entry) -> bool:
        if entry.repeats:
            return False
        if self._personality.duplicates_transaction_messages and (entry.starts or entry.stops):
            return True
        forgets = self._personality.forgets_start_answer
        return forgets and entry.starts

    def _retry_interval(self) -> float:
        return self._configuration.number("TransactionMessageRetryInterval")

    def _drop(self, entry: Entry) -> None:
        if self._entries and self._entries[0] is entry:
            self._entries.popleft()
