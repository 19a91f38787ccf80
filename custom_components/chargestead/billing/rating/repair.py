"""Readings that fall: replaced registers, clock jumps, and a last digit that flickers."""

from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import Final

type Point = tuple[int, int]
"""An instant in microseconds, and the register in mWh."""

FLICKER_MWH: Final = 1000


def rebased(points: list[Point], tail: int) -> list[Point]:
    """Return points as one register would have counted, where it was replaced on the way.

    Wherever the register falls, or leaves the range between start and `tail`, a new one begins to count; what was
    charged between the last reading of the one and the first of the other is lost. The first point may already
    stand on the count of the last register, as it does in a session whose start was rebased.
    """
    first, rest = points[0], points[1:]
    if first[1] > tail:
        first, rest = points[0], points
    segments = _segments(rest, first[1], tail)
    shifted: list[Point] = []
    base = tail
    for segment in reversed(segments):
        shift = base - segment[-1][1]
        shifted[:0] = [(at, register + shift) for at, register in segment]
        base = shifted[0][1]
    start = first if first[1] <= tail else (first[0], min(first[1], base))
    return _rising([start, *(point for point in shifted if point[0] > start[0])], tail)


def _segments(points: list[Point], least: int, most: int) -> list[list[Point]]:
    """Split readings where another register may have begun to count."""
    segments: list[list[Point]] = []
    for point in points:
        if not segments or _parted(segments[-1][-1][1], point[1], least, most):
            segments.append([])
        segments[-1].append(point)
    return segments


def _parted(before: int, after: int, least: int, most: int) -> bool:
    if before - after >= FLICKER_MWH:
        return True
    return least <= most and (least <= before <= most) != (least <= after <= most)


def without_contradictions(points: list[Point], tail: int | None) -> tuple[list[Point], bool]:
    """Return the most readings that together never fall, and whether more than flicker was left out.

    The first point always stays, and so does the last where `tail` names its register.
    """
    if all(before - after < FLICKER_MWH for (_, before), (_, after) in pairwise(points)):
        return _rising(points, tail), False
    first, rest = points[0], points[1:] if tail is None else points[1:-1]
    kept = _longest_rise(
        [point for point in rest if first[1] <= point[1] and (tail is None or point[1] <= tail)]
    )
    return [first, *kept, *(points[-1:] if tail is not None else [])], True


def _longest_rise(points: list[Point]) -> list[Point]:
    """Return a longest selection of points whose registers never fall."""
    lows: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for number, (_, register) in enumerate(points):
        length = bisect_right(lows, register)
        previous.append(ends[length - 1] if length else -1)
        lows[length : length + 1] = [register]
        ends[length : length + 1] = [number]
    kept: list[Point] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        kept.append(points[number])
        number = previous[number]
    return kept[::-1]


def _rising(points: list[Point], tail: int | None) -> list[Point]:
    """Return points lifted to the highest before them, none above the tail."""
    registers = accumulate((register for _, register in points), max)
    return [
        (at, register if tail is None else min(register, tail))
        for (at, _), register in zip(points, registers, strict=True)
    ]
