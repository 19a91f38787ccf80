"""A house whose maintenance a test decides."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import CONF_NAME
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.chargestead.const import (
    CONF_MAINTENANCE_AHEAD,
    CONF_MAINTENANCE_TASKS,
    DOMAIN,
)
from custom_components.chargestead.site.upkeep import Schedule, Upkeep

from .entity_fixtures import NOW
from .flow_fixtures import new_entry

TODO: Final = "todo.chargestead_maintenance"
CALENDAR: Final = "calendar.chargestead_maintenance"
EVENT: Final = "event.chargestead_maintenance"

OFF: Final = {"enabled": False, "place": "every_station"}
TASKS: Final[dict[str, dict[str, Any]]] = {
    "visual_check": OFF,
    "terminals": OFF,
    "electrical_inspection": {"enabled": True, "place": "every_station", "months": 12,
                              "first_due": "2026-10-05"},
    "access_and_backup": OFF,
    "safety_functions": OFF,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class UpkeepHouse:
    """A running integration with maintenance tasks."""

    hass: HomeAssistant
    entry: MockConfigEntry
    freezer: FrozenDateTimeFactory

    @property
    def upkeep(self) -> Upkeep:
        """Return what looks after the stations."""
        upkeep: Upkeep = self.entry.runtime_data.site.upkeep
        return upkeep

    @property
    def schedule(self) -> Schedule:
        """Return the maintenance schedule."""
        return self.upkeep.schedule

    async def settle(self) -> None:
        """Wait until Home Assistant shows it."""
        await self.hass.async_block_till_done()

    async def pass_days(self, days: float) -> None:
        """Let days pass."""
        for _ in range(round(days * 24)):
            self.freezer.tick(timedelta(hours=1))
            async_fire_time_changed(self.hass)
            await self.settle()

    async def call(
        self, action: str, *, domain: str = DOMAIN, context: Context | None = None,
        response: bool = True, **fields: Any,  # noqa: ANN401 - whatever actions take
    ) -> dict[str, Any]:  # fmt: skip
        """Perform an action."""
        told = await self.hass.services.async_call(
            domain, action, fields, blocking=True, return_response=response, context=context
        )
        await self.settle()
        return dict(told or {})  # type: ignore[arg-type]

    async def todo(self, action: str, context: Context | None = None, **fields: object) -> None:
        """Do something to the to-do list."""
        await self.call(
            action, domain="todo", context=context, response=False, entity_id=TODO, **fields
        )

    async def items(self, *status: str) -> list[dict[str, Any]]:
        """Return what is on the to-do list."""
        fields = {"status": list(status)} if status else {}
        told = await self.call("get_items", domain="todo", entity_id=TODO, **fields)
        items: list[dict[str, Any]] = told[TODO]["items"]
        return items

    async def events(self, start: datetime, days: int) -> list[dict[str, Any]]:
        """Return what is in the calendar."""
        told = await self.call(
            "get_events", domain="calendar", entity_id=CALENDAR,
            start_date_time=start.isoformat(),
            end_date_time=(start + timedelta(days=days)).isoformat(),
        )  # fmt: skip
        events: list[dict[str, Any]] = told[CALENDAR]["events"]
        return events

    def issues(self) -> list[ir.IssueEntry]:
        """Return the repair issues about maintenance."""
        return [
            issue
            for (domain, key), issue in ir.async_get(self.hass).issues.items()
            if domain == DOMAIN and key.startswith("maintenance_overdue")
        ]

    def device_id(self, station_id: str = "GARAGE") -> str:
        """Return the id of a station's device."""
        device = dr.async_get(self.hass).async_get_device_by_identifier(
            (DOMAIN, station_id), self.entry.entry_id
        )
        assert device is not None
        return device.id

    async def reload(self) -> None:
        """Set the entry up anew, as at a restart."""
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.settle()


@asynccontextmanager
async def upkeep_house(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    *,
    tasks: Mapping[str, Mapping[str, Any]] | None = None,
    stations: tuple[str, ...] = ("GARAGE",),
) -> AsyncIterator[UpkeepHouse]:
    """Set up a house on the evening of 5 October 2026; take it down after."""
    freezer.move_to(NOW)
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    entry = new_entry(
        hass,
        options={CONF_MAINTENANCE_AHEAD: 14, CONF_MAINTENANCE_TASKS: dict(tasks or TASKS)},
        stations={station: {} for station in stations},
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield UpkeepHouse(hass=hass, entry=entry, freezer=freezer)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


OWN: Final[dict[str, dict[str, Any]]] = {
    **TASKS,
    "f00d": {CONF_NAME: "Wash the charger", "enabled": True, "place": "house", "months": 2},
}
