"""Our tariffs in the words of a station that reckons with them itself (OCPP 2.1 part 2, TariffType)."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
import hashlib
from typing import Final

import orjson

from ...billing.tariffs import (
    Dimension,
    FixedPrice,
    PriceComponent,
    PriceLimit,
    Restrictions,
    Tariff,
    TaxIncluded,
)

_MINUTES: Final = 60
_WH_PER_KWH: Final = 1000
_ONE_UNIT: Final = 1
_LONGEST_NAME: Final = 40
_DIGEST: Final = 16

_FIELDS: Final[Mapping[Dimension, tuple[str, str, int]]] = {
    Dimension.ENERGY: ("energy", "priceKwh", 1),
    Dimension.TIME: ("chargingTime", "priceMinute", _MINUTES),
    Dimension.PARKING_TIME: ("idleTime", "priceMinute", _MINUTES),
    Dimension.FLAT: ("fixedFee", "priceFixed", 1),
}
"""Where the prices of a dimension stand, what they are called, and how many of their units are one of ours."""


class _NotSayableError(Exception):
    """A tariff needs more words than stations have."""


def station_tariff(tariff: Tariff) -> Mapping[str, object] | None:
    """Return a tariff as a TariffType; None where it cannot be said: prices that move, solar energy, steps, seasons.

    Prices in it are without tax, per kWh and per minute. Another content has another id (I08.FR.08).
    """
    try:
        content = _content(tariff)
    except _NotSayableError:
        return None
    digest = hashlib.sha256(orjson.dumps(content)).hexdigest()[:_DIGEST]
    return {"tariffId": f"{tariff.id[:_LONGEST_NAME]}-{digest}", **content}


def _content(tariff: Tariff) -> dict[str, object]:
    _need(tariff.solar is None)
    content: dict[str, object] = {"currency": tariff.currency}
    if tariff.valid_from is not None:
        content["validFrom"] = tariff.valid_from.isoformat().replace("+00:00", "Z")
    for dimension, (field, _, _) in _FIELDS.items():
        priced = [
            (component, element.restrictions)
            for element in tariff.elements
            for component in element.components
            if component.dimension is dimension
        ]
        if priced:
            content[field] = _prices(tariff, dimension, priced)
    for field, limit in (("minCost", tariff.min_price), ("maxCost", tariff.max_price)):
        if limit is not None and (said := _limit(limit)):
            content[field] = said
    return content


def _need(sayable: object) -> None:
    if not sayable:
        raise _NotSayableError


def _prices(
    tariff: Tariff, dimension: Dimension, priced: Iterable[tuple[PriceComponent, Restrictions]]
) -> dict[str, object]:
    """Return the prices of a dimension, of which the first whose conditions hold counts, as in ours."""
    _, name, units = _FIELDS[dimension]
    rates: set[Decimal] = set()
    prices: list[dict[str, object]] = []
    for component, restrictions in priced:
        _need(isinstance(component.price, FixedPrice) and component.step_size <= _ONE_UNIT)
        rate = component.vat or Decimal(0)
        rates.add(rate)
        amount = Fraction(component.price.of(None) or 0) / units
        if tariff.tax_included is TaxIncluded.YES:
            amount = amount * 100 / (100 + Fraction(rate))
        price: dict[str, object] = {name: _number(amount)}
        conditions = _conditions(restrictions)
        if dimension is Dimension.PARKING_TIME and tariff.idle_grace:
            conditions["minIdleTime"] = int(tariff.idle_grace.total_seconds())
        if dimension is Dimension.FLAT:
            _need(conditions.keys() <= _FIXED_CONDITIONS)
        if conditions:
            price["conditions"] = conditions
        prices.append(price)
    _need(len(rates) == 1)
    [rate] = rates
    taxes = {"taxRates": [{"type": "VAT", "tax": _number(Fraction(rate))}]} if rate else {}
    return {"prices": prices, **taxes}


_FIXED_CONDITIONS: Final = frozenset(
    {"startTimeOfDay", "endTimeOfDay", "dayOfWeek", "validFromDate", "validToDate"}
)
_BOUNDS: Final[Mapping[str, tuple[str, int]]] = {
    "min_kwh": ("minEnergy", _WH_PER_KWH),
    "max_kwh": ("maxEnergy", _WH_PER_KWH),
    "min_current": ("minCurrent", 1),
    "max_current": ("maxCurrent", 1),
    "min_power": ("minPower", _WH_PER_KWH),
    "max_power": ("maxPower", _WH_PER_KWH),
}


def _conditions(restrictions: Restrictions) -> dict[str, object]:
    """Return TariffConditionsType; local times, and bounds that include their minimum, are as in ours."""
    _need(restrictions.reservation is None and restrictions.season is None)
    bounds = {
        field: _number(Fraction(bound) * scale)
        for ours, (field, scale) in _BOUNDS.items()
        if (bound := getattr(restrictions, ours)) is not None
    }
    return _when(restrictions) | bounds


def _when(restrictions: Restrictions) -> dict[str, object]:
    """Return the conditions on time and date."""
    start, end = restrictions.start_time, restrictions.end_time
    if start == end:
        start = end = None
    _need(not any(moment and (moment.second or moment.microsecond) for moment in (start, end)))
    first, last, days = restrictions.start_date, restrictions.end_date, restrictions.days
    said = {
        "startTimeOfDay": None if start is None else start.strftime("%H:%M"),
        "endTimeOfDay": None if end is None else end.strftime("%H:%M"),
        "dayOfWeek": [day.name.capitalize() for day in sorted(days)] or None,
        "validFromDate": first and first.isoformat(),
        "validToDate": last and last.isoformat(),
        "minTime": restrictions.min_duration,
        "maxTime": restrictions.max_duration,
    }
    return {field: value for field, value in said.items() if value is not None}


def _limit(limit: PriceLimit) -> dict[str, object]:
    said: dict[str, object] = {}
    if limit.before_taxes is not None:
        said["exclTax"] = _number(Fraction(limit.before_taxes))
    if limit.after_taxes is not None:
        said["inclTax"] = _number(Fraction(limit.after_taxes))
    return said


_number: Final[Callable[[Fraction], float]] = float
"""JSON has no better numbers; the house itself never reckons with these."""
