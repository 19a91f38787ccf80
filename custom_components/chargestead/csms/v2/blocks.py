"""What a functional block is made of."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...model.commands import Command
from ...model.events import NoticeReceived
from ..adapter import Request
from ..connection import Reply
from ..rpc import Payload

if TYPE_CHECKING:
    from .adapter import Adapter2

type Handler = Callable[[Adapter2, Payload], Reply]
type Builder = Callable[[Adapter2, Command], Request]


def noticed(action: str) -> Handler:
    """Return a handler that passes a message on to whoever listens and answers with nothing."""

    def handle(adapter: Adapter2, payload: Payload) -> Reply:
        notice(adapter, action, payload)
        return {}

    return handle


def notice(adapter: Adapter2, action: str, payload: Payload) -> None:
    """Pass a message on to whoever listens."""
    station = adapter.station
    station.publish(
        NoticeReceived(
            station_id=station.station_id, at=station.clock.now(), action=action, content=payload
        )
    )
