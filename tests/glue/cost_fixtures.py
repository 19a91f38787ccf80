"""A house with tariffs, and a station whose time and Home Assistant's are moved together."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, override
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.chargestead.billing.ledger import SessionCost
from custom_components.chargestead.const import DOMAIN, SUBENTRY_TARIFF
from custom_components.chargestead.costs import HouseCosts
from custom_components.chargestead.site import Site
from tests.simulator import Car, ManualClock, Personality, SimulatedStation

from .flow_fixtures import new_entry

NOON: Final = datetime(2026, 6, 3, 12, tzinfo=UTC)
STATION: Final = "GARAGE-1"
SPOT: Final = "sensor.spot"
DYNAMIC: Final[Mapping[str, Any]] = {
    "kind": "dynamic",
    "source": {"entity_ids": [SPOT]},
    "surcharge": "0.10",
}
_STEP_S: Final = 30


class SharedClock(ManualClock):
    """The time of the station, which Home Assistant's follows: neither sees the other's clock off."""

    def __init__(self, start: datetime, freezer: FrozenDateTimeFactory) -> None:
        """Stand still at `start`."""
        super().__init__(start)
        self._freezer = freezer

    @override
    def _fire_next(self, target: float) -> bool:
        fired = super()._fire_next(target)
        self._freezer.move_to(self.now())
        return fired


@dataclass
class CostHouse:
    """A running integration with one station, and how a test gets at what is priced."""

    hass: HomeAssistant
    entry: MockConfigEntry
    freezer: FrozenDateTimeFactory
    clock: SharedClock
    registers: dict[datetime, int] = field(default_factory=dict)
    station: SimulatedStation | None = None

    @property
    def site(self) -> Site:
        """Return the site."""
        site: Site = self.entry.runtime_data.site
        return site

    @property
    def costs(self) -> HouseCosts:
        """Return what is tested."""
        costs: HouseCosts = self.entry.runtime_data.costs
        return costs

    @property
    def charger(self) -> SimulatedStation:
        """Return the station."""
        assert self.station is not None
        return self.station

    def cost(self) -> SessionCost:
        """Return what the running session costs so far, or the last one did."""
        cost = self.site.costing.session_cost(STATION, 1)
        assert cost is not None
        return cost

    async def look(self) -> SessionCost:
        """Rate what runs, and return what the session costs."""
        self.site.costing.configure(self.site.costing.config)
        await self.settle()
        return self.cost()

    async def settle(self) -> None:
        """Wait until all that happened is priced."""
        await self.clock.settle()
        await self.hass.async_block_till_done(wait_background_tasks=True)
        await self.site.costing.settled()
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def pass_time(self, minutes: float) -> None:
        """Let time pass for the house and its station, step by step."""
        for _ in range(round(minutes * 60 / _STEP_S)):
            await self.clock.advance(_STEP_S)
            self.freezer.move_to(self.clock.now())
            async_fire_time_changed(self.hass, dt_util.utcnow())
            await self.settle()
            if self.station is not None:
                self.registers[dt_util.utcnow()] = self.station.register_wh(1)

    def energy(self, start: datetime, end: datetime) -> float:
        """Return what the station metered between two moments, in kWh."""
        return (self.registers[end] - self.registers[start]) / 1000

    def add_tariff(self, title: str = "Home", **data: Any) -> str:  # noqa: ANN401
        """Add a tariff; returns its id."""
        subentry = ConfigSubentry(
            data=MappingProxyType(data), subentry_type=SUBENTRY_TARIFF, title=title, unique_id=None
        )
        self.hass.config_entries.async_add_subentry(self.entry, subentry)
        return subentry.subentry_id

    def change_tariff(self, tariff_id: str, **data: Any) -> None:  # noqa: ANN401
        """Change a tariff."""
        self.hass.config_entries.async_update_subentry(
            self.entry, self.entry.subentries[tariff_id], data=data
        )

    def change_station(self, **data: Any) -> None:  # noqa: ANN401
        """Change the settings of the station."""
        (subentry,) = (item for item in self.entry.subentries.values() if item.unique_id == STATION)
        self.hass.config_entries.async_update_subentry(
            self.entry, subentry, data={"station_id": STATION, **data}
        )

    def quote(self, *prices: float, since: datetime = NOON) -> None:
        """Let the price entity tell prices by the quarter of an hour."""
        quarter = timedelta(minutes=15)
        rows = [
            {
                "start": (since + number * quarter).isoformat(),
                "end": (since + (number + 1) * quarter).isoformat(),
                "price": price,
            }
            for number, price in enumerate(prices)
        ]
        self.hass.states.async_set(
            SPOT, str(prices[0]), {"prices": rows, "unit_of_measurement": "EUR/kWh"}
        )

    async def reload(self) -> None:
        """Set the entry up anew, as at a restart."""
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.settle()

    @asynccontextmanager
    async def dialled_in(
        self, personality: Personality | None = None
    ) -> AsyncIterator[SimulatedStation]:
        """Let the station dial in over a real socket."""
        self.station = SimulatedStation(
            url=f"ws://127.0.0.1:{self.site.port}",
            station_id=STATION,
            clock=self.clock,
            personality=personality,
        )
        await self.station.start(wait=False)
        try:
            await self.pass_time(1)
            yield self.station
        finally:
            await self.station.stop()

    async def charge(self) -> None:
        """Let a car with a large battery charge until it is told to stop."""
        self.charger.plug_in(1, Car(capacity_kwh=500, soc=5, phases=3))
        self.charger.present_card(1, "04AABBCC")
        await self.pass_time(0.5)
        assert self.charger.connector(1).transaction is not None

    async def unplug(self) -> None:
        """End the session."""
        self.charger.unplug(1)
        await self.pass_time(0.5)


@asynccontextmanager
async def cost_house(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> AsyncIterator[CostHouse]:
    """Set up a house with a station at five minutes to noon; take it down after."""
    start = NOON - timedelta(minutes=5)
    freezer.move_to(start)
    await hass.config.async_set_time_zone("UTC")
    entry = new_entry(hass, stations={STATION: {}})
    with (
        patch(f"custom_components.{DOMAIN}.PLATFORMS", []),
        # Time stands still for the event loop too: nobody may sleep, however shortly.
        patch("tests.simulator.clock.SPIN_POLLS", 1_000_000_000),
    ):
        assert await hass.config_entries.async_setup(entry.entry_id)
        house = CostHouse(
            hass=hass, entry=entry, freezer=freezer, clock=SharedClock(start, freezer)
        )
        await house.settle()
        yield house
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
