"""The event of maintenance: reminders, and what was done."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import callback

from .maintenance.schedule import Record, Stage
from .site.upkeep import Item
from .upkeep_entity import UpkeepEntity
from .upkeep_records import record_report


@dataclass(frozen=True, kw_only=True)
class MaintenanceEventDescription(EventEntityDescription):
    """Describe the event of maintenance."""


MAINTENANCE: Final = MaintenanceEventDescription(
    key="maintenance",
    translation_key="maintenance",
    event_types=[Stage.SOON.value, Stage.DUE.value, Stage.OVERDUE.value, "recorded"],
)


class MaintenanceEvent(UpkeepEntity, EventEntity):
    """Reports once when a task is due soon, due, and overdue, and each entry of the log."""

    entity_description: EventEntityDescription

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to reminders."""
        await super().async_added_to_hass()
        self.async_on_remove(self.schedule.reminders.subscribe(self._remind))
        self.async_on_remove(self.schedule.done.subscribe(self._recorded))

    @callback
    @override
    def _upkeep_changed(self) -> None:
        """Leave what is no news alone."""

    @callback
    def _remind(self, item: Item, stage: Stage) -> None:
        self._trigger_event(stage.value, self.house.item_report(item))
        self.async_write_ha_state()

    @callback
    def _recorded(self, record: Record) -> None:
        self._trigger_event("recorded", record_report(record, self.house.entry))
        self.async_write_ha_state()
