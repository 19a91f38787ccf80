"""What holds for all stations."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_NAME
from sqlalchemy.exc import SQLAlchemyError

from .billing.ledger.engine import SQLITE, make_engine, parse
from .const import (
    CONF_DATABASE_URL,
    CONF_DEFAULT_TARIFF,
    CONF_FTP_PORTS,
    CONF_GRID_POWER,
    CONF_MAINTENANCE_TASKS,
)
from .flow_schemas import options_schema, without_blanks
from .form_sections import flattened, in_sections
from .history import async_station_names
from .home_energy import async_energy_dashboard
from .model.errors import LedgerError
from .settings import default_tariff, ports_of, tariff_names
from .upkeep_schemas import CONF_NEXT_TASK, CONF_TASK, task_schema
from .upkeep_settings import (
    BY_KEY,
    CONF_AT_STATIONS,
    CONF_ENABLED,
    CONF_ENERGY,
    CONF_FIRST_DUE,
    CONF_MONTHS,
    CONF_PLACE,
    CONF_PLUG_CYCLES,
    CONF_SESSIONS,
    Place,
    own_names,
    task_settings,
)
from .upkeep_words import async_task_words

_EVER: Final = (CONF_MONTHS, CONF_ENERGY, CONF_SESSIONS, CONF_PLUG_CYCLES, CONF_FIRST_DUE)


class ChargesteadOptionsFlow(OptionsFlow):
    """Change the options; nothing is disconnected by it, except by another database."""

    def __init__(self) -> None:
        """Start with nothing typed."""
        self._options: dict[str, Any] = {}
        self._task = ""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the options."""
        errors: dict[str, str] = {}
        entry = self.config_entry
        tariffs = tariff_names(entry)
        schema = options_schema(tariffs, own_names(entry.options))
        if user_input is not None:
            options = without_blanks(flattened(schema, user_input))
            if (ports := options.get(CONF_FTP_PORTS)) and ports_of(ports) is None:
                errors[CONF_FTP_PORTS] = "bad_ports"
            if url := options.get(CONF_DATABASE_URL):
                problem = await self.hass.async_add_executor_job(_database_problem, url)
                if problem is not None:
                    errors[CONF_DATABASE_URL] = problem
            if not errors:
                if CONF_MAINTENANCE_TASKS in entry.options:
                    options[CONF_MAINTENANCE_TASKS] = entry.options[CONF_MAINTENANCE_TASKS]
                task = options.pop(CONF_TASK, None)
                self._options = options
                return self._finish() if task is None else await self._async_change(task)
        shown = user_input
        if shown is None:
            present = {**entry.options, CONF_DEFAULT_TARIFF: default_tariff(entry)}
            if CONF_GRID_POWER not in present:
                present |= await async_energy_dashboard(self.hass)
            shown = in_sections(schema, present)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
        )

    async def async_step_maintenance_task(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask when and where a usual task is to be done."""
        schema = task_schema(async_station_names(self.config_entry), self._own, named=False)
        errors: dict[str, str] = {}
        if user_input is not None:
            problem = _task_problem(user_input)
            if problem is None:
                return await self._async_take(self._task, user_input)
            errors["base"] = problem
        words = await async_task_words(self.hass)
        return self.async_show_form(
            step_id="maintenance_task",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or self._present),
            errors=errors,
            description_placeholders={
                "task": words.names[self._task],
                "hint": words.hints[self._task],
            },
        )

    async def async_step_own_task(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a task that is a person's own; turned off it is gone."""
        schema = task_schema(async_station_names(self.config_entry), self._own, named=True)
        errors: dict[str, str] = {}
        known = self._task in self._own
        if user_input is not None:
            data = without_blanks(user_input)
            problem = _task_problem(data)
            if not data.get(CONF_NAME):
                errors[CONF_NAME] = "name_missing"
            elif problem is not None:
                errors["base"] = problem
            else:
                return await self._async_take(self._task if known else uuid4().hex, data)
        present = self._present if known else {CONF_NAME: self._task}
        return self.async_show_form(
            step_id="own_task",
            data_schema=self.add_suggested_values_to_schema(schema, user_input or present),
            errors=errors,
        )

    @property
    def _own(self) -> dict[str, str]:
        return own_names(self._options)

    @property
    def _present(self) -> dict[str, Any]:
        return task_settings(self._options)[self._task]

    async def _async_change(self, task: str) -> ConfigFlowResult:
        """Go to the form of a task: a usual one, one of a person's own, or a new one of that name."""
        self._task = task
        if task in BY_KEY:
            return await self.async_step_maintenance_task()
        return await self.async_step_own_task()

    async def _async_take(self, key: str, user_input: dict[str, Any]) -> ConfigFlowResult:
        """Keep a task and go on to the next one, if another is to be changed."""
        settings = dict(user_input)
        following = settings.pop(CONF_NEXT_TASK, None)
        tasks = {**self._options.get(CONF_MAINTENANCE_TASKS, {}), key: settings}
        if key not in BY_KEY and not settings[CONF_ENABLED]:
            del tasks[key]
        self._options[CONF_MAINTENANCE_TASKS] = tasks
        return self._finish() if following is None else await self._async_change(following)

    def _finish(self) -> ConfigFlowResult:
        entry = self.config_entry
        if entry.state is not ConfigEntryState.LOADED:
            # Nobody listens for changes of an entry that could not be set up.
            self.hass.config_entries.async_update_entry(entry, options=self._options)
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_create_entry(data=self._options)


def _task_problem(settings: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a task, None when it can be planned."""
    if not settings[CONF_ENABLED]:
        return None
    if settings[CONF_PLACE] == Place.SOME_STATIONS and not settings.get(CONF_AT_STATIONS):
        return "stations_missing"
    if not any(settings.get(name) for name in _EVER):
        return "interval_missing"
    return None


def _database_problem(url: str) -> str | None:
    """Return what is wrong with a database, None when it is there; blocks."""
    try:
        parsed = parse(url)
        engine = make_engine(parsed)
    except LedgerError:
        return "bad_url"
    if parsed.get_backend_name() == SQLITE:
        # Not opened: that would leave an empty file behind.
        return None if Path(parsed.database or "").parent.is_dir() else "no_database"
    try:
        with engine.connect():
            return None
    except SQLAlchemyError:
        return "no_database"
    finally:
        engine.dispose()
