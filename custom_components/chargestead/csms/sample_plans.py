"""What to do with sampled values, told from their labels: measurands, units, phases and spellings of real stations.

OCPP 1.6 section 7.28 to 7.33 and 7.43; OCPP 2.0.1 part 2 section 2.45 to 2.50.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum, auto
from math import sqrt
from typing import Final

from ..model.reading import ReadingContext
from .fields import integer


class Quantity(IntEnum):
    """What a measurand measures, as far as we use it."""

    REGISTER = auto()
    POWER = auto()
    POWER_OFFERED = auto()
    CURRENT = auto()
    CURRENT_OFFERED = auto()
    VOLTAGE = auto()
    STATE_OF_CHARGE = auto()
    TEMPERATURE = auto()
    FREQUENCY = auto()


DEFAULT_MEASURAND: Final = "Energy.Active.Import.Register"

MEASURANDS: Final[Mapping[str, Quantity]] = {
    DEFAULT_MEASURAND: Quantity.REGISTER,
    "Power.Active.Import": Quantity.POWER,
    "Power.Offered": Quantity.POWER_OFFERED,
    "Current.Import": Quantity.CURRENT,
    "Current.Offered": Quantity.CURRENT_OFFERED,
    "Voltage": Quantity.VOLTAGE,
    "SoC": Quantity.STATE_OF_CHARGE,
    "Temperature": Quantity.TEMPERATURE,
    "Frequency": Quantity.FREQUENCY,
    "Power.Import.Offered": Quantity.POWER_OFFERED,
    "Current.Import.Offered": Quantity.CURRENT_OFFERED,
    "Display.PresentSOC": Quantity.STATE_OF_CHARGE,
}

_QUANTITIES: Final = {name.lower(): quantity for name, quantity in MEASURANDS.items()}

_FACTORS: Final[Mapping[str, float]] = {
    "w": 1, "watt": 1, "watts": 1, "kw": 1000, "va": 1, "kva": 1000,
    "a": 1, "amp": 1, "amps": 1, "ampere": 1, "ma": 0.001,
    "v": 1, "volt": 1, "volts": 1, "kv": 1000, "mv": 0.001,
    "percent": 1, "%": 1, "hz": 1, "hertz": 1,
    "celsius": 1, "celcius": 1, "c": 1, "k": 1, "fahrenheit": 1,
}  # fmt: skip

_REGISTER_FACTORS: Final[Mapping[str, int]] = {
    "wh": 1000, "kwh": 1_000_000, "w": 1000, "kw": 1_000_000,
}  # fmt: skip

_PHASES: Final[Mapping[str, int]] = {
    "l1": 0, "l2": 1, "l3": 2, "l1-n": 0, "l2-n": 1, "l3-n": 2,
}  # fmt: skip
_LINE_TO_LINE: Final[Mapping[str, int]] = {"l1-l2": 0, "l2-l3": 1, "l3-l1": 2}
_NEUTRAL: Final = frozenset({"n", "pe"})

_CONTEXTS: Final[Mapping[str, ReadingContext]] = {
    "sample.periodic": ReadingContext.PERIODIC,
    "sample.clock": ReadingContext.ALIGNED,
    "transaction.begin": ReadingContext.BEGIN,
    "transaction.end": ReadingContext.END,
    "trigger": ReadingContext.TRIGGER,
    "interruption.begin": ReadingContext.INTERRUPTION,
    "interruption.end": ReadingContext.INTERRUPTION,
}

_LOCATIONS: Final = frozenset({"outlet", "ev", "body", "inlet", "cable"})
_OUTLET: Final = "outlet"
_KELVIN: Final = 273.15


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with all samples that are labelled alike.

    A register times `register_factor` is in mWh, any other number times `factor` plus `offset` in the unit of
    `Measurements`. What `stands_in` counts only where there is nothing better; a sample is `signed` altogether or has
    a signature `attached`. Without a quantity it is of no use, and counted as a `deviation` if it is one.
    """

    quantity: Quantity | None = None
    context: ReadingContext | None = None
    phase: int | None = None
    factor: float = 1
    offset: float = 0
    register_factor: int | Decimal = 1000
    signed: bool = False
    attached: bool = False
    special: bool = False
    stands_in: bool = False
    deviation: str | None = None


_IGNORED: Final = Plan()
_KNOWN_PLANS: Final = 1024


_plans: dict[tuple[object, ...], Plan] = {}


