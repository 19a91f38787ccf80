"""Messages on a station's display (OCPP 2.0.1 part 2, functional block O)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .base import Command


class MessagePriority(StrEnum):
    """Where a message stands among others: always in front, in front, or one of those that take turns."""

    ALWAYS_FRONT = "always_front"
    IN_FRONT = "in_front"
    NORMAL_CYCLE = "normal_cycle"


class MessageState(StrEnum):
    """In which state of the station a message is shown; the last two are of 2.1."""

    CHARGING = "charging"
    FAULTED = "faulted"
    IDLE = "idle"
    UNAVAILABLE = "unavailable"
    SUSPENDED = "suspended"
    DISCHARGING = "discharging"


class MessageFormat(StrEnum):
    """What a text is; the last one is of 2.1."""

    ASCII = "ascii"
    HTML = "html"
    URI = "uri"
    UTF8 = "utf8"
    QRCODE = "qrcode"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageText:
    """A text in one language, an RFC 5646 tag (MessageContentType)."""

    content: str
    format: MessageFormat = MessageFormat.UTF8
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDisplayMessage(Command):
    """Show a message (SetDisplayMessage); one of the same id is replaced.

    `transaction_id` makes it end with the transaction. `display` names the component that shows it, written
    `Component[.instance][@evse[:connector]]`. Further texts, of 2.1, say the same in other languages.
    """

    message_id: int
    text: MessageText
    further_texts: tuple[MessageText, ...] = ()
    priority: MessagePriority = MessagePriority.NORMAL_CYCLE
    state: MessageState | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    transaction_id: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetDisplayMessages(Command):
    """List the messages that match all that is given (GetDisplayMessages); that there are none is no error."""

    ids: tuple[int, ...] = ()
    priority: MessagePriority | None = None
    state: MessageState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearDisplayMessage(Command):
    """Remove a message (ClearDisplayMessage)."""

    message_id: int
