"""What the person set up about money."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from types import MappingProxyType

from ...billing.tariffs import Tariff

_NO_TARIFFS: Mapping[str, Tariff] = MappingProxyType({})
_NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class CostConfig:
    """The tariffs of the house by id, which of them holds where, and the time zone they are told in.

    `default` prices every station that `by_station` does not name. Without a tariff nothing is priced.
    """

    tariffs: Mapping[str, Tariff] = _NO_TARIFFS
    default: str | None = None
    by_station: Mapping[str, str] = _NOBODY
    zone: tzinfo = UTC
    voltage_v: int = 230

    def tariff_of(self, station_id: str) -> Tariff | None:
        """Return the tariff that holds at a station now."""
        name = self.by_station.get(station_id, self.default)
        return None if name is None else self.tariffs.get(name)

    @property
    def in_use(self) -> tuple[Tariff, ...]:
        """Return the tariffs that hold anywhere."""
        used = {self.default, *self.by_station.values()}
        return tuple(tariff for name, tariff in self.tariffs.items() if name in used)

    @property
    def sources(self) -> frozenset[str]:
        """Return the price sources that any of the tariffs in use needs."""
        return frozenset(source for tariff in self.in_use for source in tariff.sources)


NO_COSTS = CostConfig()
