"""From when to when a session is priced."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ...model.session import Session
from .inputs import Metered
from .instants import to_us
from .result import Reason

_LONGEST: Final = timedelta(days=1100)
_AHEAD: Final = timedelta(hours=1)
_EARLIEST: Final = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in microseconds since 1970, and what is odd about it."""

    start: int
    end: int
    reasons: frozenset[Reason] = frozenset()


def session_window(session: Session, metered: Metered, now: datetime | None) -> Window:
    """Return from when to when a session is priced; an open one up to now or to what was last heard of it.

    What claims to be an hour or more ahead of now is not believed.
    """
    if session.ended_at is not None:
        return plausible(session.started_at, session.ended_at)
    heard = [reading.at for reading in metered.readings]
    if session.register_last_at is not None:
        heard.append(session.register_last_at)
    if now is None:
        heard += [state.at for state in metered.states]
    else:
        heard = [at for at in heard if at < now + _AHEAD] + [now]
    window = plausible(session.started_at, max(heard, default=session.started_at))
    return Window(window.start, window.end, window.reasons | {Reason.OPEN})


def plausible(start: datetime, end: datetime) -> Window:
    """Return a stretch of time that does not run backwards, and not for years."""
    first = min(max(start, _EARLIEST), _LATEST)
    last = min(max(end, first), first + _LONGEST)
    odd = (first, last) != (start, end)
    reasons = frozenset({Reason.IMPLAUSIBLE_TIME}) if odd else frozenset[Reason]()
    return Window(to_us(first), to_us(last), reasons)
