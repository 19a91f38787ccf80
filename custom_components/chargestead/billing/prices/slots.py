"""From prices as told to slots in order: ends, overlaps, gaps."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import pairwise
from typing import Final

from ...model.price import PriceSeries, PriceSlot
from .boxes import Told
from .findings import FindingKind, Findings

_LONGEST: Final = timedelta(days=31)
_LONGEST_STEP: Final = timedelta(hours=1)


def with_ends(
    told: Sequence[Told], findings: Findings, usual: timedelta | None = None
) -> list[tuple[Told, datetime]]:
    """Give each price of one list an end, and leave out those for which none can be found.

    Where none was told, a price holds until the next one if its neighbours last as long; otherwise, before a gap and at
    the end, as long as the one before. `usual` is the step to assume where a list does not show one.
    """
    in_order = sorted(told, key=lambda one: one.start)
    starts = list(dict.fromkeys(one.start for one in in_order))
    steps = [after - before for before, after in pairwise(starts)]
    lengths = dict(zip(starts, _lengths(steps, usual), strict=bool(starts)))
    found = []
    for one in in_order:
        length = lengths[one.start]
        end = one.end or (one.start + length if length is not None else None)
        if end is None or not one.start < end <= one.start + _LONGEST:
            findings.add(FindingKind.NO_END, at=one.start)
        else:
            found.append((one, end))
    return found


def usual_step(told: Iterable[Told]) -> timedelta | None:
    """Return the step most prices of a list are apart, None where it does not show one."""
    starts = sorted({one.start for one in told})
    steps = Counter(b - a for a, b in pairwise(starts) if b - a <= _LONGEST_STEP)
    if not steps:
        return None
    return min(steps, key=lambda step: (-steps[step], step))


def _lengths(steps: Sequence[timedelta], usual: timedelta | None) -> list[timedelta | None]:
    """Return how long each price holds, from the steps between them; there is one more price than steps."""
    regular = [
        step <= _LONGEST_STEP
        and (
            len(steps) == 1
            or step == usual
            or step in (*steps[max(index - 1, 0) : index], *steps[index + 1 : index + 2])
        )
        for index, step in enumerate(steps)
    ]
    lengths: list[timedelta | None] = []
    last = usual or next((step for step, good in zip(steps, regular, strict=True) if good), None)
    for step, good in zip(steps, regular, strict=True):
        if good:
            last = step
        lengths.append(last if last is None or last <= step else step)
    lengths.append(last)
    return lengths


def arrange(slots: Iterable[PriceSlot], findings: Findings) -> PriceSeries:
    """Put slots in order so that none overlaps another.

    Where two overlap the shorter one holds, since it says more; between two as long, the one that starts later; between
    two alike, the one told later. Differing prices for the same time are a finding, and so are gaps.
    """
    by_start = sorted(enumerate(slots), key=lambda one: one[1].start)
    _note_overlaps([slot for _, slot in by_start], findings)
    coming = deque(by_start)
    running: list[tuple[timedelta, timedelta, int, PriceSlot]] = []
    pieces: list[tuple[datetime, datetime, PriceSlot]] = []
    edges = sorted({edge for _, slot in by_start for edge in (slot.start, slot.end)})
    for left, right in pairwise(edges):
        while coming and coming[0][1].start <= left:
            told, slot = coming.popleft()
            heappush(running, (slot.duration, edges[-1] - slot.start, -told, slot))
        while running and running[0][-1].end <= left:
            heappop(running)
        if not running:
            continue
        holding = running[0][-1]
        if pieces and pieces[-1][1] == left and pieces[-1][2] is holding:
            pieces[-1] = (pieces[-1][0], right, holding)
        else:
            pieces.append((left, right, holding))
    series = PriceSeries(tuple(PriceSlot(start, end, slot.price) for start, end, slot in pieces))
    _note_gaps(series, findings)
    return series


def _note_overlaps(by_start: Sequence[PriceSlot], findings: Findings) -> None:
    """Note each slot that starts while an earlier one with another price has not ended."""
    last: PriceSlot | None = None
    for slot in by_start:
        if last is not None and slot.start < last.end and slot.price != last.price:
            findings.add(FindingKind.OVERLAP, f"{last.price}, {slot.price}", slot.start)
        if last is None or slot.end >= last.end:
            last = slot


def _note_gaps(series: PriceSeries, findings: Findings) -> None:
    for before, after in pairwise(series.slots):
        if before.end < after.start:
            findings.add(FindingKind.GAP, f"until {after.start}", before.end)
