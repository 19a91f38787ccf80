"""What is kept besides what stations tell: activities, prices, solar shares, tariffs, costs, assignments."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from ...model.money import Cost
from ...model.price import PriceSlot
from ...model.station import ConnectorStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """The root of all facts; `at` is when it came about."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(Fact):
    """What a connector did from a moment on; `status` None where nobody knows.

    `held` tells that a limit of ours held charging back altogether.
    """

    station_id: str
    connector_id: int
    status: ConnectorStatus | None
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesLearned(Fact):
    """Prices per kWh that a source quotes; they replace what was known of the same time."""

    source: str
    currency: str
    slots: tuple[PriceSlot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarLearned(Fact):
    """The part (0 to 1) of all energy charged between two moments that was own solar energy."""

    start: datetime
    end: datetime
    share: Fraction
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffUsed(Fact):
    """A tariff that sessions are priced by, in JSON; `uid` names this very content and never another."""

    uid: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCost:
    """What a session costs, and how that came about.

    `cost` holds the printed amounts. `provisional` names the reasons why it may change, and is empty where it is exact.
    `method` names the version of the rating, `content` is the whole of it in JSON. `revision` counts from 1 and is
    given by the ledger: a cost that was exact is never overwritten, only superseded.
    """

    cost: Cost
    digits: int
    energy_mwh: int
    solar_mwh: int
    unpriced_mwh: int
    provisional: frozenset[str]
    method: str
    content: str
    rated_at: datetime
    revision: int = 0

    @property
    def average_price(self) -> Decimal | None:
        """Return the cost after taxes per kWh to four decimals, None without energy."""
        if not self.energy_mwh:
            return None
        price = self.cost.after_taxes * 1_000_000 / self.energy_mwh
        return price.quantize(Decimal("0.0001"))

    @property
    def solar_share(self) -> Fraction | None:
        """Return the part of the energy that was solar, None without energy."""
        return Fraction(self.solar_mwh, self.energy_mwh) if self.energy_mwh else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPriced(Fact):
    """A session was rated; `tariff_uid` is the tariff it began with."""

    session_id: str
    tariff_uid: str | None
    cost: SessionCost


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAssigned(Fact):
    """Somebody was named as the one who charged; None takes a name back. `actor` is who said so."""

    session_id: str
    driver_id: str | None
    vehicle_id: str | None
    actor: str | None = None
