"""Actions on what a station tells of itself, of its transactions and of its customers, and on how it reaches us."""

from typing import Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .model.commands import (
    ComponentCriterion,
    GetCustomerInformation,
    GetReport,
    GetTransactionStatus,
    ReportBase,
    SetConfiguration,
    SetNetworkProfile,
)
from .service_fields import nullable, number, numbers, payload, some, strings
from .service_target import ActionTarget
from .station_action import Fields, Response, StationAction, always, sends, told

_ORDER: Final = "OCPPCommCtrlr.NetworkConfigurationPriority"
_TIMEOUT_S: Final = 30


async def _set_network(target: ActionTarget, fields: Fields) -> Response:
    """Describe a way, and only then make it one of those that are tried."""
    timeout_s = fields.get("message_timeout")
    result = await target.station.command(
        SetNetworkProfile(
            slot=fields["slot"],
            url=fields["url"],
            security_profile=fields["security_profile"],
            interface=fields["interface"],
            message_timeout_s=_TIMEOUT_S if timeout_s is None else timeout_s,
            ocpp_version=fields.get("ocpp_version"),
            transport=fields.get("transport") or "JSON",
            apn=fields.get("apn"),
            vpn=fields.get("vpn"),
            identity=fields.get("identity"),
            password=fields.get("password"),
        )
    )
    order = fields.get("priority")
    if order is None:
        return told(result)
    value = ",".join(str(slot) for slot in order)
    ordered = await target.station.command(SetConfiguration(key=_ORDER, value=value))
    return told(result, priority=told(ordered))


DEVICE_MODEL_ACTIONS: tuple[StationAction, ...] = (
    StationAction(
        name="get_report",
        fields={
            vol.Optional("base"): nullable(vol.Coerce(ReportBase)),
            vol.Optional("criteria"): some(ComponentCriterion),
            vol.Optional("components"): nullable(strings),
            vol.Optional("variables"): nullable(strings),
        },
        admin_fn=always,
        response=SupportsResponse.ONLY,
        send=sends(
            lambda _, fields: GetReport(
                base=fields.get("base"),
                criteria=tuple(fields.get("criteria") or ()),
                components=tuple(fields.get("components") or ()),
                variables=tuple(fields.get("variables") or ()),
            )
        ),
    ),
    StationAction(
        name="set_network_profile",
        fields={
            vol.Required("slot"): number,
            vol.Required("url"): cv.string,
            vol.Required("security_profile"): number,
            vol.Required("interface"): cv.string,
            vol.Optional("message_timeout"): nullable(number),
            vol.Optional("ocpp_version"): nullable(cv.string),
            vol.Optional("transport"): nullable(cv.string),
            vol.Optional("apn"): nullable(payload),
            vol.Optional("vpn"): nullable(payload),
            vol.Optional("identity"): nullable(cv.string),
            vol.Optional("password"): nullable(cv.string),
            vol.Optional("priority"): nullable(numbers),
        },
        admin_fn=always,
        send=_set_network,
    ),
    StationAction(
        name="get_transaction_status",
        fields={vol.Optional("transaction_id"): nullable(cv.string)},
        response=SupportsResponse.ONLY,
        send=sends(
            lambda _, fields: GetTransactionStatus(transaction_id=fields.get("transaction_id"))
        ),
    ),
    StationAction(
        name="customer_information",
        fields={
            vol.Optional("id_token"): nullable(cv.string),
            vol.Optional("id_token_type"): nullable(cv.string),
            vol.Optional("customer_identifier"): nullable(cv.string),
            vol.Optional("certificate"): nullable(payload),
            vol.Optional("report"): nullable(cv.boolean),
            vol.Optional("clear"): nullable(cv.boolean),
        },
        admin_fn=always,
        send=sends(
            lambda _, fields: GetCustomerInformation(
                report=fields.get("report") is not False,
                clear=bool(fields.get("clear")),
                id_token=fields.get("id_token"),
                id_token_type=fields.get("id_token_type"),
                customer_identifier=fields.get("customer_identifier"),
                certificate=fields.get("certificate"),
            )
        ),
    ),
)
