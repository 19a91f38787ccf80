"""Unknown stations that dial in over a real socket, and the cards that offer them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import (
    SOURCE_INTEGRATION_DISCOVERY,
    ConfigFlowResult,
    ConfigSubentry,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from websockets import Subprotocol
from websockets.asyncio.client import connect

from custom_components.chargestead.const import (
    CONF_CONFIGURE,
    CONF_MAX_CURRENT,
    CONF_PHASES,
    CONF_RESPONSE_TIMEOUT,
    CONF_STATION_ID,
    DOMAIN,
    SUBENTRY_CHARGING_STATION,
)
from custom_components.chargestead.csms.bounds import Bounds
from custom_components.chargestead.site import Site
from tests.simulator import ManualClock, Personality, SimulatedStation

from .flow_fixtures import LOOPBACK, new_entry

pytestmark = pytest.mark.usefixtures("socket_enabled")

ANSWERS = {
    CONF_NAME: "Garage",
    CONF_MAX_CURRENT: 20,
    CONF_PHASES: "3",
    CONF_CONFIGURE: True,
    CONF_RESPONSE_TIMEOUT: 30,
}
RETRY_S = 60


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[MockConfigEntry]:
    """Return a house that knows no station."""
    entry = new_entry(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry
    if hass.config_entries.async_get_entry(entry.entry_id) is not None:
        await hass.config_entries.async_unload(entry.entry_id)


def stranger(house: MockConfigEntry) -> SimulatedStation:
    """Return a station nobody knows, not yet switched on."""
    return SimulatedStation(
        url=f"ws://{LOOPBACK}:{house.runtime_data.site.port}",
        station_id="WALL-7",
        clock=ManualClock(),
        personality=Personality(vendor="Elektro", model="Wall 11", serial_number="E-77"),
    )


def cards(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return the cards that are shown."""
    return [
        {"flow_id": flow["flow_id"], **flow["context"]}
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow["context"]["source"] == SOURCE_INTEGRATION_DISCOVERY
    ]


async def dial_in(hass: HomeAssistant, station: SimulatedStation) -> None:
    """Switch a station on and wait until it has been told to wait."""
    answered = len(station.answers("BootNotification"))
    await station.start(wait=False)
    await station.wait_for(lambda: len(station.answers("BootNotification")) > answered)
    await hass.async_block_till_done()


