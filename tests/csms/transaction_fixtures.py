"""A house with one charging station that is fed with messages, over a ledger in mind or in a file."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from custom_components.chargestead.billing.ledger import (
    Activity,
    CostSum,
    KeptSession,
    Ledger,
    SessionAssigned,
    SolarLearned,
)
from custom_components.chargestead.billing.ledger.merge import merge
from custom_components.chargestead.csms.rpc import Call
from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.config import SiteConfig, StationConfig
from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.events import (
    Event,
    RegisterRead,
    SessionEnded,
    SessionStarted,
    SessionUpdated,
)
from custom_components.chargestead.model.journal import JournalEntry, JournalPruned
from custom_components.chargestead.model.ports import Kept
from custom_components.chargestead.model.price import PriceSeries
from custom_components.chargestead.model.reading import MeterReading
from custom_components.chargestead.model.session import Session, SessionFlag
from custom_components.chargestead.site import Site

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATION = "CP-1"


def at(seconds: float) -> datetime:
    """Return a moment that many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def stamp(seconds: float) -> str:
    """Return that moment as stations write it."""
    return at(seconds).isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class HandTimer:
    """A callback that waits."""

    due: float
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        """Forget the callback."""
        self.cancelled = True


@dataclass(slots=True)
class HandClock:
    """A clock that is moved by hand."""

    seconds: float = 0
    timers: list[HandTimer] = field(default_factory=list)

    def now(self) -> datetime:
        """Return noon and what has gone by."""
        return at(self.seconds)

    def monotonic(self) -> float:
        """Return what has gone by."""
        return self.seconds

    def call_later(self, delay: float, callback: Callable[[], None]) -> HandTimer:
        """Call back when the time comes."""
        timer = HandTimer(self.seconds + delay, callback)
        self.timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Go on, calling back whatever falls due."""
        self.seconds += seconds
        while due := [timer for timer in self.timers if timer.due <= self.seconds]:
            self.timers = [timer for timer in self.timers if timer not in due]
            for timer in sorted(due, key=lambda item: item.due):
                if not timer.cancelled:
                    timer.callback()

    def go_to(self, seconds: float) -> None:
        """Go on to that many seconds after noon, unless it is later already."""
        self.advance(max(0.0, seconds - self.seconds))


@dataclass
class LedgerInMind:
    """Keeps what the real ledger keeps, merged by the same rule, without a database.

    While `failing`, every event is turned away.
    """

    kept: dict[str, Session] = field(default_factory=dict)
    told: dict[str, dict[tuple[datetime, str], MeterReading]] = field(default_factory=dict)
    newest: dict[int, tuple[datetime, int]] = field(default_factory=dict)
    largest_id: int = 0
    failing: bool = False
    entries: dict[tuple[str, str], JournalEntry] = field(default_factory=dict)

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

    def keep(self, event: Event | JournalEntry | JournalPruned) -> Kept | None:
        """Keep an event of the kinds that are kept."""
        if isinstance(event, JournalEntry):
            self.entries[event.kind, event.uid] = event
        if not isinstance(event, SessionStarted | SessionUpdated | SessionEnded | RegisterRead):
            return None
        future: Kept = asyncio.get_running_loop().create_future()
        if self.failing:
            future.set_exception(LedgerError("no room"))
            future.exception()
            return future
        future.set_result(None)
        if isinstance(event, RegisterRead):
            self._register(event.connector_id, event.reading.at, event.reading.register_mwh)
            return future
        session = event.session
        known = self.kept.get(session.id)
        self.kept[session.id] = session if known is None else merge(known, session)
        readings = () if isinstance(event, SessionStarted) else event.readings
        taken = self.told.setdefault(session.id, {})
        for reading in readings:
            key = (reading.at, str(reading.context))
            before = taken.get(key, reading)
            taken[key] = max(
                before, reading, key=lambda item: (item.register_mwh, item.signed or "")
            )
        if SessionFlag.ORPHAN not in session.flags:
            if session.register_last_at is not None and session.register_last_mwh is not None:
                self._register(
                    session.connector_id, session.register_last_at, session.register_last_mwh
                )
            for reading in readings:
                self._register(session.connector_id, reading.at, reading.register_mwh)
            if not session.flags & {SessionFlag.RECONSTRUCTED}:
                self.largest_id = max(self.largest_id, int(session.transaction_id))
        return future

    def _register(self, connector_id: int, moment: datetime, register_mwh: int) -> None:
        newest = (moment, register_mwh)
        self.newest[connector_id] = max(newest, self.newest.get(connector_id, newest))

    async def assignments(self, _session_id: str) -> list[SessionAssigned]:
        """Return nothing: nobody is named here."""
        return []

    async def session(self, session_id: str) -> Session | None:
        """Return the session of an id."""
        return self.kept.get(session_id)

    async def find_session(self, station_id: str, transaction_id: str) -> Session | None:
        """Return the newest session of a transaction id, orphans excluded."""
        return max(
            (
                item
                for item in self._newest_first(station_id)
                if item.transaction_id == transaction_id and SessionFlag.ORPHAN not in item.flags
            ),
            key=lambda item: item.started_at,
            default=None,
        )

    def _newest_first(self, station_id: str = STATION) -> list[Session]:
        return sorted(
            (item for item in self.kept.values() if item.station_id == station_id),
            key=lambda item: item.started_at,
            reverse=True,
        )

    async def recent_sessions(self, station_id: str) -> list[Session]:
        """Return the newest sessions."""
        return self._newest_first(station_id)[:200]

    async def open_sessions(self, station_id: str) -> list[Session]:
        """Return the sessions that still run."""
        return [item for item in self._newest_first(station_id) if item.is_open]

    async def registers(self, station_id: str) -> dict[int, tuple[int, datetime]]:
        """Return the newest registers, of the one station that has any."""
        if station_id != STATION:
            return {}
        return {key: (mwh, moment) for key, (moment, mwh) in self.newest.items()}

    async def last_transaction_id(self) -> int:
        """Return the largest id given out."""
        return self.largest_id

    async def sessions(self) -> list[Session]:
        """Return all sessions, newest first."""
        return self._newest_first()

    async def readings(self, session_id: str) -> list[MeterReading]:
        """Return the readings of a session by time."""
        return sorted(
            self.told.get(session_id, {}).values(), key=lambda item: (item.at, item.register_mwh)
        )

    async def kept_session(self, session_id: str) -> KeptSession | None:
        """Return a session without a price, as nothing is priced here."""
        session = self.kept.get(session_id)
        if session is None:
            return None
        return KeptSession(
            session=session, driver_id=None, vehicle_id=None, tariff_uid=None, cost=None
        )

    async def kept_sessions(self, *_: object, **__: object) -> list[KeptSession]:
        """Return no priced sessions."""
        return []

    async def provisional_sessions(self, *_: object) -> list[KeptSession]:
        """Return no sessions whose price may change."""
        return []

    async def cost_sums(self, _: object) -> list[CostSum]:
        """Return no costs."""
        return []

    async def activities(self, *_: object) -> list[Activity]:
        """Return nothing that would only matter for a price."""
        return []

    async def prices(self, *_: object) -> dict[str, PriceSeries]:
        """Return no prices."""
        return {}

    async def solar(self, *_: object) -> list[SolarLearned]:
        """Return no solar shares."""
        return []

    async def tariff(self, _: str) -> str | None:
        """Return no tariff."""
        return None

    async def close(self) -> None:
        """Do nothing: it is all in mind."""


class MemoryInMind:
    """Station memory that outlives a restart of the site."""

    def __init__(self) -> None:
        """Start empty."""
        self.content: dict[str, Mapping[str, object]] = {}

    def load(self, station_id: str) -> Mapping[str, object]:
        """Return what was saved."""
        return self.content.get(station_id, {})

    def save(self, station_id: str, content: Mapping[str, object]) -> None:
        """Keep content."""
        self.content[station_id] = content


class House:
    """A site with one station; `restart` throws the site away and keeps the ledger and the memory.

    What the station says of a moment to come moves the clock there; what is older arrives late.
    """

    def __init__(
        self,
        *,
        connectors: int = 1,
        path: Path | None = None,
        config: StationConfig | None = None,
        site: SiteConfig | None = None,
    ) -> None:
        """Use the ledger of a file, or one in mind."""
        self.clock = HandClock()
        self.memory = MemoryInMind()
        self.memory.content[STATION] = {"connectors": connectors}
        self.config = config or StationConfig(station_id=STATION, configure=False)
        self.site_config = site or SiteConfig()
        self.events: list[Event] = []
        self.ledger: Any = None
        self.site: Site
        self.station: ChargingStation
        self._path = path

    async def __aenter__(self) -> Self:
        """Open the house."""
        self.ledger = LedgerInMind() if self._path is None else await self._opened()
        await self._move_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the house."""
        await self.site.stop()
        await self.ledger.close()

    async def _opened(self) -> Ledger:
        return await Ledger.open(f"sqlite:///{self._path}", clock=self.clock)

    async def _move_in(self) -> None:
        self.site = Site(
            clock=self.clock, ledger=self.ledger, memory=self.memory, config=self.site_config
        )
        self.site.subscribe(self.events.append)
        self.station = await self.site.add_station(self.config)

    async def restart(self) -> None:
        """Throw the site away and make another; what the ledger and the memory hold is all there is."""
        await self.site.stop()
        if self._path is not None:
            await self.ledger.close()
            self.ledger = await self._opened()
        await self._move_in()

    async def say(self, action: str, **payload: object) -> dict[str, Any]:
        """Let the station say something and return its answer."""
        reply = self.station.adapter.receive(Call("m", action, deepcopy(payload)))
        answer = await reply if isinstance(reply, Awaitable) else reply
        return dict(answer)

    async def start(
        self,
        seconds: float | None,
        wh: object = 0,
        *,
        connector: int = 1,
        id_tag: str | None = "CARD",
        **more: object,
    ) -> int:
        """Say StartTransaction and return the transaction id."""
        payload: dict[str, object] = {"connectorId": connector, "idTag": id_tag, "meterStart": wh}
        if seconds is not None:
            self.clock.go_to(seconds)
            payload["timestamp"] = stamp(seconds)
        answer = await self.say("StartTransaction", **(payload | more))
        return int(answer["transactionId"])

    async def meter(
        self,
        seconds: float | None,
        wh: object,
        transaction: object = None,
        *,
        connector: int = 1,
        **sample: object,
    ) -> None:
        """Say MeterValues with one register."""
        value: dict[str, object] = {"sampledValue": [{"value": str(wh), **sample}]}
        if seconds is not None:
            self.clock.go_to(seconds)
            value["timestamp"] = stamp(seconds)
        payload: dict[str, object] = {"connectorId": connector, "meterValue": [value]}
        if transaction is not None:
            payload["transactionId"] = transaction
        assert await self.say("MeterValues", **payload) == {}

    async def stop(
        self, transaction: object, seconds: float | None, wh: object, **more: object
    ) -> dict[str, Any]:
        """Say StopTransaction."""
        payload: dict[str, object] = {"transactionId": transaction, "meterStop": wh}
        if seconds is not None:
            self.clock.go_to(seconds)
            payload["timestamp"] = stamp(seconds)
        return await self.say("StopTransaction", **(payload | more))

    async def status(self, seconds: float | None, word: str, connector: int = 1) -> None:
        """Say StatusNotification."""
        payload: dict[str, object] = {
            "connectorId": connector,
            "status": word,
            "errorCode": "NoError",
        }
        if seconds is not None:
            self.clock.go_to(seconds)
            payload["timestamp"] = stamp(seconds)
        assert await self.say("StatusNotification", **payload) == {}

    async def session(self, transaction: object) -> Session:
        """Return what the ledger holds of a transaction."""
        session = await self.ledger.find_session(STATION, str(transaction))
        assert session is not None, transaction
        return session  # type: ignore[no-any-return]

    async def energy_wh(self, transaction: object) -> float | None:
        """Return the energy of a transaction as the ledger has it."""
        energy = (await self.session(transaction)).energy_mwh
        return None if energy is None else energy / 1000

    async def registers_wh(self, transaction: object) -> list[float]:
        """Return the registers that the ledger holds of a transaction, by time."""
        session = await self.session(transaction)
        return [item.register_mwh / 1000 for item in await self.ledger.readings(session.id)]

    def count(self, name: str) -> int:
        """Return a counter of the station."""
        return self.station.counters[name]

    def shown(self, connector: int = 1) -> Session | None:
        """Return the session that a connector shows as running."""
        return self.station.book.connector(connector).session


def flags_of(session: Session) -> set[str]:
    """Return the flags of a session as words."""
    return {str(flag) for flag in session.flags}


def only[T](items: Sequence[T]) -> T:
    """Return the one item there is."""
    assert len(items) == 1, items
    return items[0]
