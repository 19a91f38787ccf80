"""Sensors of the condition of charging stations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfRatio, UnitOfTemperature

from .entity import (
    ChargesteadEntityDescription,
    ConnectorEntity,
    ConnectorEntityDescription,
    StationEntity,
)
from .maintenance.wear import ConnectorHealth, Health, StationHealth
from .model.health import FindingSeverity, HealthMetric

_OHM = "Ω"


class Condition(StrEnum):
    """What all findings come to."""

    GOOD = "good"
    WATCH = "watch"
    ACT = "act"


@dataclass(frozen=True, kw_only=True)
class ConnectorHealthDescription(ConnectorEntityDescription, SensorEntityDescription):
    """Describe a sensor of the condition of a connector, which is ours to tell while the station is away."""

    kept: bool = True
    needs_value: bool = True
    value_fn: Callable[[ConnectorHealth], float | str | None]
    attributes_fn: Callable[[ConnectorHealth], Mapping[str, Any] | None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class StationHealthDescription(ChargesteadEntityDescription, SensorEntityDescription):
    """Describe a sensor of the condition of a station, which is ours to tell while it is away."""

    kept: bool = True
    value_fn: Callable[[StationHealth], float | None]


def _condition(health: ConnectorHealth) -> str:
    found = {finding.severity for finding in health.findings()}
    if FindingSeverity.ACT in found:
        return Condition.ACT
    return Condition.WATCH if found else Condition.GOOD


def _findings(health: ConnectorHealth) -> dict[str, Any]:
    return {
        "findings": [
            finding.metric.value if finding.phase is None else f"{finding.metric} L{finding.phase}"
            for finding in health.findings()
        ]
    }


def _openings(health: ConnectorHealth) -> dict[str, Any]:
    contactor = health.contactor
    return {
        "openings": contactor.openings,
        "openings_under_load": contactor.loaded,
        "openings_without_load": contactor.unloaded,
        "openings_nobody_saw": contactor.unknown,
    }


def _loop_impedance(phase: int) -> ConnectorHealthDescription:
    return ConnectorHealthDescription(
        key=f"loop_impedance_l{phase}",
        translation_key=f"loop_impedance_l{phase}",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=_OHM,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        value_fn=lambda health: health.value(HealthMetric.LOOP_IMPEDANCE, phase),
    )


CONNECTOR_HEALTH_DESCRIPTIONS: tuple[ConnectorHealthDescription, ...] = (
    ConnectorHealthDescription(
        key="condition",
        translation_key="condition",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=list(Condition),
        needs_value=False,
        value_fn=_condition,
        attributes_fn=_findings,
    ),
    ConnectorHealthDescription(
        key="contactor_wear",
        translation_key="contactor_wear",
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        needs_value=False,
        value_fn=lambda health: health.contactor.used * 100,
        attributes_fn=_openings,
    ),
    ConnectorHealthDescription(
        key="temperature_rise",
        translation_key="temperature_rise",
        device_class=SensorDeviceClass.TEMPERATURE_DELTA,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTemperature.KELVIN,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda health: health.value(HealthMetric.TEMPERATURE_RISE),
    ),
    *(_loop_impedance(phase) for phase in (1, 2, 3)),
)

STATION_HEALTH_DESCRIPTIONS: tuple[StationHealthDescription, ...] = (
    StationHealthDescription(
        key="reconnects",
        translation_key="reconnects",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda health: health.value(HealthMetric.RECONNECTS),
    ),
    StationHealthDescription(
        key="meter_deviation",
        translation_key="meter_deviation",
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda health: _deviation(health.value(HealthMetric.METER_DRIFT)),
    ),
)


def _deviation(part: float | None) -> float | None:
    return None if part is None else (part - 1) * 100


class ConnectorHealthSensor(ConnectorEntity, SensorEntity):
    """A sensor of the condition of a connector."""

    entity_description: ConnectorHealthDescription

    @property
    @override
    def supported(self) -> bool:
        """Tell whether readings say anything about this."""
        return not self.entity_description.needs_value or self.native_value is not None

    @property
    def _health(self) -> ConnectorHealth:
        health: Health = self.coordinator.config_entry.runtime_data.site.health
        return health.connector(self.coordinator.data.station_id, self.connector_id)

    @property
    @override
    def native_value(self) -> float | str | None:
        """Return the value."""
        return self.entity_description.value_fn(self._health)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what stands behind the value."""
        return self.entity_description.attributes_fn(self._health)


class StationHealthSensor(StationEntity, SensorEntity):
    """A sensor of the condition of a station."""

    entity_description: StationHealthDescription

    @property
    @override
    def supported(self) -> bool:
        """Tell whether there is anything to tell."""
        return self.native_value is not None

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value."""
        health: Health = self.coordinator.config_entry.runtime_data.site.health
        return self.entity_description.value_fn(health.station(self.coordinator.data.station_id))
