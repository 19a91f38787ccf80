"""The condition of charging stations as Home Assistant shows it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.chargestead.const import CONF_CIRCUIT_METER, CONF_STATION_ID, DOMAIN
from custom_components.chargestead.model.health import HealthMetric
from custom_components.chargestead.model.station import ConnectorStatus

from .entity_fixtures import MEASUREMENTS, NOW, House, everything_enabled, house_with

pytestmark = pytest.mark.usefixtures("socket_enabled")

METER = "sensor.garage_circuit"


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[House]:
    """Return a house with a station whose circuit has a meter of its own."""
    freezer.move_to(NOW)
    station = {CONF_STATION_ID: "GARAGE-1", CONF_CIRCUIT_METER: METER}
    with everything_enabled():
        async with house_with(hass, Platform.SENSOR, stations=[station]) as house:
            yield house


async def later(
    house: House, freezer: FrozenDateTimeFactory, seconds: float, **changes: object
) -> None:
    """Let time go by, then change the connector."""
    freezer.tick(seconds)
    async_fire_time_changed(house.hass)
    now = dt_util.utcnow()
    measured = replace(MEASUREMENTS, at=now, **changes.pop("measured", {}))  # type: ignore[arg-type]
    await house.change_connector(measurements=measured, **changes)  # type: ignore[arg-type]


async def ask(house: House, action: str, **fields: object) -> dict[str, Any]:
    """Perform an action and return its response."""
    response = await house.hass.services.async_call(
        DOMAIN, action, fields, blocking=True, return_response=True
    )
    json.dumps(response)
    assert isinstance(response, dict)
    return response


async def test_an_opening_under_load_is_counted_and_shown_while_the_station_is_away(
    house: House, freezer: FrozenDateTimeFactory
) -> None:
    await house.connect()
    assert float(house.state("sensor", "contactor_wear")) == 0
    await later(house, freezer, 30)
    await later(house, freezer, 10, status=ConnectorStatus.SUSPENDED_EVSE)
    await house.change(connected=False)
    state = house.hass.states.get(house.entity_id("sensor", "contactor_wear"))
    assert state is not None
    assert float(state.state) > 0
    assert state.attributes["openings"] == state.attributes["openings_under_load"] == 1


async def test_what_was_counted_is_there_after_a_restart(
    house: House, freezer: FrozenDateTimeFactory
) -> None:
    await house.connect()
    await later(house, freezer, 10, status=ConnectorStatus.FINISHING)
    before = house.state("sensor", "contactor_wear")
    assert await house.hass.config_entries.async_reload(house.entry.entry_id)
    await house.connect()
    assert house.state("sensor", "contactor_wear") == before


async def test_a_stuck_contactor_shows_at_once_with_what_tells_it(
    house: House, freezer: FrozenDateTimeFactory
) -> None:
    await house.connect()
    assert house.state("sensor", "condition") == "good"
    for _ in range(8):
        await later(house, freezer, 30, status=ConnectorStatus.SUSPENDED_EVSE)
    state = house.hass.states.get(house.entity_id("sensor", "condition"))
    assert state is not None
    assert state.state == "act"
    assert state.attributes["findings"] == ["stuck_contactor"]
    station = (await ask(house, "get_health"))["stations"][0]
    finding = station["connectors"][0]["findings"][0]
    assert (finding["metric"], finding["severity"]) == ("stuck_contactor", "act")


async def test_a_day_of_steps_tells_the_impedance_of_each_phase(
    house: House, freezer: FrozenDateTimeFactory
) -> None:
    await house.connect()
    for number in range(8):
        amperes = 16.0 if number % 2 else 0.0
        volts = 232 - 0.4 * amperes
        await later(
            house,
            freezer,
            30,
            measured={"current_a": (amperes,) * 3, "voltage_v": (volts,) * 3},
        )
    freezer.move_to(NOW + timedelta(days=1))
    async_fire_time_changed(house.hass)
    await house.settle()
    for phase in (1, 2, 3):
        assert float(house.state("sensor", f"loop_impedance_l{phase}")) == pytest.approx(0.4)
    metrics = (await ask(house, "get_health"))["stations"][0]["connectors"][0]["metrics"]
    found = [item for item in metrics if item["metric"] == HealthMetric.LOOP_IMPEDANCE]
    assert [item["phase"] for item in found] == [1, 2, 3]
    assert found[0]["days"] == [[NOW.date().isoformat(), pytest.approx(0.4)]]


@pytest.mark.parametrize(("unit", "factor"), [("kWh", 1), ("Wh", 1000), ("MWh", 0.001)])
async def test_the_meter_is_compared_with_that_of_its_circuit(
    house: House, freezer: FrozenDateTimeFactory, unit: str, factor: float
) -> None:
    def meter(kilowatt_hours: float) -> None:
        house.hass.states.async_set(
            METER, str(kilowatt_hours * factor), {ATTR_UNIT_OF_MEASUREMENT: unit}
        )

    await house.connect()
    for day, (ours, theirs) in enumerate([(1000, 5000), (1019.6, 5020)]):
        await later(house, freezer, 10, register_mwh=int(ours * 1e6))
        meter(theirs)
        house.hass.states.async_set(METER, "unavailable")
        house.hass.states.async_set(METER, "nan", {ATTR_UNIT_OF_MEASUREMENT: "kWh"})
        house.hass.states.async_set(METER, "7", {ATTR_UNIT_OF_MEASUREMENT: "A"})
        await house.settle()
        freezer.move_to(NOW + timedelta(days=day + 1))
        async_fire_time_changed(house.hass)
        await house.settle()
    registry = er.async_get(house.hass)
    entity_id = registry.async_get_entity_id("sensor", DOMAIN, "GARAGE-1_0_meter_deviation")
    assert entity_id is not None
    state = house.hass.states.get(entity_id)
    assert state is not None
    assert float(state.state) == pytest.approx(-2.0, abs=0.01)


async def test_another_meter_is_followed_without_a_reload(house: House) -> None:
    subentry = next(iter(house.entry.subentries.values()))
    site = house.entry.runtime_data.site
    house.hass.config_entries.async_update_subentry(
        house.entry, subentry, data={CONF_STATION_ID: "GARAGE-1", CONF_CIRCUIT_METER: "sensor.new"}
    )
    await house.settle()
    assert house.entry.runtime_data.site is site
    told: list[int] = []
    site.health.circuit_metered = lambda _station_id, register: told.append(register)
    house.hass.states.async_set(METER, "1", {ATTR_UNIT_OF_MEASUREMENT: "kWh"})
    house.hass.states.async_set("sensor.new", "2", {ATTR_UNIT_OF_MEASUREMENT: "kWh"})
    await house.settle()
    assert told == [2_000_000]


async def test_the_wear_of_a_replaced_contactor_is_counted_anew(
    house: House, freezer: FrozenDateTimeFactory, hass_admin_user: User
) -> None:
    await house.connect()
    await later(house, freezer, 10, status=ConnectorStatus.FINISHING)
    device_id = house.device_id("GARAGE-1")
    with pytest.raises(ServiceValidationError) as refused:
        await ask(house, "reset_contactor_wear", device_id=device_id, connector_id=7)
    assert refused.value.translation_key == "no_such_connector"
    answer = await ask(house, "reset_contactor_wear", device_id=device_id)
    assert answer["contactor"]["wear"] == 0
    response = await house.hass.services.async_call(
        DOMAIN,
        "get_health",
        {"device_id": device_id},
        blocking=True,
        return_response=True,
        context=Context(user_id=hass_admin_user.id),
    )
    assert response is not None


async def test_only_administrators_may_reset_the_wear(
    house: House, hass_read_only_user: User
) -> None:
    await house.connect()
    with pytest.raises(Unauthorized):
        await house.hass.services.async_call(
            DOMAIN,
            "reset_contactor_wear",
            {"device_id": house.device_id("GARAGE-1")},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )
