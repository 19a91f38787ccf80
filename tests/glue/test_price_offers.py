"""What could be chosen as a price source is found, named and told apart."""

from datetime import UTC, date, datetime

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.price_actions import PRICE_ACTIONS
from custom_components.chargestead.price_offers import PriceOffer, async_find_price_offers
from custom_components.chargestead.price_sources import PriceSourceConfig

from .price_fixtures import CET, HOUR, INTEGRATIONS, Market, day_starts, price_of

TODAY = date(2026, 11, 25)
PRICES = [{"start": at.astimezone(CET), "value": price_of(at)} for at in day_starts(TODAY, HOUR)]


@pytest.fixture(autouse=True)
async def _noon_in_stockholm(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("Europe/Stockholm")
    freezer.move_to(datetime(2026, 11, 25, 11, tzinfo=UTC))


def labels(hass: HomeAssistant) -> list[tuple[str, str]]:
    return [(offer.variant, offer.label) for offer in async_find_price_offers(hass)]


async def test_an_empty_house_offers_nothing(hass: HomeAssistant) -> None:
    assert async_find_price_offers(hass) == []


async def test_an_offer_stands_for_each_action_and_area(hass: HomeAssistant) -> None:
    market = Market(hass, published_to=TODAY)
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    INTEGRATIONS["energyzero"].register(market, "energyzero")
    INTEGRATIONS["omie"].register(market, "omie")
    assert labels(hass) == [
        ("nordpool", "Nordpool (SE3)"),
        ("nordpool", "Nordpool (SE4)"),
        ("energyzero", "Energyzero"),
        ("energyzero_all_in", "Energyzero"),
        ("omie", "Omie (es)"),
        ("omie", "Omie (pt)"),
    ]
    offers = async_find_price_offers(hass)
    assert offers[1] == PriceOffer(
        config=PriceSourceConfig(action="nordpool", entry_id=entry.entry_id, box="SE4"),
        label="Nordpool (SE4)",
        variant="nordpool",
        with_taxes=False,
        currency="SEK",
    )
    assert offers[3].with_taxes


async def test_an_integration_that_is_not_loaded_is_not_offered(hass: HomeAssistant) -> None:
    market = Market(hass, published_to=TODAY)
    entry = INTEGRATIONS["tibber"].register(market, "tibber")
    await hass.config_entries.async_remove(entry.entry_id)
    assert labels(hass) == []


async def test_entities_are_offered_by_what_they_hold(hass: HomeAssistant) -> None:
    states = {
        "sensor.spot": ("0.1", {"raw_today": PRICES, "unit_of_measurement": "SEK/kWh", "friendly_name": "Spot"}),
        "sensor.plain_list": ("x", {"forecast": PRICES, "friendly_name": "Plain list"}),
        "sensor.now": ("0.3", {"unit_of_measurement": "€/kWh", "friendly_name": "Now"}),
        "sensor.export_now": ("0.1", {"unit_of_measurement": "€/kWh", "friendly_name": "Export now"}),
        "sensor.solar": ("5", {"forecast": PRICES, "unit_of_measurement": "kWh", "friendly_name": "Solar"}),
        "sensor.two": ("5", {"forecast": PRICES[:2], "friendly_name": "Two"}),
        "sensor.power": ("5", {"unit_of_measurement": "kW", "friendly_name": "Power"}),
        "sensor.gas": ("1.1", {"unit_of_measurement": "€/m³", "friendly_name": "Gas"}),
        "light.lamp": ("on", {"prices": PRICES, "friendly_name": "Lamp"}),
    }  # fmt: skip
    for entity_id, (state, attributes) in states.items():
        hass.states.async_set(entity_id, state, attributes)
    offers = async_find_price_offers(hass)
    assert [(offer.variant, offer.label, offer.feed_in, offer.currency) for offer in offers] == [
        ("list", "Plain list", False, None),
        ("list", "Spot", False, "SEK"),
        ("current", "Export now", True, "EUR"),
        ("current", "Now", False, "EUR"),
    ]
    assert offers[3].config == PriceSourceConfig(entity_ids=("sensor.now",), current_only=True)


async def test_day_rates_of_one_meter_are_one_offer(hass: HomeAssistant) -> None:
    rates = [
        {"start": at, "end": at + HOUR / 2, "value_inc_vat": 0.2}
        for at in day_starts(TODAY, HOUR / 2)
    ]
    for meter, is_export in (("a", False), ("b", True)):
        for which in ("current", "next", "previous"):
            hass.states.async_set(
                f"event.octopus_energy_electricity_{meter}_{which}_day_rates",
                "2026-11-25T00:00:00",
                {"rates": rates if which == "current" else [], "is_export": is_export},
            )
    offers = async_find_price_offers(hass)
    assert [offer.feed_in for offer in offers] == [False, True]
    assert offers[0].config.entity_ids == tuple(
        f"event.octopus_energy_electricity_a_{which}_day_rates"
        for which in ("current", "next", "previous")
    )


async def test_our_own_entities_are_no_source(hass: HomeAssistant) -> None:
    own = er.async_get(hass).async_get_or_create("sensor", DOMAIN, "price")
    hass.states.async_set(own.entity_id, "0.3", {"unit_of_measurement": "€/kWh"})
    assert async_find_price_offers(hass) == []


def test_every_action_of_the_table_has_a_fake_to_test_it_with() -> None:
    assert {action.domain for action in PRICE_ACTIONS.values()} <= {
        key.removesuffix("_feed_in") for key in INTEGRATIONS
    }
