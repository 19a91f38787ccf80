"""What the forms of maintenance ask for."""

from collections.abc import Mapping
from typing import Final

from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector
import probatio

from .const import CONF_MAINTENANCE_AHEAD
from .upkeep_settings import (
    BY_KEY,
    CONF_AT_STATIONS,
    CONF_ENABLED,
    CONF_ENERGY,
    CONF_FIRST_DUE,
    CONF_LAST_DONE,
    CONF_MONTHS,
    CONF_PLACE,
    CONF_PLUG_CYCLES,
    CONF_SESSIONS,
    DEFAULT_AHEAD_DAYS,
    Place,
)

SECTION_MAINTENANCE: Final = "maintenance"
CONF_TASK: Final = "maintenance_task"
CONF_NEXT_TASK: Final = "next_task"


def _number(most: int, unit: str | None = None, least: int = 1) -> selector.NumberSelector:
    config = selector.NumberSelectorConfig(
        min=least, max=most, step=1, mode=selector.NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return selector.NumberSelector(config)


def _tasks(own: Mapping[str, str]) -> selector.SelectSelector:
    """Return a choice among the usual tasks and a person's own (key to name); a new name begins another one."""
    options: list[str] | list[selector.SelectOptionDict] = list(BY_KEY)
    if own:
        options = [
            *(selector.SelectOptionDict(value=key, label=key) for key in BY_KEY),
            *(selector.SelectOptionDict(value=key, label=name) for key, name in own.items()),
        ]
    return selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=options,
            custom_value=True,
            translation_key=CONF_TASK,
            mode=selector.SelectSelectorMode.DROPDOWN,
        )
    )


def maintenance_section(own: Mapping[str, str]) -> section:
    """Return what the options ask about maintenance."""
    return section(
        probatio.Schema(
            {
                probatio.Required(CONF_MAINTENANCE_AHEAD, default=DEFAULT_AHEAD_DAYS): probatio.All(
                    _number(365, "d", least=0), probatio.Coerce(int)
                ),
                probatio.Optional(CONF_TASK): _tasks(own),
            }
        ),
        {"collapsed": True},
    )


def task_schema(
    stations: Mapping[str, str], own: Mapping[str, str], *, named: bool
) -> probatio.Schema:
    """Return the form of a task; `stations` are by id, a task of a person's own is `named` by them."""
    some = selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=[
                selector.SelectOptionDict(value=key, label=name) for key, name in stations.items()
            ],
            multiple=True,
            mode=selector.SelectSelectorMode.LIST,
        )
    )
    place = selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=[place.value for place in Place],
            translation_key="maintenance_place",
            mode=selector.SelectSelectorMode.DROPDOWN,
        )
    )
    name = {probatio.Required(CONF_NAME): selector.TextSelector()} if named else {}
    return probatio.Schema(
        {
            **name,
            probatio.Required(CONF_ENABLED, default=True): selector.BooleanSelector(),
            probatio.Required(CONF_PLACE, default=Place.EVERY_STATION.value): place,
            probatio.Optional(CONF_AT_STATIONS): some,
            probatio.Optional(CONF_MONTHS): _number(240),
            probatio.Optional(CONF_ENERGY): _number(10_000_000, "kWh"),
            probatio.Optional(CONF_SESSIONS): _number(1_000_000),
            probatio.Optional(CONF_PLUG_CYCLES): _number(1_000_000),
            probatio.Optional(CONF_FIRST_DUE): selector.DateSelector(),
            probatio.Optional(CONF_LAST_DONE): selector.DateSelector(),
            probatio.Optional(CONF_NEXT_TASK): _tasks(own),
        }
    )
