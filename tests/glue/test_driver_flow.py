"""Adding and changing drivers: by typing, by holding up a card, and with every mistake that can be mended."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryData,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chargestead.const import (
    CONF_BIND_ADDRESS,
    CONF_STATION_ID,
    DOMAIN,
    SUBENTRY_CHARGING_STATION,
    SUBENTRY_DRIVER,
)
from custom_components.chargestead.model.driver import Driver, DriverToken, TokenOrigin, TokenType
from custom_components.chargestead.model.events import CardPresented, Event
from custom_components.chargestead.model.station import OcppVersion
from custom_components.chargestead.site import Site

pytestmark = pytest.mark.usefixtures("socket_enabled")

NOW = datetime(2026, 11, 25, 11, tzinfo=UTC)
CARD = {"id_token": "04AABBCC", "type": "iso14443"}


@pytest.fixture
async def house(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> AsyncIterator[MockConfigEntry]:
    """Return a house with a charger that never connected, and a driver called Ben, at noon in Stockholm."""
    await hass.config.async_set_time_zone("Europe/Stockholm")
    freezer.move_to(NOW)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Chargestead",
        data={"port": 0, CONF_BIND_ADDRESS: "127.0.0.1"},
        options={"unknown_tokens": "record"},
        subentries_data=[
            ConfigSubentryData(
                data={CONF_STATION_ID: "GARAGE-1"},
                subentry_type=SUBENTRY_CHARGING_STATION,
                title="Garage",
                unique_id="GARAGE-1",
            ),
            ConfigSubentryData(
                data={"tokens": [{"id_token": "BEN", "type": "key_code"}]},
                subentry_type=SUBENTRY_DRIVER,
                title="Ben",
                unique_id=None,
            ),
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)


async def begin(hass: HomeAssistant, house: MockConfigEntry, *choices: str) -> SubentryFlowResult:
    """Open the menu and make choices in it."""
    result = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_DRIVER), context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.MENU
    for choice in choices:
        result = await submit(hass, result, {"next_step_id": choice})
    return result


async def submit(
    hass: HomeAssistant, flow: SubentryFlowResult, fields: dict[str, Any] | None = None
) -> SubentryFlowResult:
    """Submit a form."""
    result = await hass.config_entries.subentries.async_configure(flow["flow_id"], fields)
    await hass.async_block_till_done()
    return result


async def now_at(hass: HomeAssistant, flow: SubentryFlowResult) -> SubentryFlowResult:
    """Return where a flow has got to by itself."""
    await hass.async_block_till_done(wait_background_tasks=True)
    return await hass.config_entries.subentries.async_configure(flow["flow_id"])


def site_of(house: MockConfigEntry) -> Site:
    """Return the site that runs."""
    site: Site = house.runtime_data.site
    return site


def subentry(house: MockConfigEntry, title: str) -> ConfigSubentry:
    """Return a driver's subentry."""
    (found,) = [
        item
        for item in house.subentries.values()
        if item.subentry_type == SUBENTRY_DRIVER and item.title == title
    ]
    return found


def driver(house: MockConfigEntry, name: str) -> Driver:
    """Return a driver as the site knows it now."""
    (found,) = [item for item in site_of(house).config.drivers if item.name == name]
    return found


def suggested(result: SubentryFlowResult) -> dict[str, Any]:
    """Return what a form is filled in with."""
    assert result["data_schema"] is not None
    return {
        str(marker): (marker.description or {}).get("suggested_value")
        for marker in result["data_schema"].schema
    }


def present(
    house: MockConfigEntry,
    id_token: str,
    *,
    origin: TokenOrigin = TokenOrigin.UNKNOWN,
    kind: TokenType | None = None,
) -> None:
    """Let a card be held up at the charger."""
    site_of(house).publish(
        CardPresented(
            station_id="GARAGE-1",
            at=NOW,
            connector_id=1,
            id_token=id_token,
            accepted=True,
            origin=origin,
            type=kind,
        )
    )


async def test_a_driver_is_added_by_typing_and_may_charge_at_once(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    loaded = house.runtime_data
    form = await begin(hass, house, "details")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "details")
    tokens = [
        {"id_token": " 04AABBCC ", "expires": "2026-12-31", "group": " FAMILY "},
        {"id_token": "VW-1", "type": "mac_address", "blocked": True},
    ]
    result = await submit(hass, form, {"name": " Anna ", "tokens": tokens})
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Anna")
    assert subentry(house, "Anna").data == {
        "tokens": [
            {**CARD, "expires": "2026-12-31", "group": "FAMILY"},
            {"id_token": "VW-1", "type": "mac_address", "blocked": True},
        ]
    }
    assert driver(house, "Anna").tokens == (
        DriverToken(
            id_token="04AABBCC",
            expires_at=datetime(2026, 12, 31, 23, tzinfo=UTC),
            group="FAMILY",
        ),
        DriverToken(id_token="VW-1", type=TokenType.MAC_ADDRESS, blocked=True),
    )
    assert house.runtime_data is loaded, "nothing was reloaded"


