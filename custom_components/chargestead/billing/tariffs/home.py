"""Tariffs from what a person at home enters: a fixed price, times of use, or a dynamic price with grid fees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import product
from typing import Final

from .errors import TariffError
from .price import FixedPrice, FormulaPrice, Price
from .restrictions import UNRESTRICTED, Restrictions, Season, Weekday
from .tariff import (
    NO_GRACE,
    Dimension,
    PriceComponent,
    PriceLimit,
    SolarPrice,
    Tariff,
    TariffElement,
    TaxIncluded,
)

_MIDNIGHT: Final = time()
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What every tariff at home has; amounts are with or without VAT as `tax_included` says.

    `vat` is in percent, None where none applies. `solar` is the price of a kWh of own solar energy: what feeding it
    in would have earned, or zero; None prices it like energy from the grid. `start_fee` is per session, `idle` per
    hour that the vehicle stays without asking for power, after `idle_grace`. The limits are after taxes.
    """

    id: str
    currency: str
    vat: Decimal | None = None
    tax_included: TaxIncluded = TaxIncluded.YES
    solar: Decimal | None = None
    start_fee: Decimal | None = None
    idle: Decimal | None = None
    idle_grace: timedelta = NO_GRACE
    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """An amount per kWh at certain times: a price, or a grid fee on top of one.

    No `days` are all days, no `season` is the whole year. A window over midnight belongs to the day it begins on;
    its season is asked by the calendar. Without times it is the whole day.
    """

    amount: Decimal
    days: frozenset[Weekday] = frozenset()
    start: time = _MIDNIGHT
    end: time = _MIDNIGHT
    season: Season | None = None


def fixed_tariff(terms: Terms, price: Decimal) -> Tariff:
    """Return a tariff with one price per kWh."""
    return _tariff(terms, [_energy(terms, FixedPrice(price), UNRESTRICTED)])


def time_of_use_tariff(
    terms: Terms, windows: Sequence[Window], otherwise: Decimal | None = None
) -> Tariff:
    """Return a tariff with prices per kWh by time; of windows that overlap the first holds.

    Raises TariffError where no price holds at some time of some week and there is none for all other times.
    """
    if otherwise is None and (hole := _hole(windows)) is not None:
        raise TariffError("windows_leave_gap", "windows", hole)
    elements = [
        _energy(terms, FixedPrice(window.amount), restrictions)
        for window in windows
        for restrictions in _restrictions(window)
    ]
    if otherwise is not None:
        elements.append(_energy(terms, FixedPrice(otherwise), UNRESTRICTED))
    return _tariff(terms, elements)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A dynamic price: (quoted · `factor` + `surcharge` + grid fee), kept between floor and cap."""

    source: str
    factor: Decimal = Decimal(1)
    surcharge: Decimal = Decimal(0)
    floor: Decimal | None = None
    cap: Decimal | None = None
    source_vat: Decimal = Decimal(0)


def dynamic_tariff(terms: Terms, formula: Formula, grid_fees: Sequence[Window] = ()) -> Tariff:
    """Return a tariff that follows a price source; outside all windows there is no grid fee beyond the surcharge."""
    elements = [
        _energy(terms, _formula(formula, window.amount), restrictions)
        for window in grid_fees
        for restrictions in _restrictions(window)
    ]
    elements.append(_energy(terms, _formula(formula, Decimal(0)), UNRESTRICTED))
    return _tariff(terms, elements)


def _formula(formula: Formula, fee: Decimal) -> FormulaPrice:
    try:
        return FormulaPrice(
            source=formula.source,
            factor=formula.factor,
            surcharge=formula.surcharge + fee,
            floor=formula.floor,
            cap=formula.cap,
            source_vat=formula.source_vat,
        )
    except ValueError:
        raise TariffError("impossible_formula", "formula") from None


def _energy(terms: Terms, price: Price, restrictions: Restrictions) -> TariffElement:
    component = PriceComponent(dimension=Dimension.ENERGY, price=price, vat=terms.vat)
    return TariffElement((component,), restrictions)


def _tariff(terms: Terms, elements: Sequence[TariffElement]) -> Tariff:
    fees = ((Dimension.FLAT, terms.start_fee), (Dimension.PARKING_TIME, terms.idle))
    extra = tuple(
        PriceComponent(dimension=dimension, price=FixedPrice(amount), vat=terms.vat)
        for dimension, amount in fees
        if amount is not None
    )
    solar = terms.solar
    return Tariff(
        id=terms.id,
        currency=terms.currency,
        elements=(*elements, *((TariffElement(extra),) if extra else ())),
        min_price=None if terms.least is None else PriceLimit(after_taxes=terms.least),
        max_price=None if terms.most is None else PriceLimit(after_taxes=terms.most),
        tax_included=terms.tax_included,
        solar=None if solar is None else SolarPrice(price=FixedPrice(solar), vat=terms.vat),
        idle_grace=terms.idle_grace,
    )


def _restrictions(window: Window) -> Iterator[Restrictions]:
    """Tell when a window holds; one over midnight on certain days is told in two parts."""
    if window.days and _MIDNIGHT < window.end < window.start:
        yield Restrictions(start_time=window.start, days=window.days, season=window.season)
        following = frozenset(Weekday((day + 1) % 7) for day in window.days)
        yield Restrictions(end_time=window.end, days=following, season=window.season)
        return
    whole_day = window.start == window.end
    yield Restrictions(
        start_time=None if whole_day else window.start,
        end_time=None if whole_day else window.end,
        days=window.days,
        season=window.season,
    )


def _hole(windows: Sequence[Window]) -> str | None:
    """Return a day and time at which no window holds, None where there is none.

    It is enough to look at the moments where some window begins or ends.
    """
    restrictions = [one for window in windows for one in _restrictions(window)]
    times = {_MIDNIGHT}.union(*({window.start, window.end} for window in windows))
    for day, at in product(_days(windows), sorted(times)):
        if not any(_holds(one, day, at) for one in restrictions):
            return f"{day:%m-%d} {Weekday(day.weekday()).name} {at:%H:%M}"
    return None


def _days(windows: Sequence[Window]) -> Iterator[date]:
    """Tell every weekday in every part of the year that seasons make; years differ in which day is which."""
    starts = {(1, 1)}
    for season in (window.season for window in windows if window.season is not None):
        after = date(2024, *season.last) + _DAY
        starts |= {season.first, (after.month, after.day)}
    for year, start in product(range(2000, 2028), sorted(starts)):
        if start != (2, 29) or year % 4 == 0:
            yield date(year, *start)


def _holds(restrictions: Restrictions, day: date, at: time) -> bool:
    since, until = restrictions.start_time or _MIDNIGHT, restrictions.end_time or _MIDNIGHT
    in_time = since <= at < until if since < until else at >= since or at < until
    in_days = not restrictions.days or Weekday(day.weekday()) in restrictions.days
    return in_time and in_days and (restrictions.season is None or day in restrictions.season)
