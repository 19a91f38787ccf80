"""Reading facts."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from ...model.money import from_minor
from ...model.price import PriceSeries, PriceSlot
from ...model.session import Session
from .fact_rows import ACTIVITY_COLUMNS, COST_COLUMNS, activity_of, cost_of
from .facts import Activity, SessionAssigned, SessionCost, SolarLearned
from .queries import NEWEST_FIRST, SessionFilter, conditions
from .rows import SESSION_COLUMNS, from_micros, session_of, to_micros
from .schema import ACTIVITIES, ASSIGNMENTS, COSTS, PAST_COSTS, PRICES, SESSIONS, SOLAR, TARIFFS


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSession:
    """A session with all that billing knows of it; `cost` None where it was never rated."""

    session: Session
    driver_id: str | None
    vehicle_id: str | None
    tariff_uid: str | None
    cost: SessionCost | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSum:
    """What some sessions come to in one currency; `provisional` counts those whose cost may still change."""

    currency: str
    sessions: int
    provisional: int
    before_taxes: Decimal
    after_taxes: Decimal
    energy_mwh: int
    solar_mwh: int


_KEPT_COLUMNS = (
    *SESSION_COLUMNS,
    SESSIONS.c.driver_id,
    SESSIONS.c.vehicle_id,
    SESSIONS.c.tariff_id,
    *COST_COLUMNS,
)
_SESSION_WIDTH = len(SESSION_COLUMNS)
_KEPT: Select[Any] = select(*_KEPT_COLUMNS).select_from(
    SESSIONS.outerjoin(COSTS, COSTS.c.session_id == SESSIONS.c.id)
)


def _kept(row: tuple[Any, ...]) -> KeptSession:
    driver_id, vehicle_id, tariff_uid, *cost = row[_SESSION_WIDTH:]
    return KeptSession(
        session=session_of(row[:_SESSION_WIDTH]),
        driver_id=driver_id,
        vehicle_id=vehicle_id,
        tariff_uid=tariff_uid,
        cost=None if cost[0] is None else cost_of(cost),
    )


def kept_session(connection: Connection, session_id: str) -> KeptSession | None:
    """Return a session with its cost, or None."""
    row = connection.execute(_KEPT.where(SESSIONS.c.uid == session_id)).first()
    return None if row is None else _kept(tuple(row))


def kept_sessions(
    connection: Connection, wanted: SessionFilter, limit: int | None, offset: int
) -> list[KeptSession]:
    """Return a page of the sessions that pass a filter with their costs, newest first."""
    statement = (
        _KEPT.where(*conditions(wanted)).order_by(*NEWEST_FIRST).limit(limit).offset(offset or None)
    )
    return [_kept(tuple(row)) for row in connection.execute(statement)]


def provisional_sessions(
    connection: Connection, reasons: frozenset[str], since: datetime, limit: int
) -> list[KeptSession]:
    """Return sessions ended since a moment whose cost is provisional for one of some reasons, oldest first."""
    statement = (
        _KEPT.where(
            SESSIONS.c.ended_at >= to_micros(since),
            or_(*(COSTS.c.provisional.like(f"%{reason}%") for reason in sorted(reasons))),
        )
        .order_by(SESSIONS.c.ended_at)
        .limit(limit)
    )
    return [_kept(tuple(row)) for row in connection.execute(statement)]


def past_costs(connection: Connection, session_id: str) -> list[SessionCost]:
    """Return what a session was once thought to cost exactly, oldest first."""
    statement = (
        select(*(PAST_COSTS.c[column.name] for column in COST_COLUMNS))
        .join(SESSIONS, SESSIONS.c.id == PAST_COSTS.c.session_id)
        .where(SESSIONS.c.uid == session_id)
        .order_by(PAST_COSTS.c.revision)
    )
    return [cost_of(tuple(row)) for row in connection.execute(statement)]


def cost_sums(connection: Connection, wanted: SessionFilter) -> list[CostSum]:
    """Return what the rated sessions that pass a filter come to, by currency."""
    statement = (
        select(
            COSTS.c.currency,
            func.max(COSTS.c.digits),
            func.count(),
            func.count().filter(COSTS.c.provisional > ""),
            func.sum(COSTS.c.net_minor),
            func.sum(COSTS.c.gross_minor),
            func.sum(COSTS.c.energy_mwh),
            func.sum(COSTS.c.solar_mwh),
        )
        .select_from(SESSIONS.join(COSTS, COSTS.c.session_id == SESSIONS.c.id))
        .where(*conditions(wanted))
        .group_by(COSTS.c.currency)
        .order_by(COSTS.c.currency)
    )
    return [
        CostSum(
            currency=currency,
            sessions=sessions,
            provisional=provisional,
            before_taxes=from_minor(int(net), digits),
            after_taxes=from_minor(int(gross), digits),
            energy_mwh=int(energy),
            solar_mwh=int(solar),
        )
        for currency, digits, sessions, provisional, net, gross, energy, solar in connection.execute(
            statement
        )
    ]


def activities(
    connection: Connection, station_id: str, connector_id: int, start: datetime, end: datetime
) -> list[Activity]:
    """Return what a connector did in [start, end), with what it was doing at the start, in order."""
    table = ACTIVITIES.c
    here = (table.station_id == station_id) & (table.connector_id == connector_id)
    before = connection.execute(
        select(*ACTIVITY_COLUMNS)
        .where(here, table.at <= to_micros(start))
        .order_by(table.at.desc())
        .limit(1)
    ).all()
    during = connection.execute(
        select(*ACTIVITY_COLUMNS)
        .where(here, table.at > to_micros(start), table.at < to_micros(end))
        .order_by(table.at)
    )
    return [activity_of(tuple(row)) for row in (*before, *during)]


def prices(
    connection: Connection, source: str, start: datetime, end: datetime
) -> dict[str, PriceSeries]:
    """Return what a source quoted for [start, end), by currency; the slots are whole."""
    table = PRICES.c
    statement = (
        select(table.currency, table.starts_at, table.ends_at, table.price)
        .where(
            table.source == source,
            table.starts_at < to_micros(end),
            table.ends_at > to_micros(start),
        )
        .order_by(table.starts_at)
    )
    slots: dict[str, list[PriceSlot]] = {}
    for currency, starts_at, ends_at, price in connection.execute(statement):
        slots.setdefault(currency, []).append(
            PriceSlot(from_micros(starts_at), from_micros(ends_at), Decimal(price))
        )
    return {currency: PriceSeries(tuple(some)) for currency, some in slots.items()}


def solar(connection: Connection, start: datetime, end: datetime) -> list[SolarLearned]:
    """Return the solar shares of [start, end) in order."""
    table = SOLAR.c
    statement = (
        select(table.starts_at, table.ends_at, table.share, table.method)
        .where(table.starts_at < to_micros(end), table.ends_at > to_micros(start))
        .order_by(table.starts_at)
    )
    return [
        SolarLearned(
            at=from_micros(ends_at),
            start=from_micros(starts_at),
            end=from_micros(ends_at),
            share=Fraction(share),
            method=method,
        )
        for starts_at, ends_at, share, method in connection.execute(statement)
    ]


def tariff(connection: Connection, uid: str) -> str | None:
    """Return the content of a tariff that sessions were priced by, or None."""
    statement = select(TARIFFS.c.content).where(TARIFFS.c.uid == uid)
    return connection.execute(statement).scalar_one_or_none()


def assignments(connection: Connection, session_id: str) -> list[SessionAssigned]:
    """Return who was named for a session, oldest first."""
    table = ASSIGNMENTS.c
    statement = (
        select(table.at, table.driver_id, table.vehicle_id, table.actor)
        .join(SESSIONS, SESSIONS.c.id == table.session_id)
        .where(SESSIONS.c.uid == session_id)
        .order_by(table.number)
    )
    return [
        SessionAssigned(
            at=from_micros(at),
            session_id=session_id,
            driver_id=driver_id,
            vehicle_id=vehicle_id,
            actor=actor,
        )
        for at, driver_id, vehicle_id, actor in connection.execute(statement)
    ]
