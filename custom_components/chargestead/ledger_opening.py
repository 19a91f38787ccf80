"""Opening the ledger, and saying what is in the way."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady

from .billing.ledger import Ledger
from .const import DOMAIN
from .model.clock import Clock
from .model.errors import LedgerDamagedError, LedgerError, LedgerTooNewError
from .repairs import async_report_damaged_ledger


async def async_open_ledger(hass: HomeAssistant, url: str, clock: Clock) -> Ledger:
    """Open the ledger; a damaged one has been set aside, is reported, and a fresh one takes its place."""
    try:
        return await _async_open(url, clock)
    except LedgerDamagedError as err:
        if err.set_aside is None:
            raise ledger_not_ready(err) from err
        async_report_damaged_ledger(hass, err)
    try:
        return await _async_open(url, clock)
    except LedgerDamagedError as err:
        raise ledger_not_ready(err) from err


async def _async_open(url: str, clock: Clock) -> Ledger:
    try:
        return await Ledger.open(url, clock=clock)
    except LedgerDamagedError:
        raise
    except LedgerTooNewError as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="ledger_too_new",
            translation_placeholders={"found": str(err.found), "known": str(err.known)},
        ) from err
    except LedgerError as err:
        raise ledger_not_ready(err) from err


def ledger_not_ready(err: LedgerError) -> ConfigEntryNotReady:
    """Return the error for a ledger that may be usable later: a disk with room, a database server that is up again."""
    return ConfigEntryNotReady(
        translation_domain=DOMAIN,
        translation_key="ledger_unusable",
        translation_placeholders={"reason": str(err)},
    )
