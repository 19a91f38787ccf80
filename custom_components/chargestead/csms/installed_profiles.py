"""The charging profiles we installed: all that is known of a station of 1.6, which cannot list them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ..model.commands import GetChargingProfiles
from .adapter import stated
from .charging_profiles import V16
from .fields import integer, objects

if TYPE_CHECKING:
    from .station import ChargingStation

_MOST: Final = 100
_PLACES: Final = ("connectorId", "evseId")
_IDS: Final = ("chargingProfileId", "id")
_PROFILES: Final = ("csChargingProfiles", "chargingProfile")
_CRITERIA: Final = ("chargingProfilePurpose", "stackLevel")

type Entry = dict[str, object]


class InstalledProfiles:
    """Remembers the profiles one station accepted, over restarts of ours; those of a transaction go with it."""

    def __init__(self, station: ChargingStation) -> None:
        """Take up what is remembered of a station."""
        self._station = station

    def answered(
        self, action: str, payload: Mapping[str, object], answer: Mapping[str, object]
    ) -> None:
        """Take note of what a request changed that the station accepted."""
        if (stated(answer) or "").casefold() != "accepted":
            return
        if action == "SetChargingProfile":
            self._set(payload)
        elif action == "ClearChargingProfile":
            self._clear(payload)

    def find(self, wanted: GetChargingProfiles) -> list[Entry]:
        """Return the profiles that match, each with the number of its connector."""
        self._drop_ended()
        criteria = (V16.purpose(wanted.purpose), wanted.stack_level)
        return [
            entry
            for entry in self._entries
            if wanted.connector_id in (None, entry["connector_id"])
            and (not wanted.profile_ids or _id(_profile(entry)) in wanted.profile_ids)
            and all(
                value is None or _told(_profile(entry), key) == value
                for key, value in zip(_CRITERIA, criteria, strict=True)
            )
        ]

    @property
    def _entries(self) -> list[Entry]:
        return self._station.memory.profiles

    def _set(self, payload: Mapping[str, object]) -> None:
        connector_id = _first(payload, _PLACES) or 0
        profile = next((item for key in _PROFILES for item in objects(payload, key)), None)
        if profile is None or _id(profile) is None:
            return
        place = [_told(profile, key) for key in _CRITERIA]
        kept = [
            entry
            for entry in self._entries
            if _id(_profile(entry)) != _id(profile)
            and (
                entry["connector_id"] != connector_id
                or [_told(_profile(entry), key) for key in _CRITERIA] != place
            )
        ]
        self._keep([*kept, {"connector_id": connector_id, "profile": profile}])

    def _clear(self, payload: Mapping[str, object]) -> None:
        number = _first(payload, ("chargingProfileId", "id"))
        criteria = payload.get("chargingProfileCriteria")
        where = criteria if isinstance(criteria, Mapping) else payload
        connector_id = _first(where, _PLACES)
        wanted = [_told(where, key) for key in _CRITERIA]
        self._keep(
            [
                entry
                for entry in self._entries
                if (number is not None and _id(_profile(entry)) != number)
                or connector_id not in (None, entry["connector_id"])
                or any(
                    value is not None and _told(_profile(entry), key) != value
                    for key, value in zip(_CRITERIA, wanted, strict=True)
                )
            ]
        )

    def _drop_ended(self) -> None:
        running = {item.transaction_id for item in self._station.transactions.running_sessions()}
        self._keep(
            [
                entry
                for entry in self._entries
                if _profile(entry).get("transactionId") is None
                or str(_profile(entry)["transactionId"]) in running
            ]
        )

    def _keep(self, entries: list[Entry]) -> None:
        if entries != self._entries:
            self._station.memory.profiles = entries[-_MOST:]
            self._station.keep_memory()


def _profile(entry: Mapping[str, object]) -> Mapping[str, object]:
    profile = entry.get("profile")
    return profile if isinstance(profile, Mapping) else {}


def _told(profile: Mapping[str, object], key: str) -> object:
    value = profile.get(key)
    return V16.purpose(value) if isinstance(value, str) else value


def _id(profile: Mapping[str, object]) -> int | None:
    return _first(profile, _IDS)


def _first(payload: Mapping[str, object], keys: tuple[str, ...]) -> int | None:
    return next((number for key in keys if (number := integer(payload, key)) is not None), None)
