"""Data types that several messages share (OCPP 2.0.1 part 2, chapter 2 of the messages)."""

from collections.abc import Mapping
import re
from typing import TYPE_CHECKING, Final

from ...model.driver import LONGEST_TOKEN, TokenType
from ...model.station import OcppVersion
from ..authorization import Decision
from ..fields import integer, on_wire, text
from ..rpc import Payload

if TYPE_CHECKING:
    from ..station import ChargingStation

# Cards have numbers of 4, 7 or 10 bytes (ISO 14443-3 section 6.5.4).
_CARD: Final = re.compile(r"[0-9A-Fa-f]{8}(?:[0-9A-Fa-f]{6}){0,2}")
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_TOKEN = "NoAuthorization"  # noqa: S105 - a type of token, not a secret
_TYPES: Final[Mapping[TokenType, str]] = {
    TokenType.ISO14443: "ISO14443",
    TokenType.ISO15693: "ISO15693",
    TokenType.CENTRAL: "Central",
    TokenType.KEY_CODE: "KeyCode",
    TokenType.LOCAL: "Local",
    TokenType.MAC_ADDRESS: "MacAddress",
    TokenType.EMAID: "eMAID",
}
_BY_WORD: Final[Mapping[str, TokenType]] = {word.casefold(): kind for kind, word in _TYPES.items()}


def inner(payload: Payload, key: str) -> Mapping[str, object]:
    """Return an object inside a payload, an empty one where there is none."""
    value = payload.get(key)
    return value if isinstance(value, dict) else {}


def token_of(payload: Payload) -> str | None:
    """Return the idToken of a payload as text, None where there is none or none was needed."""
    token = payload.get("idToken")
    if isinstance(token, str):
        return text(payload, "idToken")
    return text(inner(payload, "idToken"), "idToken")


def needs_no_token(payload: Payload) -> bool:
    """Tell whether a station let somebody charge without asking who (IdTokenEnumType NoAuthorization)."""
    return text(inner(payload, "idToken"), "type") == _NO_TOKEN


def type_of(payload: Payload) -> TokenType | None:
    """Return what kind of idToken a payload has, None where it is none we know."""
    return _BY_WORD.get((text(inner(payload, "idToken"), "type") or "").casefold())


def type_word(kind: TokenType) -> str:
    """Return a kind of token as it goes on the wire."""
    return _TYPES[kind]


def evse_of(station: ChargingStation, payload: Payload) -> int | None:
    """Return the EVSE that a payload's `evse` names; None where it names none, or one there cannot be."""
    number = integer(inner(payload, "evse"), "id")
    if number is None or number == 0:
        return None
    if not 0 < number <= station.around.bounds.connectors:
        station.counters.add("connector_out_of_bounds")
        return None
    return number


def id_token(token: str, kind: str = "Central") -> dict[str, object]:
    """Return an IdTokenType; those we make up ourselves are of type Central."""
    return {"idToken": token, "type": kind}


def some_token(token: str | None, kind: str | None) -> dict[str, object] | None:
    """Return the IdTokenType of somebody's token, None where there is none; untold, a card's number makes a card."""
    if token is None:
        return None
    if kind is None:
        kind = "ISO14443" if _CARD.fullmatch(token) else "Central"
    return id_token(token, kind)


def camel_case(word: str) -> str:
    """Return a word of ours as OCPP writes those of its enumerations."""
    return "".join(part.capitalize() for part in word.split("_"))


def snake_case(word: str) -> str:
    """Return a word of an OCPP enumeration as we write it."""
    return _WORD_START.sub("_", word).lower()


def id_token_info(decision: Decision, version: OcppVersion) -> dict[str, object]:
    """Return an IdTokenInfoType; a group that is too long for the version is left out."""
    group = decision.group
    if group and len(group) > LONGEST_TOKEN[version]:
        group = None
    return on_wire(
        status=decision.status.value,
        cacheExpiryDateTime=decision.expires_at,
        groupIdToken=some_token(group, None),
    )
