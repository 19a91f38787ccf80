"""One house with its charging stations."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
import logging

from ..csms.bounds import DEFAULT_BOUNDS, Bounds
from ..csms.central import CentralSystem
from ..csms.memory import Memory
from ..csms.security.authority import Authority
from ..csms.station import ChargingStation, do_nothing
from ..csms.tokens import Tokens
from ..maintenance.faults import NO_VENDOR_CODES, Faults, VendorCodes
from ..maintenance.wear import Health
from ..model.clock import Clock
from ..model.config import ServerConfig, SiteConfig, StationConfig, UnknownTokens
from ..model.events import CardPresented, Event, FirmwareChanged, FirmwareOffered
from ..model.ports import Kept, StationMemory
from ..model.station import ConnectorState, PendingStation, StationState
from .cards import Cards
from .complaints import restore_complaints
from .costs import (
    CostAnswers,
    CostConfig,
    CostDisplay,
    Costing,
    EdgeReadings,
    HousePower,
    SolarSplit,
)
from .drivers import SessionDrivers
from .fault_check import FaultCheck
from .firmware_history import journal_entry
from .monitor_setup import MonitorSetup
from .ports import SiteLedger
from .upkeep import Upkeep

_LOGGER = logging.getLogger(__name__)

type EventListener = Callable[[Event], None]


class Site:
    """Owns the way of an event: from a station to the ledger, then to whoever listens."""

    def __init__(  # noqa: PLR0913 - what a house is made of, each by its name
        self,
        *,
        clock: Clock,
        ledger: SiteLedger,
        memory: StationMemory,
        config: SiteConfig,
        bounds: Bounds = DEFAULT_BOUNDS,
        flush_memory: Callable[[], Awaitable[None]] = do_nothing,
        authority: Authority | None = None,
        vendor_codes: VendorCodes = NO_VENDOR_CODES,
    ) -> None:
        """Compose; nothing is served before `start`.

        `flush_memory` writes what waits in the memory; without an authority no certificates are signed.
        """
        self.config = config
        self.ledger = ledger
        self.tokens = Tokens(config.drivers)
        self.cards = Cards(clock)
        self.drivers = SessionDrivers(clock, ledger, lambda: self.tokens)
        self._clock = clock
        self._memory = memory
        self._bounds = bounds
        self._flush_memory = flush_memory
        self.authority = authority
        self._listeners: list[EventListener] = []
        self._central: CentralSystem | None = None
        self._solar: SolarSplit | None = None
        self._edges: EdgeReadings | None = None
        self.health = Health(clock, ledger, self.publish)
        self.faults = Faults(clock, ledger, self.publish, vendor_codes)
        self._fault_check = FaultCheck(clock, self.faults, self._station_of)
        self._monitor_setup = MonitorSetup(clock, self._station_of)
        self._display = CostDisplay(clock, self._station_of)
        self.costing = Costing(
            clock=clock, ledger=ledger, publish=self.publish, connectors=self._connectors
        )
        self.upkeep = Upkeep(clock=clock, ledger=ledger, connectors=self._connectors)
        self._after_keeping = (self.costing.handle, self.upkeep.handle)
        self._at_once = (
            self._enter_firmware,
            self._display.handle,
            self.health.handle,
            self.faults.handle,
            self._fault_check.handle,
            self._monitor_setup.handle,
        )

    async def prepare(self) -> None:
        """Take up where the ledger ends; stations can be added from then on."""
        self._central = CentralSystem(
            clock=self._clock,
            history=self.ledger,
            publish=self.publish,
            save_memory=self._memory.save,
            site=lambda: self.config,
            last_transaction_id=await self.ledger.last_transaction_id(),
            bounds=self._bounds,
            flush_memory=self._flush_memory,
            authority=self.authority,
        )
        self._central.tell_costs(CostAnswers(self._clock, self.costing, self._display))
        await self.health.start()
        await self.faults.start()

    async def start(self, server: ServerConfig) -> None:
        """Listen for stations; raises OSError when the port is taken, ssl.SSLError for a bad certificate."""
        if self._central is None:
            await self.prepare()
        await self.central.start(server)

    async def stop(self) -> None:
        """Close all sockets and the port; the ledger stays open."""
        # First: that stations are disconnected now is our own doing.
        await self.upkeep.stop()
        if self._central is not None:
            await self._central.stop()
        self.health.stop()
        self._fault_check.stop()
        self._monitor_setup.stop()
        self.faults.stop()
        if self._edges is not None:
            self._edges.stop()
        if self._solar is not None:
            self._solar.stop()
        await self.drivers.stop()
        await self.costing.stop()

    @property
    def central(self) -> CentralSystem:
        """Return the central system."""
        if self._central is None:
            msg = "the site is not prepared"
            raise RuntimeError(msg)
        return self._central

    @property
    def port(self) -> int:
        """Return the port that is really bound."""
        return self.central.port

    @property
    def stations(self) -> Mapping[str, ChargingStation]:
        """Return the known stations by id."""
        return self.central.stations

    @property
    def pending(self) -> Mapping[str, PendingStation]:
        """Return the stations nobody has confirmed yet."""
        return self.central.pending

    async def price(self, config: CostConfig, *, solar: bool) -> None:
        """Begin to price sessions; with `solar`, from what `measure_house` is told."""
        self.split_solar(on=solar)
        self._edges = EdgeReadings(self._clock, self.stations.values, self.costing.running_tariff)
        await self.costing.start(config)

    def split_solar(self, *, on: bool) -> None:
        """Begin or end to tell own solar energy from bought one; what was learned of the past stays."""
        if on and self._solar is None:
            self._solar = SolarSplit(self._clock, self._charging_w, self.costing.learn_solar)
            self._solar.charging_changed()
            self.costing.solar_now = self._solar.unfinished
        elif not on and self._solar is not None:
            self._solar.stop()
            self._solar = None
            self.costing.solar_now = None

    def measure_house(self, power: HousePower) -> None:
        """Take what the meters of the house show from now on."""
        if self._solar is not None:
            self._solar.sample(power)

    def _charging_w(self) -> float | None:
        """Return what all stations draw together, None while a session does not say."""
        total = 0.0
        for station in self.stations.values():
            for connector in station.book.connectors.values():
                power_w = connector.measurements.power_w
                if power_w is not None:
                    total += power_w
                elif connector.session is not None:
                    return None
        return total

    async def add_station(self, config: StationConfig) -> ChargingStation:
        """Make a station known, with what the ledger and the memory hold of it; a waiting one is adopted at once."""
        if self._central is None:
            await self.prepare()
        sessions = await self.ledger.recent_sessions(config.station_id)
        known = {session.id for session in sessions}
        sessions += [
            session
            for session in await self.ledger.open_sessions(config.station_id)
            if session.id not in known
        ]
        registers = await self.ledger.registers(config.station_id)
        station = self.central.add(config, Memory.from_dict(self._memory.load(config.station_id)))
        station.restore(sessions, registers)
        for session in sessions:
            if session.is_open:
                self.costing.resume(session)
        await self.drivers.restored(
            session
            for connector in station.book.connectors.values()
            for session in (connector.session, connector.last_session)
            if session is not None
        )
        restore_complaints(
            station, await self.faults.add(station.state, station.counters.__getitem__)
        )
        await self.upkeep.add_station(config.station_id)
        station.subscribe(self._station_changed)
        self.central.adopt(station)
        return station

    def _station_changed(self, state: StationState) -> None:
        self.health.observe(state)
        self.faults.observe(state)
        if self._solar is not None:
            self._solar.charging_changed()

    def _station_of(self, station_id: str) -> ChargingStation | None:
        return self.stations.get(station_id)

    def _connectors(self, station_id: str) -> Iterable[ConnectorState]:
        station = self.stations.get(station_id)
        return station.state.connectors.values() if station else ()

    def update_station(self, config: StationConfig) -> None:
        """Take changed settings of a station; nothing is disconnected."""
        self.central.stations[config.station_id].reconfigure(config)

    async def remove_station(self, station_id: str) -> None:
        """Forget a station and close its socket; its sessions stay in the ledger."""
        await self.central.remove(station_id)
        self.costing.forget(station_id)
        self.health.forget(station_id)
        self.faults.forget(station_id)
        self.upkeep.forget(station_id)

    def configure(self, config: SiteConfig) -> None:
        """Take changed settings of the site; nothing is disconnected."""
        before, self.config = self.config, config
        if config.drivers != before.drivers:
            self._drivers_changed()
        if self._central is None:
            return
        for station in self.stations.values():
            if config.aligned_interval_s != before.aligned_interval_s:
                station.aligned.wish_changed()
            if (config.drivers, config.local_lists) != (before.drivers, before.local_lists):
                station.list_keeper.changed()

    def _drivers_changed(self) -> None:
        self.tokens = Tokens(self.config.drivers)
        self.cards.forget(token.id_token for token in self.tokens)
        stations = () if self._central is None else tuple(self.stations.values())
        self.drivers.tokens_changed(
            session for station in stations for session in station.transactions.running_sessions()
        )

    def subscribe(self, listener: EventListener) -> Callable[[], None]:
        """Call a listener with each event; returns how to stop that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def publish(self, event: Event) -> Kept | None:
        """Hand an event to the ledger, then to the listeners; one that fails harms nobody else."""
        if isinstance(event, CardPresented):
            record = self.config.unknown_tokens is UnknownTokens.RECORD
            event = self.cards.presented(event, record=record)
        kept = self.ledger.keep(event)
        self.drivers.handle(event)
        for waiting in self._after_keeping:
            try:
                waiting(event, kept)
            except Exception:
                _LOGGER.exception("The site failed on %s", type(event).__name__)
        for part in self._at_once:
            try:
                part(event)
            except Exception:
                _LOGGER.exception("The site failed on %s", type(event).__name__)
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                _LOGGER.exception("A listener failed on %s", type(event).__name__)
        return kept

    def _enter_firmware(self, event: Event) -> None:
        if isinstance(event, (FirmwareChanged, FirmwareOffered)):
            self.ledger.keep(journal_entry(event))

    def diagnostics(self) -> dict[str, object]:
        """Return what helps to understand the site; not redacted."""
        return {
            **self.central.diagnostics(),
            "costing": self.costing.diagnostics(),
            "health": self.health.diagnostics(),
            "faults": self.faults.diagnostics(),
            "upkeep": self.upkeep.diagnostics(),
            "display": {"shown": self._display.shown, "refused": self._display.refused},
        }
