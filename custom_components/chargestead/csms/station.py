"""The version-neutral charging station: its state, its commands, its socket."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
import logging
from types import MappingProxyType
from typing import Final

from ..model.clock import Clock
from ..model.commands import (
    Command,
    CommandResult,
    SetAvailability,
    SetConfiguration,
    StartSession,
    StopSession,
)
from ..model.config import SiteConfig, StationConfig
from ..model.driver import TokenType
from ..model.errors import CommandRefusedError, StationOfflineError, StationTimeoutError
from ..model.events import CardPresented, Event, StationConnected, StationDisconnected
from ..model.ports import Kept, SessionCosts, SessionHistory
from ..model.session import Session
from ..model.station import ConfigurationValue, OcppVersion, StationState
from .adapter import Adapter, Request
from .aligned import AlignedReadings
from .authorization import Authorization, Decision
from .book import Book, Listener
from .bounds import Bounds
from .clock_offset import ClockOffset
from .connection import Connection, Reply
from .counters import Counters
from .external_limits import ExternalLimits
from .files import FileHosting
from .files.firmware import FirmwareUpdates
from .files.logs import Logs
from .installed_profiles import InstalledProfiles
from .limits import Form, Limits
from .local_list import LocalList
from .local_list_keeper import LocalListKeeper
from .memory import Memory
from .metering import Metering
from .monitors import Monitors
from .register import RegisterGuard, plausible_power_w
from .reservations import Reservations
from .rpc import Call
from .security.authority import Authority
from .security.certificates import StationCertificates
from .security.passwords import Passwords
from .session_id import FreshIds, TransactionIds
from .soft_stop import SoftStop
from .status import Statuses
from .targets import start_token
from .transactions import Transactions
from .v2 import Adapter2
from .v16 import Adapter16
from .vehicle_needs import VehicleNeeds
from .welcome import Welcome

_LOGGER = logging.getLogger(__name__)

_SLOW_S: Final = 60
_SECRETS: Final = frozenset({"authorizationkey", "securityctrlr.basicauthpassword"})
_UNKNOWN_VALUE: Final = ConfigurationValue(value=None)


async def do_nothing() -> None:
    """Do nothing, at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a station is handed by the central system.

    `trust_own` has the port believe the certificates of `authority`; `names_of_others` are what a station must not call
    itself.
    """

    clock: Clock
    ids: TransactionIds
    history: SessionHistory
    bounds: Bounds
    publish: Callable[[Event], Kept | None]
    save_memory: Callable[[str, Mapping[str, object]], None]
    site: Callable[[], SiteConfig]
    flush_memory: Callable[[], Awaitable[None]] = do_nothing
    authority: Authority | None = None
    trust_own: Callable[[], Awaitable[None]] = do_nothing
    names_of_others: Callable[[str], Iterable[str]] = lambda _: ()
    costs: SessionCosts | None = None
    running: Callable[[], Iterable[Session]] = tuple
    files: FileHosting


class ChargingStation:
    """One charging station of the house, connected or not."""

    def __init__(self, config: StationConfig, around: Surroundings, memory: Memory) -> None:
        """Start from what is remembered; `restore` adds what the ledger knows."""
        self.station_id = config.station_id
        self.config = config
        self.counters = Counters()
        self.memory = memory
        self.around = around
        self.clock = around.clock
        self.clock_offset = ClockOffset()
        self.book = Book(_remembered(config.station_id, memory))
        self.transactions = Transactions(
            station_id=config.station_id,
            ids=around.ids,
            clock=around.clock,
            book=self.book,
            counters=self.counters,
            publish=self.publish,
            guard=self.guard,
        )
        self.metering = Metering(
            config.station_id, self.book, self.transactions, self.counters, self.publish
        )
        self.statuses = Statuses(self)
        self.limits = Limits(self, around.clock, config.max_current_a, config.phases)
        self.request_ids = FreshIds(around.clock, 0)
        self.reservations = Reservations(self)
        self.authorization = Authorization(self)
        self.local_list = LocalList(self)
        self.soft_stop = SoftStop(self)
        self.needs = VehicleNeeds(self)
        self.list_keeper = LocalListKeeper(self)
        self.installed = InstalledProfiles(self)
        self.monitors = Monitors(memory, self.keep_memory)
        self.external_limits = ExternalLimits(self)
        self.logs = Logs(self)
        self.welcome = Welcome(self)
        self.aligned = AlignedReadings(self)
        self.passwords = Passwords(self)
        self.certificates = StationCertificates(self)
        self.refusals: dict[str, float] = {}
        self.adapter = self._adapter(self.state.version or OcppVersion.V16)
        self._connection: Connection | None = None
        self._slow = False
        self._tasks: set[asyncio.Task[None]] = set()
        for connector_id in range(1, min(memory.connectors, around.bounds.connectors) + 1):
            self.book.update_connector(
                connector_id, operative=memory.operative.get(str(connector_id), True)
            )
        self.limits.restore(around.bounds.connectors)
        self.external_limits.restore()
        # Only now: from here on changes are told, in the loop that there must be by then.
        self.firmware = FirmwareUpdates(self)

    def _adapter(self, version: OcppVersion) -> Adapter:
        return Adapter16(self) if version is OcppVersion.V16 else Adapter2(self, version)

    def restore(
        self, sessions: Iterable[Session], registers: dict[int, tuple[int, datetime]]
    ) -> None:
        """Take up sessions (newest first) and registers from the ledger."""
        self.transactions.restore(sessions, registers)

    def guard(self) -> RegisterGuard:
        """Return a fresh judge of a connector's register."""
        return RegisterGuard(plausible_power_w(self.config.max_current_a, self.config.phases))

    @property
    def state(self) -> StationState:
        """Return the present snapshot."""
        return self.book.state

    @property
    def connected(self) -> bool:
        """Tell whether a socket is open."""
        return self._connection is not None

    @property
    def connection(self) -> Connection | None:
        """Return the open socket."""
        return self._connection

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call a listener with each new snapshot; returns how to stop that."""
        return self.book.subscribe(listener)

    def publish(self, event: Event) -> Kept | None:
        """Hand an event up."""
        kept = self.around.publish(event)
        self.needs.happened(event)
        return kept

    def keep_memory(self) -> None:
        """Save what was learned, soon."""
        self.around.save_memory(self.station_id, self.memory.as_dict())

    async def keep_memory_now(self) -> None:
        """Save what was learned, and wait until it is."""
        self.keep_memory()
        await self.around.flush_memory()

    @property
    def own_names(self) -> tuple[str, ...]:
        """Return what the station may be called in a certificate: its id and its serial number."""
        serial = self.memory.identity.serial_number
        return (self.station_id,) if not serial else (self.station_id, serial)

    def spawn(self, coroutine: Coroutine[object, object, None], name: str) -> None:
        """Run something in the background until it ends or the station goes."""
        task = asyncio.get_running_loop().create_task(self._guarded(coroutine, name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, coroutine: Awaitable[None], name: str) -> None:
        try:
            await coroutine
        except StationOfflineError:
            self.counters.add("background_offline")
        except Exception:
            self.counters.add("background_failed")
            _LOGGER.exception("%s: %s failed", self.station_id, name)

    def attach(self, connection: Connection) -> Connection | None:
        """Serve through a socket from now on; returns the one it replaces, to be closed later."""
        older, self._connection = self._connection, connection
        if older is not None:
            self.limits.close()
        connection.receiver = self
        now = self.clock.now()
        self.book.update(
            connected=True,
            connected_since=now,
            last_seen=now,
            version=connection.version,
            address=connection.address,
        )
        self.memory.version = connection.version.value
        self.adapter.disconnected()
        if self.adapter.version is not connection.version:
            self.adapter = self._adapter(connection.version)
        if older is None:
            self.publish(StationConnected(station_id=self.station_id, at=now))
        self.firmware.connected()
        self.welcome.connected()
        self.certificates.connected()
        return older

    def detach(self, connection: Connection) -> None:
        """Forget a socket, unless it has been replaced."""
        if self._connection is not connection:
            return
        self._connection = None
        self.adapter.disconnected()
        self.welcome.disconnected()
        self.certificates.disconnected()
        self.list_keeper.close()
        self.limits.close()
        self.needs.close()
        for connector_id in self.book.connectors:
            self.metering.lose(connector_id)
        self.book.update(connected=False, connected_since=None)
        self.publish(StationDisconnected(station_id=self.station_id, at=self.clock.now()))

    def receive(self, connection: Connection, call: Call) -> Reply:
        """Answer a message of the station."""
        if connection is not self._connection:
            self.counters.add("replaced_socket_spoke")
        else:
            self.book.seen(self.clock.now())
        return self.adapter.receive(call)

    def card_presented(
        self,
        id_token: str,
        decision: Decision,
        *,
        at: datetime,
        connector_id: int | None = None,
        kind: TokenType | None = None,
        replayed: bool = False,
    ) -> None:
        """Tell of a token that was presented, and of our answer."""
        self.publish(
            CardPresented(
                station_id=self.station_id,
                at=at,
                connector_id=connector_id,
                id_token=id_token,
                accepted=decision.accepted,
                replayed=replayed,
                origin=decision.origin,
                type=kind,
                driver_id=decision.driver.driver_id if decision.driver else None,
            )
        )

    async def command(self, command: Command) -> CommandResult:
        """Ask something of the station.

        Raises StationOfflineError, StationTimeoutError, CallFailedError, CommandRefusedError where the station says no,
        NotSupportedByVersionError, NoSessionError or ProfileInvalidError.
        """
        connection = self._connection
        if connection is None:
            raise StationOfflineError(self.station_id)
        request = self.adapter.request(command)
        if isinstance(command, StartSession):
            self.authorization.invite(start_token(self, command))
        try:
            answer = await self._exchange(connection, request)
        except BaseException as error:
            request.abandon()
            if isinstance(error, CommandRefusedError) and isinstance(command, StartSession):
                self.counters.add("start_refused")
            raise
        status = request.status(answer)
        if request.complete is not None:
            answer = await request.complete(answer)
        self.installed.answered(request.action, request.payload, answer)
        self._done(command, answer)
        return CommandResult(status=status, answer=dict(answer))

    async def _exchange(self, connection: Connection, request: Request) -> Mapping[str, object]:
        """Return the good answer to a request."""
        answer = await self._ask(connection, request.action, request.payload)
        for payload in request.further:
            more = await self._ask(connection, request.action, payload)
            answer = request.join(answer, more)
        status = request.status(answer)
        if request.judged and status is not None and not request.accepts(status):
            raise CommandRefusedError(self.station_id, request.action, status, answer)
        return answer

    async def _ask(
        self, connection: Connection, action: str, payload: Mapping[str, object]
    ) -> Mapping[str, object]:
        sent = self.clock.monotonic()
        patience_s = self.config.response_timeout_s
        if self._slow:
            patience_s = max(patience_s, _SLOW_S)
        try:
            answer = await connection.calls.call(action, payload, patience_s)
        except StationTimeoutError:
            self._slow = True
            raise
        latency_s = self.clock.monotonic() - sent
        self._slow = latency_s > self.config.response_timeout_s
        self.book.update(latency_s=latency_s)
        return answer

    def _done(self, command: Command, answer: Mapping[str, object]) -> None:
        """Take note of what an accepted command changed."""
        self.reservations.done(command)
        self.local_list.done(command, answer)
        if isinstance(command, SetAvailability) and command.evse_connector_id is None:
            self.statuses.made_available(command.connector_id, operative=command.operative)
        elif isinstance(command, SetConfiguration):
            names = self.adapter.names(command.key)
            if _SECRETS.isdisjoint(name.casefold() for name in names):
                present = self.state.configuration.get(command.key) or _UNKNOWN_VALUE
                value = replace(present, value=command.value)
                self.set_configuration({**self.state.configuration, **dict.fromkeys(names, value)})

    def set_configuration(self, configuration: Mapping[str, ConfigurationValue]) -> None:
        """Show and remember what the station's configuration is."""
        self.book.update(configuration=MappingProxyType(dict(configuration)))
        self.memory.configuration = {
            key: [entry.value, entry.readonly] for key, entry in configuration.items()
        }
        self.keep_memory()

    async def start_session(self, connector_id: int, id_token: str | None = None) -> None:
        """Let a vehicle charge: resume it where it is paused, else start a transaction."""
        connector = self.book.connector(connector_id)
        if connector.session is not None and connector.limit and connector.limit.is_pause:
            await self.resume(connector_id)
            return
        if connector.limit is not None and connector.limit.is_pause:
            await self.limits.resume(connector_id)
        await self.command(StartSession(connector_id=connector_id, id_token=id_token))

    async def stop_session(self, connector_id: int, *, at_once: bool = False) -> None:
        """Stop the session of a connector, softly unless `at_once`."""
        await self.soft_stop.stop(StopSession(connector_id=connector_id), at_once=at_once)

    async def set_limit(self, connector_id: int, current_a: float) -> None:
        """Limit a connector to a current in A per phase."""
        await self.limits.set(connector_id, current_a)

    async def clear_limit(self, connector_id: int) -> None:
        """Take the limit of a connector away."""
        await self.limits.clear(connector_id)

    async def pause(self, connector_id: int) -> None:
        """Hold charging back without ending the session."""
        await self.limits.pause(connector_id)

    async def resume(self, connector_id: int) -> None:
        """Go on charging after a pause."""
        await self.limits.resume(connector_id)

    def ask_for_readings(self, connector_id: int) -> None:
        """Ask for meter values soon, without waiting for them."""
        self.welcome.ask_for_readings(connector_id)

    def limit_profile(
        self, form: Form, *, profile_id: int, limit: float, session: Session | None, now: datetime
    ) -> Mapping[str, object] | None:
        """Return a profile in the words of the version spoken."""
        return self.adapter.limit_profile(
            form, profile_id=profile_id, limit=limit, session=session, now=now
        )

    async def tell_vehicle(self, connector_id: int, current_a: float) -> None:
        """Tell a vehicle that said what it needs how much it may take."""
        await self.needs.say(connector_id, current_a)

    def reconfigure(self, config: StationConfig) -> None:
        """Take changed settings; nothing is disconnected."""
        before, self.config = self.config, config
        if config.password != before.password:
            self.passwords.set_up()
        self.limits.max_current_a = config.max_current_a
        self.limits.phases = config.phases
        self.transactions.deliverable(plausible_power_w(config.max_current_a, config.phases))

    async def close(self) -> None:
        """Close the socket, stop all timers and background work."""
        connection = self._connection
        if connection is not None:
            self.detach(connection)
            await connection.close()
        self.welcome.disconnected()
        self.certificates.disconnected()
        self.passwords.close()
        self.list_keeper.close()
        self.limits.close()
        self.needs.close()
        self.reservations.close()
        self.external_limits.close()
        self.logs.close()
        self.firmware.close()
        self.transactions.close()
        await self.soft_stop.close()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def diagnostics(self) -> dict[str, object]:
        """Return what helps to understand the station; not redacted."""
        return {
            "counters": self.counters.as_dict(),
            "memory": self.memory.as_dict(),
            "clock_offset_s": self.clock_offset.seconds,
            "connected": self.connected,
            "version": self.state.version,
            "security_profile": self._connection.profile if self._connection else None,
        }


def _remembered(station_id: str, memory: Memory) -> StationState:
    configuration = {
        key: ConfigurationValue(
            value=None if entry[0] is None else str(entry[0]), readonly=bool(entry[1])
        )
        for key, entry in memory.configuration.items()
    }
    return replace(
        StationState(station_id=station_id),
        identity=memory.identity,
        version=OcppVersion(memory.version) if memory.version in set(OcppVersion) else None,
        operative=memory.operative.get("0", True),
        configuration=MappingProxyType(configuration),
    )
