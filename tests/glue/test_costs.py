"""What is set up about money is followed while the entry stays loaded."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy.data import async_get_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.chargestead.billing.rating import Reason
from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.home_energy import EnergyEntities
from custom_components.chargestead.model.events import SessionEnded, SessionStarted
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.price_source import PriceSourceConfig
from custom_components.chargestead.site import Site
from custom_components.chargestead.site.costs import HousePower

from .cost_fixtures import DYNAMIC, NOON, STATION, CostHouse, cost_house
from .price_fixtures import INTEGRATIONS, Market

pytestmark = pytest.mark.usefixtures("socket_enabled")

FIXED = {"kind": "fixed", "price": "0.30"}
PLAIN = {
    "unknown_tokens": "accept",
    "several_sessions": True,
    "local_lists": True,
    "meter_interval": 10,
}


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[CostHouse]:
    """Return a house with one station."""
    async with cost_house(hass, freezer) as house:
        yield house


def issues(house: CostHouse) -> dict[str, dict[str, str] | None]:
    """Return what the person is told, with its placeholders."""
    return {
        issue.translation_key or "": issue.translation_placeholders
        for (domain, _), issue in ir.async_get(house.hass).issues.items()
        if domain == DOMAIN
    }


def tariff_at_station(house: CostHouse) -> str | None:
    """Return the id of the tariff that holds at the station."""
    tariff = house.site.costing.config.tariff_of(STATION)
    return None if tariff is None else tariff.id


def remove(house: CostHouse, tariff: str) -> None:
    """Remove a tariff."""
    house.hass.config_entries.async_remove_subentry(house.entry, tariff)


async def test_a_tariff_that_is_gone_gives_way_to_the_default_and_it_is_said(
    house: CostHouse,
) -> None:
    first = house.add_tariff("First", **FIXED)
    second = house.add_tariff("Second", **FIXED)
    third = house.add_tariff("Third", **FIXED)
    house.hass.config_entries.async_update_entry(house.entry, options={"default_tariff": second})
    house.change_station(tariff=third)
    await house.settle()
    assert house.site.costing.config.default == second
    assert tariff_at_station(house) == third
    assert issues(house) == {}
    remove(house, third)
    await house.settle()
    assert tariff_at_station(house) == second
    assert issues(house) == {"station_tariff_gone": {"station": "Garage-1", "tariff": "Second"}}
    remove(house, second)
    await house.settle()
    assert tariff_at_station(house) == first
    assert issues(house)["default_tariff_gone"] == {"tariff": "First"}
    remove(house, first)
    await house.settle()
    assert tariff_at_station(house) is None
    assert issues(house) == {"no_tariff_left": {}}
    house.change_station()
    house.hass.config_entries.async_update_entry(house.entry, options={})
    await house.settle()
    assert issues(house) == {}


async def test_a_tariff_that_cannot_be_understood_prices_nothing_and_is_reported(
    house: CostHouse,
) -> None:
    tariff = house.add_tariff("Odd", kind="fixed", price="dear")
    await house.settle()
    assert tariff_at_station(house) is None
    assert issues(house) == {
        "tariff_unusable": {"name": "Odd", "reason": "price not_a_number dear"}
    }
    await house.reload()
    assert "tariff_unusable" in issues(house)
    house.change_tariff(tariff, **FIXED)
    await house.settle()
    assert tariff_at_station(house) == tariff
    assert issues(house) == {}


async def test_sources_come_and_go_with_the_tariffs_that_are_used(house: CostHouse) -> None:
    def sources() -> set[str]:
        return set(house.costs.diagnostics()["sources"])

    first = house.add_tariff("Fixed", **FIXED)
    second = house.add_tariff("Spot", **DYNAMIC)
    await house.settle()
    assert sources() == set(), "nobody is priced by it"
    house.change_station(tariff=second)
    await house.settle()
    (name,) = sources()
    house.change_tariff(second, **{**DYNAMIC, "vat": "21"})
    await house.settle()
    assert sources() == {name}
    house.change_tariff(second, kind="dynamic", source={"entity_ids": ["sensor.other"]})
    await house.settle()
    assert name not in sources()
    assert len(sources()) == 1
    house.change_station()
    await house.settle()
    assert sources() == set()
    assert house.site.costing.config.default == first


async def test_a_source_nobody_knows_any_more_stops_nothing(
    house: CostHouse, caplog: pytest.LogCaptureFixture
) -> None:
    house.add_tariff(kind="dynamic", source={"action": "barter", "entry_id": "x"})
    await house.settle()
    assert house.costs.diagnostics()["sources"] == {}
    assert "Prices of barter cannot be had" in caplog.text


async def test_meters_are_read_by_the_clock_only_where_it_matters(house: CostHouse) -> None:
    tariff = house.add_tariff(**FIXED)
    await house.settle()
    assert house.site.config.aligned_interval_s == 0
    house.change_tariff(tariff, **DYNAMIC)
    await house.settle()
    assert house.site.config.aligned_interval_s == 900
    await house.reload()
    assert house.site.config.aligned_interval_s == 900


async def test_past_days_are_asked_for_while_a_session_waits_for_their_prices(
    house: CostHouse,
) -> None:
    market = Market(house.hass, published_to=date(2026, 6, 3))
    entry = INTEGRATIONS["energyzero"].register(market, "energyzero")
    source = PriceSourceConfig(action="energyzero", entry_id=entry.entry_id)
    house.add_tariff(kind="dynamic", source=source.as_dict())
    await house.settle()
    market.calls.clear()
    start = NOON - timedelta(days=4)
    session = Session(
        id="old", station_id=STATION, connector_id=1, transaction_id="9", started_at=start,
        register_start_mwh=0,
    )  # fmt: skip
    ended = replace(session, ended_at=start + timedelta(hours=1), register_stop_mwh=10_000_000)
    market.error = TimeoutError()
    house.site.publish(SessionStarted(station_id=STATION, at=start, session=session))
    house.site.publish(SessionEnded(station_id=STATION, at=ended.ended_at or start, session=ended))
    await house.settle()
    ledger = house.entry.runtime_data.ledger
    (known,) = await ledger.kept_sessions()
    assert known.cost is not None
    assert known.cost.provisional >= {Reason.UNKNOWN_PRICE}
    market.calls.clear()
    market.error = None
    await house.pass_time(16)
    (known,) = await ledger.kept_sessions()
    assert known.cost is not None
    assert Reason.UNKNOWN_PRICE not in known.cost.provisional
    assert 1 <= market.days_asked().count("2026-05-30") <= 2, (
        "once more while the answer is being kept"
    )
    await house.pass_time(31)
    assert "2026-05-30" not in market.days_asked()


async def test_a_past_day_that_is_not_told_is_not_asked_for_ever(house: CostHouse) -> None:
    market = Market(house.hass, published_to=date(2026, 6, 3))
    entry = INTEGRATIONS["energyzero"].register(market, "energyzero")
    source = PriceSourceConfig(action="energyzero", entry_id=entry.entry_id)
    house.add_tariff(kind="dynamic", source=source.as_dict())
    await house.settle()
    market.calls.clear()
    market.garbage = {"prices": []}
    start = NOON - timedelta(days=4)
    session = Session(
        id="old", station_id=STATION, connector_id=1, transaction_id="9", started_at=start,
        register_start_mwh=0, ended_at=start + timedelta(hours=1), register_stop_mwh=10_000_000,
    )  # fmt: skip
    house.site.publish(SessionEnded(station_id=STATION, at=NOON, session=session))
    await house.pass_time(120)
    assert market.days_asked().count("2026-05-30") == 3


# Home energy


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[HousePower]:
    """Return what the site is told of the meters."""
    told: list[HousePower] = []
    monkeypatch.setattr(Site, "measure_house", lambda _site, power: told.append(power))
    return told


async def test_meters_are_read_in_watts_with_their_sign(
    house: CostHouse, measured: list[HousePower]
) -> None:
    hass = house.hass
    options = {
        "grid_power": "sensor.grid",
        "grid_inverted": True,
        "solar_power": ["sensor.east", "sensor.west"],
        "battery_power": ["sensor.battery"],
        "battery_inverted": True,
    }
    hass.states.async_set("sensor.grid", "-1.5", {"unit_of_measurement": "kW"})
    hass.states.async_set("sensor.east", "1200", {"unit_of_measurement": "W"})
    hass.states.async_set("sensor.west", "0.8", {"unit_of_measurement": "kW"})
    hass.states.async_set("sensor.battery", "300", {"unit_of_measurement": "W"})
    site = house.site
    hass.config_entries.async_update_entry(house.entry, options=options)
    await house.settle()
    assert measured[-1] == HousePower(grid_w=1500, solar_w=2000, battery_w=-300)
    for state, unit in (("unavailable", "kW"), ("7", "kWh"), ("nan", "W"), ("unknown", None)):
        hass.states.async_set("sensor.west", state, {"unit_of_measurement": unit})
        await hass.async_block_till_done()
        assert measured[-1] == HousePower(grid_w=1500, solar_w=None, battery_w=-300)
    assert house.costs.energy.counters.as_dict()["power_unknown"] >= 4
    hass.states.async_remove("sensor.grid")
    await hass.async_block_till_done()
    assert measured[-1].grid_w is None
    count = len(measured)
    hass.config_entries.async_update_entry(house.entry, options={})
    await house.settle()
    hass.states.async_set("sensor.east", "1", {"unit_of_measurement": "W"})
    await hass.async_block_till_done()
    assert len(measured) == count, "nobody wants to know any more"
    assert house.site is site


@pytest.mark.parametrize(
    ("options", "tells"),
    [
        ({}, False),
        ({"grid_power": "sensor.grid"}, False),
        ({"solar_power": ["sensor.roof"]}, False),
        ({"grid_power": "sensor.grid", "solar_power": ["sensor.roof"]}, True),
        ({"grid_power": "sensor.grid", "battery_power": ["sensor.battery"]}, True),
    ],
)
async def test_a_solar_share_takes_a_grid_meter_and_something_of_ones_own(
    house: CostHouse,
    options: dict[str, Any],
    tells: bool,  # noqa: FBT001
) -> None:
    assert EnergyEntities.from_options(options).tells_solar is tells
    house.hass.config_entries.async_update_entry(house.entry, options=options)
    await house.settle()
    assert (house.site.costing.solar_now is not None) is tells
    await house.reload()
    assert (house.site.costing.solar_now is not None) is tells


def suggestions(form: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what the section of home energy is filled in with."""
    return {
        str(marker): marker.description["suggested_value"]
        for marker in form["data_schema"].schema["home_energy"].schema.schema
        if marker.description and "suggested_value" in marker.description
    }


