"""Actions on the whole of an entry."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry
from homeassistant.helpers.typing import VolSchemaType
import voluptuous as vol

from .const import DOMAIN
from .coordinator import ChargesteadConfigEntry
from .errors import ledger_errors

type Perform = Callable[[ServiceCall, ChargesteadConfigEntry], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryAction:
    """An action on an entry, which may be left out where there is only one."""

    name: str
    perform: Perform
    fields: Mapping[vol.Marker, Any]
    admin: bool = False
    response: SupportsResponse = SupportsResponse.ONLY


@callback
def async_register_entry_action(hass: HomeAssistant, action: EntryAction) -> None:
    """Register an action."""
    hass.services.async_register(
        DOMAIN,
        action.name,
        partial(_async_perform, action),
        schema=cast(
            "VolSchemaType",
            vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string, **action.fields}),
        ),
        supports_response=action.response,
    )


async def _async_perform(action: EntryAction, call: ServiceCall) -> ServiceResponse:
    if action.admin:
        await async_require_admin(call)
    entry: ChargesteadConfigEntry = async_get_config_entry(
        call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
    )
    with ledger_errors():
        response = await action.perform(call, entry)
    return cast("ServiceResponse", response) if call.return_response else None


async def async_require_admin(call: ServiceCall) -> None:
    """Refuse whoever is no administrator; automations and the system itself act for no user."""
    if call.context.user_id is None:
        return
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    if not user.is_admin:
        raise Unauthorized(context=call.context)
