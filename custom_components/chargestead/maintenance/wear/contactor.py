"""How much of its life a contactor has used up by opening."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Final

from ...model.station import ConnectorState, ConnectorStatus

ELECTRICAL_LIFE: Final = 100_000
"""Openings that a contactor lasts at its rated current."""
MECHANICAL_LIFE: Final = 10_000_000
"""Openings that it lasts without any."""
RATED_CURRENT_A: Final = 30.0
_POWER_FACTOR: Final = 1.20
_WARM_C: Final = 40.0
_PER_KELVIN: Final = 0.5
_MOST_HEAT: Final = 3.0
_LOADED_A: Final = 1.0
_FRESH: Final = timedelta(seconds=150)

_OPENED_UNDER_LOAD: Final = frozenset(
    {
        ConnectorStatus.SUSPENDED_EVSE,
        ConnectorStatus.FINISHING,
        ConnectorStatus.AVAILABLE,
        ConnectorStatus.FAULTED,
        ConnectorStatus.UNAVAILABLE,
        ConnectorStatus.PREPARING,
    }
)


def damage(current_a: float, temperature_c: float | None = None) -> float:
    """Return the part of a contactor's life that opening it at a current uses up.

    Palmgren-Miner: one opening under load uses up (1 / N_e) x (I / I_r)^2 x a_pf x a_T, with N_e = 100,000 openings at
    I_r = 30 A, a_pf = 1.2 for what a rectifier's current is worse than a resistor's, and a_T = 1 + 0.5 for every kelvin
    above 40 degrees Celsius, at most 3. Every opening uses up 1 / N_m of N_m = 10,000,000 mechanical ones besides.
    Formula and constants are those of OpenEVSE's relay health model (firmware D9.3.0), re-derived.
    """
    worn = 1 / MECHANICAL_LIFE
    if current_a < _LOADED_A:
        return worn
    heat = 1.0
    if temperature_c is not None:
        heat = min(_MOST_HEAT, 1 + _PER_KELVIN * max(0.0, temperature_c - _WARM_C))
    return worn + (current_a / RATED_CURRENT_A) ** 2 * _POWER_FACTOR * heat / ELECTRICAL_LIFE


@dataclass(slots=True, kw_only=True)
class ContactorWear:
    """The openings of one connector's contactor; `used` is the part of its life, 0 to 1 and beyond.

    Openings whose current nobody saw are `unknown` and count as what the known ones came to on average.
    """

    used: float = 0.0
    loaded: int = 0
    unloaded: int = 0
    unknown: int = 0
    _known: float = 0.0

    @property
    def openings(self) -> int:
        """Return how often it opened."""
        return self.loaded + self.unloaded + self.unknown

    def changed(
        self, before: ConnectorState, status: ConnectorStatus | None, now: datetime, *, soft: bool
    ) -> bool:
        """Take a new status and tell whether the contactor opened.

        A vehicle that stops by itself takes its current back first, so that opens without load; so does a charge that
        we ended softly (`soft`).
        """
        if before.status is not ConnectorStatus.CHARGING or status is before.status:
            return False
        if status is ConnectorStatus.SUSPENDED_EV or soft:
            self._open(0.0, None)
            return True
        if status not in _OPENED_UNDER_LOAD:
            return False
        measured = before.measurements
        current_a = measured.max_current_a
        if current_a is None or measured.at is None or now - measured.at > _FRESH:
            known = self.loaded + self.unloaded
            self.used += self._known / known if known else damage(RATED_CURRENT_A / 2)
            self.unknown += 1
        else:
            self._open(current_a, measured.temperature_c)
        return True

    def _open(self, current_a: float, temperature_c: float | None) -> None:
        used = damage(current_a, temperature_c)
        self.used += used
        self._known += used
        if current_a < _LOADED_A:
            self.unloaded += 1
        else:
            self.loaded += 1

    def as_dict(self) -> dict[str, float]:
        """Return JSON-like content."""
        return asdict(self)

    def restore(self, content: Mapping[str, Any]) -> None:
        """Read what `as_dict` wrote; raises KeyError, TypeError or ValueError for anything else."""
        for item in fields(self):
            value = type(getattr(self, item.name))(content[item.name])
            if not isfinite(value) or value < 0:
                raise ValueError(item.name)
            setattr(self, item.name, value)
