"""Sensors of charging stations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    EntityCategory,
    Platform,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .coordinator import ChargesteadConfigEntry
from .entity import (
    ChargesteadEntityDescription,
    ConnectorEntity,
    ConnectorEntityDescription,
    StationEntity,
    async_setup_entities,
)
from .home import async_setup_home_entities
from .model.limit import LimitReason, LimitState
from .model.station import ConnectorState, ConnectorStatus, StationState
from .sensor_costs import (
    COST_DESCRIPTIONS,
    HOME_DESCRIPTIONS,
    CostSensor,
    HomeCostSensor,
    newest_session,
)
from .sensor_drivers import SESSION_DRIVER, DriverSensor
from .sensor_faults import LAST_FAULT, LastFaultSensor
from .sensor_health import (
    CONNECTOR_HEALTH_DESCRIPTIONS,
    STATION_HEALTH_DESCRIPTIONS,
    ConnectorHealthSensor,
    StationHealthSensor,
)
from .sensor_upkeep import UPKEEP_DESCRIPTIONS, UpkeepSensor
from .wording import FIRMWARE_STATUSES, external_limit_attributes, firmware_status, kilowatt_hours

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class StationSensorDescription(ChargesteadEntityDescription, SensorEntityDescription):
    """Describe a sensor of a station."""

    value_fn: Callable[[StationState], StateType | datetime]


@dataclass(frozen=True, kw_only=True)
class ConnectorSensorDescription(ConnectorEntityDescription, SensorEntityDescription):
    """Describe a sensor of a connector."""

    value_fn: Callable[[ConnectorState], StateType | datetime]
    last_reset_fn: Callable[[ConnectorState], datetime | None] = lambda _: None
    attributes_fn: Callable[[ConnectorState], dict[str, object] | None] = lambda _: None


def _session_energy(connector: ConnectorState) -> float | None:
    session = newest_session(connector)
    return kilowatt_hours(session.energy_mwh) if session else None


def _session_start(connector: ConnectorState) -> datetime | None:
    session = newest_session(connector)
    return session.started_at if session else None


def _session_minutes(connector: ConnectorState) -> int | None:
    session = newest_session(connector)
    if session is None:
        return None
    duration = (session.ended_at or dt_util.utcnow()) - session.started_at
    return max(0, duration // timedelta(minutes=1))


def _phase_current(phase: int) -> ConnectorSensorDescription:
    return ConnectorSensorDescription(
        key=f"current_l{phase}",
        translation_key=f"current_l{phase}",
        device_class=SensorDeviceClass.CURRENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda connector: connector.measurements.current_a[phase - 1],
    )


def _phase_voltage(phase: int) -> ConnectorSensorDescription:
    return ConnectorSensorDescription(
        key=f"voltage_l{phase}",
        translation_key=f"voltage_l{phase}",
        device_class=SensorDeviceClass.VOLTAGE,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda connector: connector.measurements.voltage_v[phase - 1],
    )


STATION_DESCRIPTIONS: tuple[StationSensorDescription, ...] = (
    StationSensorDescription(
        key="last_seen",
        translation_key="last_seen",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        kept=True,
        value_fn=lambda station: station.last_seen,
    ),
    StationSensorDescription(
        key="latency",
        translation_key="latency",
        device_class=SensorDeviceClass.DURATION,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        suggested_unit_of_measurement=UnitOfTime.MILLISECONDS,
        value_fn=lambda station: station.latency_s,
    ),
    StationSensorDescription(
        key="clock_offset",
        translation_key="clock_offset",
        device_class=SensorDeviceClass.DURATION,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda station: station.clock_offset_s,
    ),
    StationSensorDescription(
        key="firmware_status",
        translation_key="firmware_status",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        options=list(FIRMWARE_STATUSES),
        value_fn=lambda station: firmware_status(station.firmware_status),
    ),
)

CONNECTOR_DESCRIPTIONS: tuple[ConnectorSensorDescription, ...] = (
    ConnectorSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        options=list(ConnectorStatus),
        value_fn=lambda connector: connector.status,
    ),
    ConnectorSensorDescription(
        key="power",
        translation_key="power",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda connector: connector.measurements.power_w,
    ),
    ConnectorSensorDescription(
        key="current",
        translation_key="current",
        device_class=SensorDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda connector: connector.measurements.max_current_a,
    ),
    *(_phase_current(phase) for phase in (1, 2, 3)),
    *(_phase_voltage(phase) for phase in (1, 2, 3)),
    ConnectorSensorDescription(
        key="energy",
        translation_key="energy",
        device_class=SensorDeviceClass.ENERGY,
        kept=True,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=1,
        value_fn=lambda connector: kilowatt_hours(connector.register_mwh),
    ),
    ConnectorSensorDescription(
        key="session_energy",
        translation_key="session_energy",
        device_class=SensorDeviceClass.ENERGY,
        kept=True,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        value_fn=_session_energy,
        last_reset_fn=_session_start,
    ),
    ConnectorSensorDescription(
        key="session_start",
        translation_key="session_start",
        device_class=SensorDeviceClass.TIMESTAMP,
        kept=True,
        value_fn=_session_start,
    ),
    ConnectorSensorDescription(
        key="current_offered",
        translation_key="current_offered",
        device_class=SensorDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda connector: connector.measurements.current_offered_a,
    ),
    ConnectorSensorDescription(
        key="power_offered",
        translation_key="power_offered",
        device_class=SensorDeviceClass.POWER,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda connector: connector.measurements.power_offered_w,
    ),
    ConnectorSensorDescription(
        key="limit",
        translation_key="limit",
        device_class=SensorDeviceClass.CURRENT,
        kept=True,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda connector: connector.applied_limit_a,
    ),
    ConnectorSensorDescription(
        key="limit_reason",
        translation_key="limit_reason",
        device_class=SensorDeviceClass.ENUM,
        kept=True,
        options=list(LimitReason),
        value_fn=lambda connector: connector.limit_reason,
        attributes_fn=external_limit_attributes,
    ),
    ConnectorSensorDescription(
        key="limit_state",
        translation_key="limit_state",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        kept=True,
        options=list(LimitState),
        value_fn=lambda connector: connector.limit.state if connector.limit else None,
    ),
    ConnectorSensorDescription(
        key="temperature",
        translation_key="temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        entity_category=EntityCategory.DIAGNOSTIC,
        has_fn=lambda _, connector: connector.measurements.temperature_c is not None,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda connector: connector.measurements.temperature_c,
    ),
    ConnectorSensorDescription(
        key="state_of_charge",
        translation_key="state_of_charge",
        device_class=SensorDeviceClass.BATTERY,
        has_fn=lambda _, connector: connector.state_of_charge is not None,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda connector: connector.state_of_charge,
    ),
    ConnectorSensorDescription(
        key="vehicle_target",
        translation_key="vehicle_target",
        device_class=SensorDeviceClass.BATTERY,
        has_fn=lambda _, connector: connector.target_soc is not None,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        value_fn=lambda connector: connector.target_soc,
    ),
    ConnectorSensorDescription(
        key="energy_requested",
        translation_key="energy_requested",
        device_class=SensorDeviceClass.ENERGY,
        has_fn=lambda _, connector: connector.needs is not None,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        value_fn=lambda connector: kilowatt_hours(
            connector.needs.energy_mwh if connector.needs else None
        ),
    ),
    ConnectorSensorDescription(
        key="departure_time",
        translation_key="departure_time",
        device_class=SensorDeviceClass.TIMESTAMP,
        has_fn=lambda _, connector: connector.needs is not None,
        value_fn=lambda connector: connector.needs.departure_at if connector.needs else None,
    ),
)

SESSION_DURATION = ConnectorSensorDescription(
    key="session_duration",
    translation_key="session_duration",
    device_class=SensorDeviceClass.DURATION,
    kept=True,
    native_unit_of_measurement=UnitOfTime.MINUTES,
    suggested_display_precision=0,
    value_fn=_session_minutes,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of all stations, and of the house."""
    async_setup_entities(
        entry,
        async_add_entities,
        Platform.SENSOR,
        station_fn=lambda coordinator: [
            *(StationSensor(coordinator, description) for description in STATION_DESCRIPTIONS),
            LastFaultSensor(coordinator, LAST_FAULT),
            *(
                StationHealthSensor(coordinator, description)
                for description in STATION_HEALTH_DESCRIPTIONS
            ),
        ],
        connector_fn=lambda coordinator, connector_id: [
            *(
                ConnectorSensor(coordinator, description, connector_id)
                for description in CONNECTOR_DESCRIPTIONS
            ),
            SessionDurationSensor(coordinator, SESSION_DURATION, connector_id),
            DriverSensor(coordinator, SESSION_DRIVER, connector_id),
            *(
                CostSensor(coordinator, description, connector_id)
                for description in COST_DESCRIPTIONS
            ),
            *(
                ConnectorHealthSensor(coordinator, description, connector_id)
                for description in CONNECTOR_HEALTH_DESCRIPTIONS
            ),
            *(
                UpkeepSensor(coordinator, description, connector_id)
                for description in UPKEEP_DESCRIPTIONS
            ),
        ],
    )
    async_setup_home_entities(
        hass,
        entry,
        async_add_entities,
        Platform.SENSOR,
        [HomeCostSensor(entry, description) for description in HOME_DESCRIPTIONS],
    )


class StationSensor(StationEntity, SensorEntity):
    """A sensor of a station."""

    entity_description: StationSensorDescription

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """Return the value."""
        return self.entity_description.value_fn(self.coordinator.data)


class ConnectorSensor(ConnectorEntity, SensorEntity):
    """A sensor of a connector."""

    entity_description: ConnectorSensorDescription

    @property
    @override
    def native_value(self) -> StateType | datetime:
        """Return the value."""
        return self.entity_description.value_fn(self.connector)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the value last began anew."""
        return self.entity_description.last_reset_fn(self.connector)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, object] | None:
        """Return what goes with the value."""
        return self.entity_description.attributes_fn(self.connector)


class SessionDurationSensor(ConnectorSensor):
    """How long a session takes, which goes on between the station's messages."""

    @override
    async def async_added_to_hass(self) -> None:
        """Look at the clock every minute."""
        await super().async_added_to_hass()
        self.async_on_remove(async_track_time_interval(self.hass, self._tick, timedelta(minutes=1)))

    @callback
    def _tick(self, _now: datetime) -> None:
        if self.connector.session:
            self.async_write_ha_state()
