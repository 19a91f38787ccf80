"""Between facts and the columns of the ledger."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column

from ...model.money import Cost, from_minor
from ...model.station import ConnectorStatus
from .facts import Activity, SessionCost
from .rows import from_micros, to_micros
from .schema import ACTIVITIES, COSTS

COST_COLUMNS: Final[tuple[Column[Any], ...]] = tuple(
    column for column in COSTS.columns if column.name != "session_id"
)
ACTIVITY_COLUMNS: Final[tuple[Column[Any], ...]] = tuple(ACTIVITIES.columns)


def cost_values(cost: SessionCost) -> dict[str, object]:
    """Return the columns of a cost; ValueError for amounts with more decimals than its currency has."""
    printed = cost.cost
    return {
        "revision": cost.revision,
        "rated_at": to_micros(cost.rated_at),
        "currency": printed.currency,
        "digits": cost.digits,
        "net_minor": _minor(cost, "before_taxes"),
        "tax_minor": _minor(cost, "taxes"),
        "gross_minor": _minor(cost, "after_taxes"),
        "energy_mwh": cost.energy_mwh,
        "solar_mwh": cost.solar_mwh,
        "unpriced_mwh": cost.unpriced_mwh,
        "provisional": ",".join(sorted(cost.provisional)),
        "method": cost.method,
        "content": cost.content,
    }


def _minor(cost: SessionCost, name: str) -> int:
    scaled = getattr(cost.cost, name).scaleb(cost.digits)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{name} of {cost.cost} has more than {cost.digits} decimals")
    return whole


def cost_of(row: Sequence[Any]) -> SessionCost:
    """Return the cost of a row selected as COST_COLUMNS."""
    (
        revision,
        rated_at,
        currency,
        digits,
        net_minor,
        tax_minor,
        gross_minor,
        energy_mwh,
        solar_mwh,
        unpriced_mwh,
        provisional,
        method,
        content,
    ) = row
    return SessionCost(
        cost=Cost(
            currency=currency,
            before_taxes=from_minor(net_minor, digits),
            taxes=from_minor(tax_minor, digits),
            after_taxes=from_minor(gross_minor, digits),
            provisional=bool(provisional),
        ),
        digits=digits,
        energy_mwh=energy_mwh,
        solar_mwh=solar_mwh,
        unpriced_mwh=unpriced_mwh,
        provisional=frozenset(filter(None, provisional.split(","))),
        method=method,
        content=content,
        rated_at=from_micros(rated_at),
        revision=revision,
    )


def activity_of(row: Sequence[Any]) -> Activity:
    """Return the activity of a row selected as ACTIVITY_COLUMNS."""
    station_id, connector_id, at, status, held = row
    return Activity(
        station_id=station_id,
        connector_id=connector_id,
        at=from_micros(at),
        status=ConnectorStatus(status) if status in ConnectorStatus else None,
        held=bool(held),
    )
