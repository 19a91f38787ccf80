"""Adding and changing a charging station by hand."""

from collections.abc import AsyncIterator

from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.const import CONF_NAME, CONF_PASSWORD
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chargestead.const import (
    CONF_CONFIGURE,
    CONF_DEFAULT_ID_TOKEN,
    CONF_MAX_CURRENT,
    CONF_PHASES,
    CONF_RESPONSE_TIMEOUT,
    CONF_STATION_ID,
    DOMAIN,
    SUBENTRY_CHARGING_STATION,
)
from custom_components.chargestead.model.config import StationConfig

from .flow_fixtures import new_entry

pytestmark = pytest.mark.usefixtures("socket_enabled")

SETTINGS = {
    CONF_NAME: "Garage",
    CONF_MAX_CURRENT: 20,
    CONF_PHASES: "1",
    CONF_CONFIGURE: False,
    CONF_RESPONSE_TIMEOUT: 60,
}


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[MockConfigEntry]:
    """Return a house that knows one station."""
    entry = new_entry(hass, stations={"YARD": {}})
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


async def open_form(hass: HomeAssistant, house: MockConfigEntry) -> str:
    """Open the form for a new station and return the id of the flow."""
    result = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_CHARGING_STATION), context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert not result["errors"]
    return result["flow_id"]


async def submit(
    hass: HomeAssistant, flow_id: str, fields: dict[str, object]
) -> SubentryFlowResult:
    """Submit a form."""
    result = await hass.config_entries.subentries.async_configure(flow_id, fields)
    await hass.async_block_till_done()
    return result


async def test_adding_a_station_makes_it_known_at_once(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    flow_id = await open_form(hass, house)
    result = await submit(
        hass,
        flow_id,
        {
            CONF_STATION_ID: " GARAGE-1 ",
            CONF_PASSWORD: "secret",
            CONF_DEFAULT_ID_TOKEN: "HOUSE",
            **SETTINGS,
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Garage"
    assert result["unique_id"] == "GARAGE-1"
    assert house.runtime_data.site.stations["GARAGE-1"].config == StationConfig(
        station_id="GARAGE-1",
        password="secret",
        default_id_token="HOUSE",
        max_current_a=20,
        phases=1,
        configure=False,
        response_timeout_s=60,
    )


@pytest.mark.parametrize(
    ("bad", "errors"),
    [
        ({CONF_STATION_ID: "  "}, {CONF_STATION_ID: "bad_station_id"}),
        ({CONF_STATION_ID: "a/b"}, {CONF_STATION_ID: "bad_station_id"}),
        ({CONF_STATION_ID: "x" * 65}, {CONF_STATION_ID: "bad_station_id"}),
        ({CONF_NAME: "  "}, {CONF_NAME: "name_missing"}),
    ],
)
async def test_what_cannot_be_is_told_and_can_be_corrected(
    hass: HomeAssistant, house: MockConfigEntry, bad: dict[str, str], errors: dict[str, str]
) -> None:
    flow_id = await open_form(hass, house)
    good = {CONF_STATION_ID: "GARAGE-1", **SETTINGS}
    result = await submit(hass, flow_id, {**good, **bad})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    result = await submit(hass, flow_id, good)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_token_longer_than_ocpp_allows_is_not_taken(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    flow_id = await open_form(hass, house)
    good = {CONF_STATION_ID: "GARAGE-1", **SETTINGS}
    with pytest.raises(InvalidData) as error:
        await submit(hass, flow_id, {**good, CONF_DEFAULT_ID_TOKEN: "x" * 21})
    assert set(error.value.schema_errors) == {CONF_DEFAULT_ID_TOKEN}
    result = await submit(hass, flow_id, {**good, CONF_DEFAULT_ID_TOKEN: "x" * 20})
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("station_id", ["YARD", "yard"])
async def test_a_station_that_is_known_is_not_added_twice(
    hass: HomeAssistant, house: MockConfigEntry, station_id: str
) -> None:
    flow_id = await open_form(hass, house)
    result = await submit(hass, flow_id, {CONF_STATION_ID: station_id, **SETTINGS})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert len(house.subentries) == 1


async def test_a_station_can_be_added_while_the_entry_is_not_loaded(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(house.entry_id)
    flow_id = await open_form(hass, house)
    result = await submit(hass, flow_id, {CONF_STATION_ID: "GARAGE-1", **SETTINGS})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert await hass.config_entries.async_setup(house.entry_id)
    assert set(house.runtime_data.site.stations) == {"YARD", "GARAGE-1"}


async def test_changing_a_station_keeps_its_identity_and_gives_up_what_was_emptied(
    hass: HomeAssistant, house: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    (subentry,) = house.subentries.values()
    site = house.runtime_data.site
    form = await house.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert form["step_id"] == "reconfigure"
    assert form["description_placeholders"] == {"station_id": "YARD"}
    result = await submit(hass, form["flow_id"], {**SETTINGS, CONF_NAME: "  "})
    assert result["errors"] == {CONF_NAME: "name_missing"}
    result = await submit(hass, form["flow_id"], {**SETTINGS, CONF_PASSWORD: "secret"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert site is house.runtime_data.site, "the entry was reloaded"
    config = site.stations["YARD"].config
    assert (config.password, config.max_current_a, config.phases) == ("secret", 20, 1)
    device = device_registry.async_get_device_by_identifier((DOMAIN, "YARD"), house.entry_id)
    assert device is not None
    assert device.name == "Garage"

    form = await house.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    await submit(hass, form["flow_id"], dict(SETTINGS))
    assert site.stations["YARD"].config.password is None
    (changed,) = house.subentries.values()
    assert changed.unique_id == changed.data[CONF_STATION_ID] == "YARD"
    assert CONF_PASSWORD not in changed.data
