"""OCPP-J framing: text to frames and back, without a socket.

OCPP 1.6 JSON specification section 4; OCPP 2.1 part 4 section 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Final

import orjson

from ..model.station import OcppVersion
from .counters import Counters

type Payload = Mapping[str, object]

CALL: Final = 2
CALL_RESULT: Final = 3
CALL_ERROR: Final = 4
CALL_RESULT_ERROR: Final = 5
SEND: Final = 6
UNKNOWN_ID: Final = "-1"

_CALL_HEAD: Final = re.compile(rb'^[\s,]*\[\s*2\s*,\s*"([^"\\]{1,64})"')
_NO_NUMBER: Final = re.compile(rb"(?<=[:,\[\s])[-+]?(?:NaN|nan|Infinity|Inf|inf)(?=\s*[,\]}])")
_MAX_ERROR_TEXT: Final = 255
_MAX_ID: Final = 255
_MAX_TOLD: Final = 1000

_LATER_SPELLING: Final[Mapping[str, str]] = {
    "FormationViolation": "FormatViolation",
    "OccurenceConstraintViolation": "OccurrenceConstraintViolation",
}


class CallRefusal(Exception):  # noqa: N818 - an answer, not a failure of ours
    """Answer a call with a CALLERROR."""

    def __init__(self, code: str, description: str = "") -> None:
        """Name the error code (OCPP-J 1.6 section 4.2.3) and say what is wrong."""
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(slots=True)
class Call:
    """A request; an `unconfirmed` one is never answered (2.1 SEND, OCPP 2.1 part 4 section 4.2.5)."""

    message_id: object
    action: str
    payload: Payload
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class CallResult:
    """An answer to a request."""

    message_id: object
    payload: Payload


@dataclass(frozen=True, slots=True)
class CallError:
    """A refusal to answer a request."""

    message_id: object
    code: str
    description: str
    details: object


@dataclass(frozen=True, slots=True)
class Disputed:
    """An answer of ours that the station could not read (2.1 CALLRESULTERROR)."""

    message_id: object
    code: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """Text that is no frame; `message_id` is that of the call it was meant to be, where it can be answered."""

    reason: str
    code: str
    message_id: object | None


type Frame = Call | CallResult | CallError | Disputed | Malformed


def parse(text: bytes, counters: Counters) -> Frame:
    """Read one text message; repairs what real stations get wrong, and counts it. Never raises."""
    try:
        message = orjson.loads(text)
    except ValueError:
        message = _repaired(text)
        if message is None:
            head = _CALL_HEAD.match(text)
            return Malformed(
                "no JSON", "FormationViolation", head[1].decode(errors="replace") if head else None
            )
        counters.add("json_repaired")
    if not isinstance(message, list):
        return Malformed("no OCPP-J array", "FormationViolation", None)
    kind = message[0] if message else None
    message_id = _usable(message[1]) if len(message) > 1 else None
    if kind in (CALL, SEND):
        return _call(message, message_id, counters, unconfirmed=kind == SEND)
    if kind in (CALL_RESULT, CALL_ERROR) and message_id is not None:
        return _answer(message, message_id, counters)
    if kind == CALL_RESULT_ERROR:
        return Disputed(message_id, _told(message[2]) if len(message) > 2 else "")
    return Malformed(f"message type {_told(kind):.20}", "ProtocolError", None)


def _call(
    message: list[object], message_id: object | None, counters: Counters, *, unconfirmed: bool
) -> Frame:
    action = message[2] if len(message) > 2 else None
    if message_id is None or not isinstance(action, str):
        return Malformed("no message id or action", "FormationViolation", message_id)
    payload = message[3] if len(message) > 3 else None
    if payload is None:
        counters.add("payload_missing")
        payload = {}
    if not isinstance(payload, dict):
        return Malformed("payload is no object", "FormationViolation", message_id)
    return Call(message_id, action, payload, unconfirmed)


def _answer(message: list[object], message_id: object, counters: Counters) -> Frame:
    content = message[2:5]
    if message[0] == CALL_ERROR:
        code = _told(content[0]) if content else ""
        description = _told(content[1]) if len(content) > 1 else ""
        return CallError(message_id, code, description, content[2] if len(content) > 2 else None)
    payload = content[0] if content else None
    if not isinstance(payload, dict):
        counters.add("payload_missing")
        payload = {}
    return CallResult(message_id, payload)


def _usable(message_id: object) -> object | None:
    """Return an id that can be sent back as it came, else None; the specification allows 36 characters."""
    if isinstance(message_id, str):
        return message_id if len(message_id) <= _MAX_ID else None
    if isinstance(message_id, int | float) and not isinstance(message_id, bool):
        return message_id
    return None


def _told(value: object) -> str:
    """Return what a station wrote where text belongs; a text of any length, or any other thing."""
    return value[:_MAX_TOLD] if isinstance(value, str) else repr(value)[:_MAX_TOLD]


def _repaired(text: bytes) -> object:
    """Try again without what some stations put into and around their JSON; None when that does not help."""
    trimmed = text.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\0,")
    mended = _NO_NUMBER.sub(b"null", trimmed).decode(errors="replace").encode()
    if mended == text:
        return None
    try:
        result: object = orjson.loads(mended)
    except ValueError:
        return None
    return result


def encode_call(message_id: str, action: str, payload: Payload) -> str:
    """Write a request as compact JSON."""
    return orjson.dumps([CALL, message_id, action, payload]).decode()


def encode_result(message_id: object, payload: Payload) -> str:
    """Write an answer as compact JSON."""
    return orjson.dumps([CALL_RESULT, message_id, payload]).decode()


def encode_error(
    message_id: object, code: str, description: str, version: OcppVersion = OcppVersion.V16
) -> str:
    """Write a refusal as compact JSON; the names of two codes were mended after 1.6."""
    if version is not OcppVersion.V16:
        code = _LATER_SPELLING.get(code, code)
    return orjson.dumps([CALL_ERROR, message_id, code, description[:_MAX_ERROR_TEXT], {}]).decode()
