"""Prices every session: while it runs, when it ends, and again when more is known."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
import logging
from typing import Final

from ...billing.ledger import (
    Activity,
    KeptSession,
    PricesLearned,
    SessionCost,
    SessionFilter,
    SessionPriced,
    SolarLearned,
    TariffUsed,
)
from ...billing.rating import Metered, Reason, SolarShares
from ...billing.tariffs import Tariff, TariffError
from ...billing.tariffs.storage import load_tariff
from ...model.clock import Clock, Timer
from ...model.events import (
    CostChanged,
    Event,
    LimitChanged,
    PriceChanged,
    SessionEnded,
    SessionStarted,
    SessionUpdated,
    StationConnected,
    StationDisconnected,
    StatusChanged,
)
from ...model.ports import Kept
from ...model.price import PriceSlot
from ...model.reading import MeterReading
from ...model.session import Session
from ...model.station import ConnectorState
from .config import CostConfig
from .figures import Figures
from .jobs import Jobs, wait_for
from .ports import CostLedger
from .pricing import energy_price, gather, named, rated, shares
from .running import RunningSession, states
from .sums import Connector

_LOGGER = logging.getLogger(__name__)

_THROTTLE_S: Final = 15
_ROUND_S: Final = 900
_ROUND_LATE_S: Final = 5
_FOREVER: Final = datetime(9000, 1, 1, tzinfo=UTC)
_UNRATED: Final = timedelta(days=2)
_UNRATED_AT_START: Final = timedelta(days=366)
_HEALING: Final = timedelta(days=14)
_HEALED_BY_PRICES: Final = frozenset({Reason.UNKNOWN_PRICE.value, Reason.CURRENCY_CHANGED.value})
_HEALED_BY_SOLAR: Final = frozenset({Reason.UNKNOWN_SOLAR.value})


class Costing(Figures):
    """Follows the events of the site and turns them into costs.

    A running session is rated from what is in memory, an ended one from what the ledger keeps: both by the same
    function, so that a restart changes nothing. Ratings are made one after another, beside the event loop.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        ledger: CostLedger,
        publish: Callable[[Event], Kept | None],
        connectors: Callable[[str], Iterable[ConnectorState]],
    ) -> None:
        """Price nothing before `start`; `connectors` returns those of a station as they are now."""
        super().__init__(clock=clock, ledger=ledger)
        self.solar_now: Callable[[], SolarLearned | None] | None = None
        self._publish = publish
        self._connectors = connectors
        self._held: dict[Connector, bool] = {}
        self._unpriced: set[str] = set()
        self._solar_told = False
        self._jobs = Jobs("a cost")
        self._round: Timer | None = None

    async def start(self, config: CostConfig) -> None:
        """Catch up on what ended unrated, and look again every quarter of an hour."""
        self.configure(config)
        self._jobs.put("abandoned", self._finish_abandoned)
        await self._jobs.settled()

    def resume(self, session: Session) -> None:
        """Go on with a session that ran before a restart of ours."""
        self._jobs.put(session.id, lambda: self._begin(session, None))

    def configure(self, config: CostConfig) -> None:
        """Take changed tariffs; a session that runs keeps the one it began with."""
        self.config = config
        self._unpriced.clear()
        self._jobs.put("round", self._make_round)
        self._changed()

    async def stop(self) -> None:
        """Price no more; what is being rated is finished."""
        await self._jobs.close()
        # Only now: what was being rated may have planned to look again.
        if self._round is not None:
            self._round.cancel()
        for running in self._running.values():
            running.rest()

    def rated(self, session_id: str) -> Kept:
        """Return what is done when a session that has just ended has been rated, or could not be."""
        return self._jobs.done(f"end {session_id}")

    async def settled(self) -> None:
        """Wait until nothing waits to be rated."""
        await self._jobs.settled()

    # What happens

    def learn_prices(self, source: str, currency: str, slots: tuple[PriceSlot, ...]) -> None:
        """Take prices per kWh that a source quotes; what they were missing for is rated again."""
        if not slots:
            return
        kept = self._ledger.keep(
            PricesLearned(at=self._clock.now(), source=source, currency=currency, slots=slots)
        )
        self._jobs.put("prices", lambda: self._heal(_HEALED_BY_PRICES, kept))

    def learn_solar(self, learned: SolarLearned) -> None:
        """Take the solar share of a slot."""
        self._solar_told = True
        kept = self._ledger.keep(learned)
        self._jobs.put("solar", lambda: self._heal(_HEALED_BY_SOLAR, kept))

    def handle(self, event: Event, kept: Kept | None) -> None:
        """Take an event of the site that the ledger was given before."""
        match event:
            case SessionUpdated():
                self._session(event.session, event.readings, kept)
            case SessionStarted(session=session):
                self._session(session, (), kept)
            case SessionEnded(session=session, readings=readings):
                self._session(session, readings, kept)
            case StatusChanged(connector_id=connector_id) if connector_id:
                self._activity(event.station_id, connector_id, event.at, event.status)
            case LimitChanged(connector_id=connector_id):
                self._limit(event.station_id, connector_id, event.at)
            case StationDisconnected():
                for connector in self._connectors(event.station_id):
                    self._activity(event.station_id, connector.connector_id, event.at, None)
            case StationConnected():
                for connector in self._connectors(event.station_id):
                    self._activity(
                        event.station_id, connector.connector_id, event.at, connector.status
                    )

    def _session(
        self, session: Session, readings: tuple[MeterReading, ...], kept: Kept | None
    ) -> None:
        running = self._running.get(session.id)
        if session.ended_at is not None:
            if running is not None:
                running.rest()
            self._jobs.put(f"end {session.id}", partial(self._finish, session.id, kept))
        elif running is not None:
            running.session = session
            running.readings.extend(readings)
            self._rate_soon(running)
        elif session.id not in self._unpriced:
            self._jobs.put(session.id, partial(self._begin, session, kept))

    def _activity(self, station_id: str, connector_id: int, at: datetime, status: object) -> None:
        activity = Activity(
            at=at,
            station_id=station_id,
            connector_id=connector_id,
            status=status,  # type: ignore[arg-type]
            held=self._held.get((station_id, connector_id), False),
        )
        self._ledger.keep(activity)
        for running in self._running_at(station_id, connector_id):
            running.activities.append(activity)
            self._rate_soon(running)

    def _limit(self, station_id: str, connector_id: int, at: datetime) -> None:
        """Note that a limit of ours begins or ends to hold charging back."""
        for connector in self._connectors(station_id):
            if connector.connector_id != connector_id:
                continue
            held = connector.limit is not None and connector.limit.is_pause
            if held != self._held.get((station_id, connector_id), False):
                self._held[station_id, connector_id] = held
                self._activity(station_id, connector_id, at, connector.status)

    # Ratings

    def _rate_soon(self, running: RunningSession) -> None:
        """Rate a running session, not more often than every few seconds."""
        if running.again is not None:
            return
        since = None if running.rated_at is None else self._clock.monotonic() - running.rated_at
        if since is None or since >= _THROTTLE_S:
            self._jobs.put(running.session.id, lambda: self._rate(running))
        else:
            running.again = self._clock.call_later(_THROTTLE_S - since, lambda: self._due(running))

    def _due(self, running: RunningSession) -> None:
        running.again = None
        self._jobs.put(running.session.id, lambda: self._rate(running))

    async def _begin(self, session: Session, kept: Kept | None) -> None:
        """Take up a session that began, or that was never heard of before."""
        await wait_for(kept)
        running = self._running.get(session.id)
        if running is None:
            await self._take_up(session)
        else:
            running.session = session
            await self._recall(running)
        if session.id in self._running:
            await self._rate(self._running[session.id])
            await self._notice_price(self._running[session.id])

    async def _take_up(self, session: Session) -> None:
        """Follow an open session, unless it has ended or nothing prices it."""
        known = await self._ledger.kept_session(session.id)
        if known is not None and not known.session.is_open:
            return
        tariff = await self._tariff(session, known)
        if tariff is None:
            self._unpriced.add(session.id)
            return
        uid, content = named(tariff)
        self._ledger.keep(TariffUsed(at=self._clock.now(), uid=uid, content=content))
        running = self._running[session.id] = RunningSession(
            session=known.session if known else session, tariff=tariff, tariff_uid=uid
        )
        if known is not None:
            running.cost, running.noted = known.cost, known.tariff_uid is not None
            if running.noted and await self._ledger.solar(session.started_at, self._clock.now()):
                self._solar_told = True
        await self._recall(running)

    async def _recall(self, running: RunningSession) -> None:
        """Add what the ledger knows of a session to what has been heard of it meanwhile."""
        session = running.session
        readings = await self._ledger.readings(session.id)
        running.readings[:] = dict.fromkeys((*readings, *running.readings))
        activities = await self._ledger.activities(
            session.station_id, session.connector_id, session.started_at, _FOREVER
        )
        running.activities[:] = dict.fromkeys((*activities, *running.activities))

    async def _tariff(self, session: Session, known: KeptSession | None) -> Tariff | None:
        """Return the tariff a session began with, else the one that holds at its station now."""
        content = None
        if known is not None and known.tariff_uid is not None:
            content = await self._ledger.tariff(known.tariff_uid)
        if content is not None:
            try:
                return load_tariff(content)
            except TariffError as err:
                self._jobs.failed(err)
        return self.config.tariff_of(session.station_id)

    async def _rate(self, running: RunningSession) -> None:
        session, now = running.session, self._clock.now()
        running.rated_at = self._clock.monotonic()
        if session.id not in self._running:
            return
        cost = await self._cost(
            running.tariff,
            Metered(
                session=session,
                readings=tuple(running.readings),
                states=states(running.activities),
                solar=await self._solar(session, now, live=True),
            ),
            now,
        )
        running.cost = cost
        if not running.noted:
            running.noted = True
            self._keep(session.id, running.tariff_uid, cost)
        self._tell(session, cost)

    async def _finish(self, session_id: str, kept: Kept | None = None) -> None:
        """Rate an ended session, and let it count among the ended ones from the same moment that it runs no more."""
        await wait_for(kept)
        found = await self._rate_ended(session_id)
        if found is None:
            return
        try:
            await self._add_up(found)
        finally:
            self._running.pop(session_id, None)
            self._unpriced.discard(session_id)
        self._changed(found[0])

    async def _rate_ended(self, session_id: str) -> Connector | None:
        """Rate an ended session from what is kept of it, keep the result, and return where it was."""
        known = await self._ledger.kept_session(session_id)
        running = self._running.get(session_id)
        if known is None or known.session.is_open:
            return None
        session = known.session
        tariff = running.tariff if running else await self._tariff(session, known)
        if tariff is None:
            return None
        uid, content = named(tariff)
        now, end = self._clock.now(), session.ended_at or session.started_at
        self._ledger.keep(TariffUsed(at=now, uid=uid, content=content))
        cost = await self._cost(
            tariff,
            Metered(
                session=session,
                readings=tuple(await self._ledger.readings(session_id)),
                states=states(
                    await self._ledger.activities(
                        session.station_id, session.connector_id, session.started_at, end
                    )
                ),
                solar=await self._solar(session, now, live=False),
            ),
            now,
        )
        await wait_for(self._keep(session_id, uid, cost))
        key = (session.station_id, session.connector_id)
        last, _ = self._last.get(key, (session, None))
        if last.started_at <= session.started_at:
            self._last[key] = (session, cost)
        self._tell(session, cost)
        return key

    async def _cost(self, tariff: Tariff, metered: Metered, now: datetime) -> SessionCost:
        session = metered.session
        start = session.started_at if session else now
        end = (session.ended_at if session else None) or now
        pricing = await gather(
            self._ledger, self.config, tariff, start, max(end, start) + timedelta(seconds=1)
        )
        return await rated(metered, pricing, now)

    async def _solar(self, session: Session, now: datetime, *, live: bool) -> SolarShares | None:
        """Return the solar shares there are; None where the house has never told any of this time."""
        if live and self.solar_now is None and not self._solar_told:
            return None
        end = session.ended_at or now
        present = self.solar_now() if live and self.solar_now is not None else None
        known = await shares(self._ledger, session.started_at, end, present)
        return None if self.solar_now is None and not known.shares else known

    def _keep(self, session_id: str, uid: str, cost: SessionCost) -> Kept | None:
        return self._ledger.keep(
            SessionPriced(at=self._clock.now(), session_id=session_id, tariff_uid=uid, cost=cost)
        )

    def _tell(self, session: Session, cost: SessionCost) -> None:
        self._publish(
            CostChanged(
                station_id=session.station_id,
                at=self._clock.now(),
                connector_id=session.connector_id,
                session_id=session.id,
                cost=cost.cost,
                ended=not session.is_open,
            )
        )
        self._changed(session.station_id)

    # Again and again

    def _plan_round(self) -> None:
        """Look again just after the next quarter of an hour, or before where a price changes before."""
        now = self._clock.now()
        seconds = _ROUND_S - now.timestamp() % _ROUND_S
        for slot in self.prices_ahead:
            if slot.end > now:
                seconds = min(seconds, (slot.end - now).total_seconds())
        if self._round is not None:
            self._round.cancel()
        self._round = self._clock.call_later(
            seconds + _ROUND_LATE_S, lambda: self._jobs.put("round", self._make_round)
        )

    async def _make_round(self) -> None:
        self._plan_round()
        await self._catch_up()
        for running in tuple(self._running.values()):
            await self._rate(running)
        self._plan_round()

    async def _catch_up(self) -> None:
        """Rate what ended lately and never was, and bring sums and present prices up to date."""
        since = self._clock.now() - _UNRATED
        for known in await self._ledger.kept_sessions(
            SessionFilter(ended_from=since, is_open=False)
        ):
            if known.cost is None or Reason.OPEN in known.cost.provisional:
                await self._finish(known.session.id)
        await self._add_up()
        await self._notice_prices()

    async def _finish_abandoned(self) -> None:
        """Rate what ended while nobody was there to, however long that took."""
        since = self._clock.now() - _UNRATED_AT_START
        for known in await self._ledger.provisional_sessions(frozenset({Reason.OPEN.value}), since):
            await self._finish(known.session.id)

    async def _heal(self, reasons: frozenset[str], kept: Kept | None) -> None:
        """Rate again what was provisional for want of what has just been learned."""
        await wait_for(kept)
        since = self._clock.now() - _HEALING
        healed: dict[Connector, None] = {}
        for known in await self._ledger.provisional_sessions(reasons, since):
            key = await self._rate_ended(known.session.id)
            if key is not None:
                healed[key] = None
        await self._add_up(*healed)
        for running in tuple(self._running.values()):
            await self._rate(running)
        await self._notice_prices()

    async def _notice_prices(self) -> None:
        """Look up prices, and tell where they changed."""
        await self._look_up_prices()
        for running in tuple(self._running.values()):
            await self._notice_price(running)
        self._changed()

    async def _notice_price(self, running: RunningSession) -> None:
        """Tell where a kWh of a running session costs something else than before."""
        now, session, before = self._clock.now(), running.session, running.price
        running.price = await energy_price(self._ledger, self.config, running.tariff, now)
        if running.price is None or running.price == before or not running.noticed:
            running.noticed = True
            return
        self._publish(
            PriceChanged(
                station_id=session.station_id,
                at=now,
                connector_id=session.connector_id,
                session_id=session.id,
                currency=running.tariff.currency,
                price=running.price,
            )
        )

    def follow(self, station_id: str, connector_id: int) -> None:
        """Keep the total of a connector from now on, and show what its last session cost."""
        key = (station_id, connector_id)
        if key not in self._followed:
            self._followed[key] = None
            self._jobs.put(f"follow {key}", lambda: self._take_up_connector(key))

    async def _take_up_connector(self, key: Connector) -> None:
        station_id, connector_id = key
        wanted = SessionFilter(station_id=station_id, connector_id=connector_id, is_open=False)
        for known in await self._ledger.kept_sessions(wanted, limit=1):
            if known.cost is not None:
                self._last.setdefault(key, (known.session, known.cost))
        await self._add_up(key)
        self._changed(station_id)

    def forget(self, station_id: str) -> None:
        """Follow a station no more; what its sessions cost stays in the ledger."""
        self._jobs.put(f"forget {station_id}", lambda: self._let_go(station_id))

    async def _let_go(self, station_id: str) -> None:
        for running in tuple(self._running.values()):
            if running.session.station_id == station_id:
                running.rest()
                del self._running[running.session.id]
        for mine in (self._last, self._followed, self._held):
            for key in [key for key in mine if key[0] == station_id]:
                mine.pop(key)
        if self.sums is not None:
            totals = {key: one for key, one in self.sums.totals.items() if key in self._followed}
            self.sums = replace(self.sums, totals=totals)
        self._changed()

    def diagnostics(self) -> dict[str, object]:
        """Return how pricing is doing, without anything private."""
        return {
            "tariffs": len(self.config.tariffs),
            "sources": sorted(self.sources),
            "running": len(self._running),
            "waiting": len(self._jobs),
            "failures": self._jobs.failures,
        }
