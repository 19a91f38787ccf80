"""Buttons of charging stations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import ChargesteadConfigEntry
from .csms.station import ChargingStation
from .entity import (
    ChargesteadEntityDescription,
    ConnectorEntity,
    ConnectorEntityDescription,
    StationEntity,
    async_setup_entities,
)
from .errors import translated_errors
from .model.commands import Restart, Trigger, Unlock

# Each station takes one request at a time anyway; a slow one must not hold up the others.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class StationButtonDescription(ChargesteadEntityDescription, ButtonEntityDescription):
    """Describe a button of a station."""

    press_fn: Callable[[ChargingStation], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class ConnectorButtonDescription(ConnectorEntityDescription, ButtonEntityDescription):
    """Describe a button of a connector."""

    press_fn: Callable[[ChargingStation, int], Awaitable[object]]


async def _refresh(station: ChargingStation) -> None:
    await station.command(Trigger(message="StatusNotification"))
    await station.command(Trigger(message="MeterValues"))


STATION_DESCRIPTIONS: tuple[StationButtonDescription, ...] = (
    StationButtonDescription(
        key="restart",
        translation_key="restart",
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        press_fn=lambda station: station.soft_stop.restart(Restart()),
    ),
    StationButtonDescription(
        key="refresh",
        translation_key="refresh",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        press_fn=_refresh,
    ),
)

CONNECTOR_DESCRIPTIONS: tuple[ConnectorButtonDescription, ...] = (
    ConnectorButtonDescription(
        key="unlock",
        translation_key="unlock",
        press_fn=lambda station, connector_id: station.command(Unlock(connector_id=connector_id)),
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the buttons of all stations."""
    async_setup_entities(
        entry,
        async_add_entities,
        Platform.BUTTON,
        station_fn=lambda coordinator: [
            StationButton(coordinator, description) for description in STATION_DESCRIPTIONS
        ],
        connector_fn=lambda coordinator, connector_id: [
            ConnectorButton(coordinator, description, connector_id)
            for description in CONNECTOR_DESCRIPTIONS
        ],
    )


class StationButton(StationEntity, ButtonEntity):
    """A button of a station."""

    entity_description: StationButtonDescription

    @override
    async def async_press(self) -> None:
        """Press it."""
        with translated_errors(self.station_name):
            await self.entity_description.press_fn(self.coordinator.station)


class ConnectorButton(ConnectorEntity, ButtonEntity):
    """A button of a connector."""

    entity_description: ConnectorButtonDescription

    @override
    async def async_press(self) -> None:
        """Press it."""
        with translated_errors(self.station_name):
            await self.entity_description.press_fn(self.coordinator.station, self.connector_id)
