"""Charging for what lies between two cuts."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from ..tariffs import PriceComponent, SolarPrice, Tariff, TaxIncluded
from .result import Activity, Charge, ChargeKind, Reason
from .selection import Moment
from .stretch import Cut, Stretch, Version

_TIME_KINDS: Final = {
    Activity.CHARGING: ChargeKind.TIME,
    Activity.IDLE: ChargeKind.PARKING_TIME,
    Activity.RESERVED: ChargeKind.RESERVATION_TIME,
}
_NOTHING: Final = Fraction(0)


class Piece(NamedTuple):
    """What lies between two cuts.

    `marginal` is what one more kWh, `hourly` what one more hour would cost here, before taxes; None where unknown.
    """

    start: Cut
    end: Cut
    activity: Activity
    solar_mwh: int
    charges: tuple[Charge, ...]
    marginal: Fraction | None
    hourly: Fraction | None


class _Quote(NamedTuple):
    """A price before taxes, and why there is none."""

    price: Fraction | None
    reason: Reason | None


class _Spot(NamedTuple):
    """Where something is charged for: the tariff and the moment that decide, and the instant."""

    version: Version
    activity: Activity
    moment: Moment
    at: int


class Till:
    """Charges for one stretch of time, piece by piece, and notes what is wrong on the way."""

    def __init__(self, stretch: Stretch) -> None:
        """Start with nothing charged."""
        self._stretch = stretch
        self._flat_due = True
        self._quotes: dict[tuple[int, int], _Quote] = {}
        self.reasons: set[Reason] = set()
        self.priced = False

    def pieces(self) -> Iterator[Piece]:
        """Tell what lies between the cuts, in order."""
        cuts = self._stretch.cuts()
        solar = _NOTHING
        for start, end in pairwise(cuts):
            if start[:2] == end[:2] and len(cuts) > 2:
                continue
            share = self._stretch.sunshine.at(start.at)
            before = int(solar)
            if share:
                solar += share * (end.energy_mwh - start.energy_mwh)
            yield self._piece(start, end, share, int(solar) - before)

    def _piece(self, start: Cut, end: Cut, share: Fraction | None, solar_mwh: int) -> Piece:
        stretch = self._stretch
        spot = _Spot(
            stretch.version_at(start.at),
            stretch.activities.at(start.at),
            stretch.moment(start),
            start.at,
        )
        if spot.moment.power_rank is None and self._asks_power(spot):
            self.reasons.add(Reason.UNKNOWN_POWER)
        charges: list[Charge] = []
        marginal = self._energy(spot, end.energy_mwh - start.energy_mwh, share, solar_mwh, charges)
        hourly = self._time(spot, end.at - start.at, charges)
        self._flat(spot, charges)
        return Piece(start, end, spot.activity, solar_mwh, tuple(charges), marginal, hourly)

    def _asks_power(self, spot: _Spot) -> bool:
        return spot.activity is not Activity.RESERVED and bool(self._stretch.thresholds.powers_kw)

    def _energy(
        self,
        spot: _Spot,
        energy_mwh: int,
        share: Fraction | None,
        solar_mwh: int,
        charges: list[Charge],
    ) -> Fraction | None:
        """Charge for energy; return what one more kWh would cost."""
        component = spot.version.choices.at(ChargeKind.ENERGY, spot.moment)
        if component is None or spot.activity is Activity.RESERVED:
            return _NOTHING
        self.priced = True
        own = spot.version.tariff.solar
        if own is None:
            return self._charge(spot, ChargeKind.ENERGY, component, energy_mwh, charges)
        if share is None and energy_mwh:
            self.reasons.add(Reason.UNKNOWN_SOLAR)
        grid = self._charge(spot, ChargeKind.ENERGY, component, energy_mwh - solar_mwh, charges)
        sun = self._charge(spot, ChargeKind.SOLAR, own, solar_mwh, charges, component.step_size)
        return _mixed(grid, sun, share or _NOTHING)

    def _time(self, spot: _Spot, duration: int, charges: list[Charge]) -> Fraction | None:
        """Charge for time, in microseconds; return what one more hour would cost."""
        choices = spot.version.choices
        kind = _TIME_KINDS.get(spot.activity)
        if kind is None:
            if spot.activity is Activity.UNKNOWN and duration:
                self._miss_activity(spot)
            return _NOTHING
        component = choices.at(kind, spot.moment)
        if component is None:
            return _NOTHING
        self.priced = True
        return self._charge(spot, kind, component, duration, charges)

    def _miss_activity(self, spot: _Spot) -> None:
        choices = spot.version.choices
        timed = (ChargeKind.TIME, ChargeKind.PARKING_TIME)
        if any(choices.at(kind, spot.moment) is not None for kind in timed):
            self.reasons.add(Reason.UNKNOWN_STATE)
            self.priced = True

    def _flat(self, spot: _Spot, charges: list[Charge]) -> None:
        """Charge the fee, once, where one first holds."""
        if not self._flat_due:
            return
        reserved = spot.activity is Activity.RESERVED
        kind = ChargeKind.RESERVATION_FLAT if reserved else ChargeKind.FLAT
        component = spot.version.choices.at(kind, spot.moment)
        if component is not None:
            self._flat_due = False
            self.priced = True
            self._charge(spot, kind, component, 1, charges)

    def _charge(
        self,
        spot: _Spot,
        kind: ChargeKind,
        priced: PriceComponent | SolarPrice,
        volume: int,
        charges: list[Charge],
        step_size: int = 0,
    ) -> Fraction | None:
        """Charge for a volume, if any; return the price of one unit before taxes."""
        quote = self._quote(spot.version, priced, spot.at)
        if volume:
            if quote.reason is not None:
                self.reasons.add(quote.reason)
            charges.append(
                Charge(
                    kind,
                    spot.version.tariff.id,
                    volume,
                    quote.price,
                    applicable_vat(spot.version.tariff, priced.vat),
                    priced.price.source,
                    priced.step_size if isinstance(priced, PriceComponent) else step_size,
                )
            )
        return quote.price

    def _quote(self, version: Version, priced: PriceComponent | SolarPrice, at: int) -> _Quote:
        quotes = None if priced.price.source is None else self._stretch.quotes[priced.price.source]
        number = 0 if quotes is None else quotes.number_at(at)
        key = (id(priced), number)
        known = self._quotes.get(key)
        if known is None:
            quoted = None if quotes is None else quotes.prices[number]
            reason = None if quotes is None else quotes.reasons[number]
            known = self._quotes[key] = _net(version, priced, quoted, reason)
        return known


def _net(
    version: Version,
    priced: PriceComponent | SolarPrice,
    quoted: Fraction | None,
    reason: Reason | None,
) -> _Quote:
    if not version.in_currency:
        return _Quote(None, Reason.CURRENCY_CHANGED)
    price = priced.price.of(quoted)
    if price is None:
        return _Quote(None, reason or Reason.UNKNOWN_PRICE)
    vat = applicable_vat(version.tariff, priced.vat)
    if version.tariff.tax_included is TaxIncluded.YES and vat is not None:
        price = price * 100 / (100 + Fraction(vat))
    return _Quote(price, None)


def applicable_vat(tariff: Tariff, vat: Decimal | None) -> Decimal | None:
    """Return a VAT percentage, None where the tariff knows no taxes."""
    return None if tariff.tax_included is TaxIncluded.NOT_APPLICABLE else vat


def _mixed(grid: Fraction | None, sun: Fraction | None, share: Fraction) -> Fraction | None:
    """Return the price of a kWh of which a share is solar; what has no share need not be known."""
    if (grid is None and share != 1) or (sun is None and share != 0):
        return None
    return (grid or _NOTHING) * (1 - share) + (sun or _NOTHING) * share
