"""How often a connector was plugged in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ...model.journal import JournalEntry
from ...model.station import PLUGGED_IN, ConnectorStatus

PLUG_CYCLES: Final = "plug_cycles"
"""The kind of entry that counts are in the journal."""

_FREE: Final = frozenset({ConnectorStatus.AVAILABLE, ConnectorStatus.RESERVED})


class PlugCycles:
    """Counts the matings of one connector from its statuses.

    Whoever is faulted or unavailable may have a cable in it or not: what was known before holds until it is known
    again, so that a fault in the middle of a charge makes no second mating. A status older than the newest is no news.
    """

    def __init__(self, content: Mapping[str, Any] | None = None) -> None:
        """Go on with what was kept."""
        kept = content or {}
        count, plugged = kept.get("count"), kept.get("plugged")
        self.count = count if isinstance(count, int) and count >= 0 else 0
        self._plugged = plugged if isinstance(plugged, bool) else None
        self._at: datetime | None = None

    def status(self, status: ConnectorStatus, at: datetime) -> bool | None:
        """Take a status; returns True when a vehicle was plugged in, False when it was unplugged, None otherwise."""
        if self._at is not None and at < self._at:
            return None
        self._at = at
        plugged = True if status in PLUGGED_IN else False if status in _FREE else None
        if plugged is None or plugged == self._plugged:
            return None
        before, self._plugged = self._plugged, plugged
        if before is None:
            return None
        self.count += plugged
        return plugged

    def entry(self, station_id: str, connector_id: int, at: datetime) -> JournalEntry:
        """Return the count as the journal keeps it."""
        return JournalEntry(
            kind=PLUG_CYCLES,
            uid=f"{station_id}/{connector_id}",
            at=at,
            station_id=station_id,
            connector_id=connector_id,
            content={"count": self.count, "plugged": self._plugged},
        )