async def test_the_energy_dashboard_fills_in_the_options(house: CostHouse) -> None:
    hass = house.hass
    form = await hass.config_entries.options.async_init(house.entry.entry_id)
    assert suggestions(form) == {}
    hass.config.components.add("energy")
    for name in ("grid", "roof", "battery"):
        hass.states.async_set(
            f"sensor.{name}", "1", {"unit_of_measurement": "W", "device_class": "power"}
        )
    form = await hass.config_entries.options.async_init(house.entry.entry_id)
    assert suggestions(form) == {}
    manager = await async_get_manager(hass)
    manager.data = {
        "energy_sources": [
            {"type": "grid", "stat_rate": "sensor.grid"},
            {"type": "solar", "stat_rate": "sensor.roof"},
            {"type": "solar", "stat_rate": "sensor.gone"},
            {"type": "solar"},
            {"type": "battery", "stat_rate": "sensor.battery"},
        ],
        "device_consumption": [],
    }  # type: ignore[typeddict-item]
    form = await hass.config_entries.options.async_init(house.entry.entry_id)
    found = {
        "grid_power": "sensor.grid",
        "solar_power": ["sensor.roof"],
        "battery_power": ["sensor.battery"],
    }
    assert suggestions(form) == found
    tariff = house.add_tariff(**FIXED)
    form = await hass.config_entries.options.async_init(house.entry.entry_id)
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {**PLAIN, "default_tariff": tariff, "home_energy": found}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await house.settle()
    assert house.entry.options["default_tariff"] == tariff
    assert house.site.costing.solar_now is not None
    form = await hass.config_entries.options.async_init(house.entry.entry_id)
    assert suggestions(form).items() >= found.items()


async def test_a_station_that_named_a_tariff_which_is_gone_asks_for_another(
    house: CostHouse,
) -> None:
    first = house.add_tariff(**FIXED)
    house.change_station(tariff="gone")
    await house.settle()
    (subentry,) = (item for item in house.entry.subentries.values() if item.unique_id == STATION)
    form = await house.entry.start_subentry_reconfigure_flow(house.hass, subentry.subentry_id)
    (marker,) = (one for one in form["data_schema"].schema if str(one) == "tariff")
    assert not (marker.description or {}).get("suggested_value")
    result = await house.hass.config_entries.subentries.async_configure(
        form["flow_id"],
        {
            "name": "Garage",
            "max_current": 16,
            "phases": "3",
            "configure": True,
            "response_timeout": 30,
            "tariff": first,
        },
    )
    assert result["reason"] == "reconfigure_successful"
    await house.settle()
    assert tariff_at_station(house) == first
    assert issues(house) == {}
