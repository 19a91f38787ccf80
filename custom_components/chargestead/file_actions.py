"""Actions on files: firmware and logs."""

import asyncio
from typing import Final

from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .csms.files import Protocol
from .csms.files.logs import LogOrder
from .log_files import async_log_report
from .model.commands import LogKind, RequestLog, UpdateFirmware
from .model.errors import CommandRefusedError
from .service_fields import moment, nullable, number
from .service_target import ActionTarget
from .station_action import Fields, Response, StationAction, always, told

_LONGEST_WAIT_S: Final = 900


def _request_id(target: ActionTarget, fields: Fields) -> int:
    given: int | None = fields.get("request_id")
    return target.station.request_ids.next() if given is None else given


async def _update(target: ActionTarget, fields: Fields) -> Response:
    command = UpdateFirmware(
        request_id=_request_id(target, fields),
        location=fields["location"],
        retrieve_at=fields.get("retrieve_at") or dt_util.utcnow(),
        install_at=fields.get("install_at"),
        signing_certificate=fields.get("signing_certificate"),
        signature=fields.get("signature"),
        retries=fields.get("retries"),
        retry_interval_s=fields.get("retry_interval"),
    )
    return told(await target.station.command(command), request_id=command.request_id)


async def _log(target: ActionTarget, fields: Fields) -> Response:
    location: str | None = fields.get("location")
    command = RequestLog(
        request_id=_request_id(target, fields),
        location=location or "",
        kind=fields.get("kind") or LogKind.DIAGNOSTICS,
        oldest_at=fields.get("oldest_at"),
        latest_at=fields.get("latest_at"),
        retries=fields.get("retries"),
        retry_interval_s=fields.get("retry_interval"),
        extended=bool(fields.get("extended")),
    )
    if location is None:
        return await _hosted_log(target, command, fields)
    return told(await target.station.command(command), request_id=command.request_id)


async def _hosted_log(target: ActionTarget, command: RequestLog, fields: Fields) -> Response:
    """Have a log brought to us; returns where it is, if it was to be waited for and came in time."""
    order = await target.station.logs.order(command, fields.get("protocol"))
    response = told(
        order.result,
        request_id=command.request_id,
        protocol=order.hosted.protocol.value,
        folder=str(order.hosted.ticket.folder),
        log=None,
    )
    if seconds := fields.get("wait"):
        response["log"] = await _outcome(target, order, seconds)
    return response


async def _outcome(target: ActionTarget, order: LogOrder, seconds: float) -> Response | None:
    try:
        async with asyncio.timeout(seconds):
            outcome = await asyncio.shield(order.outcome)
    except TimeoutError:
        return None
    if isinstance(outcome, str):
        raise CommandRefusedError(target.station.station_id, "log upload", outcome, {})
    return None if outcome is None else async_log_report(target.hass, outcome)


FILE_ACTIONS: tuple[StationAction, ...] = (
    StationAction(
        name="update_firmware",
        fields={
            vol.Required("location"): cv.string,
            vol.Optional("retrieve_at"): nullable(moment),
            vol.Optional("install_at"): nullable(moment),
            vol.Optional("retries"): nullable(number),
            vol.Optional("retry_interval"): nullable(number),
            vol.Optional("signing_certificate"): nullable(cv.string),
            vol.Optional("signature"): nullable(cv.string),
            vol.Optional("request_id"): nullable(number),
        },
        admin_fn=always,
        send=_update,
    ),
    StationAction(
        name="request_logs",
        fields={
            vol.Optional("location"): nullable(cv.string),
            vol.Optional("protocol"): nullable(vol.Coerce(Protocol)),
            vol.Optional("wait"): nullable(vol.All(number, vol.Range(min=0, max=_LONGEST_WAIT_S))),
            vol.Optional("kind"): nullable(vol.Coerce(LogKind)),
            vol.Optional("oldest_at"): nullable(moment),
            vol.Optional("latest_at"): nullable(moment),
            vol.Optional("retries"): nullable(number),
            vol.Optional("retry_interval"): nullable(number),
            vol.Optional("extended"): nullable(cv.boolean),
            vol.Optional("request_id"): nullable(number),
        },
        admin_fn=always,
        send=_log,
    ),
)
