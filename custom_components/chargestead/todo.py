"""The to-do list of maintenance."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, override

from homeassistant.components.todo.const import TodoItemStatus, TodoListEntityFeature
from homeassistant.components.todo.entity import TodoItem, TodoListEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .coordinator import ChargesteadConfigEntry
from .errors import invalid, ledger_errors
from .home import async_setup_home_entities
from .maintenance.schedule import Record, Stage
from .site.upkeep import Item
from .upkeep_entity import UpkeepEntity

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class MaintenanceListDescription(EntityDescription):
    """Describe the list of maintenance."""


DESCRIPTION: Final = MaintenanceListDescription(key="maintenance", translation_key="maintenance")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChargesteadConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the list of the house."""
    async_setup_home_entities(
        hass, entry, async_add_entities, Platform.TODO, [MaintenanceList(entry, DESCRIPTION)]
    )


class MaintenanceList(UpkeepEntity, TodoListEntity):
    """What is to be done soon, what a person put there, and what was done of late.

    Ticking a task writes into the maintenance log what the person wrote in its description; unticking takes that back.
    """

    _attr_supported_features = (
        TodoListEntityFeature.CREATE_TODO_ITEM
        | TodoListEntityFeature.DELETE_TODO_ITEM
        | TodoListEntityFeature.UPDATE_TODO_ITEM
        | TodoListEntityFeature.SET_DUE_DATE_ON_ITEM
        | TodoListEntityFeature.SET_DESCRIPTION_ON_ITEM
    )

    @property
    @override
    def todo_items(self) -> list[TodoItem]:
        """Return what is to be done, and what was."""
        shown = [
            self._to_do(item)
            for item in self.schedule.items
            if item.key is None or item.stage is not Stage.LATER
        ]
        return shown + [self._done(record) for record in self.schedule.recently_done]

    def _to_do(self, item: Item) -> TodoItem:
        return TodoItem(
            uid=item.uid,
            summary=self.house.title(item),
            status=TodoItemStatus.NEEDS_ACTION,
            due=item.due.on,
            description=self.house.description(item),
        )

    def _done(self, record: Record) -> TodoItem:
        return TodoItem(
            uid=record.uid,
            summary=self.house.record_title(record),
            status=TodoItemStatus.COMPLETED,
            description=record.note or None,
            completed=record.at,
        )

    @override
    async def async_create_todo_item(self, item: TodoItem) -> None:
        """Put a task of a person's own on the list."""
        self.schedule.create(item.summary or "", on=_date(item.due), note=item.description or None)

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Take a tick, another date, description or name."""
        uid = item.uid or ""
        present = self.schedule.item(uid)
        if present is None:
            if item.status == TodoItemStatus.NEEDS_ACTION:
                self.schedule.withdraw(uid)
            return
        present = self._rewritten(present, item)
        if item.status == TodoItemStatus.COMPLETED:
            with ledger_errors():
                await self.schedule.record(
                    present,
                    title=self.house.task_name(present),
                    who=await self._async_who(),
                    note=present.standing.note or "",
                )

    def _rewritten(self, present: Item, item: TodoItem) -> Item:
        """Take what a person changed of a task."""
        standing = present.standing
        if item.summary != self.house.title(present):
            if present.key is not None:
                raise invalid("task_is_planned", task=self.house.title(present))
            standing = replace(standing, title=item.summary)
        if _date(item.due) != present.due.on:
            standing = replace(standing, moved_to=_date(item.due))
        if (item.description or None) != self.house.description(present):
            standing = replace(standing, note=item.description or None)
        if standing == present.standing:
            return present
        return self.schedule.change(
            present, title=standing.title, moved_to=standing.moved_to, note=standing.note
        )

    @override
    async def async_delete_todo_items(self, uids: list[str]) -> None:
        """Clear away what was done, and what a person put there; planned tasks stay."""
        found = [(uid, self.schedule.item(uid)) for uid in uids]
        for _, item in found:
            if item is not None and item.key is not None:
                raise invalid("task_is_planned", task=self.house.title(item))
        for uid, item in found:
            if item is None:
                self.schedule.hide(uid)
            else:
                self.schedule.remove(item)

    async def _async_who(self) -> str:
        """Return who ticks; automations act for nobody."""
        user_id = None if self._context is None else self._context.user_id
        user = None if user_id is None else await self.hass.auth.async_get_user(user_id)
        return (user.name if user is not None else None) or ""


def _date(due: date | datetime | None) -> date | None:
    return dt_util.as_local(due).date() if isinstance(due, datetime) else due
