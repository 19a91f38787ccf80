"""Limits: how much a connector may draw."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .schedule import Schedule


class LimitReason(StrEnum):
    """Why a limit is what it is, in the words of the person it concerns."""

    NONE = "none"
    USER = "user"
    PAUSED = "paused"
    EXTERNAL = "external"
    UNKNOWN = "unknown"


class LimitState(StrEnum):
    """How far a wanted limit has come."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    OBEYED = "obeyed"
    IGNORED = "ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The limit wanted on one connector, in ampere per phase; 0 pauses.

    `current_a` None means no limit of ours.
    """

    current_a: float | None
    reason: LimitReason
    state: LimitState = LimitState.PENDING
    since: datetime | None = None

    @property
    def is_pause(self) -> bool:
        """Tell whether the limit holds charging back altogether."""
        return self.current_a == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalLimit:
    """A limit that somebody else set at the station: `source` is EMS, SO, CSO, Other or a name (OCPP 2.x K11 to K13).

    `connector_id` 0 means the whole station. `current_a` is what holds now, in ampere per phase, None where the station
    does not tell. `generation` tells that it is power generated on the spot, which allows more instead of less.
    """

    source: str
    connector_id: int
    since: datetime
    current_a: float | None = None
    grid_critical: bool = False
    generation: bool = False
    schedules: tuple[Schedule, ...] = ()
