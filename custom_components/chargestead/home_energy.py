"""What the meters of the house show, from the entities that were chosen in the options."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Self

from homeassistant.components.energy.data import async_get_manager
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfPower
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util.unit_conversion import PowerConverter

from .const import (
    CONF_BATTERY_INVERTED,
    CONF_BATTERY_POWER,
    CONF_GRID_INVERTED,
    CONF_GRID_POWER,
    CONF_SOLAR_POWER,
)
from .csms.counters import Counters
from .site import Site
from .site.costs import HousePower

_ENERGY: Final = "energy"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyEntities:
    """The entities that tell power; `inverted` ones count the other way round than we do."""

    grid: str | None = None
    grid_inverted: bool = False
    solar: tuple[str, ...] = ()
    battery: tuple[str, ...] = ()
    battery_inverted: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Return what was chosen."""
        return cls(
            grid=options.get(CONF_GRID_POWER),
            grid_inverted=bool(options.get(CONF_GRID_INVERTED, False)),
            solar=tuple(options.get(CONF_SOLAR_POWER) or ()),
            battery=tuple(options.get(CONF_BATTERY_POWER) or ()),
            battery_inverted=bool(options.get(CONF_BATTERY_INVERTED, False)),
        )

    @property
    def tells_solar(self) -> bool:
        """Tell whether own energy can be told from bought one: that takes a grid meter, and something of one's own."""
        return self.grid is not None and bool(self.solar or self.battery)

    @property
    def all(self) -> tuple[str, ...]:
        """Return all of them."""
        grid = () if self.grid is None else (self.grid,)
        return (*grid, *self.solar, *self.battery)


class HomeEnergy:
    """Passes what the meters show on to the site, for as long as a solar share can be told from it."""

    def __init__(self, hass: HomeAssistant, site: Site) -> None:
        """Follow nothing before `async_follow`."""
        self.counters = Counters()
        self.entities = EnergyEntities()
        self._hass = hass
        self._site = site
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def async_follow(self, entities: EnergyEntities) -> None:
        """Follow these entities from now on."""
        if entities == self.entities:
            return
        self.async_stop()
        self.entities = entities
        self._site.split_solar(on=entities.tells_solar)
        if entities.tells_solar:
            self._unsubscribe = async_track_state_change_event(
                self._hass, entities.all, self._changed
            )
            self._measure()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        self.entities = EnergyEntities()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    @callback
    def _changed(self, _event: Event[EventStateChangedData]) -> None:
        self._measure()

    @callback
    def _measure(self) -> None:
        entities = self.entities
        self._site.measure_house(
            HousePower(
                grid_w=self._sum((entities.grid or "",), inverted=entities.grid_inverted),
                solar_w=self._sum(entities.solar),
                battery_w=self._sum(entities.battery, inverted=entities.battery_inverted),
            )
        )

    def _sum(self, entity_ids: tuple[str, ...], *, inverted: bool = False) -> float | None:
        """Return what some entities tell together in W; None where one does not tell, or there are none."""
        powers = [self._power(entity_id) for entity_id in entity_ids]
        known = [power for power in powers if power is not None]
        if not powers or len(known) < len(powers):
            return None
        return -sum(known) if inverted else sum(known)

    def _power(self, entity_id: str) -> float | None:
        state = self._hass.states.get(entity_id)
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) if state is not None else None
        try:
            power = float(state.state) if state is not None else None
        except ValueError:
            power = None
        if power is None or not isfinite(power) or unit not in PowerConverter.VALID_UNITS:
            self.counters.add("power_unknown")
            return None
        return PowerConverter.convert(power, unit, UnitOfPower.WATT)

    def diagnostics(self) -> dict[str, object]:
        """Return how the measuring is doing."""
        entities = self.entities
        return {
            "tells_solar": entities.tells_solar,
            "grid_inverted": entities.grid_inverted,
            "solar": len(entities.solar),
            "battery": len(entities.battery),
            "battery_inverted": entities.battery_inverted,
            "counters": self.counters.as_dict(),
        }


async def async_energy_dashboard(hass: HomeAssistant) -> dict[str, Any]:
    """Return the power entities that the Energy dashboard knows, as options; it counts as we do."""
    if _ENERGY not in hass.config.components:
        return {}
    preferences = (await async_get_manager(hass)).data
    found: dict[str, list[str]] = {}
    for source in preferences["energy_sources"] if preferences else ():
        rate = source.get("stat_rate")
        if isinstance(rate, str) and hass.states.get(rate) is not None:
            found.setdefault(source["type"], []).append(rate)
    options: dict[str, Any] = {}
    if len(grids := found.get("grid", [])) == 1:
        options[CONF_GRID_POWER] = grids[0]
    if solar := found.get("solar"):
        options[CONF_SOLAR_POWER] = solar
    if batteries := found.get("battery"):
        options[CONF_BATTERY_POWER] = batteries
    return options
