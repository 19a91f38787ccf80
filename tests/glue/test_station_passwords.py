"""What may come in the way of another password, as the form of a station tells it."""

from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chargestead.const import (
    CONF_LEAST_PROFILE,
    CONF_NEW_PASSWORD,
    CONF_STATION_ID,
    SUBENTRY_CHARGING_STATION,
)
from tests.simulator import CallError, Json, SimulatedStation

from .test_security import NEW, OLD, SETTINGS, house, password_of, reconfigure, station

__all__ = ["house", "station"]

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_no_further_password_is_given_while_earlier_ones_may_come_into_force(
    hass: HomeAssistant, house: MockConfigEntry, station: SimulatedStation
) -> None:
    station.overrides["ChangeConfiguration"] = {"status": "Accepted"}
    steps = []
    for number in range(5):
        result = await reconfigure(hass, house, **{CONF_NEW_PASSWORD: f"{NEW}-{number}"})
        steps.append(result["step_id"])
        if result["step_id"] == "reconfigure":
            assert result["errors"] == {CONF_NEW_PASSWORD: "password_pending"}
            break
    assert steps[0] == "new_password"
    assert steps[-1] == "reconfigure"
    assert password_of(house) == OLD


async def test_a_station_that_fails_over_a_password_is_told_of(
    hass: HomeAssistant, house: MockConfigEntry, station: SimulatedStation
) -> None:
    def fail(_: Json) -> Json:
        raise CallError("InternalError", "no idea")

    station.overrides["ChangeConfiguration"] = fail
    result = await reconfigure(hass, house, **{CONF_NEW_PASSWORD: NEW})
    assert result["errors"] == {CONF_NEW_PASSWORD: "password_failed"}
    assert password_of(house) == OLD


async def test_a_house_that_is_not_there_gives_no_station_a_password(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(house.entry_id)
    result = await reconfigure(hass, house, **{CONF_NEW_PASSWORD: NEW})
    assert result["errors"] == {CONF_NEW_PASSWORD: "station_offline"}
    assert await hass.config_entries.async_setup(house.entry_id)
    assert password_of(house) == OLD


async def test_a_new_station_cannot_be_asked_for_more_than_the_house_has(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    form = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_CHARGING_STATION), context={"source": "user"}
    )
    fields = {**SETTINGS, CONF_STATION_ID: "YARD", CONF_NAME: "Yard"}
    for least, problem in (("2", "encryption_needed"), ("1", "password_needed")):
        result = await hass.config_entries.subentries.async_configure(
            form["flow_id"], {**fields, CONF_LEAST_PROFILE: least}
        )
        assert result["errors"] == {CONF_LEAST_PROFILE: problem}
    result = await hass.config_entries.subentries.async_configure(form["flow_id"], fields)
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
