"""Adding and changing tariffs."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER, ConfigSubentry, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chargestead.billing.tariffs import Tariff, dumps_tariff
from custom_components.chargestead.const import SUBENTRY_TARIFF
from custom_components.chargestead.price_source import PriceSourceConfig
from custom_components.chargestead.tariff_config import source_id

from .flow_fixtures import new_entry
from .price_fixtures import HOUR, INTEGRATIONS, Market, day_starts, price_of
from .test_tariff_config import OCPI

pytestmark = pytest.mark.usefixtures("socket_enabled")

TODAY = date(2026, 11, 25)
ADVANCED = {"start_fee": 0.5, "idle_fee": 3.0, "idle_grace": 15, "least": 1, "most": 20.25}
WINDOWS = [
    {
        "label": "Night",
        "days": ["saturday", "sunday"],
        "start": "22:00:00",
        "end": "06:00:00",
        "price": 0.1999,
    },
    {
        "season_start": "2026-11-01",
        "season_end": "2026-02-28",
        "start": "17:00:00",
        "end": "20:00:00",
        "price": 0.45,
    },
]


@pytest.fixture
async def house(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> AsyncIterator[MockConfigEntry]:
    """Return a house without a tariff, at noon in Stockholm."""
    await hass.config.async_set_time_zone("Europe/Stockholm")
    freezer.move_to(datetime(2026, 11, 25, 11, tzinfo=UTC))
    entry = new_entry(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


async def choose(hass: HomeAssistant, house: MockConfigEntry, kind: str) -> SubentryFlowResult:
    """Open the menu and choose a kind of tariff."""
    menu = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_TARIFF), context={"source": SOURCE_USER}
    )
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["fixed", "time_of_use", "dynamic", "ocpi"]
    return await submit(hass, menu, {"next_step_id": kind})


async def submit(
    hass: HomeAssistant, flow: SubentryFlowResult, fields: dict[str, Any]
) -> SubentryFlowResult:
    """Submit a form."""
    result = await hass.config_entries.subentries.async_configure(flow["flow_id"], fields)
    await hass.async_block_till_done()
    return result


def only_tariff(house: MockConfigEntry) -> ConfigSubentry:
    """Return the subentry of the only tariff there is."""
    (subentry,) = house.subentries.values()
    return subentry


def in_force(house: MockConfigEntry) -> Tariff:
    """Return the tariff that prices sessions."""
    costs = house.runtime_data.site.costing.config
    tariff: Tariff = costs.tariffs[costs.default]
    return tariff


def suggested(form: SubentryFlowResult) -> dict[str, Any]:
    """Return what a form is filled in with, section by section."""

    def read(schema: Any) -> dict[str, Any]:  # noqa: ANN401
        found: dict[str, Any] = {}
        for marker, part in schema.schema.items():
            if hasattr(part, "schema") and hasattr(part, "options"):
                found[str(marker)] = read(part.schema)
            elif marker.description and "suggested_value" in marker.description:
                found[str(marker)] = marker.description["suggested_value"]
        return {key: value for key, value in found.items() if value != {}}

    return read(form["data_schema"])


async def test_the_first_tariff_is_the_default_by_itself(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    form = await choose(hass, house, "fixed")
    result = await submit(hass, form, {"name": " Home ", "price": 0.3217})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    subentry = only_tariff(house)
    assert subentry.title == "Home"
    assert dict(subentry.data) == {"kind": "fixed", "price": "0.3217"}
    assert in_force(house).id == subentry.subentry_id
    assert house.runtime_data.site.costing.currency == "EUR"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (
            "fixed",
            {
                "name": "Home",
                "price": 0.3217,
                "taxes": {"vat": 21, "amounts_with_vat": False},
                "solar_energy": {"solar": "amount", "solar_price": 0.0625},
                "advanced": ADVANCED,
            },
        ),
        (
            "time_of_use",
            {
                "name": "Home",
                "windows": WINDOWS,
                "otherwise": 0.31,
                "taxes": {"amounts_with_vat": True},
                "solar_energy": {"solar": "free"},
                "advanced": {"idle_grace": 2.5},
            },
        ),
        (
            "ocpi",
            {
                "name": "Home",
                "ocpi": OCPI,
                "ocpi_version": "2.2.1",
                "solar_energy": {"solar": "amount", "solar_price": 0.08, "vat": 19},
                "advanced": {"idle_grace": 10},
            },
        ),
    ],
)
async def test_a_form_shows_again_what_was_entered_and_changes_nothing_by_itself(
    hass: HomeAssistant, house: MockConfigEntry, kind: str, fields: dict[str, Any]
) -> None:
    form = await choose(hass, house, kind)
    assert form["step_id"] == kind
    assert (await submit(hass, form, fields))["type"] is FlowResultType.CREATE_ENTRY
    subentry = only_tariff(house)
    before, data = dumps_tariff(in_force(house)), dict(subentry.data)
    form = await house.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert suggested(form) == fields
    result = await submit(hass, form, suggested(form))
    assert result["reason"] == "reconfigure_successful"
    assert dict(only_tariff(house).data) == data
    assert dumps_tariff(in_force(house)) == before


async def test_changing_a_tariff_changes_what_holds_at_once(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    await submit(hass, await choose(hass, house, "fixed"), {"name": "Home", "price": 0.3})
    subentry = only_tariff(house)
    form = await house.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    await submit(hass, form, {"name": "House", "price": 0.35})
    assert only_tariff(house).title == "House"
    assert only_tariff(house).subentry_id == subentry.subentry_id
    (element,) = in_force(house).elements
    assert element.components[0].price.of(None) == Decimal("0.35")


MISTAKES = [
    ("fixed", {"name": " ", "price": 1}, {"name": "name_missing"}),
    (
        "fixed",
        {"name": "Home", "price": 1, "solar_energy": {"solar": "amount"}},
        {"solar_energy": "solar_price_missing"},
    ),
    (
        "fixed",
        {"name": "Home", "price": 1, "advanced": {"least": 5, "most": 4}},
        {"advanced": "limits_reversed"},
    ),
    ("time_of_use", {"name": "Home", "windows": WINDOWS}, {"windows": "windows_leave_gap"}),
    (
        "time_of_use",
        {"name": "Home", "windows": [{"price": 1, "season_start": "2026-01-01"}], "otherwise": 1},
        {"windows": "half_a_season"},
    ),
    ("ocpi", {"name": "Home", "ocpi": OCPI[:-1], "ocpi_version": "2.2.1"}, {"ocpi": "not_json"}),
    (
        "ocpi",
        {"name": "Home", "ocpi": OCPI.replace("EUR", "SEK"), "ocpi_version": "2.2.1"},
        {"ocpi": "other_currency"},
    ),
    ("ocpi", {"name": "Home", "ocpi": OCPI, "ocpi_version": "2.3.0"}, {"ocpi": "missing"}),
]
GOOD: dict[str, dict[str, Any]] = {
    "fixed": {"name": "Home", "price": 0.3},
    "time_of_use": {"name": "Home", "windows": WINDOWS, "otherwise": 0.3},
    "ocpi": {"name": "Home", "ocpi": OCPI, "ocpi_version": "2.2.1"},
}


@pytest.mark.parametrize(("kind", "fields", "errors"), MISTAKES)
async def test_a_mistake_is_shown_where_it_is_and_can_be_mended(
    hass: HomeAssistant,
    house: MockConfigEntry,
    kind: str,
    fields: dict[str, Any],
    errors: dict[str, str],
) -> None:
    form = await choose(hass, house, kind)
    result = await submit(hass, form, fields)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    kept = {key: value for key, value in fields.items() if not isinstance(value, dict)}
    assert kept.items() <= suggested(result).items()
    assert (await submit(hass, result, GOOD[kind]))["type"] is FlowResultType.CREATE_ENTRY


async def test_the_place_of_a_mistake_in_a_pasted_tariff_is_told(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    form = await choose(hass, house, "ocpi")
    wrong = {"name": "Home", "ocpi": OCPI.replace("0.2500", '"dear"'), "ocpi_version": "2.2.1"}
    result = await submit(hass, form, wrong)
    assert result["errors"] == {"ocpi": "not_a_number"}
    told = result["description_placeholders"]
    assert told is not None
    assert told["path"] == "elements[0].price_components[0].price"
    assert told["value"] == "dear"
    assert (await submit(hass, result, GOOD["ocpi"]))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "window",
    [
        {"days": ["monday"]},
        {"price": "dear"},
        {"price": 1, "start": "late"},
        {"price": 1, "days": ["payday"]},
        {"price": 1, "wind": True},
    ],
)
async def test_a_window_that_no_page_would_send_is_refused(
    hass: HomeAssistant, house: MockConfigEntry, window: dict[str, Any]
) -> None:
    form = await choose(hass, house, "time_of_use")
    with pytest.raises(InvalidData):
        await submit(hass, form, {"name": "Home", "windows": [window], "otherwise": 1})
    assert (await submit(hass, form, GOOD["time_of_use"]))["type"] is FlowResultType.CREATE_ENTRY


async def test_the_names_of_weekdays_are_translated(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    form = await choose(hass, house, "time_of_use")
    assert form["data_schema"] is not None
    fields = form["data_schema"].schema["windows"].config["fields"]
    assert fields["days"]["selector"].config["options"][0] == {"value": "monday", "label": "Monday"}


async def test_without_any_source_a_dynamic_tariff_cannot_be_made(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    result = await choose(hass, house, "dynamic")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_price_sources")
    result = await choose(hass, house, "fixed")
    assert (await submit(hass, result, GOOD["fixed"]))["type"] is FlowResultType.CREATE_ENTRY


async def test_a_dynamic_tariff_follows_the_source_that_was_chosen(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    market = Market(hass, published_to=TODAY)
    INTEGRATIONS["energyzero"].register(market, "energyzero")
    form = await choose(hass, house, "dynamic")
    assert form["data_schema"] is not None
    options = form["data_schema"].schema["source"].config["options"]
    assert [option["label"] for option in options] == [
        "Energyzero · Market price",
        "Energyzero · All-in price",
    ]
    form = await submit(hass, form, {"source": options[1]["value"], "details": {"quarters": True}})
    assert form["step_id"] == "dynamic_price"
    assert suggested(form) == {
        "name": "Energyzero", "source_with_vat": True, "taxes": {"amounts_with_vat": True}
    }  # fmt: skip
    fees = [{"start": "07:00:00", "end": "21:00:00", "price": 0.04}]
    fields = {
        "name": "Spot",
        "source_with_vat": False,
        "surcharge": 0.1234,
        "taxes": {"vat": 21, "amounts_with_vat": False},
        "grid": {"grid_fees": fees},
        "solar_energy": {"solar": "grid"},
        "advanced": {"factor": 1.02, "floor": 0, "cap": 2, "start_fee": 0.25},
    }
    result = await submit(hass, form, fields)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    subentry = only_tariff(house)
    chosen = PriceSourceConfig.from_dict(subentry.data["source"])
    assert chosen.action == "energyzero_all_in"
    assert chosen.quarters
    assert in_force(house).sources == {source_id(chosen)}

    data = dict(subentry.data)
    form = await house.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert suggested(form) == {"source": options[1]["value"], "details": {"quarters": True}}
    form = await submit(hass, form, suggested(form))
    assert suggested(form) == fields
    assert (await submit(hass, form, suggested(form)))["reason"] == "reconfigure_successful"
    assert dict(only_tariff(house).data) == data


async def test_a_source_that_is_away_can_be_kept_and_another_taken(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    prices = [{"start": at, "value": price_of(at)} for at in day_starts(TODAY, HOUR)]
    hass.states.async_set(
        "sensor.spot", "0.1", {"forecast": prices, "friendly_name": "Spot", "unit_of_measurement": "EUR/kWh"}
    )  # fmt: skip
    form = await choose(hass, house, "dynamic")
    first = form["data_schema"].schema["source"].config["options"][0]["value"]  # type: ignore[union-attr]
    form = await submit(hass, form, {"source": first})
    form = await submit(
        hass, form, {"name": "Spot", "source_with_vat": False, "taxes": {"amounts_with_vat": True}}
    )
    assert form["type"] is FlowResultType.CREATE_ENTRY
    hass.states.async_remove("sensor.spot")
    hass.states.async_set(
        "sensor.now", "0.2", {"unit_of_measurement": "EUR/kWh", "friendly_name": "Now"}
    )
    form = await house.start_subentry_reconfigure_flow(hass, only_tariff(house).subentry_id)
    options = form["data_schema"].schema["source"].config["options"]
    assert [option["label"] for option in options] == [
        "Now · Price of now only",
        "Spot · In use now",
    ]
    assert suggested(form)["source"] == first == options[1]["value"]
    form = await submit(hass, form, {"source": options[0]["value"]})
    assert (await submit(hass, form, suggested(form)))["reason"] == "reconfigure_successful"
    assert only_tariff(house).data["source"]["entity_ids"] == ["sensor.now"]


@pytest.mark.parametrize(
    ("details", "errors"),
    [
        ({"unit_of_measurement": "EUR per day"}, {"details": "not_a_unit"}),
        ({"currency": "money"}, {"details": "not_a_currency"}),
        ({}, {"source": "foreign_source"}),
        ({"unit_of_measurement": "öre/kWh"}, {"source": "foreign_source"}),
        ({"unit_of_measurement": "SEK/MWh", "currency": "SEK"}, {"source": "foreign_source"}),
    ],
)
async def test_a_source_that_is_misunderstood_can_be_put_right(
    hass: HomeAssistant, house: MockConfigEntry, details: dict[str, str], errors: dict[str, str]
) -> None:
    market = Market(hass, published_to=TODAY)
    INTEGRATIONS["nordpool"].register(market, "nordpool")
    form = await choose(hass, house, "dynamic")
    source = form["data_schema"].schema["source"].config["options"][0]["value"]  # type: ignore[union-attr]
    wrong = {"source": source, "details": {"quarters": False, **details}}
    form = await submit(hass, form, wrong)
    assert (form["step_id"], form["errors"]) == ("dynamic", errors)
    assert suggested(form) == wrong
    right = {"unit_of_measurement": "EUR/MWh", "currency": "eur", "quarters": False}
    form = await submit(hass, form, {"source": source, "details": right})
    assert form["step_id"] == "dynamic_price"
    form = await submit(
        hass, form, {"name": "Spot", "source_with_vat": False, "taxes": {"amounts_with_vat": False}}
    )
    assert form["type"] is FlowResultType.CREATE_ENTRY
    chosen = PriceSourceConfig.from_dict(only_tariff(house).data["source"])
    assert (chosen.unit, chosen.currency) == ("EUR/MWh", "EUR")
    await hass.async_block_till_done(wait_background_tasks=True)
    await house.runtime_data.site.costing.settled()
    at = datetime(2026, 11, 25, 11, tzinfo=UTC)
    known = await house.runtime_data.ledger.prices(source_id(chosen), at, at + timedelta(hours=1))
    assert float(known["EUR"].price_at(at) or 0) == pytest.approx(price_of(at))
