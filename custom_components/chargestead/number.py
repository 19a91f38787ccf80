"""Numbers of charging stations."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import EntityCategory, Platform, UnitOfElectricCurrent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import ChargesteadConfigEntry
from .entity import ConnectorEntity, ConnectorEntityDescription, async_setup_entities
from .errors import translated_errors

# Each station takes one request at a time anyway; a slow one must not hold up the others.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ConnectorNumberDescription(ConnectorEntityDescription, NumberEntityDescription):
    """Describe a number of a connector."""


MAXIMUM_CURRENT = ConnectorNumberDescription(
    key="maximum_current",
    translation_key="maximum_current",
    device_class=NumberDeviceClass.CURRENT,
    entity_category=EntityCategory.CONFIG,
    kept=True,
    mode=NumberMode.SLIDER,
    native_min_value=0,
    native_step=1,
    native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the numbers of all stations."""
    async_setup_entities(
        entry,
        async_add_entities,
        Platform.NUMBER,
        connector_fn=lambda coordinator, connector_id: [
            MaximumCurrentNumber(coordinator, MAXIMUM_CURRENT, connector_id)
        ],
    )


class MaximumCurrentNumber(ConnectorEntity, NumberEntity):
    """The current a connector may draw per phase; 0 pauses.

    Without a limit of ours it is what the station is set up for.
    """

    entity_description: ConnectorNumberDescription

    @property
    @override
    def native_max_value(self) -> float:
        """Return the largest current the cable and fuse of the station allow."""
        return self.coordinator.station.config.max_current_a

    @property
    @override
    def native_value(self) -> float:
        """Return the limit in force."""
        limit = self.connector.limit
        if limit is None or limit.current_a is None:
            return self.native_max_value
        return limit.current_a

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Limit the current."""
        with translated_errors(self.station_name):
            await self.coordinator.station.set_limit(self.connector_id, value)
