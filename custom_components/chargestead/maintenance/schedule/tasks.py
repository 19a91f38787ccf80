"""Maintenance tasks: what is to be done, where, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a station has done: energy (mWh), ended sessions, and how often a cable was plugged in."""

    energy_mwh: int = 0
    sessions: int = 0
    plug_cycles: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Return what two stations have done."""
        return Usage(
            energy_mwh=self.energy_mwh + other.energy_mwh,
            sessions=self.sessions + other.sessions,
            plug_cycles=self.plug_cycles + other.plug_cycles,
        )

    def since(self, before: Usage) -> Usage:
        """Return what came on top; where a counter began anew it counts from nothing."""
        return Usage(
            energy_mwh=_since(self.energy_mwh, before.energy_mwh),
            sessions=_since(self.sessions, before.sessions),
            plug_cycles=_since(self.plug_cycles, before.plug_cycles),
        )

    def as_dict(self) -> dict[str, int]:
        """Return the counters by their names."""
        return {
            "energy_mwh": self.energy_mwh,
            "sessions": self.sessions,
            "plug_cycles": self.plug_cycles,
        }

    @classmethod
    def from_dict(cls, content: object) -> Self:
        """Return the counters `as_dict` gave; what cannot be read is nothing."""
        found = content if isinstance(content, Mapping) else {}
        return cls(
            energy_mwh=_count(found, "energy_mwh"),
            sessions=_count(found, "sessions"),
            plug_cycles=_count(found, "plug_cycles"),
        )


def _since(now: int, before: int) -> int:
    return now - before if now >= before else now


def _count(content: Mapping[str, Any], name: str) -> int:
    value = content.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


NO_USAGE = Usage()


class DueBy(StrEnum):
    """What makes a task due."""

    DATE = "date"
    ENERGY = "energy"
    SESSIONS = "sessions"
    PLUG_CYCLES = "plug_cycles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """How often; whichever comes first, and what is None does not matter.

    `first_months` holds instead of `months` where a task was never done. With `year_end` a date is put off to the last
    day of its year, as the validity of a verified meter is.
    """

    months: int | None = None
    first_months: int | None = None
    year_end: bool = False
    energy_mwh: int | None = None
    sessions: int | None = None
    plug_cycles: int | None = None

    def reached(self, used: Usage) -> DueBy | None:
        """Return which of the counters has come as far as it may, None where none has."""
        for limit, value, by in (
            (self.energy_mwh, used.energy_mwh, DueBy.ENERGY),
            (self.sessions, used.sessions, DueBy.SESSIONS),
            (self.plug_cycles, used.plug_cycles, DueBy.PLUG_CYCLES),
        ):
            if limit is not None and value >= limit:
                return by
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task that comes again.

    `key` is that of its template, or what the person calls it. It is to be done once for the `house`, and at each of
    the `stations`; None for the latter means every station there is.
    """

    key: str
    interval: Interval
    house: bool = False
    stations: frozenset[str] | None = None
    first_due: date | None = None
    last_done: date | None = None

    def places(self, known: Mapping[str, Any]) -> list[str | None]:
        """Return where it is to be done, of the stations that are known; None is the house."""
        at = [key for key in known if self.stations is None or key in self.stations]
        return [*([None] if self.house else []), *at]


def item_uid(key: str, station_id: str | None) -> str:
    """Return what a task at a place is known by; no station's id has a slash in it."""
    return f"{station_id or ''}/{key}"
