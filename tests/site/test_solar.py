"""Which part of what is charged counts as solar energy."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
import random

import pytest

from custom_components.chargestead.billing.ledger import SolarLearned
from custom_components.chargestead.site.costs.solar import HousePower, SolarSplit
from tests.billing.stories import NOON, ManualClock, after


@dataclass
class Roof:
    """A house with a roof and a charger."""

    clock: ManualClock
    charging_w: float | None = 0
    learned: list[SolarLearned] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin to add up."""
        self.split = SolarSplit(self.clock, lambda: self.charging_w, self.learned.append)

    def charge(self, power_w: float | None) -> None:
        """Charge with another power from now on."""
        self.charging_w = power_w
        self.split.charging_changed()

    def meter(
        self, grid: float | None, solar: float | None = None, battery: float | None = None
    ) -> None:
        """Let the meters show something else from now on."""
        self.split.sample(HousePower(grid_w=grid, solar_w=solar, battery_w=battery))

    def shares(self) -> list[Fraction]:
        """Return the shares learned."""
        return [one.share for one in self.learned]


@pytest.fixture
def roof(clock: ManualClock) -> Iterator[Roof]:
    """Return a house that begins at noon."""
    roof = Roof(clock)
    yield roof
    roof.split.stop()
    assert clock.waiting == 0


@pytest.mark.parametrize(
    ("grid", "solar", "battery", "share"),
    [
        (0, 5000, None, Fraction(1)),
        (-2000, 9000, None, Fraction(1)),
        (1000, 3000, None, Fraction(3, 4)),
        (4000, 0, None, Fraction(0)),
        (9000, 2000, None, Fraction(0)),
        (1000, None, None, Fraction(3, 4)),
        (0, 1000, 0, Fraction(1, 4)),
        (0, 1000, 2000, Fraction(3, 4)),
        (0, 5000, -1000, Fraction(1)),
        (0, -50, None, Fraction(0)),
    ],
)
def test_what_is_bought_was_not_solar(
    roof: Roof, grid: float, solar: float | None, battery: float | None, share: Fraction
) -> None:
    roof.meter(grid, solar, battery)
    roof.charge(4000)
    roof.clock.advance(900)
    assert roof.learned == [
        SolarLearned(at=after(900), start=NOON, end=after(900), share=share, method="1")
    ]


def test_a_share_is_weighed_by_energy_not_by_time(roof: Roof) -> None:
    roof.meter(0, 9000)
    roof.charge(3600)
    roof.clock.advance(100)
    roof.meter(7200)
    roof.charge(7200)
    roof.clock.advance(800)
    assert roof.shares() == [Fraction(3600 * 100, 3600 * 100 + 7200 * 800)]


def test_nothing_is_learned_while_nothing_charges(roof: Roof) -> None:
    roof.meter(0, 5000)
    roof.clock.advance(3600)
    assert roof.learned == []
    assert roof.split.unfinished() is None


def test_what_is_not_known_for_long_is_not_made_up(roof: Roof) -> None:
    roof.charge(4000)
    roof.clock.advance(89)
    roof.meter(0, 5000)
    roof.clock.advance(811)
    assert roof.shares() == [Fraction(1)]
    roof.meter(None)
    roof.clock.advance(91)
    roof.meter(0, 5000)
    roof.clock.advance(809)
    roof.charge(None)
    roof.clock.advance(900)
    assert roof.shares() == [Fraction(1)]


def test_what_is_known_of_the_present_slot_can_be_asked(roof: Roof) -> None:
    roof.meter(1800)
    roof.charge(3600)
    roof.clock.advance(60)
    assert roof.split.unfinished() == SolarLearned(
        at=after(900), start=NOON, end=after(900), share=Fraction(1, 2), method="1"
    )
    roof.meter(None)
    roof.clock.advance(60)
    assert roof.split.unfinished() is None


def test_slots_lie_on_the_quarters_of_the_clock_wherever_it_begins() -> None:
    clock = ManualClock(seconds=100)
    roof = Roof(clock)
    roof.meter(0)
    roof.charge(1000)
    clock.advance(4000)
    assert [(one.start, one.end) for one in roof.learned] == [
        (NOON + timedelta(minutes=minute), NOON + timedelta(minutes=minute + 15))
        for minute in (0, 15, 30, 45)
    ]
    roof.split.stop()


def test_a_clock_that_jumps_ahead_closes_every_slot_it_passed(roof: Roof) -> None:
    roof.meter(0)
    roof.charge(1000)
    roof.clock.seconds += 2000
    roof.meter(5000)
    roof.clock.advance(0)
    assert roof.shares() == [Fraction(1), Fraction(1)]


def test_a_share_never_leaves_its_bounds_whatever_the_meters_say() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    clock = ManualClock()
    roof = Roof(clock)
    values = [None, 0, -1e9, 1e9, 0.1, 3, 4000, -4000]
    for _ in range(3000):
        roof.meter(chance.choice(values), chance.choice(values), chance.choice(values))
        roof.charge(chance.choice([None, 0, 0, 1e-9, 5, 11000, 22000]))
        clock.advance(chance.choice([0, 1, 7, 60, 899, 900]))
    assert roof.learned
    assert all(0 <= one.share <= 1 for one in roof.learned)
    assert all(one.start < one.end for one in roof.learned)
    roof.split.stop()
