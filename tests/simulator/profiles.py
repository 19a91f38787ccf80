"""The charging profiles installed in a station (OCPP 1.6 sections 3.13 and 5.16)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from .schedule import Limit, Profile

HORIZON: Final = timedelta(days=8)
OF_OTHERS: Final = frozenset({"ChargingStationExternalConstraints", "LocalGeneration"})


class ProfileStore:
    """Installed profiles, and which of them prevails."""

    def __init__(self) -> None:
        """Begin with none."""
        self._profiles: list[Profile] = []

    def __iter__(self) -> Iterator[Profile]:
        """Iterate over the installed profiles."""
        return iter(tuple(self._profiles))

    def __len__(self) -> int:
        """Return how many are installed."""
        return len(self._profiles)

    def replaces(self, profile: Profile) -> list[Profile]:
        """Return what would go if this one came: the same id, or the same place in a stack."""
        place = (profile.connector_id, profile.purpose, profile.stack_level)
        return [
            other
            for other in self._profiles
            if other.id == profile.id
            or (other.connector_id, other.purpose, other.stack_level) == place
        ]

    def install(self, profile: Profile) -> None:
        """Install a profile in place of those it replaces."""
        gone = self.replaces(profile)
        self._profiles = [p for p in self._profiles if p not in gone]
        self._profiles.append(profile)

    def clear(
        self,
        *,
        profile_id: int | None = None,
        connector_id: int | None = None,
        purpose: str | None = None,
        stack_level: int | None = None,
    ) -> int:
        """Remove those that match all criteria given, but for the limits of others; return how many went."""
        kept = [
            p
            for p in self._profiles
            if p.purpose in OF_OTHERS
            or (profile_id is not None and p.id != profile_id)
            or (connector_id is not None and p.connector_id != connector_id)
            or (purpose is not None and p.purpose != purpose)
            or (stack_level is not None and p.stack_level != stack_level)
        ]
        gone = len(self._profiles) - len(kept)
        self._profiles = kept
        return gone

    def release(self, source: str) -> int:
        """Remove the limits that somebody else set; return how many went."""
        kept = [p for p in self._profiles if p.source != source]
        gone = len(self._profiles) - len(kept)
        self._profiles = kept
        return gone

    def external_limits(self, connector_id: int, at: datetime, began: datetime) -> list[Limit]:
        """Return the limits of others that hold on a connector."""
        own = {p.source for p in self._profiles} - {"CSO"}
        found = (
            _prevailing([p for p in self._external(number) if p.source == source], at, began)
            for source in sorted(own)
            for number in {0, connector_id}
        )
        return [limit for limit in found if limit is not None]

    def local_generation(self, at: datetime, began: datetime) -> Limit | None:
        """Return what is generated on the spot, which comes on top of the station's limit."""
        return _prevailing(self._of("LocalGeneration", 0), at, began)

    def _external(self, connector_id: int) -> list[Profile]:
        return self._of("ChargingStationExternalConstraints", connector_id)

    def station_limit(self, at: datetime, began: datetime) -> Limit | None:
        """Return the limit of the whole station, None if there is none."""
        return _prevailing(self._of("ChargePointMaxProfile", 0), at, began)

    def transaction_limit(self, connector_id: int, at: datetime, began: datetime) -> Limit | None:
        """Return a transaction's own limit: a priority's, else its TxProfile, else the default."""
        priority = _prevailing(
            self._of("PriorityCharging", connector_id) or self._of("PriorityCharging", 0), at, began
        )
        if priority is not None:
            return priority
        own = _prevailing(self._of("TxProfile", connector_id), at, began)
        if own is not None:
            return own
        return _prevailing(self._defaults(connector_id), at, began)

    def changes(
        self, connector_id: int, began: datetime, after: datetime, until: datetime
    ) -> list[datetime]:
        """Return the moments at which a limit on the connector may change, in order."""
        relevant = [p for p in self._profiles if p.connector_id in {0, connector_id}]
        moments = {m for p in relevant for m in p.changes(began, after, until)}
        return sorted(moments)

    def next_change(self, connector_id: int, began: datetime, after: datetime) -> datetime | None:
        """Return the next moment at which a limit may change."""
        moments = self.changes(connector_id, began, after, after + HORIZON)
        return moments[0] if moments else None

    def _of(self, purpose: str, connector_id: int) -> list[Profile]:
        return [
            p for p in self._profiles if p.purpose == purpose and p.connector_id == connector_id
        ]

    def _defaults(self, connector_id: int) -> list[Profile]:
        """Return the defaults: a connector's own hide the station's at the same level."""
        own = self._of("TxDefaultProfile", connector_id)
        levels = {p.stack_level for p in own}
        common = self._of("TxDefaultProfile", 0)
        return own + [p for p in common if p.stack_level not in levels]


def _prevailing(profiles: Iterable[Profile], at: datetime, began: datetime) -> Limit | None:
    for profile in sorted(profiles, key=lambda p: p.stack_level, reverse=True):
        limit = profile.limit_at(at, began)
        if limit is not None:
            return limit
    return None
