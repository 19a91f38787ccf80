"""Sessions told as legs, tariffs told in a few words, and what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import cast
from zoneinfo import ZoneInfo

from custom_components.chargestead.billing.rating import (
    ChargeKind,
    Metered,
    Pricing,
    QuotedPrices,
    RatedSession,
    Reservation,
    StateChange,
    TariffVersion,
    rate,
)
from custom_components.chargestead.billing.tariffs import (
    Dimension,
    FixedPrice,
    OcpiVersion,
    Price,
    PriceComponent,
    Restrictions,
    Tariff,
    TariffElement,
    parse_tariff,
)
from custom_components.chargestead.model.price import PriceSeries, PriceSlot
from custom_components.chargestead.model.reading import MeterReading
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.model.station import ConnectorStatus

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REGISTER_MWH = 7_123_456

CHARGING = ConnectorStatus.CHARGING
FULL = ConnectorStatus.SUSPENDED_EV
HELD = ConnectorStatus.SUSPENDED_EVSE
FINISHING = ConnectorStatus.FINISHING


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a session: how long, how much, and what the connector said meanwhile."""

    minutes: float
    kwh: str = "0"
    status: ConnectorStatus | None = CHARGING
    held: bool = False


def mwh(kwh: str) -> int:
    """Return kWh in mWh."""
    return int(Decimal(kwh) * 1_000_000)


def story(*legs: Leg, start: datetime = NOON, reservation: Reservation | None = None) -> Metered:
    """Return a finished session with a reading wherever a leg ends."""
    at, register = start, REGISTER_MWH
    readings, states = [MeterReading(at=at, register_mwh=register)], []
    for leg in legs:
        states.append(StateChange(at, leg.status, leg.held))
        at += timedelta(minutes=leg.minutes)
        register += mwh(leg.kwh)
        readings.append(MeterReading(at=at, register_mwh=register))
    session = Session(
        id="session",
        station_id="CP-1",
        connector_id=1,
        transaction_id="1",
        started_at=start,
        register_start_mwh=REGISTER_MWH,
        ended_at=at,
        register_stop_mwh=register,
    )
    return Metered(
        session=session,
        readings=tuple(readings),
        states=tuple(states),
        reservation=reservation,
    )


type Words = tuple[str, str, str | None, int]
"""Dimension, price, VAT and step size."""


def ocpi_tariff(
    *elements: tuple[Sequence[Words], Mapping[str, object] | None],
    version: OcpiVersion = OcpiVersion.V230,
    **extra: object,
) -> Tariff:
    """Return a tariff that came as OCPI JSON."""
    data: dict[str, object] = {
        "country_code": "DE",
        "party_id": "ALL",
        "id": "12",
        "currency": "EUR",
        "last_updated": "2015-06-29T20:39:09Z",
        "elements": [
            {
                "price_components": [
                    {
                        "type": kind,
                        "price": Decimal(price),
                        "vat": None if vat is None else Decimal(vat),
                        "step_size": step,
                    }
                    for kind, price, vat, step in components
                ],
                "restrictions": restrictions,
            }
            for components, restrictions in elements
        ],
        **extra,
    }
    if version is OcpiVersion.V230:
        data.setdefault("tax_included", "NO")
    return parse_tariff(data, version).tariff


def component(
    dimension: Dimension, price: str | Price, vat: str | None = None, step_size: int = 0
) -> PriceComponent:
    """Return a price component."""
    return PriceComponent(
        dimension=dimension,
        price=FixedPrice(Decimal(price)) if isinstance(price, str) else price,
        vat=None if vat is None else Decimal(vat),
        step_size=step_size,
    )


def energy(price: str | Price, **restrictions: object) -> TariffElement:
    """Return an element that prices energy."""
    return TariffElement(
        (component(Dimension.ENERGY, price),),
        Restrictions(**cast("dict[str, None]", restrictions)),
    )


def tariff(*elements: TariffElement, currency: str = "EUR", **extra: object) -> Tariff:
    """Return a tariff."""
    return Tariff(id="T", currency=currency, elements=elements, **cast("dict[str, None]", extra))


def slots(start: datetime, minutes: int, *prices: str | None) -> PriceSeries:
    """Return price slots of one length; None leaves a gap."""
    length = timedelta(minutes=minutes)
    return PriceSeries(
        tuple(
            PriceSlot(start + number * length, start + (number + 1) * length, Decimal(price))
            for number, price in enumerate(prices)
            if price is not None
        )
    )


def pricing(
    *tariffs: Tariff,
    series: PriceSeries | None = None,
    quoted_in: str = "EUR",
    zone: ZoneInfo = AMSTERDAM,
) -> Pricing:
    """Return what a session is priced by; several tariffs all hold from the beginning, so give one."""
    prices = {} if series is None else {"spot": QuotedPrices(quoted_in, series)}
    return Pricing(tariffs=tuple(TariffVersion(one) for one in tariffs), prices=prices, zone=zone)


def cost(metered: Metered, what: Tariff) -> tuple[Fraction, Fraction]:
    """Return what a session costs exactly, before and after taxes, where nothing is in doubt."""
    rated = rate(metered, pricing(what))
    assert rated.provisional == frozenset()
    check_sums(rated)
    return rated.totals.net, rated.totals.gross


def eur(net: str, gross: str) -> tuple[Fraction, Fraction]:
    """Return amounts before and after taxes."""
    return Fraction(net), Fraction(gross)


def volumes(rated: RatedSession, kind: ChargeKind) -> list[int]:
    """Return what was billed of a kind, period by period."""
    return [
        charge.volume
        for period in rated.periods
        for charge in period.charges
        if charge.kind is kind
    ]


def check_sums(rated: RatedSession) -> None:
    """Check all that must hold of every rating."""
    assert sum(period.energy_mwh for period in rated.periods) == rated.energy_mwh
    assert sum(period.solar_mwh for period in rated.periods) == rated.solar_mwh
    assert all(0 <= period.solar_mwh <= period.energy_mwh for period in rated.periods)
    ends = [period.end for period in rated.periods]
    starts = [period.start for period in rated.periods]
    assert all(start <= end for start, end in zip(starts, ends, strict=True))
    assert sum((line.net for line in rated.lines), Fraction(0)) == rated.totals.net
    assert sum((line.gross for line in rated.lines), Fraction(0)) == rated.totals.gross
    totals = rated.totals
    assert totals.printed_net + totals.printed_tax == totals.printed_gross
    assert sum((tax.net for tax in rated.taxes), Decimal(0)) == totals.printed_net
    assert sum((tax.gross for tax in rated.taxes), Decimal(0)) == totals.printed_gross
    printed = sum((line.printed for line in rated.lines), Decimal(0))
    assert printed == (totals.printed_gross if rated.printed_with_tax else totals.printed_net)
    check_no_floats(rated)


def check_no_floats(value: object) -> None:
    """Check that no number within is a float."""
    assert not isinstance(value, float)
    if isinstance(value, tuple | frozenset | list):
        for one in value:
            check_no_floats(one)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            check_no_floats(getattr(value, name))
