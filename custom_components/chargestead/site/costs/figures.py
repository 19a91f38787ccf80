"""What is known of costs: asked by whoever shows them, kept right by whoever rates."""

from collections.abc import Callable, Iterable
from decimal import Decimal
import logging

from ...billing.ledger import SessionCost
from ...billing.tariffs import Tariff
from ...model.clock import Clock
from ...model.price import PriceSlot
from ...model.session import Session
from .config import NO_COSTS
from .ports import CostLedger
from .pricing import energy_price, energy_prices
from .running import RunningSession
from .sums import Connector, Sums, Total, add_up

_LOGGER = logging.getLogger(__name__)

type CostListener = Callable[[str | None], None]


class Figures:
    """The newest figures, and a way to be told when they change.

    `price_now` is what a kWh from the grid costs after taxes by each tariff, `prices_ahead` what it will by the house's
    own, as far as that is known.
    """

    def __init__(self, *, clock: Clock, ledger: CostLedger) -> None:
        """Know nothing yet."""
        self.config = NO_COSTS
        self.price_now: dict[str, Decimal | None] = {}
        self.prices_ahead: tuple[PriceSlot, ...] = ()
        self.sums: Sums | None = None
        self._clock = clock
        self._ledger = ledger
        self._running: dict[str, RunningSession] = {}
        self._last: dict[Connector, tuple[Session, SessionCost]] = {}
        self._followed: dict[Connector, None] = {}
        self._listeners: list[CostListener] = []

    def session_cost(self, station_id: str, connector_id: int) -> SessionCost | None:
        """Return what the running session of a connector costs so far, else what the last one did."""
        running = self._running_at(station_id, connector_id)
        if running:
            return running[-1].cost
        _, cost = self._last.get((station_id, connector_id), (None, None))
        return cost

    def cost_of(self, session: Session) -> SessionCost | None:
        """Return what a running session costs so far, or what the last one of its connector did."""
        if session.id in self._running:
            return self._running[session.id].cost
        last, cost = self._last.get((session.station_id, session.connector_id), (None, None))
        return cost if last is not None and last.id == session.id else None

    def is_running(self, session: Session) -> bool:
        """Tell whether a session is priced, and has not been for the last time."""
        return session.id in self._running

    def running_tariff(self, station_id: str, connector_id: int) -> Tariff | None:
        """Return the tariff of the session that runs at a connector."""
        running = self._running_at(station_id, connector_id)
        return running[-1].tariff if running else None

    def month_cost(self) -> Total | None:
        """Return what charging costs this month, running sessions included; None before it was added up."""
        month = self.sums.month if self.sums else None
        return self._with_running(month, self._running.values())

    def total_cost(self, station_id: str, connector_id: int) -> Total | None:
        """Return what all sessions of a connector that is followed came to; None before it was added up."""
        total = self.sums.totals.get((station_id, connector_id)) if self.sums else None
        return self._with_running(total, self._running_at(station_id, connector_id))

    @property
    def sources(self) -> frozenset[str]:
        """Return the price sources that are needed: by the tariffs in use, and by those that running sessions keep."""
        return self.config.sources.union(
            *(running.tariff.sources for running in self._running.values())
        )

    @property
    def currency(self) -> str | None:
        """Return the currency of the house's own tariff."""
        tariff = self.config.tariffs.get(self.config.default or "")
        return tariff.currency if tariff else None

    def subscribe(self, listener: CostListener) -> Callable[[], None]:
        """Call back when costs change, with the station's id or None for any; returns how to stop that."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def _changed(self, station_id: str | None = None) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(station_id)
            except Exception:
                _LOGGER.exception("A listener to costs failed")

    def _with_running(self, total: Total | None, running: Iterable[RunningSession]) -> Total | None:
        for one in running:
            if total and self.sums and one.cost and one.cost.cost.currency == self.sums.currency:
                total = total.plus(one.cost.cost.after_taxes, provisional=True)
        return total

    def _running_at(self, station_id: str, connector_id: int) -> list[RunningSession]:
        """Return what runs at a connector, in the order of its start; more than one where an end was never told."""
        here = [
            running
            for running in self._running.values()
            if (running.session.station_id, running.session.connector_id)
            == (station_id, connector_id)
        ]
        return sorted(here, key=lambda running: running.session.started_at)

    async def _look_up_prices(self) -> None:
        """Find out what a kWh costs now and, by the house's own tariff, later."""
        now = self._clock.now()
        tariffs = self.config.tariffs
        self.price_now = {
            name: await energy_price(self._ledger, self.config, tariff, now)
            for name, tariff in tariffs.items()
        }
        own = tariffs.get(self.config.default or "")
        self.prices_ahead = (
            () if own is None else await energy_prices(self._ledger, self.config, own, now)
        )

    async def _add_up(self, *keys: Connector) -> None:
        """Bring the sums of the month and of some connectors up to date, those of all where the currency changed."""
        currency = self.currency
        if currency is None:
            self.sums = None
            return
        known = self.sums is not None and self.sums.currency == currency
        wanted = [key for key in keys if key in self._followed] if known else [*self._followed]
        self.sums = await add_up(
            self._ledger, self._clock.now(), self.config.zone, currency, wanted, self.sums
        )
