"""Who may take which file where: tickets that cannot be guessed, for one file, for some time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
import secrets
from typing import Final

from ...model.clock import Clock, Timer
from ...model.errors import FileRefusal, FileRefusedError
from .bounds import FileBounds
from .intake import Intake
from .spans import Spans

_TOKEN_BYTES: Final = 24
_STEP: Final = 5


@dataclass(slots=True, eq=False, kw_only=True)
class Ticket:
    """Leave to bring one file into `folder`, or to fetch the one at `source`.

    `keep` is called with a file that came whole, and the name it was given; `advanced` with how much of the source was
    sent, in percent.
    """

    station_id: str
    most_bytes: int
    folder: Path | None = None
    keep: Callable[[Intake, str], Awaitable[None]] | None = None
    source: Path | None = None
    name: str = ""
    advanced: Callable[[int], None] | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(_TOKEN_BYTES))
    user: str = field(default_factory=lambda: secrets.token_hex(6))
    password: str = field(default_factory=lambda: secrets.token_hex(12))
    attempts: int = 0
    users: int = 0
    ended: bool = False
    sent: Spans = field(default_factory=Spans)
    percent: int = 0
    on_end: list[Callable[[], None]] = field(default_factory=list)
    _patience: set[asyncio.Timeout] = field(default_factory=set)

    def enter(self, bounds: FileBounds) -> None:
        """Begin to use it; raises FileRefusedError where that is not to be."""
        if self.ended:
            raise FileRefusedError(FileRefusal.GONE)
        if self.users >= (1 if self.source is None else bounds.readers):
            raise FileRefusedError(FileRefusal.BUSY)
        if self.source is None and self.attempts >= bounds.attempts:
            raise FileRefusedError(FileRefusal.GONE)
        self.attempts += 1
        self.users += 1

    def leave(self) -> None:
        """End to use it."""
        self.users -= 1

    def watch(self, patience: asyncio.Timeout) -> None:
        """Have a time-out expire when the ticket does."""
        self._patience.add(patience)

    def unwatch(self, patience: asyncio.Timeout) -> None:
        """Leave a time-out alone."""
        self._patience.discard(patience)

    def passed(self, start: int, end: int) -> None:
        """Take note that a part of the source was sent."""
        self.sent.add(start, end)
        percent = self.sent.total * 100 // max(1, self.most_bytes)
        if percent >= self.percent + _STEP or (percent == 100 and self.percent < 100):
            self.percent = percent
            if self.advanced is not None:
                self.advanced(percent)

    @property
    def complete(self) -> bool:
        """Tell whether all of the source was sent."""
        return self.sent.total >= self.most_bytes

    def expire(self) -> None:
        """Break off what is under way."""
        for patience in tuple(self._patience):
            if not patience.expired():
                patience.reschedule(-1)


class Tickets:
    """The tickets that are out."""

    def __init__(self, clock: Clock, bounds: FileBounds) -> None:
        """Have none out."""
        self._clock = clock
        self._bounds = bounds
        self._by_token: dict[str, Ticket] = {}
        self._timers: dict[Ticket, Timer] = {}

    def __len__(self) -> int:
        """Return how many are out."""
        return len(self._by_token)

    def issue(self, ticket: Ticket, seconds: float) -> None:
        """Make a ticket valid for some time; raises FileRefusedError when too many are out."""
        if len(self._by_token) >= self._bounds.transfers:
            raise FileRefusedError(FileRefusal.TOO_MANY)
        self._by_token[ticket.token] = ticket
        self._valid_for(ticket, seconds)

    def _valid_for(self, ticket: Ticket, seconds: float) -> None:
        self._timers[ticket] = self._clock.call_later(seconds, lambda: self.end(ticket))

    def find(self, token: str) -> Ticket | None:
        """Return the ticket of a token."""
        return self._by_token.get(token)

    def done(self, ticket: Ticket) -> None:
        """Take note that a file went through; what was sent may yet be lost on its way, and be fetched again."""
        if ticket.source is None:
            self.end(ticket)
        elif not ticket.ended:
            self._timers[ticket].cancel()
            self._valid_for(ticket, self._bounds.grace_s)

    def end(self, ticket: Ticket) -> None:
        """Make a ticket worthless, and break off what it is used for."""
        if ticket.ended:
            return
        ticket.ended = True
        self._by_token.pop(ticket.token, None)
        self._timers.pop(ticket).cancel()
        ticket.expire()
        for callback in ticket.on_end:
            callback()

    def close(self) -> None:
        """End all tickets."""
        for ticket in tuple(self._by_token.values()):
            self.end(ticket)
