"""One reader for the prices of all sources: content of any shape in, slots and findings out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from statistics import median_high
from typing import Final

from ...model.price import NO_PRICES, PriceSeries, PriceSlot
from .boxes import Box, BoxFinder, local_date
from .findings import Finding, FindingKind, Findings
from .numbers import parse_price
from .shapes import KEY_UNITS, TEN_MILLIONTH_KEYS
from .slots import arrange, usual_step, with_ends
from .units import (
    PER_KWH,
    TEN_MILLIONTH_PER_KWH,
    PriceUnit,
    is_absurd,
    parse_unit,
    plausible_per_kwh,
)

_WHOLE_TEN_MILLIONTHS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceHints:
    """What is known of a source beside what it tells.

    `zone` is the house's, for naive times and for today and tomorrow. `box` names the list to take where there are
    several (an area, a home, a country), `value_key` the price where an entry has several. `unit` holds against all
    else; `unit_text` is the unit a source gives for its current price, and is used where its list says nothing better.
    `currency` is the one wanted: prices in another are not taken. `step` is assumed where a list does not show its own.
    """

    zone: tzinfo
    box: str | None = None
    value_key: str | None = None
    unit: PriceUnit | None = None
    unit_text: str | None = None
    currency: str | None = None
    step: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceReading:
    """What was read: prices per kWh in the main unit of `currency` (None where the source does not tell).

    `choices` names the lists there are where the source told several and none was chosen; the first was read.
    """

    series: PriceSeries = NO_PRICES
    currency: str | None = None
    choices: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_prices(content: object, hints: PriceHints, now: datetime) -> PriceReading:
    """Read prices out of a response of an action or the attributes of an entity.

    `now` is when the source told them: lists without dates are of that local day. Never raises; what cannot be read, or
    cannot be true, stays unknown and is among the findings.
    """
    findings = Findings()
    finder = BoxFinder(
        findings,
        hints.zone,
        local_date(now, hints.zone),
        chosen=hints.box,
        value_key=hints.value_key,
    )
    boxes = finder.find(content)
    slots: list[PriceSlot] = []
    currency: str | None = None
    for box in boxes:
        unit = _unit_of(box, hints, findings)
        if unit is None:
            continue
        told_in = unit.currency or box.currency
        wanted = hints.currency or currency
        if wanted is not None and told_in is not None and told_in != wanted:
            findings.add(FindingKind.CURRENCY_DIFFERS, f"{told_in}, {wanted}")
            continue
        currency = currency or told_in
        slots.extend(_slots(box, unit, hints, told_in, findings))
    series = arrange(slots, findings)
    if not series.slots:
        findings.add(FindingKind.NO_PRICES)
    return PriceReading(
        series=series,
        currency=currency or hints.currency,
        choices=tuple(finder.choices),
        findings=findings.all(),
    )


def _slots(
    box: Box, unit: PriceUnit, hints: PriceHints, told_in: str | None, findings: Findings
) -> Iterable[PriceSlot]:
    currency = told_in or hints.currency
    for told, end in with_ends(box.told, findings, usual_step(box.told) or hints.step):
        price = told.price * unit.factor
        if is_absurd(price, currency):
            findings.add(FindingKind.PRICE_ABSURD, str(price), told.start)
        else:
            yield PriceSlot(told.start, end, price)


def _unit_of(box: Box, hints: PriceHints, findings: Findings) -> PriceUnit | None:
    """Return the unit of a list: as set up, as its key says, as is said beside it, or as its prices suggest."""
    if hints.unit is not None:
        return hints.unit
    prices = [abs(told.price) for told in box.told]
    said = parse_unit(box.unit_text) or parse_unit(hints.unit_text)
    currency = said.currency if said is not None else box.currency
    if box.value_key in TEN_MILLIONTH_KEYS and box.whole and max(prices) >= _WHOLE_TEN_MILLIONTHS:
        return PriceUnit(TEN_MILLIONTH_PER_KWH.factor, currency)
    if box.value_key in KEY_UNITS:
        told = KEY_UNITS[box.value_key]
        return PriceUnit(told.factor, currency or told.currency)
    if said is not None:
        return said
    usual: Decimal = median_high(prices)
    if usual > plausible_per_kwh(box.currency or hints.currency):
        findings.add(FindingKind.UNIT_UNKNOWN, str(usual))
        return None
    findings.add(FindingKind.UNIT_GUESSED, str(usual))
    return PER_KWH


def read_current_price(
    value: object, hints: PriceHints, unit_text: object
) -> tuple[Decimal | None, str | None]:
    """Read a price that holds now, with its unit: per kWh, and its currency; None where there is none to be had.

    Never raises. Without a unit, a plausible price is taken to be per kWh, as in `read_prices`.
    """
    told = parse_price(value)
    unit = hints.unit or parse_unit(unit_text)
    if told is None:
        return None, None
    if unit is None and abs(told) > plausible_per_kwh(hints.currency):
        return None, None
    unit = unit or PER_KWH
    currency = unit.currency or hints.currency
    price = told * unit.factor
    if is_absurd(price, currency) or (hints.currency and currency != hints.currency):
        return None, currency
    return price, currency
