"""What happened to the stations besides charging, as it is kept for years: faults, maintenance, firmware."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from .ports import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One thing that is worth remembering.

    `kind` is what it is about ("fault", "maintenance" …). `uid` tells it from others of its kind: an entry kept again
    takes the place of the one before. `at` is when it came about. `content` is anything JSON can say.
    """

    kind: str
    uid: str
    at: datetime
    station_id: str | None = None
    connector_id: int | None = None
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPruned:
    """Entries of a kind that came about before a moment are no longer wanted."""

    kind: str
    before: datetime


class Journal(Protocol):
    """Keeps entries, and finds them again."""

    def keep(self, event: JournalEntry | JournalPruned) -> Kept | None:
        """Queue an entry; the future is done when it survives a power cut, and carries a LedgerError otherwise."""

    async def journal(
        self,
        kind: str,
        *,
        station_id: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> list[JournalEntry]:
        """Return the entries of a kind, newest first; raises LedgerError when they cannot be read."""
