"""Mending what is overdue: tell that it is done, or be reminded later."""

from datetime import timedelta
from typing import Any, Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.helpers import selector
import probatio

from .const import DOMAIN
from .coordinator import ChargesteadConfigEntry
from .errors import ledger_errors
from .maintenance.schedule import Result
from .site.upkeep import Item

CONF_RESULT: Final = "result"
CONF_WHO: Final = "who"
CONF_NOTE: Final = "note"
CONF_DAYS: Final = "days"

_WEEK: Final = 7

DONE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_RESULT, default=Result.DONE.value): selector.SelectSelector(
            selector.SelectSelectorConfig(
                options=[result.value for result in Result], translation_key="maintenance_result"
            )
        ),
        probatio.Optional(CONF_WHO): selector.TextSelector(),
        probatio.Optional(CONF_NOTE): selector.TextSelector(
            selector.TextSelectorConfig(multiline=True)
        ),
    }
)
LATER_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_DAYS, default=_WEEK): selector.NumberSelector(
            selector.NumberSelectorConfig(
                min=1,
                max=365,
                step=1,
                mode=selector.NumberSelectorMode.BOX,
                unit_of_measurement="d",
            )
        )
    }
)


class MaintenanceRepairFlow(RepairsFlow):
    """Ask whether an overdue task was done, or when to ask again."""

    async def async_step_init(self, _user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Let the person choose."""
        if self._item is None:
            return self.async_abort(reason="not_due")
        return self.async_show_menu(
            step_id="init",
            menu_options=["done", "later"],
            description_placeholders=self._told,
        )

    async def async_step_done(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Write into the log that it was done, and how it went."""
        item = self._item
        if item is None:
            return self.async_abort(reason="not_due")
        if user_input is not None:
            runtime, result = self._entry.runtime_data, Result(user_input[CONF_RESULT])
            with ledger_errors():
                await runtime.site.upkeep.schedule.record(
                    item,
                    title=runtime.upkeep.task_name(item),
                    result=result,
                    who=user_input.get(CONF_WHO, "").strip(),
                    note=user_input.get(CONF_NOTE, "").strip(),
                )
            if result is Result.FAILED:
                self._ask_again(item.uid, days=1)
            return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="done", data_schema=DONE_SCHEMA, description_placeholders=self._told
        )

    async def async_step_later(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask again in some days."""
        item = self._item
        if item is None:
            return self.async_abort(reason="not_due")
        if user_input is not None:
            self._ask_again(item.uid, days=int(user_input[CONF_DAYS]))
            return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="later", data_schema=LATER_SCHEMA, description_placeholders=self._told
        )

    def _ask_again(self, uid: str, *, days: int) -> None:
        """Leave the person alone for some days; the issue goes with the flow in any case."""
        schedule = self._entry.runtime_data.site.upkeep.schedule
        if (item := schedule.item(uid)) is not None:
            schedule.change(item, quiet_until=schedule.today + timedelta(days=days))

    @property
    def _entry(self) -> ChargesteadConfigEntry:
        (entry,) = self.hass.config_entries.async_loaded_entries(DOMAIN)
        return entry

    @property
    def _item(self) -> Item | None:
        """Return the task, None when it is not to be done any more."""
        if not self.hass.config_entries.async_loaded_entries(DOMAIN):
            return None
        uid = str((self.data or {}).get("item"))
        return self._entry.runtime_data.site.upkeep.schedule.item(uid)

    @property
    def _told(self) -> dict[str, str]:
        data = self.data or {}
        return {"task": str(data.get("task")), "due": str(data.get("due"))}
