"""What is judged, and from where on: data, so that a threshold stands in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from ...model.health import HealthMetric


class Against(Enum):
    """What the newest values are compared with."""

    RATIO = "ratio"
    """How many times the baseline they are."""
    DIFFERENCE = "difference"
    """How far from the baseline they are, either way."""
    NOTHING = "nothing"
    """They speak for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How the values of a metric, one per day at most, are judged.

    The median of the newest `recent` values counts. `watch` and `act` are where findings begin, by `against`. With a
    baseline, made of the first `settling` values, the difference must also be at least `least` and stand out of the
    baseline's own noise `noise` times. `falling` has a value be bad when it is low.
    """

    against: Against
    watch: float
    act: float | None = None
    recent: int = 5
    settling: int = 10
    least: float = 0.0
    noise: float = 5.0
    falling: bool = False


RULES: Final[Mapping[HealthMetric, Rule]] = MappingProxyType(
    {
        # Kelvin at 16 A. Sun on the housing comes to some ten kelvins.
        HealthMetric.TEMPERATURE_RISE: Rule(
            against=Against.RATIO, watch=1.5, act=2.0, least=15.0, recent=7
        ),
        # Ohm of one phase, from the transformer to the station's own meter.
        HealthMetric.LOOP_IMPEDANCE: Rule(
            against=Against.RATIO, watch=1.3, act=1.6, least=0.08, recent=7
        ),
        # The most that was drawn in a day, as a part of what was offered.
        HealthMetric.OVERDRAW: Rule(against=Against.NOTHING, watch=1.1, act=1.15, recent=3),
        # What is usually drawn, as a part of what is offered; another vehicle is no reason for a person to act.
        HealthMetric.DERATING: Rule(
            against=Against.RATIO, watch=0.6, recent=21, settling=21, least=0.2, falling=True
        ),
        # Times a day.
        HealthMetric.PHASE_LOSS: Rule(against=Against.NOTHING, watch=1, act=1, recent=1),
        HealthMetric.STUCK_CONTACTOR: Rule(against=Against.NOTHING, watch=1, act=1, recent=1),
        # Watt-hours a day while no vehicle is there.
        HealthMetric.IDLE_ENERGY: Rule(against=Against.NOTHING, watch=100, act=200, recent=2),
        # Percent of what a contactor lasts.
        HealthMetric.CONTACTOR_WEAR: Rule(against=Against.NOTHING, watch=70, act=90, recent=1),
        # The station's meter as a part of the circuit's.
        HealthMetric.METER_DRIFT: Rule(against=Against.DIFFERENCE, watch=0.02, act=0.03),
        # Times a day. What has always been bad is found by `act` times the least as well.
        HealthMetric.RECONNECTS: Rule(
            against=Against.RATIO, watch=4.0, act=6.0, recent=3, least=8.0, noise=3.0
        ),
    }
)

ALWAYS: Final[Mapping[HealthMetric, float]] = MappingProxyType({HealthMetric.RECONNECTS: 40.0})
"""From where on a metric that is compared with its baseline asks for action whatever it was in the beginning."""