async def test_a_driver_needs_no_card(hass: HomeAssistant, house: MockConfigEntry) -> None:
    result = await submit(hass, await begin(hass, house, "details"), {"name": "Anna"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert driver(house, "Anna").tokens == ()


@pytest.mark.parametrize(
    ("fields", "errors", "placeholders"),
    [
        ({"name": "  ", "tokens": [CARD]}, {"name": "name_missing"}, {}),
        ({"name": " ben", "tokens": [CARD]}, {"name": "name_taken"}, {}),
        ({"name": "A", "tokens": [{"id_token": " "}]}, {"tokens": "token_empty"}, {}),
        (
            {"name": "A", "tokens": [CARD, {"id_token": " 04aabbcc"}]},
            {"tokens": "token_twice"},
            {"token": "04aabbcc"},
        ),
        (
            {"name": "A", "tokens": [{"id_token": "ben "}]},
            {"tokens": "token_taken"},
            {"token": "ben", "driver": "Ben"},
        ),
        (
            {"name": "A", "tokens": [{"id_token": "X" * 256}]},
            {"tokens": "token_too_long"},
            {"longest": "255"},
        ),
        (
            {"name": "A", "tokens": [{**CARD, "group": "X" * 256}]},
            {"tokens": "group_too_long"},
            {"token": "04AABBCC", "longest": "255"},
        ),
        (
            {"name": "A", "tokens": [{**CARD, "expires": "2026-11-24"}]},
            {"tokens": "bad_expiry"},
            {"token": "04AABBCC"},
        ),
        (
            {"name": "", "tokens": [{"id_token": ""}]},
            {"name": "name_missing", "tokens": "token_empty"},
            {},
        ),
    ],
)
async def test_what_is_wrong_is_told_and_can_be_mended(
    hass: HomeAssistant,
    house: MockConfigEntry,
    fields: dict[str, Any],
    errors: dict[str, str],
    placeholders: dict[str, str],
) -> None:
    form = await submit(hass, await begin(hass, house, "details"), fields)
    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == errors
    told = form["description_placeholders"] or {}
    assert {key: told[key] for key in placeholders} == placeholders
    assert suggested(form) == fields, "nothing has to be typed again"
    result = await submit(hass, form, {"name": "Anna", "tokens": [CARD]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert subentry(house, "Anna").data == {"tokens": [CARD]}


@pytest.mark.parametrize(
    ("version", "fits"), [(OcppVersion.V16, 20), (OcppVersion.V201, 36), (OcppVersion.V21, 255)]
)
async def test_a_number_may_be_as_long_as_some_charger_can_send_it(
    hass: HomeAssistant, house: MockConfigEntry, version: OcppVersion, fits: int
) -> None:
    site_of(house).stations["GARAGE-1"].book.update(version=version)
    form = await begin(hass, house, "details")
    form = await submit(hass, form, {"name": "Anna", "tokens": [{"id_token": "X" * (fits + 1)}]})
    assert form["errors"] == {"tokens": "token_too_long"}
    result = await submit(hass, form, {"name": "Anna", "tokens": [{"id_token": "X" * fits}]})
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "token", [{}, {**CARD, "expires": "soon"}, {**CARD, "type": "bone"}, {**CARD, "pin": "1"}]
)
async def test_what_no_form_can_send_is_refused_and_the_form_stays(
    hass: HomeAssistant, house: MockConfigEntry, token: dict[str, str]
) -> None:
    form = await begin(hass, house, "details")
    with pytest.raises(InvalidData):
        await submit(hass, form, {"name": "Anna", "tokens": [token]})
    result = await submit(hass, form, {"name": "Anna", "tokens": [CARD]})
    assert result["type"] is FlowResultType.CREATE_ENTRY


# Holding up a card


async def test_the_next_card_that_is_held_up_is_filled_in(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    heard: list[Event] = []
    site_of(house).subscribe(heard.append)
    waiting = await begin(hass, house, "learn")
    assert waiting["type"] is FlowResultType.SHOW_PROGRESS
    assert waiting["progress_action"] == "present_card"
    assert (await now_at_once(hass, waiting))["type"] is FlowResultType.SHOW_PROGRESS
    present(house, "CHARGESTEAD", origin=TokenOrigin.OWN)
    present(house, "04DDEEFF", kind=TokenType.ISO15693)
    present(house, "04000000")
    form = await now_at(hass, waiting)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "details")
    assert suggested(form)["tokens"] == [{"id_token": "04DDEEFF", "type": "iso15693"}]
    result = await submit(hass, form, {"name": "Anna", "tokens": suggested(form)["tokens"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    cards = [event for event in heard if isinstance(event, CardPresented)]
    assert [card.learned for card in cards] == [False, True, False]


async def now_at_once(hass: HomeAssistant, flow: SubentryFlowResult) -> SubentryFlowResult:
    """Return where a flow is without waiting for anything."""
    return await hass.config_entries.subentries.async_configure(flow["flow_id"])


async def test_a_card_that_somebody_has_is_told_when_it_is_held_up(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    waiting = await begin(hass, house, "learn")
    present(house, "ben", origin=TokenOrigin.DRIVER)
    form = await now_at(hass, waiting)
    assert form["errors"] == {"tokens": "token_taken"}
    assert form["description_placeholders"] == {"token": "ben", "driver": "Ben", "longest": "255"}
    result = await submit(hass, form, {"name": "Anna", "tokens": [CARD]})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_nobody_has_to_hold_up_a_card(hass: HomeAssistant, house: MockConfigEntry) -> None:
    with patch("custom_components.chargestead.driver_flow._PATIENCE_S", 0):
        menu = await now_at(hass, await begin(hass, house, "learn"))
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "no_card")
    waiting = await submit(hass, menu, {"next_step_id": "learn"})
    assert waiting["type"] is FlowResultType.SHOW_PROGRESS
    present(house, "04AABBCC")
    form = await now_at(hass, waiting)
    result = await submit(hass, form, {"name": "Anna", "tokens": suggested(form)["tokens"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_closing_the_form_ends_the_waiting(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    waiting = await begin(hass, house, "learn")
    assert site_of(house).cards._waiting
    hass.config_entries.subentries.async_abort(waiting["flow_id"])
    await hass.async_block_till_done()
    assert not site_of(house).cards._waiting


async def test_when_the_house_is_unloaded_nothing_can_be_heard(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    waiting = await begin(hass, house, "learn")
    menu = await begin(hass, house)
    other = await begin(hass, house)
    await hass.config_entries.async_unload(house.entry_id)
    await hass.async_block_till_done()
    nobody = await now_at(hass, waiting)
    assert (nobody["step_id"], nobody["menu_options"]) == ("no_card", ["details"])
    for flow in (menu, other):
        result = await submit(hass, flow, {"next_step_id": "learn"})
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")
    menu = await begin(hass, house)
    assert menu["menu_options"] == ["details"]
    form = await submit(hass, menu, {"next_step_id": "details"})
    result = await submit(hass, form, {"name": "Anna", "tokens": [CARD]})
    assert result["type"] is FlowResultType.CREATE_ENTRY


# Cards that were held up before


async def test_a_card_that_was_accepted_unknown_is_given_to_a_driver_in_one_step(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    assert (await begin(hass, house))["menu_options"] == ["learn", "details"]
    present(house, "04AABBCC", kind=TokenType.ISO14443)
    present(house, "04DDEEFF")
    menu = await begin(hass, house)
    assert menu["menu_options"] == ["learn", "remembered", "details"]
    form = await submit(hass, menu, {"next_step_id": "remembered"})
    assert form["data_schema"] is not None
    (cards,) = form["data_schema"].schema.values()
    assert cards.config["options"] == [
        {"value": "04DDEEFF", "label": "04DDEEFF · Garage · 2026-11-25 12:00"},
        {"value": "04AABBCC", "label": "04AABBCC · Garage · 2026-11-25 12:00"},
    ]
    form = await submit(hass, form, {"cards": ["04AABBCC"]})
    assert suggested(form)["tokens"] == [CARD]
    await submit(hass, form, {"name": "Anna", "tokens": [CARD]})
    assert driver(house, "Anna").tokens[0].id_token == "04AABBCC"
    assert [card.id_token for card in site_of(house).cards.seen] == ["04DDEEFF"]


async def test_a_card_that_was_given_away_meanwhile_is_told(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    present(house, "04AABBCC")
    form = await begin(hass, house, "remembered")
    first = await submit(hass, await begin(hass, house, "details"), {"name": "A", "tokens": [CARD]})
    assert first["type"] is FlowResultType.CREATE_ENTRY
    form = await submit(hass, form, {"cards": ["04AABBCC"]})
    assert form["errors"] == {"tokens": "token_taken"}
    result = await submit(hass, form, {"name": "Anna"})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_remembered_cards_cannot_be_had_from_a_house_that_is_unloaded(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    present(house, "04AABBCC")
    menu = await begin(hass, house)
    await hass.config_entries.async_unload(house.entry_id)
    result = await submit(hass, menu, {"next_step_id": "remembered"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")


# Changing


async def change(hass: HomeAssistant, house: MockConfigEntry, title: str, way: str) -> Any:  # noqa: ANN401
    """Open the menu of a driver and make a choice."""
    menu = await house.start_subentry_reconfigure_flow(hass, subentry(house, title).subentry_id)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "reconfigure")
    return await submit(hass, menu, {"next_step_id": way})


async def test_a_driver_is_changed_while_the_house_runs(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    loaded = house.runtime_data
    form = await change(hass, house, "Ben", "details")
    ben = {"id_token": "BEN", "type": "key_code"}
    assert suggested(form) == {"name": "Ben", "tokens": [ben]}
    result = await submit(hass, form, {"name": "Benjamin", "tokens": [{**ben, "blocked": True}]})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert driver(house, "Benjamin").tokens == (
        DriverToken(id_token="BEN", type=TokenType.KEY_CODE, blocked=True),
    )
    assert house.runtime_data is loaded


async def test_a_card_is_added_to_a_driver_by_holding_it_up(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    waiting = await change(hass, house, "Ben", "learn")
    present(house, "04AABBCC")
    form = await now_at(hass, waiting)
    assert [item["id_token"] for item in suggested(form)["tokens"]] == ["BEN", "04AABBCC"]
    assert not form["errors"]
    await submit(hass, form, suggested(form))
    assert len(driver(house, "Ben").tokens) == 2


async def test_a_card_the_driver_has_is_not_added_twice(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    waiting = await change(hass, house, "Ben", "learn")
    present(house, "ben ", origin=TokenOrigin.DRIVER)
    form = await now_at(hass, waiting)
    assert suggested(form)["tokens"] == [{"id_token": "BEN", "type": "key_code"}]
    assert not form["errors"]


async def test_a_card_that_expired_may_stay_as_it_is(
    hass: HomeAssistant, house: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    form = await change(hass, house, "Ben", "details")
    token = {"id_token": "BEN", "type": "key_code", "expires": "2026-11-25"}
    await submit(hass, form, {"name": "Ben", "tokens": [token]})
    freezer.move_to(datetime(2026, 12, 24, tzinfo=UTC))
    form = await change(hass, house, "Ben", "details")
    result = await submit(hass, form, {"name": "Ben II", "tokens": [token]})
    assert result["reason"] == "reconfigure_successful"
    form = await change(hass, house, "Ben II", "details")
    form = await submit(hass, form, {"name": "Ben", "tokens": [{**token, "expires": "2026-12-01"}]})
    assert form["errors"] == {"tokens": "bad_expiry"}
    result = await submit(hass, form, {"name": "Ben", "tokens": [token]})
    assert result["reason"] == "reconfigure_successful"


async def test_a_driver_who_leaves_leaves_the_name_behind(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    ben = subentry(house, "Ben").subentry_id
    hass.config_entries.async_remove_subentry(house, ben)
    await hass.async_block_till_done()
    assert site_of(house).config.drivers == ()
    assert house.runtime_data.drivers.name(ben) == "Ben"
    assert house.runtime_data.drivers.find("Ben") is None
    await hass.config_entries.async_unload(house.entry_id)
    await hass.config_entries.async_setup(house.entry_id)
    assert house.runtime_data.drivers.name(ben) == "Ben", "after a restart too"


async def test_what_is_remembered_goes_with_the_entry(
    hass: HomeAssistant, house: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    present(house, "04AABBCC")
    await hass.config_entries.async_unload(house.entry_id)
    kept = hass_storage["chargestead.drivers"]["data"]
    assert [card["id_token"] for card in kept["cards"]] == ["04AABBCC"]
    await hass.config_entries.async_setup(house.entry_id)
    assert [card.id_token for card in site_of(house).cards.seen] == ["04AABBCC"]
    await hass.config_entries.async_remove(house.entry_id)
    assert "chargestead.drivers" not in hass_storage


async def test_a_token_that_cannot_be_understood_is_blocked(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    hass.config_entries.async_update_subentry(
        house, subentry(house, "Ben"), data={"tokens": [{"id_token": "BEN", "expires": "soon"}]}
    )
    await hass.async_block_till_done()
    assert driver(house, "Ben").tokens == (DriverToken(id_token="BEN", blocked=True),)
