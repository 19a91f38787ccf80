"""How much energy had gone through the register at any instant of a session.

Between two readings the energy is interpolated linearly and rounded down to whole milliwatt-hours, so that whatever
pieces a session is cut into add up to its register delta.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from math import lcm
from operator import le
from typing import Final

from ...model.reading import MeterReading, ReadingContext
from ...model.session import Session, SessionFlag
from .instants import SECOND, to_us
from .repair import Point, rebased, without_contradictions
from .result import BoundaryKind, Reason

_NEAR_US: Final = 2 * SECOND
_OF_FLAGS: Final = {
    SessionFlag.ESTIMATED: Reason.ESTIMATED,
    SessionFlag.FORGOTTEN: Reason.FORGOTTEN,
    SessionFlag.RECONSTRUCTED: Reason.RECONSTRUCTED,
    SessionFlag.ORPHAN: Reason.ORPHAN,
    SessionFlag.REGISTER_REPLACED: Reason.REGISTER_REPLACED,
}


@dataclass(frozen=True, slots=True)
class Curve:
    """Energy since the start in mWh, never falling, at instants that rise; `total_mwh` is reached at `end`."""

    start: int
    end: int
    total_mwh: int
    times: list[int]
    energies: list[int]
    aligned: frozenset[int] = frozenset()
    reasons: frozenset[Reason] = frozenset()

    def at(self, at: int) -> int:
        """Return the energy at an instant strictly inside the session, in mWh."""
        after = bisect_right(self.times, at)
        if after == 0:
            return 0
        if after == len(self.times):
            return self.energies[-1]
        since, until = self.times[after - 1], self.times[after]
        before = self.energies[after - 1]
        return before + (self.energies[after] - before) * (at - since) // (until - since)

    def reached(self, energy_mwh: int) -> int | None:
        """Return when so much energy had been charged, None where never before the end."""
        if not 0 < energy_mwh < self.total_mwh:
            return None
        after = bisect_left(self.energies, energy_mwh)
        if after == 0 or after == len(self.energies):
            return None
        since, before = self.times[after - 1], self.energies[after - 1]
        lacking = (energy_mwh - before) * (self.times[after] - since)
        return since - -lacking // (self.energies[after] - before)

    def interval(self, at: int) -> int | None:
        """Return the number of the interval between readings that is at or nearest an instant, None without any."""
        if len(self.times) < 2:
            return None
        return min(max(bisect_right(self.times, at) - 1, 0), len(self.times) - 2)

    def bracket(self, at: int) -> tuple[int, int, int, int]:
        """Return the readings around an instant: time before, energy before, time after, energy after."""
        after = bisect_left(self.times, at)
        if after == len(self.times):
            return self.times[-1], self.energies[-1], self.end, self.total_mwh
        if after == 0 or self.times[after] == at:
            time, energy = self.times[after], self.energies[after]
            return time, energy, time, energy
        before = after - 1
        return self.times[before], self.energies[before], self.times[after], self.energies[after]

    def kind(self, at: int) -> BoundaryKind:
        """Tell how the register at an instant is known: by a reading at most 2 s away, or by interpolation."""
        near = self.times[
            bisect_left(self.times, at - _NEAR_US) : bisect_right(self.times, at + _NEAR_US)
        ]
        if not near:
            return BoundaryKind.INTERPOLATED
        return BoundaryKind.MEASURED if self.aligned.isdisjoint(near) else BoundaryKind.ALIGNED


@dataclass(frozen=True, slots=True)
class PowerRanks:
    """How many of the thresholds the mean power of each interval between readings reaches."""

    thresholds: tuple[Fraction, ...] = ()
    ranks: list[int] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)

    def at(self, curve: Curve, at: int) -> int | None:
        """Return the rank of the power at an instant, None where it is unknown."""
        number = curve.interval(at)
        return None if number is None or not self.ranks else self.ranks[number]

    def rank_of(self, threshold_kw: Fraction) -> int:
        """Return the least rank of a power that reaches a threshold."""
        return self.thresholds.index(threshold_kw) + 1


def power_ranks(curve: Curve, thresholds_kw: frozenset[Fraction]) -> PowerRanks:
    """Rank the power of each interval among thresholds in kW, and tell where the rank changes."""
    thresholds = tuple(sorted(thresholds_kw))
    if not thresholds:
        return PowerRanks()
    scale = lcm(*(threshold.denominator for threshold in thresholds))
    bounds = [threshold.numerator * (scale // threshold.denominator) for threshold in thresholds]
    factor = 3600 * scale
    ranks = [
        bisect_right(bounds, (energy - before) * factor // max(time - since, 1))
        for (since, time), (before, energy) in zip(
            pairwise(curve.times), pairwise(curve.energies), strict=True
        )
    ]
    edges = [
        curve.times[number + 1]
        for number, (rank, following) in enumerate(pairwise(ranks))
        if rank != following
    ]
    return PowerRanks(thresholds, ranks, edges)


def resting(start: int, end: int) -> Curve:
    """Return a stretch of time in which nothing is charged."""
    return Curve(start, end, 0, [start], [0])


def register_curve(
    session: Session, readings: tuple[MeterReading, ...], start: int, end: int
) -> Curve:
    """Return the energy of a session between two instants from its registers and readings.

    The registers at its start and stop are authoritative; readings outside the session are left aside.
    """
    points, aligned = _points(session, readings, start, end)
    first = session.register_start_mwh
    last = None if session.is_open else session.register_stop_mwh
    reasons = {_OF_FLAGS[flag] for flag in session.flags & _OF_FLAGS.keys()}
    if (first is None or last is None) and not points:
        return _blind(session, start, end, reasons)
    if first is None:
        first = points[0][1]
        reasons.add(Reason.ESTIMATED)
    if last is None and not session.is_open:
        reasons.add(Reason.ESTIMATED)
    tail = points[-1][1] if last is None else last
    points = [(start, first), *(point for point in points if point[0] > start)]
    if last is not None:
        while len(points) > 1 and points[-1][0] >= end:
            points.pop()
        points.append((end, last))
    if not _never_falls(points):
        points, found = _repaired(session, points, tail)
        reasons |= found
    first = points[0][1]
    times = [time for time, _ in points]
    energies = [register - first for _, register in points]
    return Curve(start, end, energies[-1], times, energies, aligned, frozenset(reasons))


def _points(
    session: Session, readings: tuple[MeterReading, ...], start: int, end: int
) -> tuple[list[Point], frozenset[int]]:
    """Return the readings within a session in order of time, one per instant, and which were clock-aligned."""
    found = {
        (to_us(reading.at), reading.register_mwh): reading.context is ReadingContext.ALIGNED
        for reading in readings
    }
    if session.is_open and session.register_last_at is not None:
        register_mwh = session.register_last_mwh
        if register_mwh is not None:
            found.setdefault((to_us(session.register_last_at), register_mwh), False)
    inside = sorted(point for point in found if start <= point[0] <= end)
    aligned = frozenset(point[0] for point in inside if found[point])
    return list(dict(inside).items()), aligned


def _never_falls(points: list[Point]) -> bool:
    registers = [register for _, register in points]
    return all(map(le, registers, registers[1:], strict=False))


def _blind(session: Session, start: int, end: int, reasons: set[Reason]) -> Curve:
    """Return a session without energy, for want of readings."""
    if session.register_start_mwh is None or not session.is_open:
        reasons.add(Reason.NO_READINGS)
    return replace(resting(start, end), reasons=frozenset(reasons))


def _repaired(
    session: Session, points: list[Point], tail: int
) -> tuple[list[Point], frozenset[Reason]]:
    """Return points that never fall, and why they did."""
    replaced = SessionFlag.REGISTER_REPLACED in session.flags or tail < points[0][1]
    if replaced:
        return rebased(points, tail), frozenset({Reason.REGISTER_REPLACED})
    kept, contradiction = without_contradictions(points, None if session.is_open else tail)
    return kept, frozenset({Reason.READINGS_CONTRADICT} if contradiction else ())
