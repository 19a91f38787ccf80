"""What the domain packages need from each other, and get handed in by the site."""

from asyncio import Future
from collections.abc import Mapping
from typing import Protocol

from .events import Event
from .money import Cost
from .session import Session

type Kept = Future[None]
"""Done when what it stands for survives a power cut; carries a LedgerError otherwise.

Whoever has no use for it need not look: the ledger itself tells of what it could not keep.
"""


class EventSink(Protocol):
    """Takes what happens at a station."""

    def publish(self, event: Event) -> Kept | None:
        """Take an event; the future, if any, must be awaited before the station is answered."""


class SessionHistory(Protocol):
    """Finds sessions that are no longer in memory."""

    async def session(self, session_id: str) -> Session | None:
        """Return the session of an id, or None."""

    async def find_session(self, station_id: str, transaction_id: str) -> Session | None:
        """Return the newest session of that transaction id, orphans excluded, or None."""


class SessionCosts(Protocol):
    """Knows what sessions cost."""

    def running(self, session: Session) -> Cost | None:
        """Return what an open session costs so far, or None."""

    async def final(self, session: Session) -> Cost | None:
        """Return what an ended session costs, None unless that is exact; soon, and without fail."""


class StationMemory(Protocol):
    """Keeps small things about a station that may be rewritten whole."""

    def load(self, station_id: str) -> Mapping[str, object]:
        """Return what was saved, or an empty mapping."""

    def save(self, station_id: str, content: Mapping[str, object]) -> None:
        """Save JSON-like content soon; never blocks."""
