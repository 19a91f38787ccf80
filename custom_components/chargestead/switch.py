"""Switches of charging stations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
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
from .model.commands import SetAvailability
from .model.station import ConnectorState, StationState

# Each station takes one request at a time anyway; a slow one must not hold up the others.
PARALLEL_UPDATES = 0


class SetStation(Protocol):
    """Turns something of a station on or off."""

    def __call__(self, station: ChargingStation, *, on: bool) -> Awaitable[object]:
        """Ask the station."""


class SetConnector(Protocol):
    """Turns something of a connector on or off."""

    def __call__(
        self, station: ChargingStation, connector: ConnectorState, *, on: bool
    ) -> Awaitable[object]:
        """Ask the station."""


@dataclass(frozen=True, kw_only=True)
class StationSwitchDescription(ChargesteadEntityDescription, SwitchEntityDescription):
    """Describe a switch of a station."""

    is_on_fn: Callable[[StationState], bool]
    set_fn: SetStation


@dataclass(frozen=True, kw_only=True)
class ConnectorSwitchDescription(ConnectorEntityDescription, SwitchEntityDescription):
    """Describe a switch of a connector."""

    is_on_fn: Callable[[ConnectorState], bool]
    set_fn: SetConnector


def _is_paused(connector: ConnectorState) -> bool:
    return connector.limit is not None and connector.limit.is_pause


async def _set_charging(station: ChargingStation, connector: ConnectorState, *, on: bool) -> None:
    if on and (connector.session is None or _is_paused(connector)):
        await station.start_session(connector.connector_id)
    elif not on and (connector.session is not None or connector.charging):
        await station.stop_session(connector.connector_id)


async def _set_available(station: ChargingStation, connector: ConnectorState, *, on: bool) -> None:
    await station.command(SetAvailability(connector_id=connector.connector_id, operative=on))


async def _set_station_available(station: ChargingStation, *, on: bool) -> None:
    await station.command(SetAvailability(operative=on))


STATION_DESCRIPTIONS: tuple[StationSwitchDescription, ...] = (
    StationSwitchDescription(
        key="available",
        translation_key="available",
        entity_category=EntityCategory.CONFIG,
        is_on_fn=lambda station: station.operative,
        set_fn=_set_station_available,
    ),
)

CONNECTOR_DESCRIPTIONS: tuple[ConnectorSwitchDescription, ...] = (
    ConnectorSwitchDescription(
        key="charging",
        translation_key="charging",
        name=None,
        is_on_fn=lambda connector: connector.session is not None and not _is_paused(connector),
        set_fn=_set_charging,
    ),
    ConnectorSwitchDescription(
        key="available",
        translation_key="available",
        entity_category=EntityCategory.CONFIG,
        has_fn=lambda station, _: len(station.connectors) > 1,
        is_on_fn=lambda connector: connector.operative,
        set_fn=_set_available,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches of all stations."""
    async_setup_entities(
        entry,
        async_add_entities,
        Platform.SWITCH,
        station_fn=lambda coordinator: [
            StationSwitch(coordinator, description) for description in STATION_DESCRIPTIONS
        ],
        connector_fn=lambda coordinator, connector_id: [
            ConnectorSwitch(coordinator, description, connector_id)
            for description in CONNECTOR_DESCRIPTIONS
        ],
    )


class StationSwitch(StationEntity, SwitchEntity):
    """A switch of a station."""

    entity_description: StationSwitchDescription

    @property
    @override
    def is_on(self) -> bool:
        """Return the value."""
        return self.entity_description.is_on_fn(self.coordinator.data)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        await self._async_set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self._async_set(on=False)

    async def _async_set(self, *, on: bool) -> None:
        with translated_errors(self.station_name):
            await self.entity_description.set_fn(self.coordinator.station, on=on)


class ConnectorSwitch(ConnectorEntity, SwitchEntity):
    """A switch of a connector."""

    entity_description: ConnectorSwitchDescription

    @property
    @override
    def is_on(self) -> bool:
        """Return the value."""
        return self.entity_description.is_on_fn(self.connector)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        await self._async_set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self._async_set(on=False)

    async def _async_set(self, *, on: bool) -> None:
        with translated_errors(self.station_name):
            await self.entity_description.set_fn(self.coordinator.station, self.connector, on=on)
