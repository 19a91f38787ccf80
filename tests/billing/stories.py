"""Sessions, readings and a clock to tell stories with."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import threading

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.model.events import (
    Event,
    RegisterRead,
    SessionEnded,
    SessionStarted,
    SessionUpdated,
)
from custom_components.chargestead.model.ports import Kept
from custom_components.chargestead.model.reading import MeterReading, ReadingContext
from custom_components.chargestead.model.session import Session

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATION = "CP-1"


@dataclass(slots=True)
class ManualTimer:
    """A callback of the manual clock."""

    due: float
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        """Forget the callback."""
        self.cancelled = True


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until it is told to go on."""

    seconds: float = 0
    timers: list[ManualTimer] = field(default_factory=list)

    def now(self) -> datetime:
        """Return noon and what has gone by."""
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return what has gone by."""
        return self.seconds

    def call_later(self, delay: float, callback: Callable[[], None]) -> ManualTimer:
        """Call back when the time comes."""
        timer = ManualTimer(self.seconds + delay, callback)
        self.timers.append(timer)
        return timer

    @property
    def waiting(self) -> int:
        """Return how many callbacks are to come."""
        return sum(not timer.cancelled for timer in self.timers)

    def advance(self, seconds: float) -> None:
        """Go on, calling back whatever falls due."""
        self.seconds += seconds
        due = [timer for timer in self.timers if timer.due <= self.seconds]
        self.timers = [timer for timer in self.timers if timer.due > self.seconds]
        for timer in due:
            if not timer.cancelled:
                timer.callback()


def content_of(path: Path) -> bytes:
    """Return all that is in a file."""
    return path.read_bytes()


def size_of(path: Path) -> int:
    """Return how long a file is."""
    return path.stat().st_size


def put(path: Path, content: bytes) -> None:
    """Make a file of that content."""
    path.write_bytes(content)


def after(seconds: float) -> datetime:
    """Return a moment that many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def make_session(number: int = 1, **changes: object) -> Session:
    """Return a session that begins as many minutes after noon as its number says."""
    base = Session(
        id=f"session-{number}",
        station_id=STATION,
        connector_id=1,
        transaction_id=str(1000 + number),
        started_at=after(60 * number),
        id_token="04A2B3",
        register_start_mwh=5_000_000,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def metered(session: Session, seconds: float, register_mwh: int) -> Session:
    """Return the session with a newer register."""
    return replace(session, register_last_mwh=register_mwh, register_last_at=after(seconds))


def ended(session: Session, seconds: float, register_mwh: int, **changes: object) -> Session:
    """Return the session after its end."""
    closed = replace(
        session,
        ended_at=after(seconds),
        register_stop_mwh=register_mwh,
        register_last_mwh=register_mwh,
        register_last_at=after(seconds),
        stop_reason="Local",
    )
    return replace(closed, **changes)  # type: ignore[arg-type]


def reading(
    seconds: float,
    register_mwh: int,
    context: ReadingContext = ReadingContext.PERIODIC,
    signed: str | None = None,
) -> MeterReading:
    """Return a reading that many seconds after noon."""
    return MeterReading(
        at=after(seconds), register_mwh=register_mwh, context=context, signed=signed
    )


def tell_start(session: Session) -> SessionStarted:
    """Return the event of a start."""
    return SessionStarted(station_id=session.station_id, at=session.started_at, session=session)


def tell_update(session: Session, readings: Iterable[MeterReading] = ()) -> SessionUpdated:
    """Return the event of readings."""
    at = session.register_last_at or session.started_at
    return SessionUpdated(
        station_id=session.station_id, at=at, session=session, readings=tuple(readings)
    )


def tell_end(session: Session, readings: Iterable[MeterReading] = ()) -> SessionEnded:
    """Return the event of an end."""
    at = session.ended_at or session.started_at
    return SessionEnded(
        station_id=session.station_id, at=at, session=session, readings=tuple(readings)
    )


def tell_register(
    taken: MeterReading, connector_id: int = 1, station_id: str = STATION
) -> RegisterRead:
    """Return the event of a register read outside any session."""
    return RegisterRead(
        station_id=station_id, at=taken.at, connector_id=connector_id, reading=taken
    )


def keep(ledger: Ledger, event: Event) -> Kept:
    """Queue an event of a kind that is kept."""
    kept = ledger.keep(event)
    assert kept is not None
    return kept


@asynccontextmanager
async def busy_writer(ledger: Ledger) -> AsyncIterator[None]:
    """Keep the thread from writing, so that a queue builds up."""
    began, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        began.set()
        go_on.wait(10)

    waiting = ledger._writer.perform(wait)
    await asyncio.to_thread(began.wait, 10)
    try:
        yield
    finally:
        go_on.set()
    await waiting
