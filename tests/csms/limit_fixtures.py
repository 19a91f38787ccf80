"""A house without Home Assistant: the real site, simulated stations, one clock turned by hand."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
import json
from typing import Any, Self

import pytest

from custom_components.chargestead.billing.ledger import Fact
from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.config import ServerConfig, SiteConfig, StationConfig
from custom_components.chargestead.model.events import (
    Event,
    SessionEnded,
    SessionStarted,
    SessionUpdated,
)
from custom_components.chargestead.model.journal import JournalEntry, JournalPruned
from custom_components.chargestead.model.ports import Kept
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.model.station import StationIdentity
from custom_components.chargestead.site import Site
from custom_components.chargestead.site.ports import SiteLedger
from tests.simulator import Car, Json, ManualClock, Personality, SimulatedStation

STATION = "GARAGE"
CARD = "04AABBCC"
ALL_WANTED = (
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,Current.Offered,"
    "SoC,Temperature"
)
READY = {"MeterValueSampleInterval": "10", "MeterValuesSampledData": ALL_WANTED}
"""The configuration of a station that needs no writing."""

type Asked = tuple[str, Json]


class MemoryOnPaper:
    """Station memory that goes through JSON, as Home Assistant's storage does."""

    def __init__(self) -> None:
        """Start empty."""
        self.pages: dict[str, str] = {}
        self.saves = 0

    def load(self, station_id: str) -> Mapping[str, object]:
        """Return what was saved."""
        content: Mapping[str, object] = json.loads(self.pages.get(station_id, "{}"))
        return content

    def save(self, station_id: str, content: Mapping[str, object]) -> None:
        """Keep content."""
        self.saves += 1
        self.pages[station_id] = json.dumps(content)


