"""Drivers where people and automations meet them: the sensor, events, actions, exports and diagnostics."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
import json
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.chargestead.const import DOMAIN, SUBENTRY_DRIVER
from custom_components.chargestead.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.chargestead.model.events import CardPresented
from tests.simulator import SimulatedStation

from .entity_fixtures import NOW, House, dialled_in, house_with, received

pytestmark = pytest.mark.usefixtures("socket_enabled")

TOKENS = (
    {"id_token": "LOST", "type": "iso14443", "blocked": True},
    {"id_token": "OLD", "type": "iso14443", "expires": "2020-01-01"},
    {"id_token": "FAR-TOO-LONG-FOR-OCPP-1.6", "type": "iso14443"},
    {"id_token": "04AABBCC", "type": "iso14443", "group": "FAMILY"},
)


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with a station, and the driver Anna."""
    async with house_with(hass, Platform.SENSOR, Platform.EVENT) as house:
        await add(house, "Anna", *TOKENS)
        yield house


async def add(house: House, name: str, *tokens: dict[str, Any]) -> str:
    """Add a driver; returned is the id."""
    subentry = ConfigSubentry(
        data=MappingProxyType({"tokens": list(tokens)}),
        subentry_type=SUBENTRY_DRIVER,
        title=name,
        unique_id=None,
    )
    house.hass.config_entries.async_add_subentry(house.entry, subentry)
    await house.settle()
    return subentry.subentry_id


async def ask(house: House, action: str, **fields: object) -> dict[str, Any]:
    """Perform an action and return its response."""
    response = await house.hass.services.async_call(
        DOMAIN, action, fields, blocking=True, return_response=True
    )
    assert isinstance(response, dict)
    return response


async def settled(house: House) -> None:
    """Wait until it is in the ledger whose sessions are."""
    while tasks := tuple(house.entry.runtime_data.site.drivers._tasks):
        await asyncio.wait(tasks)
        await asyncio.sleep(0)
    await house.entry.runtime_data.ledger.checkpoint()
    await house.settle()


async def charge(house: House, station: SimulatedStation, card: str = "04aabbcc") -> str:
    """Hold up a card and wait until the vehicle charges; returned is the id of the session."""
    station.present_card(1, card)
    await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
    await settled(house)
    session = house.station().state.connectors[1].session
    assert session is not None
    return session.id


def attributes(house: House, key: str, connector_id: int = 1) -> dict[str, Any]:
    """Return what an event entity tells of the newest event."""
    state = house.hass.states.get(house.entity_id("event", key, connector_id))
    assert state is not None
    return dict(state.attributes)


async def test_a_session_shows_who_charges_everywhere(house: House) -> None:
    async with dialled_in(house) as station:
        assert house.state("sensor", "driver") == STATE_UNKNOWN
        session_id = await charge(house, station)
        assert house.state("sensor", "driver") == "Anna"
        card, started = attributes(house, "card", 0), attributes(house, "session")
        assert (card["event_type"], card["driver"]) == ("accepted", "Anna")
        assert (started["event_type"], started["driver"]) == ("started", "Anna")
        (told,) = (await ask(house, "get_sessions"))["sessions"]
        anna = told["driver_id"]
        assert (told["session_id"], told["driver"]) == (session_id, "Anna")
        assert house.entry.subentries[anna].title == "Anna"
        station.unplug(1)
        await station.wait_for(lambda: station.status() == "Available" and station.at_rest)
        await house.settle()
        assert attributes(house, "session")["driver"] == "Anna"
    assert house.state("sensor", "driver") == "Anna", "who charged last, while it is away"
    for name in ("anna", anna):
        found = await ask(house, "get_sessions", driver_id=name)
        assert [item["session_id"] for item in found["sessions"]] == [session_id]
    house.hass.config_entries.async_remove_subentry(house.entry, anna)
    await house.settle()
    assert house.state("sensor", "driver") == "Anna"
    (told,) = (await ask(house, "get_sessions"))["sessions"]
    assert (told["driver"], told["driver_id"]) == ("Anna", anna)
    exported = await ask(house, "export_sessions", format="csv")
    assert "Anna" in exported["content"]


