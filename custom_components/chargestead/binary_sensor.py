"""Binary sensors of charging stations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import ChargesteadConfigEntry
from .entity import (
    ChargesteadEntityDescription,
    ConnectorEntity,
    ConnectorEntityDescription,
    StationEntity,
    async_setup_entities,
)
from .maintenance.faults import Faults
from .model.fault import FaultSeverity, FaultSource
from .model.station import ConnectorState, ConnectorStatus, StationState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class StationBinarySensorDescription(ChargesteadEntityDescription, BinarySensorEntityDescription):
    """Describe a binary sensor of a station."""

    is_on_fn: Callable[[StationState], bool | None]


@dataclass(frozen=True, kw_only=True)
class ConnectorBinarySensorDescription(ConnectorEntityDescription, BinarySensorEntityDescription):
    """Describe a binary sensor of a connector."""

    is_on_fn: Callable[[StationState, ConnectorState], bool | None]


STATION_DESCRIPTIONS: tuple[StationBinarySensorDescription, ...] = (
    StationBinarySensorDescription(
        key="connected",
        translation_key="connected",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        kept=True,
        is_on_fn=lambda station: station.connected,
    ),
)

CONNECTOR_DESCRIPTIONS: tuple[ConnectorBinarySensorDescription, ...] = (
    ConnectorBinarySensorDescription(
        key="plugged_in",
        translation_key="plugged_in",
        device_class=BinarySensorDeviceClass.PLUG,
        is_on_fn=lambda _, connector: connector.plugged_in,
    ),
    ConnectorBinarySensorDescription(
        key="charging",
        translation_key="charging",
        device_class=BinarySensorDeviceClass.BATTERY_CHARGING,
        is_on_fn=lambda _, connector: connector.charging,
    ),
)

PROBLEM = ConnectorBinarySensorDescription(
    key="problem",
    translation_key="problem",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
    kept=True,
    is_on_fn=lambda station, connector: (
        connector.fault is not None
        or connector.status is ConnectorStatus.FAULTED
        or station.fault is not None
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors of all stations."""
    async_setup_entities(
        entry,
        async_add_entities,
        Platform.BINARY_SENSOR,
        station_fn=lambda coordinator: [
            StationBinarySensor(coordinator, description) for description in STATION_DESCRIPTIONS
        ],
        connector_fn=lambda coordinator, connector_id: [
            *(
                ConnectorBinarySensor(coordinator, description, connector_id)
                for description in CONNECTOR_DESCRIPTIONS
            ),
            ProblemSensor(coordinator, PROBLEM, connector_id),
        ],
    )


class StationBinarySensor(StationEntity, BinarySensorEntity):
    """A binary sensor of a station."""

    entity_description: StationBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value."""
        return self.entity_description.is_on_fn(self.coordinator.data)


class ConnectorBinarySensor(ConnectorEntity, BinarySensorEntity):
    """A binary sensor of a connector."""

    entity_description: ConnectorBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return the value."""
        return self.entity_description.is_on_fn(self.coordinator.data, self.connector)


class ProblemSensor(ConnectorBinarySensor):
    """Whether anything is wrong with a connector or its station; stays to be seen while the station is away."""

    @property
    @override
    def is_on(self) -> bool:
        """Tell of what is complained of at present, and of what people were told."""
        faults: Faults = self.coordinator.config_entry.runtime_data.site.faults
        here = (0, self.connector_id)
        return bool(super().is_on) or any(
            fault.connector_id in here
            and fault.severity is not FaultSeverity.INFO
            and (fault.is_open or (fault.active and fault.source is not FaultSource.WATCH))
            for fault in faults.all(self.coordinator.data.station_id)
        )
