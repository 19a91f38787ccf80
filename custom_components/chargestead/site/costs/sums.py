"""What sessions come to over time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from ...billing.ledger import CostSum, SessionFilter
from .ports import CostLedger

type Connector = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Total:
    """An amount after taxes; `provisional` where part of it may still change."""

    amount: Decimal
    provisional: bool = False

    def plus(self, amount: Decimal, *, provisional: bool) -> Total:
        """Return the total with one more amount."""
        return Total(self.amount + amount, self.provisional or provisional)


NOTHING = Total(Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What ended sessions come to in one currency: in the local month that began at `month_start`, and by connector."""

    currency: str
    month_start: datetime
    month: Total
    totals: Mapping[Connector, Total]


async def add_up(
    ledger: CostLedger,
    now: datetime,
    zone: tzinfo,
    currency: str,
    connectors: Iterable[Connector],
    before: Sums | None = None,
) -> Sums:
    """Return the sums of the month and of some connectors; those of the others are taken from `before`."""
    kept = before.totals if before is not None and before.currency == currency else {}
    month = await ended_in_month(ledger, now, zone, currency)
    totals = {key: await ended_at_connector(ledger, *key, currency) for key in connectors}
    return Sums(
        currency=currency,
        month_start=month_start(now, zone),
        month=month,
        totals={**kept, **totals},
    )


def month_start(now: datetime, zone: tzinfo) -> datetime:
    """Return when the local month began, in UTC."""
    local = now.astimezone(zone)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


async def ended_in_month(ledger: CostLedger, now: datetime, zone: tzinfo, currency: str) -> Total:
    """Return what the sessions come to that ended in the present local month."""
    since = month_start(now, zone)
    return _in_currency(
        await ledger.cost_sums(SessionFilter(ended_from=since, is_open=False)), currency
    )


async def ended_at_connector(
    ledger: CostLedger, station_id: str, connector_id: int, currency: str
) -> Total:
    """Return what all ended sessions of a connector come to."""
    wanted = SessionFilter(station_id=station_id, connector_id=connector_id, is_open=False)
    return _in_currency(await ledger.cost_sums(wanted), currency)


def _in_currency(sums: list[CostSum], currency: str) -> Total:
    for one in sums:
        if one.currency == currency:
            return Total(one.after_taxes, one.provisional > 0)
    return NOTHING
