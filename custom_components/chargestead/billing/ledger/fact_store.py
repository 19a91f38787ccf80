"""Writing facts, each only where it says something new."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from ...model.price import PriceSeries, PriceSlot
from .fact_rows import COST_COLUMNS, cost_of, cost_values
from .facts import (
    Activity,
    Fact,
    PricesLearned,
    SessionAssigned,
    SessionCost,
    SessionPriced,
    SolarLearned,
    TariffUsed,
)
from .rows import from_micros, to_micros
from .schema import ACTIVITIES, ASSIGNMENTS, COSTS, PAST_COSTS, PRICES, SESSIONS, SOLAR, TARIFFS


def write_facts(connection: Connection, facts: Iterable[Fact]) -> None:
    """Write facts in their order within the transaction of a connection.

    Raises LookupError for a session that is not there, ValueError for an amount that cannot be kept exactly.
    """
    for fact in facts:
        _WRITERS[type(fact)](connection, fact)


def _write_activity(connection: Connection, fact: Activity) -> None:
    table = ACTIVITIES.c
    key = (
        (table.station_id == fact.station_id)
        & (table.connector_id == fact.connector_id)
        & (table.at == to_micros(fact.at))
    )
    values = {"status": fact.status, "held": int(fact.held)}
    found = connection.execute(select(table.status, table.held).where(key)).one_or_none()
    if found is None:
        connection.execute(
            insert(ACTIVITIES),
            {
                "station_id": fact.station_id,
                "connector_id": fact.connector_id,
                "at": to_micros(fact.at),
                **values,
            },
        )
    elif tuple(found) != tuple(values.values()):
        connection.execute(update(ACTIVITIES).where(key).values(values))


def _write_prices(connection: Connection, fact: PricesLearned) -> None:
    """Lay prices over those that are known; slots in another currency give way to them as well."""
    if not fact.slots:
        return
    told = PriceSeries(fact.slots)
    first, last = to_micros(told.slots[0].start), to_micros(told.slots[-1].end)
    table = PRICES.c
    known = connection.execute(
        select(table.starts_at, table.ends_at, table.price, table.currency)
        .where(table.source == fact.source, table.starts_at < last, table.ends_at > first)
        .order_by(table.starts_at)
    ).all()
    rows = [_price_row(slot, fact.currency) for slot in told.slots]
    for starts_at, ends_at, price, currency in known:
        slot = PriceSlot(from_micros(starts_at), from_micros(ends_at), Decimal(price))
        rows += [
            _price_row(PriceSlot(gap.start, gap.end, slot.price), currency)
            for gap in told.gaps(slot.start, slot.end)
        ]
    rows.sort()
    if rows == [tuple(row) for row in known]:
        return
    kept, wanted = {tuple(row) for row in known}, set(rows)
    for row in kept - wanted:
        connection.execute(
            delete(PRICES).where(table.source == fact.source, table.starts_at == row[0])
        )
    names = ("starts_at", "ends_at", "price", "currency")
    connection.execute(
        insert(PRICES),
        [
            {"source": fact.source, **dict(zip(names, row, strict=True))}
            for row in sorted(wanted - kept)
        ],
    )


def _price_row(slot: PriceSlot, currency: str) -> tuple[int, int, str, str]:
    return to_micros(slot.start), to_micros(slot.end), str(slot.price), currency


def _write_solar(connection: Connection, fact: SolarLearned) -> None:
    table = SOLAR.c
    starts_at, ends_at = to_micros(fact.start), to_micros(fact.end)
    values = {"ends_at": ends_at, "share": str(Fraction(fact.share)), "method": fact.method}
    overlapping = connection.execute(
        select(table.starts_at, table.ends_at, table.share, table.method).where(
            table.starts_at < ends_at, table.ends_at > starts_at
        )
    ).all()
    if [tuple(row) for row in overlapping] == [(starts_at, *values.values())]:
        return
    connection.execute(delete(SOLAR).where(table.starts_at.in_([row[0] for row in overlapping])))
    connection.execute(insert(SOLAR), {"starts_at": starts_at, **values})


def _write_tariff(connection: Connection, fact: TariffUsed) -> None:
    known = connection.execute(select(TARIFFS.c.uid).where(TARIFFS.c.uid == fact.uid)).first()
    if known is None:
        connection.execute(
            insert(TARIFFS), {"uid": fact.uid, "at": to_micros(fact.at), "content": fact.content}
        )


def _write_cost(connection: Connection, fact: SessionPriced) -> None:
    """Write the cost of a session; one that was exact moves to the past when another takes its place."""
    key, tariff = _session(connection, fact.session_id)
    if fact.tariff_uid is not None and tariff != fact.tariff_uid:
        connection.execute(
            update(SESSIONS).where(SESSIONS.c.id == key).values(tariff_id=fact.tariff_uid)
        )
    row = connection.execute(select(*COST_COLUMNS).where(COSTS.c.session_id == key)).first()
    if row is None:
        connection.execute(
            insert(COSTS), {"session_id": key, **cost_values(fact.cost), "revision": 1}
        )
        return
    present = cost_of(row)
    if _same(present, fact.cost):
        return
    revision = present.revision
    if not present.provisional:
        connection.execute(insert(PAST_COSTS), {"session_id": key, **cost_values(present)})
        revision += 1
    connection.execute(
        update(COSTS)
        .where(COSTS.c.session_id == key)
        .values({**cost_values(fact.cost), "revision": revision})
    )


def _same(one: SessionCost, other: SessionCost) -> bool:
    return (one.cost, one.provisional, one.method, one.content) == (
        other.cost,
        other.provisional,
        other.method,
        other.content,
    )


def _write_assignment(connection: Connection, fact: SessionAssigned) -> None:
    key, _ = _session(connection, fact.session_id)
    names = {"driver_id": fact.driver_id, "vehicle_id": fact.vehicle_id}
    connection.execute(update(SESSIONS).where(SESSIONS.c.id == key).values(names))
    count = connection.execute(
        select(func.count()).where(ASSIGNMENTS.c.session_id == key)
    ).scalar_one()
    connection.execute(
        insert(ASSIGNMENTS),
        {
            "session_id": key,
            "number": count + 1,
            "at": to_micros(fact.at),
            "actor": fact.actor,
            **names,
        },
    )


def _session(connection: Connection, session_id: str) -> tuple[int, str | None]:
    row = connection.execute(
        select(SESSIONS.c.id, SESSIONS.c.tariff_id).where(SESSIONS.c.uid == session_id)
    ).first()
    if row is None:
        raise LookupError(f"no session {session_id}")
    return row.id, row.tariff_id


_WRITERS: Final[dict[type[Fact], Callable[..., None]]] = {
    Activity: _write_activity,
    PricesLearned: _write_prices,
    SolarLearned: _write_solar,
    TariffUsed: _write_tariff,
    SessionPriced: _write_cost,
    SessionAssigned: _write_assignment,
}
