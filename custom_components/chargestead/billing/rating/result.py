"""What a rating comes to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ...model.money import Cost

_MICROSECOND = timedelta(microseconds=1)


class Reason(StrEnum):
    """Why a rating is not final, or not to be taken at its word."""

    OPEN = "open"
    """The session still runs."""

    NO_TARIFF = "no_tariff"
    """Nothing says what charging costs."""

    NOTHING_PRICED = "nothing_priced"
    """The tariff never priced anything in the whole session."""

    TARIFF_NOT_IN_FORCE = "tariff_not_in_force"
    """The session began outside the time its tariff is valid for."""

    UNKNOWN_PRICE = "unknown_price"
    """A price is not known (yet); what it would price is left out."""

    ABSURD_PRICE = "absurd_price"
    """A quoted price cannot be true; what it would price is left out."""

    CURRENCY_CHANGED = "currency_changed"
    """Prices are in another currency than the bill; what they would price is left out."""

    NO_READINGS = "no_readings"
    """The register was never read."""

    REGISTER_REPLACED = "register_replaced"
    """The register fell or jumped while the session ran."""

    READINGS_CONTRADICT = "readings_contradict"
    """Readings that contradict the others, as after a jump of the station's clock, were left out."""

    IMPLAUSIBLE_TIME = "implausible_time"
    """The session ends before it starts or lasts absurdly long."""

    GAP = "gap"
    """Readings are missing where it matters by a minor unit of the currency or more."""

    UNKNOWN_STATE = "unknown_state"
    """Whether the vehicle charged or idled is not known, and it matters."""

    UNKNOWN_SOLAR = "unknown_solar"
    """The solar share is not known, and it matters; such energy counts as from the grid."""

    UNKNOWN_POWER = "unknown_power"
    """The power is not known, and the tariff asks for it."""

    ESTIMATED = "estimated"
    """The energy is not entirely from register readings."""

    FORGOTTEN = "forgotten"
    """The station forgot to stop the session; it was closed at its last reading."""

    RECONSTRUCTED = "reconstructed"
    """The start of the session was never received."""

    ORPHAN = "orphan"
    """Only the stop of the session was received."""


class Activity(StrEnum):
    """What a session did during a period."""

    CHARGING = "charging"
    IDLE = "idle"
    """The vehicle asks for no power; costs PARKING_TIME."""

    GRACE = "grace"
    """The vehicle asks for no power, not long enough yet to cost anything."""

    HELD = "held"
    """The vehicle waits for power; neither charging nor idle time."""

    UNKNOWN = "unknown"
    RESERVED = "reserved"


