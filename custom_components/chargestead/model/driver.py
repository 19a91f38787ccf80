"""Who charges: drivers, and the tokens they are known by."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .station import OcppVersion

LONGEST_TOKEN = {OcppVersion.V16: 20, OcppVersion.V201: 36, OcppVersion.V21: 255}
"""How many characters a token may have (1.6 section 7.28 IdToken; 2.0.1 and 2.1 part 2, IdTokenType)."""


class TokenType(StrEnum):
    """What a token is (OCPP 2.x IdTokenEnumType); 1.6 does not tell."""

    ISO14443 = "iso14443"
    ISO15693 = "iso15693"
    CENTRAL = "central"
    KEY_CODE = "key_code"
    LOCAL = "local"
    MAC_ADDRESS = "mac_address"
    EMAID = "emaid"


class TokenOrigin(StrEnum):
    """Where a token that a station tells of comes from."""

    OWN = "own"
    """From ourselves: a session was started with it from here."""

    DRIVER = "driver"
    """A driver has it."""

    UNKNOWN = "unknown"
    """Nobody registered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverToken:
    """A token of a driver; tokens of one `group` may stop each other's sessions (`parentIdTag`, `groupIdToken`)."""

    id_token: str
    type: TokenType = TokenType.ISO14443
    blocked: bool = False
    expires_at: datetime | None = None
    group: str | None = None

    def is_usable(self, at: datetime) -> bool:
        """Tell whether a session may be started with it at a moment."""
        return not self.blocked and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """Somebody who charges."""

    driver_id: str
    name: str
    tokens: tuple[DriverToken, ...] = ()


def folded(id_token: str) -> str:
    """Return what tells a token from another: stations send blanks and cases as they like (1.6 CiString)."""
    return id_token.strip(" \t\r\n\0").casefold()
