"""Coordinators: one per charging station, pushed by it, and what an entry keeps while it is loaded."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .billing.ledger import Ledger
from .const import LOGGER
from .csms.station import ChargingStation
from .memory import StoredMemory
from .model.config import ServerConfig
from .model.station import StationState
from .site import Site

if TYPE_CHECKING:
    from .circuit_meters import CircuitMeters
    from .costs import HouseCosts
    from .drivers import HouseDrivers
    from .house_upkeep import HouseUpkeep

type ChargesteadConfigEntry = ConfigEntry[ChargesteadRuntimeData]
type StationListener = Callable[[StationCoordinator], None]


class StationCoordinator(DataUpdateCoordinator[StationState]):
    """Carries the state of one station to its entities."""

    config_entry: ChargesteadConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ChargesteadConfigEntry,
        station: ChargingStation,
        subentry_id: str,
    ) -> None:
        """Follow a station."""
        super().__init__(
            hass, LOGGER, config_entry=entry, name=station.station_id, always_update=False
        )
        self.station = station
        self.subentry_id = subentry_id
        self.data = station.state
        self._unsubscribe: tuple[Callable[[], None], ...] = (
            station.subscribe(self._changed),
            entry.runtime_data.site.costing.subscribe(self._house_changed),
            entry.runtime_data.site.drivers.subscribe(self._house_changed),
            entry.runtime_data.site.faults.subscribe(self._house_changed),
            entry.runtime_data.site.health.subscribe(self.async_update_listeners),
        )

    @callback
    def _changed(self, state: StationState) -> None:
        if state.connected != self.data.connected:
            LOGGER.info(
                "%s is %s", state.station_id, "connected" if state.connected else "not connected"
            )
        self.async_set_updated_data(state)

    @callback
    def _house_changed(self, station_id: str | None) -> None:
        if station_id in (None, self.station.station_id):
            self.async_update_listeners()

    @override
    async def async_shutdown(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = ()
        await super().async_shutdown()


@dataclass(kw_only=True)
class ChargesteadRuntimeData:
    """What an entry keeps while it is loaded; `coordinators` are by station id."""

    site: Site
    ledger: Ledger
    memory: StoredMemory
    costs: HouseCosts
    circuit_meters: CircuitMeters
    drivers: HouseDrivers
    upkeep: HouseUpkeep
    server: ServerConfig
    database_url: str
    coordinators: dict[str, StationCoordinator] = field(default_factory=dict)
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _listeners: list[StationListener] = field(default_factory=list)

    @callback
    def subscribe_stations(self, listener: StationListener) -> Callable[[], None]:
        """Call a listener for every station there is, and for each that comes; returns how to stop that."""
        self._listeners.append(listener)
        for coordinator in tuple(self.coordinators.values()):
            listener(coordinator)

        @callback
        def unsubscribe() -> None:
            self._listeners.remove(listener)

        return unsubscribe

    @callback
    def station_came(self, coordinator: StationCoordinator) -> None:
        """Tell all listeners of a new station."""
        self.coordinators[coordinator.station.station_id] = coordinator
        for listener in tuple(self._listeners):
            listener(coordinator)
