"""What charged at a connector, hour by hour and summed up, from what the ledger holds."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final, Protocol

from ...billing.ledger import CostSum, KeptSession, SessionFilter
from ...billing.rating.hours import HourShare, by_hour, hour_of
from ...model.reading import MeterReading

_HOUR: Final = timedelta(hours=1)
_FILLED: Final = timedelta(days=400)
_PAGE: Final = 200


class HourlyLedger(Protocol):
    """Knows the sessions of a connector, and what they came to."""

    async def readings(self, session_id: str) -> list[MeterReading]:
        """Return the readings of a session in the order of their time."""

    async def kept_sessions(
        self, wanted: SessionFilter, *, limit: int | None = None, offset: int = 0
    ) -> list[KeptSession]:
        """Return a page of the sessions that pass a filter with their costs, newest first."""

    async def cost_sums(self, wanted: SessionFilter) -> list[CostSum]:
        """Return what the rated sessions that pass a filter come to, by currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourRow:
    """One hour of a connector, and the sum of all hours up to and with it."""

    start: datetime
    share: HourShare
    total: HourShare


async def hourly_rows(
    ledger: HourlyLedger,
    station_id: str,
    connector_id: int,
    currency: str,
    since: datetime,
    now: datetime,
) -> list[HourRow]:
    """Return the hours from that of `since` on, by what sessions that have ended were rated at.

    Costs in another currency do not count. Hours without charging are told as well, but for those more than 400 days
    ago, so that hours told before are corrected. Raises LedgerError.
    """
    first = hour_of(since)
    before = await ledger.cost_sums(
        SessionFilter(
            station_id=station_id, connector_id=connector_id, is_open=False, ended_before=first
        )
    )
    total = HourShare(
        sum(one.energy_mwh for one in before),
        sum(one.solar_mwh for one in before),
        sum((Fraction(one.after_taxes) for one in before if one.currency == currency), Fraction(0)),
    )
    shares = {
        hour: HourShare() for hour in _hours(max(first, hour_of(now) - _FILLED), hour_of(now))
    }
    async for kept in _ended_from(ledger, station_id, connector_id, first):
        for hour, share in (await _shares(ledger, kept, currency)).items():
            if hour < first:
                total = total.plus(share)
            else:
                shares[hour] = shares.get(hour, HourShare()).plus(share)
    rows: list[HourRow] = []
    for hour in sorted(shares):
        total = total.plus(shares[hour])
        rows.append(HourRow(start=hour, share=shares[hour], total=total))
    return rows


def _hours(first: datetime, last: datetime) -> list[datetime]:
    return [first + number * _HOUR for number in range((last - first) // _HOUR + 1)]


async def _ended_from(
    ledger: HourlyLedger, station_id: str, connector_id: int, since: datetime
) -> AsyncIterator[KeptSession]:
    wanted = SessionFilter(
        station_id=station_id, connector_id=connector_id, is_open=False, ended_from=since
    )
    offset = 0
    while page := await ledger.kept_sessions(wanted, limit=_PAGE, offset=offset):
        for kept in page:
            yield kept
        offset += len(page)


async def _shares(
    ledger: HourlyLedger, kept: KeptSession, currency: str
) -> dict[datetime, HourShare]:
    cost, end = kept.cost, kept.session.ended_at
    if cost is None or end is None:
        return {}
    readings = await ledger.readings(kept.session.id)
    shares = by_hour(cost.content, readings, cost.cost.after_taxes, end)
    if cost.cost.currency == currency:
        return shares
    return {hour: HourShare(one.energy_mwh, one.solar_mwh) for hour, one in shares.items()}
