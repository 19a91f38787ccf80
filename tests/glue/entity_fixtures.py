"""A house with stations whose state the test decides, or that dial in by themselves."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Unpack
from unittest.mock import PropertyMock, patch

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_PORT, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chargestead.const import (
    CONF_BIND_ADDRESS,
    CONF_STATION_ID,
    DOMAIN,
    SUBENTRY_CHARGING_STATION,
)
from custom_components.chargestead.csms.book import ConnectorChanges
from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.limit import Limit, LimitReason, LimitState
from custom_components.chargestead.model.reading import Measurements
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.model.station import (
    ConnectorStatus,
    OcppVersion,
    StationIdentity,
)
from tests.simulator import Personality, SimulatedStation
from tests.simulator.frames import CALL

NOW: Final = datetime(2026, 10, 5, 18, 30, tzinfo=UTC)

MEASUREMENTS: Final = Measurements(
    at=NOW,
    power_w=7360.4,
    power_offered_w=11040,
    current_a=(16.0, 10.2, 5.8),
    current_offered_a=16,
    voltage_v=(230.1, 229.8, 231.0),
    state_of_charge=54,
    temperature_c=31.5,
    frequency_hz=50,
)

SESSION: Final = Session(
    id="4f1c",
    station_id="GARAGE-1",
    connector_id=1,
    transaction_id="41",
    started_at=NOW - timedelta(minutes=90, seconds=20),
    id_token="CARD-7",
    register_start_mwh=1_000_000_000,
    register_last_mwh=1_006_250_000,
    register_last_at=NOW,
)

CHARGING: Final[ConnectorChanges] = {
    "status": ConnectorStatus.CHARGING,
    "measurements": MEASUREMENTS,
    "register_mwh": 1_006_250_000,
    "register_at": NOW,
    "session": SESSION,
    "limit": Limit(current_a=16, reason=LimitReason.USER, state=LimitState.OBEYED, since=NOW),
}


@dataclass(frozen=True, kw_only=True)
class House:
    """A running integration, and how a test gets at it."""

    hass: HomeAssistant
    entry: MockConfigEntry

    @property
    def port(self) -> int:
        """Return the port stations dial."""
        port: int = self.entry.runtime_data.site.port
        return port

    def station(self, station_id: str = "GARAGE-1") -> ChargingStation:
        """Return a station."""
        station: ChargingStation = self.entry.runtime_data.site.stations[station_id]
        return station

    async def connect(self, station_id: str = "GARAGE-1", connectors: Iterable[int] = (1,)) -> None:
        """Pretend that a station is there, with connectors that charge."""
        book = self.station(station_id).book
        book.update(
            connected=True,
            connected_since=NOW - timedelta(days=2),
            last_seen=NOW,
            version=OcppVersion.V16,
            identity=StationIdentity(
                vendor="Elektro", model="Wall 11", serial_number="E-1", firmware_version="1.2.3"
            ),
            latency_s=0.042,
            clock_offset_s=-1.5,
            firmware_status="Installed",
        )
        for connector_id in connectors:
            book.update_connector(
                connector_id,
                **CHARGING
                | {"session": replace(SESSION, station_id=station_id, connector_id=connector_id)},
            )
        await self.settle()

    async def change(self, station_id: str = "GARAGE-1", **changes: object) -> None:
        """Change the state of a station."""
        self.station(station_id).book.update(**changes)
        await self.settle()

    async def change_connector(
        self,
        connector_id: int = 1,
        station_id: str = "GARAGE-1",
        **changes: Unpack[ConnectorChanges],
    ) -> None:
        """Change the state of a connector."""
        self.station(station_id).book.update_connector(connector_id, **changes)
        await self.settle()

    async def settle(self) -> None:
        """Wait until Home Assistant shows it."""
        await self.hass.async_block_till_done()

    def entity_id(self, platform: str, key: str, connector_id: int = 1) -> str:
        """Return the id of an entity of the station GARAGE-1."""
        entity_id = er.async_get(self.hass).async_get_entity_id(
            platform, DOMAIN, f"GARAGE-1_{connector_id}_{key}"
        )
        assert entity_id is not None, f"no {key} on connector {connector_id}"
        return entity_id

    def state(self, platform: str, key: str, connector_id: int = 1) -> str:
        """Return the state of an entity of the station GARAGE-1."""
        state = self.hass.states.get(self.entity_id(platform, key, connector_id))
        assert state is not None, f"no state of {key}"
        return state.state

    def device_id(self, *path: str | int) -> str:
        """Return the id of a station's device, or of one of its connectors'."""
        devices = dr.async_get(self.hass)
        identifier = (DOMAIN, "/".join(map(str, path)))
        device: dr.AnyDeviceEntry | None
        if len(path) == 1:
            device = devices.async_get_device_by_identifier(identifier, self.entry.entry_id)
        else:
            device = devices.async_get_child_device_by_identifier(identifier, self.entry.entry_id)
        assert device is not None, f"no device {path}"
        return device.id


@asynccontextmanager
async def house_with(
    hass: HomeAssistant,
    *platforms: Platform,
    stations: Iterable[dict[str, Any]] = ({CONF_STATION_ID: "GARAGE-1"},),
) -> AsyncIterator[House]:
    """Set up the integration with stations called "Garage", "Garage 2", … ; take it down after."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Chargestead",
        data={CONF_PORT: 0, CONF_BIND_ADDRESS: "127.0.0.1"},
        subentries_data=[
            ConfigSubentryData(
                data=data,
                subentry_type=SUBENTRY_CHARGING_STATION,
                title="Garage" if number == 1 else f"Garage {number}",
                unique_id=data[CONF_STATION_ID],
            )
            for number, data in enumerate(stations, 1)
        ],
    )
    entry.add_to_hass(hass)
    with patch(f"custom_components.{DOMAIN}.PLATFORMS", list(platforms)):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        yield House(hass=hass, entry=entry)
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


def everything_enabled() -> AbstractContextManager[Any]:
    """Enable the entities that are disabled by default."""
    return patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        PropertyMock(return_value=True),
    )


@asynccontextmanager
async def dialled_in(
    house: House,
    *,
    connectors: int = 1,
    personality: Personality | None = None,
    version: str = "1.6",
) -> AsyncIterator[SimulatedStation]:
    """Let the station GARAGE-1 dial in over a real socket, with a vehicle at its first connector."""
    station = SimulatedStation(
        url=f"ws://127.0.0.1:{house.port}",
        station_id="GARAGE-1",
        connectors=connectors,
        personality=personality,
        version=version,
    )
    async with station:
        station.plug_in(1)
        await station.wait_for(lambda: station.status() == "Preparing" and station.at_rest)
        await house.settle()
        yield station


def received(station: SimulatedStation, action: str) -> list[dict[str, Any]]:
    """Return the payloads of the requests of one kind that a station received."""
    return [frame.payload for frame in station.frames.find(action, sent=False, kind=CALL)]
