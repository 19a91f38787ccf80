"""Translated options of choices, for where the pages do not translate them themselves."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN


async def async_option_words(hass: HomeAssistant, key: str) -> dict[str, str]:
    """Return the translated options of a choice, which the pages do not translate where they are within others."""
    prefix = f"component.{DOMAIN}.selector.{key}.options."
    words = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    return {
        name.removeprefix(prefix): text for name, text in words.items() if name.startswith(prefix)
    }
