"""Gathering what a session is priced by, and rating it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
import hashlib
from itertools import pairwise
from typing import Final

from ...billing.ledger import SessionCost, SolarLearned
from ...billing.rating import (
    ChargeKind,
    Metered,
    Pricing,
    QuotedPrices,
    RatedSession,
    SolarShare,
    SolarShares,
    TariffVersion,
    rate,
)
from ...billing.rating.record import RATING_VERSION, record
from ...billing.tariffs import Tariff
from ...billing.tariffs.storage import dumps_tariff
from ...model.money import minor_digits, round_half_up
from ...model.price import PriceSlot
from ...model.reading import MeterReading
from ...model.session import Session
from .config import CostConfig
from .ports import CostLedger

_A_MOMENT: Final = timedelta(seconds=1)
_AHEAD: Final = timedelta(hours=48)
_KWH_MWH: Final = 1_000_000
# In a moment, the power of an ordinary charger: tariffs may have other prices for fast ones.
_LITTLE_MWH: Final = 1_000
_PRICE_DIGITS: Final = 4


def named(tariff: Tariff) -> tuple[str, str]:
    """Return the uid of a tariff, which no other content has, and its content."""
    content = dumps_tariff(tariff)
    return f"{tariff.id}@{hashlib.sha256(content.encode()).hexdigest()[:16]}", content


async def gather(
    ledger: CostLedger,
    config: CostConfig,
    tariff: Tariff,
    start: datetime,
    end: datetime,
) -> Pricing:
    """Return what the ledger knows of the prices of a time; what it does not know stays unknown."""
    prices: dict[str, QuotedPrices] = {}
    for source in sorted(tariff.sources):
        quoted = await ledger.prices(source, start, end)
        for currency, series in quoted.items():
            if source not in prices or currency == tariff.currency:
                prices[source] = QuotedPrices(currency, series)
    return _pricing(config, tariff, prices)


def _pricing(config: CostConfig, tariff: Tariff, prices: Mapping[str, QuotedPrices]) -> Pricing:
    return Pricing(
        tariffs=(TariffVersion(tariff),),
        prices=prices,
        zone=config.zone,
        voltage_v=config.voltage_v,
    )


async def shares(
    ledger: CostLedger, start: datetime, end: datetime, unfinished: SolarLearned | None = None
) -> SolarShares:
    """Return the solar shares of a time, with that of the slot that is not over yet."""
    learned = [*await ledger.solar(start, end)]
    if unfinished is not None and (not learned or learned[-1].end <= unfinished.start):
        learned.append(unfinished)
    return SolarShares(
        tuple(SolarShare(one.start, one.end, one.share) for one in learned),
        learned[-1].method if learned else "",
    )


async def rated(metered: Metered, pricing: Pricing, now: datetime) -> SessionCost:
    """Rate a session beside the event loop, which must not wait for a long one."""
    return await asyncio.to_thread(_rated, metered, pricing, now)


def _rated(metered: Metered, pricing: Pricing, now: datetime) -> SessionCost:
    return summary(rate(metered, pricing, now), now)


def summary(result: RatedSession, now: datetime) -> SessionCost:
    """Return a rating as the ledger keeps it."""
    return SessionCost(
        cost=result.cost,
        digits=minor_digits(result.currency),
        energy_mwh=result.energy_mwh,
        solar_mwh=result.solar_mwh,
        unpriced_mwh=result.unpriced_mwh,
        provisional=frozenset(reason.value for reason in result.provisional),
        method=RATING_VERSION,
        content=record(result),
        rated_at=now,
    )


async def energy_price(
    ledger: CostLedger, config: CostConfig, tariff: Tariff, at: datetime
) -> Decimal | None:
    """Return what a kWh from the grid costs at a moment after taxes, None where that is unknown."""
    return _price_at(await gather(ledger, config, tariff, at, at + _A_MOMENT), at)


async def energy_prices(
    ledger: CostLedger, config: CostConfig, tariff: Tariff, now: datetime
) -> tuple[PriceSlot, ...]:
    """Return what a kWh from the grid costs after taxes, from the present hour on for as long as that is known."""
    start = now.replace(minute=0, second=0, microsecond=0)
    end = start + _AHEAD
    pricing = await gather(ledger, config, tariff, start, end)
    return await asyncio.to_thread(_price_slots, pricing, start, end)


def _price_slots(pricing: Pricing, start: datetime, end: datetime) -> tuple[PriceSlot, ...]:
    """Return slots in order; where a price is unknown there is none."""
    edges = [period.start for period in rate(_probe(start, end), pricing, end).periods]
    slots: list[PriceSlot] = []
    for begin, finish in pairwise((*edges, end)):
        price = _price_at(pricing, begin)
        if price is None:
            continue
        if slots and (slots[-1].end, slots[-1].price) == (begin, price):
            begin = slots.pop().start  # noqa: PLW2901 - one slot out of two
        slots.append(PriceSlot(begin, finish, price))
    return tuple(slots)


def _probe(start: datetime, end: datetime) -> Metered:
    """Return a session that charges a little, to see what that costs."""
    session = Session(
        id="",
        station_id="",
        connector_id=1,
        transaction_id="",
        started_at=start,
        ended_at=end,
        register_start_mwh=0,
        register_stop_mwh=_LITTLE_MWH,
    )
    readings = (
        MeterReading(at=start, register_mwh=0),
        MeterReading(at=end, register_mwh=_LITTLE_MWH),
    )
    return Metered(session=session, readings=readings)


def _price_at(pricing: Pricing, at: datetime) -> Decimal | None:
    end = at + _A_MOMENT
    result = rate(_probe(at, end), pricing, end)
    found = [
        (charge.gross, charge.volume)
        for period in result.periods
        for charge in period.charges
        if charge.kind is ChargeKind.ENERGY and charge.price is not None
    ]
    volume = sum(one for _, one in found)
    if volume <= 0 or result.unpriced_mwh:
        return None
    price = sum((gross for gross, _ in found), Fraction(0)) * _KWH_MWH / volume
    return round_half_up(price, _PRICE_DIGITS)
