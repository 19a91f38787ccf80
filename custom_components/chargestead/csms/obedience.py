"""Whether a connector does what its limit says, judged from what it then measures."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from ..model.limit import ExternalLimit
from ..model.reading import Measurements
from .limit_forms import VOLTAGE

MINIMUM_A: Final = 6.0
"""The least a car can be offered (IEC 61851-1); a station may do no better on any smaller limit but 0."""

_TOLERANCE_A: Final = 1.0
_FLOWING_A: Final = 1.0
_REACTION: Final = timedelta(seconds=5)


class Verdict(Enum):
    """What the measurements say of a limit."""

    UNKNOWN = auto()
    OBEYED = auto()
    PROVEN = auto()
    IGNORED = auto()
    FLOOR = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What there is to judge from: a limit in A per phase, since when, and the live values before and now."""

    limit_a: float
    written_at: datetime
    before: Measurements
    now: Measurements
    max_current_a: float
    phases: int

    @property
    def fresh(self) -> bool:
        """Tell whether something was measured since the station had time to react."""
        at = self.now.at
        return at is not None and at != self.before.at and at >= self.written_at + _REACTION


def judge(evidence: Evidence) -> Verdict:
    """Judge a limit; measured current counts more than what the station says it offers."""
    if not evidence.fresh:
        return Verdict.UNKNOWN
    limit = evidence.limit_a
    ceiling = limit + max(_TOLERANCE_A, limit * 0.1)
    flowing = _flowing_a(evidence)
    offered = _offered_a(evidence)
    highest = offered if flowing is None else flowing
    if highest is None:
        return Verdict.UNKNOWN
    if highest > ceiling:
        below = 0 <= limit < MINIMUM_A and highest <= MINIMUM_A + _TOLERANCE_A
        return Verdict.FLOOR if below else Verdict.IGNORED
    if limit == 0:
        return Verdict.PROVEN
    says_so = offered is not None and _FLOWING_A <= offered <= ceiling
    if flowing is not None and flowing < _FLOWING_A:
        return Verdict.OBEYED if says_so else Verdict.UNKNOWN
    telling = MINIMUM_A <= limit <= evidence.max_current_a - 2
    close = says_so or highest >= limit * 0.6
    return Verdict.PROVEN if telling and close else Verdict.OBEYED


def in_view_of(verdict: Verdict, limit_a: float, external: ExternalLimit | None) -> Verdict:
    """Return what a verdict is worth where others limit the connector too.

    Below their lower limit nothing is proven of ours, and with power generated on the spot more may flow than we allow.
    """
    if external is None:
        return verdict
    if external.generation:
        return Verdict.UNKNOWN if verdict is Verdict.IGNORED else verdict
    if verdict is Verdict.PROVEN and (external.current_a is None or external.current_a < limit_a):
        return Verdict.OBEYED
    return verdict


def phases_in_use(now: Measurements) -> int | None:
    """Return over how many phases current flows, from power where it is measured; None where that cannot be told."""
    highest = now.max_current_a
    if highest is None or highest < _FLOWING_A:
        return None
    if now.power_w is not None:
        return min(max(round(now.power_w / VOLTAGE / highest), 1), 3)
    if any(amps is None for amps in now.current_a):
        return None
    return sum(1 for amps in now.current_a if amps is not None and amps >= _FLOWING_A)


def _flowing_a(evidence: Evidence) -> float | None:
    now = evidence.now
    if now.max_current_a is not None:
        return now.max_current_a
    return None if now.power_w is None else now.power_w / VOLTAGE / max(evidence.phases, 1)


def _offered_a(evidence: Evidence) -> float | None:
    now = evidence.now
    if now.current_offered_a is not None:
        return now.current_offered_a
    if now.power_offered_w is None:
        return None
    return now.power_offered_w / VOLTAGE / max(evidence.phases, 1)
