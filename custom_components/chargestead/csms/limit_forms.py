"""The forms in which a limit can be said, from the one most stations obey down.

OCPP 1.6 sections 3.13 and 7.8 to 7.14: purpose, kind, stack level, unit and rounding of a charging profile.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from itertools import product
from typing import Final

from ..model.station import StationState

VOLTAGE: Final = 230
_HIGHEST_SANE_LEVEL: Final = 1000


class Purpose(StrEnum):
    """Where a profile is installed (OCPP 1.6 section 3.13.1)."""

    DEFAULT_ON_CONNECTOR = "default_on_connector"
    TRANSACTION = "transaction"
    DEFAULT_ON_STATION = "default_on_station"
    STATION_MAXIMUM = "station_maximum"


ON_CONNECTOR: Final = frozenset({Purpose.DEFAULT_ON_CONNECTOR, Purpose.TRANSACTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to say a limit."""

    purpose: Purpose
    stack_level: int
    absolute: bool
    unit: str
    whole: bool = False

    def amount(self, current_a: float, phases: int) -> float:
        """Return the number to send for a current in A per phase: one decimal, rounded down (section 7.14)."""
        amount = current_a * VOLTAGE * phases if self.unit == "W" else current_a
        return float(int(amount + 1e-6)) if self.whole else int(amount * 10 + 1e-6) / 10

    def as_dict(self) -> dict[str, object]:
        """Return JSON-like content."""
        return {**asdict(self), "purpose": self.purpose.value}


def form_of(content: object) -> Form | None:
    """Read what `Form.as_dict` wrote, None for anything else."""
    if not isinstance(content, Mapping) or {field.name for field in fields(Form)} != set(content):
        return None
    level, unit = content["stack_level"], content["unit"]
    if (
        not isinstance(level, int)
        or unit not in {"A", "W"}
        or content["purpose"] not in set(Purpose)
    ):
        return None
    return Form(
        purpose=Purpose(content["purpose"]),
        stack_level=level,
        absolute=content["absolute"] is True,
        unit=unit,
        whole=content["whole"] is True,
    )


def ladder(state: StationState) -> list[Form]:
    """Return all forms that make sense for a station, those that deviate least from the best first.

    The default profile of the connector comes first, since one message then rules the running transaction and every
    later one. Forms for the whole station are left out where it has several connectors.
    """
    single = len(state.connectors) <= 1
    purposes = [item for item in Purpose if single or item in ON_CONNECTOR]
    ranked = [
        (
            sum(cost for _, cost in (purpose, kind, level, unit, whole)),
            Form(
                purpose=purpose[0],
                stack_level=level[0],
                absolute=kind[0],
                unit=unit[0],
                whole=whole[0],
            ),
        )
        for purpose, kind, level, unit, whole in product(
            zip(purposes, (0, 2, 3, 4), strict=False),
            ((True, 0.0), (False, 1.5)),
            _stack_levels(state),
            _units(state),
            ((False, 0), (True, 1)),
        )
        # A maximum of the station cannot be relative to a transaction (section 3.13.1).
        if kind[0] or purpose[0] is not Purpose.STATION_MAXIMUM
    ]
    return [form for _, form in sorted(ranked, key=lambda item: item[0])]


def _units(state: StationState) -> list[tuple[str, int]]:
    """Return the units a station takes, from its key in whatever spelling; current first, each with its cost."""
    allowed = state.configuration.get("ChargingScheduleAllowedChargingRateUnit")
    text = (allowed.value or "").lower() if allowed is not None else ""
    words = {word.strip(" \"'[]") for word in text.replace(";", ",").split(",")} - {""}
    power = any(word.startswith(("power", "w", "kw")) for word in words)
    current = any(word.startswith(("current", "a")) for word in words)
    if power and not current:
        return [("W", 0)]
    return [("A", 0), ("W", 6 if current and not power else 3)]


def _stack_levels(state: StationState) -> list[tuple[int, int]]:
    """Return the stack levels to try: the highest advertised, 0, and one less for those that count from one."""
    highest = state.configuration.get("ChargeProfileMaxStackLevel")
    try:
        level = int((highest.value or "0").strip()) if highest is not None else 0
    except ValueError:
        level = 0
    if not 0 < level < _HIGHEST_SANE_LEVEL:
        return [(0, 0)]
    return [(level, 0), (0, 2), *([(level - 1, 5)] if level > 1 else [])]
