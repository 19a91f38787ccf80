"""The central system: known stations, the waiting room and the port they dial in to."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
import logging
import ssl
from typing import Final, Literal

from aiohttp import web
from cryptography import x509

from ..model.clock import Clock, Timer
from ..model.config import ServerConfig, SiteConfig, StationConfig
from ..model.errors import AuthorityError
from ..model.events import Event, StationPending
from ..model.ports import Kept, SessionCosts, SessionHistory
from ..model.session import Session
from ..model.station import UNKNOWN_IDENTITY, OcppVersion, PendingStation
from .access import find_station
from .bounds import DEFAULT_BOUNDS, Bounds
from .connection import Connection
from .files import Door, FileHosting
from .memory import Memory
from .pending import PendingStations
from .refusal import Refused
from .security.admission import Admission, Approach, judge, unauthorized
from .security.authority import Authority
from .security.tls import ServerTls
from .server import StationServer
from .session_id import TransactionIds
from .station import ChargingStation, Surroundings, do_nothing

_LOGGER = logging.getLogger(__name__)

_DAY_S: Final = 86_400.0


class CentralSystem:
    """Serves all charging stations of the house."""

    def __init__(  # noqa: PLR0913 - what the house hands in
        self,
        *,
        clock: Clock,
        history: SessionHistory,
        publish: Callable[[Event], Kept | None],
        save_memory: Callable[[str, Mapping[str, object]], None],
        site: Callable[[], SiteConfig],
        last_transaction_id: int,
        bounds: Bounds = DEFAULT_BOUNDS,
        flush_memory: Callable[[], Awaitable[None]] = do_nothing,
        authority: Authority | None = None,
    ) -> None:
        """Serve nothing before `start`; without an authority no certificates are signed."""
        self.stations: dict[str, ChargingStation] = {}
        self._clock = clock
        self._bounds = bounds
        self._publish = publish
        self.files = FileHosting(clock, site, bounds.files)
        self._around = Surroundings(
            clock=clock,
            ids=TransactionIds(clock, last_transaction_id),
            history=history,
            bounds=bounds,
            publish=publish,
            save_memory=save_memory,
            site=site,
            flush_memory=flush_memory,
            authority=authority,
            trust_own=self._trust_own,
            names_of_others=self._names_of_others,
            running=self._running,
            files=self.files,
        )
        self._tls: ServerTls | None = None
        self._renewal: Timer | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._pending = PendingStations(clock, bounds, self._announce)
        self._server = StationServer(
            self._admit, self._versions, self._serve, self.files.door.handle, bounds
        )
        self._stopping = False

    @property
    def pending(self) -> Mapping[str, PendingStation]:
        """Return the stations nobody has confirmed yet."""
        return self._pending.stations

    @property
    def port(self) -> int:
        """Return the port that is really bound."""
        return self._server.port

    async def start(self, config: ServerConfig) -> None:
        """Listen for stations; raises OSError or ssl.SSLError."""
        self._stopping = False
        self._tls = None
        if config.encrypted:
            self._tls = ServerTls(config, self._around.authority, self._server.counters)
            await asyncio.to_thread(self._tls.load)
        await self._server.start(config, self._tls.context if self._tls else None)
        if self._tls is not None:
            self._renewal = self._clock.call_later(_DAY_S, self._renew)

    def root(self) -> x509.Certificate:
        """Return the root of our own authority, made if there is none yet; blocks, raises AuthorityError."""
        authority = self._around.authority
        if authority is None:
            raise AuthorityError("-", "there is none")
        return authority.root()

    @property
    def certificate_ends_at(self) -> datetime | None:
        """Return when the certificate of the port runs out, None where there is none."""
        return self._tls.not_after if self._tls is not None else None

    def _renew(self) -> None:
        """Look after the certificate of the port once a day; one that was put in its place is taken over."""
        self._renewal = self._clock.call_later(_DAY_S, self._renew)
        if self._tls is not None and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.get_running_loop().create_task(self._load_anew(self._tls))

    async def _load_anew(self, tls: ServerTls) -> None:
        try:
            await asyncio.to_thread(tls.load)
        except ssl.SSLError as err:
            self._server.counters.add("certificate_not_renewed")
            _LOGGER.warning("The certificate of the port for stations stays as it is: %s", err)

    async def _trust_own(self) -> None:
        """Believe the certificates of our own authority from now on."""
        if self._tls is not None:
            await asyncio.to_thread(self._tls.trust_own)

    def _names_of_others(self, station_id: str) -> Iterable[str]:
        """Return what other stations are called, which no certificate of this one may say."""
        for other in self.stations.values():
            if other.station_id != station_id:
                yield from other.own_names

    async def stop(self) -> None:
        """Close the port and all sockets; whoever is still in the door is turned away."""
        self._stopping = True
        if self._renewal is not None:
            self._renewal.cancel()
        if self._renewing is not None:
            await asyncio.wait([self._renewing])
        self._server.close_door()
        try:
            await asyncio.gather(
                *(station.close() for station in self.stations.values()),
                *(connection.close() for connection in self._pending.connections()),
            )
        finally:
            await self._server.stop()
            await self.files.close()

    def tell_costs(self, costs: SessionCosts) -> None:
        """Let stations that are made known from now on be told what their sessions cost."""
        self._around = replace(self._around, costs=costs)

    def add(self, config: StationConfig, memory: Memory) -> ChargingStation:
        """Make a station known; `adopt` it when it is ready to be served."""
        station = ChargingStation(config, self._around, memory)
        self.stations[config.station_id] = station
        return station

    def adopt(self, station: ChargingStation) -> None:
        """Serve a station over the socket it is waiting with."""
        pending, connection = self._pending.release(station.station_id)
        if pending is not None and pending.identity != UNKNOWN_IDENTITY:
            station.memory.identity = pending.identity
            station.book.update(identity=pending.identity)
        if connection is None:
            return
        if station.connected or station.config.password or station.config.least_profile:
            # A newer socket serves already, or this one has not shown what it needs to from now on.
            self._pending.send_away(connection, "dial in again")
            return
        station.attach(connection)
        station.welcome.adopted()

    async def remove(self, station_id: str) -> None:
        """Forget a station and close its socket."""
        station = self.stations.pop(station_id, None)
        if station is not None:
            await station.close()
            station.firmware.forget()

    def _running(self) -> Iterator[Session]:
        for station in self.stations.values():
            yield from station.transactions.running_sessions()

    def _announce(self, station: PendingStation) -> None:
        self._publish(
            StationPending(station_id=station.station_id, at=self._clock.now(), station=station)
        )

    async def _admit(self, approach: Approach) -> Admission:
        """Decide on a socket before it is upgraded; a stranger neither evicts nor impersonates a known station."""
        if self._stopping:
            raise Refused(503, "stopping")
        dialled, address = approach.dialled, approach.address
        station = find_station(self.stations, dialled)
        if station is None:
            if not self._around.site().admit_unknown:
                raise unauthorized("unknown_station")
            if not self._pending.has_room(dialled, address):
                raise Refused(503, "pending_full")
            return Admission(station_id=dialled)
        if station.station_id != dialled:
            station.counters.add("id_case_differs")
        admission = judge(station, approach)
        present = station.connection
        if (
            present is not None
            and present.address != address
            and not admission.profile
            and await present.probe(self._bounds.takeover_probe_s)
        ):
            first = not station.counters["takeover_refused"]
            station.counters.add("takeover_refused")
            _LOGGER.log(
                logging.WARNING if first else logging.DEBUG,
                "%s dialled %s while that station is connected from %s and alive",
                address,
                station.station_id,
                present.address,
            )
            raise Refused(409, "takeover_refused")
        if self._stopping:
            raise Refused(503, "stopping")
        return admission

    def _versions(self, station_id: str) -> tuple[OcppVersion, ...]:
        station = self.stations.get(station_id)
        return station.config.versions if station is not None else ()

    async def _serve(
        self,
        admission: Admission,
        version: OcppVersion,
        door: Door,
        socket: web.WebSocketResponse[Literal[False]],
    ) -> None:
        station_id = admission.station_id
        station = self.stations.get(station_id)
        connection = Connection(
            station_id=station_id,
            version=version,
            socket=socket,
            receiver=station if station is not None else self._pending,
            clock=self._clock,
            bounds=self._bounds,
            profile=admission.profile,
            door=door,
        )
        if self._stopping or (
            station is None and not self._pending.has_room(station_id, door.address)
        ):
            # It was let in before, and things changed while it took its time over the handshake.
            raise Refused(503, "turned_back")
        if station is not None:
            station.passwords.shown(admission.password)
        older = station.attach(connection) if station else self._pending.entered(connection)
        closing = asyncio.create_task(older.close(reason="replaced")) if older else None
        try:
            await connection.serve()
        finally:
            self._pending.left(connection)
            served = self.stations.get(station_id)
            if served is not None:
                served.detach(connection)
            if closing is not None:
                await asyncio.wait([closing])

    def diagnostics(self) -> dict[str, object]:
        """Return what helps to understand the whole; not redacted."""
        return {
            "port": self.port,
            "open_sockets": self._server.open,
            "certificate_ends_at": self.certificate_ends_at,
            "server": self._server.counters.as_dict(),
            "files": self.files.diagnostics(),
            "pending": self._pending.counters.as_dict(),
            "stations": {key: item.diagnostics() for key, item in self.stations.items()},
        }
