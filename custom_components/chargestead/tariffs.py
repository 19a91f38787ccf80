"""The tariffs of the house as they are set up now, and what is wrong with them."""

from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .billing.tariffs import Tariff, TariffError
from .const import (
    CONF_DEFAULT_TARIFF,
    CONF_STATION_ID,
    CONF_TARIFF,
    SUBENTRY_CHARGING_STATION,
    SUBENTRY_TARIFF,
)
from .price_source import PriceSourceConfig
from .settings import default_tariff, tariff_names
from .site.costs import CostConfig
from .site.costs.edges import EDGE_S, wants_edges
from .tariff_config import make_tariff, price_source_of


@dataclass(frozen=True, kw_only=True)
class HouseTariffs:
    """How costs are reckoned, where prices come from, and what the person should know.

    `unusable` are reasons by the names of tariffs that cannot be understood: nothing is priced by them, rather than by
    another. `left` are the stations (names by subentry) whose own tariff is gone, so that the default holds.
    """

    costs: CostConfig
    sources: tuple[PriceSourceConfig, ...] = ()
    unusable: dict[str, tuple[str, str]] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    default_name: str | None = None
    default_left: bool = False

    @property
    def aligned_interval_s(self) -> int:
        """Return how often by the clock meters should be read for the prices in use, 0 where it does not matter."""
        return EDGE_S if any(wants_edges(tariff) for tariff in self.costs.in_use) else 0


def house_tariffs(hass: HomeAssistant, entry: ConfigEntry) -> HouseTariffs:
    """Return the tariffs as they are set up now."""
    names = tariff_names(entry)
    tariffs: dict[str, Tariff] = {}
    unusable: dict[str, tuple[str, str]] = {}
    sources: list[PriceSourceConfig] = []
    by_station: dict[str, str] = {}
    left: dict[str, str] = {}
    for key, subentry in entry.subentries.items():
        data = subentry.data
        if subentry.subentry_type == SUBENTRY_TARIFF:
            try:
                tariffs[key] = make_tariff(data, tariff_id=key, currency=hass.config.currency)
            except TariffError as err:
                unusable[key] = (subentry.title, str(err))
            if (source := price_source_of(data)) is not None:
                sources.append(source)
        elif subentry.subentry_type == SUBENTRY_CHARGING_STATION and CONF_TARIFF in data:
            if data[CONF_TARIFF] in names:
                by_station[data[CONF_STATION_ID]] = data[CONF_TARIFF]
            else:
                left[key] = subentry.title
    default = default_tariff(entry)
    return HouseTariffs(
        costs=CostConfig(
            tariffs=tariffs,
            default=default,
            by_station=by_station,
            zone=dt_util.get_default_time_zone(),
        ),
        sources=tuple(sources),
        unusable=unusable,
        left=left,
        default_name=None if default is None else names[default],
        default_left=entry.options.get(CONF_DEFAULT_TARIFF, default) != default,
    )
