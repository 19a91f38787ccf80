"""Keeping the ledger still while Home Assistant copies it."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .billing.ledger import Ledger
from .const import DOMAIN, LOGGER
from .coordinator import ChargesteadConfigEntry
from .model.errors import LedgerError


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Make the file complete and leave it alone; sessions go on being kept beside it."""
    for ledger in _ledgers(hass):
        try:
            await ledger.hold()
        except LedgerError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="backup_failed",
                translation_placeholders={"reason": str(err)},
            ) from err


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let the ledger write to its file again."""
    for ledger in _ledgers(hass):
        try:
            await ledger.release()
        except LedgerError as err:
            LOGGER.warning("The ledger was not released after the backup: %s", err)


def _ledgers(hass: HomeAssistant) -> list[Ledger]:
    entries: list[ChargesteadConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return [entry.runtime_data.ledger for entry in entries]
