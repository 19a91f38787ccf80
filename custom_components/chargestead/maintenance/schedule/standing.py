"""How a task at one place stands between two times it is done."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from ...model.journal import JournalEntry
from .tasks import NO_USAGE, Usage

STANDING = "maintenance_task"
"""The kind of entry that standings are in the journal."""


class Stage(StrEnum):
    """How urgent a task is; each is told once."""

    LATER = "later"
    SOON = "soon"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is remembered of a task at one place.

    `since` and `usage` are when it began to be looked after, and what the place had done by then. `moved_to` is a date
    that a person chose for this time, `reached_on` when a counter came as far as it may, `quiet_until` until when
    nobody wants to be reminded, `told` which stage automations were told of, and `note` what a person wrote.

    A task of its own, which is in no plan, has a `title` and no key; `removed` takes it off the list.
    """

    uid: str
    since: datetime
    station_id: str | None = None
    usage: Usage = NO_USAGE
    moved_to: date | None = None
    reached_on: date | None = None
    quiet_until: date | None = None
    told: Stage = Stage.LATER
    note: str | None = None
    title: str | None = None
    removed: bool = False

    def renewed(self) -> Self:
        """Return how it stands right after it was done."""
        return replace(
            self,
            moved_to=None,
            reached_on=None,
            quiet_until=None,
            told=Stage.LATER,
            note=None,
        )

    def entry(self) -> JournalEntry:
        """Return the standing as the journal keeps it."""
        content: dict[str, Any] = {
            "usage": self.usage.as_dict(),
            "moved_to": _text(self.moved_to),
            "reached_on": _text(self.reached_on),
            "quiet_until": _text(self.quiet_until),
            "told": self.told.value,
            "note": self.note,
            "title": self.title,
            "removed": self.removed,
        }
        return JournalEntry(
            kind=STANDING, uid=self.uid, at=self.since, station_id=self.station_id, content=content
        )

    @classmethod
    def from_entry(cls, entry: JournalEntry) -> Self:
        """Return the standing of an entry; a date that cannot be read is none."""
        content = entry.content
        told = content.get("told")
        return cls(
            uid=entry.uid,
            since=entry.at,
            station_id=entry.station_id,
            usage=Usage.from_dict(content.get("usage")),
            moved_to=_date(content.get("moved_to")),
            reached_on=_date(content.get("reached_on")),
            quiet_until=_date(content.get("quiet_until")),
            told=Stage(told) if told in set(Stage) else Stage.LATER,
            note=_words(content.get("note")),
            title=_words(content.get("title")),
            removed=content.get("removed") is True,
        )


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _words(text: object) -> str | None:
    return text if isinstance(text, str) else None
