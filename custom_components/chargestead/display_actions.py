"""Actions on the messages that a station shows."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .model.commands import (
    ClearDisplayMessage,
    GetDisplayMessages,
    MessageFormat,
    MessagePriority,
    MessageState,
    MessageText,
    SetDisplayMessage,
)
from .service_fields import moment, nullable, number, numbers
from .service_target import ActionTarget
from .station_action import Fields, Response, StationAction, sends, told

_TEXT: Final[Mapping[vol.Marker, Any]] = {
    vol.Required("message"): cv.string,
    vol.Optional("format"): nullable(vol.Coerce(MessageFormat)),
    vol.Optional("language"): nullable(cv.string),
}


def _text(fields: Fields) -> MessageText:
    return MessageText(
        content=fields["message"],
        format=fields.get("format") or MessageFormat.UTF8,
        language=fields.get("language"),
    )


async def _set(target: ActionTarget, fields: Fields) -> Response:
    given = fields.get("message_id")
    command = SetDisplayMessage(
        message_id=target.station.request_ids.next() if given is None else given,
        text=_text(fields),
        further_texts=tuple(_text(item) for item in fields.get("further_messages") or ()),
        priority=fields.get("priority") or MessagePriority.NORMAL_CYCLE,
        state=fields.get("state"),
        starts_at=fields.get("starts_at"),
        ends_at=fields.get("ends_at"),
        transaction_id=fields.get("transaction_id"),
        display=fields.get("display"),
    )
    return told(await target.station.command(command), message_id=command.message_id)


DISPLAY_ACTIONS: tuple[StationAction, ...] = (
    StationAction(
        name="set_display_message",
        fields={
            **_TEXT,
            vol.Optional("further_messages"): nullable(
                vol.All(cv.ensure_list, [vol.Schema(dict(_TEXT))])
            ),
            vol.Optional("priority"): nullable(vol.Coerce(MessagePriority)),
            vol.Optional("state"): nullable(vol.Coerce(MessageState)),
            vol.Optional("starts_at"): nullable(moment),
            vol.Optional("ends_at"): nullable(moment),
            vol.Optional("transaction_id"): nullable(cv.string),
            vol.Optional("display"): nullable(cv.string),
            vol.Optional("message_id"): nullable(number),
        },
        send=_set,
    ),
    StationAction(
        name="get_display_messages",
        fields={
            vol.Optional("message_ids"): nullable(numbers),
            vol.Optional("priority"): nullable(vol.Coerce(MessagePriority)),
            vol.Optional("state"): nullable(vol.Coerce(MessageState)),
        },
        response=SupportsResponse.ONLY,
        send=sends(
            lambda _, fields: GetDisplayMessages(
                ids=tuple(fields.get("message_ids") or ()),
                priority=fields.get("priority"),
                state=fields.get("state"),
            )
        ),
    ),
    StationAction(
        name="clear_display_message",
        fields={vol.Required("message_id"): number},
        send=sends(lambda _, fields: ClearDisplayMessage(message_id=fields["message_id"])),
    ),
)
