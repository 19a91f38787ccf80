"""A family charges: cards, a learned card, a session each, over a real socket in every version of OCPP."""

from collections.abc import AsyncIterator

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.chargestead.const import SUBENTRY_DRIVER
from custom_components.chargestead.model.session import SessionFlag
from tests.simulator import Car, SimulatedStation

from .house import GARAGE, House

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
async def garage(house: House, request: pytest.FixtureRequest) -> AsyncIterator[SimulatedStation]:
    """Return a station that has been got to know, in a house that turns unknown cards away."""
    house.hass.config_entries.async_update_entry(
        house.entry, options={**house.entry.options, "unknown_tokens": "reject"}
    )
    async with house.simulated(version=request.param, connectors=2) as station:
        await house.pass_time(30)
        yield station


async def add_driver(house: House, name: str, *tokens: dict[str, str]) -> None:
    """Add a driver by hand."""
    flows = house.hass.config_entries.subentries
    menu = await flows.async_init(
        (house.entry.entry_id, SUBENTRY_DRIVER), context={"source": SOURCE_USER}
    )
    await flows.async_configure(menu["flow_id"], {"next_step_id": "details"})
    result = await flows.async_configure(menu["flow_id"], {"name": name, "tokens": list(tokens)})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await house.pass_time(10)


async def learn_driver(house: House, station: SimulatedStation, name: str, card: str) -> None:
    """Add a driver by holding up a card."""
    flows = house.hass.config_entries.subentries
    menu = await flows.async_init(
        (house.entry.entry_id, SUBENTRY_DRIVER), context={"source": SOURCE_USER}
    )
    waiting = await flows.async_configure(menu["flow_id"], {"next_step_id": "learn"})
    assert waiting["type"] is FlowResultType.SHOW_PROGRESS
    station.present_card(2, card)
    await house.pass_time(5)
    form = await flows.async_configure(menu["flow_id"])
    assert form["step_id"] == "details"
    schema = form["data_schema"]
    assert schema is not None
    (tokens,) = [
        marker.description["suggested_value"] for marker in schema.schema if marker == "tokens"
    ]
    result = await flows.async_configure(menu["flow_id"], {"name": name, "tokens": tokens})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await house.pass_time(10)


async def test_cards_are_learned_and_sessions_are_theirs(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    await add_driver(house, "Anna", {"id_token": "04AABBCC", "group": "FAMILY"})
    garage.plug_in(1, Car())
    garage.plug_in(2, Car())
    garage.present_card(1, "04DDEEFF")
    await house.pass_time(30)
    assert garage.status(1) != "Charging", "nobody knows the card yet"
    await learn_driver(house, garage, "Ben", "04DDEEFF")
    card = hass.states.get(house.entity_id("event", "card", 0))
    assert card is not None
    assert card.attributes["event_type"] == "learned"
    assert {name: info.status for name, info in garage.access.local_list.items()} == {
        "04aabbcc": "Accepted",
        "04ddeeff": "Accepted",
    }, "the station knows both by heart"

    garage.present_card(1, "04aabbcc")
    garage.present_card(2, "04DDEEFF")
    await house.pass_time(600)
    assert [garage.status(number) for number in (1, 2)] == ["Charging", "Charging"]
    assert [house.state("driver", number) for number in (1, 2)] == ["Anna", "Ben"]
    garage.present_card(1, "04DDEEFF")
    await house.pass_time(10)
    assert garage.status(1) == "Charging", "Ben is not of the family"
    garage.present_card(1, "04AABBCC")
    garage.present_card(2, "04DDEEFF")
    await house.pass_time(10)
    found = await hass.services.async_call(
        "chargestead", "get_sessions", {}, blocking=True, return_response=True
    )
    assert isinstance(found, dict)
    assert sorted(item["driver"] for item in found["sessions"]) == ["Anna", "Ben"]  # type: ignore[index,union-attr,call-overload]
    assert not any(session.flags for session in await house.sessions())


async def test_one_of_the_family_stops_what_another_began(
    house: House, garage: SimulatedStation
) -> None:
    await add_driver(house, "Anna", {"id_token": "ANNA", "group": "FAMILY"})
    await add_driver(house, "Ben", {"id_token": "BEN", "group": "FAMILY"})
    garage.plug_in(1, Car())
    garage.present_card(1, "ANNA")
    await house.pass_time(60)
    assert garage.status(1) == "Charging"
    garage.present_card(1, "BEN")
    await house.pass_time(10)
    (session,) = await house.sessions()
    assert (session.id_token, session.stop_id_token) == ("ANNA", "BEN")
    assert house.state("driver") == "Anna"


async def test_a_card_in_use_is_refused_elsewhere_where_the_house_says_so(
    house: House, garage: SimulatedStation
) -> None:
    house.hass.config_entries.async_update_entry(
        house.entry, options={**house.entry.options, "several_sessions": False}
    )
    await add_driver(house, "Anna", {"id_token": "ANNA"})
    for number in (1, 2):
        garage.plug_in(number, Car())
        garage.present_card(number, "ANNA")
        await house.pass_time(60)
    assert garage.status(1) == "Charging"
    assert garage.status(2) != "Charging"
    first, second = await house.sessions()
    assert not first.flags
    assert second.flags == {SessionFlag.UNAUTHORIZED}
    assert second.ended_at is not None


async def test_a_restart_starts_with_the_same_answers(
    house: House, garage: SimulatedStation
) -> None:
    await add_driver(house, "Anna", {"id_token": "ANNA"})
    garage.plug_in(1, Car())
    await house.pass_time(5)
    await house.station(GARAGE).start_session(1)
    await house.pass_time(60)
    assert garage.status(1) == "Charging", "our own token needs no driver"
    await house.down()
    await house.up()
    await house.pass_time(120)
    garage.unplug(1)
    await house.pass_time(10)
    garage.plug_in(1, Car())
    garage.present_card(1, "ANNA")
    await house.pass_time(60)
    assert house.state("driver") == "Anna"
