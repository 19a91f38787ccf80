"""The maintenance log: who did what, when, and how it went."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from ...model.journal import JournalEntry
from .tasks import NO_USAGE, Usage

RECORD = "maintenance"
"""The kind of entry that records are in the journal."""


class Result(StrEnum):
    """How it went."""

    DONE = "done"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry of the log; `usage` is what the place had done by then.

    `task` is the key of the task it is about, None for what was never planned. A `hidden` one was cleared from the
    to-do list, a `withdrawn` one turned out not to be so; both stay in the journal, and only the latter counts no more.
    """

    uid: str
    at: datetime
    title: str
    task: str | None = None
    station_id: str | None = None
    who: str = ""
    result: Result = Result.DONE
    note: str = ""
    usage: Usage = NO_USAGE
    hidden: bool = False
    withdrawn: bool = False

    def entry(self) -> JournalEntry:
        """Return the record as the journal keeps it."""
        content: dict[str, Any] = {
            "title": self.title,
            "task": self.task,
            "who": self.who,
            "result": self.result.value,
            "note": self.note,
            "usage": self.usage.as_dict(),
            "hidden": self.hidden,
            "withdrawn": self.withdrawn,
        }
        return JournalEntry(
            kind=RECORD, uid=self.uid, at=self.at, station_id=self.station_id, content=content
        )

    @classmethod
    def from_entry(cls, entry: JournalEntry) -> Self:
        """Return the record of an entry; an unknown result is taken for done."""
        content = entry.content
        task, result = content.get("task"), content.get("result")
        return cls(
            uid=entry.uid,
            at=entry.at,
            title=str(content.get("title", "")),
            task=None if task is None else str(task),
            station_id=entry.station_id,
            who=str(content.get("who") or ""),
            result=Result(result) if result in set(Result) else Result.DONE,
            note=str(content.get("note") or ""),
            usage=Usage.from_dict(content.get("usage")),
            hidden=content.get("hidden") is True,
            withdrawn=content.get("withdrawn") is True,
        )
