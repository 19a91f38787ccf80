"""Actions: what OCPP can ask of a charging station, anyone at home can ask."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import cast

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolSchemaType
import voluptuous as vol

from .charging_profile_actions import CHARGING_PROFILE_ACTIONS
from .const import DOMAIN
from .csms.station import ChargingStation
from .device_model_actions import DEVICE_MODEL_ACTIONS
from .display_actions import DISPLAY_ACTIONS
from .entry_action import EntryAction, async_register_entry_action, async_require_admin
from .errors import invalid, translated_errors
from .fault_actions import GET_FAULTS
from .file_actions import FILE_ACTIONS
from .firmware_actions import FIRMWARE_ACTIONS, GET_FIRMWARE_HISTORY
from .health_actions import HEALTH_ACTIONS
from .history_actions import HISTORY_ACTIONS
from .local_cost_actions import LOCAL_COST_ACTIONS
from .log_files import GET_LOGS
from .model.commands import (
    ClearCache,
    GetConfiguration,
    RawCall,
    Restart,
    RestartKind,
    SetAvailability,
    SetConfiguration,
    StartSession,
    StopSession,
    TransferData,
    Trigger,
    Unlock,
)
from .model.driver import LONGEST_TOKEN
from .monitoring_actions import MONITORING_ACTIONS
from .reservation_actions import GET_RESERVATIONS, RESERVATION_ACTIONS
from .security_actions import GET_ROOT_CERTIFICATE, SECURITY_ACTIONS
from .service_fields import (
    ATTR_EVSE_CONNECTOR_ID,
    amount,
    configuration_value,
    json_value,
    nullable,
    number,
    payload,
    strings,
)
from .service_target import ActionTarget, async_get_target
from .station_action import (
    CONNECTOR,
    EVSE_CONNECTOR,
    Fields,
    Response,
    Send,
    StationAction,
    always,
    sends,
    told,
)
from .trust_actions import TRUST_ACTIONS
from .upkeep_actions import UPKEEP_ACTIONS


def _limits(limit_fn: Callable[[ChargingStation, int, Fields], Awaitable[None]]) -> Send:
    async def send(target: ActionTarget, fields: Fields) -> Response:
        connector_id = target.needed_connector(fields)
        await limit_fn(target.station, connector_id, fields)
        connector = target.station.state.connectors.get(connector_id)
        limit = connector.limit if connector else None
        return {"status": limit.state if limit else None, "answer": {}}

    return send


async def _stop_session(target: ActionTarget, fields: Fields) -> Response:
    command = StopSession(
        transaction_id=fields.get("transaction_id"), connector_id=target.only_connector(fields)
    )
    at_once = bool(fields.get("at_once"))
    return told(await target.station.soft_stop.stop(command, at_once=at_once))


async def _restart(target: ActionTarget, fields: Fields) -> Response:
    command = Restart(kind=fields.get("kind") or RestartKind.SOFT, evse_id=fields.get("evse_id"))
    at_once = bool(fields.get("at_once"))
    return told(await target.station.soft_stop.restart(command, at_once=at_once))


def _token_to_start(target: ActionTarget, fields: Fields) -> str | None:
    """Return the token that was named, or one of the driver who was; raises a translated error where there is none."""
    id_token: str | None = fields.get("id_token")
    if (named := fields.get("driver")) is None:
        return id_token
    if id_token is not None:
        raise invalid("token_and_driver")
    driver = target.drivers.find(named)
    if driver is None:
        raise invalid("no_such_driver", driver=named)
    longest = LONGEST_TOKEN[target.station.adapter.version]
    now = target.station.clock.now()
    for token in driver.tokens:
        if token.is_usable(now) and len(token.id_token) <= longest:
            return token.id_token
    raise invalid("driver_without_token", driver=driver.name, station=target.name)


ACTIONS: tuple[StationAction, ...] = (
    StationAction(
        name="start_session",
        fields={
            **CONNECTOR,
            vol.Optional("id_token"): nullable(cv.string),
            vol.Optional("driver"): nullable(cv.string),
            vol.Optional("charging_profile"): nullable(payload),
        },
        send=sends(
            lambda target, fields: StartSession(
                id_token=_token_to_start(target, fields),
                connector_id=target.only_connector(fields),
                charging_profile=fields.get("charging_profile"),
            )
        ),
    ),
    StationAction(
        name="stop_session",
        fields={
            **CONNECTOR,
            vol.Optional("transaction_id"): nullable(cv.string),
            vol.Optional("at_once"): nullable(cv.boolean),
        },
        send=_stop_session,
    ),
    StationAction(
        name="pause",
        fields=CONNECTOR,
        send=_limits(lambda station, connector_id, _: station.pause(connector_id)),
    ),
    StationAction(
        name="resume",
        fields=CONNECTOR,
        send=_limits(lambda station, connector_id, _: station.resume(connector_id)),
    ),
    StationAction(
        name="set_limit",
        fields={**CONNECTOR, vol.Required("current"): amount},
        send=_limits(
            lambda station, connector_id, fields: station.set_limit(connector_id, fields["current"])
        ),
    ),
    StationAction(
        name="clear_limit",
        fields=CONNECTOR,
        send=_limits(lambda station, connector_id, _: station.clear_limit(connector_id)),
    ),
    StationAction(
        name="unlock",
        fields={**CONNECTOR, **EVSE_CONNECTOR},
        send=sends(
            lambda target, fields: Unlock(
                connector_id=target.needed_connector(fields),
                evse_connector_id=fields.get(ATTR_EVSE_CONNECTOR_ID),
            )
        ),
    ),
    StationAction(
        name="set_availability",
        fields={**CONNECTOR, **EVSE_CONNECTOR, vol.Required("operative"): cv.boolean},
        send=sends(
            lambda target, fields: SetAvailability(
                connector_id=target.connector_or_station(fields),
                operative=fields["operative"],
                evse_connector_id=fields.get(ATTR_EVSE_CONNECTOR_ID),
            )
        ),
    ),
    StationAction(
        name="restart_station",
        fields={
            vol.Optional("kind"): nullable(vol.Coerce(RestartKind)),
            vol.Optional("evse_id"): nullable(number),
            vol.Optional("at_once"): nullable(cv.boolean),
        },
        admin_fn=lambda fields: fields.get("kind") is RestartKind.HARD,
        send=_restart,
    ),
    StationAction(
        name="trigger_message",
        fields={
            **CONNECTOR,
            **EVSE_CONNECTOR,
            vol.Required("message"): cv.string,
            vol.Optional("extended"): nullable(cv.boolean),
            vol.Optional("custom"): nullable(cv.string),
        },
        send=sends(
            lambda target, fields: Trigger(
                message=fields["message"],
                connector_id=target.named_connector(fields),
                extended=bool(fields.get("extended")),
                evse_connector_id=fields.get(ATTR_EVSE_CONNECTOR_ID),
                custom=fields.get("custom"),
            )
        ),
    ),
    StationAction(
        name="get_configuration",
        fields={vol.Optional("keys"): nullable(strings)},
        admin_fn=always,
        response=SupportsResponse.ONLY,
        send=sends(lambda _, fields: GetConfiguration(keys=tuple(fields.get("keys") or ()))),
    ),
    StationAction(
        name="set_configuration",
        fields={vol.Required("key"): cv.string, vol.Required("value"): configuration_value},
        admin_fn=always,
        send=sends(lambda _, fields: SetConfiguration(key=fields["key"], value=fields["value"])),
    ),
    StationAction(
        name="data_transfer",
        fields={
            vol.Required("vendor_id"): cv.string,
            vol.Optional("message_id"): nullable(cv.string),
            vol.Optional("data"): json_value,
        },
        admin_fn=always,
        send=sends(
            lambda _, fields: TransferData(
                vendor_id=fields["vendor_id"],
                message_id=fields.get("message_id"),
                data=fields.get("data"),
            )
        ),
    ),
    StationAction(
        name="clear_cache",
        fields={},
        send=sends(lambda _target, _fields: ClearCache()),
    ),
    StationAction(
        name="call",
        fields={
            vol.Required("action"): cv.string,
            vol.Optional("payload"): nullable(payload),
        },
        admin_fn=always,
        send=sends(
            lambda _, fields: RawCall(action=fields["action"], payload=fields.get("payload") or {})
        ),
    ),
    *CHARGING_PROFILE_ACTIONS,
    *RESERVATION_ACTIONS,
    *FILE_ACTIONS,
    *FIRMWARE_ACTIONS,
    *TRUST_ACTIONS,
    *SECURITY_ACTIONS,
    *DEVICE_MODEL_ACTIONS,
    *DISPLAY_ACTIONS,
    *LOCAL_COST_ACTIONS,
    *MONITORING_ACTIONS,
)
ENTRY_ACTIONS: tuple[EntryAction, ...] = (
    *HISTORY_ACTIONS,
    *HEALTH_ACTIONS,
    *UPKEEP_ACTIONS,
    GET_FAULTS,
    GET_FIRMWARE_HISTORY,
    GET_LOGS,
    GET_RESERVATIONS,
    GET_ROOT_CERTIFICATE,
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for entry_action in ENTRY_ACTIONS:
        async_register_entry_action(hass, entry_action)
    for action in ACTIONS:
        hass.services.async_register(
            DOMAIN,
            action.name,
            partial(_async_perform, action),
            schema=cast(
                "VolSchemaType",
                vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string, **action.fields}),
            ),
            supports_response=action.response,
        )


async def _async_perform(action: StationAction, call: ServiceCall) -> ServiceResponse:
    if action.admin_fn(call.data):
        await async_require_admin(call)
    target = replace(
        async_get_target(call.hass, call.data[ATTR_DEVICE_ID]), user_id=call.context.user_id
    )
    with translated_errors(target.name):
        response = await action.send(target, call.data)
    return cast("ServiceResponse", response)
