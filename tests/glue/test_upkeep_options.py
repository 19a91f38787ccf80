"""Maintenance tasks in the options."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chargestead.const import (
    CONF_DATABASE_URL,
    CONF_MAINTENANCE_AHEAD,
    CONF_MAINTENANCE_TASKS,
    CONF_METER_INTERVAL,
    CONF_UNKNOWN_TOKENS,
)
from custom_components.chargestead.maintenance.schedule import DueBy
from custom_components.chargestead.site.upkeep import Schedule
from custom_components.chargestead.upkeep_schemas import task_schema

from .flow_fixtures import new_entry

pytestmark = pytest.mark.usefixtures("socket_enabled")

PLAIN = {CONF_UNKNOWN_TOKENS: "accept", CONF_METER_INTERVAL: 10}
EVERYWHERE = {"enabled": True, "place": "every_station"}


async def begin(hass: HomeAssistant, entry_id: str, task: str) -> ConfigFlowResult:
    """Open the options and choose a task."""
    form = await hass.config_entries.options.async_init(entry_id)
    section = {CONF_MAINTENANCE_AHEAD: 7, "maintenance_task": task}
    return await submit(hass, form, {**PLAIN, "maintenance": section})


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, fields: dict[str, Any]
) -> ConfigFlowResult:
    """Submit a page."""
    result = await hass.config_entries.options.async_configure(form["flow_id"], fields)
    await hass.async_block_till_done()
    return result


def suggested(form: ConfigFlowResult) -> dict[str, Any]:
    """Return what a page shows as filled in."""
    assert form["data_schema"] is not None
    return {
        str(marker): marker.description["suggested_value"]
        for marker in form["data_schema"].schema
        if marker.description
    }


@pytest.fixture
async def entry(hass: HomeAssistant) -> AsyncIterator[MockConfigEntry]:
    """Return a loaded entry with two stations."""
    entry = new_entry(hass, stations={"GARAGE": {}, "YARD": {}})
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


def schedule_of(entry: MockConfigEntry) -> Schedule:
    """Return the schedule."""
    schedule: Schedule = entry.runtime_data.site.upkeep.schedule
    return schedule


async def test_a_usual_task_is_changed_on_the_next_page(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await begin(hass, entry.entry_id, "rcd_test")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "maintenance_task")
    assert form["description_placeholders"]["task"] == "Residual current device test"  # type: ignore[index]
    assert "test button" in form["description_placeholders"]["hint"]  # type: ignore[index]
    assert suggested(form) == {**EVERYWHERE, "months": 6}
    fields = {**EVERYWHERE, "place": "some_stations", "at_stations": ["YARD"], "months": 3,
              "energy": 500, "sessions": 40, "plug_cycles": 60, "first_due": "2030-01-01",
              "last_done": "2029-01-01"}  # fmt: skip
    result = await submit(hass, form, fields)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options[CONF_MAINTENANCE_TASKS] == {"rcd_test": fields}
    assert entry.options[CONF_MAINTENANCE_AHEAD] == 7
    assert "maintenance_task" not in entry.options
    item = schedule_of(entry).find("rcd_test", "YARD")
    assert item is not None
    assert (str(item.due.on), item.due.by) == ("2029-04-01", DueBy.DATE)
    assert schedule_of(entry).find("rcd_test", "GARAGE") is None
    (task,) = (task for task in schedule_of(entry).config.tasks if task.key == "rcd_test")
    interval = task.interval
    assert (interval.energy_mwh, interval.sessions, interval.plug_cycles) == (500_000_000, 40, 60)
    form = await begin(hass, entry.entry_id, "rcd_test")
    assert suggested(form) == fields


async def test_one_page_leads_to_the_next(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    form = await begin(hass, entry.entry_id, "terminals")
    off = {"enabled": False, "place": "every_station"}
    form = await submit(hass, form, {**off, "next_task": "visual_check"})
    assert form["description_placeholders"]["task"] == "Visual check"  # type: ignore[index]
    form = await submit(hass, form, {**EVERYWHERE, "place": "house", "next_task": "Wash"})
    assert form["errors"] == {"base": "interval_missing"}
    form = await submit(
        hass, form, {**EVERYWHERE, "place": "house", "months": 1, "next_task": "Wash"}
    )
    assert form["step_id"] == "own_task"
    result = await submit(hass, form, {"name": "Wash", **EVERYWHERE, "sessions": 9})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    tasks = entry.options[CONF_MAINTENANCE_TASKS]
    assert tasks["terminals"] == off
    assert tasks["visual_check"] == {**EVERYWHERE, "place": "house", "months": 1}
    assert len(tasks) == 3
    assert schedule_of(entry).find("visual_check", None) is not None
    assert schedule_of(entry).find("terminals", "GARAGE") is None


async def test_a_task_of_ones_own_is_added_renamed_and_removed(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    form = await begin(hass, entry.entry_id, "Wash")
    assert suggested(form) == {"name": "Wash"}
    for fields, errors in (
        ({"name": " ", **EVERYWHERE, "months": 2}, {"name": "name_missing"}),
        ({"name": "Wash", **EVERYWHERE}, {"base": "interval_missing"}),
        ({"name": "Wash", **EVERYWHERE, "place": "some_stations", "months": 2},
         {"base": "stations_missing"}),
    ):  # fmt: skip
        form = await submit(hass, form, fields)
        assert form["errors"] == errors
    result = await submit(hass, form, {"name": " Wash it ", **EVERYWHERE, "months": 2})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (key,) = entry.options[CONF_MAINTENANCE_TASKS]
    assert entry.runtime_data.upkeep.task_name(schedule_of(entry).find(key, "YARD")) == "Wash it"

    form = await begin(hass, entry.entry_id, key)
    assert suggested(form)["name"] == "Wash it"
    await submit(hass, form, {"name": "Polish", **EVERYWHERE, "months": 2})
    assert [task["name"] for task in entry.options[CONF_MAINTENANCE_TASKS].values()] == ["Polish"]

    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["data_schema"] is not None
    await submit(hass, form, dict(PLAIN))
    assert key in entry.options[CONF_MAINTENANCE_TASKS], "other options leave tasks alone"

    form = await begin(hass, entry.entry_id, key)
    await submit(hass, form, {"name": "Polish", **EVERYWHERE, "enabled": False})
    assert entry.options[CONF_MAINTENANCE_TASKS] == {}


async def test_tasks_of_ones_own_can_be_chosen_by_name() -> None:
    schema = task_schema({"G": "Garage"}, {"f00d": "Wash"}, named=False)
    (following,) = (value for key, value in schema.schema.items() if str(key) == "next_task")
    labels = {option["value"]: option["label"] for option in following.config["options"]}
    assert labels["f00d"] == "Wash"
    assert "rcd_test" in labels


async def test_tasks_can_be_changed_while_the_entry_cannot_be_set_up(
    hass: HomeAssistant, tmp_path: Path
) -> None:  # fmt: skip
    entry = new_entry(hass, options={CONF_DATABASE_URL: f"sqlite:///{tmp_path}/none/ledger.db"})
    assert not await hass.config_entries.async_setup(entry.entry_id)
    form = await begin(hass, entry.entry_id, "rcd_test")
    await submit(hass, form, {**EVERYWHERE, "months": 1})
    assert entry.state is ConfigEntryState.LOADED
    assert entry.options[CONF_MAINTENANCE_TASKS]["rcd_test"]["months"] == 1
    await hass.config_entries.async_unload(entry.entry_id)
