"""Whose a session is."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription

from .entity import ConnectorEntity, ConnectorEntityDescription
from .sensor_costs import newest_session


@dataclass(frozen=True, kw_only=True)
class DriverSensorDescription(ConnectorEntityDescription, SensorEntityDescription):
    """Describe a sensor of who charges, which is ours to tell while the station is away."""

    kept: bool = True


SESSION_DRIVER = DriverSensorDescription(key="driver", translation_key="driver")


class DriverSensor(ConnectorEntity, SensorEntity):
    """Who charges, or charged last."""

    entity_description: DriverSensorDescription

    @property
    @override
    def native_value(self) -> str | None:
        """Return the name."""
        session = newest_session(self.connector)
        drivers = self.coordinator.config_entry.runtime_data.drivers
        return None if session is None else drivers.of_session(session)
