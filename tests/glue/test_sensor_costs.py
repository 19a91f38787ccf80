"""Sensors of what charging costs, and events that tell of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNKNOWN, Platform
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from syrupy.assertion import SnapshotAssertion

from custom_components.chargestead.billing.ledger import SolarLearned
from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.devices import home_identifier
from custom_components.chargestead.model.events import PriceChanged

from .entity_fixtures import NOW, SESSION, House, house_with
from .rating_fixtures import begin, costing_of, end, fixed, price, read, settle

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONNECTOR_KEYS = ("session_cost", "session_average_price", "total_cost")
HOME_KEYS = ("cost_this_month", "price_now")
STARTED = replace(SESSION, register_last_mwh=None, register_last_at=None)


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[House]:
    """Return a house with one station that charges, and no tariff yet."""
    freezer.move_to(NOW)
    async with house_with(hass, Platform.SENSOR, Platform.EVENT) as house:
        await house.connect()
        yield house


def home_entity(house: House, key: str) -> str | None:
    """Return the id of an entity of the house."""
    return er.async_get(house.hass).async_get_entity_id("sensor", DOMAIN, f"/home_{key}")


def attributes(house: House, entity_id: str | None) -> dict[str, Any]:
    """Return the attributes of a state."""
    state = house.hass.states.get(entity_id or "")
    assert state is not None
    return dict(state.attributes)


def home_state(house: House, key: str) -> str:
    """Return the state of an entity of the house."""
    state = house.hass.states.get(home_entity(house, key) or "")
    assert state is not None
    return state.state


async def charge(house: House) -> None:
    """Let the session of the connector run, with 6.25 kWh so far."""
    await begin(house, STARTED)
    await read(house, SESSION, NOW, 1_006_250_000)
    await costing_of(house)._rate(costing_of(house)._running[SESSION.id])
    await settle(house)


async def test_sensors_of_costs(
    house: House, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    costing_of(house).solar_now = lambda: None
    await price(house, fixed())
    await charge(house)
    mine = {f"GARAGE-1_1_{key}" for key in (*CONNECTOR_KEYS, "session_solar_share")}
    mine |= {f"/home_{key}" for key in HOME_KEYS}
    entries = {
        entry.unique_id: entry
        for entry in er.async_entries_for_config_entry(entity_registry, house.entry.entry_id)
        if entry.unique_id in mine
    }
    assert set(entries) == mine
    for unique_id, entry in sorted(entries.items()):
        assert entry == snapshot(name=f"{unique_id}-entry")
        assert house.hass.states.get(entry.entity_id) == snapshot(name=f"{unique_id}-state")


async def test_without_a_tariff_there_are_no_costs_to_show(
    house: House, entity_registry: er.EntityRegistry
) -> None:
    there = {entry.unique_id for entry in entity_registry.entities.values()}
    for key in (*CONNECTOR_KEYS, "session_solar_share"):
        assert f"GARAGE-1_1_{key}" not in there
    assert [home_entity(house, key) for key in HOME_KEYS] == [None, None]


async def test_the_first_tariff_brings_the_sensors_without_a_reload(house: House) -> None:
    await price(house, fixed())
    assert house.state("sensor", "total_cost") == "0"
    assert home_state(house, "cost_this_month") == "0"
    assert home_state(house, "price_now") == "0.3000"
    device = dr.async_get(house.hass).async_get_device_by_identifier(
        home_identifier(), house.entry.entry_id
    )
    assert device is not None
    assert device.entry_type is dr.DeviceEntryType.SERVICE


async def test_a_running_session_is_shown_with_what_it_costs_so_far(house: House) -> None:
    await price(house, fixed())
    await charge(house)
    assert house.state("sensor", "session_cost") == "1.88"
    assert house.state("sensor", "session_average_price") == "0.3008"
    assert house.state("sensor", "total_cost") == "1.88"
    assert home_state(house, "cost_this_month") == "1.88"
    told = attributes(house, house.entity_id("sensor", "session_cost"))
    assert told["provisional"] is True
    assert told["reasons"] == ["open"]
    assert told["before_taxes"] == 1.55
    assert told["last_reset"] == SESSION.started_at.isoformat()
    assert told["unit_of_measurement"] == "EUR"


async def test_costs_stay_while_the_station_is_away(house: House) -> None:
    await price(house, fixed())
    await charge(house)
    await house.change(connected=False)
    assert house.state("sensor", "session_cost") == "1.88"
    assert house.state("sensor", "total_cost") == "1.88"


async def test_a_restart_shows_what_it_showed_before(house: House) -> None:
    await price(house, fixed())
    await charge(house)
    ended = await end(house, SESSION, NOW, 1_007_000_000)
    await house.change_connector(session=None, last_session=ended)
    before = {key: house.state("sensor", key) for key in CONNECTOR_KEYS}
    month = home_state(house, "cost_this_month")
    assert before["session_cost"] == "2.10"

    await house.hass.config_entries.async_reload(house.entry.entry_id)
    await price(house, fixed())

    assert {key: house.state("sensor", key) for key in CONNECTOR_KEYS} == before
    assert home_state(house, "cost_this_month") == month
    assert costing_of(house).diagnostics()["failures"] == 0


async def test_a_session_nobody_prices_does_not_borrow_the_cost_of_the_last(house: House) -> None:
    await price(house, fixed())
    await charge(house)
    ended = await end(house, SESSION, NOW, 1_007_000_000)
    other = replace(STARTED, id="other", started_at=NOW)
    await house.change_connector(session=other, last_session=ended)
    assert house.state("sensor", "session_cost") == STATE_UNKNOWN
    assert house.state("sensor", "total_cost") == "2.10"


async def test_yen_have_no_decimals(house: House, entity_registry: er.EntityRegistry) -> None:
    await price(house, fixed("31", "JPY", vat=None))
    await charge(house)
    assert house.state("sensor", "session_cost") == "194"
    entry = entity_registry.async_get(house.entity_id("sensor", "session_cost"))
    assert entry is not None
    assert entry.unit_of_measurement == "JPY"
    assert entry.options["sensor"]["suggested_display_precision"] == 0


async def test_negative_prices_are_shown_as_such(house: House) -> None:
    await price(house, fixed("-0.10"))
    await charge(house)
    assert house.state("sensor", "session_cost") == "-0.63"
    assert home_state(house, "price_now") == "-0.1000"


async def test_the_month_says_when_it_began_in_local_time(
    house: House, freezer: FrozenDateTimeFactory
) -> None:
    await price(house, fixed())
    entity_id = home_entity(house, "cost_this_month")
    assert attributes(house, entity_id)["last_reset"] == "2026-09-30T22:00:00+00:00"
    freezer.move_to(datetime(2026, 10, 31, 23, 0, 10, tzinfo=UTC))
    async_fire_time_changed(house.hass, fire_all=True)
    await settle(house)
    assert attributes(house, entity_id)["last_reset"] == "2026-10-31T23:00:00+00:00"


async def test_known_prices_are_an_attribute_nobody_records(house: House) -> None:
    await price(house, fixed())
    [slot] = attributes(house, home_entity(house, "price_now"))["prices"]
    assert slot == {
        "start": "2026-10-05T18:00:00+00:00",
        "end": "2026-10-07T18:00:00+00:00",
        "price": 0.3,
    }
    state = house.hass.states.get(home_entity(house, "price_now") or "")
    assert state is not None
    assert state.state_info is not None
    assert "prices" in state.state_info["unrecorded_attributes"]


async def test_the_solar_share_is_there_once_the_house_tells_its_own_energy_apart(
    house: House,
) -> None:
    await price(house, fixed())
    registry = er.async_get(house.hass)
    unique_id = "GARAGE-1_1_session_solar_share"
    assert registry.async_get_entity_id("sensor", DOMAIN, unique_id) is None

    costing_of(house).solar_now = lambda: None
    costing_of(house).learn_solar(
        SolarLearned(
            at=NOW,
            start=SESSION.started_at,
            end=NOW + timedelta(minutes=15),
            share=Fraction(1, 4),
            method="1",
        )
    )
    await charge(house)
    assert house.state("sensor", "session_solar_share") == "25.0"


def session_event(house: House) -> dict[str, Any]:
    """Return what the newest event of the session says."""
    return attributes(house, house.entity_id("event", "session"))


async def test_the_end_of_a_session_is_told_with_its_cost(house: House) -> None:
    await price(house, fixed())
    await charge(house)
    await end(house, SESSION, NOW, 1_007_000_000)
    told = session_event(house)
    assert told["event_type"] == "stopped"
    assert told["energy"] == 7.0
    assert (told["cost"], told["currency"], told["provisional"]) == (2.1, "EUR", False)


async def test_the_end_is_told_without_a_cost_when_none_can_be_worked_out(
    house: House, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    await price(house, fixed())
    await charge(house)

    async def never(*_args: object) -> None:
        return None

    monkeypatch.setattr(costing_of(house), "_rate_ended", never)
    await end(house, SESSION, NOW, 1_007_000_000)
    assert session_event(house)["event_type"] == "started"
    freezer.tick(timedelta(seconds=6))
    async_fire_time_changed(house.hass)
    await house.settle()
    told = session_event(house)
    assert told["event_type"] == "stopped"
    assert "cost" not in told


async def test_the_next_session_does_not_overtake_the_end_of_the_last(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await price(house, fixed())
    await charge(house)

    async def never(*_args: object) -> None:
        return None

    monkeypatch.setattr(costing_of(house), "_rate_ended", never)
    kinds: list[str] = []
    entity_id = house.entity_id("event", "session")

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if event.data["entity_id"] == entity_id and state is not None:
            kinds.append(state.attributes["event_type"])

    house.hass.bus.async_listen(EVENT_STATE_CHANGED, note)
    await end(house, SESSION, NOW, 1_007_000_000)
    await begin(house, replace(STARTED, id="other", transaction_id="42", started_at=NOW))
    assert kinds == ["stopped", "started"]


async def test_a_new_price_of_a_running_session_is_told(house: House) -> None:
    house.entry.runtime_data.site.publish(
        PriceChanged(
            station_id="GARAGE-1",
            at=NOW,
            connector_id=1,
            session_id=SESSION.id,
            currency="EUR",
            price=Decimal("0.1234"),
        )
    )
    await house.settle()
    told = session_event(house)
    assert told["event_type"] == "updated_price"
    assert (told["price"], told["currency"], told["session_id"]) == (0.1234, "EUR", SESSION.id)