def plan_of(sample: Mapping[str, object]) -> Plan:
    """Return the plan for a sample by its labels, of which real stations use few."""
    get = sample.get
    measure = get("unitOfMeasure")
    if isinstance(measure, dict):
        unit, multiplier = measure.get("unit"), measure.get("multiplier")
    else:
        unit, multiplier = get("unit"), None
    key = (
        get("measurand"),
        unit,
        multiplier,
        measure is None,
        "signedMeterValue" in sample,
        get("phase"),
        get("context"),
        get("location"),
        get("format"),
    )
    try:
        return _plans[key]
    except KeyError:
        plan = _make_plan(sample)
    except TypeError:
        return _make_plan(sample)
    if len(_plans) < _KNOWN_PLANS:
        _plans[key] = plan
    return plan


def _make_plan(sample: Mapping[str, object]) -> Plan:
    quantity, phase = _measurand(sample)
    location = (_text(sample, "location") or _OUTLET).lower()
    if quantity is None or location not in _LOCATIONS:
        return _IGNORED
    context = _context(sample)
    signed = (_text(sample, "format") or "").lower() == "signeddata"
    attached = "signedMeterValue" in sample
    plan = Plan(
        quantity=quantity,
        context=context,
        signed=signed,
        attached=attached,
        special=signed or attached or context is not None,
        stands_in=location != _OUTLET,
    )
    if signed:
        return plan
    plan = _with_unit(plan, *_unit(sample))
    if plan.quantity is None:
        return plan
    return _with_phase(plan, _text(sample, "phase") or phase)


def _measurand(sample: Mapping[str, object]) -> tuple[Quantity | None, str | None]:
    """Return what is measured, and the phase where some stations append it, as in `Current.Import.L1`."""
    measurand = sample.get("measurand") or DEFAULT_MEASURAND
    if not isinstance(measurand, str):
        return None, None
    name = measurand.strip().lower()
    if name in _QUANTITIES:
        return _QUANTITIES[name], None
    name, _, phase = name.rpartition(".")
    return _QUANTITIES.get(name) if phase in _PHASES else None, phase


def _context(sample: Mapping[str, object]) -> ReadingContext | None:
    context = sample.get("context")
    if context is None:
        return None
    if not isinstance(context, str):
        return ReadingContext.OTHER
    return _CONTEXTS.get(context.strip().lower(), ReadingContext.OTHER)


def _with_unit(plan: Plan, unit: str, multiplier: int) -> Plan:
    power = Decimal(10) ** multiplier
    if plan.quantity is Quantity.REGISTER:
        known = _REGISTER_FACTORS.get(unit or "wh")
        if known is None:
            return Plan(deviation="unit_unknown")
        return replace(
            plan, register_factor=known * power if multiplier < 0 else int(known * power)
        )
    factor = _FACTORS.get(unit, None if unit else 1)
    if factor is None:
        return Plan(deviation="unit_unknown")
    plan = replace(plan, factor=factor * float(power))
    if plan.quantity is Quantity.TEMPERATURE and unit == "k":
        return replace(plan, offset=-_KELVIN)
    if plan.quantity is Quantity.TEMPERATURE and unit == "fahrenheit":
        return replace(plan, factor=1 / 1.8, offset=-32 / 1.8)
    return plan


def _with_phase(plan: Plan, phase: str | None) -> Plan:
    """Return the plan with a phase; line voltages only stand in where none to neutral is given."""
    if phase is None:
        return plan
    folded = phase.lower()
    if folded in _PHASES:
        return replace(plan, phase=_PHASES[folded])
    if folded in _LINE_TO_LINE and plan.quantity is Quantity.VOLTAGE:
        return replace(
            plan,
            phase=_LINE_TO_LINE[folded],
            factor=plan.factor / sqrt(3),
            stands_in=True,
        )
    return _IGNORED if folded in _NEUTRAL else Plan(deviation="phase_unknown")


def _text(sample: Mapping[str, object], key: str) -> str | None:
    value = sample.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _unit(sample: Mapping[str, object]) -> tuple[str, int]:
    """Return the unit in lower case and the power of ten that goes with it (2.x `unitOfMeasure`)."""
    unit = sample.get("unit")
    multiplier = 0
    measure = sample.get("unitOfMeasure")
    if isinstance(measure, Mapping):
        unit = measure.get("unit")
        power = integer(measure, "multiplier") or 0
        if abs(power) <= 12:
            multiplier = power
    return (unit.strip().lower() if isinstance(unit, str) else ""), multiplier
