"""Sensors of how available connectors are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfRatio
from homeassistant.core import callback

from .entity import ConnectorEntity, ConnectorEntityDescription
from .maintenance.availability import Uptime
from .site.upkeep import Uptimes

_MONTH_DAYS: Final = 30
_YEAR_DAYS: Final = 365
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is shown: the value, and what belongs to it."""

    value: float | None
    attributes: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class UpkeepSensorDescription(ConnectorEntityDescription, SensorEntityDescription):
    """Describe a sensor of what we counted at a connector, which is ours to tell while the station is away."""

    kept: bool = True
    figures_fn: Callable[[Uptimes, str, int], Figures]


def _percentage(part: float | None) -> float | None:
    return None if part is None else round(part * 100, 2)


def _hours(length: timedelta) -> float:
    return round(length / _HOUR, 1)


def _availability(days: int) -> Callable[[Uptimes, str, int], Figures]:
    def figures(uptimes: Uptimes, station_id: str, connector_id: int) -> Figures:
        uptime = uptimes.uptime(station_id, connector_id, days)
        if uptime is None:
            return Figures(value=None, attributes={})
        return Figures(
            value=_percentage(uptime.availability),
            attributes={
                "observed_hours": _hours(uptime.observed),
                "outage_hours": _hours(uptime.outage),
                "excluded_hours": _hours(uptime.excluded),
            },
        )

    return figures


def _first_time(uptimes: Uptimes, station_id: str, connector_id: int) -> Figures:
    uptime: Uptime | None = uptimes.uptime(station_id, connector_id, _MONTH_DAYS)
    if uptime is None:
        return Figures(value=None, attributes={})
    return Figures(
        value=_percentage(uptime.first_time_success),
        attributes={"attempts": uptime.attempts, "successes": uptime.successes},
    )


def _plug_cycles(uptimes: Uptimes, station_id: str, connector_id: int) -> Figures:
    return Figures(value=uptimes.plug_cycles(station_id, connector_id), attributes={})


UPKEEP_DESCRIPTIONS: tuple[UpkeepSensorDescription, ...] = (
    UpkeepSensorDescription(
        key="availability_30_days",
        translation_key="availability_30_days",
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        figures_fn=_availability(_MONTH_DAYS),
    ),
    UpkeepSensorDescription(
        key="availability_365_days",
        translation_key="availability_365_days",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        figures_fn=_availability(_YEAR_DAYS),
    ),
    UpkeepSensorDescription(
        key="first_time_success",
        translation_key="first_time_success",
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        figures_fn=_first_time,
    ),
    UpkeepSensorDescription(
        key="plug_cycles",
        translation_key="plug_cycles",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=0,
        figures_fn=_plug_cycles,
    ),
)


class UpkeepSensor(ConnectorEntity, SensorEntity):
    """A sensor of what was counted at a connector."""

    entity_description: UpkeepSensorDescription
    _unrecorded_attributes = frozenset({"observed_hours", "outage_hours", "excluded_hours"})

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is counted."""
        await super().async_added_to_hass()
        uptimes = self.coordinator.config_entry.runtime_data.site.upkeep.uptimes
        self.async_on_remove(uptimes.changed.subscribe(self._counted))
        self._take()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Leave readings alone: they come every few seconds, and nothing here follows from them."""

    @callback
    def _counted(self, station_id: str) -> None:
        if station_id == self.coordinator.data.station_id:
            self._take()
            self.async_write_ha_state()

    def _take(self) -> None:
        figures = self.entity_description.figures_fn(
            self.coordinator.config_entry.runtime_data.site.upkeep.uptimes,
            self.coordinator.data.station_id,
            self.connector_id,
        )
        self._attr_native_value = figures.value
        self._attr_extra_state_attributes = dict(figures.attributes)