class BoundaryKind(StrEnum):
    """How the register at a boundary is known."""

    MEASURED = "measured"
    ALIGNED = "aligned"
    INTERPOLATED = "interpolated"


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where one period ends and the next starts.

    `energy_error_mwh` is by how much the register there may be off, `worst_cost` what that can be worth at most, in
    the currency before taxes.
    """

    at: datetime
    kind: BoundaryKind
    energy_error_mwh: int = 0
    worst_cost: Fraction = Fraction(0)


class ChargeKind(StrEnum):
    """What a line is for."""

    ENERGY = "energy"
    SOLAR = "solar"
    TIME = "time"
    PARKING_TIME = "parking_time"
    FLAT = "flat"
    RESERVATION_TIME = "reservation_time"
    RESERVATION_FLAT = "reservation_flat"
    MIN_PRICE = "min_price"
    MAX_PRICE = "max_price"

    @property
    def units(self) -> int:
        """Return how many units of volume one price is for: mWh in a kWh, microseconds in an hour, or one fee."""
        return _UNITS.get(self, 1)


_UNITS = {
    ChargeKind.ENERGY: 1_000_000,
    ChargeKind.SOLAR: 1_000_000,
    ChargeKind.TIME: 3_600_000_000,
    ChargeKind.PARKING_TIME: 3_600_000_000,
    ChargeKind.RESERVATION_TIME: 3_600_000_000,
}


@dataclass(frozen=True, slots=True)
class Charge:
    """One dimension of one period.

    `volume` is what is billed, in mWh, microseconds or fees, and contains `rounding`, which step_size added. `price`
    is per kWh, hour or fee before taxes, None where unknown. `source` names the price source asked, if any;
    `step_size` is the tariff's, in Wh or seconds.
    """

    kind: ChargeKind
    tariff_id: str
    volume: int
    price: Fraction | None
    vat: Decimal | None = None
    source: str | None = None
    step_size: int = 0
    rounding: int = 0

    @property
    def net(self) -> Fraction:
        """Return the cost before taxes, 0 where the price is unknown."""
        return Fraction(0) if self.price is None else self.price * self.volume / self.kind.units

    @property
    def gross(self) -> Fraction:
        """Return the cost after taxes, 0 where the price is unknown."""
        return with_vat(self.net, self.vat)


def with_vat(net: Fraction, vat: Decimal | None) -> Fraction:
    """Return an amount after taxes; `vat` in percent."""
    return net if vat is None else net * (1 + Fraction(vat) / 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time in which nothing changed that matters to the cost.

    `starts` tells how sure the register at its start is. `energy_mwh` and `solar_mwh` went through the register.
    """

    start: datetime
    end: datetime
    activity: Activity
    energy_mwh: int
    solar_mwh: int
    charges: tuple[Charge, ...]
    starts: Boundary

    @property
    def grid_mwh(self) -> int:
        """Return the energy that was not solar, in mWh."""
        return self.energy_mwh - self.solar_mwh

    @property
    def net(self) -> Fraction:
        """Return its cost before taxes and before limits on the whole."""
        return sum((charge.net for charge in self.charges), Fraction(0))

    @property
    def gross(self) -> Fraction:
        """Return its cost after taxes and before limits on the whole."""
        return sum((charge.gross for charge in self.charges), Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """All that one dimension costs at one VAT rate.

    `volume` as in Charge, `rounding` the part of it that step_size added. `net` and `gross` are exact; `printed` is
    rounded half-up, after taxes where the tariff's prices contain them, otherwise before. `vat` is None where none
    applies, and for limits, which work across rates.
    """

    kind: ChargeKind
    vat: Decimal | None
    volume: int
    rounding: int
    net: Fraction
    gross: Fraction
    printed: Decimal

    @property
    def price(self) -> Fraction | None:
        """Return the mean price per kWh, hour or fee before taxes, None without volume."""
        return self.net * self.kind.units / self.volume if self.volume else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxLine:
    """What is taxed at one rate, as printed; `vat` in percent, None where no VAT applies."""

    vat: Decimal | None
    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What it all costs: exact, and as printed."""

    net: Fraction
    gross: Fraction
    printed_net: Decimal
    printed_tax: Decimal
    printed_gross: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedSession:
    """A session, priced.

    Σ `periods.energy_mwh` = `energy_mwh` = the register delta, always. Without a `provisional` reason the cost is
    exact. `unpriced_mwh` is energy left out for want of a price; `uncertainty` bounds, before taxes, what interpolated
    boundaries can be worth together. `printed_with_tax` tells whether printed lines are after taxes. Durations are in
    microseconds.
    """

    currency: str
    start: datetime
    end: datetime
    periods: tuple[Period, ...]
    lines: tuple[Line, ...]
    taxes: tuple[TaxLine, ...]
    totals: Totals
    energy_mwh: int
    solar_mwh: int
    unpriced_mwh: int
    uncertainty: Fraction
    provisional: frozenset[Reason]
    tariff_ids: tuple[str, ...]
    solar_method: str | None
    printed_with_tax: bool

    @property
    def average_price(self) -> Fraction | None:
        """Return the whole cost after taxes per kWh, None without energy."""
        return self.totals.gross * 1_000_000 / self.energy_mwh if self.energy_mwh else None

    @property
    def solar_share(self) -> Fraction | None:
        """Return the part of the energy that was solar, None without energy."""
        return Fraction(self.solar_mwh, self.energy_mwh) if self.energy_mwh else None

    @property
    def cost(self) -> Cost:
        """Return the printed totals."""
        return Cost(
            currency=self.currency,
            before_taxes=self.totals.printed_net,
            taxes=self.totals.printed_tax,
            after_taxes=self.totals.printed_gross,
            provisional=bool(self.provisional),
        )

    def duration_us(self, activity: Activity) -> int:
        """Return how long it did something, in microseconds."""
        return sum(
            (period.end - period.start) // _MICROSECOND
            for period in self.periods
            if period.activity is activity
        )
