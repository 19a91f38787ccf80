"""What a rating is made from: what was metered, and what it is priced by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from types import MappingProxyType

from ...model.price import PriceSeries
from ...model.reading import MeterReading
from ...model.session import Session
from ...model.station import ConnectorStatus
from ..tariffs import Tariff


@dataclass(frozen=True, slots=True)
class StateChange:
    """What the connector did from a moment on; `status` None where nobody knows (the station was out of reach).

    `held` tells that a limit of ours held charging back altogether: whatever the station calls it, such time is a
    pause of ours and never costs idle time (OCPI 2.3.0, mod_cdrs, PARKING_TIME).
    """

    at: datetime
    status: ConnectorStatus | None
    held: bool = False


@dataclass(frozen=True, slots=True)
class SolarShare:
    """Which part (0 to 1) of the energy charged from `start` up to `end` was own solar energy."""

    start: datetime
    end: datetime
    share: Fraction


@dataclass(frozen=True, slots=True)
class SolarShares:
    """Solar shares in order of time, and the version of the method that found them."""

    shares: tuple[SolarShare, ...] = ()
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A reservation, from when it was made to when charging began or it expired."""

    made_at: datetime
    ended_at: datetime
    expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What was metered of a session, or of a reservation that never became one (`session` None).

    Readings and states may come in any order.
    """

    session: Session | None
    readings: tuple[MeterReading, ...] = ()
    states: tuple[StateChange, ...] = ()
    solar: SolarShares | None = None
    reservation: Reservation | None = None


@dataclass(frozen=True, slots=True)
class QuotedPrices:
    """The prices of one source, per kWh in its currency."""

    currency: str
    series: PriceSeries


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """A tariff, and from when on it holds; None from the beginning."""

    tariff: Tariff
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """What a session is priced by.

    Several tariff versions tell of a tariff that was edited while the session ran; normally a session keeps the one it
    began with. `voltage_v` is the nominal phase voltage by which power tells the current that a tariff may ask for.
    """

    tariffs: tuple[TariffVersion, ...]
    prices: Mapping[str, QuotedPrices] = MappingProxyType({})
    zone: tzinfo = UTC
    voltage_v: int = 230
