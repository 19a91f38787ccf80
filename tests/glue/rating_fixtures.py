"""Sessions that cost something, in a house of the other fixtures."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.billing.tariffs.home import Terms, fixed_tariff
from custom_components.chargestead.model.events import SessionEnded, SessionStarted, SessionUpdated
from custom_components.chargestead.model.reading import MeterReading
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.site.costs import CostConfig, Costing

from .entity_fixtures import House

ZONE = ZoneInfo("Europe/Amsterdam")
KWH = 1_000_000


def fixed(price: str = "0.30", currency: str = "EUR", vat: int | None = 21) -> CostConfig:
    """Return a house with one price, taxes included."""
    terms = Terms(id="home", currency=currency, vat=None if vat is None else Decimal(vat))
    tariff = fixed_tariff(terms, Decimal(price))
    return CostConfig(tariffs={"home": tariff}, default="home", zone=ZONE)


def costing_of(house: House) -> Costing:
    """Return what prices the sessions of a house."""
    costing: Costing = house.entry.runtime_data.site.costing
    return costing


def ledger_of(house: House) -> Ledger:
    """Return the ledger of a house."""
    ledger: Ledger = house.entry.runtime_data.ledger
    return ledger


async def settle(house: House) -> None:
    """Wait until everything is rated and shown."""
    await ledger_of(house).checkpoint()
    await costing_of(house).settled()
    await house.settle()


async def price(house: House, config: CostConfig) -> None:
    """Set a tariff."""
    costing_of(house).configure(config)
    await settle(house)


async def begin(house: House, session: Session, *, replayed: bool = False) -> Session:
    """Let a session begin."""
    site = house.entry.runtime_data.site
    site.publish(
        SessionStarted(
            station_id=session.station_id,
            at=session.started_at,
            session=session,
            replayed=replayed,
        )
    )
    await settle(house)
    return session


async def read(house: House, session: Session, at: datetime, register_mwh: int) -> Session:
    """Let the register be read; returns the session after it."""
    site = house.entry.runtime_data.site
    session = replace(session, register_last_mwh=register_mwh, register_last_at=at)
    reading = MeterReading(at=at, register_mwh=register_mwh)
    site.publish(
        SessionUpdated(station_id=session.station_id, at=at, session=session, readings=(reading,))
    )
    await settle(house)
    return session


async def end(
    house: House,
    session: Session,
    at: datetime,
    register_mwh: int,
    *,
    replayed: bool = False,
    readings: tuple[MeterReading, ...] = (),
) -> Session:
    """Let a session end; returns it."""
    site = house.entry.runtime_data.site
    session = replace(
        session,
        ended_at=at,
        register_stop_mwh=register_mwh,
        register_last_mwh=register_mwh,
        register_last_at=at,
        stop_reason="EVDisconnected",
    )
    site.publish(
        SessionEnded(
            station_id=session.station_id,
            at=at,
            session=session,
            readings=readings,
            replayed=replayed,
        )
    )
    await settle(house)
    return session