async def test_a_session_can_be_given_to_another_by_name(house: House) -> None:
    ben = await add(house, "Ben")
    async with dialled_in(house) as station:
        session_id = await charge(house, station)
        told = await ask(house, "assign_session", session_id=session_id, driver_id="ben")
        assert (told["session"]["driver"], told["session"]["driver_id"]) == ("Ben", ben)
        await house.settle()
        assert house.state("sensor", "driver") == "Ben"
        await ask(house, "assign_session", session_id=session_id, driver_id="The neighbour")
        await house.settle()
        assert house.state("sensor", "driver") == "The neighbour"


async def test_a_session_is_started_for_a_driver_with_a_card_that_is_good(house: House) -> None:
    async with dialled_in(house) as station:
        await ask(house, "start_session", device_id=house.device_id("GARAGE-1"), driver=" anna ")
        assert received(station, "RemoteStartTransaction") == [
            {"connectorId": 1, "idTag": "04AABBCC"}
        ]
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        await settled(house)
        assert house.state("sensor", "driver") == "Anna"


@pytest.mark.parametrize(
    ("fields", "key", "placeholders"),
    [
        ({"driver": "Nobody"}, "no_such_driver", {"driver": "Nobody"}),
        ({"driver": "Anna", "id_token": "X"}, "token_and_driver", None),
        ({"driver": "Ben"}, "driver_without_token", {"driver": "Ben", "station": "Garage"}),
    ],
)
async def test_a_driver_who_cannot_be_meant_is_told(
    house: House, fields: dict[str, str], key: str, placeholders: dict[str, str] | None
) -> None:
    await add(house, "Ben", *TOKENS[:3])
    with pytest.raises(ServiceValidationError) as wrong:
        await ask(house, "start_session", device_id=house.device_id("GARAGE-1"), **fields)
    assert wrong.value.translation_key == key
    assert (wrong.value.translation_placeholders or None) == placeholders


async def test_a_card_that_is_waited_for_is_not_told_as_refused(house: House) -> None:
    site = house.entry.runtime_data.site
    waiting = house.hass.async_create_task(site.cards.next_card())
    site.publish(
        CardPresented(station_id="GARAGE-1", at=NOW, connector_id=1, id_token="NEW", accepted=False)
    )
    assert (await waiting).id_token == "NEW"
    await house.settle()
    assert attributes(house, "card", 0)["event_type"] == "learned"


async def test_diagnostics_count_drivers_and_tell_of_none(
    hass: HomeAssistant, house: House
) -> None:
    async with dialled_in(house) as station:
        await charge(house, station)
        house.station().memory.local_list = {"04AABBCC": ["iso14443", "Accepted", None, None]}
        told = await async_get_config_entry_diagnostics(hass, house.entry)
        device = dr.async_get(hass).async_get(house.device_id("GARAGE-1"))
        assert device is not None
        told_of_station = await async_get_device_diagnostics(hass, house.entry, device)
    assert told["drivers"] == {
        "drivers": 1,
        "tokens": 4,
        "blocked": 1,
        "expiring": 1,
        "groups": 1,
        "remembered_cards": 0,
        "lookups_failed": 0,
    }
    text = json.dumps([told, told_of_station]).lower()
    for secret in ("anna", "04aabbcc", "lost", "family"):
        assert secret not in text, secret


async def test_removing_or_changing_a_driver_reloads_nothing(house: House) -> None:
    async with dialled_in(house) as station:
        loaded = house.entry.runtime_data
        since: datetime | None = house.station().state.connected_since
        ben = await add(house, "Ben", {"id_token": "BEN", "type": "iso14443"})
        subentry = house.entry.subentries[ben]
        house.hass.config_entries.async_update_subentry(house.entry, subentry, title="Benjamin")
        await house.settle()
        assert [driver.name for driver in loaded.site.config.drivers] == ["Anna", "Benjamin"]
        house.hass.config_entries.async_remove_subentry(house.entry, ben)
        await house.settle()
        assert [driver.name for driver in loaded.site.config.drivers] == ["Anna"]
        assert house.entry.runtime_data is loaded
        assert house.station().state.connected_since == since
        assert station.online
