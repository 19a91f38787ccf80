"""Sampled values to numbers: all that one meter value says, and what it changes in the live values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import hypot
from operator import itemgetter
from typing import Final

import orjson

from ..model.reading import NO_PHASES, Measurements, PhaseValues, ReadingContext
from .counters import Counters
from .sample_plans import Plan, Quantity, plan_of

_LARGEST: Final = 1e12
_LARGEST_MWH: Final = 2**62
_KNOWN_LAYOUTS: Final = 512
_LONGEST_LABELS: Final = 4096

type Values = tuple[float | None, float | None, float | None, float | None]
"""What is told of one quantity: of the whole, then of L1, L2 and L3."""

_PLACES: Final[Mapping[int | None, int]] = {None: 0, 0: 1, 1: 2, 2: 3}


@dataclass(slots=True)
class Sampled:
    """All that one meter value says: the register in mWh, and `live` what else is measured.

    `signed` is the signature of that register, or with `signed_at_begin` that of the transaction's begin.
    """

    context: ReadingContext = ReadingContext.PERIODIC
    register_mwh: int | None = None
    signed: str | None = None
    signed_at_begin: bool = False
    live: dict[Quantity, Values] = field(default_factory=dict)


def read_samples(
    samples: list[dict[str, object]], counters: Counters, *, begin_is_news: bool = False
) -> Sampled:
    """Read the sampled values of one meter value; what cannot be read is counted and left out. Never raises.

    A `Transaction.Begin` sample is no news in a periodic message and is left out unless `begin_is_news`. What is
    measured elsewhere stands in only where the outlet says nothing. The values are taken out of the samples.
    """
    contents = [sample.pop("value", None) for sample in samples]
    layout = _layout_of(samples)
    sampled = None if layout is None else _read_plain(layout, contents)
    if sampled is not None:
        return sampled
    return _read_each(samples, contents, counters, begin_is_news=begin_is_news)


# The plain case: a station labels its samples alike every time, so that where everything is need be found out once.


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where in a list of samples everything is; `scales` is None where all come in our units."""

    context: ReadingContext
    register: tuple[int, int | Decimal] | None
    live: tuple[tuple[Quantity, Callable[[list[float | None]], Values]], ...]
    scales: tuple[tuple[float, float], ...] | None


_layouts: dict[bytes, _Layout | None] = {}


def _layout_of(labels: list[dict[str, object]]) -> _Layout | None:
    """Return how samples labelled so are to be read, None where each is to be looked at on its own."""
    try:
        key = orjson.dumps(labels)
    except TypeError:
        # Nested deeper than can be written.
        return None
    try:
        return _layouts[key]
    except KeyError:
        pass
    if len(key) > _LONGEST_LABELS or b'"signedMeterValue"' in key:
        return None
    if len(_layouts) >= _KNOWN_LAYOUTS:
        # Someone makes up new labels all the time, which is not to slow down all others for good.
        _layouts.clear()
    layout = _layouts[key] = _laid_out([plan_of(sample) for sample in labels])
    return layout


def _laid_out(plans: list[Plan]) -> _Layout | None:
    """Return the layout of samples of which none is odd, signed, old, or in the way of another, else None."""
    context = ReadingContext.PERIODIC
    register: tuple[int, int | Decimal] | None = None
    live: dict[Quantity, list[int]] = {}
    for index, plan in enumerate(plans):
        quantity = plan.quantity
        if quantity is None and plan.deviation is None:
            continue
        if (
            quantity is None
            or plan.signed
            or plan.stands_in
            or plan.context is ReadingContext.BEGIN
        ):
            return None
        context = plan.context or context
        if quantity is Quantity.REGISTER:
            if register is not None or plan.phase is not None:
                return None
            register = (index, plan.register_factor)
            continue
        places = live.setdefault(quantity, [-1] * len(_PLACES))
        if places[_PLACES[plan.phase]] != -1:
            return None
        places[_PLACES[plan.phase]] = index
    scales = tuple((plan.factor, plan.offset) for plan in plans)
    return _Layout(
        context=context,
        register=register,
        live=tuple((quantity, itemgetter(*places)) for quantity, places in live.items()),
        scales=None if set(scales) <= {(1, 0)} else scales,
    )


def _read_plain(layout: _Layout, contents: list[object]) -> Sampled | None:
    """Read values by a layout; None where one of them is not simply a number."""
    try:
        numbers: list[float | None] = [*map(float, contents)]  # type: ignore[arg-type]
    except ValueError, TypeError, OverflowError:
        return None
    # The root of all squares is at least the largest of them, and no number where one of them is none.
    if not hypot(*numbers) < _LARGEST or bool in map(type, contents):  # type: ignore[arg-type]
        return None
    register = None
    if layout.register is not None:
        index, factor = layout.register
        register = register_mwh(contents[index], factor)
        if register is None:
            return None
    if layout.scales is not None:
        numbers = [
            number * factor + offset  # type: ignore[operator]
            for number, (factor, offset) in zip(numbers, layout.scales, strict=True)
        ]
    # What is not measured is at -1.
    numbers.append(None)
    return Sampled(
        context=layout.context,
        register_mwh=register,
        live={quantity: pick(numbers) for quantity, pick in layout.live},
    )


# The general case: each sample on its own.


