"""Which part of what is charged is own solar energy."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from ...billing.ledger import SolarLearned
from ...model.clock import Clock, Timer

SOLAR_METHOD: Final = "1"
"""Changes whenever the same powers may come to another share."""

_SLOT_S: Final = 900
_MOST_UNKNOWN: Final = 0.1
_MWH_PER_WS: Final = 1 / 3.6


@dataclass(frozen=True, slots=True, kw_only=True)
class HousePower:
    """What the meters of the house show, in W; None where one does not say, or is not there.

    `grid_w` is positive while energy is bought, `battery_w` while the battery gives.
    """

    grid_w: float | None = None
    solar_w: float | None = None
    battery_w: float | None = None


UNKNOWN_POWER: Final = HousePower()


@dataclass(slots=True)
class _Slot:
    """What has been added up since the slot began: milliwatt-hours, and seconds of charging with unknown powers."""

    start: datetime
    charged: float = 0
    own: float = 0
    charging_s: float = 0
    unknown_s: float = 0
    end: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.end = self.start + timedelta(seconds=_SLOT_S)

    def share(self) -> Fraction | None:
        """Return the solar share, None where too much is unknown."""
        if self.unknown_s > _MOST_UNKNOWN * (self.charging_s + self.unknown_s):
            return None
        charged = round(self.charged)
        return Fraction(min(round(self.own), charged), charged) if charged > 0 else Fraction(0)


class SolarSplit:
    """Adds up, in slots of a quarter of an hour, what of the charging power was not bought.

    The house is served first: what is bought counts as charged as far as it goes (method 1). Where the production is
    known too, no more counts as own than sun and battery give.
    """

    def __init__(
        self,
        clock: Clock,
        charging_w: Callable[[], float | None],
        learned: Callable[[SolarLearned], None],
    ) -> None:
        """Ask `charging_w` for the charging power of all stations in W, None while it is unknown."""
        self._clock = clock
        self._charging_w = charging_w
        self._learned = learned
        self._power = UNKNOWN_POWER
        self._charging: float | None = 0
        self._since = clock.now()
        self._slot = _Slot(_slot_start(self._since))
        self._timer: Timer | None = None
        self._plan()

    def sample(self, power: HousePower) -> None:
        """Take what the meters of the house show from now on."""
        self._go_on()
        self._power = power

    def charging_changed(self) -> None:
        """Take a changed charging power."""
        self._go_on()

    def stop(self) -> None:
        """Add up no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def unfinished(self) -> SolarLearned | None:
        """Return what is known of the slot that is not over; None where nothing was charged or too much is unknown."""
        self._go_on()
        return self._result() if self._slot.charging_s or self._slot.unknown_s else None

    def _go_on(self) -> None:
        """Add up to now what flowed since the last look."""
        now = self._clock.now()
        while now >= self._slot.end:
            self._add(self._slot.end)
            self._close()
        self._add(now)
        self._charging = self._charging_w()

    def _add(self, until: datetime) -> None:
        seconds = (until - self._since).total_seconds()
        self._since = max(until, self._since)
        if seconds <= 0 or self._charging == 0:
            return
        own_w = None if self._charging is None else _own_w(self._charging, self._power)
        if self._charging is None or own_w is None:
            self._slot.unknown_s += seconds
            return
        self._slot.charging_s += seconds
        self._slot.charged += self._charging * seconds * _MWH_PER_WS
        self._slot.own += own_w * seconds * _MWH_PER_WS

    def _close(self) -> None:
        result = self._result() if self._slot.charging_s or self._slot.unknown_s else None
        self._slot = _Slot(self._slot.end)
        if result is not None:
            self._learned(result)

    def _result(self) -> SolarLearned | None:
        share = self._slot.share()
        if share is None:
            return None
        return SolarLearned(
            at=self._slot.end,
            start=self._slot.start,
            end=self._slot.end,
            share=share,
            method=SOLAR_METHOD,
        )

    def _plan(self) -> None:
        seconds = (_slot_start(self._since) - self._since).total_seconds() + _SLOT_S
        self._timer = self._clock.call_later(seconds, self._turn)

    def _turn(self) -> None:
        self._go_on()
        self._plan()


def _own_w(charging_w: float, power: HousePower) -> float | None:
    if power.grid_w is None:
        return None
    own_w = charging_w - max(power.grid_w, 0.0)
    if power.solar_w is not None:
        own_w = min(own_w, max(power.solar_w, 0.0) + max(power.battery_w or 0.0, 0.0))
    return min(max(own_w, 0.0), charging_w)


def _slot_start(at: datetime) -> datetime:
    seconds = int(at.timestamp()) // _SLOT_S * _SLOT_S
    return datetime.fromtimestamp(seconds, UTC)
