"""Stations that connected and that nobody has confirmed yet."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from aiohttp import WSCloseCode

from ..model.clock import Clock
from ..model.station import OcppVersion, PendingStation
from .bounds import Bounds
from .connection import Connection, Reply
from .counters import Counters
from .fields import timestamp
from .identity import read_identity
from .rpc import Call, CallRefusal

_RETRY_S: Final = 60
_NOT_YET: Final = "not confirmed yet"
_CALM: Final = frozenset({"StatusNotification", "MeterValues", "SecurityEventNotification"})


class PendingStations:
    """A bounded waiting room; keeps stations calm without letting them charge or grow memory.

    Unknown stations get `Pending` (OCPP 1.6 section 4.2; 2.x B02), nothing they send is kept, and transactions are
    refused with a CALLERROR so that the station keeps them for later. From 2.0.1 on so is all else but a boot
    (B02.FR.09, B03.FR.08).
    """

    def __init__(
        self, clock: Clock, bounds: Bounds, announce: Callable[[PendingStation], None]
    ) -> None:
        """Call `announce` whenever a station appears or says more about itself."""
        self.counters = Counters()
        self.stations: dict[str, PendingStation] = {}
        self._connections: dict[str, Connection] = {}
        self._sockets: set[Connection] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._clock = clock
        self._bounds = bounds
        self._announce = announce

    def has_room(self, station_id: str, address: str | None) -> bool:
        """Tell whether a station may enter, making room by forgetting one that left or one of a crowd."""
        if len(self._sockets) >= 2 * self._bounds.pending_stations:
            self.counters.add("pending_sockets_full")
            return False
        if station_id in self.stations or len(self.stations) < self._bounds.pending_stations:
            return True
        gone = [item for item in self.stations.values() if item.station_id not in self._connections]
        if gone:
            del self.stations[min(gone, key=lambda item: item.last_seen).station_id]
            return True
        if self._thin_out(address):
            return True
        self.counters.add("pending_full")
        return False

    def _thin_out(self, address: str | None) -> bool:
        """Send away the newest station of the address that has most, so that none of them can fill the room."""
        here = Counter(item.address for item in self.stations.values())
        crowded, most = here.most_common(1)[0]
        if most <= here[address] + 1:
            return False
        crowd = [item for item in self.stations.values() if item.address == crowded]
        newest = max(crowd, key=lambda item: item.first_seen).station_id
        del self.stations[newest]
        self.counters.add("pending_thinned_out")
        self.send_away(self._connections.pop(newest), "no room")
        return True

    def send_away(self, connection: Connection, reason: str) -> None:
        """Close a socket in the background."""
        task = asyncio.get_running_loop().create_task(
            connection.close(WSCloseCode.TRY_AGAIN_LATER, reason)
        )
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def entered(self, connection: Connection) -> Connection | None:
        """Take a socket; returns the older one it replaces."""
        station_id = connection.station_id
        now = self._clock.now()
        known = self.stations.get(station_id)
        station = PendingStation(
            station_id=station_id,
            first_seen=now,
            last_seen=now,
            address=connection.address,
            version=connection.version,
        )
        if known is not None:
            station = replace(station, first_seen=known.first_seen, identity=known.identity)
        self.stations[station_id] = station
        older = self._connections.get(station_id)
        self._connections[station_id] = connection
        self._sockets.add(connection)
        self._announce(station)
        return older

    def left(self, connection: Connection) -> None:
        """Forget a socket, unless it has been replaced."""
        self._sockets.discard(connection)
        if self._connections.get(connection.station_id) is connection:
            del self._connections[connection.station_id]

    def release(self, station_id: str) -> tuple[PendingStation | None, Connection | None]:
        """Give up a station that was confirmed, with its socket if it is connected."""
        connection = self._connections.pop(station_id, None)
        if connection is not None:
            self._sockets.discard(connection)
        return self.stations.pop(station_id, None), connection

    def connections(self) -> list[Connection]:
        """Return the open sockets, those that are being replaced included."""
        return list(self._sockets)

    def receive(self, connection: Connection, call: Call) -> Reply:
        """Answer an unknown station."""
        now = self._clock.now()
        if call.action == "BootNotification":
            self._booted(connection, call)
            return {"status": "Pending", "currentTime": timestamp(now), "interval": _RETRY_S}
        if connection.version is not OcppVersion.V16:
            raise CallRefusal("SecurityError", _NOT_YET)
        if call.action == "Heartbeat":
            return {"currentTime": timestamp(now)}
        if call.action == "Authorize":
            return {"idTagInfo": {"status": "Invalid"}}
        if call.action in _CALM:
            return {}
        raise CallRefusal("SecurityError", _NOT_YET)

    def _booted(self, connection: Connection, call: Call) -> None:
        known = self.stations.get(connection.station_id)
        if known is None:
            return
        identity, _ = read_identity(call.payload)
        station = replace(known, identity=identity, last_seen=self._clock.now())
        self.stations[connection.station_id] = station
        if identity != known.identity:
            self._announce(station)
