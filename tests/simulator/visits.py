"""Cars that come and go: a household's day, compressed into minutes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import random
from typing import Final

from .car import Car

BUSY_FROM: Final = 0.6
BUSY_UNTIL: Final = 0.9
NIGHT_UNTIL: Final = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One car at one connector; all times in seconds."""

    gap: float
    id_tag: str
    car: Car
    hesitation: float
    lingering: float
    longest_stay: float


def visits(*, seed: str, id_tags: Sequence[str], day: float, first_gap: float) -> Iterator[Visit]:
    """Give visits without end, always the same for a seed.

    A `day` (seconds) has a quiet night and a busy evening. The batteries are small, so that a
    session at full power is over in minutes and its state of charge visibly moves.
    """
    rng = random.Random(seed)
    elapsed = 0.0
    gap = first_gap
    while True:
        phases = rng.choice((1, 3, 3))
        visit = Visit(
            gap=gap,
            id_tag=rng.choice(list(id_tags)),
            car=Car(
                capacity_kwh=rng.choice((1.0, 1.5, 2.0)) * (0.5 if phases == 1 else 1.0),
                soc=round(rng.uniform(15, 45), 1),
                target_soc=rng.choice((80.0, 85.0, 90.0)),
                phases=phases,
            ),
            hesitation=rng.uniform(1.5, 4.0),
            lingering=rng.uniform(10.0, 60.0),
            longest_stay=rng.uniform(0.6, 0.85) * day,
        )
        yield visit
        elapsed += gap + 0.3 * day
        gap = rng.uniform(0.02, 0.06) * day * _quietness(elapsed % day / day)


def _quietness(part_of_day: float) -> float:
    if part_of_day < NIGHT_UNTIL:
        return 3.0
    return 0.5 if BUSY_FROM <= part_of_day < BUSY_UNTIL else 1.0
