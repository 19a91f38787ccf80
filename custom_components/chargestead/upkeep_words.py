"""What maintenance tasks are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN

_NAME: Final = f"component.{DOMAIN}.selector.maintenance_task.options."
_HINT: Final = f"component.{DOMAIN}.common.maintenance_hint_"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWords:
    """The names of the usual tasks, and what there is to do, by their keys."""

    names: Mapping[str, str]
    hints: Mapping[str, str]
    window: str = ""
    last_done: str = ""


async def async_task_words(hass: HomeAssistant) -> TaskWords:
    """Return the words of the language Home Assistant speaks."""
    language = hass.config.language
    options = await async_get_translations(hass, language, "selector", {DOMAIN})
    common = await async_get_translations(hass, language, "common", {DOMAIN})
    return TaskWords(
        names=_below(options, _NAME),
        hints=_below(common, _HINT),
        window=common[f"component.{DOMAIN}.common.maintenance_window"],
        last_done=common[f"component.{DOMAIN}.common.maintenance_last_done"],
    )


def _below(words: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): text for name, text in words.items() if name.startswith(prefix)
    }
