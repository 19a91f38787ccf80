"""What belongs to the house and to no single charging station."""

from collections.abc import Iterable
from typing import override

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import ChargesteadConfigEntry
from .devices import home_device_info, home_unique_id
from .site.costs import Costing


class HomeEntity(Entity):
    """An entity of the house."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: ChargesteadConfigEntry, description: EntityDescription) -> None:
        """Belong to the house of an entry."""
        self.entity_description = description
        self.costing: Costing = entry.runtime_data.site.costing
        self._attr_unique_id = home_unique_id(description.key)

    @property
    @override
    def device_info(self) -> DeviceInfo:
        """Return the device of the house."""
        return home_device_info()

    @property
    def supported(self) -> bool:
        """Tell whether the house has what this is about."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the figures of the house."""
        await super().async_added_to_hass()
        self.async_on_remove(self.costing.subscribe(self._changed))

    @callback
    def _changed(self, _station_id: str | None) -> None:
        self.async_write_ha_state()


@callback
def async_setup_home_entities(
    hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: Platform,
    entities: Iterable[HomeEntity],
) -> None:
    """Add entities of the house, each as soon as the house has what it is about."""
    waiting = list(entities)

    @callback
    def add_supported(_station_id: str | None = None) -> None:
        ready = [entity for entity in waiting if entity.supported or is_registered(entity)]
        if ready:
            waiting[:] = [entity for entity in waiting if entity not in ready]
            async_add_entities(ready)

    def is_registered(entity: HomeEntity) -> bool:
        registry = er.async_get(hass)
        return registry.async_get_entity_id(platform, DOMAIN, entity.unique_id or "") is not None

    entry.async_on_unload(entry.runtime_data.site.costing.subscribe(add_supported))
    add_supported()