def _read_each(  # noqa: C901, PLR0912 - what real stations do to one sample stays in one piece
    samples: list[dict[str, object]],
    contents: list[object],
    counters: Counters,
    *,
    begin_is_news: bool,
) -> Sampled:
    result = Sampled()
    registers: dict[int | None, int] = {}
    live: dict[Quantity, dict[int | None, float]] = {}
    for sample, content in zip(samples, contents, strict=True):
        plan = plan_of(sample)
        quantity = plan.quantity
        if quantity is None:
            if plan.deviation is not None:
                counters.add(plan.deviation)
            continue
        if plan.special and _is_done(
            plan, sample, content, result, counters, begin_is_news=begin_is_news
        ):
            continue
        if quantity is Quantity.REGISTER:
            register = register_mwh(content, plan.register_factor)
            if register is None:
                counters.add("value_unreadable")
            elif plan.stands_in:
                registers.setdefault(plan.phase, register)
            else:
                registers[plan.phase] = register
            continue
        number = _number(content)
        if number is None:
            counters.add("value_unreadable")
            continue
        values = live.setdefault(quantity, {})
        if plan.stands_in:
            values.setdefault(plan.phase, number * plan.factor + plan.offset)
        else:
            values[plan.phase] = number * plan.factor + plan.offset
    if registers:
        result.register_mwh = _whole_register(registers, counters)
    for quantity, values in live.items():
        result.live[quantity] = (values.get(None), values.get(0), values.get(1), values.get(2))
    return result


def _whole_register(registers: dict[int | None, int], counters: Counters) -> int | None:
    if None in registers:
        return registers[None]
    whole = sum(registers.values())
    if whole < _LARGEST_MWH:
        return whole
    counters.add("value_unreadable")
    return None


def _is_done(
    plan: Plan,
    sample: Mapping[str, object],
    content: object,
    result: Sampled,
    counters: Counters,
    *,
    begin_is_news: bool,
) -> bool:
    """Handle what a context or a signature changes; tell whether the sample is done with."""
    old = plan.context is ReadingContext.BEGIN and not begin_is_news
    later = _signed_value(sample.get("signedMeterValue"))
    if later is not None and not (old and result.signed):
        result.signed, result.signed_at_begin = later, old
    if plan.signed:
        if isinstance(content, str) and not (old and result.signed):
            result.signed, result.signed_at_begin = content, old
    elif old:
        counters.add("begin_sample_ignored")
    if plan.context is not None and not old:
        result.context = plan.context
    return plan.signed or old


def _signed_value(signed: object) -> str | None:
    """Return a signed meter value of 2.x as JSON, with all that is needed to check it."""
    if not isinstance(signed, dict) or not isinstance(signed.get("signedMeterData"), str):
        return None
    return orjson.dumps(signed).decode()


def register_mwh(value: object, factor: int | Decimal = 1000) -> int | None:
    """Return a register value times a factor as whole milliwatt-hours; None when it is no such number."""
    if isinstance(value, str):
        if value.isdecimal() and len(value) < 16 and isinstance(factor, int):
            return int(value) * factor
        value = value.strip(" \t\r\n\0").replace(",", ".")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        exact = Decimal(str(value)) * factor
    except ArithmeticError, ValueError:
        return None
    if not exact.is_finite() or not 0 <= exact < _LARGEST_MWH:
        return None
    return int(exact)


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except ValueError, TypeError, OverflowError:
        if not isinstance(value, str):
            return None
        try:
            number = float(value.strip(" \t\r\n\0").replace(",", "."))
        except ValueError:
            return None
    return (
        number
        if -_LARGEST < number < _LARGEST and value is not True and value is not False
        else None
    )


# What a sample changes in the live values.


def merge(
    previous: Measurements, sampled: Sampled, at: datetime, *, derive_power: bool
) -> Measurements:
    """Return the live values after a sample; what it does not mention stays as it was.

    With `derive_power`, power is current times voltage (230 V where unknown).
    """
    live = sampled.live
    if not live:
        return previous
    told = live.get
    voltage = _phases(told(Quantity.VOLTAGE), previous.voltage_v)
    current = _phases(told(Quantity.CURRENT), previous.current_a)
    if derive_power and Quantity.CURRENT in live and Quantity.POWER not in live:
        power = _apparent(current, voltage)
    else:
        power = total(told(Quantity.POWER))
    return Measurements(
        at=at,
        power_w=previous.power_w if power is None else power,
        power_offered_w=_or(total(told(Quantity.POWER_OFFERED)), previous.power_offered_w),
        current_a=current,
        current_offered_a=_largest(told(Quantity.CURRENT_OFFERED), previous.current_offered_a),
        voltage_v=voltage,
        state_of_charge=_percent(told(Quantity.STATE_OF_CHARGE), previous.state_of_charge),
        temperature_c=_largest(told(Quantity.TEMPERATURE), previous.temperature_c),
        frequency_hz=_largest(told(Quantity.FREQUENCY), previous.frequency_hz),
    )


def _or(value: float | None, other: float | None) -> float | None:
    return other if value is None else value


def total(values: Values | None) -> float | None:
    """Return what is told of the whole, else the sum of the phases."""
    if values is None:
        return None
    if values[0] is not None:
        return values[0]
    return sum(value for value in values[1:] if value is not None)


def _largest(values: Values | None, other: float | None) -> float | None:
    if values is None:
        return other
    if values[1:] == NO_PHASES:
        return values[0]
    return max(value for value in values if value is not None)


def _percent(values: Values | None, other: float | None) -> float | None:
    value = _largest(values, None)
    return value if value is not None and 0 <= value <= 100 else other


def _phases(values: Values | None, other: PhaseValues) -> PhaseValues:
    """Return values per phase; a lone total stands for L1, since a station with one value has one phase to tell of."""
    if values is None:
        return other
    phases = values[1:]
    return (values[0], None, None) if phases == NO_PHASES else phases


def _apparent(current: PhaseValues, voltage: PhaseValues) -> float | None:
    known = [
        amps * (volts if volts is not None else 230.0)
        for amps, volts in zip(current, voltage, strict=True)
        if amps is not None
    ]
    return sum(known) if known else None
