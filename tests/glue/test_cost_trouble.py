"""Prices of past days, where the ledger cannot tell which are missing or by what they were to be priced."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
import logging

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.events import SessionEnded, SessionStarted
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.price_source import PriceSourceConfig

from .cost_fixtures import NOON, STATION, CostHouse, cost_house
from .price_fixtures import INTEGRATIONS, Market

pytestmark = pytest.mark.usefixtures("socket_enabled")

SESSION = Session(
    id="old",
    station_id=STATION,
    connector_id=1,
    transaction_id="9",
    started_at=NOON - timedelta(days=4),
    register_start_mwh=0,
)


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[CostHouse]:
    """Return a house with one station."""
    async with cost_house(hass, freezer) as house:
        yield house


@pytest.fixture
async def market(house: CostHouse) -> Market:
    """Return a market whose prices hold in the house; of a session four days ago it tells none yet."""
    market = Market(house.hass, published_to=date(2026, 6, 3))
    entry = INTEGRATIONS["energyzero"].register(market, "energyzero")
    source = PriceSourceConfig(action="energyzero", entry_id=entry.entry_id)
    house.add_tariff(kind="dynamic", source=source.as_dict())
    await house.settle()
    market.error = TimeoutError()
    ended = replace(
        SESSION, ended_at=SESSION.started_at + timedelta(hours=1), register_stop_mwh=10_000_000
    )
    at = SESSION.started_at
    house.site.publish(SessionStarted(station_id=STATION, at=at, session=SESSION))
    house.site.publish(SessionEnded(station_id=STATION, at=at, session=ended))
    await house.settle()
    market.calls.clear()
    market.error = None
    return market


def ledger_of(house: CostHouse) -> Ledger:
    """Return the ledger."""
    ledger: Ledger = house.entry.runtime_data.ledger
    return ledger


async def test_a_ledger_that_cannot_be_read_is_looked_into_later(
    house: CostHouse,
    market: Market,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    ledger = ledger_of(house)

    async def fail(*_: object) -> list[object]:
        raise LedgerError("locked")

    with monkeypatch.context() as broken:
        broken.setattr(ledger, "provisional_sessions", fail)
        await house.pass_time(16)
        assert "It is not known which prices are missing: locked" in caplog.text
        assert "2026-05-30" not in market.days_asked()
    await house.pass_time(16)
    assert "2026-05-30" in market.days_asked()


async def test_of_a_tariff_nobody_can_read_no_prices_are_asked_for(
    house: CostHouse,
    market: Market,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    async def nonsense(_: str) -> dict[str, object]:
        return {"version": "of tomorrow"}

    monkeypatch.setattr(ledger_of(house), "tariff", nonsense)
    await house.pass_time(16)
    assert "A tariff in the ledger cannot be read" in caplog.text
    assert "2026-05-30" not in market.days_asked()
