"""The to-do list of maintenance."""

from collections.abc import AsyncIterator
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.chargestead.const import CONF_MAINTENANCE_TASKS
from custom_components.chargestead.model.errors import LedgerError

from .entity_fixtures import house_with
from .upkeep_fixtures import OFF, TASKS, TODO, UpkeepHouse, upkeep_house

pytestmark = pytest.mark.usefixtures("socket_enabled")

INSPECTION = "Electrical inspection"


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[UpkeepHouse]:
    """Return a house with an inspection that is due today, and a test in half a year."""
    async with upkeep_house(hass, freezer) as house:
        yield house


async def test_the_list_of_the_house(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    async with house_with(hass, Platform.TODO) as house:
        await snapshot_platform(hass, entity_registry, snapshot, house.entry.entry_id)


async def test_what_is_due_is_on_the_list_and_what_is_far_off_is_not(house: UpkeepHouse) -> None:
    (item,) = await house.items()
    assert (item["summary"], item["due"], item["status"]) == (
        INSPECTION, "2026-10-05", "needs_action",
    )  # fmt: skip
    assert "protective earth" in item["description"]
    state = house.hass.states.get(TODO)
    assert state is not None
    assert state.state == "1"


async def test_a_tick_writes_who_and_note_and_the_next_date(
    house: UpkeepHouse, hass_admin_user: User
) -> None:
    await house.todo("update_item", item=INSPECTION, description="0.3 ohm")
    await house.todo(
        "update_item", Context(user_id=hass_admin_user.id), item=INSPECTION, status="completed"
    )
    (done,) = await house.items()
    assert (done["status"], done["description"]) == ("completed", "0.3 ohm")
    (record,) = house.schedule.records
    assert (record.who, record.note, record.title) == (
        hass_admin_user.name, "0.3 ohm", INSPECTION,
    )  # fmt: skip
    item = house.schedule.find("electrical_inspection", "GARAGE")
    assert item is not None
    assert str(item.due.on) == "2027-10-05"
    await house.reload()
    assert [one["status"] for one in await house.items()] == ["completed"]
    await house.pass_days(31)
    assert await house.items() == []


async def test_what_was_said_the_last_time_is_told_the_next(house: UpkeepHouse) -> None:
    await house.todo("update_item", item=INSPECTION, status="completed", description="Fine")
    item = house.schedule.find("electrical_inspection", "GARAGE")
    assert item is not None
    hint = house.entry.runtime_data.upkeep.hint(item)
    assert hint.endswith("Last: 2026-10-05, Fine")


async def test_an_untick_takes_it_back(house: UpkeepHouse) -> None:
    await house.todo("update_item", item=INSPECTION, status="completed")
    await house.todo("update_item", item=INSPECTION, status="needs_action")
    (item,) = await house.items()
    assert (item["status"], item["due"]) == ("needs_action", "2026-10-05")
    assert [record.withdrawn for record in house.schedule.records] == [True]


async def test_what_was_done_can_be_cleared_away_and_stays_in_the_log(house: UpkeepHouse) -> None:
    await house.todo("update_item", item=INSPECTION, status="completed")
    await house.todo("remove_completed_items")
    assert await house.items() == []
    assert len(house.schedule.records) == 1


async def test_a_date_can_be_moved_and_moved_back(house: UpkeepHouse) -> None:
    await house.todo("update_item", item=INSPECTION, due_date="2026-10-12")
    assert [item["due"] for item in await house.items()] == ["2026-10-12"]
    await house.todo("update_item", item=INSPECTION, due_date=None)
    assert [item["due"] for item in await house.items()] == ["2026-10-05"]


@pytest.mark.parametrize(
    ("action", "fields"), [("remove_item", {}), ("update_item", {"rename": "Something else"})]
)
async def test_planned_tasks_are_not_removed_or_renamed_here(
    house: UpkeepHouse, action: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(ServiceValidationError) as wrong:
        await house.todo(action, item=INSPECTION, **fields)
    assert wrong.value.translation_key == "task_is_planned"
    assert len(await house.items()) == 1


async def test_items_of_ones_own_are_like_those_of_any_list(house: UpkeepHouse) -> None:
    await house.todo("add_item", item="Buy a hook")
    await house.todo("add_item", item="Paint", due_date="2026-12-24", description="Grey")
    assert [item["summary"] for item in await house.items()] == [INSPECTION, "Paint", "Buy a hook"]
    await house.todo("update_item", item="Paint", rename="Paint the post", description=None)
    await house.reload()
    found = {item["summary"]: item for item in await house.items()}
    assert found["Paint the post"]["due"] == "2026-12-24"
    assert "description" not in found["Paint the post"]
    await house.todo("update_item", item="Buy a hook", status="completed")
    await house.todo("remove_item", item="Paint the post")
    assert [(item["summary"], item["status"]) for item in await house.items()] == [
        (INSPECTION, "needs_action"), ("Buy a hook", "completed"),
    ]  # fmt: skip
    await house.todo("update_item", item="Buy a hook", status="needs_action")
    assert [item["summary"] for item in await house.items()] == [INSPECTION, "Buy a hook"]


async def test_with_several_stations_each_is_named(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    async with upkeep_house(hass, freezer, stations=("GARAGE", "YARD")) as house:
        assert {item["summary"] for item in await house.items()} == {
            f"{INSPECTION} · Garage", f"{INSPECTION} · Yard",
        }  # fmt: skip


async def test_a_changed_plan_is_taken_without_a_reload(house: UpkeepHouse) -> None:
    site = house.entry.runtime_data.site
    tasks = {**TASKS, "electrical_inspection": OFF}
    house.hass.config_entries.async_update_entry(
        house.entry, options={**house.entry.options, CONF_MAINTENANCE_TASKS: tasks}
    )
    await house.settle()
    assert await house.items() == []
    assert house.entry.runtime_data.site is site


async def test_a_ledger_that_cannot_write_is_told(
    house: UpkeepHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> None:
        raise LedgerError("no disk")

    with monkeypatch.context() as broken:
        broken.setattr(house.entry.runtime_data.ledger, "keep", fails)
        with pytest.raises(HomeAssistantError) as wrong:
            await house.todo("update_item", item=INSPECTION, status="completed")
    assert wrong.value.translation_key == "ledger_unusable"
    assert [item["status"] for item in await house.items()] == ["needs_action"]
