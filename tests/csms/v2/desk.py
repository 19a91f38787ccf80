"""A station without a socket: messages are handed over by hand, and sessions merge as in the ledger."""

import asyncio
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from inspect import isawaitable
from typing import Any

from custom_components.chargestead.billing.ledger.merge import merge
from custom_components.chargestead.csms.bounds import DEFAULT_BOUNDS
from custom_components.chargestead.csms.files import FileHosting
from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.csms.rpc import Call, CallRefusal
from custom_components.chargestead.csms.session_id import TransactionIds
from custom_components.chargestead.csms.station import ChargingStation, Surroundings
from custom_components.chargestead.model.config import SiteConfig, StationConfig
from custom_components.chargestead.model.events import (
    Event,
    SessionEnded,
    SessionStarted,
    SessionUpdated,
)
from custom_components.chargestead.model.ports import Kept
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.model.station import OcppVersion
from tests.simulator import Json, ManualClock


class Desk:
    """One station, whose messages are taken at once."""

    def __init__(self, version: OcppVersion = OcppVersion.V201, connectors: int = 1) -> None:
        """Know a station that never connected."""
        self.clock = ManualClock()
        self.kept: dict[str, Session] = {}
        self.events: list[Event] = []
        self._version = version
        self._connectors = connectors
        self.station = self._station()

    def _station(self) -> ChargingStation:
        around = Surroundings(
            clock=self.clock,
            ids=TransactionIds(self.clock, 0),
            history=self,
            bounds=DEFAULT_BOUNDS,
            publish=self.publish,
            save_memory=self._save,
            site=SiteConfig,
            files=FileHosting(self.clock, SiteConfig),
        )
        memory = Memory(connectors=self._connectors, version=self._version.value)
        return ChargingStation(StationConfig(station_id="DESK"), around, memory)

    def restart(self) -> None:
        """Begin anew with what was kept."""
        self.station.transactions.close()
        self.station = self._station()
        newest_first = sorted(self.kept.values(), key=lambda item: item.started_at, reverse=True)
        self.station.restore(newest_first, {})

    def publish(self, event: Event) -> Kept | None:
        """Keep sessions."""
        self.events.append(event)
        if isinstance(event, SessionStarted | SessionUpdated | SessionEnded):
            session = event.session
            before = self.kept.get(session.id)
            self.kept[session.id] = session if before is None else merge(before, session)
            kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            kept.set_result(None)
            return kept
        return None

    async def find_session(self, station_id: str, transaction_id: str) -> Session | None:
        """Return a session by its transaction id."""
        found = [
            item
            for item in self.kept.values()
            if (item.station_id, item.transaction_id) == (station_id, transaction_id)
        ]
        return max(found, key=lambda item: item.started_at, default=None)

    async def session(self, session_id: str) -> Session | None:
        """Return a session by its own id."""
        return self.kept.get(session_id)

    async def hand(self, action: str, payload: Json) -> Mapping[str, Any] | CallRefusal:
        """Hand a message over; return the answer, or the refusal."""
        try:
            reply = self.station.adapter.receive(Call("1", action, deepcopy(payload)))
            return await reply if isawaitable(reply) else reply
        except CallRefusal as refusal:
            return refusal

    def at(self, moment: datetime) -> None:
        """Set the clock forward."""
        self.clock._elapsed = (moment - self.clock._start).total_seconds()

    def _save(self, station_id: str, content: Mapping[str, object]) -> None:
        """Forget what is to be saved."""
