"""What entities of maintenance have in common."""

from typing import override

from homeassistant.core import callback
from homeassistant.helpers.entity import EntityDescription

from .coordinator import ChargesteadConfigEntry
from .home import HomeEntity
from .house_upkeep import HouseUpkeep
from .site.upkeep import Schedule, Upkeep


class UpkeepEntity(HomeEntity):
    """An entity of the maintenance of the house."""

    def __init__(self, entry: ChargesteadConfigEntry, description: EntityDescription) -> None:
        """Belong to the house of an entry."""
        super().__init__(entry, description)
        self.upkeep: Upkeep = entry.runtime_data.site.upkeep
        self.house: HouseUpkeep = entry.runtime_data.upkeep

    @property
    def schedule(self) -> Schedule:
        """Return the maintenance schedule."""
        return self.upkeep.schedule

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the schedule and the windows."""
        await super().async_added_to_hass()
        self.async_on_remove(self.schedule.changed.subscribe(self._upkeep_changed))
        self.async_on_remove(self.upkeep.windows.changed.subscribe(self._upkeep_changed))

    @callback
    @override
    def _changed(self, _station_id: str | None) -> None:
        """Leave costs alone."""

    @callback
    def _upkeep_changed(self) -> None:
        self.async_write_ha_state()
