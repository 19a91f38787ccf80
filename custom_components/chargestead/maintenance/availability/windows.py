"""Maintenance windows: time in which being out of order is intended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Self

from ...model.journal import JournalEntry
from .spans import Span

WINDOW: Final = "maintenance_window"
"""The kind of entry that windows are in the journal."""

_FOREVER: Final = datetime.max.replace(tzinfo=UTC)


class WindowOrigin(StrEnum):
    """How a window came about."""

    PERSON = "person"
    """Begun by an action."""
    CALENDAR = "calendar"
    """Planned in the calendar."""
    SWITCH = "switch"
    """A person put the station or connector out of service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window; without an `end` it lasts until it is ended, without `stations` it holds for all of them.

    `connector_id` None means all connectors of the stations.
    """

    uid: str
    start: datetime
    end: datetime | None = None
    stations: frozenset[str] = frozenset()
    connector_id: int | None = None
    origin: WindowOrigin = WindowOrigin.PERSON
    title: str = ""
    note: str = ""

    def holds_for(self, station_id: str, connector_id: int) -> bool:
        """Tell whether a connector is meant."""
        return (not self.stations or station_id in self.stations) and self.connector_id in (
            None,
            connector_id,
        )

    def is_open(self, at: datetime) -> bool:
        """Tell whether the window lasts at a moment."""
        return self.start <= at < (self.end or _FOREVER)

    @property
    def span(self) -> Span:
        """Return its time; one that has no end lasts as long as there are dates."""
        return self.start, self.end or _FOREVER

    def entry(self, *, removed: bool = False) -> JournalEntry:
        """Return the window as the journal keeps it; one that is `removed` is not read again."""
        content: dict[str, Any] = {
            "end": None if self.end is None else self.end.isoformat(),
            "stations": sorted(self.stations),
            "connector_id": self.connector_id,
            "origin": self.origin.value,
            "title": self.title,
            "note": self.note,
        }
        if removed:
            content["removed"] = True
        return JournalEntry(kind=WINDOW, uid=self.uid, at=self.start, content=content)

    @classmethod
    def from_entry(cls, entry: JournalEntry) -> Self | None:
        """Return the window of an entry, None for one that was removed or cannot be read."""
        content = entry.content
        if content.get("removed"):
            return None
        try:
            end = content.get("end")
            return cls(
                uid=entry.uid,
                start=entry.at,
                end=None if end is None else datetime.fromisoformat(end),
                stations=frozenset(map(str, content.get("stations") or ())),
                connector_id=_number(content, "connector_id"),
                origin=WindowOrigin(content.get("origin", WindowOrigin.PERSON)),
                title=str(content.get("title", "")),
                note=str(content.get("note", "")),
            )
        except TypeError, ValueError:
            return None


def spans_for(windows: Iterable[Window], station_id: str, connector_id: int) -> list[Span]:
    """Return the time of all windows that hold for a connector."""
    return [window.span for window in windows if window.holds_for(station_id, connector_id)]


def _number(content: Mapping[str, Any], name: str) -> int | None:
    value = content.get(name)
    return None if value is None else int(value)