class LedgerInMind(SiteLedger):
    """Sessions that are kept at once, and only until the process ends."""

    def __init__(self) -> None:
        """Start empty."""
        self.sessions: dict[str, Session] = {}
        self.entries: dict[tuple[str, str], JournalEntry] = {}

    def keep(self, event: Event | Fact | JournalEntry | JournalPruned) -> Kept | None:
        """Keep sessions and the journal."""
        if isinstance(event, JournalEntry):
            self.entries[event.kind, event.uid] = event
        if isinstance(event, SessionStarted | SessionUpdated | SessionEnded):
            self.sessions[event.session.id] = event.session
        return None

    async def journal(
        self,
        kind: str,
        *,
        station_id: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> list[JournalEntry]:
        """Return the entries of a kind, newest first."""
        found = [
            entry
            for entry in self.entries.values()
            if entry.kind == kind
            and station_id in (None, entry.station_id)
            and (since is None or entry.at >= since)
        ]
        return sorted(found, key=lambda entry: entry.at, reverse=True)[:limit]

    async def find_session(self, station_id: str, transaction_id: str) -> Session | None:
        """Return a session by its transaction id."""
        return next(
            (
                session
                for session in self.sessions.values()
                if (session.station_id, session.transaction_id) == (station_id, transaction_id)
            ),
            None,
        )

    async def recent_sessions(self, station_id: str) -> list[Session]:
        """Return the sessions of a station, newest first."""
        mine = [item for item in self.sessions.values() if item.station_id == station_id]
        return sorted(mine, key=lambda session: session.started_at, reverse=True)

    async def open_sessions(self, station_id: str) -> list[Session]:
        """Return the sessions that have not ended."""
        return [item for item in await self.recent_sessions(station_id) if item.is_open]

    async def registers(self, station_id: str) -> dict[int, tuple[int, datetime]]:  # noqa: ARG002
        """Return no registers."""
        return {}

    async def last_transaction_id(self) -> int:
        """Return the largest transaction id."""
        return max((int(item.transaction_id) for item in self.sessions.values()), default=0)


class House:
    """A site that can be restarted, and its stations at the other end of real sockets."""

    def __init__(self, clock: ManualClock, ledger: SiteLedger | None = None) -> None:
        """Prepare; `open` listens."""
        self.clock = clock
        self.ledger: SiteLedger = LedgerInMind() if ledger is None else ledger
        self.memory = MemoryOnPaper()
        self.events: list[Event] = []
        self.configs: dict[str, StationConfig] = {}
        self.site = self._site()
        self._port = 0
        self._stack = AsyncExitStack()

    def _site(self) -> Site:
        return Site(clock=self.clock, ledger=self.ledger, memory=self.memory, config=SiteConfig())

    async def open(self) -> Self:
        """Listen."""
        self.site.subscribe(self.events.append)
        for config in self.configs.values():
            await self.site.add_station(config)
        await self.site.start(ServerConfig(port=self._port, bind_address="127.0.0.1"))
        self._port = self.site.port
        return self

    async def close(self) -> None:
        """Switch everything off; raises what broke inside a simulated station."""
        await self._stack.aclose()
        await self.site.stop()

    async def restart(self) -> None:
        """Stop the central system and start another with the same memory and ledger."""
        await self.site.stop()
        self.site = self._site()
        await self.open()

    async def know(self, station_id: str = STATION, **settings: Any) -> ChargingStation:  # noqa: ANN401
        """Make a station known."""
        config = StationConfig(station_id=station_id, **settings)
        self.configs[station_id] = config
        return await self.site.add_station(config)

    def station(self, station_id: str = STATION) -> ChargingStation:
        """Return our side of a station."""
        return self.site.stations[station_id]

    def simulate(
        self,
        personality: Personality | None = None,
        *,
        station_id: str = STATION,
        configuration: Mapping[str, str] | None = None,
        **options: Any,  # noqa: ANN401
    ) -> SimulatedStation:
        """Return a station that is not switched on yet."""
        return SimulatedStation(
            url=f"ws://127.0.0.1:{self._port}",
            station_id=station_id,
            clock=self.clock,
            personality=personality,
            configuration=READY if configuration is None else configuration,
            **options,
        )

    async def install(
        self,
        personality: Personality | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        **options: Any,  # noqa: ANN401
    ) -> SimulatedStation:
        """Make a station known and switch it on; returns when it has settled down."""
        station_id = options.get("station_id", STATION)
        if station_id not in self.configs:
            await self.know(station_id, **(settings or {}))
        simulated = self.simulate(personality, **options)
        self._stack.push_async_callback(simulated.stop)
        await simulated.start(wait=False)
        await self.clock.advance(15)
        return simulated

    async def retire(self, simulated: SimulatedStation) -> None:
        """Switch a station off for good."""
        await simulated.stop()
        await self.clock.settle()

    async def charge(
        self, simulated: SimulatedStation, connector: int = 1, car: Car | None = None
    ) -> Car:
        """Plug a car in and let a card start it."""
        car = simulated.plug_in(connector, car or Car(capacity_kwh=500, soc=5))
        await self.clock.advance(1)
        simulated.present_card(connector, CARD)
        await self.clock.advance(12)
        assert simulated.connector(connector).transaction is not None
        return car

    def limit(self, connector_id: int = 1, station_id: str = STATION) -> tuple[float | None, str]:
        """Return amount and state of the limit shown."""
        limit = self.station(station_id).state.connectors[connector_id].limit
        return (None, "") if limit is None else (limit.current_a, limit.state.value)

    def identify(self, **identity: str) -> None:
        """Remember who the station is, as after an earlier life together."""
        station = self.station()
        station.memory.identity = replace(StationIdentity(), **identity)


def asked(simulated: SimulatedStation, *actions: str, since: int = 0) -> list[Asked]:
    """Return every call the station got from us, or those of some actions."""
    return [
        (frame.action, frame.payload)
        for frame in simulated.frames.find(sent=False, kind=2, since=since)
        if not actions or frame.action in actions
    ]


def profiles(simulated: SimulatedStation, *, since: int = 0) -> list[Json]:
    """Return the charging profiles we sent, each with its connector."""
    return [
        payload["csChargingProfiles"] | {"on": payload["connectorId"]}
        for _, payload in asked(simulated, "SetChargingProfile", since=since)
    ]


def form(profile: Json) -> tuple[str, int, str, str, int, float]:
    """Return what a profile is: purpose, connector, kind, unit, stack level, amount."""
    schedule = profile["chargingSchedule"]
    (period,) = schedule["chargingSchedulePeriod"]
    return (
        profile["chargingProfilePurpose"],
        profile["on"],
        profile["chargingProfileKind"],
        schedule["chargingRateUnit"],
        profile["stackLevel"],
        period["limit"],
    )


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Allow the heartbeat timer of a web socket that was torn off, which fires once into the void."""
    return True


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at 2026-01-01T00:00Z."""
    return ManualClock()


@pytest.fixture
async def house(clock: ManualClock) -> AsyncIterator[House]:
    """Return a house that listens."""
    built = await House(clock).open()
    yield built
    await built.close()
