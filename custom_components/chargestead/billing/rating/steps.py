"""Rounding up to whole steps (OCPI 2.2.1 and 2.3.0, mod_cdrs, step_size).

Once per session for energy, and once for time: parking time if any was charged, otherwise charging time. The step of
the last period that was charged counts, for the total, and what it adds is added to that period. Reservation time,
which lies before the session, is rounded by itself.
"""

from dataclasses import replace
from typing import Final

from .instants import SECOND
from .result import Charge, ChargeKind, Period

_WH: Final = 1000
_ENERGY: Final = frozenset({ChargeKind.ENERGY, ChargeKind.SOLAR})


def rounded_up(periods: tuple[Period, ...]) -> tuple[Period, ...]:
    """Return periods with what whole steps add."""
    charged = {charge.kind for period in periods for charge in period.charges}
    parked = ChargeKind.PARKING_TIME in charged
    time = ChargeKind.PARKING_TIME if parked else ChargeKind.TIME
    rounded = list(periods)
    _round_up(rounded, _ENERGY, _WH)
    _round_up(rounded, frozenset({time}), SECOND)
    _round_up(rounded, frozenset({ChargeKind.RESERVATION_TIME}), SECOND)
    return tuple(rounded)


def _round_up(periods: list[Period], kinds: frozenset[ChargeKind], unit: int) -> None:
    volume = 0
    last: tuple[int, Charge] | None = None
    for number, period in enumerate(periods):
        for charge in period.charges:
            if charge.kind in kinds:
                volume += charge.volume
                if last is None or last[0] != number:
                    last = number, charge
    if last is None or not last[1].step_size:
        return
    number, charge = last
    added = -volume % (charge.step_size * unit)
    if added:
        more = replace(charge, volume=charge.volume + added, rounding=added)
        charges = tuple(more if one is charge else one for one in periods[number].charges)
        periods[number] = replace(periods[number], charges=charges)
