"""The passwords of one station, and how it is given another without ever being locked out."""

from enum import StrEnum
import hashlib
import secrets
from typing import TYPE_CHECKING, Final

from ...model.clock import Timer
from ...model.commands import SetConfiguration
from ...model.errors import (
    CallFailedError,
    CommandRefusedError,
    PasswordRefusedError,
    StationOfflineError,
    StationTimeoutError,
)
from ...model.events import PasswordChanged
from ..access import same_password

if TYPE_CHECKING:
    from ..connection import Connection
    from ..station import ChargingStation

KEY: Final = "AuthorizationKey"
SHORTEST: Final = 16
LONGEST: Final = 40

_MOST_OFFERED: Final = 3
_RECONNECT_S: Final = 30
_UNSUPPORTED: Final = frozenset({"notsupported", "unknowncomponent", "unknownvariable"})
_NOT_UNDERSTOOD: Final = frozenset({"NotImplemented", "NotSupported"})


class PasswordOutcome(StrEnum):
    """How far a change of the password has come."""

    TAKEN = "taken"
    REBOOT_REQUIRED = "reboot_required"
    UNANSWERED = "unanswered"
    IN_FORCE = "in_force"


def new_password() -> str:
    """Return 20 random bytes in hexadecimal, which every version takes for a password (OCPP-J 1.6 section 6.2.1)."""
    return secrets.token_hex(LONGEST // 2)


def is_password(text: str) -> bool:
    """Tell whether a station can be given a password: 16 to 40 visible characters (2.0.1 part 2, BasicAuthPassword)."""
    return SHORTEST <= len(text) <= LONGEST and all("!" <= character <= "~" for character in text)


class Passwords:
    """Which passwords a station may show.

    While it is given another (security whitepaper A01; 2.0.1 part 2 A01), the old and the new one hold, whatever is
    lost on the way; the new one alone holds once the station has come with it. What is offered is kept before it is
    said, in the station's memory: `offered` the new ones, `proved` the one it has shown, and `base`, a digest of the
    password that was set up meanwhile, by which a password that was set by hand since then is told.
    """

    def __init__(self, station: ChargingStation) -> None:
        """Take up what was offered before, unless another password has been set up since."""
        self._station = station
        self._timer: Timer | None = None
        if self._content and self._content.get("base") != _digest(station.config.password):
            self._content = None

    @property
    def proved(self) -> str | None:
        """Return the new password that the station has shown, and that is still to be set up for it."""
        proved = (self._content or {}).get("proved")
        return proved if isinstance(proved, str) else None

    @property
    def changing(self) -> bool:
        """Tell whether a new password may come into force."""
        return bool(self._offered)

    def judge(self, login: tuple[str, str] | None) -> tuple[bool, str | None]:
        """Tell whether a station may come in as far as its password goes, and which one it showed."""
        present = self.proved or self._station.config.password
        for password in (present, *self._offered):
            if password is not None and same_password(password, login):
                return True, password
        return present is None, None

    async def change(self, password: str) -> PasswordOutcome:
        """Give the station another password.

        Raises PasswordRefusedError, StationOfflineError, CallFailedError or NotSupportedByVersionError.
        """
        station = self._station
        connection = station.connection
        if connection is None:
            raise StationOfflineError(station.station_id)
        fresh = password not in self._offered
        if fresh:
            if len(self._offered) >= _MOST_OFFERED:
                raise PasswordRefusedError(station.station_id, "pending")
            self._content = {
                "base": _digest(station.config.password),
                "offered": [*self._offered, password],
                "proved": self.proved,
            }
        # It must not be forgotten once the station may have it.
        await station.keep_memory_now()
        try:
            result = await station.command(SetConfiguration(key=KEY, value=password))
        except CommandRefusedError as err:
            self._withdraw(password, fresh=fresh)
            unsupported = err.status.strip().casefold() in _UNSUPPORTED
            reason = "unsupported" if unsupported else "rejected"
            raise PasswordRefusedError(station.station_id, reason) from err
        except CallFailedError as err:
            if err.code in _NOT_UNDERSTOOD:
                self._withdraw(password, fresh=fresh)
                raise PasswordRefusedError(station.station_id, "unsupported") from err
            raise
        except StationTimeoutError, StationOfflineError:
            station.counters.add("password_unanswered")
            return self._come_to(password, PasswordOutcome.UNANSWERED)
        self._expect(connection)
        status = (result.status or "").strip().casefold()
        return self._come_to(
            password,
            PasswordOutcome.REBOOT_REQUIRED
            if status == "rebootrequired"
            else PasswordOutcome.TAKEN,
        )

    def shown(self, password: str | None) -> None:
        """Take note that a station came in with a password; a new one ends the old one."""
        if password is None or password not in self._offered:
            return
        station = self._station
        self._content = {
            "base": _digest(station.config.password),
            "offered": [],
            "proved": password,
        }
        station.keep_memory()
        station.publish(PasswordChanged(station_id=station.station_id, at=station.clock.now()))

    def set_up(self) -> None:
        """Take note that another password was set up, by hand or because the station proved it."""
        if self._content is not None:
            self._content = None
            self._station.keep_memory()

    @property
    def _content(self) -> dict[str, object] | None:
        return self._station.memory.passwords

    @_content.setter
    def _content(self, content: dict[str, object] | None) -> None:
        self._station.memory.passwords = content

    @property
    def _offered(self) -> list[str]:
        offered = (self._content or {}).get("offered")
        return (
            [item for item in offered if isinstance(item, str)] if isinstance(offered, list) else []
        )

    def _withdraw(self, password: str, *, fresh: bool) -> None:
        """Forget a password that the station refused, unless an earlier offer of it may have been taken."""
        self._station.counters.add("password_refused")
        if not fresh or self._content is None:
            return
        offered = [item for item in self._offered if item != password]
        kept = bool(offered) or self.proved is not None
        self._content = {**self._content, "offered": offered} if kept else None
        self._station.keep_memory()

    def _come_to(self, password: str, outcome: PasswordOutcome) -> PasswordOutcome:
        """Return an outcome, or that it is overtaken: the station has come with the password already."""
        in_force = password in {self.proved, self._station.config.password}
        return PasswordOutcome.IN_FORCE if in_force else outcome

    def _expect(self, connection: Connection) -> None:
        """Have the station dial in anew if it does not do so by itself."""
        station = self._station

        def hang_up() -> None:
            if station.connection is connection and self.changing:
                station.counters.add("password_reconnect")
                station.spawn(connection.close(reason="dial in with the new password"), "hang up")

        self.close()
        self._timer = station.clock.call_later(_RECONNECT_S, hang_up)

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _digest(password: str | None) -> str | None:
    return None if password is None else hashlib.sha256(password.encode()).hexdigest()
