"""A house that lives in a test: Home Assistant with the integration, on a clock that is turned by hand."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
import logging
from typing import Any, Final
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.const import CONF_PORT
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chargestead.billing.ledger import Ledger, engine
from custom_components.chargestead.const import (
    CONF_BIND_ADDRESS,
    CONF_METER_INTERVAL,
    CONF_STATION_ID,
    DOMAIN,
    SUBENTRY_CHARGING_STATION,
)
from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.events import Event as SiteEvent
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.settings import server_config
from custom_components.chargestead.site import Site
from tests.ports import free_port
from tests.simulator import ManualClock, SimulatedStation

MORNING: Final = datetime(2026, 10, 5, 6, tzinfo=UTC)
SAMPLE_S: Final = 60
GARAGE: Final = "GARAGE-1"
ONE_STATION: Final[Mapping[str, Mapping[str, Any]]] = {GARAGE: {}}
NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(kw_only=True)
class House:
    """A running integration; `events` are those of its sites since the house was built."""

    hass: HomeAssistant
    entry: MockConfigEntry
    clock: ManualClock
    events: list[SiteEvent] = field(default_factory=list)
    states: dict[str, list[str]] = field(default_factory=dict)

    @property
    def site(self) -> Site:
        """Return the site that is running."""
        site: Site = self.entry.runtime_data.site
        return site

    @property
    def ledger(self) -> Ledger:
        """Return the ledger that is open."""
        ledger: Ledger = self.entry.runtime_data.ledger
        return ledger

    @property
    def url(self) -> str:
        """Return where stations dial in."""
        scheme = "wss" if server_config(self.entry).encrypted else "ws"
        return f"{scheme}://127.0.0.1:{self.entry.data[CONF_PORT] or self.site.port}"

    def station(self, station_id: str = GARAGE) -> ChargingStation:
        """Return a station as the integration sees it."""
        return self.site.stations[station_id]

    def simulated(self, station_id: str = GARAGE, **options: Any) -> SimulatedStation:  # noqa: ANN401
        """Return a station that can be switched on; it lives on the house's clock."""
        return SimulatedStation(url=self.url, station_id=station_id, clock=self.clock, **options)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and Home Assistant keep up."""
        await self.clock.advance(seconds)
        await self.hass.async_block_till_done()

    async def until(self, condition: Callable[[], object], *, within: float = 86_400) -> None:
        """Let time pass until something is so."""
        await self.clock.advance_until(condition, within=within)
        await self.hass.async_block_till_done()

    def entity_id(
        self, platform: str, key: str, connector_id: int = 1, station_id: str = GARAGE
    ) -> str:
        """Return the id of an entity."""
        entity_id = er.async_get(self.hass).async_get_entity_id(
            platform, DOMAIN, f"{station_id}_{connector_id}_{key}"
        )
        assert entity_id is not None, (
            f"no {platform} {key} on {station_id}, connector {connector_id}"
        )
        return entity_id

    def state(
        self, key: str, connector_id: int = 1, station_id: str = GARAGE, *, platform: str = "sensor"
    ) -> str:
        """Return the state of an entity."""
        state = self.hass.states.get(self.entity_id(platform, key, connector_id, station_id))
        assert state is not None, f"{key} has no state"
        return state.state

    def number(self, key: str, connector_id: int = 1, station_id: str = GARAGE) -> float:
        """Return the state of a sensor that shows a number."""
        return float(self.state(key, connector_id, station_id))

    def told(self, *kinds: type[SiteEvent]) -> list[SiteEvent]:
        """Return what happened, of some kinds."""
        return [event for event in self.events if isinstance(event, kinds)]

    def shown(self, entity_id: str) -> list[str]:
        """Return the states an entity went through, unknown and unavailable left out."""
        return [
            state
            for state in self.states.get(entity_id, [])
            if state not in ("unknown", "unavailable")
        ]

    async def sessions(self, station_id: str = GARAGE) -> list[Session]:
        """Return the sessions the ledger has of a station, oldest first."""
        return (await self.ledger.recent_sessions(station_id))[::-1]

    async def up(self) -> None:
        """Set the integration up."""
        if self.entry.state is ConfigEntryState.NOT_LOADED:
            assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done()
        self.site.subscribe(self.events.append)
        ledger = self.ledger
        self.clock.add_probe("ledger", lambda: ledger.busy)

    async def down(self) -> None:
        """Unload the integration; nothing of it stays in memory."""
        self.clock.add_probe("ledger", lambda: False)
        await self.hass.config_entries.async_unload(self.entry.entry_id)
        await self.hass.async_block_till_done()
        assert self.entry.state is ConfigEntryState.NOT_LOADED


def make_entry(
    port: int,
    stations: Mapping[str, Mapping[str, Any]],
    data: Mapping[str, Any] = NOTHING,
    options: Mapping[str, Any] = NOTHING,
) -> MockConfigEntry:
    """Return the entry of a house with stations, called like their ids."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="Chargestead",
        data={CONF_PORT: port, CONF_BIND_ADDRESS: "127.0.0.1", **data},
        options={CONF_METER_INTERVAL: SAMPLE_S, **options},
        subentries_data=[
            ConfigSubentryData(
                data={CONF_STATION_ID: station_id, **data},
                subentry_type=SUBENTRY_CHARGING_STATION,
                title=station_id,
                unique_id=station_id,
            )
            for station_id, data in stations.items()
        ],
    )


@asynccontextmanager
async def house_in(
    hass: HomeAssistant,
    clock: ManualClock,
    *,
    port: int | None = None,
    stations: Mapping[str, Mapping[str, Any]] = ONE_STATION,
    data: Mapping[str, Any] = NOTHING,
    options: Mapping[str, Any] = NOTHING,
) -> AsyncIterator[House]:
    """Set up a house in a Home Assistant, with more `data` and `options` in its entry; take it down after."""
    entry = make_entry(free_port() if port is None else port, stations, data, options)
    entry.add_to_hass(hass)
    house = House(hass=hass, entry=entry, clock=clock)

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None:
            house.states.setdefault(state.entity_id, []).append(state.state)

    unsubscribe = hass.bus.async_listen("state_changed", changed)
    await house.up()
    yield house
    unsubscribe()
    if entry.state is ConfigEntryState.LOADED:
        await house.down()


@contextmanager
def without_fsync() -> Iterator[None]:
    """Let SQLite leave it to the system when to write; what a power cut takes is proven where processes are killed."""
    pragmas = (*engine._PRAGMAS, "PRAGMA synchronous=OFF")
    with patch.object(engine, "_PRAGMAS", pragmas):
        yield


@contextmanager
def on_clock(clock: ManualClock) -> Iterator[None]:
    """Let Home Assistant and the integration live on a clock."""
    with (
        patch(f"custom_components.{DOMAIN}.HomeAssistantClock", lambda _hass: clock),
        patch("homeassistant.util.dt.utcnow", clock.now),
    ):
        yield


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the integration warned of, or worse."""
    return [
        record.getMessage()
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.WARNING
        and record.name.startswith(f"custom_components.{DOMAIN}")
    ]
