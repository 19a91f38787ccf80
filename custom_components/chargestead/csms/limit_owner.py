"""What the limits need from their station, and what they hold of each connector."""

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..model.commands import Command, CommandResult
from ..model.events import LimitChanged
from ..model.limit import Limit
from ..model.reading import NO_MEASUREMENTS, Measurements
from ..model.session import Session
from .book import Book
from .counters import Counters
from .limit_forms import Form
from .memory import Memory


class Owner(Protocol):
    """The station, as far as its limits see it."""

    station_id: str
    book: Book
    memory: Memory
    counters: Counters

    @property
    def connected(self) -> bool:
        """Tell whether a socket is open."""

    async def command(self, command: Command) -> CommandResult:
        """Send a command."""

    def limit_profile(
        self, form: Form, *, profile_id: int, limit: float, session: Session | None, now: datetime
    ) -> Mapping[str, object] | None:
        """Return a profile in the words of the station's version, None where the form does not apply."""

    async def tell_vehicle(self, connector_id: int, current_a: float) -> None:
        """Tell a vehicle that plans by itself what it may take."""

    def publish(self, event: LimitChanged) -> object:
        """Tell of a change."""

    def keep_memory(self) -> None:
        """Save the memory soon."""

    def spawn(self, coroutine: Coroutine[object, object, None], name: str) -> None:
        """Run something in the background."""


@dataclass(slots=True)
class Held:
    """What is known of a connector's limit beyond what is shown.

    `wish` counts what was asked for, so that what is overtaken can be told; `before` is the limit before a pause.
    `form`, `written_at` and `measured` are of the last profile the station took, `phases` what its car turned out
    to use. `misses`, `resends` and `retries` bound what is sent unasked.
    """

    before: Limit | None = None
    wish: int = 0
    form: Form | None = None
    written_at: datetime | None = None
    measured: Measurements = NO_MEASUREMENTS
    phases: int | None = None
    misses: int = 0
    resends: int = 0
    retries: int = 0
    may_ask: bool = False

    def fresh(self) -> None:
        """Allow again what is bounded."""
        self.misses = self.resends = self.retries = 0
