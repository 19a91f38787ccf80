"""Which part of the energy was solar, over time."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from .inputs import SolarShares
from .instants import to_us


@dataclass(frozen=True, slots=True)
class Sunshine:
    """Solar shares from instants on, None where unknown, as it is before the first."""

    since: tuple[int, ...] = ()
    shares: tuple[Fraction | None, ...] = ()

    def at(self, at: int) -> Fraction | None:
        """Return the share that holds at an instant."""
        number = bisect_right(self.since, at)
        return self.shares[number - 1] if number else None


def sunshine(solar: SolarShares | None, start: int, end: int) -> Sunshine:
    """Return the shares within a session; of two that overlap the earlier holds, and what is no share is unknown."""
    if solar is None:
        return Sunshine()
    steps = dict(_steps(solar, start, end))
    return Sunshine(tuple(steps), tuple(steps.values()))


def _steps(solar: SolarShares, start: int, end: int) -> Iterator[tuple[int, Fraction | None]]:
    known_to = start
    spans = sorted((to_us(one.start), to_us(one.end), one.share) for one in solar.shares)
    for since, until, share in spans:
        first, last = max(since, known_to), until if until < end else max(end, start + 1)
        if first >= last or since > end or not 0 <= share <= 1:
            continue
        if first > known_to:
            yield known_to, None
        yield first, share
        known_to = last
    yield known_to, None
