"""What an OCPP version adapter does for a charging station."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from ..model.commands import Command
from ..model.session import Session
from ..model.station import ConfigurationValue, OcppVersion
from .connection import Reply
from .limits import Form
from .rpc import Call, Payload

SUCCESSES: Final = frozenset(
    {"accepted", "acceptedcanceled", "scheduled", "rebootrequired", "unlocked"}
)


def stated(answer: Payload) -> str | None:
    """Return the status of an answer that has one."""
    status = answer.get("status")
    return status if isinstance(status, str) else None


def succeeded(status: str) -> bool:
    """Tell whether a status means that the station does as asked, in whatever case it writes it."""
    return status.strip().casefold() in SUCCESSES


def first(answer: Payload, _: Payload) -> Payload:
    """Return the first answer, where there is no more to be said than once."""
    return answer


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """An outgoing message.

    `judged` tells that a refusing status is an error, `status` where the status is, `fine` which other statuses are no
    refusal. What one message cannot hold follows in `further` ones, whose answers `join` puts together. `complete`
    turns a good answer into what was asked for, where that comes in messages of its own; `abandon` is called instead
    where there is no good answer.
    """

    action: str
    payload: Payload
    judged: bool = True
    status: Callable[[Payload], str | None] = stated
    fine: frozenset[str] = frozenset()
    further: tuple[Payload, ...] = ()
    join: Callable[[Payload, Payload], Payload] = first
    complete: Callable[[Payload], Awaitable[Payload]] | None = None
    abandon: Callable[[], None] = nothing

    def accepts(self, status: str) -> bool:
        """Tell whether a status is no refusal."""
        return status in self.fine or succeeded(status)


class Adapter(Protocol):
    """Messages of one OCPP version, to the model and back.

    `measurands` are the keys that hold lists of measurands, with what is wanted in each.
    """

    version: OcppVersion
    measurands: Mapping[str, tuple[str, ...]]

    def receive(self, call: Call) -> Reply:
        """Answer a message; may raise CallRefusal."""

    def request(self, command: Command) -> Request:
        """Return the message for a command; raises NotSupportedByVersionError or NoSessionError."""

    def limit_profile(
        self, form: Form, *, profile_id: int, limit: float, session: Session | None, now: datetime
    ) -> Mapping[str, object] | None:
        """Return a charging profile, None where its form does not apply now."""

    async def read_configuration(self) -> dict[str, ConfigurationValue]:
        """Return all the station tells of its configuration; raises StationTimeoutError."""

    def names(self, key: str) -> tuple[str, ...]:
        """Return all the names a configuration key goes by."""

    async def check_sessions(self) -> None:
        """Ask after the sessions that are open, where the version can."""

    def disconnected(self) -> None:
        """Stop waiting for what will not come any more."""
