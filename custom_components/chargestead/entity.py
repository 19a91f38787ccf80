"""What all entities have in common."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import override

from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import ChargesteadConfigEntry, StationCoordinator
from .devices import async_give_connector_its_device, device_info, unique_id
from .model.station import ConnectorState, StationState


@dataclass(frozen=True, kw_only=True)
class ChargesteadEntityDescription(EntityDescription):
    """Describe an entity of a station; what is `kept` is ours to show while the station is away."""

    kept: bool = False


@dataclass(frozen=True, kw_only=True)
class ConnectorEntityDescription(ChargesteadEntityDescription):
    """Describe an entity of a connector, and where it makes sense."""

    has_fn: Callable[[StationState, ConnectorState], bool] = lambda _station, _connector: True


class StationEntity(CoordinatorEntity[StationCoordinator]):
    """An entity of a charging station."""

    _attr_has_entity_name = True
    entity_description: ChargesteadEntityDescription
    connector_id = 0

    def __init__(
        self, coordinator: StationCoordinator, description: ChargesteadEntityDescription
    ) -> None:
        """Belong to the station of the coordinator."""
        super().__init__(coordinator)
        self.entity_description = description

    @property
    @override
    def unique_id(self) -> str:
        """Return an id that stays for as long as the station keeps its own."""
        return unique_id(
            self.coordinator.data.station_id, self.connector_id, self.entity_description.key
        )

    @property
    @override
    def device_info(self) -> DeviceInfo | ChildDeviceInfo:
        """Return the device this belongs to at present."""
        return device_info(self.coordinator, self.connector_id)

    @property
    @override
    def available(self) -> bool:
        """Tell whether the state can be known."""
        return self.entity_description.kept or (
            super().available and self.coordinator.data.connected
        )

    @property
    def supported(self) -> bool:
        """Tell whether the station has what this is about."""
        return True

    @property
    def station_name(self) -> str:
        """Return the name to call the station by in errors."""
        return self.coordinator.config_entry.subentries[self.coordinator.subentry_id].title


class ConnectorEntity(StationEntity):
    """An entity of one connector."""

    entity_description: ConnectorEntityDescription

    def __init__(
        self,
        coordinator: StationCoordinator,
        description: ConnectorEntityDescription,
        connector_id: int,
    ) -> None:
        """Belong to a connector of the coordinator's station."""
        super().__init__(coordinator, description)
        self.connector_id = connector_id

    @property
    def connector(self) -> ConnectorState:
        """Return the connector as it is now."""
        return self.coordinator.data.connectors[self.connector_id]

    @property
    @override
    def supported(self) -> bool:
        """Tell whether the connector has what this is about."""
        return self.entity_description.has_fn(self.coordinator.data, self.connector)


def _no_station_entities(_coordinator: StationCoordinator) -> Iterable[StationEntity]:
    return ()


@callback
def async_setup_entities(
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: Platform,
    *,
    station_fn: Callable[[StationCoordinator], Iterable[StationEntity]] = _no_station_entities,
    connector_fn: Callable[[StationCoordinator, int], Iterable[ConnectorEntity]],
) -> None:
    """Add the entities of all stations, and of stations and connectors that are found later."""

    @callback
    def add_station(coordinator: StationCoordinator) -> None:
        known: set[int] = set()
        waiting: list[StationEntity] = list(station_fn(coordinator))

        @callback
        def add_supported() -> None:
            found = sorted(coordinator.data.connectors.keys() - known)
            if found and len(known) == 1:
                async_give_connector_its_device(coordinator, *known)
            for connector_id in found:
                known.add(connector_id)
                waiting.extend(connector_fn(coordinator, connector_id))
            ready = [entity for entity in waiting if entity.supported or is_registered(entity)]
            if ready:
                waiting[:] = [entity for entity in waiting if entity not in ready]
                async_add_entities(ready, config_subentry_id=coordinator.subentry_id)

        def is_registered(entity: StationEntity) -> bool:
            return (
                er.async_get(coordinator.hass).async_get_entity_id(
                    platform, DOMAIN, entity.unique_id
                )
                is not None
            )

        entry.async_on_unload(coordinator.async_add_listener(add_supported))
        add_supported()

    entry.async_on_unload(entry.runtime_data.subscribe_stations(add_station))
