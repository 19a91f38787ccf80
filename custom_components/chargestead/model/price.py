"""Prices of energy over time; what is not known stays unknown."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class PriceSlot:
    """The price per kWh from `start` up to, not including, `end`; both are aware UTC.

    Raises ValueError where no time passes between the two, a time is not UTC, or the price is no finite number.
    """

    start: datetime
    end: datetime
    price: Decimal

    def __post_init__(self) -> None:
        """Refuse what nothing can be priced by."""
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            raise ValueError(f"a price slot is told in UTC: {self.start} to {self.end}")
        if self.start >= self.end:
            raise ValueError(f"a price slot ends after it starts: {self.start} to {self.end}")
        if not self.price.is_finite():
            raise ValueError(f"no price: {self.price}")

    @property
    def duration(self) -> timedelta:
        """Return how long the price holds."""
        return self.end - self.start


class PriceSpan(NamedTuple):
    """A stretch of time with one price per kWh, None where it is unknown."""

    start: datetime
    end: datetime
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """Price slots in order, none overlapping another; there may be gaps, where the price is unknown.

    Raises ValueError where slots overlap or are out of order. All times given and returned are aware UTC.
    """

    slots: tuple[PriceSlot, ...] = ()
    _starts: tuple[datetime, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse disorder, and prepare looking up."""
        for before, after in pairwise(self.slots):
            if before.end > after.start:
                raise ValueError(f"price slots overlap or are out of order at {after.start}")
        object.__setattr__(self, "_starts", tuple(slot.start for slot in self.slots))

    def __iter__(self) -> Iterator[PriceSlot]:
        """Go through the slots in order of time."""
        return iter(self.slots)

    def __len__(self) -> int:
        """Return the number of slots."""
        return len(self.slots)

    @property
    def start(self) -> datetime | None:
        """Return where the first slot starts, None without slots."""
        return self.slots[0].start if self.slots else None

    @property
    def end(self) -> datetime | None:
        """Return where the last slot ends, None without slots."""
        return self.slots[-1].end if self.slots else None

    def slot_at(self, at: datetime) -> PriceSlot | None:
        """Return the slot an instant lies in, None where the price is unknown."""
        index = bisect_right(self._starts, at) - 1
        if index < 0 or self.slots[index].end <= at:
            return None
        return self.slots[index]

    def price_at(self, at: datetime) -> Decimal | None:
        """Return the price per kWh at an instant, None where it is unknown."""
        slot = self.slot_at(at)
        return None if slot is None else slot.price

    def edges(self, start: datetime, end: datetime) -> tuple[datetime, ...]:
        """Return each moment in [start, end) at which a slot starts, or the known ends, in order."""
        moments = (
            moment for slot in self._touching(start, end) for moment in (slot.start, slot.end)
        )
        return tuple(dict.fromkeys(moment for moment in moments if start <= moment < end))

    def between(self, start: datetime, end: datetime) -> PriceSeries:
        """Return what is known of [start, end), slots cut to it."""
        return PriceSeries(
            tuple(
                PriceSlot(max(slot.start, start), min(slot.end, end), slot.price)
                for slot in self._touching(start, end)
                if slot.end > start
            )
        )

    def spans(self, start: datetime, end: datetime) -> Iterator[PriceSpan]:
        """Tell of [start, end) without a gap: each slot cut to it, and the unknown in between."""
        known_to = start
        for slot in self.between(start, end):
            if known_to < slot.start:
                yield PriceSpan(known_to, slot.start, None)
            yield PriceSpan(slot.start, slot.end, slot.price)
            known_to = slot.end
        if known_to < end:
            yield PriceSpan(known_to, end, None)

    def gaps(self, start: datetime, end: datetime) -> tuple[PriceSpan, ...]:
        """Return the stretches of [start, end) whose price is unknown."""
        return tuple(span for span in self.spans(start, end) if span.price is None)

    def covers(self, start: datetime, end: datetime) -> bool:
        """Tell whether every price in [start, end) is known."""
        return not self.gaps(start, end)

    def with_slots(self, newer: Iterable[PriceSlot]) -> PriceSeries:
        """Return the series with newer slots laid over it; of what they cover, the older is forgotten.

        Raises ValueError where the newer slots overlap or are out of order.
        """
        over = newer if isinstance(newer, PriceSeries) else PriceSeries(tuple(newer))
        if not over.slots:
            return self
        if not self.slots:
            return over
        first, last = over.slots[0].start, over.slots[-1].end
        kept: list[PriceSlot] = []
        for slot in self.slots:
            if slot.end <= first or slot.start >= last:
                kept.append(slot)
            else:
                kept.extend(
                    PriceSlot(gap.start, gap.end, slot.price)
                    for gap in over.gaps(slot.start, slot.end)
                )
        return PriceSeries(tuple(sorted((*kept, *over.slots), key=_start)))

    def _touching(self, start: datetime, end: datetime) -> tuple[PriceSlot, ...]:
        """Return the slots that lie in [start, end), or end where it starts."""
        if start >= end:
            return ()
        first = bisect_right(self._starts, start) - 1
        if first > 0 and self.slots[first].start == start:
            first -= 1
        return self.slots[max(first, 0) : bisect_left(self._starts, end)]


def _start(slot: PriceSlot) -> datetime:
    return slot.start


NO_PRICES = PriceSeries()
