"""Which tokens may charge: the one place where that is decided, for every message of every version.

OCPP 1.6 sections 4.1, 4.8, 4.10 and 7.8; OCPP 2.0.1 part 2, C and E03 to E05.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ..model.config import UnknownTokens
from ..model.driver import Driver, DriverToken, TokenOrigin, folded
from ..model.session import Session, SessionFlag
from .tokens import Tokens

if TYPE_CHECKING:
    from .station import ChargingStation

_INVITED_FOR: Final = timedelta(minutes=10)
_MOST_INVITED: Final = 20


class AuthorizationStatus(StrEnum):
    """Our answer to a token (OCPP 1.6 section 7.2)."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT_TX = "ConcurrentTx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a station is told of a token, and whose it is."""

    status: AuthorizationStatus
    origin: TokenOrigin
    driver: Driver | None = None
    token: DriverToken | None = None

    @property
    def accepted(self) -> bool:
        """Tell whether the token may charge."""
        return self.status is AuthorizationStatus.ACCEPTED

    @property
    def expires_at(self) -> datetime | None:
        """Return until when the answer holds at most."""
        return self.token.expires_at if self.token else None

    @property
    def group(self) -> str | None:
        """Return what the token has in common with those that may stop its sessions."""
        return self.token.group if self.token else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """Where a session is being started: only there a token can be in use elsewhere (1.6 section 7.2)."""

    connector_id: int
    transaction_id: str | None = None


class Authorization:
    """Decides on the tokens that one station tells of."""

    def __init__(self, station: ChargingStation) -> None:
        """Act for a station."""
        self._station = station
        self._drivers: tuple[Driver, ...] = ()
        self._tokens = Tokens()
        self._invited: dict[str, datetime] = {}

    @property
    def tokens(self) -> Tokens:
        """Return whose tokens are whose now."""
        drivers = self._station.around.site().drivers
        if drivers is not self._drivers:
            self._drivers, self._tokens = drivers, Tokens(drivers)
        return self._tokens

    def invite(self, id_token: str) -> None:
        """Expect a token that a session is to be started with from here."""
        self._invited.pop(folded(id_token), None)
        self._invited[folded(id_token)] = self._station.clock.now()
        while len(self._invited) > _MOST_INVITED:
            del self._invited[next(iter(self._invited))]

    def decide(
        self,
        id_token: str | None,
        *,
        at: datetime | None = None,
        starting: Starting | None = None,
    ) -> Decision:
        """Decide on a token at a moment, now unless another is told.

        Our own tokens are always welcome, and so is whoever we started a session for. Where anybody may charge, no
        token is needed (free vending).
        """
        driver, token = self.tokens.find(id_token) or (None, None)
        origin = self._origin(id_token, token)
        status = AuthorizationStatus.ACCEPTED
        if origin is not TokenOrigin.OWN:
            status = self._judged(id_token, token, at or self._station.clock.now())
            if starting is not None and self._is_elsewhere(id_token, status, starting):
                status = AuthorizationStatus.CONCURRENT_TX
        return Decision(status=status, origin=origin, driver=driver, token=token)

    def _origin(self, id_token: str | None, token: DriverToken | None) -> TokenOrigin:
        if id_token and self._is_own(folded(id_token), registered=token is not None):
            return TokenOrigin.OWN
        return TokenOrigin.UNKNOWN if token is None else TokenOrigin.DRIVER

    def _judged(
        self, id_token: str | None, token: DriverToken | None, at: datetime
    ) -> AuthorizationStatus:
        if token is None:
            anybody = self._station.around.site().unknown_tokens is not UnknownTokens.REJECT
            if anybody or (id_token and self._is_charging(folded(id_token))):
                return AuthorizationStatus.ACCEPTED
            return AuthorizationStatus.INVALID
        if token.blocked:
            return AuthorizationStatus.BLOCKED
        return AuthorizationStatus.ACCEPTED if token.is_usable(at) else AuthorizationStatus.EXPIRED

    def _is_own(self, id_token: str, *, registered: bool) -> bool:
        """Tell whether a token is one we start sessions with; a driver's own rules hold for a driver's token."""
        site, config = self._station.around.site(), self._station.config
        if id_token in {
            folded(own) for own in (site.default_id_token, config.default_id_token) if own
        }:
            return True
        invited = self._invited.get(id_token)
        return (
            not registered
            and invited is not None
            and self._station.clock.now() - invited <= _INVITED_FOR
        )

    def _is_charging(self, id_token: str) -> bool:
        """Tell whether a token charges here and was welcome when it began: it may stop in any case."""
        return any(
            SessionFlag.UNAUTHORIZED not in session.flags and _has(session, id_token)
            for session in self._station.transactions.running_sessions()
        )

    def _is_elsewhere(
        self, id_token: str | None, status: AuthorizationStatus, starting: Starting
    ) -> bool:
        """Tell whether a token that may be used once only is in use at another connector of the house."""
        if (
            not id_token
            or status is not AuthorizationStatus.ACCEPTED
            or self._station.around.site().several_sessions
        ):
            return False
        return any(
            _has(session, folded(id_token)) and not self._is_there(session, starting)
            for session in self._station.around.running()
        )

    def _is_there(self, session: Session, starting: Starting) -> bool:
        """Tell whether a session is the very one that starts, or on its connector and so about to be replaced."""
        return session.station_id == self._station.station_id and (
            session.connector_id == starting.connector_id
            or session.transaction_id == starting.transaction_id
        )


def _has(session: Session, id_token: str) -> bool:
    return session.id_token is not None and folded(session.id_token) == id_token
