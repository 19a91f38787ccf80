"""Functional block O: messages on a station's display."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from ...model.commands import (
    ClearDisplayMessage,
    Command,
    GetDisplayMessages,
    MessageFormat,
    MessageState,
    MessageText,
    SetDisplayMessage,
)
from ...model.errors import FieldNotSupportedError
from ..adapter import Request, stated
from ..connection import Reply
from ..fields import integer, objects, on_wire
from ..rpc import Payload
from .blocks import Handler, notice
from .device_model import component
from .values import camel_case

if TYPE_CHECKING:
    from .adapter import Adapter2

_MESSAGES: Final = "NotifyDisplayMessages"
_NONE: Final = "Unknown"
_LATER_STATES: Final = frozenset({MessageState.SUSPENDED, MessageState.DISCHARGING})


def _set(adapter: Adapter2, command: SetDisplayMessage) -> Request:
    """Show a message (O01, O02), or replace one (O06)."""
    action = "SetDisplayMessage"
    if command.further_texts:
        _need_later(adapter, action, "further_texts")
    return Request(
        action,
        {
            "message": on_wire(
                id=command.message_id,
                priority=camel_case(command.priority),
                state=_state(adapter, action, command.state),
                startDateTime=command.starts_at,
                endDateTime=command.ends_at,
                transactionId=command.transaction_id,
                message=_text(adapter, action, command.text),
                messageExtra=[_text(adapter, action, item) for item in command.further_texts]
                or None,
                display=None if command.display is None else component(command.display),
            )
        },
    )


def _text(adapter: Adapter2, action: str, text: MessageText) -> dict[str, object]:
    if text.format is MessageFormat.QRCODE:
        _need_later(adapter, action, text.format)
    return on_wire(format=text.format.upper(), language=text.language, content=text.content)


def _state(adapter: Adapter2, action: str, state: MessageState | None) -> str | None:
    if state in _LATER_STATES:
        _need_later(adapter, action, str(state))
    return None if state is None else camel_case(state)


def _need_later(adapter: Adapter2, action: str, field: str) -> None:
    if not adapter.is_later:
        raise FieldNotSupportedError(adapter.station.station_id, action, field, adapter.version)


def _get(adapter: Adapter2, command: GetDisplayMessages) -> Request:
    """Ask for messages (O03, O04); Unknown only tells that there are none."""
    action = "GetDisplayMessages"
    state = _state(adapter, action, command.state)
    reports = adapter.reports
    request_id = reports.open(_MESSAGES)

    async def complete(answer: Payload) -> Payload:
        if stated(answer) == _NONE:
            reports.drop(request_id)
            return {**answer, "messageInfo": [], "complete": True}
        report = await reports.wait(request_id)
        return {**answer, "messageInfo": report.entries, "complete": report.complete}

    return Request(
        action,
        on_wire(
            id=list(command.ids) or None,
            requestId=request_id,
            priority=None if command.priority is None else camel_case(command.priority),
            state=state,
        ),
        fine=frozenset({_NONE}),
        complete=complete,
        abandon=partial(reports.drop, request_id),
    )


def _clear(_: Adapter2, command: ClearDisplayMessage) -> Request:
    """Remove a message (O05)."""
    return Request("ClearDisplayMessage", {"id": command.message_id})


def notify_display_messages(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a part of the messages (O03), which has no number; one that a raw request asked for is passed on."""
    if not adapter.reports.take_next(
        integer(payload, "requestId"),
        objects(payload, "messageInfo"),
        more=payload.get("tbc") is True,
        kind=_MESSAGES,
    ):
        notice(adapter, _MESSAGES, payload)
    return {}


HANDLERS: Final[Mapping[str, Handler]] = {_MESSAGES: notify_display_messages}
BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {
    SetDisplayMessage: _set,
    GetDisplayMessages: _get,
    ClearDisplayMessage: _clear,
}
