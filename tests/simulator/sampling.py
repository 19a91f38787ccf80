"""From a meter snapshot to sampled values, in the manner of the station."""

from collections.abc import Iterator
from typing import Final

from .meter import MeterSnapshot
from .personality import Personality
from .schedule import Json

REGISTER: Final = "Energy.Active.Import.Register"
UNITS: Final = {
    REGISTER: "Wh",
    "Energy.Active.Import.Interval": "Wh",
    "Power.Active.Import": "W",
    "Power.Offered": "W",
    "Current.Import": "A",
    "Current.Offered": "A",
    "Voltage": "V",
    "Temperature": "Celsius",
    "SoC": "Percent",
}
GRID_FREQUENCY: Final = 50.0
PER_PHASE: Final = {REGISTER, "Power.Active.Import", "Current.Import", "Voltage"}


class Sampler:
    """Writes sampledValue lists."""

    def __init__(self, personality: Personality) -> None:
        """Take on the manners of a station."""
        self._personality = personality

    def values(
        self,
        snapshot: MeterSnapshot,
        measurands: list[str],
        context: str,
        *,
        register_wh: int | None = None,
    ) -> list[Json]:
        """Return one sampled value per measurand and phase."""
        if self._personality.empty_sampled_value:
            return []
        register = snapshot.register_wh if register_wh is None else register_wh
        values: list[Json] = []
        for item in measurands:
            measurand, phase = _split(item)
            for number, figure in self._figures(snapshot, measurand, register):
                if phase is None or number == phase:
                    values.append(self._value(measurand, number, figure, context))
        return values

    def _figures(
        self, snapshot: MeterSnapshot, measurand: str, register: int
    ) -> Iterator[tuple[int, float]]:
        """Give (phase, figure) pairs, phase 0 for a total."""
        totals, phases = self._forms(measurand)
        total, each = self._readings(snapshot, measurand, register)
        if total is None and not phases and each:
            total = max(each)
        if totals and total is not None:
            yield 0, total
        if phases:
            yield from enumerate(each, start=1)

    def _readings(
        self, snapshot: MeterSnapshot, measurand: str, register: int
    ) -> tuple[float | None, tuple[float, ...]]:
        """Return the overall figure, None if there is none, and those of the phases."""
        readings: dict[str, tuple[float | None, tuple[float, ...]]] = {
            REGISTER: (register, _parts(register, len(snapshot.currents_a))),
            "Energy.Active.Import.Interval": (snapshot.interval_wh, ()),
            "Power.Active.Import": (snapshot.power_w, snapshot.powers_w),
            "Current.Import": (None, self._currents(snapshot)),
            "Voltage": (None, snapshot.voltages_v),
            "Power.Offered": (snapshot.offered_w, ()),
            "Current.Offered": (snapshot.offered_a, ()),
            "Frequency": (GRID_FREQUENCY, ()),
            "Temperature": (snapshot.temperature_c, ()),
            "SoC": (snapshot.soc, ()),
        }
        return readings.get(measurand, (None, ()))

    def _forms(self, measurand: str) -> tuple[bool, bool]:
        """Return whether it is given as a total and whether by phase."""
        personality = self._personality
        if measurand not in PER_PHASE or personality.totals_only:
            return True, False
        if personality.per_phase_only:
            return False, True
        if measurand == REGISTER:
            return not personality.phase_on_register, personality.phase_on_register
        return measurand == "Power.Active.Import", measurand != "Power.Active.Import"

    def _currents(self, snapshot: MeterSnapshot) -> tuple[float, ...]:
        if not self._personality.divides_current_by_phases:
            return snapshot.currents_a
        count = len(snapshot.currents_a)
        return tuple(current / count for current in snapshot.currents_a)

    def _value(self, measurand: str, phase: int, figure: float, context: str) -> Json:
        personality = self._personality
        unit = UNITS.get(measurand)
        decimals = 0 if measurand == REGISTER else 1
        if personality.kilo_units and unit in {"W", "Wh"}:
            unit, figure, decimals = f"k{unit}", figure / 1000, 3
        value: Json = {
            "value": self._text(figure, decimals),
            "context": context,
            "format": "Raw",
            "location": "EV" if measurand == "SoC" else "Outlet",
        }
        if not (personality.omits_measurand and measurand == REGISTER):
            value["measurand"] = measurand
        if phase:
            name = self._phase_name(phase, measurand)
            if name is not None:
                value["phase"] = name
        unit = personality.unit_names.get(unit or "", unit)
        if unit is not None:
            value["unit"] = unit
        return value

    def _phase_name(self, phase: int, measurand: str) -> str | None:
        match self._personality.phase_names:
            case "L1-N":
                return f"L{phase}-N"
            case "N":
                return "N"
            case "bare":
                return f"L{phase}"
            case "none":
                return None
        return f"L{phase}-N" if measurand == "Voltage" else f"L{phase}"

    def _text(self, figure: float, decimals: int) -> str:
        text = f"{figure:.{decimals}f}"
        match self._personality.value_style:
            case "blanks":
                return f"  {text} "
            case "comma":
                return text.replace(".", ",")
            case "grouped":
                return f"{figure:,.{decimals}f}"
        return text


def _split(item: str) -> tuple[str, int | None]:
    """Split a dotted phase from a measurand: Voltage.L2 or Voltage.L2-N."""
    base, _, last = item.rpartition(".")
    if last[:1] == "L" and last[1:2].isdecimal():
        return base, int(last[1])
    return item, None


def _parts(register: int, phases: int) -> tuple[float, ...]:
    """Split a register over phases: parts that never fall and add up exactly."""
    return tuple((register + phase) // phases for phase in range(phases))
