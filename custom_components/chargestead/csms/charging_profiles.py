"""Charging profiles as people give them: in any version's words, checked, and completed.

What no station of any make could carry out is refused here, with what is wrong; whether a station takes the rest is for
it to say. OCPP 1.6 sections 3.13 and 7.8 to 7.14; OCPP 2.0.1 and 2.1 part 2, K01.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..model.errors import NoSessionError, ProfileInvalidError, ProfileProblem
from ..model.session import Session
from .profile_schedules import check_schedule, moment_of

if TYPE_CHECKING:
    from datetime import datetime

    from .station import ChargingStation

_STATION_MAXIMUM: Final = frozenset({"ChargePointMaxProfile", "ChargingStationMaxProfile"})
_TRANSACTION: Final = "TxProfile"
_IDS: Final = ("chargingProfileId", "id")
_RECURRENCIES: Final = ("Daily", "Weekly")
_EXTERNAL: Final = "ChargingStationExternalConstraints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one version words a charging profile.

    `several` tells that a profile has a list of schedules, with an id each, `limitless` that periods may have no limit.
    """

    id_key: str
    purposes: tuple[str, ...]
    kinds: tuple[str, ...] = ("Absolute", "Recurring", "Relative")
    several: bool = True
    limitless: bool = False

    def purpose(self, purpose: str | None) -> str | None:
        """Return a purpose as this version calls it; what it does not know stays as it is."""
        if purpose in _STATION_MAXIMUM:
            return self.purposes[0]
        return purpose


V16: Final = Dialect(
    id_key="chargingProfileId",
    purposes=("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"),
    several=False,
)
V201: Final = Dialect(
    id_key="id", purposes=("ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile")
)
V21: Final = Dialect(
    id_key="id",
    purposes=(*V201.purposes, "PriorityCharging", "LocalGeneration"),
    kinds=(*V201.kinds, "Dynamic"),
    limitless=True,
)


def is_for_station(profile: Mapping[str, object]) -> bool:
    """Tell whether a profile can only be for the station as a whole."""
    return profile.get("chargingProfilePurpose") in _STATION_MAXIMUM


def worded(
    station: ChargingStation, profile: Mapping[str, object], dialect: Dialect
) -> dict[str, object]:
    """Return a profile in the words of a version; raises ProfileInvalidError for what is none."""
    reader = _Reader(station.station_id, dialect)
    return reader.read({key: value for key, value in profile.items() if value is not None})


def placed(
    station: ChargingStation, connector_id: int | None, profile: Mapping[str, object]
) -> tuple[int, Session | None]:
    """Return where a profile belongs and, for a TxProfile, the session it is for.

    Raises NoSessionError for a TxProfile that names no transaction where none, or not just one, runs.
    """
    if profile.get("chargingProfilePurpose") != _TRANSACTION:
        return connector_id or 0, None
    named = profile.get("transactionId")
    if named is not None:
        session = station.transactions.find(str(named))
        if connector_id is None and session is not None:
            connector_id = session.connector_id
        return connector_id or 0, None
    running = [
        item.session
        for item in station.book.connectors.values()
        if item.session is not None and connector_id in (None, 0, item.connector_id)
    ]
    if len(running) != 1:
        raise NoSessionError(station.station_id, connector_id or None)
    return connector_id or running[0].connector_id, running[0]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one profile for one station."""

    station_id: str
    dialect: Dialect

    def read(self, profile: Mapping[str, object]) -> dict[str, object]:
        dialect = self.dialect
        found = {key: value for key, value in profile.items() if key not in _IDS}
        number = next((profile[key] for key in _IDS if key in profile), None)
        found = {dialect.id_key: self._whole(number, dialect.id_key), **found}
        if self._whole(found.get("stackLevel"), "stackLevel") < 0:
            raise self._invalid("stackLevel", found["stackLevel"])
        purpose = found.get("chargingProfilePurpose")
        if purpose == _EXTERNAL:
            raise ProfileInvalidError(
                self.station_id, ProfileProblem.NOT_OURS, purpose=str(purpose)
            )
        found["chargingProfilePurpose"] = self._word(
            dialect.purpose(purpose) if isinstance(purpose, str) else purpose,
            "chargingProfilePurpose",
            dialect.purposes,
        )
        kind = self._word(found.get("chargingProfileKind"), "chargingProfileKind", dialect.kinds)
        if kind == "Recurring":
            self._word(found.get("recurrencyKind"), "recurrencyKind", _RECURRENCIES)
        if kind == "Relative" and is_for_station(found):
            raise ProfileInvalidError(self.station_id, ProfileProblem.RELATIVE_MAXIMUM)
        self._validity(found)
        schedules = self._schedules(found)
        found["chargingSchedule"] = schedules if dialect.several else schedules[0]
        return found

    def _schedules(self, profile: Mapping[str, object]) -> list[dict[str, object]]:
        given = profile.get("chargingSchedule")
        schedules = [given] if isinstance(given, Mapping) else given
        if schedules is None or schedules == []:
            raise ProfileInvalidError(
                self.station_id, ProfileProblem.FIELD_MISSING, field="chargingSchedule"
            )
        if not isinstance(schedules, list | tuple):
            raise self._invalid("chargingSchedule", given)
        most = 3 if self.dialect.several else 1
        if len(schedules) > most:
            raise ProfileInvalidError(
                self.station_id,
                ProfileProblem.TOO_MANY_SCHEDULES,
                count=str(len(schedules)),
                most=str(most),
            )
        found = []
        for place, schedule in enumerate(schedules):
            if not isinstance(schedule, Mapping):
                raise self._invalid("chargingSchedule", schedule)
            check_schedule(self.station_id, schedule, limitless=self.dialect.limitless)
            inner = {key: value for key, value in schedule.items() if key != "id"}
            if self.dialect.several:
                number = schedule.get("id", self._whole(profile[self.dialect.id_key], "id") + place)
                inner = {"id": self._whole(number, "chargingSchedule.id"), **inner}
            found.append(inner)
        return found

    def _validity(self, profile: Mapping[str, object]) -> None:
        begin, end = (self._moment(profile, key) for key in ("validFrom", "validTo"))
        if begin is not None and end is not None and end <= begin:
            raise ProfileInvalidError(self.station_id, ProfileProblem.NEVER_VALID)

    def _moment(self, profile: Mapping[str, object], key: str) -> datetime | None:
        value = profile.get(key)
        moment = moment_of(value)
        if value is not None and moment is None:
            raise self._invalid(key, value)
        return moment

    def _whole(self, value: object, field: str) -> int:
        if value is None:
            raise ProfileInvalidError(self.station_id, ProfileProblem.FIELD_MISSING, field=field)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._invalid(field, value)
        return value

    def _word(self, value: object, field: str, known: tuple[str, ...]) -> str:
        if value is None:
            raise ProfileInvalidError(self.station_id, ProfileProblem.FIELD_MISSING, field=field)
        if not isinstance(value, str) or value not in known:
            raise ProfileInvalidError(
                self.station_id,
                ProfileProblem.WORD_UNKNOWN,
                field=field,
                value=str(value)[:50],
                known=", ".join(known),
            )
        return value

    def _invalid(self, field: str, value: object) -> ProfileInvalidError:
        return ProfileInvalidError(
            self.station_id, ProfileProblem.FIELD_INVALID, field=field, value=str(value)[:50]
        )
