"""When a tariff element applies (OCPI 2.2.1 and 2.3.0, mod_tariffs, TariffRestrictions)."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Final

from .price import check_number


class Weekday(IntEnum):
    """The days of the week, numbered as `date.weekday` does."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class ReservationRestriction(StrEnum):
    """Which part of a reservation an element prices."""

    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


type MonthDay = tuple[int, int]

_LEAP_YEAR: Final = 2024


@dataclass(frozen=True, slots=True)
class Season:
    """Part of every year, from the first to the last day, both inclusive; it may run over new year."""

    first: MonthDay
    last: MonthDay

    def __post_init__(self) -> None:
        """Refuse days that no year has."""
        date(_LEAP_YEAR, *self.first)
        date(_LEAP_YEAR, *self.last)

    def __contains__(self, day: date) -> bool:
        """Tell whether a day lies in the season."""
        at = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrictions:
    """Conditions that must all hold; None and the empty set hold always.

    Times and dates are local wall clock. `start_time` later than `end_time` runs over midnight, `end_time` 00:00 is the
    end of the day, and both equal is the whole day. `start_date` is inclusive, `end_date` exclusive. Energy in kWh
    since the start, current in A as a sum over the phases, power in kW, duration in whole seconds since the start:
    each minimum inclusive, each maximum exclusive. `season` is ours, not OCPI's.
    """

    start_time: time | None = None
    end_time: time | None = None
    start_date: date | None = None
    end_date: date | None = None
    days: frozenset[Weekday] = frozenset()
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    reservation: ReservationRestriction | None = None
    season: Season | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be reckoned with."""
        for value in (
            self.min_kwh,
            self.max_kwh,
            self.min_current,
            self.max_current,
            self.min_power,
            self.max_power,
        ):
            if value is not None:
                check_number(value)


UNRESTRICTED = Restrictions()
