"""Which register readings are believable."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

_ROUNDING_MWH: Final = 1000
_MARGIN_MWH: Final = 500_000
_CONFIRMATIONS: Final = 3
_LINE_VOLTAGE: Final = 250
_HEADROOM: Final = 2.0


class Verdict(Enum):
    """What to do with a reading."""

    GOOD = auto()
    OLD = auto()
    FALL = auto()
    JUMP = auto()
    REPLACED = auto()


@dataclass(slots=True)
class RegisterGuard:
    """Watches one register, which may only count up, and no faster than the connector can deliver.

    A register that stays elsewhere for three readings in a row has been replaced: the third is believed, and
    `gained_mwh` is what was delivered since the last one believed before.
    """

    max_power_w: float
    register_mwh: int | None = None
    at: datetime | None = None
    gained_mwh: int = 0
    _first_odd: tuple[int, datetime] | None = None
    _odd: tuple[int, datetime] | None = None
    _odd_count: int = 0

    def judge(self, register_mwh: int, at: datetime) -> Verdict:
        """Judge a reading in milliwatt-hours and, if it is good or a replacement, take it as the newest.

        Of two readings at one moment the smaller one is the older.
        """
        if self.register_mwh is None or self.at is None:
            return self._take(register_mwh, at, Verdict.GOOD)
        if at < self.at or (at == self.at and register_mwh < self.register_mwh):
            return Verdict.OLD
        if 0 <= register_mwh - self.register_mwh <= _MARGIN_MWH:
            # Possible in no time at all, as nearly every step is.
            return self._take(register_mwh, at, Verdict.GOOD)
        verdict = self.step(self.register_mwh, self.at, register_mwh, at)
        if verdict is Verdict.GOOD:
            return self._take(max(register_mwh, self.register_mwh), at, verdict)
        return self._replacement(register_mwh, at, verdict)

    def follow(self, register_mwh: int, at: datetime) -> None:
        """Take a reading that was believed elsewhere, unless a newer one is known."""
        if (
            self.register_mwh is None
            or self.at is None
            or at > self.at
            or (at == self.at and register_mwh > self.register_mwh)
        ):
            self._take(register_mwh, at, Verdict.GOOD)

    def settle(self, register_mwh: int, at: datetime) -> bool:
        """Believe a reading that was just found odd without waiting for more, since it is the last.

        It has to go on from odd ones before it, or to have begun again at zero; False when it does neither.
        """
        if self._odd_count < 2 and not self._since_zero(register_mwh, at):
            return False
        self._replace(register_mwh, at)
        return True

    def step(self, before: int, since: datetime, register_mwh: int, at: datetime) -> Verdict:
        """Judge the way from one reading to another, without taking either."""
        if register_mwh < before:
            return Verdict.GOOD if before - register_mwh < _ROUNDING_MWH else Verdict.FALL
        most = self._most(since, at) + _MARGIN_MWH
        return Verdict.GOOD if register_mwh - before <= most else Verdict.JUMP

    def _most(self, since: datetime, at: datetime) -> float:
        return self.max_power_w * (at - since).total_seconds() / 3.6

    def _replacement(self, register_mwh: int, at: datetime, verdict: Verdict) -> Verdict:
        odd = self._odd
        consistent = (
            odd is not None
            and register_mwh > 0
            and at > odd[1]
            and self.step(*odd, register_mwh, at) is Verdict.GOOD
        )
        self._odd = (register_mwh, at)
        if consistent:
            self._odd_count += 1
        else:
            self._first_odd, self._odd_count = self._odd, 1
        if self._odd_count < _CONFIRMATIONS:
            return verdict
        self._replace(register_mwh, at)
        return Verdict.REPLACED

    def _replace(self, register_mwh: int, at: datetime) -> None:
        first_mwh, first_at = self._first_odd or (register_mwh, at)
        # Each of the odd ones may lie a little below the one before.
        gained_mwh = max(0, register_mwh - first_mwh) + self._since_zero(first_mwh, first_at)
        self._take(register_mwh, at, Verdict.REPLACED)
        self.gained_mwh = gained_mwh

    def _since_zero(self, register_mwh: int, at: datetime) -> int:
        """Return a register that can have begun again at zero since the last reading, else 0."""
        if self.register_mwh is None or self.at is None or register_mwh > self.register_mwh // 2:
            return 0
        return register_mwh if register_mwh <= self._most(self.at, at) else 0

    def _take(self, register_mwh: int, at: datetime, verdict: Verdict) -> Verdict:
        self.register_mwh, self.at, self.gained_mwh = register_mwh, at, 0
        if self._odd_count:
            self._first_odd = self._odd = None
            self._odd_count = 0
        return verdict


def plausible_power_w(max_current_a: float, phases: int) -> float:
    """Return the power above which a register cannot really count: what the connector delivers, twice over."""
    return max(max_current_a, 32) * max(phases, 3) * _LINE_VOLTAGE * _HEADROOM
