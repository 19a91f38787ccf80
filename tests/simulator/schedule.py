"""One charging profile: when it speaks, and what it says."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .car import NOMINAL_VOLTAGE

type Json = dict[str, Any]

PURPOSES: Final = ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")
LATER_PURPOSES: Final = (
    *PURPOSES,
    "ChargingStationExternalConstraints",
    "PriorityCharging",
    "LocalGeneration",
)
KINDS: Final = ("Absolute", "Recurring", "Relative")
LATER_KINDS: Final = (*KINDS, "Dynamic")
RECURRENCES: Final = {"Daily": 86_400, "Weekly": 604_800}
UNITS: Final = ("A", "W")


class InvalidProfileError(ValueError):
    """A profile holds a value that OCPP does not know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A rate, as a profile states it: amperes per phase, or watts in all."""

    value: float
    unit: str
    phases: int | None = None

    def amperes(self, phases: int) -> float:
        """Return the current per phase, with the nominal voltage of the grid."""
        if self.unit == "A":
            return self.value
        return self.value / (NOMINAL_VOLTAGE * max(phases, 1))

    def to_unit(self, unit: str, phases: int) -> float:
        """Return the value in A per phase or in W."""
        amperes = self.amperes(phases)
        return amperes if unit == "A" else amperes * NOMINAL_VOLTAGE * phases


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A step of a schedule, `start` seconds after its beginning."""

    start: int
    limit: Limit


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A charging profile as installed on a connector (0: the whole station)."""

    id: int
    connector_id: int
    stack_level: int
    purpose: str
    kind: str
    unit: str
    periods: tuple[Period, ...]
    recurrence: int | None
    valid_from: datetime | None
    valid_to: datetime | None
    start: datetime | None
    duration: int | None
    transaction_id: int | None
    raw: Json
    source: str = "CSO"

    def limit_at(self, at: datetime, began: datetime) -> Limit | None:
        """Return what it says at a moment, for a transaction that began at `began`."""
        if self.valid_from is not None and at < self.valid_from:
            return None
        if self.valid_to is not None and at >= self.valid_to:
            return None
        offset = (at - self._anchor(began)).total_seconds()
        if offset < 0:
            return None
        if self.recurrence is not None:
            offset %= self.recurrence
        if self.duration is not None and offset >= self.duration:
            return None
        index = bisect_right([period.start for period in self.periods], offset)
        return self.periods[index - 1].limit if index else None

    def changes(self, began: datetime, after: datetime, until: datetime) -> Iterator[datetime]:
        """Give every moment in (after, until] at which it may begin to say something else."""
        moments = [self.valid_from, self.valid_to]
        anchor = self._anchor(began)
        marks = [period.start for period in self.periods]
        if self.duration is not None:
            marks.append(self.duration)
        rounds = [0]
        if self.recurrence is not None:
            first = int((after - anchor).total_seconds() // self.recurrence)
            last = int((until - anchor).total_seconds() // self.recurrence)
            rounds = [n * self.recurrence for n in range(max(first, 0), last + 1)]
            marks = [mark for mark in marks if mark <= self.recurrence]
            marks.append(self.recurrence)
        moments.extend(anchor + timedelta(seconds=base + mark) for base in rounds for mark in marks)
        for moment in moments:
            if moment is not None and after < moment <= until:
                yield moment

    def _anchor(self, began: datetime) -> datetime:
        if self.kind == "Relative" or self.start is None:
            return began
        return self.start


def parse_profile(
    raw: Json, connector_id: int, *, later: bool = False, source: str = "CSO"
) -> Profile:
    """Read a csChargingProfiles object; raise InvalidProfileError for unknown values."""
    purpose = _one_of(raw, "chargingProfilePurpose", LATER_PURPOSES if later else PURPOSES)
    kind = _one_of(raw, "chargingProfileKind", LATER_KINDS if later else KINDS)
    schedule = raw.get("chargingSchedule")
    if not isinstance(schedule, dict):
        message = "chargingSchedule is missing"
        raise InvalidProfileError(message)
    unit = _one_of(schedule, "chargingRateUnit", UNITS)
    recurrence = None
    if kind == "Recurring":
        recurrence = RECURRENCES[_one_of(raw, "recurrencyKind", tuple(RECURRENCES))]
    try:
        periods = tuple(
            Period(
                start=int(period["startPeriod"]),
                limit=Limit(
                    value=float(period["limit"]),
                    unit=unit,
                    phases=period.get("numberPhases"),
                ),
            )
            for period in schedule["chargingSchedulePeriod"]
        )
        return Profile(
            id=int(raw["chargingProfileId"]),
            connector_id=connector_id,
            stack_level=int(raw["stackLevel"]),
            purpose=purpose,
            kind=kind,
            unit=unit,
            periods=periods,
            recurrence=recurrence,
            valid_from=read_time(raw.get("validFrom")),
            valid_to=read_time(raw.get("validTo")),
            start=read_time(schedule.get("startSchedule")),
            duration=schedule.get("duration"),
            transaction_id=raw.get("transactionId"),
            raw=raw,
            source=source,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidProfileError(str(error)) from error


def read_time(text: str | None) -> datetime | None:
    """Read an OCPP dateTime; one without a zone is taken as UTC."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _one_of(raw: Json, key: str, allowed: tuple[str, ...]) -> str:
    value = raw.get(key)
    if value not in allowed:
        message = f"{key} is {value!r}"
        raise InvalidProfileError(message)
    return str(value)