@asynccontextmanager
async def bare_socket(
    hass: HomeAssistant, house: MockConfigEntry, station_id: str
) -> AsyncIterator[None]:
    """Dial in and say nothing of oneself."""
    url = f"ws://{LOOPBACK}:{house.runtime_data.site.port}/{station_id}"
    async with connect(url, subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        await socket.send('[2,"1","Heartbeat",{}]')
        await socket.recv()
        await hass.async_block_till_done()
        yield


async def wait(station: SimulatedStation, seconds: float) -> None:
    """Let some time of the station's pass."""
    assert isinstance(station.clock, ManualClock)
    await station.clock.advance(seconds)


async def redial(hass: HomeAssistant, station: SimulatedStation) -> None:
    """Lose the network and come back."""
    answered = len(station.answers("BootNotification"))
    station.go_offline(abrupt=False)
    await wait(station, 1)
    assert not station.link.online
    station.go_online()
    await wait(station, RETRY_S)
    assert station.link.dials == 2
    assert len(station.answers("BootNotification")) > answered
    await hass.async_block_till_done()


async def confirm(
    hass: HomeAssistant, flow_id: str, answers: Mapping[str, object] = ANSWERS
) -> ConfigFlowResult:
    """Answer what the card asks."""
    result = await hass.config_entries.flow.async_configure(flow_id, dict(answers))
    await hass.async_block_till_done()
    return result


async def test_confirming_a_card_serves_the_station_over_the_socket_it_waits_with(
    hass: HomeAssistant,
    house: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    station = stranger(house)
    site = house.runtime_data.site
    await dial_in(hass, station)
    assert station.answers("BootNotification")[0]["status"] == "Pending"
    (card,) = cards(hass)
    assert card["unique_id"] == "WALL-7"
    assert card["title_placeholders"] == {"name": "Elektro Wall 11"}
    there = er.async_entries_for_config_entry(entity_registry, house.entry_id)
    assert {entity.domain for entity in there} == {"calendar", "event", "todo"}, "only the house's"

    form = await hass.config_entries.flow.async_configure(card["flow_id"])
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"] == {
        "station_id": "WALL-7",
        "vendor": "Elektro",
        "model": "Wall 11",
        "serial_number": "E-77",
        "address": LOOPBACK,
    }
    result = await confirm(hass, card["flow_id"], {**ANSWERS, CONF_NAME: "  "})
    assert result["errors"] == {CONF_NAME: "name_missing"}
    result = await confirm(hass, card["flow_id"])
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "station_added"
    assert result["description_placeholders"] == {"name": "Garage"}

    (subentry,) = house.subentries.values()
    assert subentry.title == "Garage"
    assert subentry.unique_id == subentry.data[CONF_STATION_ID] == "WALL-7"
    assert CONF_NAME not in subentry.data
    assert house.runtime_data.site is site, "the entry was reloaded"
    assert cards(hass) == []
    await station.wait_for(lambda: station.at_rest, what="being served without waiting to retry")
    await hass.async_block_till_done()
    assert [answer["status"] for answer in station.answers("BootNotification")] == [
        "Pending",
        "Accepted",
    ]
    assert station.link.dials == 1, "the socket was not the same"
    device, _ = sorted(
        dr.async_entries_for_config_entry(device_registry, house.entry_id),
        key=lambda one: one.serial_number or "",
        reverse=True,
    )
    assert (device.manufacturer, device.model, device.serial_number) == (
        "Elektro",
        "Wall 11",
        "E-77",
    )
    state = hass.states.get("sensor.garage_status")
    assert state is not None
    assert state.state == "available"
    assert {
        entry.config_subentry_id
        for entry in er.async_entries_for_config_entry(entity_registry, house.entry_id)
        if not entry.unique_id.startswith("/home")
    } == {subentry.subentry_id}
    await station.stop()


async def test_a_card_survives_that_the_station_dials_in_again(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    station = stranger(house)
    await dial_in(hass, station)
    (card,) = cards(hass)
    await redial(hass, station)
    assert cards(hass) == [card]
    assert (await confirm(hass, card["flow_id"]))["reason"] == "station_added"
    await station.stop()


async def test_a_card_stays_while_the_station_is_away_and_still_works(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    station = stranger(house)
    await dial_in(hass, station)
    (card,) = cards(hass)
    await station.stop()
    await hass.async_block_till_done()
    assert (await confirm(hass, card["flow_id"]))["reason"] == "station_added"
    assert list(house.runtime_data.site.stations) == ["WALL-7"]


async def test_a_station_that_says_later_what_it_is_gets_a_card_that_says_so(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    async with bare_socket(hass, house, "WALL-7"):
        assert [card["title_placeholders"] for card in cards(hass)] == [{"name": "WALL-7"}]
    station = stranger(house)
    await dial_in(hass, station)
    assert [card["title_placeholders"] for card in cards(hass)] == [{"name": "Elektro Wall 11"}]
    await station.stop()


async def test_the_cards_go_when_the_entry_is_unloaded_or_removed(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    station = stranger(house)
    await dial_in(hass, station)
    assert len(cards(hass)) == 1
    await station.stop()
    await hass.config_entries.async_remove(house.entry_id)
    assert cards(hass) == []


@pytest.mark.parametrize("typed", ["WALL-7", "wall-7"])
async def test_a_card_goes_when_the_station_is_added_by_hand(
    hass: HomeAssistant, house: MockConfigEntry, typed: str
) -> None:
    station = stranger(house)
    await dial_in(hass, station)
    assert len(cards(hass)) == 1
    form = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_CHARGING_STATION), context={"source": "user"}
    )
    (option,) = next(
        selector.config["options"]
        for marker, selector in form["data_schema"].schema.items()
        if marker == CONF_STATION_ID
    )
    assert option == {"value": "WALL-7", "label": "WALL-7 Elektro Wall 11"}
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {CONF_STATION_ID: typed, **ANSWERS}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert cards(hass) == []
    assert house.runtime_data.site.stations["WALL-7"].connected
    await station.stop()


async def test_a_form_left_open_while_the_station_was_added_by_hand_adds_it_only_once(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    station = stranger(house)
    await dial_in(hass, station)
    (card,) = cards(hass)
    assert (await confirm(hass, card["flow_id"]))["reason"] == "station_added"
    late = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={CONF_STATION_ID: "wall-7"},
    )
    assert late["type"] is FlowResultType.ABORT
    assert late["reason"] == "already_configured"
    assert len(house.subentries) == 1
    await station.stop()


async def test_a_card_that_is_confirmed_while_the_station_is_being_added_by_hand_adds_nothing(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    station = stranger(house)
    await dial_in(hass, station)
    (card,) = cards(hass)
    hass.config_entries.async_add_subentry(
        house,
        ConfigSubentry(
            data=MappingProxyType({CONF_STATION_ID: "wall-7"}),
            subentry_type=SUBENTRY_CHARGING_STATION,
            title="Garage",
            unique_id="wall-7",
        ),
    )
    assert (await confirm(hass, card["flow_id"]))["reason"] == "already_configured"
    assert len(house.subentries) == 1
    await station.stop()


async def test_a_station_that_left_before_it_could_be_offered_gets_no_card(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    assert house.runtime_data.site.pending == {}
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_INTEGRATION_DISCOVERY}, data={CONF_STATION_ID: "GONE"}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "station_left"


async def test_without_a_house_there_is_nothing_to_add_a_station_to(hass: HomeAssistant) -> None:
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_INTEGRATION_DISCOVERY}, data={CONF_STATION_ID: "GONE"}
    )
    assert result["reason"] == "station_left"


async def test_an_ignored_station_is_not_offered_until_it_is_not_ignored_any_more(
    hass: HomeAssistant, house: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "config", {})
    station = stranger(house)
    await dial_in(hass, station)
    (card,) = cards(hass)
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {"type": "config_entries/ignore_flow", "flow_id": card["flow_id"], "title": "Wall"}
    )
    assert (await client.receive_json())["success"]
    await hass.async_block_till_done()
    assert cards(hass) == []
    await redial(hass, station)
    assert cards(hass) == []
    assert station.answers("BootNotification")[-1]["status"] == "Pending"

    (ignored,) = (
        entry for entry in hass.config_entries.async_entries(DOMAIN) if entry.source == "ignore"
    )
    await hass.config_entries.async_remove(ignored.entry_id)
    await hass.async_block_till_done()
    assert [card["unique_id"] for card in cards(hass)] == ["WALL-7"]
    await station.stop()


async def test_the_number_of_cards_is_bounded_and_the_oldest_that_left_makes_room(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = partial(Site, bounds=Bounds(pending_stations=3))
    monkeypatch.setattr("custom_components.chargestead.Site", few)
    entry = new_entry(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    for number in range(6):
        async with bare_socket(hass, entry, f"STRANGER-{number}"):
            assert f"STRANGER-{number}" in {card["unique_id"] for card in cards(hass)}
    assert {card["unique_id"] for card in cards(hass)} == {
        "STRANGER-3",
        "STRANGER-4",
        "STRANGER-5",
    }
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_known_station_is_no_news(hass: HomeAssistant, house: MockConfigEntry) -> None:
    first = stranger(house)
    await dial_in(hass, first)
    await confirm(hass, cards(hass)[0]["flow_id"])
    await first.stop()
    async with stranger(house) as again:
        assert again.answers("BootNotification")[0]["status"] == "Accepted"
        await hass.async_block_till_done()
        assert cards(hass) == []


async def test_the_manifest_allows_more_than_one_entry(hass: HomeAssistant) -> None:
    """With `single_config_entry` Home Assistant would refuse the cards of stations."""
    integration = await async_get_integration(hass, DOMAIN)
    assert "single_config_entry" not in integration.manifest
