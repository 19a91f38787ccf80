"""What a long history costs: 100,000 sessions with their costs in a real database.

Run with `python -m benchmarks.history [sessions]`.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import batched
from pathlib import Path
import statistics
import sys
import tempfile
import time
from typing import Final
from zoneinfo import ZoneInfo

from custom_components.chargestead.billing.ledger import (
    Ledger,
    SessionCost,
    SessionFilter,
    SessionPriced,
)
from custom_components.chargestead.billing.rating import Metered, Pricing, TariffVersion, rate
from custom_components.chargestead.billing.tariffs.home import Terms, fixed_tariff
from custom_components.chargestead.model.config import SiteConfig, StationConfig
from custom_components.chargestead.model.events import SessionEnded
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.site import Site
from custom_components.chargestead.site.costs import CostConfig
from custom_components.chargestead.site.costs.hourly import hourly_rows
from custom_components.chargestead.site.costs.pricing import summary

from .support import MemoryInMind, WallClock

STATIONS: Final = 4
NOW: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
APART: Final = timedelta(minutes=20)
ZONE: Final = ZoneInfo("Europe/Amsterdam")
TARIFF: Final = fixed_tariff(Terms(id="home", currency="EUR", vat=Decimal(21)), Decimal("0.30"))
COSTS: Final = CostConfig(tariffs={"home": TARIFF}, default="home", zone=ZONE)


def session_number(number: int, count: int) -> Session:
    """Return one of so many sessions, each a while after the one before."""
    start = NOW - (count - number) * APART
    return Session(
        id=f"session-{number}",
        station_id=f"STATION-{number % STATIONS}",
        connector_id=1,
        transaction_id=str(number + 1),
        started_at=start,
        id_token=f"CARD-{number % 7}",
        register_start_mwh=number * 10_000_000,
        register_last_mwh=number * 10_000_000 + 7_654_321,
        register_last_at=start + timedelta(hours=1),
        ended_at=start + timedelta(hours=1),
        register_stop_mwh=number * 10_000_000 + 7_654_321,
        stop_reason="Local",
    )


def rated(session: Session) -> SessionCost:
    """Return what a session costs."""
    pricing = Pricing(tariffs=(TariffVersion(TARIFF),), prices={}, zone=ZONE)
    return summary(rate(Metered(session=session, readings=()), pricing, NOW), NOW)


async def fill(ledger: Ledger, count: int) -> None:
    """Keep so many sessions; every hundredth is still provisional."""
    cost = rated(session_number(0, count))
    for some in batched(range(count), 1000, strict=False):
        for number in some:
            session = session_number(number, count)
            reasons = frozenset({"gap"}) if number % 100 == 0 else frozenset()
            ledger.keep(
                SessionEnded(station_id=session.station_id, at=session.started_at, session=session)
            )
            ledger.keep(
                SessionPriced(
                    at=NOW,
                    session_id=session.id,
                    tariff_uid="home@1",
                    cost=replace(cost, provisional=reasons),
                )
            )
        await ledger.checkpoint()


async def timed(name: str, times: int, work: object) -> None:
    """Print how long something takes: the median and the worst of some times."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        result = await work()  # type: ignore[operator]
        taken.append((time.perf_counter() - began) * 1000)
    size = f" ({len(result)} rows)" if isinstance(result, list) else ""
    print(f"{name:<44} {statistics.median(taken):8.1f} ms, worst {max(taken):8.1f} ms{size}")


async def start_up(url: str) -> None:
    """Open the ledger and a site with its stations and prices, as Home Assistant does."""
    clock = WallClock(NOW)
    began = time.perf_counter()
    ledger = await Ledger.open(url, clock=clock)
    opened = time.perf_counter()
    site = Site(clock=clock, ledger=ledger, memory=MemoryInMind(), config=SiteConfig())
    await site.prepare()
    for number in range(STATIONS):
        await site.add_station(StationConfig(station_id=f"STATION-{number}"))
    ready = time.perf_counter()
    await site.price(COSTS, solar=False)
    priced = time.perf_counter()
    for number in range(STATIONS):
        site.costing.follow(f"STATION-{number}", 1)
    await site.costing.settled()
    summed = time.perf_counter()
    print(f"{'start-up: ledger open':<44} {(opened - began) * 1000:8.1f} ms")
    print(f"{'start-up: stations ready':<44} {(ready - opened) * 1000:8.1f} ms")
    print(f"{'start-up: prices and the month':<44} {(priced - ready) * 1000:8.1f} ms")
    print(f"{'after it: totals of all connectors':<44} {(summed - priced) * 1000:8.1f} ms")
    await site.stop()
    await ledger.close()


async def main(count: int) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chargestead.db"
        url = f"sqlite:///{path}"
        print(f"{count} sessions at {STATIONS} stations")
        empty = await Ledger.open(f"sqlite:///{path}.empty", clock=WallClock(NOW))
        await empty.close()
        await start_up(f"sqlite:///{path}.empty")
        ledger = await Ledger.open(url, clock=WallClock(NOW))
        began = time.perf_counter()
        await fill(ledger, count)
        print(f"filled in {time.perf_counter() - began:.0f} s, {path.stat().st_size / 1e6:.0f} MB")
        month = SessionFilter(ended_from=NOW - timedelta(days=31), ended_before=NOW, is_open=False)
        started = SessionFilter(started_from=NOW - timedelta(days=31), started_before=NOW)
        here = replace(started, station_id="STATION-1")
        await timed(
            "a month by end, a page of 100", 20, lambda: ledger.kept_sessions(month, limit=100)
        )
        await timed(
            "a month by start, a page of 100", 20, lambda: ledger.kept_sessions(started, limit=100)
        )
        await timed("a month of one station, all of it", 20, lambda: ledger.kept_sessions(here))
        await timed("a month of all, all of it", 5, lambda: ledger.kept_sessions(started))
        await timed("how many in a month", 20, lambda: ledger.count_sessions(started))
        await timed("what a month costs", 20, lambda: ledger.cost_sums(month))
        await timed(
            "the last page of all",
            5,
            lambda: ledger.kept_sessions(SessionFilter(), limit=100, offset=count - 100),
        )
        await timed(
            "how many may still change",
            5,
            lambda: ledger.count_sessions(SessionFilter(provisional=True)),
        )
        await timed(
            "what a connector ever cost",
            5,
            lambda: ledger.cost_sums(
                SessionFilter(station_id="STATION-1", connector_id=1, is_open=False)
            ),
        )
        await timed(
            "statistics of a connector since yesterday", 5,
            lambda: hourly_rows(ledger, "STATION-1", 1, "EUR", NOW - timedelta(days=1), NOW),
        )  # fmt: skip
        await ledger.close()
        await start_up(url)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
